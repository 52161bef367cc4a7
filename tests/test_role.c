/* Roles: every endpoint of both pools, called by everybody; and what is somebody's own. */
#include "clinic.h"

#include <string.h>

TestSuite(role, .init = clinic_open, .fini = clinic_close);

struct endpoint {
    enum pool_name pool;
    const char *method, *path, *role; /* the path without the pool's prefix */
};

static const char *member(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

/* The endpoints of both pools, from the programs' own route tables. */
enum { MOST_ENDPOINTS = 256 };
static size_t read_endpoints(struct endpoint endpoints[MOST_ENDPOINTS])
{
    static const size_t prefixes[] = {sizeof "/api/v1/patient" - 1, sizeof "/api/v1/admin" - 1};
    size_t count = 0;
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct json_object *routes = clinic_routes(pool);
        for (size_t i = 0; i < json_object_array_length(routes); i++) {
            struct json_object *route = json_object_array_get_idx(routes, i);
            cr_assert_lt(count, MOST_ENDPOINTS);
            endpoints[count++] =
                (struct endpoint){pool, member(route, "method"),
                                  member(route, "path") + prefixes[pool], member(route, "role")};
        }
    }
    cr_assert_gt(count, 30);
    return count;
}

/* Calls the endpoint about the thing of that number, with a body that says nothing. */
static struct answer call(const struct endpoint *endpoint, const char *number, const char *token)
{
    const char *path = endpoint->path, *brace = strchr(path, '{');
    if (brace)
        path = text("%.*s%s%s", (int)(brace - path), path, number, strchr(brace, '}') + 1);
    const char *body = strcmp(endpoint->method, "GET") == 0 ? NULL : "{}";
    return ask(endpoint->pool, endpoint->method, path, token, body, body ? 2 : 0, NULL);
}

/* The number of nothing. */
#define NOTHING "999999"

/* The contract's words on who may: the first row that fits. A pattern is the start of a path. */
static const struct {
    enum pool_name pool;
    const char *methods, *pattern, *role;
} contract[] = {
    {PATIENT_POOL, "POST", "/auth/patient/logout", "patient"},
    {PATIENT_POOL, "POST", "/auth/patient/", "anyone"},
    {PATIENT_POOL, "GET PATCH", "/me", "patient"},
    {PATIENT_POOL, "GET", "/doctors", "anyone"},
    {PATIENT_POOL, "GET", "/treatments", "anyone"},
    {PATIENT_POOL, "GET", "/availability", "anyone"},
    {PATIENT_POOL, "GET POST PATCH", "/appointments", "patient"},
    {PATIENT_POOL, "GET", "/health", "anyone"},
    {ADMIN_POOL, "POST", "/auth/logout", "viewer"},
    {ADMIN_POOL, "POST", "/auth/", "anyone"},
    {ADMIN_POOL, "GET", "/health", "anyone"},
    {ADMIN_POOL, "GET POST PATCH", "/patients", "desk"},
    {ADMIN_POOL, "POST PATCH", "/appointments", "desk"},
    {ADMIN_POOL, "GET", "/access-log", "admin"},
    {ADMIN_POOL, "GET", "/", "viewer"},
    {ADMIN_POOL, "POST PUT DELETE", "/", "admin"},
};

Test(role, every_endpoint_has_the_contracts_least_role)
{
    struct endpoint endpoints[MOST_ENDPOINTS];
    size_t count = read_endpoints(endpoints), rows = sizeof contract / sizeof *contract;
    for (size_t i = 0; i < count; i++) {
        const struct endpoint *endpoint = &endpoints[i];
        size_t row = 0;
        while (row < rows &&
               (contract[row].pool != endpoint->pool ||
                !strstr(contract[row].methods, endpoint->method) ||
                strncmp(endpoint->path, contract[row].pattern, strlen(contract[row].pattern)) != 0))
            row++;
        cr_assert_lt(row, rows, "%s %s is not in the contract", endpoint->method, endpoint->path);
        /* "anyone or patient" lets in the same people as "anyone" */
        cr_expect(strncmp(endpoint->role, contract[row].role, strlen(contract[row].role)) == 0,
                  "%s %s: %s, not %s", endpoint->method, endpoint->path, contract[row].role,
                  endpoint->role);
    }
}

enum rank { NOBODY, PATIENT, VIEWER, DESK, ADMIN, RANKS };
static const char *const rank_names[RANKS] = {"nobody", "patient", "viewer", "desk", "admin"};

static enum pool_name pool_of(enum rank rank)
{
    return rank == PATIENT ? PATIENT_POOL : ADMIN_POOL;
}

/* 401, 403, or 0: neither. */
static int refusal_of(const struct endpoint *endpoint, enum rank caller)
{
    if (strcmp(endpoint->role, "anyone") == 0)
        return 0;
    bool known = caller != NOBODY && pool_of(caller) == endpoint->pool;
    if (strcmp(endpoint->role, "anyone or patient") == 0)
        return caller == NOBODY || known ? 0 : 401;
    if (!known)
        return 401;
    enum rank needed = NOBODY;
    while (needed < RANKS && strcmp(rank_names[needed], endpoint->role) != 0)
        needed++;
    cr_assert(needed != NOBODY && needed < RANKS, "what is the role %s?", endpoint->role);
    return caller < needed ? 403 : 0;
}

Test(role, every_endpoint_lets_in_whom_its_role_says_and_nobody_else, .timeout = 120)
{
    struct endpoint endpoints[MOST_ENDPOINTS];
    size_t count = read_endpoints(endpoints);
    const char *tokens[RANKS] = {NULL, patient_token(1), staff_token("viewer"), staff_token("desk"),
                                 staff_token("admin")};
    for (size_t i = 0; i < count; i++) {
        for (enum rank caller = NOBODY; caller < RANKS; caller++) {
            struct answer got = call(&endpoints[i], NOTHING, tokens[caller]);
            int expected = refusal_of(&endpoints[i], caller);
            const char *code = expected == 401 ? "unauthenticated" : "forbidden";
            bool refused = got.status == 401 || got.status == 403;
            cr_expect(expected ? got.status == expected && !strcmp(at(&got, "/code"), code)
                               : !refused && got.status < 500,
                      "%s %s by %s, for %s: expected %d, got %d %s", endpoints[i].method,
                      endpoints[i].path, rank_names[caller], endpoints[i].role, expected,
                      got.status, got.text);
            if (expected == 401)
                cr_expect_str_eq(header(&got, "WWW-Authenticate"), "Bearer");
        }
    }
}

Test(role, what_is_no_token_lets_nobody_in)
{
    struct endpoint endpoints[MOST_ENDPOINTS];
    size_t count = read_endpoints(endpoints);
    const char *admin = staff_token("admin");
    const char *const tokens[] = {"",
                                  "null",
                                  "a.b.c",
                                  text("%.*s", (int)strlen(admin) - 1, admin),
                                  text("%s %s", admin, admin),
                                  strchr(admin, '.') + 1};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof tokens / sizeof *tokens; k++)
            if (strcmp(endpoints[i].role, "anyone") != 0)
                expect_answer(call(&endpoints[i], NOTHING, tokens[k]), 401, "unauthenticated");
}

/* A digest of all that the tables hold. */
static const char *everything(void)
{
    const char *all = sql("SELECT string_agg(format('SELECT t::text FROM %%I t', tablename),"
                          "                  ' UNION ALL ')"
                          "  FROM pg_tables WHERE schemaname = 'public'");
    return sql("SELECT md5(string_agg(line, '' ORDER BY line)) FROM (%s) AS every (line)", all);
}

Test(role, whoever_is_refused_changes_nothing)
{
    static const struct {
        const char *method, *path, *body, *least;
    } rows[] = {
        {"POST", "/doctors", "{\"name\": \"A\", \"department\": \"b\"}", "admin"},
        {"PUT", "/doctors/1", "{\"name\": \"A\", \"department\": \"b\"}", "admin"},
        {"DELETE", "/doctors/2", NULL, "admin"},
        {"POST", "/treatments", "{\"name\": \"A\", \"duration_minutes\": 30, \"price\": 1}",
         "admin"},
        {"PUT", "/treatments/1", "{\"name\": \"B\", \"duration_minutes\": 30, \"price\": 1}",
         "admin"},
        {"DELETE", "/treatments/2", NULL, "admin"},
        {"POST", "/hospital-slots",
         "{\"start_time\": \"08:00\", \"end_time\": \"08:30\", \"max_capacity\": 1}", "admin"},
        {"PUT", "/hospital-slots/19",
         "{\"start_time\": \"08:30\", \"end_time\": \"09:00\", \"max_capacity\": 1}", "admin"},
        {"DELETE", "/hospital-slots/18", NULL, "admin"},
        {"PATCH", "/appointments/1/status", "{\"status\": \"confirmed\"}", "desk"},
        {"PATCH", "/appointments/1", "{\"start_time\": \"2027-03-02T11:00\"}", "desk"},
        {"POST", "/appointments",
         "{\"patient_id\": 2, \"doctor_id\": 3, \"treatment_id\": 1,"
         " \"start_time\": \"2027-03-02T14:00\"}",
         "desk"},
        {"POST", "/patients", "{\"name\": \"A\", \"phone\": \"01077778888\"}", "desk"},
        {"PATCH", "/patients/2", "{\"name\": \"B\"}", "desk"},
        {"POST", "/closures", "{\"from\": \"2027-03-08\", \"to\": \"2027-03-08\"}", "admin"},
        {"DELETE", "/closures/1", NULL, "admin"},
        {"POST", "/staff",
         "{\"name\": \"A\", \"email\": \"a@example.com\", \"role\": \"admin\","
         " \"password\": \"correct horse\"}",
         "admin"},
        {"PUT", "/staff/2", "{\"name\": \"A\", \"email\": \"b@example.com\", \"role\": \"admin\"}",
         "admin"},
        {"DELETE", "/staff/3", NULL, "admin"},
        {"PUT", "/hospital",
         "{\"name\": \"A\", \"time_zone\": \"Asia/Tokyo\", \"opens_at\": \"09:00\","
         " \"closes_at\": \"18:00\", \"lunch_start\": \"12:00\", \"lunch_end\": \"13:00\","
         " \"min_notice_minutes\": 0, \"max_days_ahead\": 180, \"cancel_notice_minutes\": 0}",
         "admin"},
    };
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    const char *before = everything();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *body = rows[i].body;
        expect_answer(admin_api(rows[i].method, rows[i].path, NULL, body), 401, "");
        expect_answer(admin_api(rows[i].method, rows[i].path, patient_token(1), body), 401, "");
        expect_answer(admin_api(rows[i].method, rows[i].path, staff_token("viewer"), body), 403,
                      "forbidden");
        if (strcmp(rows[i].least, "admin") == 0)
            expect_answer(admin_api(rows[i].method, rows[i].path, staff_token("desk"), body), 403,
                          "forbidden");
    }
    expect_answer(patient_api("PATCH", "/appointments/1/cancel", NULL, NULL), 401, "");
    expect_answer(patient_api("PATCH", "/appointments/1/cancel", staff_token("admin"), NULL), 401,
                  "");
    cr_expect_str_eq(everything(), before);

    /* whom the role lets in, the same requests serve, each with its effect */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer done =
            admin_api(rows[i].method, rows[i].path, staff_token(rows[i].least), rows[i].body);
        cr_expect(done.status / 100 == 2, "%s %s: %s", rows[i].method, rows[i].path, done.text);
        const char *after = everything();
        cr_expect_str_neq(after, before, "%s %s had no effect", rows[i].method, rows[i].path);
        before = after;
    }
}

Test(role, another_patients_appointment_is_as_if_it_were_not_there)
{
    struct endpoint endpoints[MOST_ENDPOINTS];
    size_t count = read_endpoints(endpoints), tried = 0;
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    const char *before = everything();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(endpoints[i].role, "patient") != 0 || !strchr(endpoints[i].path, '{'))
            continue;
        struct answer others = call(&endpoints[i], "1", patient_token(2));
        struct answer nobodys = call(&endpoints[i], NOTHING, patient_token(2));
        expect_answer(others, 404, "not_found");
        json_object_object_del(others.json, "request_id");
        json_object_object_del(nobodys.json, "request_id");
        cr_expect(json_object_equal(others.json, nobodys.json), "%s, %s", others.text,
                  nobodys.text);
        tried++;
    }
    cr_expect_geq(tried, 2);
    cr_expect_str_eq(everything(), before);
    expect_answer(patient_api("GET", "/appointments/1", patient_token(1), NULL), 200, "");
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
