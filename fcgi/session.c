#include "session.h"

#include <string.h>
#include <strings.h>

#include "endpoints.h"
#include "logins.h"

/* Their paths keep the refresh token from being sent along with everything, and one browser may be
 * logged in to both pools. No __Host- or __Secure- before the names: those work with the root path,
 * or with TLS, only. */
#define ACCESS_COOKIE  "access"
#define REFRESH_COOKIE "refresh"
#define REFRESH_PATH   "/auth"

enum { SECONDS_PER_DAY = 24 * 60 * 60 };

/* Whether an Origin, scheme and authority, is of the host that was asked. The scheme may differ,
 * where something before the gateway speaks TLS. */
static bool is_our_origin(const char *origin, const char *host)
{
    const char *authority = strstr(origin, "://");
    return authority && host && strcasecmp(authority + 3, host) == 0;
}

bool session_asked(const struct request *request)
{
    return request->session && strcmp(request->session, "cookie") == 0 &&
           (!request->fetch_site || strcmp(request->fetch_site, "same-origin") == 0) &&
           (!request->origin || is_our_origin(request->origin, request->host));
}

static const char *cookie_name(const struct request *request, const char *kind)
{
    return arena_printf(request->arena, "%s_%s", request->worker->pool->audience, kind);
}

/* The value of a cookie in "NAME=VALUE; NAME=VALUE" (RFC 6265, 5.4); NULL: it is not there. */
static const char *find_cookie(const struct request *request, const char *kind)
{
    const char *name = cookie_name(request, kind), *rest = request->cookie;
    size_t length = strlen(name);
    while (rest && *rest) {
        rest += strspn(rest, "; ");
        size_t end = strcspn(rest, ";");
        if (end > length && memcmp(rest, name, length) == 0 && rest[length] == '=')
            return arena_copy(request->arena, rest + length + 1, end - length - 1);
        rest += end;
    }
    return NULL;
}

const char *session_access_token(const struct request *request)
{
    return session_asked(request) ? find_cookie(request, ACCESS_COOKIE) : NULL;
}

const char *session_refresh_token(const struct request *request)
{
    return session_asked(request) ? find_cookie(request, REFRESH_COOKIE) : NULL;
}

static const char *cookie(const struct request *request, const char *kind, const char *path,
                          const char *value, int64_t seconds)
{
    return arena_printf(request->arena,
                        "%s=%s; Path=%s%s; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
                        cookie_name(request, kind), value, request->worker->pool->prefix, path,
                        (long long)seconds, request->https ? "; Secure" : "");
}

/* Both stay as long as the login may be continued: an access token that has expired still shows
 * that the device is its owner's (route_earlier_login). */
static void set_cookies(const struct request *request, struct reply *reply, const char *access,
                        const char *refresh)
{
    bool ends = *refresh == '\0';
    int64_t days = ends ? 0 : request->worker->settings.refresh_token_days;
    int64_t seconds = days * SECONDS_PER_DAY;
    reply->cookies[0] = cookie(request, ACCESS_COOKIE, "", access, seconds);
    reply->cookies[1] = cookie(request, REFRESH_COOKIE, REFRESH_PATH, refresh, seconds);
}

/* Takes a member out of a login's document; NULL: it is none. */
static const char *take(const struct request *request, struct json_object *login, const char *name)
{
    struct json_object *value;
    if (!json_object_object_get_ex(login, name, &value))
        return NULL;
    const char *text = json_object_get_string(value);
    const char *taken = arena_copy(request->arena, text, strlen(text));
    json_object_object_del(login, name);
    return taken;
}

/* The document is our own, perhaps of the first time, so that a repeated login is handed over too.
 */
static void hand_over(const struct request *request, struct reply *reply)
{
    struct json_object *login;
    if (json_read(request->arena, reply->body, reply->length, &login) != NULL)
        return;
    const char *access = take(request, login, "access_token");
    const char *refresh = take(request, login, "refresh_token");
    if (!access || !refresh)
        return;
    json_object_object_add(login, "token_type", json_object_new_string("Cookie"));
    reply->body = json_text(request->arena, json_object_get(login)); /* which the arena has too */
    reply->length = strlen(reply->body);
    set_cookies(request, reply, access, refresh);
}

/* The routes that start or continue a login: what anybody may send. */
static bool is_login(const struct route *route)
{
    return route->role == ROLE_ANYONE && strcmp(route->method, "POST") == 0;
}

void session_reply(const struct request *request, struct reply *reply)
{
    const struct route *route = request->route;
    if (!route || !session_asked(request))
        return;
    if (is_login(route) && reply->status == route->success)
        hand_over(request, reply);
    else if ((route->handle == logins_end && reply->status == route->success) ||
             (route->handle == logins_refresh && reply->status == problem_unauthenticated.status))
        set_cookies(request, reply, "", "");
}
