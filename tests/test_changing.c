/* Going over to a new version: what a worker asks of its database, what --check finds, and how
 * migrations keep out of the way of those who work. */
#include "clinic.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shell.h"

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* Expects that status, and all of these words in what was said. */
static void expect_said(struct said said, int status, const char *const words[])
{
    cr_expect_eq(said.status, status, "%d: %s", said.status, said.text);
    for (; *words; words++)
        cr_expect(strstr(said.text, *words), "\"%s\" is not in: %s", *words, said.text);
}
#define SAID(COMMAND, STATUS, ...)                                                                 \
    expect_said(shell(COMMAND), STATUS, (const char *const[]){__VA_ARGS__, NULL})

/* A command that runs the patient pool's program, with that URL of the database. */
static const char *program(const char *url, const char *arguments)
{
    clinic_set("PATIENT_DATABASE_URL", url);
    return text("env -u PGPASSWORD %s/patient-api %s", getenv("BUILD"), arguments);
}

static const char *own_url(void)
{
    return clinic_pool_url(PATIENT_POOL);
}

static const char *check(const char *url)
{
    return program(url, "--check");
}

/* Starts a worker on a socket of its own, and waits for its end. */
static const char *start(void)
{
    return text("spawn-fcgi -n -s %s/another.sock -- /usr/bin/%s", clinic_directory(),
                program(own_url(), ""));
}

/* A clinic whose workers have come to serve, and the secrets that others of their kind need. */
static void open_clinic(void)
{
    clinic_open();
    clinic_set("PATIENT_TOKEN_SECRET", clinic_secret(PATIENT_POOL));
    clinic_set("ADMIN_TOKEN_SECRET", clinic_secret(ADMIN_POOL));
    cr_assert_eq(patient_api("GET", "/health", NULL, NULL).status, 200);
    cr_assert_eq(admin_api("GET", "/health", NULL, NULL).status, 200);
}

TestSuite(changing, .init = open_clinic, .fini = clinic_close);

static void await(const char *command)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 0; i < 3000; i++) {
        if (shell(command).status == 0)
            return;
        nanosleep(&pause, NULL);
    }
    cr_assert(false, "never: %s", command);
}

Test(changing, the_check_finds_nothing_wrong_where_nothing_is)
{
    SAID(check(own_url()), 0, "are as the patient pool needs them");
    clinic_set("ADMIN_DATABASE_URL", clinic_pool_url(ADMIN_POOL));
    SAID(text("env -u PGPASSWORD %s/admin-api --check", getenv("BUILD")), 0,
         "are as the admin pool needs them");
}

Test(changing, the_check_names_all_that_is_wrong_at_once)
{
    clinic_set("WORKER_THREADS", "0");
    SAID(check("host=/nowhere dbname=x"), 1, "WORKER_THREADS is not a number",
         "The database cannot be reached: ", "/nowhere");
    SAID(check("host=/nowhere,/elsewhere dbname=x"), 1, "/nowhere", "/elsewhere");
    clinic_set("PATIENT_TOKEN_SECRET", "short");
    SAID(check(""), 1, "PATIENT_DATABASE_URL is empty.", "WORKER_THREADS is not a number",
         "PATIENT_TOKEN_SECRET is shorter");
}

Test(changing, the_check_names_what_is_wrong_with_the_role)
{
    SAID(check(text("%s password=wrong", own_url())), 1,
         "The database cannot be reached: ", "authentication failed");
    SAID(check(text("%s password=%s", clinic_url(), getenv("PGPASSWORD"))), 1,
         "The role hospital is another one than hospital_patient.", "should not be a superuser");
    sql("REVOKE INSERT (doctor_id, patient_id, treatment_id, during, memo) ON appointment"
        "  FROM hospital_patient");
    SAID(check(own_url()), 1, "The role hospital_patient may not see doctors and book");
}

Test(changing, the_check_repeats_no_password)
{
    struct said said = shell(check("host=/nowhere password=my heart-and-soul"));
    cr_expect_eq(said.status, 1);
    cr_expect(strstr(said.text, "is no connection string"), "%s", said.text);
    cr_expect_null(strstr(said.text, "heart"), "%s", said.text);
}

Test(changing, a_new_worker_refuses_an_older_schema_by_name)
{
    static const struct {
        const char *older, *named;
    } rows[] = {
        {"DELETE FROM migration WHERE number = 13",
         "it lacks 013_login_limits.sql; run sql/migrate"},
        {"DELETE FROM migration WHERE number >= 12", "it lacks 012_roles.sql; run sql/migrate"},
        {"REVOKE SELECT (file) ON migration FROM hospital_patient", "run sql/migrate"},
        {"DROP TABLE migration", "run sql/migrate"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        sql("%s", rows[i].older);
        SAID(start(), 1, rows[i].named, "then start the worker again");
        SAID(check(own_url()), 1, rows[i].named);
    }
    cr_expect_eq(patient_api("GET", "/health", NULL, NULL).status, 200, "older workers go on");
}

Test(changing, a_newer_schema_is_as_good)
{
    clinic_stop_workers(PATIENT_POOL);
    sql("INSERT INTO migration (number, file, digest) VALUES (999, '999_later.sql', '')");
    clinic_start_worker(PATIENT_POOL);
    cr_expect_eq(patient_api("GET", "/doctors", NULL, NULL).status, 200);
    SAID(check(own_url()), 0, "are as");
}

/* Without a database a worker starts, and looks at the schema as soon as there is one. */
Test(changing, a_worker_that_started_alone_looks_at_the_schema_later)
{
    clinic_stop_workers(PATIENT_POOL);
    const char *listed = "SELECT count(*) FROM migration WHERE file = '013_login_limits.sql'";
    sql("UPDATE migration SET file = 'another' WHERE number = 13");
    cr_assert_str_eq(sql("%s", listed), "0");
    clinic_close_database();
    clinic_start_worker(PATIENT_POOL);
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 503, "unavailable");
    clinic_open_database();
    for (int i = 0; i < 2; i++)
        expect_answer(patient_api("GET", "/doctors", NULL, NULL), 503, "unavailable");
    SAID(text("grep -c 'it lacks 013_login_limits.sql; run sql/migrate\"}$' %s/patient-api.log",
              clinic_directory()),
         0, "2");
    sql("UPDATE migration SET file = '013_login_limits.sql' WHERE number = 13");
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    sql("UPDATE migration SET file = 'another' WHERE number = 13");
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
}

/* A transaction that has looked at the doctors and does not end. */
static PGconn *hold_doctors(void)
{
    PGconn *holder = PQconnectdb(clinic_url());
    PQclear(PQexec(holder, "BEGIN; SELECT FROM doctor"));
    cr_assert_eq(PQtransactionStatus(holder), PQTRANS_INTRANS, "%s", PQerrorMessage(holder));
    return holder;
}

/* The migrations, and two new ones, of which the second needs all of the table of doctors. */
static const char *migrate_further(void)
{
    return text(
        "mkdir -p %s/sql && cp sql/* %s/sql"
        " && echo 'CREATE TABLE early (); COMMENT ON TABLE early IS $$x$$' >%s/sql/901_early.sql"
        " && echo 'CREATE TABLE late (); ALTER TABLE doctor ADD room text' >%s/sql/902_late.sql"
        " && DATABASE_URL=\"%s\" LOCK_TIMEOUT_MS=50 timeout 60 %s/sql/migrate",
        clinic_directory(), clinic_directory(), clinic_directory(), clinic_directory(),
        clinic_url(), clinic_directory());
}

static const char *tables(void)
{
    return sql("SELECT concat(to_regclass('early'), ' ', to_regclass('late'), ' ', max(number))"
               "  FROM migration");
}

Test(changing, a_migration_steps_back_from_a_lock_that_it_does_not_get)
{
    PGconn *holder = hold_doctors();
    SAID(migrate_further(), 1, "applying 902_late.sql", "55P03",
         "a lock was not to be had within 50 ms; trying again");
    cr_expect_str_eq(tables(), "early  901", "%s", tables());
    PQfinish(holder);
    SAID(migrate_further(), 0, "applying 902_late.sql");
    cr_expect_str_eq(tables(), "early late 902", "%s", tables());
    cr_expect_eq(patient_api("GET", "/doctors", NULL, NULL).status, 200, "older workers go on");
}

Test(changing, a_migration_tries_again_until_it_has_its_lock)
{
    PGconn *holder = hold_doctors();
    const char *log = text("%s/migrate.log", clinic_directory());
    cr_assert_eq(
        shell(text("{ %s; echo ended with $?; } >%s 2>&1 & :", migrate_further(), log)).status, 0);
    await(text("grep -q 'trying again' %s", log));
    PQfinish(holder);
    await(text("grep -q 'ended with' %s", log));
    SAID(text("cat %s", log), 0, "ended with 0");
    cr_expect_str_eq(tables(), "early late 902", "%s", tables());
}

Test(changing, what_is_no_time_is_refused)
{
    SAID(text("DATABASE_URL=\"%s\" LOCK_TIMEOUT_MS=0x1 sql/migrate", clinic_url()), 1,
         "LOCK_TIMEOUT_MS is not a number");
}
