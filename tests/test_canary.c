/*
 * Canaries: a patient's and a colleague's name, number, password and words are driven through every
 * flow and every kind of failure, and must be in no log of worker, gateway or PostgreSQL, in no
 * answer that refuses something, and in no header.
 */
#include "gateway.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(canary, .init = gateway_open, .fini = gateway_close, .timeout = 120);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))
#define PATIENTS     "/api/v1/patient"
#define STAFFS       "/api/v1/admin"

#define NAME  "Kanarienvogel"
#define PHONE "01031415926"

/* None may be found anywhere, nor may a token, all of which begin like the last. */
static const char *const canaries[] = {
    "anarienvogel",      "31415926",          "3141-5926",
    "secret-of-kanarie", "memo-of-kanarie",   "reason-of",
    "kanarie.staff",     "search-of-kanarie", "eyJ",
};

/* A path is logged; it holds ids, and never a word of anybody's. */
enum who { NOBODY, PATIENT, DESK, ADMIN };

static const struct step {
    enum who who;
    const char *method, *path, *body;
    int status;
    int in_outage; /* the status while there is no database; 0: is not asked */
} steps[] = {
    {NOBODY, "POST", PATIENTS "/auth/patient/register",
     "{\"name\": \"" NAME "\", \"phone\": \"010-3141-5926\", \"password\": \"secret-of-kanarie\"}",
     201, 503},
    {NOBODY, "POST", PATIENTS "/auth/patient/register",
     "{\"name\": \"" NAME "\", \"phone\": \"" PHONE "\", \"password\": \"secret-of-kanarie\"}", 409,
     503},
    {NOBODY, "POST", PATIENTS "/auth/patient/login",
     "{\"phone\": \"" PHONE "\", \"password\": \"secret-of-kanarie\"}", 200, 503},
    {NOBODY, "POST", PATIENTS "/auth/patient/login",
     "{\"phone\": \"" PHONE "\", \"password\": \"not secret-of-kanarie\"}", 401, 503},
    {NOBODY, "POST", PATIENTS "/auth/patient/refresh", "{\"refresh_token\": \"secret-of-kanarie\"}",
     401, 503},
    {NOBODY, "POST", PATIENTS "/auth/patient/register",
     "{\"name\": \"" NAME "\\u0007\", \"phone\": \"" PHONE "x\", \"password\": 5}", 422, 422},
    {PATIENT, "PATCH", PATIENTS "/me", "{\"name\": \"" NAME " 2\"}", 200, 503},
    {PATIENT, "PATCH", PATIENTS "/me", "{\"phone\": \"01012345678\"}", 200, 503},
    {PATIENT, "PATCH", PATIENTS "/me", "{\"phone\": \"" PHONE "\"}", 409, 503},
    {PATIENT, "PATCH", PATIENTS "/me",
     "{\"password\": \"secret-of-kanarie\", \"current_password\": \"secret-of-kanarie\"}", 422,
     503},
    {PATIENT, "POST", PATIENTS "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:15\","
     " \"memo\": \"memo-of-kanarie\"}",
     201, 503},
    {PATIENT, "POST", PATIENTS "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:15\","
     " \"memo\": \"memo-of-kanarie\"}",
     409, 503},
    {PATIENT, "POST", PATIENTS "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T12:15\","
     " \"memo\": \"memo-of-kanarie\"}",
     422, 503},
    {PATIENT, "POST", PATIENTS "/appointments",
     "{\"doctor_id\": \"memo-of-kanarie\", \"start_time\": \"memo-of-kanarie\"}", 422, 422},
    {PATIENT, "POST", PATIENTS "/appointments", "{\"memo\": \"memo-of-kanarie", 400, 400},
    {PATIENT, "POST", PATIENTS "/appointments?q=search-of-kanarie", "memo-of-kanarie", 400, 400},
    {PATIENT, "GET", PATIENTS "/appointments", NULL, 200, 503},
    {PATIENT, "GET", PATIENTS "/doctors?department=search-of-kanarie", NULL, 200, 503},
    {PATIENT, "GET", PATIENTS "/doctors?page=search-of-kanarie", NULL, 400, 400},
    {PATIENT, "PATCH", PATIENTS "/appointments/1",
     "{\"start_time\": \"2027-03-02T11:00\", \"memo\": \"memo-of-kanarie\"}", 200, 503},
    {PATIENT, "PATCH", PATIENTS "/appointments/1/cancel", "{\"reason\": \"reason-of-kanarie\"}",
     200, 503},
    {NOBODY, "GET", PATIENTS "/me?q=search-of-kanarie", NULL, 401, 401},
    {NOBODY, "DELETE", PATIENTS "/me?q=search-of-kanarie", NULL, 405, 405},
    {NOBODY, "GET", PATIENTS "/none?q=search-of-kanarie", NULL, 404, 404},

    {DESK, "GET", STAFFS "/patients?q=" NAME, NULL, 200, 503},
    {DESK, "GET", STAFFS "/patients?q=" PHONE, NULL, 200, 503},
    {DESK, "GET", STAFFS "/patients?q=%ff" NAME, NULL, 400, 503},
    {DESK, "GET", STAFFS "/patients?q=" NAME "&q=" NAME, NULL, 400, 503},
    {DESK, "POST", STAFFS "/patients",
     "{\"name\": \"" NAME "\", \"phone\": \"01031415926\", \"password\": \"secret-of-kanarie\"}",
     409, 503},
    {DESK, "PATCH", STAFFS "/patients/3", "{\"name\": \"" NAME " 3\"}", 200, 503},
    {DESK, "GET", STAFFS "/staff?q=" NAME, NULL, 400, 503},
    {ADMIN, "POST", STAFFS "/staff",
     "{\"name\": \"" NAME "\", \"email\": \"kanarie.staff@example.com\", \"role\": \"desk\","
     " \"password\": \"secret-of-kanarie\"}",
     201, 503},
    {ADMIN, "POST", STAFFS "/staff",
     "{\"name\": \"" NAME "\", \"email\": \"kanarie.staff@example.com\", \"role\": \"desk\","
     " \"password\": \"secret-of-kanarie\"}",
     409, 503},
    {NOBODY, "POST", STAFFS "/auth/login",
     "{\"email\": \"kanarie.staff@example.com\", \"password\": \"secret-of-kanarie\"}", 200, 503},
    {NOBODY, "POST", STAFFS "/auth/login",
     "{\"email\": \"kanarie.staff@example.com\", \"password\": \"x secret-of-kanarie\"}", 401, 503},
    {DESK, "POST", STAFFS "/closures",
     "{\"from\": \"2027-03-02\", \"to\": \"2027-03-02\", \"reason\": \"reason-of-kanarie\"}", 403,
     503},
    {ADMIN, "PUT", STAFFS "/hospital", "{\"name\": \"" NAME "\"}", 422, 503},
    {DESK, "POST", STAFFS "/appointments",
     "{\"patient_id\": 31415926, \"doctor_id\": 1, \"treatment_id\": 1,"
     " \"start_time\": \"2027-03-02T14:00\", \"memo\": \"memo-of-kanarie\"}",
     422, 503},
    {NOBODY, "GET", "/docs?q=search-of-kanarie", NULL, 302, 302},
    {NOBODY, "GET", "/?q=search-of-kanarie", NULL, 200, 200},
    {NOBODY, "GET", "/admin/?q=search-of-kanarie", NULL, 200, 200},
    {NOBODY, "GET", "/none/search?q=search-of-kanarie", NULL, 404, 404},
    {NOBODY, "GET", "/health?q=search-of-kanarie", NULL, 200, 503},
};

static const char *token_of(enum who who)
{
    return who == NOBODY    ? NULL
           : who == PATIENT ? patient_token(1)
                            : staff_token(who == DESK ? "desk" : "admin");
}

/* The answer with an Idempotency-Key, unless `key` is NULL. */
static struct answer take(const struct step *step, const char *key)
{
    const char *headers[4] = {NULL}, *token = token_of(step->who);
    int count = 0;
    if (step->body)
        headers[count++] = "Content-Type: application/json";
    if (token)
        headers[count++] = text("Authorization: Bearer %s", token);
    if (key)
        headers[count] = text("Idempotency-Key: %s", key);
    return gateway_ask(step->method, step->path, headers, step->body,
                       step->body ? strlen(step->body) : 0);
}

/* A refusal repeats nothing, and no header of any answer holds anything. */
static void expect_clean(const struct step *step, const struct answer *got)
{
    for (size_t i = 0; i < COUNT(canaries); i++) {
        cr_expect(!strstr(got->head, canaries[i]), "%s %s: %s", step->method, step->path,
                  got->head);
        cr_expect(got->status < 400 || !strstr(got->text, canaries[i]), "%s %s: %s", step->method,
                  step->path, got->text);
    }
}

static void take_all(bool outage, const char *key)
{
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct answer got = take(&steps[i], key ? text("%s-%zu", key, i) : NULL);
        int expected = outage ? steps[i].in_outage : steps[i].status;
        cr_expect(got.status == expected, "%s %s %s: expected %d, got %d %s", steps[i].method,
                  steps[i].path, steps[i].body, expected, got.status, got.text);
        expect_clean(&steps[i], &got);
    }
}

/* Each step again under its key: answered again, or refused as the first time. */
static void replay_all(const char *key)
{
    size_t replayed = 0;
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct answer got = take(&steps[i], text("%s-%zu", key, i));
        replayed += header(&got, "Idempotent-Replayed") != NULL;
        expect_clean(&steps[i], &got);
    }
    cr_expect_gt(replayed, 10);
}

static const struct step search = {DESK, "GET", STAFFS "/patients?q=search-of-kanarie", NULL, 0, 0};

static void *ask_search(void *unused)
{
    struct answer got = take(&search, NULL);
    expect_clean(&search, &got);
    return unused;
}

/* The worker dies while it searches, and nginx is left with half an answer. The next one is started
 * here, since a worker ends with the thread that has started it. */
static void break_off_a_search(void)
{
    pthread_t asker;
    sql("BEGIN");
    sql("LOCK TABLE patient IN ACCESS EXCLUSIVE MODE");
    cr_assert(pthread_create(&asker, NULL, ask_search, NULL) == 0);
    clinic_await_locks(1);
    clinic_kill_workers(ADMIN_POOL);
    sql("ROLLBACK");
    clinic_start_worker(ADMIN_POOL);
    pthread_join(asker, NULL);
}

/* PostgreSQL fails in ways that no constraint's name explains. */
static void fail_in_the_database(void)
{
    static const struct step registration = {
        NOBODY,
        "POST",
        PATIENTS "/auth/patient/register",
        "{\"name\": \"" NAME "\", \"phone\": \"01031415999\", \"password\": \"secret-of-kanarie\"}",
        500,
        0};
    sql("ALTER TABLE patient RENAME COLUMN name TO called");
    struct answer got = take(&registration, NULL);
    cr_expect_eq(got.status, 500, "%s", got.text);
    expect_clean(&registration, &got);
    got = take(&search, NULL);
    cr_expect_eq(got.status, 500, "%s", got.text);
    expect_clean(&search, &got);
    sql("ALTER TABLE patient RENAME COLUMN called TO name");
}

/* What nginx itself refuses or complains of, and a pool that is not there. */
static void trouble_the_gateway(void)
{
    static const char head[] = "GET " STAFFS "/patients?q=search-of-kanarie HTTP/1.1\r\n";
    static const char *const raw[] = {
        "GET " STAFFS "/patients?q=search-of-kanarie HTTP/9.9\r\n\r\n",
        "GET " STAFFS "/patients?q=search-of-kanarie\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        head, /* and gone */
    };
    for (size_t i = 0; i < COUNT(raw); i++) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)gateway_port()),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int client = socket(AF_INET, SOCK_STREAM, 0);
        cr_assert(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
        cr_expect_eq(send(client, raw[i], strlen(raw[i]), 0), (ssize_t)strlen(raw[i]));
        shutdown(client, SHUT_WR);
        char answer[4096];
        while (recv(client, answer, sizeof answer, 0) > 0)
            ;
        close(client);
    }
    const char *large = text("%0*d", 70000, 0);
    struct step step = {DESK, "POST", STAFFS "/patients?q=search-of-kanarie", large, 413, 0};
    expect_answer(take(&step, NULL), 413, "too_large");
    step = (struct step){NOBODY, "GET", text("/none?q=search-of-kanarie%09000d", 0), NULL, 400, 0};
    expect_answer(take(&step, NULL), 400, "bad_request");
    clinic_kill_workers(ADMIN_POOL); /* or nginx would ask over a connection that it has kept */
    unlink(clinic_socket(ADMIN_POOL));
    expect_answer(take(&search, NULL), 503, "unavailable");
}

/* What the pools count says nothing about anybody. */
static void expect_clean_metrics(void)
{
    static const struct step pages[] = {{NOBODY, "GET", "/metrics/patient", NULL, 200, 0},
                                        {NOBODY, "GET", "/metrics/admin", NULL, 200, 0}};
    int port = gateway_port();
    gateway_at(gateway_metrics_port());
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct answer got = take(&pages[i], NULL);
        cr_expect_eq(got.status, 200, "%s", got.text);
        for (size_t k = 0; k < COUNT(canaries); k++)
            cr_expect(!strstr(got.text, canaries[k]), "%s in %s", canaries[k], pages[i].path);
    }
    gateway_at(port);
}

/* Nowhere in the directory of sockets and logs, nor in PostgreSQL's log. */
static void expect_no_trace(void)
{
    const char *postgres = text("%s/postgres/postgres.log", getenv("TEST_DIR"));
    for (size_t i = 0; i < COUNT(canaries); i++)
        cr_expect_neq(system(text("grep -r -D skip -F -m 3 -e '%s' %s %s >&2", canaries[i],
                                  clinic_directory(), postgres)),
                      0, "there is %s in a log", canaries[i]);
}

/* Else there would be nothing to be found. */
static void expect_logs(void)
{
    static const char *const lines[][2] = {
        {"patient-api.log", "\"code\":\"duplicate\""},
        {"patient-api.log", "\"code\":\"unavailable\""},
        {"patient-api.log", "\"code\":\"internal_error\""},
        {"admin-api.log", "\"route\":\"/patients\""},
        {"access.log", "\"uri\":\"/api/v1/admin/patients\",\"status\":503"},
        {"../postgres/postgres.log", "patient_phone_once"},
        {"../postgres/postgres.log", "column \"name\" of relation \"patient\""},
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        cr_expect_eq(
            system(text("grep -q -F -e '%s' %s/%s", lines[i][1], clinic_directory(), lines[i][0])),
            0, "%s has no %s", lines[i][0], lines[i][1]);
}

Test(canary, personal_data_are_in_no_log_no_refusal_and_no_header)
{
    take_all(false, "a-key");
    replay_all("a-key");
    clinic_close_database();
    take_all(true, NULL);
    clinic_open_database();
    fail_in_the_database();
    break_off_a_search();
    expect_clean_metrics();
    trouble_the_gateway();
    gateway_stop();
    clinic_stop_workers(PATIENT_POOL);
    expect_logs();
    expect_no_trace();
}
