/* Who of the staff saw or changed which patient's data. */
#include "clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(access, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* What was noted since the last time: who, whom and what, in order. */
static const char *noted(void)
{
    static const char *last = "0";
    const char *notes =
        sql("SELECT string_agg(staff_id || ' saw ' || patient_id || ' by ' || action,"
            "                  ', ' ORDER BY id)"
            "  FROM access WHERE id > %s",
            last);
    last = sql("SELECT coalesce(max(id), %s) FROM access", last);
    return notes;
}

static struct answer as(const char *role, const char *method, const char *path, const char *body)
{
    return admin_api(method, path, staff_token(role), body);
}

/* Appointments 1 to 3 are of patients 1 to 3. */
Test(access, each_look_at_and_change_of_a_patients_data_is_noted)
{
    static const struct {
        const char *role, *method, *path, *body, *notes;
    } rows[] = {
        {"viewer", "GET", "/appointments/2", NULL, "3 saw 2 by GET /appointments/{id}"},
        {"viewer", "GET", "/appointments/2/history", NULL,
         "3 saw 2 by GET /appointments/{id}/history"},
        {"viewer", "GET", "/appointments?page_size=2", NULL,
         "3 saw 1 by GET /appointments, 3 saw 2 by GET /appointments"},
        {"desk", "GET", "/patients/7", NULL, "2 saw 7 by GET /patients/{id}"},
        {"desk", "GET", "/patients?q=Shin", NULL, "2 saw 2 by GET /patients"},
        {"desk", "PATCH", "/patients/7", "{\"name\": \"Seven\"}",
         "2 saw 7 by PATCH /patients/{id}"},
        {"desk", "POST", "/patients", "{\"name\": \"New\", \"phone\": \"01099998888\"}",
         "2 saw 261 by POST /patients"},
        {"admin", "PATCH", "/appointments/3", "{\"start_time\": \"2027-03-02T15:00\"}",
         "1 saw 3 by PATCH /appointments/{id}"},
        {"desk", "PATCH", "/appointments/3", "{\"memo\": \"x\"}",
         "2 saw 3 by PATCH /appointments/{id}"},
        {"desk", "PATCH", "/appointments/3", "{}", "2 saw 3 by PATCH /appointments/{id}"},
        {"desk", "PATCH", "/appointments/1/status", "{\"status\": \"confirmed\"}",
         "2 saw 1 by PATCH /appointments/{id}/status"},
        {"desk", "POST", "/appointments",
         "{\"patient_id\": 9, \"doctor_id\": 1, \"treatment_id\": 1,"
         " \"start_time\": \"2027-03-04T10:00\"}",
         "2 saw 9 by POST /appointments"},
        /* nothing was shown */
        {"desk", "GET", "/patients/999", NULL, ""},
        {"desk", "GET", "/patients?q=nobody", NULL, ""},
        {"viewer", "GET", "/patients/1", NULL, ""},
        {"desk", "PATCH", "/patients/7", "{\"phone\": \"010-1234-5678\"}", ""},
        {"desk", "PATCH", "/appointments/1/status", "{\"status\": \"pending\"}", ""},
        {"viewer", "GET", "/stats", NULL, ""},
        {"viewer", "GET", "/doctors", NULL, ""},
        {"admin", "GET", "/access-log", NULL, ""},
    };
    for (int64_t i = 1; i <= 3; i++)
        expect_answer(book(i, i, 1, "2027-03-02T10:00"), 201, "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = as(rows[i].role, rows[i].method, rows[i].path, rows[i].body);
        cr_expect(answer.status < 500, "%s", answer.text);
        cr_expect_str_eq(noted(), rows[i].notes, "%s %s: %s", rows[i].method, rows[i].path,
                         answer.text);
    }
}

Test(access, patients_see_themselves_without_a_note)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *path = text("/appointments/%s", at(&booked, "/id"));
    patient_api("GET", "/me", patient_token(1), NULL);
    patient_api("PATCH", "/me", patient_token(1), "{\"name\": \"Hong G\"}");
    patient_api("GET", path, patient_token(1), NULL);
    patient_api("GET", "/appointments", patient_token(1), NULL);
    patient_api("PATCH", path, patient_token(1), "{\"memo\": \"x\"}");
    expect_answer(patient_api("PATCH", text("%s/cancel", path), patient_token(1), NULL), 200, "");
    cr_expect_str_eq(noted(), "");
}

Test(access, the_admin_reads_the_log_latest_first)
{
    ask(ADMIN_POOL, "GET", "/patients/7", staff_token("desk"), NULL, 0,
        (const char *[]){"REMOTE_ADDR", "192.0.2.7", NULL});
    ask(ADMIN_POOL, "GET", "/patients/8", staff_token("desk"), NULL, 0,
        (const char *[]){"REMOTE_ADDR", "2001:db8::8", NULL});
    ask(ADMIN_POOL, "GET", "/patients/8", staff_token("admin"), NULL, 0,
        (const char *[]){"REMOTE_ADDR", "'; nobody", NULL});
    sql("ALTER TABLE access DISABLE TRIGGER USER");
    sql("UPDATE access SET at = '2027-02-27 15:30Z' WHERE id = 1");
    sql("UPDATE access SET at = '2027-02-28 14:59:59Z' WHERE id = 2");
    sql("UPDATE access SET at = '2027-02-28 15:00Z' WHERE id = 3");
    struct answer log = as("admin", "GET", "/access-log", NULL);
    expect_document(log.text,
                    "{\"items\": [{\"id\": 3, \"at\": \"2027-03-01T00:00:00+09:00\","
                    "   \"staff\": {\"id\": 1, \"name\": \"Ada\"}, \"patient_id\": 8,"
                    "   \"action\": \"GET /patients/{id}\", \"address\": null},"
                    " {\"id\": 2, \"at\": \"2027-02-28T23:59:59+09:00\","
                    "   \"staff\": {\"id\": 2, \"name\": \"Dan\"}, \"patient_id\": 8,"
                    "   \"action\": \"GET /patients/{id}\", \"address\": \"2001:db8::8\"},"
                    " {\"id\": 1, \"at\": \"2027-02-28T00:30:00+09:00\","
                    "   \"staff\": {\"id\": 2, \"name\": \"Dan\"}, \"patient_id\": 7,"
                    "   \"action\": \"GET /patients/{id}\", \"address\": \"192.0.2.7\"}],"
                    " \"total\": 3, \"page\": 1, \"page_size\": 20}");
    static const struct {
        const char *query;
        int total;
    } rows[] = {
        {"patient_id=8", 2},    {"staff_id=2", 2},         {"patient_id=8&staff_id=2", 1},
        {"from=2027-03-01", 1}, {"to=2027-02-28", 2},      {"from=2027-02-28&to=2027-02-28", 2},
        {"to=2027-02-27", 0},   {"page_size=1&page=2", 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer some = as("admin", "GET", text("/access-log?%s", rows[i].query), NULL);
        cr_expect_eq(number_at(&some, "/total"), rows[i].total, "%s: %s", rows[i].query, some.text);
    }
    expect_answer(as("desk", "GET", "/access-log", NULL), 403, "forbidden");
}

/* The owner neither, whatever way they take. */
Test(access, nobody_rewrites_it)
{
    as("desk", "GET", "/patients/7", NULL);
    const char *const parts[] = {"access", sql("SELECT tableoid::regclass FROM access")};
    for (size_t i = 0; i < COUNT(parts); i++) {
        cr_expect_str_eq(sql_refusal("UPDATE %s SET patient_id = 8", parts[i]),
                         "history_only_grows");
        cr_expect_str_eq(sql_refusal("DELETE FROM %s", parts[i]), "history_only_grows");
        cr_expect_str_eq(sql_refusal("TRUNCATE %s", parts[i]), "history_only_grows");
    }
    cr_expect_str_eq(sql_refusal("TRUNCATE access_rest"), "history_only_grows");
    cr_expect_str_eq(sql("SELECT count(*) FROM access"), "1");
}

/* Where the notes are, as months and how many; "rest" is what has no month of its own. */
static const char *months(void)
{
    return sql("SELECT string_agg(month || ' ' || count, ', ' ORDER BY month)"
               "  FROM (SELECT substr(tableoid::regclass::text, 8), count(*)"
               "          FROM access GROUP BY 1) AS noted (month, count)");
}

static const char *first_and_last_month(void)
{
    return sql("SELECT min(inhrelid::regclass::text) || ' ' || max(inhrelid::regclass::text)"
               "       || ' ' || count(*)"
               "  FROM pg_inherits"
               " WHERE inhparent = 'access'::regclass AND inhrelid <> 'access_rest'::regclass");
}

Test(access, a_year_is_ready_to_be_written)
{
    cr_expect_str_eq(
        first_and_last_month(),
        sql("SELECT to_char(month, '\"access_\"YYYY_MM') || ' '"
            "       || to_char(month + interval '1 year', '\"access_\"YYYY_MM') || ' 13'"
            "  FROM date_trunc('month', now() AT TIME ZONE 'UTC') AS month"));
    as("desk", "GET", "/patients/7", NULL);
    cr_expect_str_eq(months(), sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM \"1\"')"));
}

#define KEEP(TIME) "SELECT parts_ready('" TIME "'), parts_drop('access', 2, '" TIME "')"
#define NOTE_AT(TIME)                                                                              \
    "INSERT INTO access (at, staff_id, patient_id, action) VALUES ('" TIME "', 1, 7, 'x')"

/* What was noted although nobody had made its month moves there when somebody does. */
Test(access, a_month_that_was_missing_takes_what_is_its_own)
{
    sql(NOTE_AT("2039-12-31 23:59:59.999Z"));
    sql(NOTE_AT("2040-01-01 00:00Z"));
    sql(NOTE_AT("2041-01-31 23:00Z"));
    sql(NOTE_AT("2041-02-01 00:00Z"));
    cr_expect_str_eq(months(), "rest 4");
    sql(KEEP("2040-01-15"));
    cr_expect_str_eq(months(), "2040_01 1, 2041_01 1, rest 2");
    cr_expect_str_eq(sql_refusal("DELETE FROM access_rest"), "history_only_grows");
    cr_expect_str_eq(sql_refusal("DELETE FROM access_2041_01"), "history_only_grows");
    cr_expect_str_eq(sql_refusal("TRUNCATE access_2041_01"), "history_only_grows");
    sql(KEEP("2040-01-15"));
    cr_expect_str_eq(first_and_last_month(), "access_2040_01 access_2041_01 13");
}

Test(access, two_years_are_kept_and_no_more)
{
    sql(KEEP("2040-01-15"));
    sql(NOTE_AT("2039-11-30 00:00Z")); /* in the rest */
    sql(NOTE_AT("2040-01-31 00:00Z"));
    sql(NOTE_AT("2040-02-01 00:00Z"));
    sql(KEEP("2042-01-31 23:59Z"));
    cr_expect_str_eq(months(), "2040_01 1, 2040_02 1");
    sql(KEEP("2042-02-01 00:00Z"));
    cr_expect_str_eq(months(), "2040_02 1");
    cr_expect_str_eq(
        first_and_last_month(), "access_2040_02 access_2043_02 26",
        "of 2041 only the months until then had been made, and those of 2042 and 2043");
    sql(KEEP("2044-03-01"));
    cr_expect_str_eq(months(), "");
}

/* Statements that the pool's connection has been sent, from the server's log. */
static int statements_sent(const char *backend)
{
    FILE *out = popen(text("grep -c '\\[%s\\] LOG:  execute' %s/postgres/postgres.log", backend,
                           getenv("TEST_DIR")),
                      "r");
    int count = -1;
    cr_assert_eq(fscanf(out, "%d", &count), 1);
    pclose(out);
    return count;
}

Test(access, a_note_costs_no_statement_of_its_own)
{
    static const char *const reads[] = {"/patients/7", "/patients?q=Crowd", "/appointments/1",
                                        "/appointments", "/appointments/1/history"};
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    clinic_stop_workers(ADMIN_POOL);
    sql("ALTER DATABASE %s SET log_statement = 'all'", sql("SELECT current_database()"));
    clinic_set("DATABASE_CONNECTIONS", "1");
    clinic_start_worker(ADMIN_POOL);
    expect_answer(as("desk", "GET", "/appointments", NULL), 200, ""); /* it knows the offer now */
    const char *backend = sql("SELECT pid FROM pg_stat_activity WHERE usename = 'hospital_admin'"
                              "   AND datname = current_database()");
    int first = statements_sent(backend);
    expect_answer(as("desk", "GET", "/doctors", NULL), 200, "");
    int before = statements_sent(backend), unnoted = before - first;
    cr_assert_gt(first, 0);
    for (size_t i = 0; i < COUNT(reads); i++) {
        noted();
        expect_answer(as("desk", "GET", reads[i], NULL), 200, "");
        int after = statements_sent(backend);
        cr_expect_eq(after - before, unnoted, "%s: %d statements", reads[i], after - before);
        cr_expect_neq(*noted(), '\0', "%s was not noted", reads[i]);
        before = after;
    }
}

/* What the backend's last statement read of the log, from the plan in the server's log: indexes,
 * and "Seq Scan" for whole months. */
static const char *read_by(const char *backend)
{
    static char read[512];
    FILE *out =
        popen(text("tac %s/postgres/postgres.log"
                   " | awk '/\\[%s\\] LOG:  duration/ { exit } /^[0-9]+-/ { next } { print }'"
                   " | grep -v 'never executed'"
                   " | grep -oE 'Seq Scan on access_[0-9_]+|access_[0-9_]+[a-z_]+(idx|pkey)'"
                   " | sort -u | paste -sd ' '",
                   getenv("TEST_DIR"), backend),
              "r");
    read[fread(read, 1, sizeof read - 1, out)] = '\0';
    pclose(out);
    return read;
}

Test(access, the_list_opens_the_months_asked_for_by_their_indexes)
{
    static const struct {
        const char *query, *read;
    } rows[] = {
        {"", "access_2040_06_pkey\n"},
        {"&patient_id=7", "access_2040_06_patient_id_at_idx\n"},
        {"&staff_id=2", "access_2040_06_staff_id_at_idx\n"},
    };
    const char *database = sql("SELECT current_database()");
    sql(KEEP("2040-01-15"));
    sql("INSERT INTO access (at, staff_id, patient_id, action)"
        " SELECT timestamptz '2040-01-01' + n * interval '15 minutes', n %% 50, n %% 500, 'x'"
        "   FROM generate_series(1, 38000) AS n");
    sql("ANALYZE access");
    clinic_stop_workers(ADMIN_POOL);
    sql("ALTER DATABASE %s SET session_preload_libraries = 'auto_explain'", database);
    sql("ALTER DATABASE %s SET auto_explain.log_min_duration = 0", database);
    sql("ALTER DATABASE %s SET auto_explain.log_analyze = on", database);
    clinic_set("DATABASE_CONNECTIONS", "1");
    clinic_start_worker(ADMIN_POOL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer list =
            as("admin", "GET", text("/access-log?from=2040-06-10&to=2040-06-11%s", rows[i].query),
               NULL);
        cr_expect_gt(number_at(&list, "/total"), 0, "%s", list.text);
        const char *backend =
            sql("SELECT pid FROM pg_stat_activity"
                " WHERE usename = 'hospital_admin' AND datname = current_database()");
        cr_expect_str_eq(read_by(backend), rows[i].read, "%s", rows[i].query);
    }
}
