/* The SQL and the commands of the runbook, each in the trouble that it is for. What needs the
 * package is run by .package/test. */
#include "gateway.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

#define RUNBOOK ".ops/RUNBOOK.md"

/* It is today, or the runbook would look for today in vain. */
static void open_clinic(void)
{
    gateway_open();
    sql("CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp"
        " LANGUAGE sql STABLE RETURN now() AT TIME ZONE zone");
}

TestSuite(runbook, .init = open_clinic, .fini = gateway_close);
TestSuite(runbook_tls, .init = gateway_open_tls, .fini = gateway_close);

/* What the nth block in that language says, below the heading that begins so. */
static const char *block(const char *heading, const char *language, int nth)
{
    struct said said = shell(text("awk -v heading='## %s' -v fence='```%s' -v nth=%d '"
                                  "/^## / { here = index($0, heading) == 1 }"
                                  "here && $0 == fence { inside = ++seen == nth; next }"
                                  "/^```/ { inside = 0 } inside' " RUNBOOK,
                                  heading, language, nth));
    cr_assert(*said.text, "%s has no %s block %d", heading, language, nth);
    return said.text;
}

static const char *run(const char *command, const char *input)
{
    const char *path = text("%s/input", clinic_directory());
    FILE *out = fopen(path, "w");
    fputs(input, out);
    fclose(out);
    struct said said = shell(text("{ %s ; } <%s", command, path));
    cr_assert_eq(said.status, 0, "%s\n%s", input, said.text);
    return said.text;
}

/* What psql answers to that block; `set` are variables, such as "-v pid=7". */
static const char *ask_sql(const char *heading, int nth, const char *set)
{
    return run(text("psql --no-psqlrc --no-align --tuples-only --set ON_ERROR_STOP=1 %s \"%s\"",
                    set, clinic_url()),
               block(heading, "sql", nth));
}

#define expect_said(SAID, WORDS)                                                                   \
    do {                                                                                           \
        const char *said_text = (SAID);                                                            \
        cr_expect(strstr(said_text, (WORDS)), "\"%s\" is not in: %s", (WORDS), said_text);         \
    } while (0)
#define expect_silent(SAID) cr_expect_str_eq(SAID, "")

/* Books for the first patient, on a working day in two or three weeks. */
static struct answer book_soon(const char *key)
{
    const char *day = sql("SELECT min(day::date) FROM generate_series(current_date + 14,"
                          " current_date + 21, interval '1 day') AS day"
                          " WHERE extract(isodow FROM day) = 2");
    struct answer booked = ask_with_key(PATIENT_POOL, "POST", "/appointments", patient_token(1),
                                        booking_body(1, 1, text("%sT10:00", day)), key);
    cr_assert_eq(booked.status, 201, "%s", booked.text);
    return booked;
}

/* Whoever adds one adds a test. */
Test(runbook_itself, no_sql_is_left_untried)
{
    cr_expect_eq(system("test $(grep -c '^```sql$' " RUNBOOK ") -eq 12"), 0);
}

Test(runbook, a_pool_at_its_limit)
{
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    expect_said(ask_sql("A pool is at its limit", 1, ""), "hospital_patient|idle|");
}

Test(runbook, who_keeps_the_database_waiting_is_found_and_ended)
{
    PGconn *holder = PQconnectdb(clinic_url());
    PQclear(PQexec(holder, "BEGIN; LOCK TABLE doctor IN ACCESS EXCLUSIVE MODE"));
    int pid = PQbackendPID(holder);
    struct answer slow = patient_api("GET", "/doctors", NULL, NULL);
    expect_answer(slow, 503, "unavailable");
    expect_said(ask_sql("The database is slow", 1, ""), text("%d|hospital|", pid));
    expect_said(ask_sql("The database is slow", 2, text("-v pid=%d", pid)), "t");
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    PQfinish(holder);
}

static const char *health(void)
{
    return run(text("psql --no-psqlrc --no-align --set ON_ERROR_STOP=1 -v hangs='0 s'"
                    " --file .ops/health.sql \"%s\"",
                    clinic_url()),
               "");
}

Test(runbook, what_is_unwell_in_the_database_is_found)
{
    static const struct {
        const char *what, *which, *plant;
    } rows[] = {
        {"an index is not whole", "|login_of_staff_by_network|",
         "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'login_of_staff_by_network'::regclass"},
        {"parts of a table are missing", "|appointment_history|",
         "DO $$ DECLARE name regclass; BEGIN FOR name IN SELECT p.name FROM part p"
         " WHERE whole = 'appointment_history'::regclass LOOP"
         " EXECUTE 'ALTER TABLE appointment_history DETACH PARTITION ' || name; END LOOP;"
         " EXECUTE format('CREATE TABLE late PARTITION OF appointment_history"
         " FOR VALUES FROM (MINVALUE) TO (%L)', now()); END $$"},
        {"the planner knows old figures", "|login_budget|",
         "INSERT INTO login_budget (account, network, spent_until)"
         " SELECT int4send(n), '::/0', now() FROM generate_series(1, 100000) AS n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect(!strstr(health(), rows[i].what), "%s: before it is so", rows[i].what);
        sql("%s", rows[i].plant);
        sql("SELECT pg_stat_force_next_flush()");
        expect_said(health(), text("%s%s", rows[i].what, rows[i].which));
    }
    /* Other tests have transactions in the same cluster. */
    PGconn *holder = PQconnectdb(clinic_url());
    const char *hangs = text("a transaction hangs|%d of hospital, idle", PQbackendPID(holder));
    cr_expect(!strstr(health(), hangs));
    PQclear(PQexec(holder, "BEGIN; SELECT FROM doctor"));
    expect_said(health(), hangs);
    PQfinish(holder);
}

Test(runbook, what_fills_a_disk)
{
    expect_said(ask_sql("A disk fills up", 1, ""), "MB");
    expect_said(ask_sql("A disk fills up", 1, ""), "patient|");
}

Test(runbook_tls, when_a_certificate_ends)
{
    setenv("HOST", text("127.0.0.1:%d", gateway_port()), 1);
    const char *said = run("bash -euo pipefail", block("A certificate ends soon", "sh", 1));
    expect_said(said, "notAfter=");
    expect_said(said, "CN = clinic");
}

Test(runbook, a_booking_that_vanished_has_a_history)
{
    struct answer booked = book_soon("k");
    struct answer taken =
        ask_with_key(PATIENT_POOL, "POST", "/appointments", patient_token(1),
                     booking_body(1, 1, text("%.16s", at(&booked, "/start_time"))), "k-2");
    cr_assert_eq(taken.status, 409, "%s", taken.text);
    const char *id = at(&booked, "/id"), *heading = "A patient says",
               *phone = "-v phone=01012345678";
    expect_answer(admin_api("PATCH", text("/appointments/%s/status", id), staff_token("desk"),
                            "{\"status\": \"cancelled\", \"reason\": \"rang and cancelled\"}"),
                  200, "");
    const char *history = ask_sql(heading, 1, phone);
    expect_said(history, "|the patient|pending|");
    expect_said(history, "|staff: Dan|cancelled|");
    expect_said(history, "|rang and cancelled");
    const char *answers = ask_sql(heading, 2, phone);
    expect_said(answers, text("|201|/api/v1/patient/appointments/%s", id));
    expect_said(answers, "|409|");
    sql("DELETE FROM appointment");
    expect_said(ask_sql(heading, 1, phone), "|SQL|deleted|");
}

Test(runbook, a_stolen_telephone_is_logged_out)
{
    struct answer login =
        patient_api("POST", "/auth/patient/login", NULL,
                    "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}");
    ask_sql("A secret leaked", 1, "-v patient=1");
    expect_answer(patient_api("POST", "/auth/patient/refresh", NULL,
                              text("{\"refresh_token\": \"%s\"}", at(&login, "/refresh_token"))),
                  401, "unauthenticated");
}

Test(runbook, what_a_member_of_the_staff_has_seen)
{
    expect_answer(admin_api("GET", "/patients/1", staff_token("desk"), NULL), 200, "");
    expect_said(ask_sql("A secret leaked", 2, "-v staff=2"), "|GET /patients/{id}|1|");
}

Test(runbook, what_a_clock_that_jumped_has_left)
{
    const char *heading = "A clock jumped";
    struct answer booked = book_soon("k");
    expect_silent(ask_sql(heading, 1, ""));
    expect_silent(ask_sql(heading, 3, ""));
    sql("UPDATE appointment SET status = 'confirmed'");
    /* Taken when it had begun; no guard asks the clock. */
    sql("UPDATE appointment SET during = tsrange(day + time '10:00', day + time '10:30')"
        "  FROM (SELECT current_date - 1 AS day) AS yesterday");
    expect_said(ask_sql(heading, 1, ""), text("%s|Hong|01012345678|", at(&booked, "/id")));

    sql("INSERT INTO login_budget (account, network, spent_until)"
        " VALUES ('x', '::/0', now() + interval '10 minutes'), ('y', '::/0', now() + interval '1 day')");
    ask_sql(heading, 2, "");
    cr_expect_str_eq(sql("SELECT string_agg(encode(account, 'escape'), ' ') FROM login_budget"),
                     "x");
}

Test(runbook, who_did_not_come_before_it_was_time)
{
    struct answer booked = book_soon("k");
    sql("UPDATE appointment SET status = 'confirmed'");
    clinic_set_clock("2100-01-01 10:00");
    sql("UPDATE appointment SET status = 'no_show'");
    /* The test's clock is the hospital's alone: the note's time is told apart here. */
    sql("ALTER TABLE appointment_history DISABLE TRIGGER USER;"
        " UPDATE appointment_history SET at = now() + interval '1 day' WHERE status = 'no_show'");
    expect_said(ask_sql("A clock jumped", 3, ""), text("%s|Hong|", at(&booked, "/id")));
}

/* The patients' Tuesday at 10:00 is a time that the hospital's clocks skip, by rules of another
 * zone: those that have just changed cannot be had in a test. */
Test(runbook, appointments_at_a_time_that_new_rules_skip)
{
    const char *heading = "The time zones";
    book_soon("k");
    expect_silent(ask_sql(heading, 1, ""));
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity) VALUES ('02:30', '03:00', 5)");
    sql("UPDATE appointment SET during = tsrange('2038-03-28 02:30', '2038-03-28 03:00')");
    expect_silent(ask_sql(heading, 1, ""));
    sql("UPDATE hospital SET time_zone = 'Europe/Berlin'");
    expect_said(ask_sql(heading, 1, ""), "|Hong|01012345678|2038-03-28 02:30:00");
}
