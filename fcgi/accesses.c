#include "access.h"
#include "endpoints.h"
#include "reply.h"

const struct problem *accesses_list(struct request *request, struct reply *reply)
{
    struct document list;
    const struct problem *problem = access_list(&request->db, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}
