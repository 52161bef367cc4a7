/* The OpenAPI document says what the workers serve, and the workers serve what it says. */
#include "clinic.h"

#include <ctype.h>
#include <string.h>

#include "problem.h"

static struct json_object *document;
static struct json_object *routes[2];

static void read_both(void)
{
    document = json_object_from_file("nginx/openapi.json");
    cr_assert(document, "%s", json_util_get_last_err());
    routes[PATIENT_POOL] = clinic_routes(PATIENT_POOL);
    routes[ADMIN_POOL] = clinic_routes(ADMIN_POOL);
}

TestSuite(openapi, .init = read_both);

static struct json_object *get(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

static const char *string(struct json_object *object, const char *name)
{
    struct json_object *value = get(object, name);
    return value ? json_object_get_string(value) : "";
}

/* The object itself, or what its $ref points to in the document. */
static struct json_object *resolve(struct json_object *object)
{
    struct json_object *found = NULL;
    const char *reference = string(object, "$ref");
    if (!*reference)
        return object;
    cr_assert(json_pointer_get(document, reference + 1, &found) == 0, "%s", reference);
    return found;
}

static const char *lower(const char *word)
{
    char *made = (char *)text("%s", word);
    for (char *c = made; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return made;
}

static struct json_object *operation_of(struct json_object *route)
{
    struct json_object *path = get(get(document, "paths"), string(route, "path"));
    return get(path, lower(string(route, "method")));
}

static const char *name_of(struct json_object *route)
{
    return text("%s %s", string(route, "method"), string(route, "path"));
}

/* Calls check for each row of both route tables. */
static void for_each_route(void (*check)(struct json_object *route, struct json_object *operation))
{
    for (int pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < json_object_array_length(routes[pool]); i++) {
            struct json_object *route = json_object_array_get_idx(routes[pool], i);
            struct json_object *operation = operation_of(route);
            cr_expect(operation, "%s is not in the document", name_of(route));
            if (operation)
                check(route, operation);
        }
}

static bool holds(struct json_object *array, const char *word)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(array, i)), word) == 0)
            return true;
    return false;
}

static void compare_statuses(struct json_object *route, struct json_object *operation)
{
    struct json_object *statuses = get(route, "statuses"), *responses = get(operation, "responses");
    cr_expect_eq((int)json_object_array_length(statuses), json_object_object_length(responses),
                 "%s: the table has %s, the document %s", name_of(route),
                 json_object_get_string(statuses), json_object_get_string(responses));
    for (size_t i = 0; i < json_object_array_length(statuses); i++) {
        const char *status = json_object_get_string(json_object_array_get_idx(statuses, i));
        cr_expect(get(responses, status), "%s: %s is not documented", name_of(route), status);
    }
}

Test(openapi, every_route_and_its_statuses_are_documented)
{
    for_each_route(compare_statuses);
}

static size_t count_routes(const char *path, const char *method)
{
    size_t count = 0;
    for (int pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < json_object_array_length(routes[pool]); i++) {
            struct json_object *route = json_object_array_get_idx(routes[pool], i);
            count += !strcmp(string(route, "path"), path) &&
                     !strcmp(lower(string(route, "method")), method);
        }
    return count;
}

Test(openapi, every_documented_operation_has_a_route)
{
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
    struct lh_entry *path;
    lh_foreach(json_object_get_object(get(document, "paths")), path)
    {
        const char *name = lh_entry_k(path);
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
            if (get(lh_entry_v(path), methods[i]) && strcmp(name, "/health") != 0)
                cr_expect_eq(count_routes(name, methods[i]), 1, "%s %s", methods[i], name);
    }
}

static void compare_body(struct json_object *route, struct json_object *operation)
{
    struct json_object *fields = get(route, "body"), *schema = NULL;
    struct json_object *body = get(operation, "requestBody");
    if (body)
        json_pointer_get(body, "/content/application~1json/schema", &schema);
    schema = resolve(schema);
    cr_expect_eq(json_object_array_length(fields),
                 (size_t)(schema ? json_object_object_length(get(schema, "properties")) : 0), "%s",
                 name_of(route));
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        const char *name = string(field, "name");
        cr_expect(get(get(schema, "properties"), name), "%s: %s", name_of(route), name);
        cr_expect_eq(json_object_get_boolean(get(field, "required")),
                     holds(get(schema, "required"), name), "%s: %s is required in only one of both",
                     name_of(route), name);
    }
}

Test(openapi, bodies_have_the_fields_of_the_forms)
{
    for_each_route(compare_body);
}

static void compare_query(struct json_object *route, struct json_object *operation)
{
    struct json_object *parameters = get(operation, "parameters"), *fields = get(route, "query");
    size_t found = 0;
    for (size_t i = 0; parameters && i < json_object_array_length(parameters); i++) {
        struct json_object *parameter = resolve(json_object_array_get_idx(parameters, i));
        if (strcmp(string(parameter, "in"), "query") != 0)
            continue;
        bool known = false;
        for (size_t k = 0; k < json_object_array_length(fields); k++) {
            struct json_object *field = json_object_array_get_idx(fields, k);
            if (strcmp(string(field, "name"), string(parameter, "name")) != 0)
                continue;
            known = true;
            cr_expect_eq(json_object_get_boolean(get(field, "required")),
                         json_object_get_boolean(get(parameter, "required")), "%s: %s",
                         name_of(route), string(parameter, "name"));
        }
        cr_expect(known, "%s: %s is no parameter", name_of(route), string(parameter, "name"));
        found++;
    }
    cr_expect_eq(found, json_object_array_length(fields), "%s", name_of(route));
}

Test(openapi, queries_have_the_fields_of_the_forms)
{
    for_each_route(compare_query);
}

Test(openapi, every_problem_code_is_documented)
{
    struct json_object *codes = NULL;
    cr_assert(json_pointer_get(document, "/components/schemas/Problem/properties/code/enum",
                               &codes) == 0);
#define PROBLEM_EXPECT(CODE, STATUS, TITLE) cr_expect(holds(codes, #CODE), "%s", #CODE);
    PROBLEMS(PROBLEM_EXPECT)
#undef PROBLEM_EXPECT
}
