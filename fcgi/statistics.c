#include "statistics.h"
#include "endpoints.h"
#include "reply.h"

const struct problem *statistics_show(struct request *request, struct reply *reply)
{
    struct document statistics;
    const struct problem *problem = statistics_collect(&request->db, request->query, &statistics);
    if (!problem)
        reply_document(request, reply, &statistics);
    return problem;
}
