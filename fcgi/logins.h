/* What the endpoints that log somebody in share. */
#ifndef LOGINS_H
#define LOGINS_H

#include "login.h"
#include "route.h"

/* The route's success with the tokens of a login. */
const struct problem *logins_reply(struct request *request, const struct login *login,
                                   struct reply *reply);

#endif
