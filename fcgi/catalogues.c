#include "catalogue.h"
#include "endpoints.h"
#include "reply.h"

const struct problem *catalogues_list(struct request *request, struct reply *reply)
{
    struct document list;
    const struct problem *problem = catalogue_list(&request->db, request->route->of,
                                                   request->route->query, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}

const struct problem *catalogues_find(struct request *request, struct reply *reply)
{
    struct document entry;
    const struct problem *problem =
        catalogue_find(&request->db, request->route->of, request->path_id, &entry);
    if (!problem)
        reply_document(request, reply, &entry);
    return problem;
}

const struct problem *catalogues_create(struct request *request, struct reply *reply)
{
    struct document entry;
    const struct problem *problem = catalogue_create(&request->db, request->route->of,
                                                     request->route->body, request->body, &entry);
    if (!problem)
        reply_created(request, reply, &entry);
    return problem;
}

const struct problem *catalogues_replace(struct request *request, struct reply *reply)
{
    struct document entry;
    const struct problem *problem =
        catalogue_replace(&request->db, request->route->of, request->path_id, request->route->body,
                          request->body, &entry);
    if (!problem)
        reply_document(request, reply, &entry);
    return problem;
}

const struct problem *catalogues_hide(struct request *request, struct reply *reply)
{
    const struct problem *problem =
        catalogue_hide(&request->db, request->route->of, request->path_id);
    if (!problem)
        reply_empty(request, reply);
    return problem;
}

const struct problem *offerings_list(struct request *request, struct reply *reply)
{
    struct document list;
    const struct problem *problem =
        offering_list(&request->db, request->route->of, request->query, &list);
    if (!problem)
        reply_document(request, reply, &list);
    return problem;
}

const struct problem *offerings_find(struct request *request, struct reply *reply)
{
    struct document entry;
    const struct problem *problem =
        offering_find(&request->db, request->route->of, request->path_id, &entry);
    if (!problem)
        reply_document(request, reply, &entry);
    return problem;
}
