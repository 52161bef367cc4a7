/* What the pools' roles may do in the database, and what they may not, should a pool be taken over.
 */
#include "clinic.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

TestSuite(privilege, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static const char *const roles[] = {
    [PATIENT_POOL] = "hospital_patient",
    [ADMIN_POOL] = "hospital_admin",
};

static PGconn *log_in(enum pool_name pool)
{
    PGconn *connection = PQconnectdb(clinic_pool_url(pool));
    cr_assert_eq(PQstatus(connection), CONNECTION_OK, "%s", PQerrorMessage(connection));
    return connection;
}

/* Runs SQL as a pool: the SQLSTATE that it was refused with; "" when it was not. */
static const char *attempt(PGconn *pool, const char *statement)
{
    PGresult *result = PQexec(pool, statement);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    state = state ? text("%s", state) : "";
    PQclear(result);
    return state;
}

/* The first column of the first row of what a pool asks. */
static const char *answer_to(PGconn *pool, const char *statement)
{
    PGresult *result = PQexec(pool, statement);
    cr_assert_eq(PQresultStatus(result), PGRES_TUPLES_OK, "%s", PQerrorMessage(pool));
    const char *value = text("%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

/* All that a role may do with tables and views: role x table x right, down to the columns. */
static const char *rights_of(const char *role)
{
    return sql(
        "WITH pool (role) AS (VALUES ('%s'::name)), kind (name, position) AS ("
        "    VALUES ('SELECT', 1), ('INSERT', 2), ('UPDATE', 3), ('DELETE', 4), ('TRUNCATE', 5),"
        "           ('REFERENCES', 6), ('TRIGGER', 7)),"
        " held AS ("
        "    SELECT c.relname, position,"
        "           CASE WHEN has_table_privilege(role, c.oid, name) THEN name"
        "                WHEN name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN"
        "                    (SELECT name || ' (' || string_agg(attname, ', ' ORDER BY attname) || ')'"
        "                       FROM pg_attribute"
        "                      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped"
        "                        AND has_column_privilege(role, c.oid, attnum, name))"
        "           END AS held"
        "      FROM pool, kind, pg_class c"
        "     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f'))"
        " SELECT string_agg(line, E'\\n' ORDER BY line)"
        "   FROM (SELECT relname || ': ' || string_agg(held, ', ' ORDER BY position)"
        "           FROM held WHERE held IS NOT NULL GROUP BY relname) AS lines (line)",
        role);
}

/* What is no line here, the parts of what only grows among it, is nobody's but the owner's. */
Test(privilege, tables_are_open_as_far_as_a_pools_statements_go)
{
    cr_expect_str_eq(
        rights_of("hospital_patient"),
        "appointment: SELECT, INSERT (doctor_id, during, memo, patient_id, treatment_id),"
        " UPDATE (doctor_id, during, memo, status, status_reason, treatment_id)\n"
        "closure: SELECT (doctor_id, first_day, last_day)\n"
        "doctor: SELECT\n"
        "doctor_day: SELECT\n"
        "hospital: SELECT\n"
        "idempotency_key: SELECT, INSERT, UPDATE (kept_at), DELETE\n"
        "login: SELECT, INSERT (network, patient_id), UPDATE (ended_at)\n"
        "migration: SELECT (file)\n"
        "offer: SELECT\n"
        "patient: SELECT (id, name, password_hash, phone), INSERT (name, password_hash, phone),"
        " UPDATE (name, password_hash, phone)\n"
        "refresh_token: SELECT, INSERT (digest, expires_at, login_id), UPDATE (spent_at)\n"
        "slot_day: SELECT (day, is_full, start_time)\n"
        "status_transition: SELECT\n"
        "treatment: SELECT");
    cr_expect_str_eq(
        rights_of("hospital_admin"),
        "access: SELECT, INSERT (action, address, patient_id, staff_id)\n"
        "appointment: SELECT, INSERT (doctor_id, during, memo, patient_id, treatment_id),"
        " UPDATE (doctor_id, during, memo, status, status_reason, treatment_id)\n"
        "appointment_history: SELECT\n"
        "closure: SELECT, INSERT (doctor_id, first_day, last_day, reason), DELETE\n"
        "doctor: SELECT, INSERT (department, is_active, name), UPDATE (department, is_active, name)\n"
        "doctor_day: SELECT\n"
        "hospital: SELECT, UPDATE (cancel_notice_minutes, closes_at, lunch_end, lunch_start,"
        " max_days_ahead, min_notice_minutes, name, opens_at, time_zone)\n"
        "hospital_slot: SELECT,"
        " INSERT (day_of_week, end_time, is_active, max_capacity, start_time),"
        " UPDATE (day_of_week, end_time, is_active, max_capacity, start_time)\n"
        "idempotency_key: SELECT, INSERT, UPDATE (kept_at), DELETE\n"
        "login: SELECT, INSERT (network, staff_id), UPDATE (ended_at)\n"
        "migration: SELECT (file)\n"
        "offer: SELECT\n"
        "patient: SELECT (id, name, phone), INSERT (name, password_hash, phone),"
        " UPDATE (name, password_hash, phone)\n"
        "refresh_token: SELECT, INSERT (digest, expires_at, login_id), UPDATE (spent_at)\n"
        "slot_day: SELECT (capacity, day, is_full, start_time)\n"
        "staff: SELECT, INSERT (email, is_active, name, password_hash, role),"
        " UPDATE (email, is_active, name, password_hash, role)\n"
        "status_transition: SELECT\n"
        "treatment: SELECT, INSERT (description, duration_minutes, is_active, name, price),"
        " UPDATE (description, duration_minutes, is_active, name, price)");
}

/* The owner's functions that a role may call, by name. */
static const char *functions_of(const char *role)
{
    return sql("SELECT string_agg(DISTINCT proname, ' ' ORDER BY proname)"
               "  FROM pg_proc p"
               " WHERE pronamespace = 'public'::regnamespace"
               "   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND deptype = 'e')"
               "   AND has_function_privilege('%s', p.oid, 'EXECUTE')",
               role);
}

#define OF_BOTH_POOLS(BEFORE_D, BEFORE_H, BEFORE_R, BEFORE_S, AT_END)                                       \
    "access_note acting " BEFORE_D "clocks_change " BEFORE_H "hospital_clock hospital_now"                  \
    " idempotency_claim idempotency_keep instant_text local_text login_admit login_forgive"                 \
    " login_is_ours login_network login_refresh minutes quarter_offsets quarters_skipped rfc3339 " BEFORE_S \
    "stretch" AT_END

Test(privilege, functions_are_open_as_far_as_a_pools_statements_go)
{
    cr_expect_str_eq(functions_of("hospital_patient"),
                     OF_BOTH_POOLS("appointment_text ", "", "", "", ""));
    cr_expect_str_eq(functions_of("hospital_admin"),
                     OF_BOTH_POOLS("appointment_state appointment_text ",
                                   "doctor_text half_hours_touched ", "", "slot_capacity ",
                                   " treatment_text"));
    cr_expect_str_eq(sql("SELECT string_agg(oid::regprocedure::text, ' ')"
                         "  FROM pg_proc"
                         " WHERE pronamespace = 'public'::regnamespace AND prosecdef"
                         "   AND (prorettype <> 'trigger'::regtype"
                         "            AND proname NOT IN ('login_admit', 'login_forgive')"
                         "        OR proconfig <> '{\"search_path=public, pg_temp\"}')"),
                     "",
                     "only triggers and what counts attempts have the owner's rights, and they look"
                     " nowhere else");
}

Test(privilege, the_pools_own_nothing_and_are_nothing_more)
{
    for (size_t i = 0; i < COUNT(roles); i++) {
        cr_expect_str_eq(
            sql("SELECT concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb,"
                "                 rolreplication, rolbypassrls, rolcanlogin)"
                "  FROM pg_roles WHERE rolname = '%s'",
                roles[i]),
            "f f f f f f t");
        cr_expect_str_eq(sql("SELECT count(*) FROM pg_shdepend"
                             " WHERE refobjid = '%s'::regrole AND deptype = 'o'",
                             roles[i]),
                         "0", "%s owns something", roles[i]);
        cr_expect_str_eq(sql("SELECT count(*) FROM pg_auth_members"
                             " WHERE '%s'::regrole IN (member, roleid)",
                             roles[i]),
                         "0");
    }
}

/* What everybody may is what a pool may, too. */
Test(privilege, everybody_may_nothing)
{
    cr_expect_str_eq(
        sql("SELECT string_agg(what, ' ')"
            "  FROM (SELECT relname, relacl FROM pg_class"
            "         WHERE relnamespace = 'public'::regnamespace"
            "        UNION ALL"
            "        SELECT proname, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc p"
            "         WHERE pronamespace = 'public'::regnamespace"
            "           AND NOT EXISTS (SELECT FROM pg_depend d"
            "                            WHERE d.objid = p.oid AND deptype = 'e')"
            "        UNION ALL"
            "        SELECT nspname, nspacl FROM pg_namespace WHERE nspname = 'public'"
            "        UNION ALL"
            "        SELECT datname, coalesce(datacl, acldefault('d', datdba)) FROM pg_database"
            "         WHERE datname = current_database()) AS thing (what, acl)"
            " WHERE EXISTS (SELECT FROM aclexplode(acl) WHERE grantee = 0)"),
        "");
}

/* Migrations to come have to grant by themselves. */
Test(privilege, what_is_made_later_is_closed)
{
    sql("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY)");
    sql("CREATE FUNCTION later() RETURNS integer LANGUAGE sql RETURN 1");
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        PGconn *connection = log_in(pool);
        cr_expect_str_eq(attempt(connection, "SELECT count(*) FROM later"), "42501");
        cr_expect_str_eq(attempt(connection, "INSERT INTO later DEFAULT VALUES"), "42501");
        cr_expect_str_eq(attempt(connection, "SELECT nextval('later_id_seq')"), "42501");
        cr_expect_str_eq(attempt(connection, "SELECT later()"), "42501");
        PQfinish(connection);
    }
}

#define BOOKED                                                                                     \
    "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during%s)"                      \
    " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)'%s)"

/* Each is refused for want of the right, and for nothing else. */
Test(privilege, a_pool_that_was_taken_over_cannot)
{
    static const struct {
        enum pool_name pool;
        const char *statement;
    } rows[] = {
        /* become more than it is */
        {PATIENT_POOL, "SET ROLE hospital"},
        {PATIENT_POOL, "SET ROLE hospital_admin"},
        {ADMIN_POOL, "SET SESSION AUTHORIZATION hospital"},
        {ADMIN_POOL, "ALTER ROLE hospital_admin SUPERUSER"},
        {ADMIN_POOL, "ALTER ROLE hospital_patient PASSWORD 'x'"},
        {PATIENT_POOL, "CREATE ROLE another"},
        {PATIENT_POOL, "GRANT SELECT ON staff TO hospital_patient"},
        {ADMIN_POOL, "GRANT SELECT ON access_rest TO hospital_admin"},
        {PATIENT_POOL, "GRANT hospital_admin TO hospital_patient"},
        {ADMIN_POOL, "ALTER TABLE access DISABLE TRIGGER USER"},
        {PATIENT_POOL, "ALTER TABLE login DISABLE ROW LEVEL SECURITY"},
        {ADMIN_POOL, "SET session_replication_role = replica"},
        {PATIENT_POOL, "COPY doctor TO '/tmp/never'"},
        {PATIENT_POOL, "COPY doctor TO PROGRAM 'true'"},
        {PATIENT_POOL, "SELECT pg_read_file('PG_VERSION')"},
        {PATIENT_POOL, "SELECT rolpassword FROM pg_authid"},
        /* leave something behind */
        {PATIENT_POOL, "CREATE TABLE mine (id integer)"},
        {PATIENT_POOL, "CREATE TEMPORARY TABLE mine (id integer)"},
        {ADMIN_POOL, "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1"},
        {ADMIN_POOL, "CREATE SCHEMA mine"},
        {ADMIN_POOL, "CREATE EXTENSION pgcrypto"},
        /* change what triggers keep */
        {PATIENT_POOL, "UPDATE slot_day SET booked = 0"},
        {ADMIN_POOL, "UPDATE slot_day SET allowed = 9"},
        {ADMIN_POOL, "INSERT INTO slot_day (day, start_time, capacity)"
                     " VALUES ('2027-03-02', '10:00', 99)"},
        {ADMIN_POOL, "DELETE FROM doctor_day"},
        {PATIENT_POOL, "UPDATE doctor_day SET busy = ~busy"},
        {ADMIN_POOL, "UPDATE hospital SET offered = ~offered"},
        {ADMIN_POOL, "SELECT slot_day_open('[2027-03-02 10:00, 2027-03-02 10:30)')"},
        {ADMIN_POOL, "INSERT INTO status_transition VALUES ('cancelled', 'pending', false)"},
        /* rewrite what was */
        {PATIENT_POOL, "DELETE FROM appointment"},
        {ADMIN_POOL, "DELETE FROM appointment"},
        {ADMIN_POOL, "TRUNCATE appointment"},
        {ADMIN_POOL, "UPDATE appointment SET price = 0"},
        {PATIENT_POOL, "UPDATE appointment SET patient_id = 2"},
        {PATIENT_POOL, "UPDATE appointment SET version = 1"},
        {ADMIN_POOL, "UPDATE appointment_history SET reason = 'x'"},
        {ADMIN_POOL, "DELETE FROM appointment_history"},
        {ADMIN_POOL, "INSERT INTO appointment_history SELECT * FROM appointment_history"},
        {ADMIN_POOL, "UPDATE access SET patient_id = 1"},
        {ADMIN_POOL, "DELETE FROM access"},
        {ADMIN_POOL, "TRUNCATE access"},
        {ADMIN_POOL, "DELETE FROM access_rest"},
        {ADMIN_POOL, "INSERT INTO access (at, staff_id, patient_id, action)"
                     " VALUES ('2020-01-01', 1, 1, 'x')"},
        {ADMIN_POOL, "DELETE FROM appointment_history_so_far"},
        {ADMIN_POOL, "TRUNCATE appointment_history_rest"},
        {ADMIN_POOL, "SELECT parts_ready('2099-01-01')"},
        {ADMIN_POOL, "SELECT parts_drop('access', 1, '2099-01-01')"},
        {PATIENT_POOL, "SELECT part_open('access', 'x', '2099-01-01', '2099-02-01')"},
        {PATIENT_POOL, "CALL rows_drop('idempotency_key', 'true')"},
        {PATIENT_POOL, "SELECT access_note((1, 'x', NULL)::visitor, 1)"},
        {ADMIN_POOL, "DELETE FROM patient"},
        {ADMIN_POOL, "DELETE FROM staff"},
        /* see what is not its business */
        {PATIENT_POOL, "SELECT email FROM staff"},
        {PATIENT_POOL, "SELECT password_hash FROM staff"},
        {PATIENT_POOL, "SELECT count(*) FROM staff"},
        {PATIENT_POOL, "SELECT count(*) FROM access"},
        {PATIENT_POOL, "SELECT count(*) FROM appointment_history"},
        {PATIENT_POOL, "SELECT reason FROM closure"},
        {PATIENT_POOL, "SELECT count(*) FROM standing_appointment"},
        {PATIENT_POOL, "SELECT created_at FROM patient"},
        {PATIENT_POOL, "SELECT digest FROM migration"},
        {ADMIN_POOL, "SELECT password_hash FROM patient"},
        {ADMIN_POOL, "SELECT p FROM patient p"},
        {ADMIN_POOL, "SELECT count(*) FROM access_rest"},
        {ADMIN_POOL, "SELECT count(*) FROM appointment_history_so_far"},
        {ADMIN_POOL, "SELECT count(*) FROM part"},
        /* log in as those of the other pool */
        {PATIENT_POOL, "INSERT INTO login (staff_id) VALUES (1)"},
        {ADMIN_POOL, "INSERT INTO login (patient_id) VALUES (1)"},
        {PATIENT_POOL, "INSERT INTO refresh_token (digest, login_id, expires_at)"
                       " VALUES ('x', 1, now() + interval '1 day')"},
        {PATIENT_POOL, "INSERT INTO idempotency_key (caller, key, request, status)"
                       " VALUES ('staff 1', 'k', '', 204)"},
        {ADMIN_POOL, "INSERT INTO idempotency_key (caller, key, request, status)"
                     " VALUES ('patient 1', 'k', '', 204)"},
    };
    PGconn *pools[] = {log_in(PATIENT_POOL), log_in(ADMIN_POOL)};
    sql("INSERT INTO login (staff_id) VALUES (1)");
    sql(BOOKED, "", "");
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(attempt(pools[rows[i].pool], rows[i].statement), "42501", "%s: %s",
                         roles[rows[i].pool], rows[i].statement);
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        cr_expect_str_eq(attempt(pools[pool], text(BOOKED, ", price", ", 0")), "42501");
        PQfinish(pools[pool]);
    }
}

/* Of logins and requests with a key a pool sees, and changes, its own. */
Test(privilege, the_pools_do_not_see_each_others_logins)
{
    PGconn *patients = log_in(PATIENT_POOL), *staff = log_in(ADMIN_POOL);
    sql("INSERT INTO login (patient_id) VALUES (1), (2)");
    sql("INSERT INTO login (staff_id) VALUES (3)");
    sql("INSERT INTO refresh_token (digest, login_id, expires_at)"
        " SELECT id::text::bytea, id, now() + interval '1 day' FROM login");
    sql("INSERT INTO idempotency_key (caller, key, request, status)"
        " VALUES ('patient 1', 'k', '', 204), ('anyone of patient', 'k', '', 204),"
        "        ('staff 1', 'k', '', 204), ('anyone of staff', 'k', '', 204),"
        "        ('staffing', 'k', '', 204)");
    static const char *const seen =
        "SELECT concat_ws(' ', (SELECT string_agg(id::text, ',' ORDER BY id) FROM login),"
        "                      (SELECT count(*) FROM refresh_token),"
        "                      (SELECT string_agg(caller, ',' ORDER BY caller)"
        "                         FROM idempotency_key))";
    cr_expect_str_eq(answer_to(patients, seen), "1,2 2 anyone of patient,patient 1");
    cr_expect_str_eq(answer_to(staff, seen), "3 1 anyone of staff,staff 1");
    cr_expect_str_eq(attempt(patients, "UPDATE login SET ended_at = now()"), "");
    cr_expect_str_eq(attempt(patients, "UPDATE refresh_token SET spent_at = now()"), "");
    cr_expect_str_eq(attempt(patients, "DELETE FROM idempotency_key"), "");
    cr_expect_str_eq(answer_to(patients, "SELECT login_refresh(false, '3', 'x', now()) IS NULL"),
                     "t");
    cr_expect_str_eq(sql("SELECT string_agg(id::text, ',') FROM login WHERE ended_at IS NULL"),
                     "3");
    cr_expect_str_eq(sql("SELECT count(*) FROM refresh_token WHERE spent_at IS NULL"), "1");
    cr_expect_str_eq(sql("SELECT count(*) FROM idempotency_key"), "3");
    PQfinish(patients);
    PQfinish(staff);
}

/* However it calls acting(): a patient exceeds no room, and nobody signs for the other pool. */
Test(privilege, no_pool_is_believed_what_the_other_one_does)
{
    static const char *const by = "SELECT concat_ws(' ', 'patient', patient_id, 'staff', staff_id,"
                                  "                 override)"
                                  "  FROM appointment_history ORDER BY at DESC LIMIT 1";
    PGconn *patients = log_in(PATIENT_POOL), *staff = log_in(ADMIN_POOL);
    const char *insert = text(BOOKED, "", "");
    sql("UPDATE hospital_slot SET max_capacity = 1");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " VALUES (2, 2, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')");
    PQclear(PQexec(patients, "BEGIN; SELECT acting(NULL, 1, 'because I say so')"));
    cr_expect_str_eq(attempt(patients, insert), "23514", "the room was exceeded");
    PQclear(PQexec(patients, "ROLLBACK"));
    sql("DELETE FROM appointment");

    PQclear(PQexec(patients, "BEGIN; SELECT acting(1, 1, 'because I say so')"));
    cr_expect_str_eq(attempt(patients, insert), "");
    PQclear(PQexec(patients, "COMMIT"));
    cr_expect_str_eq(sql("%s", by), "patient 1 staff");

    sql("DELETE FROM appointment");
    PQclear(PQexec(staff, "BEGIN; SELECT acting(1, 2, NULL)"));
    cr_expect_str_eq(attempt(staff, insert), "");
    PQclear(PQexec(staff, "COMMIT"));
    cr_expect_str_eq(sql("%s", by), "patient staff 2");
    PQfinish(patients);
    PQfinish(staff);
}

Test(privilege, each_pool_works_under_its_own_role)
{
    expect_answer(patient_api("GET", "/doctors", NULL, NULL), 200, "");
    expect_answer(admin_api("GET", "/doctors", staff_token("viewer"), NULL), 200, "");
    cr_expect_str_eq(sql("SELECT string_agg(DISTINCT usename::text, ' ') FROM pg_stat_activity"
                         " WHERE datname = current_database() AND application_name = 'hospital'"),
                     "hospital_admin hospital_patient");
}

Test(privilege, the_pools_may_enter_and_nobody_else)
{
    sql("DO $$ BEGIN CREATE ROLE passer_by LOGIN PASSWORD 'by';"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
    PGconn *stranger = PQconnectdb(text("%s user=passer_by password=by", clinic_url()));
    cr_expect(strstr(PQerrorMessage(stranger), "does not have CONNECT privilege"), "%s",
              PQerrorMessage(stranger));
    PQfinish(stranger);
}
