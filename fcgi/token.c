#include "token.h"

#include <ctype.h>
#include <jwt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[] = {
    [ROLE_ANYONE] = "anyone",   [ROLE_ANYONE_OR_PATIENT] = "anyone or patient",
    [ROLE_PATIENT] = "patient", [ROLE_VIEWER] = "viewer",
    [ROLE_DESK] = "desk",       [ROLE_ADMIN] = "admin",
};

enum role role_by_name(const char *name)
{
    for (enum role role = ROLE_PATIENT; name && role <= ROLE_ADMIN; role++)
        if (strcmp(role_names[role], name) == 0)
            return role;
    return ROLE_ANYONE;
}

const char *role_name(enum role role)
{
    return role_names[role];
}

static void release_token(void *token)
{
    jwt_free(token);
}

const char *token_issue(struct arena *arena, const struct token_key *key,
                        const struct caller *caller, time_t now, time_t expires)
{
    jwt_t *jwt;
    if (jwt_new(&jwt) != 0)
        return NULL;
    arena_defer(arena, release_token, jwt);
    const char *subject = arena_printf(arena, "%lld", (long long)caller->id);
    if (jwt_add_grant(jwt, "aud", key->audience) || jwt_add_grant(jwt, "sub", subject) ||
        jwt_add_grant(jwt, "role", role_name(caller->role)) ||
        jwt_add_grant_int(jwt, "sid", caller->login_id) || jwt_add_grant_int(jwt, "iat", now) ||
        jwt_add_grant_int(jwt, "exp", expires) ||
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key->secret,
                    (int)strlen(key->secret)))
        return NULL;
    char *encoded = jwt_encode_str(jwt);
    if (!encoded)
        return NULL;
    const char *token = arena_copy(arena, encoded, strlen(encoded));
    free(encoded);
    return token;
}

/* "12" as 12; -1: not a positive number in plain digits. */
static int64_t read_subject(const char *subject)
{
    enum { MOST_DIGITS = 18 };
    if (!subject || !*subject || strlen(subject) > MOST_DIGITS)
        return -1;
    for (const char *c = subject; *c; c++)
        if (!isdigit((unsigned char)*c))
            return -1;
    return strtoll(subject, NULL, 10);
}

/*
 * libjwt checks the signature by whatever algorithm the token names, and no claim: the rest is
 * checked here. An integer claim that is none reads as 0 or -1.
 */
static bool is_good(jwt_t *jwt, const struct token_key *key, time_t now)
{
    const char *audience = jwt_get_grant(jwt, "aud");
    return jwt_get_alg(jwt) == JWT_ALG_HS256 && audience && !strcmp(audience, key->audience) &&
           jwt_get_grant_int(jwt, "exp") > now && jwt_get_grant_int(jwt, "sid") > 0 &&
           jwt_get_grant_int(jwt, "iat") > 0;
}

const struct problem *token_read(struct arena *arena, const struct token_key *key,
                                 const char *token, time_t now, struct caller *caller)
{
    enum { LONGEST = 4096 }; /* libjwt copies it to the stack */
    jwt_t *jwt;
    if (strlen(token) > LONGEST)
        return &problem_unauthenticated;
    if (jwt_decode(&jwt, token, (const unsigned char *)key->secret, (int)strlen(key->secret)) != 0)
        return &problem_unauthenticated;
    arena_defer(arena, release_token, jwt);
    struct caller named = {
        .id = read_subject(jwt_get_grant(jwt, "sub")),
        .login_id = jwt_get_grant_int(jwt, "sid"),
        .role = role_by_name(jwt_get_grant(jwt, "role")),
    };
    if (!is_good(jwt, key, now) || named.id <= 0 || named.role == ROLE_ANYONE)
        return &problem_unauthenticated;
    *caller = named;
    return NULL;
}
