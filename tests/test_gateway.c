/* Through a real nginx, configured by nginx/render, to real workers. */
#include "gateway.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(gateway, .init = gateway_open, .fini = gateway_close);

Test(gateway, a_patient_books_a_visit)
{
    struct answer login =
        gateway_json("POST", "/api/v1/patient/auth/patient/login", NULL,
                     "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}");
    cr_assert_eq(login.status, 200, "%s", login.text);
    const char *token = at(&login, "/access_token");
    struct answer times = gateway_get("/api/v1/patient/availability/1/availability"
                                      "?date=2027-03-02&treatment_id=2");
    cr_expect_str_eq(at(&times, "/times/0"), "09:00");
    struct answer booked = gateway_json(
        "POST", "/api/v1/patient/appointments", token,
        "{\"doctor_id\": 1, \"treatment_id\": 2, \"start_time\": \"2027-03-02T09:00\"}");
    cr_expect_eq(booked.status, 201, "%s", booked.text);
    const char *bearer[] = {text("Authorization: Bearer %s", token), NULL};
    struct answer seen = gateway_ask("GET", header(&booked, "Location"), bearer, NULL, 0);
    cr_expect_str_eq(seen.text, booked.text);
    struct answer cancelled =
        gateway_ask("PATCH", text("%s/cancel", header(&booked, "Location")), bearer, NULL, 0);
    cr_expect_eq(cancelled.status, 200, "%s", cancelled.text);
    cr_expect_str_eq(at(&cancelled, "/status"), "cancelled");
}

Test(gateway, staff_reach_their_pool)
{
    struct answer login =
        gateway_json("POST", "/api/v1/admin/auth/login", NULL,
                     "{\"email\": \"Admin@Example.com\", \"password\": \"clinic-demo\"}");
    cr_assert_eq(login.status, 200, "%s", login.text);
    struct answer made = gateway_json("POST", "/api/v1/admin/doctors", at(&login, "/access_token"),
                                      "{\"name\": \"Yoon\", \"department\": \"surgery\"}");
    cr_expect_eq(made.status, 201, "%s", made.text);
    struct answer seen = gateway_get("/api/v1/patient/doctors?department=surgery");
    cr_expect_eq(number_at(&seen, "/total"), 2);
}

Test(gateway, every_response_has_one_request_id)
{
    static const char *const paths[] = {"/api/v1/patient/doctors",
                                        "/api/v1/patient/nothing",
                                        "/api/v1/admin/doctors",
                                        "/nothing",
                                        "/health",
                                        "/docs/",
                                        "/openapi.json"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer = gateway_get(paths[i]);
        const char *first = strcasestr(answer.head, "X-Request-Id:");
        cr_expect(first, "%s", paths[i]);
        cr_expect(first && !strcasestr(first + 1, "X-Request-Id:"), "%s: twice", paths[i]);
    }
}

/* One line of that log has the id, and what else it is to say. */
static void expect_in_log(const char *log, const char *id, const char *says)
{
    const char *command = text("grep -F '\"request_id\":\"%s\"' %s/%s | grep -cF '%s' | grep -qx 1",
                               id, clinic_directory(), log, says);
    cr_expect_eq(system(command), 0, "%s: %s of %s", log, says, id);
}

Test(gateway, a_request_is_found_by_its_id_in_both_logs)
{
    static const struct {
        const char *path, *log, *route;
    } rows[] = {
        {"/api/v1/patient/doctors/1", "patient-api.log",
         "\"route\":\"/doctors/{id}\",\"status\":200"},
        {"/api/v1/patient/me", "patient-api.log", "\"route\":\"/me\",\"status\":401"},
        {"/api/v1/patient/nothing", "patient-api.log", "\"route\":\"\",\"status\":404"},
        {"/api/v1/admin/doctors", "admin-api.log", "\"route\":\"/doctors\",\"status\":401"},
    };
    const char *ids[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer = gateway_get(rows[i].path);
        ids[i] = header(&answer, "X-Request-Id");
        cr_assert(ids[i]);
    }
    gateway_stop();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_in_log(rows[i].log, ids[i], rows[i].route);
        expect_in_log("access.log", ids[i], text("\"uri\":\"%s\"", rows[i].path));
    }
}

Test(gateway, what_workers_refuse_passes_untouched)
{
    struct answer answer = gateway_get("/api/v1/patient/doctors?page=0");
    expect_problem("", answer, 400, "bad_request");
    cr_expect_str_eq(at(&answer, "/errors/0/field"), "page");
    expect_problem("me", gateway_get("/api/v1/patient/me"), 401, "unauthenticated");
    expect_problem("", gateway_get("/api/v1/patient/doctors/99"), 404, "not_found");
    expect_problem("", gateway_get("/api/v1/patientx"), 404, "not_found");
    answer = gateway_ask("DELETE", "/api/v1/patient/doctors", NULL, NULL, 0);
    expect_problem("", answer, 405, "method_not_allowed");
    cr_expect_str_eq(header(&answer, "Allow"), "GET, HEAD");
    answer = gateway_ask("OPTIONS", "/api/v1/patient/doctors", NULL, NULL, 0);
    expect_problem("", answer, 405, "method_not_allowed");
}

Test(gateway, a_body_over_64_kib_is_too_large)
{
    enum { LIMIT = 64 * 1024 };
    char *body = calloc(1, LIMIT + 2);
    memset(body, ' ', LIMIT + 1);
    const char *json[] = {"Content-Type: application/json", NULL};
    expect_problem("",
                   gateway_ask("POST", "/api/v1/patient/auth/patient/login", json, body, LIMIT + 1),
                   413, "too_large");
    expect_problem("", gateway_ask("POST", "/api/v1/patient/auth/patient/login", json, body, LIMIT),
                   400, "malformed_json");
}

Test(gateway, its_own_refusals_are_problem_documents)
{
    expect_problem("", gateway_get("/nothing"), 404, "not_found");
    char *path = calloc(1, 20001);
    memset(path, 'x', 20000);
    path[0] = '/';
    expect_problem("", gateway_get(path), 400, "bad_request");
}

Test(gateway, a_pool_that_is_gone_is_named)
{
    clinic_stop_workers(ADMIN_POOL);
    unlink(clinic_socket(ADMIN_POOL));
    struct answer health = gateway_get("/health");
    expect_problem("", health, 503, "unavailable");
    cr_expect(strstr(at(&health, "/detail"), "admin pool"), "%s", health.text);
    struct answer refused = gateway_get("/api/v1/admin/doctors");
    expect_problem("", refused, 503, "unavailable");
    cr_expect(header(&refused, "Retry-After"));
    cr_expect_eq(gateway_get("/api/v1/patient/doctors").status, 200, "the other pool goes on");
}

Test(gateway, a_database_that_is_gone_is_named)
{
    clinic_close_database();
    struct answer health = gateway_get("/health");
    expect_problem("", health, 503, "unavailable");
    cr_expect(strstr(at(&health, "/detail"), "database"), "%s", health.text);
    expect_problem("", gateway_get("/api/v1/patient/doctors"), 503, "unavailable");
    clinic_open_database();
    cr_expect_eq(gateway_get("/api/v1/patient/doctors").status, 200);
    cr_expect_eq(gateway_get("/health").status, 200);
}

Test(gateway, preflights_are_answered_for_allowed_origins)
{
    const char *allowed[] = {"Origin: https://app.example:8443",
                             "Access-Control-Request-Method: PATCH", NULL};
    struct answer answer =
        gateway_ask("OPTIONS", "/api/v1/patient/appointments/1/cancel", allowed, NULL, 0);
    cr_expect_eq(answer.status, 204);
    cr_expect_str_eq(header(&answer, "Access-Control-Allow-Origin"), "https://app.example:8443");
    cr_expect(strstr(header(&answer, "Access-Control-Allow-Methods"), "PATCH"));
    cr_expect(strstr(header(&answer, "Access-Control-Allow-Headers"), "Authorization"));
    cr_expect(strstr(header(&answer, "Access-Control-Allow-Headers"), "If-None-Match"));
    const char *other[] = {"Origin: https://evil.example", "Access-Control-Request-Method: PATCH",
                           NULL};
    answer = gateway_ask("OPTIONS", "/api/v1/patient/appointments/1/cancel", other, NULL, 0);
    cr_expect(!header(&answer, "Access-Control-Allow-Origin"));
    cr_expect(!header(&answer, "Access-Control-Allow-Methods"));
}

Test(gateway, answers_name_the_allowed_origin)
{
    const char *allowed[] = {"Origin: https://clinic.example", NULL};
    struct answer answer = gateway_ask("GET", "/api/v1/patient/me", allowed, NULL, 0);
    cr_expect_eq(answer.status, 401);
    cr_expect_str_eq(header(&answer, "Access-Control-Allow-Origin"), "https://clinic.example");
    cr_expect(strstr(header(&answer, "Access-Control-Expose-Headers"), "ETag"));
    const char *other[] = {"Origin: https://clinic.example.evil.example", NULL};
    answer = gateway_ask("GET", "/api/v1/patient/me", other, NULL, 0);
    cr_expect(!header(&answer, "Access-Control-Allow-Origin"));
}

Test(gateway, what_has_not_changed_is_not_sent_again)
{
    static const char path[] = "/api/v1/patient/availability?treatment_id=1"
                               "&from=2027-03-02&to=2027-03-09";
    struct answer first = gateway_get(path);
    cr_expect_eq(first.status, 200);
    cr_assert(header(&first, "ETag"));
    const char *known[] = {text("If-None-Match: %s", header(&first, "ETag")), NULL};
    struct answer same = gateway_ask("GET", path, known, NULL, 0);
    cr_expect_eq(same.status, 304);
    cr_expect_str_eq(same.text, "");
    cr_expect_str_eq(header(&same, "Cache-Control"), "no-store");
}

Test(gateway, the_docs_are_served_locally)
{
    struct answer page = gateway_get("/docs/");
    cr_expect_eq(page.status, 200);
    cr_expect(strstr(page.text, "swagger-ui-bundle.js"));
    cr_expect(!strstr(page.text, "http://") && !strstr(page.text, "https://"));
    cr_expect_eq(gateway_get("/docs/swagger-ui-bundle.js").status, 200);
    cr_expect_eq(gateway_get("/docs/swagger-ui.css").status, 200);
    cr_expect_eq(gateway_get("/docs").status, 302);
    struct answer document = gateway_get("/openapi.json");
    cr_expect_str_eq(header(&document, "Content-Type"), "application/json");
    cr_expect_str_eq(at(&document, "/openapi"), "3.1.0");
}

Test(gateway, the_access_log_tells_nothing_about_people)
{
    gateway_json("POST", "/api/v1/patient/auth/patient/login?q=canary-query", NULL,
                 "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}");
    gateway_stop();
    struct answer log = {.text = ""};
    FILE *in = fopen(text("%s/access.log", clinic_directory()), "r");
    static char lines[65536];
    lines[fread(lines, 1, sizeof lines - 1, in)] = '\0';
    fclose(in);
    log.text = lines;
    cr_expect(strstr(log.text, "/api/v1/patient/auth/patient/login"));
    cr_expect(!strstr(log.text, "canary") && !strstr(log.text, "1234"));
}

static void run(const char *command)
{
    cr_assert(system(command) == 0, "%s", command);
}

static void *book_at_ten(void *key)
{
    const char *headers[4] = {"Content-Type: application/json",
                              text("Authorization: Bearer %s", patient_token(1)),
                              key ? text("Idempotency-Key: %s", (const char *)key) : NULL};
    const char *body = booking_body(1, 1, "2027-03-02T10:00");
    struct answer *answer = malloc(sizeof *answer);
    *answer = gateway_ask("POST", "/api/v1/patient/appointments", headers, body, strlen(body));
    return answer;
}

/* The answer to a booking whose worker dies while it waits for its slot; another worker is there
 * when all that the dead one had begun has ended. */
static struct answer book_while_the_worker_dies(const char *key)
{
    pthread_t thread;
    void *answer;
    sql("BEGIN");
    sql("SELECT FROM slot_day FOR UPDATE");
    cr_assert(pthread_create(&thread, NULL, book_at_ten, (void *)key) == 0);
    clinic_await_locks(1);
    clinic_kill_workers(PATIENT_POOL);
    sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'hospital'");
    sql("COMMIT");
    clinic_start_worker(PATIENT_POOL);
    pthread_join(thread, &answer);
    return *(struct answer *)answer;
}

Test(gateway, who_sends_a_key_does_not_notice_when_a_worker_dies)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("DATABASE_TIMEOUT_MS", "20000");
    clinic_start_worker(PATIENT_POOL);
    expect_answer(book(2, 2, 1, "2027-03-02T10:00"), 201, ""); /* so that there is a slot to hold */
    expect_problem("without a key", book_while_the_worker_dies(NULL), 503, "unavailable");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
    expect_answer(book_while_the_worker_dies("a-key"), 201, "");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2");
}

/* The shell block of the README, as it stands there but for the port; the clock goes. */
Test(gateway, the_readmes_examples_work_as_pasted)
{
    sql("CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp"
        " LANGUAGE sql STABLE RETURN now() AT TIME ZONE zone");
    const char *output = text("%s/readme.out", clinic_directory());
    int status =
        system(text("sed -n '/^```sh$/,/^```$/p' README.md | grep -v '^```'"
                    " | sed 's/localhost:8000/127.0.0.1:%d/' | bash -euo pipefail >%s 2>&1",
                    gateway_port(), output));
    cr_expect_eq(status, 0, "see what the README's lines say:");
    if (status != 0)
        run(text("cat %s >&2", output));
    cr_expect_str_eq(sql("SELECT string_agg(status::text, ' ') FROM appointment"), "cancelled");
    run(text("grep -q '\"no_show_rate\"' %s", output));
}
