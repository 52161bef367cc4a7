/* sql/keep: what is old enough goes and nothing else, while workers go on; and the parts that it
 * goes by. */
#include "clinic.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

TestSuite(keeping, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* Runs the job, with those settings. */
static struct said keep(const char *settings)
{
    return shell(text("DATABASE_URL=\"%s\" %s sql/keep", clinic_url(), settings));
}

static void keep_well(void)
{
    struct said said = keep("");
    cr_assert_eq(said.status, 0, "%s", said.text);
}

#define HISTORY_AT(NUMBER, TIME)                                                                     \
    "INSERT INTO appointment_history (appointment_id, version, at, during, doctor_id, treatment_id)" \
    " VALUES (" NUMBER ", 1, " TIME ", '[2027-03-02 10:00, 2027-03-02 10:30)', 1, 1)"
#define ACCESS_AT(NUMBER, TIME)                                                                    \
    "INSERT INTO access (at, staff_id, patient_id, action) VALUES (" TIME ", 1, " NUMBER ", 'x')"
#define THIS(UNIT) "date_trunc('" UNIT "', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"

/* A part for each month and year that is still kept, and one for what is not, where there is none.
 */
static void open_old_parts(void)
{
    sql("SELECT parts_ready(" THIS("month") " - interval '25 months')");
    sql("SELECT part_open('appointment_history', to_char(year, '\"appointment_history_\"YYYY'),"
        "                 year AT TIME ZONE 'UTC', (year + interval '1 year') AT TIME ZONE 'UTC')"
        "  FROM generate_series(-6, 1) AS n"
        " CROSS JOIN LATERAL (SELECT date_trunc('year', now() AT TIME ZONE 'UTC')"
        "                            + make_interval(years => n)) AS y (year)");
}

/* Each as 1, old enough to go, and 2, a little too young for that. */
static void plant_old_and_young(void)
{
    static const char *const rows[] = {
        "INSERT INTO idempotency_key (caller, key, request, status, kept_at)"
        " VALUES ('staff 1', '1', '', 204, now() - interval '24 hours 1 second'),"
        "        ('staff 1', '2', '', 204, now() - interval '23 hours 59 minutes')",
        "INSERT INTO login_budget (account, network, spent_until)"
        " VALUES ('1', '::/0', now() - interval '61 minutes'),"
        "        ('2', '::/0', now() - interval '59 minutes')",
        /* 1 has expired; 2 has lately; 3 and 4 are old and good, one of them ended; 5 is young */
        "INSERT INTO login (patient_id, started_at, ended_at)"
        " VALUES (1, now() - interval '91 days', NULL),"
        "        (1, now() - interval '91 days', NULL),"
        "        (1, now() - interval '91 days', NULL),"
        "        (1, now() - interval '91 days', now()),"
        "        (1, now() - interval '89 days', NULL)",
        "INSERT INTO refresh_token (digest, login_id, expires_at, spent_at)"
        " VALUES ('1', 1, now() - interval '25 hours', NULL),"
        "        ('2', 2, now() - interval '23 hours', NULL),"
        "        ('3', 3, now() + interval '1 day', NULL),"
        "        ('3 spent', 3, now() - interval '25 hours', now()),"
        "        ('4', 4, now() + interval '1 day', NULL),"
        "        ('5', 5, now() - interval '25 hours', NULL)",
        ACCESS_AT("1", THIS("month") " - interval '24 months 1 second'"),
        ACCESS_AT("2", THIS("month") " - interval '24 months' + interval '1 second'"),
        ACCESS_AT("3", "now() - interval '10 years'"), /* in the rest */
        HISTORY_AT("900000001", THIS("year") " - interval '5 years 1 second'"),
        HISTORY_AT("900000002", THIS("year") " - interval '5 years' + interval '1 second'"),
        HISTORY_AT("900000003", "now() - interval '10 years'"),
        HISTORY_AT("900000004", "now()"),
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        sql("%s", rows[i]);
}

/* What is there of that. */
static const char *planted(void)
{
    return sql(
        "SELECT concat_ws(' | ',"
        " (SELECT string_agg(key, ' ' ORDER BY key) FROM idempotency_key),"
        " (SELECT string_agg(encode(account, 'escape'), ' ' ORDER BY account) FROM login_budget),"
        " (SELECT string_agg(id::text, ' ' ORDER BY id) FROM login),"
        " (SELECT string_agg(encode(digest, 'escape'), ' ' ORDER BY digest) FROM refresh_token),"
        " (SELECT string_agg(patient_id::text, ' ' ORDER BY patient_id) FROM access),"
        " (SELECT string_agg(appointment_id::text, ' ' ORDER BY appointment_id)"
        "    FROM appointment_history))");
}

#define ALL_OF_IT                                                                                  \
    "1 2 | 1 2 | 1 2 3 4 5 | 1 2 3 3 spent 4 5 | 1 2 3 | 900000001 900000002 900000003 900000004"
#define THE_YOUNG  "2 | 2 | 2 3 4 5 | 2 3 4 | 2 | 900000002 900000004"
#define WITH_YEARS "2 | 2 | 2 3 4 5 | 2 3 4 | 1 2 | 900000001 900000002 900000004"

static void open_with_the_past(void)
{
    clinic_open();
    sql("DROP TABLE appointment_history_so_far");
    open_old_parts();
    plant_old_and_young();
    cr_assert_str_eq(planted(), ALL_OF_IT);
}

TestSuite(keeping_the_young, .init = open_with_the_past, .fini = clinic_close);

Test(keeping_the_young, exactly_what_is_old_goes)
{
    keep_well();
    cr_expect_str_eq(planted(), THE_YOUNG);
    keep_well();
    cr_expect_str_eq(planted(), THE_YOUNG);
}

Test(keeping_the_young, the_settings_say_how_many_years)
{
    struct said said = keep("ACCESS_YEARS=3 HISTORY_YEARS=6");
    cr_assert_eq(said.status, 0, "%s", said.text);
    cr_expect_str_eq(planted(), WITH_YEARS);
}

Test(keeping_the_young, migrations_let_nothing_go)
{
    struct said said = shell(text("DATABASE_URL=\"%s\" sql/migrate", clinic_url()));
    cr_assert_eq(said.status, 0, "%s", said.text);
    cr_expect_str_eq(planted(), ALL_OF_IT);
}

Test(keeping_the_young, it_says_what_it_did)
{
    const char *month = sql("SELECT to_char(" THIS("month") " - interval '25 months', 'YYYY_MM')");
    const char *year = sql("SELECT to_char(" THIS("year") " - interval '6 years', 'YYYY')");
    const char *last = sql("SELECT max(name::text) FROM part WHERE whole = 'access'::regclass");
    sql("DROP TABLE %s", last);
    struct said said = keep("");
    cr_expect_str_eq(
        said.text,
        text("idempotency_key: dropped 1 of more than 24 hours\n"
             "login_budget: dropped 1 that were full\n"
             "refresh_token: dropped 3 that have expired\n"
             "login: dropped 1 of more than 90 days without a token\n"
             "made %s\n"
             "access: dropped access_%s, 1 of access_rest of more than 2 years\n"
             "appointment_history: dropped appointment_history_%s, 1 of appointment_history_rest"
             " of more than 5 years\n",
             last, month, year));
    cr_expect_str_eq(keep("").text, "idempotency_key: dropped 0 of more than 24 hours\n"
                                    "login_budget: dropped 0 that were full\n"
                                    "refresh_token: dropped 0 that have expired\n"
                                    "login: dropped 0 of more than 90 days without a token\n"
                                    "made nothing, all are there\n"
                                    "access: dropped nothing of more than 2 years\n"
                                    "appointment_history: dropped nothing of more than 5 years\n");
}

Test(keeping_the_young, of_two_at_once_one_waits)
{
    struct said said = shell(text("export DATABASE_URL=\"%s\"; sql/keep >%s/1 & first=$!;"
                                  " sql/keep >%s/2 && wait $first && sort %s/1 %s/2 |"
                                  " grep -c 'dropped 1 \\|dropped 3 \\|rest'",
                                  clinic_url(), clinic_directory(), clinic_directory(),
                                  clinic_directory(), clinic_directory()));
    cr_expect_eq(said.status, 0, "%s", said.text);
    cr_expect_str_eq(said.text, "6\n", "each was dropped once");
    cr_expect_str_eq(planted(), THE_YOUNG);
}

/* Somebody looks at the log and does not end: what else is old goes all the same. */
Test(keeping_the_young, it_steps_back_from_a_lock_that_it_does_not_get)
{
    PGconn *holder = PQconnectdb(clinic_url());
    PQclear(PQexec(holder, "BEGIN; SELECT FROM access"));
    cr_assert_eq(PQtransactionStatus(holder), PQTRANS_INTRANS, "%s", PQerrorMessage(holder));
    struct said said = keep("LOCK_TIMEOUT_MS=50");
    cr_expect_eq(said.status, 1, "%s", said.text);
    cr_expect(strstr(said.text, "a lock was not to be had within 50 ms; trying again"), "%s",
              said.text);
    cr_expect_str_eq(planted(),
                     "2 | 2 | 2 3 4 5 | 2 3 4 | 1 2 3 | 900000001 900000002 900000003 900000004");
    PQfinish(holder);
    keep_well();
    cr_expect_str_eq(planted(), THE_YOUNG);
}

/* More than go in one transaction, and one that somebody holds. */
Test(keeping, all_go_but_what_somebody_holds)
{
    sql("INSERT INTO idempotency_key (caller, key, request, status, kept_at)"
        " SELECT 'staff 1', n::text, '', 204, now() - interval '2 days'"
        "   FROM generate_series(1, 12345) AS n");
    PGconn *holder = PQconnectdb(clinic_url());
    PQclear(PQexec(holder, "BEGIN; SELECT FROM idempotency_key WHERE key = '7' FOR UPDATE"));
    struct said said = keep("");
    cr_expect(strstr(said.text, "idempotency_key: dropped 12344 of"), "%s", said.text);
    cr_expect_str_eq(sql("SELECT string_agg(key, ' ') FROM idempotency_key"), "7");
    PQfinish(holder);
}

Test(keeping, what_is_no_number_of_years_is_refused)
{
    static const char *const settings[] = {"ACCESS_YEARS=0", "HISTORY_YEARS=101", "ACCESS_YEARS=-1",
                                           "HISTORY_YEARS='1; x'"};
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct said said = keep(settings[i]);
        cr_expect_eq(said.status, 1);
        cr_expect(strstr(said.text, "_YEARS is not a number in its range"), "%s", said.text);
    }
}

struct visits {
    atomic_bool over;
    atomic_int booked, refused;
};

enum { VISITORS = 6 };

/* The last one is the job, again and again, with something to drop each time; the others book, look
 * at what happened, and cancel. */
static void visit(int number, void *shared)
{
    struct visits *visits = shared;
    if (number == VISITORS) {
        for (int i = 0; i < 5; i++) {
            open_old_parts();
            struct said said = keep("");
            cr_expect(strstr(said.text, "dropped appointment_history_"), "%s", said.text);
        }
        visits->over = true;
        return;
    }
    while (!visits->over) {
        struct answer booked =
            book(number + 1, number % 3 + 1, 1, text("2027-03-%02dT10:00", number < 3 ? 2 : 4));
        const char *path = text("/appointments/%s", at(&booked, "/id"));
        struct answer seen = admin_api("GET", text("%s/history", path), staff_token("desk"), NULL);
        struct answer cancelled =
            patient_api("PATCH", text("%s/cancel", path), patient_token(number + 1), NULL);
        if (booked.status == 201 && seen.status == 200 && cancelled.status == 200)
            visits->booked++;
        else
            visits->refused++;
    }
}

Test(keeping_the_young, workers_go_on_meanwhile)
{
    struct visits visits = {0};
    at_once(VISITORS + 1, visit, &visits);
    cr_expect_gt(visits.booked, 0);
    cr_expect_eq(visits.refused, 0, "%d of %d", visits.refused, visits.booked);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment_history WHERE version = 2 AND at > now()"
                         " - interval '1 hour'"),
                     text("%d", visits.booked));
}

/* Where each version is, as what follows the table's name. */
static const char *places(void)
{
    return sql("SELECT string_agg(version || substr(tableoid::regclass::text, 20), ' '"
               "                  ORDER BY version)"
               "  FROM appointment_history");
}

/* A version in what was there before there were years, one in a year of its own, one in the rest.
 */
static const char *write_everywhere(void)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *id = at(&booked, "/id");
    sql("SELECT parts_ready('2040-05-01')");
    sql("INSERT INTO appointment_history (appointment_id, version, at, status, during, doctor_id,"
        "                                 treatment_id)"
        " SELECT id, n + 1, make_date(2035 + 5 * n, 6, 1), status, during, n + 1, 1"
        "   FROM appointment, generate_series(1, 2) AS n");
    cr_expect_str_eq(places(), "1_so_far 2_2040 3_rest");
    return id;
}

Test(keeping, a_history_in_several_parts_reads_as_one)
{
    const char *id = write_everywhere();
    struct answer history =
        admin_api("GET", text("/appointments/%s/history", id), staff_token("viewer"), NULL);
    cr_expect_str_eq(at(&history, "/total"), "3", "%s", history.text);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(number_at(&history, text("/items/%d/version", i)), i + 1);
        cr_expect_str_eq(at(&history, text("/items/%d/to/doctor_id", i)), text("%d", i + 1));
        if (i > 0)
            cr_expect_str_eq(at(&history, text("/items/%d/from/doctor_id", i)), text("%d", i));
    }
}

Test(keeping, nobody_rewrites_any_part)
{
    write_everywhere();
    static const char *const parts[] = {"", "_so_far", "_2040", "_rest"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        const char *table = text("appointment_history%s", parts[i]);
        cr_expect_str_eq(sql_refusal("UPDATE %s SET reason = 'x'", table), "history_only_grows");
        cr_expect_str_eq(sql_refusal("DELETE FROM %s", table), "history_only_grows");
        cr_expect_str_eq(sql_refusal("TRUNCATE %s", table), "history_only_grows");
    }
    cr_expect_str_eq(places(), "1_so_far 2_2040 3_rest");
}

/* Nobody has run the job, nor a migration; when somebody does, what waited moves to where it
 * belongs. */
Test(keeping, a_job_that_was_forgotten_loses_nothing)
{
    write_everywhere();
    sql("SELECT parts_ready('2045-01-01')");
    cr_expect_str_eq(places(), "1_so_far 2_2040 3_2045");
    cr_expect_str_eq(sql_refusal("DELETE FROM appointment_history_2045"), "history_only_grows");
    cr_expect_str_eq(sql("SELECT string_agg(gone, ' ')"
                         "  FROM parts_drop('appointment_history', 5, '2046-01-01') AS gone"),
                     "appointment_history_so_far appointment_history_2040");
}
