#include "availability.h"
#include "endpoints.h"
#include "reply.h"

const struct problem *availabilities_day(struct request *request, struct reply *reply)
{
    struct document day;
    const struct problem *problem =
        availability_day(&request->db, request->path_id, request->caller.id, request->query, &day);
    if (!problem)
        reply_document(request, reply, &day);
    return problem;
}

const struct problem *availabilities_find(struct request *request, struct reply *reply)
{
    struct document starts;
    const struct problem *problem =
        availability_find(&request->db, request->caller.id, request->query, &starts);
    if (!problem)
        reply_document(request, reply, &starts);
    return problem;
}

const struct problem *availabilities_days(struct request *request, struct reply *reply)
{
    struct document days;
    const struct problem *problem =
        availability_days(&request->db, request->caller.id, request->query, &days);
    if (!problem)
        reply_document(request, reply, &days);
    return problem;
}
