#include "availability.h"
#include "endpoints.h"
#include "reply.h"

/* Patients move their own, and what is somebody's in particular is the desk's, who books it. */
static const struct problem *check_behalf(const struct request *request,
                                          const struct behalf *behalf)
{
    enum role role = request->caller.role;
    bool moves = behalf->moving_id != NOT_GIVEN;
    if (role == ROLE_ANYONE && moves)
        return &problem_unauthenticated;
    if (role == ROLE_VIEWER && (moves || behalf->patient_id != NOT_GIVEN))
        return &problem_forbidden;
    return NULL;
}

const struct problem *availabilities_day(struct request *request, struct reply *reply)
{
    const struct availability_query *query = request->query;
    struct actor actor = route_actor(request);
    struct document day;
    const struct problem *problem = check_behalf(request, &query->behalf);
    if (!problem)
        problem = availability_day(&request->db, &actor, request->path_id, query, &day);
    if (!problem)
        reply_document(request, reply, &day);
    return problem;
}

const struct problem *availabilities_find(struct request *request, struct reply *reply)
{
    const struct availability_search *search = request->query;
    struct actor actor = route_actor(request);
    struct document starts;
    const struct problem *problem = check_behalf(request, &search->behalf);
    if (!problem)
        problem = availability_find(&request->db, &actor, search, &starts);
    if (!problem)
        reply_document(request, reply, &starts);
    return problem;
}

const struct problem *availabilities_days(struct request *request, struct reply *reply)
{
    const struct availability_search *search = request->query;
    struct actor actor = route_actor(request);
    struct document days;
    const struct problem *problem = check_behalf(request, &search->behalf);
    if (!problem)
        problem = availability_days(&request->db, &actor, search, &days);
    if (!problem)
        reply_document(request, reply, &days);
    return problem;
}
