/* The log: one line of JSON a request on stderr, without a word of personal data. */
#ifndef LOG_H
#define LOG_H

#include "route.h"

/* What was asked, by route pattern, and what came of it after so many microseconds. */
void log_request(const struct request *request, const struct reply *reply, int64_t microseconds);

/* Something about the worker itself. */
void log_event(const struct pool *pool, const char *event);

#endif
