#include "route.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "endpoints.h"
#include "login.h"
#include "once.h"
#include "reply.h"
#include "schema.h"
#include "session.h"
#include "tag.h"

/* Moves past one segment of a path and its leading slash. NULL: there is none. */
static const char *next_segment(const char **path, size_t *length)
{
    if (**path != '/')
        return NULL;
    const char *segment = ++*path;
    *length = strcspn(segment, "/");
    *path += *length;
    return segment;
}

/* Whether the path has the pattern's shape; `number` is what stands for the pattern's "{...}". */
static bool matches(const char *pattern, const char *path, const char **number)
{
    *number = NULL;
    for (;;) {
        size_t expected_length, length;
        const char *expected = next_segment(&pattern, &expected_length);
        const char *segment = next_segment(&path, &length);
        if (!expected || !segment)
            return !expected && !segment && *path == '\0';
        if (*expected == '{' && length > 0)
            *number = segment;
        else if (length != expected_length || memcmp(expected, segment, length) != 0)
            return false;
    }
}

/* A HEAD is answered as a GET whose body is not sent on. */
static bool method_fits(const char *route, const char *method)
{
    return strcmp(route, method) == 0 || (!strcmp(route, "GET") && !strcmp(method, "HEAD"));
}

/* The number at the head of a path segment; 0: it is no positive number in plain digits. */
static int64_t read_number(const char *segment)
{
    enum { MOST_DIGITS = 18 };
    size_t digits = strspn(segment, "0123456789");
    if (digits == 0 || digits > MOST_DIGITS || (segment[digits] && segment[digits] != '/'))
        return 0;
    return strtoll(segment, NULL, 10);
}

static const struct problem *find_among(const struct route *routes, const char *path,
                                        struct request *request, struct reply *reply)
{
    const char *number, *allow = NULL;
    for (const struct route *route = routes; route->method; route++) {
        if (!matches(route->path, path, &number))
            continue;
        if (method_fits(route->method, request->method)) {
            request->route = route;
            request->path_id = number ? read_number(number) : 0;
            return NULL;
        }
        const char *methods = strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method;
        allow = allow ? arena_printf(request->arena, "%s, %s", allow, methods) : methods;
    }
    reply->allow = allow;
    return allow ? &problem_method_not_allowed : &problem_not_found;
}

/* What the gateway asks for by itself, inside. It passes on no path without the pool's prefix, so
 * nobody outside can. */
static const struct route inside_routes[] = {
    {"GET", "/metrics", ROLE_ANYONE, metrics_show, .success = 200, .inside = true},
    {0},
};

static const struct problem *find_route(struct request *request, struct reply *reply)
{
    const struct pool *pool = request->worker->pool;
    size_t prefix = strlen(pool->prefix);
    if (strncmp(request->path, pool->prefix, prefix) == 0)
        return find_among(pool->routes, request->path + prefix, request, reply);
    return find_among(inside_routes, request->path, request, reply);
}

/* The token of "Bearer TOKEN" (RFC 6750, 2.1); NULL: there is none. */
static const char *bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return NULL;
    return authorization + sizeof scheme - 1;
}

/* A colleague who has left must see nothing more, however long their token is good: it is worth a
 * look into the database, which for patients, who reach nothing but their own, it is not. */
static const struct problem *admit_staff(struct request *request)
{
    struct caller *caller = &request->caller;
    const char *role;
    const struct problem *problem = schema_admit(request);
    if (!problem)
        problem = login_role_of_staff(&request->db, caller->id, caller->login_id, &role);
    if (!problem)
        caller->role = role_by_name(role);
    return problem;
}

/* The token that came along, in a header or in a cookie; NULL: none. */
static const char *token_of(const struct request *request)
{
    return request->authorization ? bearer_token(request->authorization)
                                  : session_access_token(request);
}

/* token_read() with either of the two keys that are good while one takes the other's place. */
static const struct problem *read_token(const struct request *request, const char *token,
                                        time_t now, struct caller *caller)
{
    const struct worker *worker = request->worker;
    const struct problem *problem =
        token_read(request->arena, &worker->token_key, token, now, caller);
    if (!problem || !*worker->also_key.secret)
        return problem;
    return token_read(request->arena, &worker->also_key, token, now, caller);
}

static const struct problem *admit_caller(struct request *request)
{
    enum role needed = request->route->role;
    request->caller = (struct caller){.id = NOT_GIVEN, .role = ROLE_ANYONE};
    if (needed == ROLE_ANYONE)
        return NULL;
    const char *token = token_of(request);
    if (!token && !request->authorization && needed == ROLE_ANYONE_OR_PATIENT)
        return NULL;
    if (!token)
        return &problem_unauthenticated;
    const struct problem *problem = read_token(request, token, time(NULL), &request->caller);
    if (!problem && request->caller.role >= ROLE_VIEWER)
        problem = admit_staff(request);
    if (problem)
        return problem;
    return request->caller.role < needed ? &problem_forbidden : NULL;
}

int64_t route_earlier_login(const struct request *request)
{
    struct caller caller;
    const char *token = token_of(request);
    if (!token || read_token(request, token, BEFORE_ALL_TOKENS, &caller) != NULL)
        return NOT_GIVEN;
    return caller.login_id;
}

static const struct problem *read_path(struct request *request)
{
    if (strchr(request->route->path, '{') && request->path_id == 0)
        return problem_detail(request->arena, &problem_bad_request,
                              "The number in the path must be a positive integer.");
    return NULL;
}

static const struct problem *read_query(struct request *request)
{
    const struct form *form = request->route->query;
    if (!form)
        return NULL;
    return form_read_query(request->arena, form, request->query_string, &request->query);
}

/* "application/json", perhaps with parameters, of which only charset=utf-8 changes nothing. */
static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (!content_type || strncasecmp(content_type, json, sizeof json - 1) != 0)
        return false;
    const char *rest = content_type + sizeof json - 1;
    rest += strspn(rest, " \t");
    if (*rest == '\0')
        return true;
    if (*rest++ != ';')
        return false;
    rest += strspn(rest, " \t");
    return strcasecmp(rest, "charset=utf-8") == 0 || strcasecmp(rest, "charset=\"utf-8\"") == 0;
}

static const struct problem *read_body(struct request *request)
{
    const struct route *route = request->route;
    struct json_object *tree = NULL;
    if (!route->body)
        return NULL;
    bool absent = request->content_length == 0 && route->body_optional;
    if (!absent && !is_json(request->content_type))
        return &problem_unsupported_media_type;
    const char *content = absent ? "{}" : request->content;
    size_t length = absent ? 2 : request->content_length;
    const struct problem *problem = json_read(request->arena, content, length, &tree);
    return problem ? problem : form_read_json(request->arena, route->body, tree, &request->body);
}

static const struct problem *carry_out(struct request *request, struct reply *reply)
{
    const struct problem *problem = read_path(request);
    if (!problem)
        problem = read_query(request);
    if (!problem)
        problem = read_body(request);
    if (!problem && !request->route->inside)
        problem = schema_admit(request);
    return problem ? problem : request->route->handle(request, reply);
}

/* PUT, DELETE and GET may be repeated as they are (RFC 9110, 9.2.2); a key tells them nothing. */
static bool takes_key(const struct route *route)
{
    return strcmp(route->method, "POST") == 0 || strcmp(route->method, "PATCH") == 0;
}

static const struct problem *answer(struct request *request, struct reply *reply)
{
    const struct problem *problem = find_route(request, reply);
    if (!problem)
        problem = admit_caller(request);
    if (problem)
        return problem;
    if (!request->idempotency_key || !takes_key(request->route))
        return carry_out(request, reply);
    problem = schema_admit(request);
    return problem ? problem : answer_once(request, reply, carry_out);
}

void route_answer(struct request *request, struct reply *reply)
{
    *reply = (struct reply){.status = 0};
    const struct problem *problem = answer(request, reply);
    if (problem)
        reply_problem(request, reply, problem);
    else
        tag_reply(request, reply);
    session_reply(request, reply);
}

struct actor route_actor(const struct request *request)
{
    bool is_patient = request->caller.role == ROLE_PATIENT;
    return (struct actor){
        .patient_id = is_patient ? request->caller.id : NOT_GIVEN,
        .staff_id = is_patient ? NOT_GIVEN : request->caller.id,
        .action =
            arena_printf(request->arena, "%s %s", request->route->method, request->route->path),
        .address = request->address,
    };
}

/* Statuses that a row implies. */
static bool needs_caller(const struct route *route)
{
    return route->role != ROLE_ANYONE;
}

static bool needs_more_than_any_staff(const struct route *route)
{
    return route->role > ROLE_VIEWER;
}

static bool has_path_id(const struct route *route)
{
    return strchr(route->path, '{') != NULL;
}

static bool has_body(const struct route *route)
{
    return route->body != NULL;
}

static bool has_input(const struct route *route)
{
    return has_body(route) || has_path_id(route) || route->query || takes_key(route);
}

static bool is_tagged(const struct route *route)
{
    return route->tagged;
}

static bool always(const struct route *route)
{
    return route != NULL;
}

static const struct implied {
    int status;
    bool (*applies)(const struct route *);
} implied[] = {
    {304, is_tagged},   {400, has_input}, {401, needs_caller}, {403, needs_more_than_any_staff},
    {404, has_path_id}, {409, takes_key}, {413, has_body},     {415, has_body},
    {422, takes_key},   {422, has_body},  {429, always},       {503, always},
};

static void add_status(int statuses[MOST_STATUSES], int status)
{
    size_t at = 0;
    while (statuses[at] && statuses[at] < status)
        at++;
    if (statuses[at] == status)
        return;
    memmove(&statuses[at + 1], &statuses[at], (MOST_STATUSES - at - 1) * sizeof *statuses);
    statuses[at] = status;
}

void route_statuses(const struct route *route, int statuses[MOST_STATUSES])
{
    memset(statuses, 0, MOST_STATUSES * sizeof *statuses);
    add_status(statuses, route->success);
    for (size_t i = 0; i < sizeof implied / sizeof *implied; i++)
        if (implied[i].applies(route))
            add_status(statuses, implied[i].status);
    for (size_t i = 0; i < sizeof route->also / sizeof *route->also && route->also[i]; i++)
        add_status(statuses, route->also[i]);
}

static void print_form(const char *name, const struct form *form, FILE *out)
{
    fprintf(out, ", \"%s\": [", name);
    for (size_t i = 0; form && i < form->count; i++) {
        const struct field *field = &form->fields[i];
        bool null = field->nullable || field->clearable;
        fprintf(out, "%s{\"name\": \"%s\", \"type\": \"%s\", \"required\": %s, \"null\": %s}",
                i ? ", " : "", field->name, form_type(field), field->required ? "true" : "false",
                null ? "true" : "false");
    }
    fprintf(out, "]");
}

void routes_print(const struct pool *pool, FILE *out)
{
    fprintf(out, "[");
    for (const struct route *route = pool->routes; route->method; route++) {
        int statuses[MOST_STATUSES];
        route_statuses(route, statuses);
        fprintf(out, "%s\n {\"method\": \"%s\", \"path\": \"%s%s\", \"role\": \"%s\"",
                route == pool->routes ? "" : ",", route->method, pool->prefix, route->path,
                role_name(route->role));
        fprintf(out, ", \"statuses\": [");
        for (size_t i = 0; statuses[i]; i++)
            fprintf(out, "%s%d", i ? ", " : "", statuses[i]);
        fprintf(out, "]");
        print_form("body", route->body, out);
        print_form("query", route->query, out);
        fprintf(out, "}");
    }
    fprintf(out, "\n]\n");
}
