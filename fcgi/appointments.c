#include <stdlib.h>
#include <string.h>

#include "appointment.h"
#include "endpoints.h"
#include "history.h"
#include "reply.h"
#include "status.h"

/*
 * The version that If-Match asks for (RFC 9110, 13.1.1): NOT_GIVEN without one or for "*"; -1,
 * which no appointment has, for what is none of our tags.
 */
static int64_t expected_version(const struct request *request)
{
    const char *tag = request->if_match;
    if (!tag || strcmp(tag, "*") == 0)
        return NOT_GIVEN;
    size_t digits = *tag == '"' ? strspn(tag + 1, "0123456789") : 0;
    if (digits == 0 || digits > 9 || strcmp(tag + 1 + digits, "\"") != 0)
        return -1;
    return strtoll(tag + 1, NULL, 10);
}

const struct problem *appointments_book(struct request *request, struct reply *reply)
{
    struct document appointment;
    const struct problem *problem =
        appointment_book(&request->db, route_actor(request), request->body, &appointment);
    if (!problem)
        reply_created(request, reply, &appointment);
    return problem;
}

const struct problem *appointments_list_own(struct request *request, struct reply *reply)
{
    struct document list;
    const struct problem *problem =
        appointment_list_own(&request->db, request->caller.id, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}

const struct problem *appointments_move(struct request *request, struct reply *reply)
{
    struct document appointment;
    const struct problem *problem =
        appointment_move(&request->db, route_actor(request), request->path_id, request->body,
                         expected_version(request), &appointment);
    if (!problem)
        reply_document(request, reply, &appointment);
    return problem;
}

const struct problem *appointments_cancel(struct request *request, struct reply *reply)
{
    struct document appointment;
    const struct problem *problem =
        status_cancel(&request->db, route_actor(request), request->path_id, request->body,
                      expected_version(request), &appointment);
    if (!problem)
        reply_document(request, reply, &appointment);
    return problem;
}

const struct problem *appointments_list(struct request *request, struct reply *reply)
{
    struct document list;
    struct actor actor = route_actor(request);
    const struct problem *problem = appointment_list(&request->db, &actor, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}

const struct problem *appointments_find(struct request *request, struct reply *reply)
{
    struct document appointment;
    struct actor actor = route_actor(request);
    const struct problem *problem =
        appointment_find(&request->db, &actor, request->path_id, &appointment);
    if (!problem)
        reply_document(request, reply, &appointment);
    return problem;
}

const struct problem *appointments_set_status(struct request *request, struct reply *reply)
{
    struct document appointment;
    const struct problem *problem =
        status_set(&request->db, route_actor(request), request->path_id, request->body,
                   expected_version(request), &appointment);
    if (!problem)
        reply_document(request, reply, &appointment);
    return problem;
}

const struct problem *appointments_history(struct request *request, struct reply *reply)
{
    struct document list;
    struct actor actor = route_actor(request);
    const struct problem *problem =
        history_list(&request->db, &actor, request->path_id, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}
