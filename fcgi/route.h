/*
 * Routes: an endpoint's row is its whole promise. It names method, path, who may call, what comes
 * in and what goes out, so that nothing can be reached without a role, and nothing read without a
 * form. The OpenAPI document is compared with these tables by tests/test_openapi.c.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdatomic.h>
#include <stdio.h>

#include "actor.h"
#include "form.h"
#include "secret.h"
#include "settings.h"
#include "token.h"

struct route;
struct tally;

/* One of the two worker programs. */
struct pool {
    const char *name;   /* "patient" or "admin", as in the log */
    const char *prefix; /* of every path */
    const char *audience;
    enum reader reader;
    const struct route *routes; /* ends with an empty row */
};

/* What main made, shared by all threads of a worker process. */
struct worker {
    const struct pool *pool;
    struct settings settings;
    struct database *database;
    struct hashing *hashing;
    struct tally *tally;
    struct token_key token_key;
    struct token_key also_key; /* is accepted as well, and signs nothing; its secret "": none */
    atomic_bool schema_fits;   /* as fcgi/schema.h has found */
};

/* What came in. Texts belong to the request's arena; absent ones are NULL. */
struct request {
    struct worker *worker;
    struct arena *arena;
    struct db db;
    const char *id; /* as in X-Request-Id and the log */
    const char *method;
    const char *path;
    const char *query_string; /* "" when absent */
    const char *content_type;
    const char *authorization;
    const char *cookie;
    const char *session;    /* X-Session; what follows is for fcgi/session.c too */
    const char *fetch_site; /* Sec-Fetch-Site, as the browser says whose page asks */
    const char *origin;
    const char *host;
    bool https; /* it came over TLS */
    const char *if_match;
    const char *if_none_match;
    const char *idempotency_key;
    const char *address; /* whence; NULL: not known */
    const char *content;
    size_t content_length;

    const struct route *route; /* what follows is read as its row says */
    struct caller caller;
    int64_t path_id;   /* the number in the path; 0: its route has none */
    const void *query; /* the struct of route->query */
    const void *body;  /* the struct of route->body */
};

/* What goes out. */
struct reply {
    int status;
    const char *content_type;
    const char *body; /* NULL: none */
    size_t length;
    const char *location;
    int64_t version; /* 0: none */
    const char *tag; /* the ETag, in quotes; NULL: none */
    const char *allow;
    const char *cookies[2]; /* to be set; NULL: none */
    int retry_after;        /* seconds; 0: nothing is said about it */
    bool replayed;          /* it is the first answer to an Idempotency-Key, given again */
    const char *code;       /* of the problem, for the log */
};

typedef const struct problem *handler(struct request *request, struct reply *reply);

struct route {
    const char *method;
    const char *path; /* below the pool's prefix; "{...}" stands for a number */
    enum role role;
    handler *handle;
    int success; /* the status when all is well */
    const struct form *body;
    bool body_optional;
    const struct form *query;
    bool inside;    /* the gateway asks it for itself: it needs no database, and is not counted */
    bool tagged;    /* its answer has an ETag, and is 304 to who has it already */
    const void *of; /* the catalogue or login_kind that the handler serves */
    int also[4];    /* statuses that the row does not imply by itself */
};

/* Answers a request: finds its route, sees who calls, reads what the row asks for, and lets the
 * handler do the rest. Whatever goes wrong becomes a problem document. */
void route_answer(struct request *request, struct reply *reply);

/* Who asks, as the library knows them. */
struct actor route_actor(const struct request *request);

/* The login whose access token came along, however long ago that expired: it says that the device
 * is somebody's, and lets nobody do anything. NOT_GIVEN: none came, or none of ours. */
int64_t route_earlier_login(const struct request *request);

/* The statuses that a route may answer, ascending, ended by 0. */
enum { MOST_STATUSES = 16 };
void route_statuses(const struct route *route, int statuses[MOST_STATUSES]);

/* Prints the pool's table as JSON: an array of {method, path, role, statuses, body, query},
 * where body and query are arrays of {name, type, required, null}. */
void routes_print(const struct pool *pool, FILE *out);

#endif
