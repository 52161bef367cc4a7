/*
 * Paths, methods and queries, against the tables of both pools. The first byte chooses pool and
 * method, the rest is path?query. Every row is matched a second time, by a regular expression, and
 * must be found, or not found, alike.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { MOST_ROUTES = 64, LONGEST = 4096 };

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "get", ""};
enum { METHODS = sizeof methods / sizeof *methods };

static struct table {
    struct pool pool;
    struct route routes[MOST_ROUTES]; /* as the pool has them, but open to all, and recorded */
    regex_t shapes[MOST_ROUTES];
} tables[2];

/* Stands in for every handler: what was found is in the request. */
static const struct problem *record(struct request *request, struct reply *reply)
{
    *reply = (struct reply){.status = request->route->success};
    return NULL;
}

static void compile_shape(regex_t *shape, const char *prefix, const char *path)
{
    char text[256];
    const char *brace = strchr(path, '{');
    if (brace)
        snprintf(text, sizeof text, "^%s%.*s([^/]+)%s$", prefix, (int)(brace - path), path,
                 strchr(path, '}') + 1);
    else
        snprintf(text, sizeof text, "^%s%s()$", prefix, path);
    must(regcomp(shape, text, REG_EXTENDED) == 0, "%s is a regular expression", text);
}

static void open_table(struct table *table, struct pool pool)
{
    table->pool = pool;
    for (size_t i = 0; pool.routes[i].method; i++) {
        must(i < MOST_ROUTES - 1, "there is room for all routes");
        table->routes[i] = pool.routes[i];
        table->routes[i].role = ROLE_ANYONE;
        table->routes[i].handle = record;
        table->routes[i].body = NULL;
        compile_shape(&table->shapes[i], pool.prefix, pool.routes[i].path);
    }
    table->pool.routes = table->routes;
}

void fuzz_open(void)
{
    open_table(&tables[0], patient_pool());
    open_table(&tables[1], admin_pool());
}

/* What the table should say: the row, and the text in its place for a number. */
struct expected {
    const struct route *route;
    const char *number;
    bool path_known;
};

static struct expected expect(struct table *table, const struct request *request)
{
    struct expected expected = {.route = NULL};
    const char *method = strcmp(request->method, "HEAD") ? request->method : "GET";
    for (size_t i = 0; table->routes[i].method; i++) {
        regmatch_t found[2];
        if (regexec(&table->shapes[i], request->path, 2, found, 0) != 0)
            continue;
        expected.path_known = true;
        if (expected.route || strcmp(table->routes[i].method, method) != 0)
            continue;
        expected.route = &table->routes[i];
        expected.number = found[1].rm_so < found[1].rm_eo ? request->path + found[1].rm_so : NULL;
    }
    return expected;
}

static void judge(const struct request *request, const struct reply *reply,
                  const struct expected *expected)
{
    must(request->route == expected->route, "%s %s is found as the expression has it",
         request->method, request->path);
    if (!expected->route) {
        must(reply->status == (expected->path_known ? 405 : 404), "%s is not there", request->path);
        must((reply->allow != NULL) == expected->path_known, "Allow goes with 405");
        return;
    }
    size_t digits = expected->number ? strspn(expected->number, "0123456789") : 0;
    bool is_number = digits > 0 && (!expected->number[digits] || expected->number[digits] == '/');
    must(reply->status == expected->route->success || reply->status == 400, "no other answer");
    must(!expected->number || is_number || reply->status == 400, "an id is digits");
    if (reply->status != 400 && expected->number)
        must(request->path_id > 0 && request->path_id == strtoll(expected->number, NULL, 10),
             "an id is positive, and what was written");
    if (reply->status != 400 && expected->route->query)
        must(request->query != NULL, "the query has been read");
    if (reply->status == 400)
        must(reply->body && strstr(reply->body, "\"code\":\"bad_request\""), "it says why");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > LONGEST)
        return 0;
    struct table *table = &tables[data[0] & 1];
    struct worker worker = {.pool = &table->pool, .schema_fits = true};
    struct arena *arena = arena_new();
    char *path = arena_copy(arena, (const char *)data + 1, size - 1), *query = path;
    struct reply reply;
    strsep(&query, "?");
    if (strcmp(path, "/metrics") == 0) { /* beside the tables, and asked for by test_metrics.c */
        arena_free(arena);
        return 0;
    }
    struct request request = {
        .worker = &worker,
        .arena = arena,
        .id = "fuzz",
        .method = methods[data[0] / 2 % METHODS],
        .path = path,
        .query_string = query ? query : "",
    };
    route_answer(&request, &reply);
    struct expected expected = expect(table, &request);
    judge(&request, &reply, &expected);
    arena_free(arena);
    return 0;
}
