#include "requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "front_door.h"

enum { MOST_PARAMETERS = 24, LONGEST = 16 * 1024 };

static struct pool served;
static struct arena *kept; /* what lives as long as the target */
static const char *bearers[ROLE_ADMIN + 1];

void requests_open(struct pool pool)
{
    served = pool;
    kept = arena_new();
    const struct token_key key = {fuzz_key.secret, pool.audience};
    for (enum role role = ROLE_PATIENT; role <= ROLE_ADMIN; role++)
        bearers[role] = arena_printf(
            kept, "Bearer %s",
            token_issue(kept, &key, &(struct caller){1, 1, role}, 1, (time_t)FUZZ_NOW * 10));
    front_door_open(pool);
}

/* One request, being put together. */
struct putting {
    struct arena *arena;
    const char *parameters[2 * MOST_PARAMETERS + 1];
    size_t count;
    bool has_length;
};

static void put(struct putting *p, const char *name, const char *value)
{
    if (p->count == 2 * MOST_PARAMETERS)
        return;
    p->parameters[p->count++] = name;
    p->parameters[p->count++] = value;
}

static void put_line(struct putting *p, char *line)
{
    char *value = strchr(line, '=');
    if (!value)
        return;
    *value++ = '\0';
    p->has_length = p->has_length || strcmp(line, "CONTENT_LENGTH") == 0;
    const char *bearer = bearers[role_by_name(value)];
    if (strcmp(line, "DATABASE") == 0)
        database_will(value);
    else if (strcmp(line, "BEARER") == 0 && bearer)
        put(p, "HTTP_AUTHORIZATION", bearer);
    else
        put(p, line, value);
}

static const char *value_of(const struct putting *p, const char *name)
{
    for (size_t i = 0; i < p->count; i += 2)
        if (strcmp(p->parameters[i], name) == 0)
            return p->parameters[i + 1];
    return "";
}

/* Whether some row may answer that status to the method; a row declares what it may answer, and
 * what precedes the rows is the same for all. */
static bool is_declared(const char *method, int status)
{
    if (status == 400 || status == 404 || status == 405 || status == 413)
        return true;
    for (const struct route *route = served.routes; route->method; route++) {
        int statuses[MOST_STATUSES];
        route_statuses(route, statuses);
        if (strcmp(method, "HEAD") ? strcmp(route->method, method) : strcmp(route->method, "GET"))
            continue;
        for (size_t i = 0; statuses[i]; i++)
            if (statuses[i] == status)
                return true;
    }
    return false;
}

void requests_try(const uint8_t *data, size_t size)
{
    if (size > LONGEST)
        return;
    struct putting p = {.arena = arena_new()};
    char *rest = arena_copy(p.arena, (const char *)data, size), *end = rest + size, *line;
    database_will("");
    while ((line = strsep(&rest, "\n")) && *line)
        put_line(&p, line);
    const char *body = rest && line ? rest : end;
    size_t length = (size_t)(end - body);
    if (!p.has_length)
        put(&p, "CONTENT_LENGTH", arena_printf(p.arena, "%zu", length));
    struct came_back answer = front_door_ask(p.parameters, body, length);
    front_door_judge(p.arena, &answer);
    must(is_declared(value_of(&p, "REQUEST_METHOD"), answer.status), "%d is declared: %s",
         answer.status, answer.body);
    free(answer.head);
    database_will("");
    arena_free(p.arena);
}
