/*
 * Sessions: a page of ours holds its tokens in cookies that no script can read, instead of in its
 * own memory or storage. It says so with the header `X-Session: cookie`; then a login's answer sets
 * the cookies and has no tokens in it, and they serve where a bearer token would.
 *
 * Another site's page can have a browser send our cookies, but not this header: for that the
 * browser first asks the gateway, which does not allow it (CORS). What the browser itself says of a
 * request's origin is looked at as well. So a cookie without the header, or for another site, is as
 * good as none.
 */
#ifndef SESSION_H
#define SESSION_H

#include "route.h"

/* Whether the request speaks for a page of ours, that is, whether its cookies count. */
bool session_asked(const struct request *request);

/* The cookies' tokens, of this pool; NULL: the request has none that counts. */
const char *session_access_token(const struct request *request);
const char *session_refresh_token(const struct request *request);

/* Turns the answer to a page of ours into what it may see: a login's tokens go into cookies, and a
 * session that has ended takes its cookies with it. Other answers stay as they are. */
void session_reply(const struct request *request, struct reply *reply);

#endif
