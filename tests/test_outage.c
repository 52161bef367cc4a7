/* When the database is away, slow or quarrelsome: callers are told to try again, no answer is made
 * up, nothing is written twice, and the same worker goes on by itself. */
#include "clinic.h"

#include <pthread.h>
#include <stdatomic.h>

#include "detour.h"

TestSuite(outage, .init = clinic_open, .fini = clinic_close, .timeout = 120);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static void expect_unavailable(const char *about, struct answer answer)
{
    expect_problem(about, answer, 503, "unavailable");
    const char *after = header(&answer, "Retry-After");
    cr_expect(after && atoi(after) > 0, "%s: Retry-After: %s", about, after);
}

static const struct asked {
    enum pool_name pool;
    const char *method, *path, *body;
    int status; /* when all is well */
} asked[] = {
    {PATIENT_POOL, "GET", "/health", NULL, 200},
    {PATIENT_POOL, "GET", "/doctors", NULL, 200},
    {PATIENT_POOL, "GET", "/doctors/1", NULL, 200},
    {PATIENT_POOL, "GET", "/me", NULL, 200},
    {PATIENT_POOL, "GET", "/appointments", NULL, 200},
    {PATIENT_POOL, "GET", "/availability/1/availability?date=2027-03-02&treatment_id=1", NULL, 200},
    {PATIENT_POOL, "POST", "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:15\"}", 201},
    {PATIENT_POOL, "PATCH", "/appointments/1/cancel", NULL, 200},
    {PATIENT_POOL, "POST", "/auth/patient/login",
     "{\"phone\": \"01012345678\", \"password\": \"clinic-demo\"}", 200},
    {PATIENT_POOL, "POST", "/auth/patient/register",
     "{\"name\": \"Yun\", \"phone\": \"01055556666\", \"password\": \"clinic-demo\"}", 201},
    {PATIENT_POOL, "POST", "/auth/patient/logout", NULL, 204},
    {ADMIN_POOL, "GET", "/health", NULL, 200},
    {ADMIN_POOL, "POST", "/auth/login",
     "{\"email\": \"admin@example.com\", \"password\": \"clinic-demo\"}", 200},
    {ADMIN_POOL, "POST", "/doctors", "{\"name\": \"Jung\", \"department\": \"surgery\"}", 201},
    {ADMIN_POOL, "GET", "/appointments", NULL, 200},
    {ADMIN_POOL, "GET", "/patients?q=Hong", NULL, 200},
    {ADMIN_POOL, "GET", "/stats?from=2027-03-01&to=2027-03-02", NULL, 200},
    {ADMIN_POOL, "DELETE", "/doctors/3", NULL, 204},
};

static struct answer ask_row(const struct asked *row)
{
    const char *token = row->pool == PATIENT_POOL ? patient_token(1) : staff_token("admin");
    return ask(row->pool, row->method, row->path, token, row->body,
               row->body ? strlen(row->body) : 0, NULL);
}

static void expect_all_is_well(void)
{
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct answer answer = ask_row(&asked[i]);
        cr_expect_eq(answer.status, asked[i].status, "%s: %d %s", asked[i].path, answer.status,
                     answer.text);
    }
}

static const char *stored(void)
{
    return sql("SELECT (SELECT count(*) FROM appointment) || ' ' || (SELECT count(*) FROM doctor)"
               "    || ' ' || (SELECT count(*) FROM patient) || ' '"
               "    || (SELECT count(*) FROM login)");
}

Test(outage, without_its_database_a_worker_answers_503_and_then_goes_on_by_itself)
{
    const char *before = stored();
    clinic_close_database();
    for (size_t i = 0; i < COUNT(asked); i++)
        expect_unavailable(asked[i].path, ask_row(&asked[i]));
    cr_expect_str_eq(stored(), before);
    clinic_open_database();
    expect_all_is_well();
}

Test(outage, what_needs_no_database_is_answered_without_it)
{
    clinic_close_database();
    expect_answer(patient_api("GET", "/nothing", NULL, NULL), 404, "not_found");
    expect_answer(patient_api("GET", "/me", NULL, NULL), 401, "unauthenticated");
    expect_answer(patient_api("GET", "/doctors?page=0", NULL, NULL), 400, "bad_request");
    expect_answer(book(1, 1, 1, "2027-02-30T10:15"), 422, "invalid");
    clinic_open_database();
}

/* A worker may be started before its database is. */
Test(outage, a_worker_that_started_without_its_database_finds_it_later)
{
    clinic_close_database();
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        clinic_stop_workers(pool);
        clinic_start_worker(pool);
    }
    expect_unavailable("health", patient_api("GET", "/health", NULL, NULL));
    clinic_open_database();
    expect_all_is_well();
}

/* The first that is asked when the database is back is a write, on a connection that was good. */
Test(outage, the_first_write_after_an_outage_succeeds)
{
    for (int i = 0; i < 3; i++) {
        expect_answer(book(1 + i, 1, 1, text("2027-03-02T09:%02d", 0)), i ? 409 : 201, "");
        clinic_close_database();
        clinic_open_database();
        expect_answer(book(1, 1, 1, text("2027-03-0%dT10:15", 4 + i)), 201, "");
    }
}

/* Opens all connections that a worker may have, or nearly so. */
static void ask_for_doctors(int number, void *shared)
{
    (void)number, (void)shared;
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
}

static void terminate_connections(void)
{
    sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'hospital'");
}

Test(outage, connections_cut_between_requests_cost_no_answer)
{
    for (int i = 0; i < 5; i++) {
        at_once(16, ask_for_doctors, NULL);
        terminate_connections();
        expect_answer(patient_api("GET", "/health", NULL, NULL), 200, "");
        terminate_connections();
        expect_answer(book(1, 1, 1, text("2027-03-02T%d:00", 13 + i)), 201, "");
        terminate_connections();
        expect_answer(admin_api("POST", "/doctors", staff_token("admin"),
                                "{\"name\": \"Jung\", \"department\": \"surgery\"}"),
                      201, "");
        at_once(16, ask_for_doctors, NULL);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "5");
    cr_expect_str_eq(sql("SELECT count(*) FROM doctor WHERE name = 'Jung'"), "5");
}

static void start_impatient_worker(void)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("DATABASE_TIMEOUT_MS", "300");
    clinic_start_worker(PATIENT_POOL);
}

static const char *connections(void)
{
    return sql("SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity"
               " WHERE datname = current_database() AND application_name = 'hospital'"
               "   AND state = 'idle'");
}

Test(outage, a_write_that_waits_too_long_for_a_lock_is_given_up_and_not_done_later)
{
    start_impatient_worker();
    expect_answer(book(2, 2, 1, "2027-03-02T10:00"), 201, "");
    const char *before = connections();
    sql("BEGIN");
    sql("SELECT FROM slot_day FOR UPDATE");
    expect_unavailable("booking", book(1, 1, 1, "2027-03-02T10:00"));
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    expect_answer(book(1, 1, 1, "2027-03-02T14:00"), 201, "");
    sql("COMMIT");
    cr_expect_str_eq(connections(), before, "the connection has not recovered");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2");
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
}

static void book_in_vain(int number, void *shared)
{
    (void)shared;
    expect_unavailable("booking", book(number + 1, 1, 1, "2027-03-02T10:00"));
}

/* More than there are connections: those that get one late, or never, are told the same. */
Test(outage, all_who_wait_in_vain_are_told_so_and_none_is_booked_later)
{
    start_impatient_worker();
    expect_answer(book(200, 2, 1, "2027-03-02T10:00"), 201, "");
    sql("BEGIN");
    sql("SELECT FROM slot_day FOR UPDATE");
    at_once(32, book_in_vain, NULL);
    sql("COMMIT");
    expect_answer(patient_api("GET", "/health", NULL, NULL), 200, "");
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment WHERE doctor_id = 1"), "1");
}

static void *book_under_a_key(void *answered)
{
    expect_unavailable("booking",
                       ask_with_key(PATIENT_POOL, "POST", "/appointments", patient_token(1),
                                    booking_body(1, 1, "2027-03-02T10:00"), "k"));
    atomic_store((atomic_bool *)answered, true);
    return NULL;
}

/* The server takes what it is asked and says nothing. Who finds no connection is told so before
 * whoever has one, and after the first of them without any wait. */
Test(outage, who_comes_while_the_database_is_silent_is_not_kept_waiting, .timeout = 60)
{
    enum { COMERS = 50 };
    atomic_bool answered = false;
    pthread_t thread;
    clinic_stop_workers(PATIENT_POOL);
    clinic_divert_database(detour_open());
    clinic_set("DATABASE_CONNECTIONS", "1");
    clinic_set("WORKER_THREADS", "2");
    clinic_set("DATABASE_TIMEOUT_MS", "6000");
    clinic_start_worker(PATIENT_POOL);
    detour_watch();
    cr_assert_eq(pthread_create(&thread, NULL, book_under_a_key, &answered), 0);
    detour_await();
    for (int i = 0; i < COMERS; i++)
        expect_unavailable("/doctors", patient_api("GET", "/doctors", NULL, NULL));
    cr_expect(!atomic_load(&answered), "they have waited as long as the booking");
    pthread_join(thread, NULL);
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
}

/* Makes every booking run `statements` of PL/pgSQL, which know how often they ran as `tries`. */
static void disturb_bookings(const char *statements)
{
    sql("CREATE SEQUENCE try; GRANT USAGE ON SEQUENCE try TO PUBLIC"); /* sequences do not roll
                                                                          back, so it counts failed
                                                                          tries as well */
    sql("CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$"
        " DECLARE tries bigint := nextval('try');"
        " BEGIN %s RETURN NEW; END $$",
        statements);
    sql("CREATE TRIGGER a_disturbance BEFORE INSERT ON appointment"
        " FOR EACH ROW EXECUTE FUNCTION disturb()");
}

static void expect_tries(int least, int most)
{
    int tries = atoi(sql("SELECT last_value FROM try"));
    cr_expect(tries >= least && tries <= most, "%d tries", tries);
}

/* What befalls a statement, and what the caller sees. Whatever is 503 has not been carried out. */
static const struct mishap {
    const char *statements;
    int status, least_tries, most_tries;
} mishaps[] = {
    /* rolled back for sure: tried again, but not for ever */
    {"IF tries = 1 THEN RAISE 'deadlock' USING ERRCODE = '40P01'; END IF;", 201, 2, 2},
    {"IF tries <= 2 THEN RAISE 'serialization' USING ERRCODE = '40001'; END IF;", 201, 3, 3},
    {"RAISE 'deadlock' USING ERRCODE = '40P01';", 503, 2, 10},
    /* lost after it was sent: nobody knows, so a write is not tried again */
    {"IF tries = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid(), 1000); END IF;", 503, 1, 1},
    {"IF tries = 1 THEN RAISE 'shutting down' USING ERRCODE = '57P01'; END IF;", 503, 1, 1},
    {"IF tries = 1 THEN RAISE 'connection failure' USING ERRCODE = '08006'; END IF;", 503, 1, 1},
    /* the server cannot: no use to insist */
    {"IF tries = 1 THEN RAISE 'disk full' USING ERRCODE = '53100'; END IF;", 503, 1, 1},
    {"IF tries = 1 THEN RAISE 'out of memory' USING ERRCODE = '53200'; END IF;", 503, 1, 1},
    {"IF tries = 1 THEN PERFORM pg_sleep(60); END IF;", 503, 1, 1},
};

Test(outage, a_booking_is_tried_again_only_where_that_is_safe)
{
    for (size_t i = 0; i < COUNT(mishaps); i++) {
        const struct mishap *mishap = &mishaps[i];
        disturb_bookings(mishap->statements);
        struct answer answer = book(1, 1, 1, "2027-03-02T10:15");
        cr_expect_eq(answer.status, mishap->status, "%s: %s", mishap->statements, answer.text);
        if (mishap->status == 503)
            expect_unavailable(mishap->statements, answer);
        cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), mishap->status == 201 ? "1" : "0",
                         "%s", mishap->statements);
        expect_tries(mishap->least_tries, mishap->most_tries);
        sql("DROP TRIGGER a_disturbance ON appointment");
        expect_answer(book(1, 2, 1, "2027-03-02T13:00"), 201, "");
        sql("DROP FUNCTION disturb");
        sql("DROP SEQUENCE try");
        sql("DELETE FROM appointment");
    }
}

/* PostgreSQL says so when a standby has not confirmed the commit; it must not be passed off as
 * done. It may be: so the caller is asked to try again, and then finds the time taken. */
Test(outage, a_write_with_a_warning_is_not_acknowledged)
{
    disturb_bookings("IF tries = 1 THEN RAISE WARNING 'canceling the wait for replication'"
                     " USING ERRCODE = '01000'; END IF;");
    expect_unavailable("booking", book(1, 1, 1, "2027-03-02T10:15"));
    expect_tries(1, 1);
    expect_answer(book(1, 1, 1, "2027-03-02T13:15"), 201, "");
}

static void *book_at_quarter_past_ten(void *unused)
{
    expect_answer(book(1, 1, 1, "2027-03-02T10:15"), 201, "");
    return unused;
}

/* A real one: the owner holds 10:30 and wants 10:00, the booking holds 10:00 and wants 10:30. The
 * booking's side finds the deadlock, gives way, and is tried again. */
Test(outage, a_deadlock_costs_a_booking_nothing)
{
    expect_answer(book(2, 2, 1, "2027-03-02T10:15"), 201, "");
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("DATABASE_TIMEOUT_MS", "20000");
    sql("DO $$ BEGIN"
        "   EXECUTE format('ALTER DATABASE %%I SET deadlock_timeout = %%L', current_database(),"
        "                  '3s');"
        " END $$");
    sql("SET deadlock_timeout = '60s'");
    clinic_start_worker(PATIENT_POOL);
    disturb_bookings("");
    sql("BEGIN");
    sql("SELECT FROM slot_day WHERE start_time = '10:30' FOR UPDATE");
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, book_at_quarter_past_ten, NULL), 0);
    clinic_await_locks(1);
    sql("SELECT FROM slot_day WHERE start_time = '10:00' FOR UPDATE");
    sql("COMMIT");
    pthread_join(thread, NULL);
    expect_tries(2, 3); /* it may be back before the owner has woken, and lose again */
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2");
}

/* PostgreSQL warns at each connection when the system's collations have changed under it. */
Test(outage, a_warning_at_the_connection_is_no_outage)
{
    sql("UPDATE pg_database SET datcollversion = '1' WHERE datname = current_database()");
    sql("ALTER DATABASE %s SET client_min_messages = warning", sql("SELECT current_database()"));
    for (int i = 0; i < 3; i++)
        expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
}

static void log_in_as_nobody(int number, void *shared)
{
    int *statuses = shared;
    const char *body = text("{\"phone\": \"010000000%02d\", \"password\": \"whatever\"}", number);
    statuses[number] = patient_api("POST", "/auth/patient/login", NULL, body).status;
}

/* More logins than threads: half of the threads never wait for one. */
Test(outage, a_flood_of_logins_is_turned_away_in_part)
{
    int statuses[64] = {0}, refused = 0, unavailable = 0;
    at_once(64, log_in_as_nobody, statuses);
    for (int i = 0; i < 64; i++) {
        refused += statuses[i] == 401;
        unavailable += statuses[i] == 503;
    }
    cr_expect(refused > 0 && unavailable > 0 && refused + unavailable == 64, "%d and %d", refused,
              unavailable);
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
}
