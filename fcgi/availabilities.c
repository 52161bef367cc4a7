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
