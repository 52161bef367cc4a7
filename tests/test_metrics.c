/*
 * What the pools count, as Prometheus reads it: as much as clients have seen, whichever process is
 * asked, and however processes end; told to nobody outside, and nothing about anybody.
 */
#include "gateway.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fastcgi.h"

TestSuite(metrics, .init = clinic_open, .fini = clinic_close, .timeout = 60);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* What the gateway asks for. */
static const char *const inside[] = {"DOCUMENT_URI", "/metrics", NULL};

static struct answer scrape(enum pool_name pool)
{
    struct answer page = ask(pool, "GET", "/metrics", NULL, NULL, 0, inside);
    cr_assert_eq(page.status, 200, "%s", page.text);
    return page;
}

/* What stands behind a name with its labels but for the pool's, such as
 * `requests_total,status="200"` of the patient pool; -1: nothing. */
static long read_number(const struct answer *page, enum pool_name pool, const char *series)
{
    int name = (int)strcspn(series, ",");
    const char *line =
        strstr(page->text, text("\nhospital_%.*s{pool=\"%s\"%s} ", name, series,
                                pool == PATIENT_POOL ? "patient" : "admin", series + name));
    return line ? strtol(strchr(line, '}') + strcspn(strchr(line, '}'), " "), NULL, 10) : -1;
}

static long patients(const char *series)
{
    struct answer page = scrape(PATIENT_POOL);
    return read_number(&page, PATIENT_POOL, series);
}

#define expect_patients(SERIES, EXPECTED)                                                          \
    do {                                                                                           \
        long expected_number = patients(SERIES);                                                   \
        cr_expect_eq(expected_number, (EXPECTED), "%s is %ld", SERIES, expected_number);           \
    } while (0)

/* Waits until a gauge says so: a thread that has answered is busy a moment longer. */
static void await_patients(const char *series, long expected)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    long number = patients(series);
    for (int i = 0; i < 2000 && number != expected; i++) {
        nanosleep(&pause, NULL);
        number = patients(series);
    }
    cr_expect_eq(number, expected, "%s is %ld", series, number);
}

/* --- As much as clients have seen
 * ---------------------------------------------------------------*/

enum { CLIENTS = 12, ROUNDS = 8, MOST_STATUS = 600 };

static const struct errand {
    const char *method, *path, *route, *body;
    bool known; /* who asks is patient 1 */
} errands[] = {
    {"GET", "/doctors/1", "/doctors/{id}", NULL, false},
    {"GET", "/doctors/77", "/doctors/{id}", NULL, false},
    {"GET", "/doctors/x", "/doctors/{id}", NULL, false},
    {"GET", "/me", "/me", NULL, false},
    {"GET", "/me", "/me", NULL, true},
    {"GET", "/nowhere", "", NULL, false},
    {"DELETE", "/doctors", "", NULL, false},
    {"POST", "/appointments", "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:15\"}", true},
    {"POST", "/appointments", "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T12:15\"}", true},
};

/* How often which errand was answered with which status. */
static atomic_int seen[COUNT(errands)][MOST_STATUS];

static void run_errands(int number, void *shared)
{
    (void)shared;
    for (size_t i = 0; i < ROUNDS * COUNT(errands); i++) {
        size_t which = (i + (size_t)number) % COUNT(errands);
        const struct errand *errand = &errands[which];
        struct answer answer =
            ask(PATIENT_POOL, errand->method, errand->path, errand->known ? patient_token(1) : NULL,
                errand->body, errand->body ? strlen(errand->body) : 0, NULL);
        cr_assert(answer.status > 0 && answer.status < MOST_STATUS);
        atomic_fetch_add(&seen[which][answer.status], 1);
    }
}

/* How many answers clients have seen from the route of that errand, with a status; 0: with any. */
static long seen_of(const struct errand *of, int status)
{
    long sum = 0;
    const char *method = *of->route ? of->method : "";
    for (size_t i = 0; i < COUNT(errands); i++) {
        const char *other = *errands[i].route ? errands[i].method : "";
        if (strcmp(errands[i].route, of->route) != 0 || strcmp(method, other) != 0)
            continue;
        for (int s = 0; s < MOST_STATUS; s++)
            sum += status == 0 || status == s ? seen[i][s] : 0;
    }
    return sum;
}

static void expect_what_was_seen(const struct answer *page)
{
    for (size_t i = 0; i < COUNT(errands); i++) {
        const struct errand *errand = &errands[i];
        const char *labels = text(",method=\"%s\",route=\"%s\"",
                                  *errand->route ? errand->method : "", errand->route);
        for (int status = 200; status < MOST_STATUS; status++) {
            long expected = seen_of(errand, status);
            long got = read_number(page, PATIENT_POOL,
                                   text("requests_total%s,status=\"%d\"", labels, status));
            cr_expect(got == expected || (got == -1 && expected == 0), "%s %s %d: %ld, not %ld",
                      errand->method, errand->path, status, got, expected);
        }
        static const char *const alike[] = {"count%s", "bucket%s,le=\"+Inf\""};
        for (size_t k = 0; k < COUNT(alike); k++) {
            const char *series = text("request_duration_seconds_%s", alike[k]);
            const char *place = strstr(series, "%s");
            series = text("%.*s%s%s", (int)(place - series), series, labels, place + 2);
            cr_expect_eq(read_number(page, PATIENT_POOL, series), seen_of(errand, 0), "%s", series);
        }
    }
}

Test(metrics, every_answer_is_counted_and_each_process_knows_all_of_them)
{
    enum { MORE = 3, LOOKS = 12 };
    for (int i = 0; i < MORE; i++)
        clinic_start_worker(PATIENT_POOL);
    await_patients("workers", 1 + MORE);
    at_once(CLIENTS, run_errands, NULL);
    const char *first = NULL;
    for (int i = 0; i < LOOKS; i++) {
        struct answer page = scrape(PATIENT_POOL);
        expect_what_was_seen(&page);
        const char *counted = strstr(page.text, "# HELP hospital_requests_total");
        cr_assert(counted);
        cr_expect(!first || strcmp(first, counted) == 0, "two processes say different things");
        first = first ? first : text("%s", counted);
    }
    expect_patients("bookings_total", 1);
    expect_patients("conflicts_total,code=\"lunch_time\"", CLIENTS * ROUNDS);
    cr_expect_eq(patients("conflicts_total,code=\"doctor_busy\"") +
                     patients("conflicts_total,code=\"patient_busy\""),
                 CLIENTS * ROUNDS - 1);
}

/* --- Bookings, conflicts, replays
 * ---------------------------------------------------------------*/

Test(metrics, bookings_conflicts_and_replays_are_counted)
{
    const char *body = booking_body(1, 1, "2027-03-02T10:15"), *token = patient_token(1);
    for (int i = 0; i < 3; i++)
        expect_answer(ask_with_key(PATIENT_POOL, "POST", "/appointments", token, body, "a"), 201,
                      "");
    expect_answer(book(2, 2, 1, "2027-03-02T10:15"), 201, "");
    expect_answer(book(3, 2, 1, "2027-03-02T10:30"), 409, "doctor_busy");
    expect_answer(ask(PATIENT_POOL, "PATCH", "/appointments/1", token, "{\"memo\": \"x\"}", 13,
                      (const char *[]){"HTTP_IF_MATCH", "\"7\"", NULL}),
                  412, "stale_version");
    expect_answer(ask_with_key(PATIENT_POOL, "POST", "/appointments", token, body, "b"), 409,
                  "doctor_busy");
    expect_answer(ask_with_key(PATIENT_POOL, "POST", "/appointments", token, body, "b"), 409,
                  "doctor_busy");
    expect_answer(ask(PATIENT_POOL, "GET", "/me", NULL, NULL, 0, NULL), 401, "");
    expect_patients("bookings_total", 2);
    expect_patients("idempotent_replays_total", 3);
    expect_patients("conflicts_total,code=\"doctor_busy\"", 2);
    expect_patients("conflicts_total,code=\"stale_version\"", 1);
    expect_patients("conflicts_total,code=\"slot_full\"", 0);
    expect_patients("conflicts_total,code=\"unauthenticated\"", -1);

    body = "{\"patient_id\": 3, \"doctor_id\": 1, \"treatment_id\": 1,"
           " \"start_time\": \"2027-03-02T14:00\"}";
    expect_answer(admin_api("POST", "/appointments", staff_token("desk"), body), 201, "");
    struct answer page = scrape(ADMIN_POOL);
    cr_expect_eq(read_number(&page, ADMIN_POOL, "bookings_total"), 1);
    expect_patients("bookings_total", 2);
}

/* --- How things stand, and what remains of the dead
 * ---------------------------------------------*/

/* A worker with one database connection, and a slot row that whoever books at ten waits for. */
static void hold_the_slot(void)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("DATABASE_CONNECTIONS", "1");
    clinic_set("DATABASE_TIMEOUT_MS", "40000");
    clinic_start_worker(PATIENT_POOL);
    expect_answer(book(2, 2, 1, "2027-03-02T10:00"), 201, "");
    sql("BEGIN");
    sql("SELECT FROM slot_day FOR UPDATE");
}

/* Asks for ten o'clock with that doctor, and does not wait for the answer. */
static int begin_booking(int64_t patient, int64_t doctor)
{
    const char *body = booking_body(doctor, 1, "2027-03-02T10:00");
    const char *parameters[] = {"REQUEST_METHOD",
                                "POST",
                                "DOCUMENT_URI",
                                "/api/v1/patient/appointments",
                                "CONTENT_TYPE",
                                "application/json",
                                "CONTENT_LENGTH",
                                text("%zu", strlen(body)),
                                "HTTP_AUTHORIZATION",
                                text("Bearer %s", patient_token(patient)),
                                NULL};
    int connection = fastcgi_connect(clinic_socket(PATIENT_POOL));
    cr_assert(connection >= 0 && fastcgi_send(connection, parameters, body, strlen(body), false));
    return connection;
}

static void expect_nothing_in_use(void)
{
    await_patients("threads_busy", 0);
    await_patients("database_connections_in_use", 0);
    await_patients("database_connections_awaited", 0);
}

Test(metrics, threads_and_connections_in_use_and_waited_for_are_shown)
{
    hold_the_slot();
    expect_nothing_in_use();
    expect_patients("workers", 1);
    await_patients("threads", 16);
    expect_patients("database_connections", 1);
    long waits = patients("database_waits_total");
    int one = begin_booking(1, 1);
    clinic_await_locks(1);
    int other = begin_booking(3, 1);
    await_patients("database_connections_awaited", 1);
    expect_patients("database_connections_in_use", 1);
    await_patients("threads_busy", 2);
    expect_patients("database_waits_total", waits + 1);
    sql("COMMIT");
    fastcgi_receive(one);
    fastcgi_receive(other);
    expect_nothing_in_use();
    expect_patients("bookings_total", 2);
}

Test(metrics, what_a_killed_worker_has_counted_remains_and_what_it_used_does_not)
{
    hold_the_slot();
    for (int i = 0; i < 5; i++)
        patient_api("GET", "/me", NULL, NULL);
    begin_booking(1, 1);
    clinic_await_locks(1);
    begin_booking(3, 1);
    await_patients("database_connections_awaited", 1);
    long starts = patients("worker_starts_total");
    clinic_kill_workers(PATIENT_POOL);
    sql("COMMIT");
    for (int i = 0; i < 2; i++)
        clinic_start_worker(PATIENT_POOL);
    await_patients("workers", 2);
    expect_nothing_in_use();
    await_patients("threads", 32);
    expect_patients("worker_starts_total", starts + 2);
    expect_patients("requests_total,method=\"GET\",route=\"/me\",status=\"401\"", 5);
    expect_patients("bookings_total", 1);
    clinic_stop_workers(PATIENT_POOL);
    clinic_start_worker(PATIENT_POOL);
    expect_patients("workers", 1);
    expect_patients("requests_total,method=\"GET\",route=\"/me\",status=\"401\"", 5);
}

Test(metrics, they_need_no_database)
{
    clinic_close_database();
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 503, "unavailable");
    expect_patients("requests_total,method=\"GET\",route=\"/doctors\",status=\"503\"", 1);
    clinic_kill_workers(PATIENT_POOL);
    clinic_start_worker(PATIENT_POOL);
    expect_patients("requests_total,method=\"GET\",route=\"/doctors\",status=\"503\"", 1);
    clinic_open_database();
}

/* --- The file
 * -----------------------------------------------------------------------------------*/

static const char *file_of_patients(void)
{
    return text("%s/patient.metrics", clinic_directory());
}

/* Makes the file be of a program whose routes are others. */
static void change_layout(void)
{
    uint64_t other = 1;
    int file = open(file_of_patients(), O_WRONLY | O_CLOEXEC);
    cr_assert(file >= 0 && pwrite(file, &other, sizeof other, 0) == sizeof other);
    close(file);
}

Test(metrics, a_version_with_other_routes_begins_anew_and_the_old_one_says_so)
{
    enum { LOOKS = 40 };
    patient_api("GET", "/me", NULL, NULL);
    expect_patients("requests_total,method=\"GET\",route=\"/me\",status=\"401\"", 1);
    change_layout();
    clinic_start_worker(PATIENT_POOL);
    const struct timespec pause = {.tv_nsec = 5000000};
    int status = 0;
    for (int i = 0; i < 2000 && status != 503; i++, nanosleep(&pause, NULL))
        status = ask(PATIENT_POOL, "GET", "/metrics", NULL, NULL, 0, inside).status;
    cr_expect_eq(status, 503, "the old one goes on as if nothing had happened");
    for (int i = 0; i < LOOKS; i++) {
        struct answer page = ask(PATIENT_POOL, "GET", "/metrics", NULL, NULL, 0, inside);
        if (page.status == 503)
            continue;
        cr_expect_eq(read_number(&page, PATIENT_POOL, "workers"), 1);
        cr_expect_eq(read_number(&page, PATIENT_POOL,
                                 "requests_total,method=\"GET\",route=\"/me\",status=\"401\""),
                     0);
    }
    clinic_stop_workers(PATIENT_POOL);
    clinic_start_worker(PATIENT_POOL);
    expect_patients("worker_starts_total", 2);
}

Test(metrics, a_file_that_is_none_is_made_anew)
{
    static const char *const contents[] = {
        "",
        "x",
        "no counters at all, and longer than a header of sixty-four bytes would be",
    };
    for (size_t i = 0; i < COUNT(contents); i++) {
        clinic_stop_workers(PATIENT_POOL);
        FILE *out = fopen(file_of_patients(), "w");
        cr_assert(out && fputs(contents[i], out) >= 0 && fclose(out) == 0);
        clinic_start_worker(PATIENT_POOL);
        expect_patients("worker_starts_total", 1);
    }
}

/* The complaint of a worker that starts, which serves all the same, and counts. */
static void expect_alone(const char *directory)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("METRICS_DIRECTORY", directory);
    clinic_start_worker(PATIENT_POOL);
    patient_api("GET", "/me", NULL, NULL);
    expect_patients("workers", 1);
    expect_patients("requests_total,method=\"GET\",route=\"/me\",status=\"401\"", 1);
    bool complained =
        system(text("grep -q '^METRICS_DIRECTORY: there is no counting in %s,' %s/patient-api.log",
                    directory, clinic_directory())) == 0;
    cr_expect_eq(complained, *directory != '\0');
}

Test(metrics, where_there_is_no_counting_together_a_worker_counts_alone)
{
    expect_alone("");
    expect_alone("/nowhere");
    const char *link = text("%s/links", clinic_directory());
    cr_assert_eq(
        system(text("mkdir %s && ln -s ../patient.metrics %s/patient.metrics", link, link)), 0);
    expect_alone(link); /* whoever put it there may have another's file in mind */
}

/* --- Through the gateway
 * ------------------------------------------------------------------------*/

TestSuite(metrics_gateway, .init = gateway_open, .fini = gateway_close, .timeout = 60);

/* What the gateway answers inside. */
static struct answer look(const char *path)
{
    int port = gateway_port();
    gateway_at(gateway_metrics_port());
    struct answer page = gateway_get(path);
    gateway_at(port);
    return page;
}

Test(metrics_gateway, the_gateway_shows_them_inside_and_promtool_is_content)
{
    gateway_get("/api/v1/patient/doctors/1");
    gateway_get("/api/v1/admin/doctors");
    static const char *const pools[] = {[PATIENT_POOL] = "patient", [ADMIN_POOL] = "admin"};
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct answer page = look(text("/metrics/%s", pools[pool]));
        cr_expect_eq(page.status, 200, "%s", page.text);
        cr_expect_str_eq(header(&page, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        cr_expect_eq(read_number(&page, pool, "workers"), 1);
        FILE *promtool = popen("promtool check metrics >&2", "w");
        cr_assert(promtool && fputs(page.text, promtool) >= 0);
        cr_expect_eq(pclose(promtool), 0, "%s", pools[pool]);
    }
    struct answer page = look("/metrics/patient");
    cr_expect_eq(
        read_number(&page, PATIENT_POOL,
                    "requests_total,method=\"GET\",route=\"/doctors/{id}\",status=\"200\""),
        1);
    cr_expect_eq(look("/metrics/patient?x=1").status, 200);
    page = look("/metrics/admin-1");
    cr_expect_eq(read_number(&page, ADMIN_POOL, "workers"), 1);
    cr_expect_neq(look("/metrics/admin-2").status, 200);
    cr_expect_eq(look("/metrics").status, 404);
    cr_expect_eq(look("/api/v1/patient/doctors").status, 404);
    cr_expect_eq(look("/").status, 404);
}

Test(metrics_gateway, a_pool_that_is_down_says_nothing_and_the_other_goes_on)
{
    clinic_stop_workers(ADMIN_POOL);
    unlink(clinic_socket(ADMIN_POOL));
    cr_expect_eq(look("/metrics/admin").status, 502);
    cr_expect_eq(look("/metrics/patient").status, 200);
}

Test(metrics_gateway, nobody_outside_can_see_them)
{
    static const char *const paths[] = {
        "/metrics",
        "/metrics/patient",
        "/metrics/admin",
        "/api/v1/patient/metrics",
        "/api/v1/admin/metrics",
        "/api/v1/patient//metrics",
        "/api/v1/patient/../metrics",
        "/api/v1/patient/../../../metrics",
        "/api/v1/patient/..%2f..%2f..%2fmetrics",
        "/api/v1/patient/%2e%2e/%2e%2e/%2e%2e/metrics",
        "//metrics",
        "/./metrics",
        "/health/../metrics",
    };
    static const char *const hosts[] = {"Host: 127.0.0.1", "Host: metrics",
                                        "X-Original-URL: /metrics"};
    for (size_t i = 0; i < COUNT(paths); i++)
        for (size_t k = 0; k < COUNT(hosts); k++) {
            struct answer refused =
                gateway_ask("GET", paths[i], (const char *[]){hosts[k], NULL}, NULL, 0);
            cr_expect_eq(refused.status, 404, "%s: %d", paths[i], refused.status);
            cr_expect(!strstr(refused.text, "hospital_"), "%s", paths[i]);
        }
}
