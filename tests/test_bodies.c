/* Bad bodies: everything that is no JSON, and each field of each form left out, of a wrong type, or
 * with fields that no form asks for, sent to every endpoint that takes a body. */
#include "examples.h"

#include <string.h>

TestSuite(bodies, .init = clinic_open, .fini = clinic_close_alive, .timeout = 120);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static const struct bytes malformed[] = {
    BYTES(" \r\n\t"),
    BYTES("{"),
    BYTES("}"),
    BYTES("{]"),
    BYTES("{\"memo\": \"x\""),
    BYTES("{\"memo\": \"x}"),
    BYTES("{\"memo\" \"x\"}"),
    BYTES("{\"memo\": }"),
    BYTES("{\"memo\": \"x\",}"),
    BYTES("{,}"),
    BYTES("[1,]"),
    BYTES("[1 2]"),
    BYTES("{memo: 1}"),
    BYTES("{'memo': 1}"),
    BYTES("{\"memo\": 'x'}"),
    BYTES("{\"memo\": \"x\"} x"),
    BYTES("{}{}"),
    BYTES("{} // all"),
    BYTES("/* all */ {}"),
    BYTES("nul"),
    BYTES("True"),
    BYTES("nulll"),
    /* numbers that json-c would take */
    BYTES("{\"doctor_id\": 01}"),
    BYTES("{\"doctor_id\": -01}"),
    BYTES("{\"doctor_id\": +1}"),
    BYTES("{\"doctor_id\": 1.}"),
    BYTES("{\"doctor_id\": .5}"),
    BYTES("{\"doctor_id\": 1e}"),
    BYTES("{\"doctor_id\": -}"),
    BYTES("{\"doctor_id\": 0x1}"),
    BYTES("{\"doctor_id\": NaN}"),
    BYTES("{\"doctor_id\": Infinity}"),
    BYTES("{\"doctor_id\": -Infinity}"),
    BYTES("{\"doctor_id\": 12abc}"),
    /* a name twice, however it is written */
    BYTES("{\"doctor_id\": 1, \"doctor_id\": 2}"),
    BYTES("{\"doctor_id\": 1, \"doctor_id\": 1}"),
    BYTES("{\"doctor_id\": 1, \"doctor\\u005fid\": 2}"),
    BYTES("{\"memo\": {\"a\": 1, \"a\": 2}}"),
    BYTES("{\"memo\": [{\"a\": 1, \"a\": 2}]}"),
    BYTES("{\"\": 1, \"\": 2}"),
    /* NULs, plain and escaped */
    BYTES("\0"),
    BYTES("{}\0"),
    BYTES("{}\0junk"),
    BYTES("\0{}"),
    BYTES("{\"memo\": \"a\0b\"}"),
    BYTES("{\"memo\": \"a\\u0000b\"}"),
    BYTES("{\"memo\\u0000x\": \"a\"}"),
    BYTES("{\"memo\0\": \"a\"}"),
    /* strings with what may not stand there */
    BYTES("{\"memo\": \"a\tb\"}"),
    BYTES("{\"memo\": \"a\nb\"}"),
    BYTES("{\"memo\": \"\x1F\"}"),
    BYTES("{\"memo\": \"\\x41\"}"),
    BYTES("{\"memo\": \"\\u12\"}"),
    BYTES("{\"memo\": \"\\u12G4\"}"),
    BYTES("{\"memo\": \"\\uD800\"}"),
    BYTES("{\"memo\": \"\\uDC00\"}"),
    BYTES("{\"memo\": \"\\uD800\\u0041\"}"),
    BYTES("{\"memo\": \"\\uD800\\uD800\"}"),
    BYTES("{\"memo\": \"\\"),
    BYTES("{\"memo\": \"\\u"),
    /* not UTF-8 */
    BYTES("{\"memo\": \"\xFF\"}"),
    BYTES("{\"memo\": \"\xC3\"}"),
    BYTES("{\"memo\": \"\xC3"),
    BYTES("{\"memo\": \"\x80\"}"),
    BYTES("{\"memo\": \"\xC0\x80\"}"),
    BYTES("{\"memo\": \"\xC1\xA1\"}"),
    BYTES("{\"memo\": \"\xE0\x80\xAF\"}"),
    BYTES("{\"memo\": \"\xED\xA0\x80\"}"),
    BYTES("{\"memo\": \"\xF4\x90\x80\x80\"}"),
    BYTES("{\"memo\": \"\xF8\x88\x80\x80\x80\"}"),
    BYTES("{\"me\xFFmo\": 1}"),
    BYTES("\xFF\xFE{\0}\0"),
};

static const struct bytes no_objects[] = {
    BYTES("[]"),   BYTES("[{}]"),  BYTES("1"),      BYTES("-0.5e-3"), BYTES("\"text\""),
    BYTES("true"), BYTES("false"), BYTES(" null "), BYTES("1e999"),
};

/* Values of each type of JSON, none of which is taken for another. */
static const struct typed {
    const char *type, *value;
} typed[] = {
    {"string", "\"1\""},   {"string", "\"\""},       {"string", "\"true\""}, {"integer", "0"},
    {"integer", "1"},      {"integer", "-1"},        {"boolean", "true"},    {"boolean", "false"},
    {"object", "{}"},      {"object", "{\"a\": 1}"}, {"array", "[]"},        {"array", "[1]"},
    {"array", "[\"1\"]"},  {"fraction", "1.5"},      {"fraction", "1.0"},    {"fraction", "1e0"},
    {"fraction", "1e999"}, {"fraction", "-0.0"},     {"null", "null"},
};

/* Of the right type, and unacceptable whatever the field is. */
static const struct typed unacceptable[] = {
    {"integer", "9223372036854775808"},
    {"integer", "-9223372036854775809"},
    {"integer", "100000000000000000000000000000000000000"},
    {"string", "\"a\\u0007b\""},
    {"string", "\"\\u001b[2J\""},
    {"string", "\"\\u007f\""},
};

/* What a caller might like to set. */
static const struct {
    const char *name, *value;
} unasked[] = {
    {"id", "7"},
    {"role", "\"admin\""},
    {"version", "1"},
    {"price", "0"},
    {"status", "\"completed\""},
    {"visit_type", "\"return\""},
    {"patient_id", "2"},
    {"staff_id", "1"},
    {"login_id", "1"},
    {"is_active", "true"},
    {"is_admin", "true"},
    {"password_hash", "\"x\""},
    {"status_reason", "\"x\""},
    {"created_at", "\"1999-01-01T00:00:00Z\""},
    {"updated_at", "\"1999-01-01T00:00:00Z\""},
    {"end_time", "\"2027-03-02T23:45\""},
    {"during", "\"[,)\""},
    {"allowed", "99"},
    {"__proto__", "{\"role\": \"admin\"}"},
    {"constructor", "{}"},
    {"", "1"},
    {"ID", "7"},
    {"name ", "\"x\""},
    {"Role", "\"admin\""},
};

/* The endpoint that is being tried, and how to reach it rightly. */
static struct {
    const struct example *example;
    const char *path, *token, *body;
    struct json_object *fields; /* of the form */
    size_t sent;
} target;

static struct answer send(struct bytes body)
{
    target.sent++;
    return ask(target.example->pool, target.example->method, target.path, target.token, body.text,
               body.length, NULL);
}

static void expect_refused(struct bytes body, int status, const char *code)
{
    expect_problem(text("%s %s with %s", target.example->method, target.path, body.text),
                   send(body), status, code);
}

/* The good body with a member that has that value instead; NULL: without it. */
static struct bytes body_with(const char *name, const char *value)
{
    struct json_object *body = json_tokener_parse(target.body);
    const char *mark = "the value that stands here";
    json_object_object_del(body, name);
    if (value) /* json-c would not write it as it stands */
        json_object_object_add(body, name, json_object_new_string(mark));
    const char *all = json_object_to_json_string_ext(body, JSON_C_TO_STRING_NOSLASHESCAPE);
    const char *quoted = strstr(all, mark);
    if (quoted)
        all = text("%.*s%s%s", (int)(quoted - 1 - all), all, value, quoted + strlen(mark) + 1);
    return (struct bytes){all, strlen(all)};
}

/* One mistake in an otherwise good body: 422, and the only entry in `errors` says so. */
static void expect_mistake(const char *name, const char *value, const char *code)
{
    struct bytes body = body_with(name, value);
    struct answer got = send(body);
    cr_expect(got.status == 422 && strcmp(at(&got, "/code"), "invalid") == 0 &&
                  length_at(&got, "/errors") == 1 &&
                  strcmp(at(&got, "/errors/0/field"), name) == 0 &&
                  strcmp(at(&got, "/errors/0/code"), code) == 0,
              "%s %s with %s: expected %s %s, got %d %s", target.example->method, target.path,
              body.text, name, code, got.status, got.text);
}

static bool asks_for(const char *name)
{
    for (size_t i = 0; i < json_object_array_length(target.fields); i++) {
        struct json_object *field = json_object_array_get_idx(target.fields, i);
        if (strcmp(json_object_get_string(json_object_object_get(field, "name")), name) == 0)
            return true;
    }
    return false;
}

static void spoil_field(struct json_object *field)
{
    const char *name = json_object_get_string(json_object_object_get(field, "name"));
    const char *type = json_object_get_string(json_object_object_get(field, "type"));
    bool null = json_object_get_boolean(json_object_object_get(field, "null"));
    if (json_object_get_boolean(json_object_object_get(field, "required")))
        expect_mistake(name, NULL, "required");
    for (size_t i = 0; i < COUNT(typed); i++)
        if (strcmp(typed[i].type, type) != 0 && !(null && strcmp(typed[i].type, "null") == 0))
            expect_mistake(name, typed[i].value, "wrong_type");
    for (size_t i = 0; i < COUNT(unacceptable); i++)
        if (strcmp(unacceptable[i].type, type) == 0)
            expect_mistake(name, unacceptable[i].value, "not_acceptable");
    const char *twice = text("{\"%s\": 1, \"%s\": 1}", name, name);
    expect_refused((struct bytes){twice, strlen(twice)}, 400, "malformed_json");
}

static void try_endpoint(void)
{
    for (size_t i = 0; i < COUNT(malformed); i++)
        expect_refused(malformed[i], 400, "malformed_json");
    for (size_t i = 0; i < COUNT(no_objects); i++)
        expect_refused(no_objects[i], 422, "invalid");
    for (size_t i = 0; i < json_object_array_length(target.fields); i++)
        spoil_field(json_object_array_get_idx(target.fields, i));
    for (size_t i = 0; i < COUNT(unasked); i++)
        if (!asks_for(unasked[i].name))
            expect_mistake(unasked[i].name, unasked[i].value, "unknown");
}

/* Who may, and a good body, about a thing that is there. */
static void aim(const struct example *example, struct json_object *fields)
{
    target.example = example;
    target.fields = fields;
    target.token = example->pool == PATIENT_POOL ? patient_token(1) : staff_token("admin");
    int number = (int)(example - examples);
    target.path = example_path(example, example_make(example, number, 1));
    target.body = example_fill(example->body, number, 1);
}

Test(bodies, no_bad_body_is_taken_by_any_endpoint_and_each_is_told_what_is_wrong)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct json_object *routes = clinic_routes(pool);
        for (size_t i = 0; i < json_object_array_length(routes); i++) {
            struct json_object *route = json_object_array_get_idx(routes, i), *fields;
            fields = json_object_object_get(route, "body");
            if (json_object_array_length(fields) == 0)
                continue;
            const struct example *example = example_of(pool, route);
            cr_assert(example && example->body, "tests/examples.c has no body for %s",
                      json_object_get_string(route));
            aim(example, fields);
            const char *before = everything();
            try_endpoint();
            cr_expect_str_eq(everything(), before, "%s %s stored something", example->method,
                             example->path);
        }
    }
    cr_expect_gt(target.sent, 500);
}
