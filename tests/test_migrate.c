/* sql/migrate: what it keeps, which passwords it gives to whom, and who gets to see them. */
#include "clinic.h"

#include <libpq-fe.h>
#include <stdlib.h>

TestSuite(migrate, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static void run(const char *command)
{
    cr_assert(system(command) == 0, "%s", command);
}

/* A new database beside this clinic's. */
static const char *create(const char *name)
{
    const char *database = text("%s_%s", name, sql("SELECT current_database()"));
    sql("CREATE DATABASE %s", database);
    return database;
}

static const char *url_of(const char *database)
{
    return text("%s dbname=%s", clinic_url(), database);
}

/* The first column of the first row that a connection is answered. */
static const char *answer_to(PGconn *connection, const char *statement)
{
    PGresult *result = PQexec(connection, statement);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK ||
                  PQresultStatus(result) == PGRES_TUPLES_OK,
              "%s: %s", statement, PQerrorMessage(connection));
    const char *value = text("%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

/* The same, of another database's owner. */
static const char *in(const char *database, const char *statement)
{
    PGconn *owner = PQconnectdb(url_of(database));
    const char *value = answer_to(owner, statement);
    PQfinish(owner);
    return value;
}

/* A hospital from before there were roles, with a booking and notes of three years. */
Test(migrate, a_hospital_from_before_the_roles_keeps_what_it_has)
{
    const char *old = create("old"), *folder = text("%s/sql", clinic_directory());
    run(text("mkdir %s && cp sql/00*.sql sql/01[01]*.sql %s"
             " && cp sql/owner.sh %s && sed '/pools_admit/d' sql/migrate >%s/migrate"
             " && chmod +x %s/migrate",
             folder, folder, folder, folder, folder));
    run(text("DATABASE_URL='%s' %s/migrate tests/clinic.sql >%s/log 2>&1", url_of(old), folder,
             folder));
    in(old, "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
            " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')");
    in(old, "INSERT INTO login (staff_id) VALUES (1)");
    in(old, "INSERT INTO access (at, staff_id, patient_id, action, address)"
            " SELECT now() - n * interval '1 month', 1, n, 'GET /patients/{id}', '192.0.2.7'"
            "   FROM generate_series(36, 0, -1) AS n");
    const char *notes = "SELECT string_agg(a::text, ' ' ORDER BY id) FROM access a"
                        " WHERE at >= date_trunc('month', now() AT TIME ZONE 'UTC'"
                        "                                 - interval '2 years') AT TIME ZONE 'UTC'";
    const char *before = in(old, notes);
    PGconn *old_worker = PQconnectdb(url_of(old)); /* which goes on while new ones are started */
    answer_to(old_worker,
              "PREPARE appointment_find AS"
              " SELECT appointment_text(a, d, t, p, h.time_zone)"
              "   FROM appointment a, doctor d, treatment t, patient p, hospital h"
              "  WHERE (d.id, t.id, p.id) = (a.doctor_id, a.treatment_id, a.patient_id)");
    const char *booked = answer_to(old_worker, "EXECUTE appointment_find");
    run(text("DATABASE_URL='%s' sql/migrate >%s/log", url_of(old), folder));
    cr_expect_str_eq(in(old, notes), before);
    cr_expect_str_eq(answer_to(old_worker, "EXECUTE appointment_find"), booked);
    PQfinish(old_worker);
    cr_expect_str_eq(in(old, "SELECT min(patient_id) || ' ' || max(patient_id) || ' ' || count(*)"
                             "  FROM access"),
                     "0 24 25", "more than two years are kept");
    cr_expect_str_eq(in(old, "INSERT INTO access (staff_id, patient_id, action) VALUES (1, 1, 'x')"
                             " RETURNING id"),
                     "38", "numbers go on");
    cr_expect_str_eq(in(old, "SELECT concat_ws(' ', (SELECT count(*) FROM appointment),"
                             "                 (SELECT count(*) FROM appointment_history),"
                             "                 (SELECT sum(booked) FROM slot_day),"
                             "                 (SELECT count(*) FROM login),"
                             "                 has_table_privilege('hospital_admin', 'access',"
                             "                                     'SELECT'))"),
                     "1 1 1 1 t");
    sql("DROP DATABASE %s", old);
}

/* Whose history is not by years yet. A worker of that time reads and writes it before and after. */
Test(migrate, a_history_in_one_piece_goes_on_in_parts)
{
    const char *old = create("old"), *folder = text("%s/sql", clinic_directory());
    run(text("mkdir %s && cp sql/migrate sql/owner.sh sql/00*.sql sql/01[0-8]*.sql %s"
             " && sed -i 's/parts_ready/access_keep/' %s/migrate",
             folder, folder, folder));
    run(text("DATABASE_URL='%s' %s/migrate tests/clinic.sql >%s/log 2>&1", url_of(old), folder,
             folder));
    PGconn *old_worker = PQconnectdb(url_of(old));
    answer_to(old_worker, "PREPARE book AS"
                          " INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
                          " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')");
    answer_to(old_worker, "PREPARE history AS"
                          " SELECT string_agg(concat(h.version, appointment_state(h, 'UTC')), ' '"
                          "                   ORDER BY appointment_id, h.version)"
                          "   FROM appointment_history h WHERE appointment_id <= 2");
    for (int i = 0; i < 2; i++) {
        answer_to(old_worker, "EXECUTE book");
        answer_to(old_worker, "UPDATE appointment SET status = 'cancelled', status_reason = 'x'"
                              " WHERE status = 'pending'");
    }
    const char *before = answer_to(old_worker, "EXECUTE history");
    cr_expect_neq(*before, '\0');
    run(text("DATABASE_URL='%s' sql/migrate >%s/log", url_of(old), folder));
    cr_expect_str_eq(answer_to(old_worker, "EXECUTE history"), before);
    answer_to(old_worker, "EXECUTE book");
    cr_expect_str_eq(in(old, "SELECT string_agg(DISTINCT tableoid::regclass::text, ' ') || count(*)"
                             "  FROM appointment_history"),
                     "appointment_history_so_far5");
    cr_expect_str_eq(in(old, "SELECT ends > now() + interval '6 months'"
                             "       AND ends < now() + interval '19 months'"
                             "  FROM part WHERE name::text = 'appointment_history_so_far'"),
                     "t");
    PQfinish(old_worker);
    sql("DROP DATABASE %s", old);
}

#define POOL_PASSWORDS                                                                             \
    "PATIENT_DATABASE_URL=postgresql://hospital_patient:the-patients@db/x"                         \
    " ADMIN_DATABASE_URL=\"user=hospital_admin password='the-staffs'\""

/* Whatever form the URLs have. A psql that notes how it was called stands before the real one, and
 * the server notes all that it is asked. */
Test(migrate, passwords_reach_no_command_line_and_no_log)
{
    const char *directory = clinic_directory(), *database = create("told");
    const char *host = sql("SHOW unix_socket_directories");
    const char *const urls[] = {
        text("%s password=%s", url_of(database), getenv("PGPASSWORD")),
        text("password = '%s' %s", getenv("PGPASSWORD"), url_of(database)),
        text("postgresql://hospital:the%%2Downers@/%s?host=%s", database, host),
        text("postgresql:///%s?host=%s&password=the-owners&user=hospital", database, host),
    };
    run(text("mkdir %s/bin && cat >%s/bin/psql <<'END' && chmod +x %s/bin/psql\n"
             "#!/bin/sh\n"
             "echo \"$@\" >>%s/calls\n"
             "exec /usr/bin/psql \"$@\"\n"
             "END\n",
             directory, directory, directory, directory));
    for (size_t i = 0; i < COUNT(urls); i++)
        run(text("unset PGPASSWORD; PATH=%s/bin:$PATH PGOPTIONS='-c log_statement=all'"
                 " DATABASE_URL=\"%s\" " POOL_PASSWORDS " sql/migrate >>%s/said 2>&1",
                 directory, urls[i], directory));
    run(text("test $(grep -c dbname= %s/calls) = 12", directory));
    run(text(
        "! grep -hE 'the-owners|the-patients|the-staffs' %s/calls %s/said %s/postgres/postgres.log",
        directory, directory, getenv("TEST_DIR")));
    run(text(
        "grep -q \"ALTER USER hospital_patient PASSWORD 'SCRAM-SHA-256\" %s/postgres/postgres.log",
        getenv("TEST_DIR")));
    PGconn *patients =
        PQconnectdb(text("%s user=hospital_patient password=the-patients", url_of(database)));
    cr_expect_eq(PQstatus(patients), CONNECTION_OK, "%s", PQerrorMessage(patients));
    PQfinish(patients);
    sql("DROP DATABASE %s", database);
}

Test(migrate, passwords_may_stand_in_files)
{
    const char *directory = clinic_directory(), *database = create("filed");
    const char *files = text("DATABASE_URL_FILE=%s/owner PATIENT_DATABASE_URL_FILE=%s/patient",
                             directory, directory);
    run(text(
        "echo \"%s\" >%s/owner; echo 'user=hospital_patient password=the-patients' >%s/patient",
        url_of(database), directory, directory));
    run(text("%s sql/migrate >%s/said 2>&1", files, directory));
    cr_expect_str_eq(in(database, "SELECT max(number) >= 13 FROM migration"), "t");
    run(text("! DATABASE_URL=dbname=x %s sql/migrate 2>%s/said", files, directory));
    run(text("grep -q 'DATABASE_URL_FILE is set, and the same without' %s/said", directory));
    run(text("rm %s/patient && ! %s sql/migrate >%s/said 2>&1", directory, files, directory));
    sql("DROP DATABASE %s", database);
}

/* Roles belong to the cluster, and the lock of two migrations to one database. */
Test(migrate, hospitals_of_one_cluster_may_be_made_at_the_same_time)
{
    enum { HOSPITALS = 4 };
    const char *databases[HOSPITALS], *commands = "";
    for (int i = 0; i < HOSPITALS; i++) {
        databases[i] = create(text("twin%d", i));
        commands =
            text("%s(DATABASE_URL='%s' " POOL_PASSWORDS " sql/migrate >%s/%d 2>&1) & p%d=$!;",
                 commands, url_of(databases[i]), clinic_directory(), i, i);
    }
    run(text("%s wait $p0 && wait $p1 && wait $p2 && wait $p3", commands));
    for (int i = 0; i < HOSPITALS; i++) {
        cr_expect_str_eq(in(databases[i], "SELECT max(number) >= 12 FROM migration"), "t");
        sql("DROP DATABASE %s", databases[i]);
    }
}
