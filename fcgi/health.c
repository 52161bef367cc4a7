#include "endpoints.h"
#include "reply.h"

static const struct statement ask_database = {
    .name = "health_ask_database",
    .parameters = 0,
    .sql = "SELECT json_build_object('status', 'ok', 'database', 'ok') FROM hospital",
};

const struct problem *health_show(struct request *request, struct reply *reply)
{
    struct document health;
    const struct problem *problem = db_document(&request->db, &ask_database, NULL, &health);
    if (!problem)
        reply_document(request, reply, &health);
    return problem;
}
