/*
 * Roles: every endpoint of both pools, called by everybody, about what is theirs, another's and
 * nobody's. The cells come from the programs' own route tables, so an endpoint that is new fails
 * here until tests/examples.c says who may call it, and how.
 */
#include "examples.h"

#include <string.h>

TestSuite(role, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* Two who have left: 4 was desk, 5 admin. There is a day for each example. */
static void open_and_dismiss(void)
{
    clinic_open();
    sql("UPDATE hospital SET max_days_ahead = 3660");
    sql("INSERT INTO staff (name, email, role, password_hash, is_active)"
        " SELECT 'Left', left_as || '-left@example.com', left_as::staff_role, password_hash, false"
        "   FROM staff, unnest('{desk,admin}'::text[]) WITH ORDINALITY AS l (left_as, place)"
        "  WHERE id = 1 ORDER BY place");
}

TestSuite(matrix, .init = open_and_dismiss, .fini = clinic_close_alive, .timeout = 120);

enum { HOUR = 3600 };

/*
 * Who calls. Access tokens are not looked up, so whoever has left may use theirs until it expires,
 * after ACCESS_TOKEN_MINUTES; they get no other. Each token is shown to both pools.
 */
static const struct caller_row {
    const char *name;
    enum pool_name pool;
    const char *role; /* NULL: no token */
    int person, seconds;
} callers[] = {
    {"nobody", PATIENT_POOL, NULL, 0, 0},
    {"patient 1", PATIENT_POOL, "patient", 1, HOUR},
    {"patient 2", PATIENT_POOL, "patient", 2, HOUR},
    {"patient 1, expired", PATIENT_POOL, "patient", 1, -1},
    {"viewer", ADMIN_POOL, "viewer", 3, HOUR},
    {"desk", ADMIN_POOL, "desk", 2, HOUR},
    {"admin", ADMIN_POOL, "admin", 1, HOUR},
    {"desk, dismissed", ADMIN_POOL, "desk", 4, HOUR},
    {"admin, dismissed", ADMIN_POOL, "admin", 5, HOUR},
    {"admin, expired", ADMIN_POOL, "admin", 1, -1},
};

/* Whose the thing is that the path names: one of two patients', or nobody's, for there is none. */
enum owner { PATIENT_1 = 1, PATIENT_2 = 2, NOBODYS = 3 };
#define NOTHING "999999"

static int rank(const char *role)
{
    static const char *const ranks[] = {"patient", "viewer", "desk", "admin"};
    for (int i = 0; i < (int)COUNT(ranks); i++)
        if (strcmp(ranks[i], role) == 0)
            return i;
    cr_assert_fail("what is the role %s?", role);
    return 0;
}

/* What the caller must get for being who they are; 0: nothing stands in their way. */
static int refusal_of(const struct example *example, const struct caller_row *caller)
{
    if (strcmp(example->role, "anyone") == 0)
        return 0;
    if (strcmp(example->role, "anyone or patient") == 0 && !caller->role)
        return 0;
    if (!caller->role || caller->seconds < 0 || caller->pool != example->pool)
        return 401;
    if (example->pool == PATIENT_POOL)
        return 0;
    return rank(caller->role) < rank(example->role) ? 403 : 0;
}

/* Which things are somebody's own. */
static bool is_owned(const struct example *example)
{
    return example->pool == PATIENT_POOL && strncmp(example->path, "/appointments/", 14) == 0;
}

static int expected_of(const struct example *example, const struct caller_row *caller,
                       enum owner owner)
{
    int refusal = refusal_of(example, caller);
    if (refusal)
        return refusal;
    if (owner == NOBODYS || (is_owned(example) && (int)owner != caller->person))
        return 404;
    return example->success;
}

/* Another number for each thing and body. */
static int number;

static struct answer ask_cell(const struct example *example, const struct caller_row *caller,
                              const char *id)
{
    const char *token =
        caller->role ? clinic_token(caller->pool, caller->role, caller->person, caller->seconds)
                     : NULL;
    const char *body = example->body ? example_fill(example->body, number, caller->person) : NULL;
    return ask(example->pool, example->method, example_path(example, id), token, body,
               body ? strlen(body) : 0, NULL);
}

static struct answer expect_cell(const struct example *example, const struct caller_row *caller,
                                 enum owner owner, const char *id)
{
    int expected = expected_of(example, caller, owner);
    struct answer got = ask_cell(example, caller, id);
    const char *code = expected == 401 && refusal_of(example, caller) ? "unauthenticated"
                       : expected == 403                              ? "forbidden"
                       : expected == 404                              ? "not_found"
                                                                      : "";
    cr_expect(got.status == expected && (!*code || strcmp(at(&got, "/code"), code) == 0),
              "%s %s by %s, thing of %d: expected %d %s, got %d %s", example->method, example->path,
              caller->name, (int)owner, expected, code, got.status, got.text);
    if (got.status == 401)
        cr_expect_str_eq(header(&got, "WWW-Authenticate"), "Bearer");
    if (got.json)
        json_object_object_del(got.json, "request_id");
    return got;
}

/* Without a number in the path there is one cell a caller, and else three. */
static enum owner last_owner(const struct example *example)
{
    return strchr(example->path, '{') ? NOBODYS : PATIENT_1;
}

/* All that must be refused, which changes nothing; and another's looks like nobody's. */
static void expect_refusals(const struct example *example)
{
    const char *ids[] = {"", NULL, NULL, NOTHING};
    for (enum owner owner = PATIENT_1; owner <= PATIENT_2; owner++)
        ids[owner] = example_make(example, ++number, (int)owner);
    const char *before = everything();
    for (size_t c = 0; c < COUNT(callers); c++) {
        struct json_object *first = NULL;
        for (enum owner owner = PATIENT_1; owner <= last_owner(example); owner++) {
            if (expected_of(example, &callers[c], owner) < 400)
                continue;
            struct answer got = expect_cell(example, &callers[c], owner, ids[owner]);
            cr_expect(!first || json_object_equal(first, got.json),
                      "%s %s tells %s whose it is: %s", example->method, example->path,
                      callers[c].name, got.text);
            first = got.json;
        }
    }
    cr_expect_str_eq(everything(), before, "%s %s was refused, and changed something",
                     example->method, example->path);
}

/* What changes nothing though it succeeds: there is no such login to be ended. */
static bool has_effect(const struct example *example)
{
    return strcmp(example->method, "GET") != 0 && !strstr(example->path, "/logout");
}

/* All that must be done, each about a thing of its own. */
static void expect_successes(const struct example *example)
{
    for (size_t c = 0; c < COUNT(callers); c++)
        for (enum owner owner = PATIENT_1; owner <= last_owner(example); owner++) {
            if (expected_of(example, &callers[c], owner) >= 400)
                continue;
            const char *id = example_make(example, ++number, (int)owner), *before = everything();
            expect_cell(example, &callers[c], owner, id);
            cr_expect(!has_effect(example) || strcmp(everything(), before) != 0,
                      "%s %s by %s had no effect", example->method, example->path, callers[c].name);
        }
}

static size_t count_examples(void)
{
    size_t count = 0;
    while (examples[count].method)
        count++;
    return count;
}

Test(matrix, every_caller_gets_of_every_endpoint_what_is_theirs_and_nothing_else)
{
    size_t count = 0;
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct json_object *routes = clinic_routes(pool);
        for (size_t i = 0; i < json_object_array_length(routes); i++, count++) {
            struct json_object *route = json_object_array_get_idx(routes, i);
            const struct example *example = example_of(pool, route);
            cr_assert(example, "say in tests/examples.c who may %s", json_object_get_string(route));
            const char *role = json_object_get_string(json_object_object_get(route, "role"));
            cr_expect_str_eq(role, example->role, "%s %s: %s, not %s", example->method,
                             example->path, example->role, role);
            expect_refusals(example);
            expect_successes(example);
        }
    }
    cr_expect_eq(count, count_examples(), "an example is of no endpoint");
}

Test(matrix, whoever_has_left_gets_no_other_token)
{
    static const char *const emails[] = {"desk-left@example.com", "admin-left@example.com"};
    for (size_t i = 0; i < COUNT(emails); i++)
        expect_answer(
            admin_api("POST", "/auth/login", NULL,
                      text("{\"email\": \"%s\", \"password\": \"clinic-demo\"}", emails[i])),
            401, "bad_credentials");
}

Test(role, patients_list_their_own_appointments_only)
{
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    expect_answer(book(2, 2, 1, "2027-03-02T11:00"), 201, "");
    for (int patient = 1; patient <= 3; patient++) {
        struct answer list = patient_api("GET", "/appointments", patient_token(patient), NULL);
        expect_answer(list, 200, "");
        cr_expect_eq(number_at(&list, "/total"), patient < 3);
        cr_expect_eq(length_at(&list, "/items"), patient < 3);
        if (patient < 3)
            cr_expect_eq(number_at(&list, "/items/0/patient/id"), patient);
    }
    expect_answer(patient_api("GET", "/appointments?patient_id=1", patient_token(2), NULL), 400,
                  "bad_request");
    struct answer all = admin_api("GET", "/appointments", staff_token("viewer"), NULL);
    cr_expect_eq(number_at(&all, "/total"), 2);
}
