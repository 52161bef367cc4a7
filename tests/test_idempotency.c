/* A request under an Idempotency-Key is carried out once, and answered alike however often it is
 * repeated. */
#include "clinic.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "detour.h"
#include "fastcgi.h"
#include "secret.h"

TestSuite(idempotency, .init = clinic_open, .fini = clinic_close, .timeout = 120);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))
#define AT_TEN       booking_body(1, 1, "2027-03-02T10:00")

static struct answer book_with(const char *key, int64_t patient_id, const char *body)
{
    return ask_with_key(PATIENT_POOL, "POST", "/appointments", patient_token(patient_id), body,
                        key);
}

static bool is_replayed(const struct answer *answer)
{
    const char *replayed = header(answer, "Idempotent-Replayed");
    return replayed && strcmp(replayed, "true") == 0;
}

static void expect_same(const char *about, struct answer first, struct answer again)
{
    static const char *const headers[] = {"Content-Type", "Location", "ETag"};
    cr_expect(!is_replayed(&first), "%s", about);
    cr_expect(is_replayed(&again), "%s: %s", about, again.head);
    cr_expect_eq(first.status, again.status, "%s: %s and %s", about, first.text, again.text);
    cr_expect_str_eq(first.text, again.text, "%s", about);
    for (size_t i = 0; i < COUNT(headers); i++) {
        const char *was = header(&first, headers[i]), *is = header(&again, headers[i]);
        cr_expect(was == is || (was && is && strcmp(was, is) == 0), "%s: %s", about, headers[i]);
    }
}

Test(idempotency, a_repeated_booking_is_the_first_one)
{
    struct answer first = book_with("k-1", 1, AT_TEN);
    expect_answer(first, 201, "");
    expect_same("at once", first, book_with("k-1", 1, AT_TEN));
    patient_api("PATCH", text("/appointments/%s/cancel", at(&first, "/id")), patient_token(1),
                NULL);
    expect_same("after it was cancelled", first, book_with("k-1", 1, AT_TEN));
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
    expect_answer(book_with("k-2", 1, AT_TEN), 201, "");
}

Test(idempotency, a_key_belongs_to_one_request)
{
    const char *admin = staff_token("admin");
    const char *doctor = "{\"name\": \"Jung\", \"department\": \"surgery\"}";
    expect_answer(ask_with_key(ADMIN_POOL, "POST", "/doctors", admin, doctor, "k"), 201, "");
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    static const struct {
        const char *method, *path, *body, *if_match;
    } others[] = {
        {"POST", "/doctors", "{\"name\": \"Jung\", \"department\": \"surgery \"}", NULL},
        {"POST", "/doctors", "{\"name\": \"Jung\",\"department\": \"surgery\"}", NULL},
        {"POST", "/doctors", "{\"name\": \"Jung\", \"department\": \"surgery\"}", "\"1\""},
        {"POST", "/treatments", "{\"name\": \"Jung\", \"department\": \"surgery\"}", NULL},
        {"POST", "/doctors?x=1", "{\"name\": \"Jung\", \"department\": \"surgery\"}", NULL},
        {"PATCH", "/appointments/1/status", "{\"status\": \"confirmed\"}", NULL},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        expect_answer(ask(ADMIN_POOL, others[i].method, others[i].path, admin, others[i].body,
                          strlen(others[i].body),
                          (const char *[]){"HTTP_IDEMPOTENCY_KEY", "k", "HTTP_IF_MATCH",
                                           others[i].if_match ? others[i].if_match : "", NULL}),
                      422, "idempotency_key_reused");
    cr_expect_str_eq(sql("SELECT count(*) FROM doctor WHERE name = 'Jung'"), "1");
    cr_expect_str_eq(sql("SELECT status FROM appointment WHERE id = %s", at(&booked, "/id")),
                     "pending");
}

Test(idempotency, everybody_has_their_own_keys)
{
    expect_answer(book_with("k", 1, AT_TEN), 201, "");
    struct answer theirs = book_with("k", 2, booking_body(2, 1, "2027-03-02T10:00"));
    expect_answer(theirs, 201, "");
    cr_expect(!is_replayed(&theirs));
    const char *doctor = "{\"name\": \"Jung\", \"department\": \"surgery\"}";
    struct answer staffs =
        ask_with_key(ADMIN_POOL, "POST", "/doctors", staff_token("admin"), doctor, "k");
    expect_answer(staffs, 201, "");
    const char *refresh = "{\"refresh_token\": \"x\"}";
    static const char *const paths[] = {"/auth/patient/refresh", "/auth/refresh"};
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        expect_answer(ask_with_key(pool, "POST", paths[pool], NULL, refresh, "k"), 401,
                      "unauthenticated");
}

Test(idempotency, a_refusal_is_kept_as_well)
{
    struct answer rival = book(2, 1, 1, "2027-03-02T10:00");
    struct answer by_rule = book_with("rule", 1, AT_TEN);
    expect_answer(by_rule, 409, "doctor_busy");
    struct answer by_form = book_with("form", 1, "{\"doctor_id\": 1}");
    expect_answer(by_form, 422, "invalid");
    struct answer by_path = ask_with_key(PATIENT_POOL, "PATCH", "/appointments/999/cancel",
                                         patient_token(1), NULL, "path");
    expect_answer(by_path, 404, "not_found");
    patient_api("PATCH", text("/appointments/%s/cancel", at(&rival, "/id")), patient_token(2),
                NULL);
    expect_same("rule", by_rule, book_with("rule", 1, AT_TEN));
    expect_same("form", by_form, book_with("form", 1, "{\"doctor_id\": 1}"));
    expect_same("path", by_path,
                ask_with_key(PATIENT_POOL, "PATCH", "/appointments/999/cancel", patient_token(1),
                             NULL, "path"));
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
}

/* A constraint that speaks after the rules were content, as when a rival was a moment faster. */
Test(idempotency, a_constraints_refusal_leaves_nothing_but_its_answer)
{
    sql("CREATE FUNCTION be_faster() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE 'taken' USING ERRCODE = 'exclusion_violation',"
        "                     CONSTRAINT = 'appointment_doctor_free'; END $$");
    sql("CREATE TRIGGER z BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION be_faster()");
    struct answer first = book_with("k", 1, AT_TEN);
    expect_answer(first, 409, "doctor_busy");
    sql("DROP TRIGGER z ON appointment");
    expect_same("constraint", first, book_with("k", 1, AT_TEN));
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "0");
    cr_expect_str_eq(sql("SELECT count(*) FROM slot_day WHERE booked > 0"), "0");
}

Test(idempotency, our_own_failure_is_not_kept)
{
    sql("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE 'disk full' USING ERRCODE = '53100'; END $$");
    sql("CREATE TRIGGER z BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION fail()");
    expect_answer(book_with("k", 1, AT_TEN), 503, "unavailable");
    sql("DROP TRIGGER z ON appointment");
    sql("CREATE TRIGGER z BEFORE INSERT ON idempotency_key FOR EACH ROW EXECUTE FUNCTION fail()");
    expect_answer(book_with("k", 1, AT_TEN), 503, "unavailable");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "0", "booked without its answer");
    sql("DROP TRIGGER z ON idempotency_key");
    struct answer again = book_with("k", 1, AT_TEN);
    expect_answer(again, 201, "");
    cr_expect(!is_replayed(&again));
}

/* Deadlocks are tried again with all that belongs to the transaction. */
Test(idempotency, a_conflict_is_tried_again_whole)
{
    sql("CREATE SEQUENCE try; GRANT USAGE ON SEQUENCE try TO PUBLIC");
    sql("CREATE FUNCTION quarrel() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('try') < 3 THEN RAISE 'deadlock' USING ERRCODE = '40P01'; END IF;"
        " RETURN NEW; END $$");
    sql("CREATE TRIGGER z BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION quarrel()");
    struct answer first = book_with("k", 1, AT_TEN);
    expect_answer(first, 201, "");
    expect_same("conflict", first, book_with("k", 1, AT_TEN));
}

/* Without a key nobody would know; with one, nothing can have been committed before COMMIT was
 * sent. */
Test(idempotency, a_connection_lost_before_the_commit_costs_nothing)
{
    sql("CREATE SEQUENCE try; GRANT USAGE ON SEQUENCE try TO PUBLIC");
    sql("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('try') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid(), 1000); END IF;"
        " RETURN NEW; END $$");
    sql("CREATE TRIGGER z BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION die()");
    expect_answer(book_with("k", 1, AT_TEN), 201, "");
    cr_expect_str_eq(sql("SELECT last_value FROM try"), "2");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
}

static void *book_under_k(void *answer)
{
    *(struct answer *)answer = book_with("k", 1, AT_TEN);
    return NULL;
}

Test(idempotency, who_repeats_while_the_first_is_under_way_is_told_so_at_once)
{
    expect_answer(book(2, 2, 1, "2027-03-02T10:00"), 201, "");
    pthread_t thread;
    struct answer first;
    sql("BEGIN");
    sql("SELECT FROM slot_day FOR UPDATE");
    cr_assert_eq(pthread_create(&thread, NULL, book_under_k, &first), 0);
    clinic_await_locks(1);
    expect_problem("repeated", book_with("k", 1, AT_TEN), 409, "idempotency_key_in_use");
    expect_answer(book_with("k", 3, booking_body(3, 1, "2027-03-02T15:00")), 201, "");
    sql("COMMIT");
    pthread_join(thread, NULL);
    expect_answer(first, 201, "");
    expect_same("afterwards", first, book_with("k", 1, AT_TEN));
}

/* The other was not yet there to see, and had answered by the time that it mattered. */
Test(idempotency, an_answer_that_was_kept_meanwhile_is_given)
{
    pthread_t thread;
    struct answer first = book_with("k", 1, AT_TEN), again;
    sql("UPDATE idempotency_key SET key = 'other'");
    sql("BEGIN");
    sql("UPDATE idempotency_key SET key = 'k'");
    sql("LOCK TABLE slot_day");
    cr_assert_eq(pthread_create(&thread, NULL, book_under_k, &again), 0);
    clinic_await_locks(1);
    sql("COMMIT");
    pthread_join(thread, NULL);
    expect_same("meanwhile", first, again);
}

enum { RIVALS = 50, REPEATS = 20 };

/* As a client would: whoever is told that the first is under way asks again. */
static void insist(int number, void *shared)
{
    struct answer *answers = shared;
    for (int i = 0; i < REPEATS; i++) {
        struct answer *answer = &answers[number * REPEATS + i];
        do
            *answer = book_with("k", 1, AT_TEN);
        while (answer->status == 409 || answer->status == 503);
    }
}

Test(idempotency, a_thousand_repetitions_make_one_appointment_and_give_one_answer)
{
    static struct answer answers[RIVALS * REPEATS];
    int firsts = 0;
    clinic_start_worker(PATIENT_POOL);
    at_once(RIVALS, insist, answers);
    for (int i = 0; i < RIVALS * REPEATS; i++) {
        firsts += !is_replayed(&answers[i]);
        cr_assert_eq(answers[i].status, 201, "%s", answers[i].text);
        cr_assert_str_eq(answers[i].text, answers[0].text);
    }
    cr_expect_eq(firsts, 1);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
    cr_expect_str_eq(sql("SELECT count(*) FROM idempotency_key"), "1");
}

Test(idempotency, a_worker_killed_between_commit_and_answer_has_booked_once)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_divert_database(detour_open());
    clinic_start_worker(PATIENT_POOL);
    expect_answer(book_with("other", 2, booking_body(2, 1, "2027-03-02T10:00")), 201, "");
    detour_watch();
    int connection = fastcgi_connect(clinic_socket(PATIENT_POOL));
    const char *body = AT_TEN;
    const char *parameters[] = {"REQUEST_METHOD",
                                "POST",
                                "DOCUMENT_URI",
                                "/api/v1/patient/appointments",
                                "CONTENT_TYPE",
                                "application/json",
                                "CONTENT_LENGTH",
                                text("%zu", strlen(body)),
                                "HTTP_AUTHORIZATION",
                                text("Bearer %s", patient_token(1)),
                                "HTTP_IDEMPOTENCY_KEY",
                                "k",
                                NULL};
    fastcgi_send(connection, parameters, body, strlen(body), false);
    detour_await();
    clinic_kill_workers(PATIENT_POOL);
    cr_expect_null(fastcgi_receive(connection), "the worker answered before it was killed");
    close(connection);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment WHERE doctor_id = 1"), "1");

    clinic_divert_database(NULL);
    clinic_start_worker(PATIENT_POOL);
    static struct answer answers[RIVALS * REPEATS];
    const char *id = sql("SELECT id FROM appointment WHERE doctor_id = 1");
    at_once(RIVALS, insist, answers);
    for (int i = 0; i < RIVALS * REPEATS; i++) {
        cr_assert_eq(answers[i].status, 201, "%s", answers[i].text);
        cr_assert(is_replayed(&answers[i]));
        cr_assert_str_eq(at(&answers[i], "/id"), id);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment WHERE doctor_id = 1"), "1");
}

Test(idempotency, a_key_has_1_to_255_visible_characters)
{
    static const struct {
        const char *key;
        int length, status;
    } rows[] = {
        {"k", 1, 201},   {"!~", 2, 201},    {"0123456789abcdef", 255, 201}, {"01234567", 256, 400},
        {"a b", 3, 400}, {"a\x7f", 2, 400}, {"\xEA\xB0\x80", 3, 400},       {" ", 1, 400},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char key[300];
        for (int k = 0; k < rows[i].length; k++)
            key[k] = rows[i].key[(size_t)k % strlen(rows[i].key)];
        key[rows[i].length] = '\0';
        struct answer answer =
            book_with(key, 1, booking_body(1, 1, text("2027-03-%02zuT09:00", i + 4)));
        cr_expect_eq(answer.status, rows[i].status, "%s: %s", key, answer.text);
    }
}

/* From the tables: nobody adds a POST or PATCH that forgets. */
Test(idempotency, every_post_and_patch_takes_a_key)
{
    int taken = 0;
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct json_object *routes = clinic_routes(pool);
        const char *token = pool == PATIENT_POOL ? patient_token(1) : staff_token("admin");
        for (size_t i = 0; i < json_object_array_length(routes); i++) {
            struct json_object *row = json_object_array_get_idx(routes, i);
            const char *method = json_object_get_string(json_object_object_get(row, "method"));
            const char *path = json_object_get_string(json_object_object_get(row, "path"));
            if (strcmp(method, "POST") != 0 && strcmp(method, "PATCH") != 0)
                continue;
            const char *below = strchr(strstr(path, "/v1/") + 4, '/'), *id = strchr(below, '{');
            const char *real =
                id ? text("%.*s1%s", (int)(id - below), below, strchr(id, '}') + 1) : below;
            const char *key = text("k-%d-%zu", (int)pool, i);
            struct answer first = ask_with_key(pool, method, real, token, "{}", key);
            struct answer again = ask_with_key(pool, method, real, token, "{}", key);
            expect_same(text("%s %s", method, path), first, again);
            taken++;
        }
    }
    cr_expect_geq(taken, 10);
}

Test(idempotency, other_methods_take_no_notice_of_it)
{
    const char *admin = staff_token("admin");
    for (int i = 0; i < 2; i++) {
        struct answer put =
            ask_with_key(ADMIN_POOL, "PUT", "/doctors/1", admin,
                         text("{\"name\": \"Kim %d\", \"department\": \"surgery\"}", i), "k");
        expect_answer(put, 200, "");
        cr_expect(!is_replayed(&put));
        expect_answer(ask_with_key(PATIENT_POOL, "GET", "/doctors", NULL, NULL, "k"), 200, "");
    }
}

Test(idempotency, a_repeated_login_gives_the_same_tokens_which_the_database_does_not_hold)
{
    const char *credentials = "{\"phone\": \"01012345678\", \"password\": \"clinic-demo\"}";
    struct answer first =
        ask_with_key(PATIENT_POOL, "POST", "/auth/patient/login", NULL, credentials, "k");
    expect_answer(first, 200, "");
    expect_same("login", first,
                ask_with_key(PATIENT_POOL, "POST", "/auth/patient/login", NULL, credentials, "k"));
    cr_expect_str_eq(sql("SELECT count(*) FROM login"), "1");
    cr_expect_str_eq(sql("SELECT count(*) FROM idempotency_key"
                         " WHERE position(convert_to('%s', 'UTF8') IN body) > 0"
                         "    OR position(convert_to('Hong', 'UTF8') IN body) > 0",
                         at(&first, "/refresh_token")),
                     "0");
    expect_answer(ask_with_key(PATIENT_POOL, "POST", "/auth/patient/login", NULL,
                               "{\"phone\": \"01012345678\", \"password\": \"a guess\"}", "k"),
                  422, "idempotency_key_reused");
}

/* Who has the whole database cannot even try out what was asked, without our own key. */
Test(idempotency, a_seal_opens_to_the_same_request_only)
{
    static const struct {
        const char *our_key, *pieces[2];
    } rows[] = {
        {"our key", {"POST", "a password"}},
        {"our key", {"POST", "a passwort"}},
        {"our key", {"POSTa", " password"}},
        {"another", {"POST", "a password"}},
    };
    struct arena *arena = arena_new();
    struct fingerprint made[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct piece pieces[2];
        for (int k = 0; k < 2; k++)
            pieces[k] = (struct piece){rows[i].pieces[k], strlen(rows[i].pieces[k])};
        made[i] = secret_fingerprint(arena, rows[i].our_key, pieces, 2);
    }
    const char *sealed = secret_seal(arena, &made[0], "an answer", 9);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length;
        cr_expect_eq(strcmp(made[i].digest, made[0].digest) == 0, i == 0, "%zu", i);
        cr_expect_eq(secret_open(arena, &made[i], sealed, &length) != NULL, i == 0, "%zu", i);
    }
    arena_free(arena);
}

/* A lost answer to a refresh would else end the login. */
Test(idempotency, a_repeated_refresh_is_no_theft)
{
    struct answer login =
        patient_api("POST", "/auth/patient/login", NULL,
                    "{\"phone\": \"01012345678\", \"password\": \"clinic-demo\"}");
    const char *refresh = text("{\"refresh_token\": \"%s\"}", at(&login, "/refresh_token"));
    struct answer first =
        ask_with_key(PATIENT_POOL, "POST", "/auth/patient/refresh", NULL, refresh, "k");
    expect_answer(first, 200, "");
    expect_same("refresh", first,
                ask_with_key(PATIENT_POOL, "POST", "/auth/patient/refresh", NULL, refresh, "k"));
    expect_answer(patient_api("POST", "/auth/patient/refresh", NULL,
                              text("{\"refresh_token\": \"%s\"}", at(&first, "/refresh_token"))),
                  200, "");
}

/* What a refusal has written stays: a key is no way to show a stolen token unnoticed. */
Test(idempotency, a_spent_refresh_token_ends_its_login_under_a_key_too)
{
    struct answer login =
        patient_api("POST", "/auth/patient/login", NULL,
                    "{\"phone\": \"01012345678\", \"password\": \"clinic-demo\"}");
    const char *refresh = text("{\"refresh_token\": \"%s\"}", at(&login, "/refresh_token"));
    expect_answer(patient_api("POST", "/auth/patient/refresh", NULL, refresh), 200, "");
    struct answer theft =
        ask_with_key(PATIENT_POOL, "POST", "/auth/patient/refresh", NULL, refresh, "k");
    expect_answer(theft, 401, "unauthenticated");
    cr_expect_str_eq(sql("SELECT count(*) FROM login WHERE ended_at IS NULL"), "0");
    expect_same("theft", theft,
                ask_with_key(PATIENT_POOL, "POST", "/auth/patient/refresh", NULL, refresh, "k"));
}

Test(idempotency, a_key_is_kept_for_a_day_and_then_purged)
{
    expect_answer(book_with("k", 1, AT_TEN), 201, "");
    sql("UPDATE idempotency_key SET kept_at = now() - interval '23 hours 59 minutes'");
    struct answer kept = book_with("k", 1, AT_TEN);
    cr_expect(is_replayed(&kept));
    sql("UPDATE idempotency_key SET kept_at = now() - interval '24 hours'");
    sql("UPDATE appointment SET status = 'cancelled'");
    sql("INSERT INTO idempotency_key (caller, key, request, status, kept_at)"
        " SELECT 'patient 9', n::text, '', 201, now() - interval '2 days'"
        "   FROM generate_series(1, 30) AS n");
    sql("BEGIN");
    sql("SELECT FROM idempotency_key WHERE caller = 'patient 9' FOR UPDATE");
    /* though there are older ones to purge, and somebody else is at it */
    struct answer anew = book_with("k", 1, AT_TEN);
    sql("COMMIT");
    expect_answer(anew, 201, "");
    cr_expect(!is_replayed(&anew));
    for (int i = 0; i < 3; i++)
        book_with(text("later-%d", i), 1, AT_TEN);
    cr_expect_str_eq(sql("SELECT count(*) FROM idempotency_key WHERE caller = 'patient 9'"), "0");
    cr_expect_str_eq(sql("SELECT count(*) FROM idempotency_key"), "4");
}
