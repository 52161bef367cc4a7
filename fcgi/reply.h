/* The shapes that an answer can have. */
#ifndef REPLY_H
#define REPLY_H

#include "route.h"

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
