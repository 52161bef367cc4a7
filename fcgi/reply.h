/* The shapes that an answer can have. */
#ifndef REPLY_H
#define REPLY_H

#include "route.h"

/* Every status that there is: number, reason. */
#define STATUSES(X)                                                                                \
    X(200, "OK")                                                                                   \
    X(201, "Created")                                                                              \
    X(204, "No Content")                                                                           \
    X(304, "Not Modified")                                                                         \
    X(400, "Bad Request")                                                                          \
    X(401, "Unauthorized")                                                                         \
    X(403, "Forbidden")                                                                            \
    X(404, "Not Found")                                                                            \
    X(405, "Method Not Allowed")                                                                   \
    X(409, "Conflict")                                                                             \
    X(412, "Precondition Failed")                                                                  \
    X(413, "Content Too Large")                                                                    \
    X(415, "Unsupported Media Type")                                                               \
    X(422, "Unprocessable Content")                                                                \
    X(429, "Too Many Requests")                                                                    \
    X(500, "Internal Server Error")                                                                \
    X(503, "Service Unavailable")

/* The route's success with a document; its version becomes the ETag. */
void reply_document(const struct request *request, struct reply *reply,
                    const struct document *document);

/* The same, with the Location of what was created. */
void reply_created(const struct request *request, struct reply *reply,
                   const struct document *document);

/* The route's success with nothing to say. */
void reply_empty(const struct request *request, struct reply *reply);

/* What an answer of that status is written as, where it has a body. */
const char *reply_content_type(int status);

/* application/problem+json, RFC 9457. */
void reply_problem(const struct request *request, struct reply *reply,
                   const struct problem *problem);

#endif
