#include "staff.h"

#include "endpoints.h"
#include "reply.h"

const struct problem *staff_me(struct request *request, struct reply *reply)
{
    struct document staff;
    const struct problem *problem =
        catalogue_find(&request->db, &staff_catalogue, request->caller.id, &staff);
    if (!problem)
        reply_document(request, reply, &staff);
    return problem;
}

const struct problem *staff_hire(struct request *request, struct reply *reply)
{
    struct document staff;
    const struct problem *problem =
        staff_create(&request->db, request->worker->hashing, request->body, &staff);
    if (!problem)
        reply_created(request, reply, &staff);
    return problem;
}

const struct problem *staff_change(struct request *request, struct reply *reply)
{
    struct document staff;
    const struct problem *problem = staff_replace(&request->db, request->worker->hashing,
                                                  request->path_id, request->body, &staff);
    if (!problem)
        reply_document(request, reply, &staff);
    return problem;
}
