#include "hospital.h"

#include "endpoints.h"
#include "reply.h"

const struct problem *hospital_show(struct request *request, struct reply *reply)
{
    struct document hospital;
    const struct problem *problem = hospital_find(&request->db, &hospital);
    if (!problem)
        reply_document(request, reply, &hospital);
    return problem;
}

const struct problem *hospital_set(struct request *request, struct reply *reply)
{
    struct document hospital;
    const struct problem *problem = hospital_replace(&request->db, request->body, &hospital);
    if (!problem)
        reply_document(request, reply, &hospital);
    return problem;
}
