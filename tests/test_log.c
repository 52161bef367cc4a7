/* What a worker tells its operator: what it lacks at the start, and one line a request, which
 * finds the request again by its id and never holds personal data. */
#include "clinic.h"

#include <stdio.h>

TestSuite(log, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

Test(log, a_gateways_request_id_is_used)
{
    static const char *const ids[] = {
        "a",
        "7",
        "A-b-9",
        "0123456789abcdef0123456789ABCDEF",
        "0123456789012345678901234567890123456789012345678901234567890123",
    };
    for (size_t i = 0; i < COUNT(ids); i++) {
        const char *const extra[] = {"REQUEST_ID", ids[i], NULL};
        struct answer refused = ask(PATIENT_POOL, "GET", "/nothing", NULL, NULL, 0, extra);
        expect_problem(ids[i], refused, 404, "not_found");
        cr_expect_str_eq(header(&refused, "X-Request-Id"), ids[i]);
    }
}

Test(log, a_dirty_request_id_is_replaced)
{
    static const char *const ids[] = {
        "",
        " ",
        "a b",
        "a\r\nSet-Cookie: x=1",
        "a\n",
        "a\"b",
        "a\\",
        "\xC3\xA9",
        "a_b",
        "../../x",
        "<script>",
        "%s%n",
        "{\"a\"}",
        "a,b",
        "01234567890123456789012345678901234567890123456789012345678901234",
    };
    const char *before = "";
    for (size_t i = 0; i < COUNT(ids); i++) {
        const char *const extra[] = {"REQUEST_ID", ids[i], NULL};
        struct answer refused = ask(PATIENT_POOL, "GET", "/nothing", NULL, NULL, 0, extra);
        expect_problem(ids[i], refused, 404, "not_found");
        const char *id = header(&refused, "X-Request-Id");
        cr_expect(strlen(id) >= 16 && id[strspn(id, "0123456789abcdef-")] == '\0', "%s", id);
        cr_expect_str_neq(id, before, "two requests with one id");
        cr_expect_null(header(&refused, "Set-Cookie"));
        before = id;
    }
}

static const char *log_of(enum pool_name pool)
{
    const char *name = pool == PATIENT_POOL ? "patient-api" : "admin-api";
    FILE *file = fopen(text("%s/%s.log", clinic_directory(), name), "r");
    cr_assert(file);
    char *all = NULL;
    size_t size = 0;
    if (getdelim(&all, &size, '\0', file) < 0)
        all = strdup("");
    fclose(file);
    return all;
}

/* The only line of the log that has this request id, read. */
static struct answer line_of(const char *log, const char *id)
{
    struct answer found = {.text = ""};
    const char *mark = text("\"request_id\":\"%s\"", id);
    const char *place = strstr(log, mark);
    cr_expect(place && !strstr(place + 1, mark), "%s has not one line in\n%s", id, log);
    while (place && place > log && place[-1] != '\n')
        place--;
    if (place)
        found.text = text("%.*s", (int)strcspn(place, "\n"), place);
    found.json = json_tokener_parse(found.text);
    return found;
}

/* Words that stand for what nobody may find in a log. */
static const char *const canaries[] = {
    "01098765432", "9876", "Canary", "memo-canary", "secret-canary", "reason-canary", "eyJ",
};

/* What is asked with them, and the line it leaves. `refused` or good alike. */
static const struct {
    enum pool_name pool;
    const char *method, *path, *body, *route;
    int status;
    const char *code;
} asked[] = {
    {PATIENT_POOL, "POST", "/auth/patient/register",
     "{\"name\": \"Canary\", \"phone\": \"010-9876-5432\", \"password\": \"secret-canary\"}",
     "/auth/patient/register", 201, ""},
    {PATIENT_POOL, "POST", "/auth/patient/register",
     "{\"name\": \"Canary\", \"phone\": \"010-9876-5432\", \"password\": \"secret-canary\"}",
     "/auth/patient/register", 409, "duplicate"},
    {PATIENT_POOL, "POST", "/auth/patient/login",
     "{\"phone\": \"010 9876 5432\", \"password\": \"secret-canary\"}", "/auth/patient/login", 200,
     ""},
    {PATIENT_POOL, "POST", "/auth/patient/login",
     "{\"phone\": \"01098765432\", \"password\": \"other secret-canary\"}", "/auth/patient/login",
     401, "bad_credentials"},
    {PATIENT_POOL, "POST", "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:15\","
     " \"memo\": \"memo-canary\"}",
     "/appointments", 201, ""},
    {PATIENT_POOL, "POST", "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:15\","
     " \"memo\": \"memo-canary\"}",
     "/appointments", 409, "doctor_busy"},
    {PATIENT_POOL, "POST", "/appointments", "{\"Canary\": \"memo-canary\"}", "/appointments", 422,
     "invalid"},
    {PATIENT_POOL, "POST", "/appointments", "Canary memo-canary", "/appointments", 400,
     "malformed_json"},
    {PATIENT_POOL, "GET", "/appointments/1", NULL, "/appointments/{id}", 200, ""},
    {PATIENT_POOL, "GET", "/appointments/98765432", NULL, "/appointments/{id}", 404, "not_found"},
    {PATIENT_POOL, "PATCH", "/appointments/1/cancel", "{\"reason\": \"reason-canary\"}",
     "/appointments/{id}/cancel", 200, ""},
    {PATIENT_POOL, "GET", "/Canary/01098765432", NULL, "", 404, "not_found"},
    {PATIENT_POOL, "Canary", "/doctors", NULL, "", 405, "method_not_allowed"},
    {PATIENT_POOL, "GET", "/doctors?Canary=01098765432", NULL, "/doctors", 400, "bad_request"},
    {ADMIN_POOL, "GET", "/patients?q=Canary", NULL, "/patients", 200, ""},
    {ADMIN_POOL, "GET", "/patients?q=01098765432", NULL, "/patients", 200, ""},
    {ADMIN_POOL, "POST", "/doctors", "{\"name\": \"Canary\", \"department\": \"Canary\"}",
     "/doctors", 201, ""},
};

static void expect_line(const char *log, size_t i)
{
    struct answer line = line_of(log, text("request-%zu", i));
    cr_expect_str_eq(at(&line, "/route"), asked[i].route, "%s", line.text);
    cr_expect_str_eq(at(&line, "/code"), asked[i].code, "%s", line.text);
    cr_expect_eq(number_at(&line, "/status"), asked[i].status, "%s", line.text);
    cr_expect_str_eq(at(&line, "/pool"), asked[i].pool == PATIENT_POOL ? "patient" : "admin");
    cr_expect_str_neq(at(&line, "/time"), "(nothing)", "%s", line.text);
    cr_expect_str_neq(at(&line, "/ms"), "(nothing)", "%s", line.text);
    if (*asked[i].route)
        cr_expect_str_eq(at(&line, "/method"), asked[i].method, "%s", line.text);
}

Test(log, a_request_leaves_one_line_of_json_without_personal_data)
{
    for (size_t i = 0; i < COUNT(asked); i++) {
        const char *const extra[] = {"REQUEST_ID", text("request-%zu", i), NULL};
        const char *token = asked[i].pool == PATIENT_POOL ? patient_token(1) : staff_token("admin");
        struct answer answer = ask(asked[i].pool, asked[i].method, asked[i].path, token,
                                   asked[i].body, asked[i].body ? strlen(asked[i].body) : 0, extra);
        cr_expect_eq(answer.status, asked[i].status, "%s %s: %s", asked[i].method, asked[i].path,
                     answer.text);
    }
    clinic_stop_workers(PATIENT_POOL);
    clinic_stop_workers(ADMIN_POOL);
    for (size_t i = 0; i < COUNT(asked); i++)
        expect_line(log_of(asked[i].pool), i);
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        const char *log = log_of(pool);
        for (size_t i = 0; i < COUNT(canaries); i++)
            cr_expect(!strstr(log, canaries[i]), "%s in\n%s", canaries[i], log);
        for (const char *line = log; *line; line = strchr(line, '\n') + 1) {
            struct json_object *read =
                json_tokener_parse(text("%.*s", (int)strcspn(line, "\n"), line));
            cr_expect(json_object_is_type(read, json_type_object), "no JSON: %.100s", line);
            cr_assert(strchr(line, '\n'), "half a line: %s", line);
        }
    }
}

static void ask_who_i_am(int number, void *shared)
{
    (void)shared;
    const char *const extra[] = {"REQUEST_ID", text("rush-%d-", number), NULL};
    expect_answer(ask(PATIENT_POOL, "GET", "/me", NULL, NULL, 0, extra), 401, "unauthenticated");
}

Test(log, lines_of_many_workers_do_not_mix)
{
    enum { MANY = 64 };
    clinic_start_worker(PATIENT_POOL);
    clinic_start_worker(PATIENT_POOL);
    at_once(MANY, ask_who_i_am, NULL);
    clinic_stop_workers(PATIENT_POOL);
    const char *log = log_of(PATIENT_POOL);
    for (int i = 0; i < MANY; i++) {
        struct answer line = line_of(log, text("rush-%d-", i));
        cr_expect_eq(number_at(&line, "/status"), 401, "%s", line.text);
    }
}

/* What a program writes when it is started from the shell, and how it ends; its standard input is
 * no socket. */
static struct run {
    int status;
    const char *out;
} run(const char *command)
{
    const char *build = getenv("BUILD");
    cr_assert(build);
    FILE *pipe = popen(text("cd %s && exec env -i %s 2>&1 </dev/null", build, command), "r");
    cr_assert(pipe);
    char *out = NULL;
    size_t size = 0;
    if (getdelim(&out, &size, '\0', pipe) < 0)
        out = strdup("");
    return (struct run){pclose(pipe), out};
}

#define GOOD_SETTINGS                                                                              \
    "PATIENT_DATABASE_URL=dbname=x ADMIN_DATABASE_URL=dbname=x"                                    \
    " PATIENT_TOKEN_SECRET=0123456789abcdef0123456789abcdef"                                       \
    " ADMIN_TOKEN_SECRET=fedcba9876543210fedcba9876543210"

TestSuite(start);

Test(start, a_worker_names_all_that_it_lacks)
{
    static const struct {
        const char *command, *named, *not_named;
    } rows[] = {
        {"./patient-api", "PATIENT_DATABASE_URL", "ADMIN_"},
        {"./patient-api", "PATIENT_TOKEN_SECRET", "POSTGRES_PASSWORD"},
        {"./admin-api", "ADMIN_DATABASE_URL", "PATIENT_"},
        {"./admin-api", "ADMIN_TOKEN_SECRET", "CORS_ALLOWED_ORIGINS"},
        {GOOD_SETTINGS " ADMIN_DATABASE_URL= ./admin-api", "ADMIN_DATABASE_URL",
         "ADMIN_TOKEN_SECRET"},
        {GOOD_SETTINGS " PATIENT_TOKEN_SECRET=short ./patient-api", "PATIENT_TOKEN_SECRET",
         "DATABASE_URL"},
        {GOOD_SETTINGS " WORKER_THREADS=0 DATABASE_TIMEOUT_MS=soon ./patient-api", "WORKER_THREADS",
         "DATABASE_URL"},
        {GOOD_SETTINGS " WORKER_THREADS=0 DATABASE_TIMEOUT_MS=soon ./patient-api",
         "DATABASE_TIMEOUT_MS", "PASSWORD_HASHES"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run refused = run(rows[i].command);
        cr_expect_neq(refused.status, 0, "%s", rows[i].command);
        cr_expect(strstr(refused.out, rows[i].named), "%s: %s", rows[i].command, refused.out);
        cr_expect(!strstr(refused.out, rows[i].not_named), "%s: %s", rows[i].command, refused.out);
    }
}

Test(start, a_complaint_does_not_show_the_secret)
{
    struct run refused = run(GOOD_SETTINGS " PATIENT_TOKEN_SECRET=tooshort ./patient-api");
    cr_expect(!strstr(refused.out, "tooshort"), "%s", refused.out);
}

Test(start, a_worker_without_a_listening_socket_says_what_to_do)
{
    static const char *const programs[] = {"./patient-api", "./admin-api"};
    for (size_t i = 0; i < COUNT(programs); i++) {
        struct run refused = run(text("%s %s", GOOD_SETTINGS, programs[i]));
        cr_expect_neq(refused.status, 0);
        cr_expect(strstr(refused.out, "spawn-fcgi"), "%s", refused.out);
    }
}

Test(start, settings_and_routes_can_be_printed_without_any)
{
    static const char *const programs[] = {"./patient-api", "./admin-api"};
    for (size_t i = 0; i < COUNT(programs); i++) {
        struct run settings = run(text("%s --settings", programs[i]));
        cr_expect_eq(settings.status, 0);
        cr_expect(strstr(settings.out, "| `DATABASE_URL` |"), "%s", settings.out);
        struct run routes = run(text("%s --routes", programs[i]));
        cr_expect_eq(routes.status, 0);
        struct json_object *table = json_tokener_parse(routes.out);
        cr_assert(json_object_is_type(table, json_type_array), "%s", routes.out);
        cr_expect_gt(json_object_array_length(table), 10);
        struct run wrong = run(text("%s --help-me", programs[i]));
        cr_expect_neq(wrong.status, 0);
        cr_expect(strstr(wrong.out, "--settings"), "%s", wrong.out);
    }
}
