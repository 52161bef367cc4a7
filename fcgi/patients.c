#include "endpoints.h"
#include "logins.h"
#include "patient.h"
#include "reply.h"

const struct problem *patients_register(struct request *request, struct reply *reply)
{
    struct login login;
    const struct problem *problem =
        login_register(&request->db, request->worker->hashing, request->body, request->address,
                       (int)request->worker->settings.refresh_token_days, &login);
    if (!problem)
        problem = logins_reply(request, &login, reply);
    if (!problem)
        reply->location = arena_printf(request->arena, "%s/me", request->worker->pool->prefix);
    return problem;
}

/* A token may outlive the patient. */
static const struct problem *not_logged_in_if_gone(const struct problem *problem)
{
    return problem == &problem_not_found ? &problem_unauthenticated : problem;
}

const struct problem *patients_me(struct request *request, struct reply *reply)
{
    struct document patient;
    struct actor actor = route_actor(request);
    const struct problem *problem =
        patient_find(&request->db, &actor, request->caller.id, &patient);
    if (!problem)
        reply_document(request, reply, &patient);
    return not_logged_in_if_gone(problem);
}

const struct problem *patients_correct_me(struct request *request, struct reply *reply)
{
    struct document patient;
    struct actor actor = route_actor(request);
    const struct problem *problem = patient_correct(&request->db, &actor, request->worker->hashing,
                                                    request->caller.id, request->body, &patient);
    if (!problem)
        reply_document(request, reply, &patient);
    return not_logged_in_if_gone(problem);
}

const struct problem *patients_list(struct request *request, struct reply *reply)
{
    struct document list;
    struct actor actor = route_actor(request);
    const struct problem *problem = patient_list(&request->db, &actor, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}

const struct problem *patients_find(struct request *request, struct reply *reply)
{
    struct document patient;
    struct actor actor = route_actor(request);
    const struct problem *problem = patient_find(&request->db, &actor, request->path_id, &patient);
    if (!problem)
        reply_document(request, reply, &patient);
    return problem;
}

const struct problem *patients_create(struct request *request, struct reply *reply)
{
    struct document patient;
    struct actor actor = route_actor(request);
    const struct problem *problem =
        patient_create(&request->db, &actor, request->worker->hashing, request->body, &patient);
    if (!problem)
        reply_created(request, reply, &patient);
    return problem;
}

const struct problem *patients_correct(struct request *request, struct reply *reply)
{
    struct document patient;
    struct actor actor = route_actor(request);
    const struct problem *problem = patient_correct(&request->db, &actor, request->worker->hashing,
                                                    request->path_id, request->body, &patient);
    if (!problem)
        reply_document(request, reply, &patient);
    return problem;
}
