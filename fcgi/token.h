/* Access tokens: JSON Web Tokens (RFC 7519), HS256, one key and one audience for each pool. */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdint.h>
#include <time.h>

#include "problem.h"

/* Who may call, from everybody to few; each staff role may what the roles before it may. */
enum role {
    ROLE_ANYONE,
    ROLE_ANYONE_OR_PATIENT, /* a token is not needed, but heeded, and refused when it is bad */
    ROLE_PATIENT,
    ROLE_VIEWER,
    ROLE_DESK,
    ROLE_ADMIN,
};

/* "viewer", "desk", "admin" as a role; ROLE_ANYONE: none of them. */
enum role role_by_name(const char *name);
const char *role_name(enum role role);

/* Whose token it is. */
struct caller {
    int64_t id; /* of the patient or the staff member */
    int64_t login_id;
    enum role role;
};

/* What signs tokens, and for whom: "patient" or "staff". */
struct token_key {
    const char *secret; /* at least 32 bytes */
    const char *audience;
};

/* A token for the caller, good until `expires`. NULL: no memory. */
const char *token_issue(struct arena *arena, const struct token_key *key,
                        const struct caller *caller, time_t now, time_t expires);

/* The time of nobody's clock, at which no token has expired. */
#define BEFORE_ALL_TOKENS ((time_t)0)

/* Whose token it is. Refused as `unauthenticated`: anything that token_issue() did not make with
 * this key, and what has expired by `now`. */
const struct problem *token_read(struct arena *arena, const struct token_key *key,
                                 const char *token, time_t now, struct caller *caller);

#endif
