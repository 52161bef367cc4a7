/* The schema by itself: its guards hold for plain SQL, each constraint means something to the
 * caller, migrations apply once, and the demo data loads. */
#include "clinic.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "refusal.h"

TestSuite(schema, .init = clinic_open, .fini = clinic_close);

/* A plain INSERT, as somebody types it in psql. */
#define INSERT                                                                                     \
    "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"                        \
    " VALUES (%d, %d, %d, '[2027-03-02 %s, 2027-03-02 %s)')"

Test(schema, every_constraint_means_something_to_the_caller)
{
    PGconn *owner = PQconnectdb(clinic_url());
    PGresult *names = PQexec(
        owner,
        "SELECT conname FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x')"
        " UNION SELECT indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = indrelid"
        "  WHERE relnamespace = 'public'::regnamespace AND indisunique AND NOT indisprimary"
        " UNION SELECT name[1] FROM pg_proc, regexp_matches(prosrc, 'CONSTRAINT = ''(\\w+)''', 'g') name"
        "  WHERE pronamespace = 'public'::regnamespace"
        " UNION SELECT t || '_in_use' FROM unnest('{doctor,treatment}'::text[]) t");
    struct arena *arena = arena_new();
    cr_assert_gt(PQntuples(names), 30, "%s", PQerrorMessage(owner));
    for (int i = 0; i < PQntuples(names); i++)
        cr_expect(refusal_by_constraint(arena, PQgetvalue(names, i, 0)),
                  "lib/refusal.c has no row for %s", PQgetvalue(names, i, 0));
    arena_free(arena);
    PQclear(names);
    PQfinish(owner);
}

Test(schema, a_plain_insert_cannot_double_book)
{
    sql(INSERT, 1, 1, 1, "10:15", "10:45");
    cr_expect_str_eq(sql_refusal(INSERT, 1, 2, 1, "10:30", "11:00"), "appointment_doctor_free");
    cr_expect_str_eq(sql_refusal(INSERT, 2, 1, 1, "10:00", "10:30"), "appointment_patient_free");
    sql(INSERT, 1, 1, 1, "10:45", "11:15");
    cr_expect_str_eq(sql("SELECT visit_type || ' ' || price || ' ' || status FROM appointment"),
                     "first 20000 pending");
}

Test(schema, a_plain_insert_cannot_exceed_the_room)
{
    sql("INSERT INTO doctor (name, department) VALUES ('Ahn', 'surgery')");
    sql(INSERT, 1, 1, 1, "10:15", "10:45");
    sql(INSERT, 2, 2, 1, "10:15", "10:45");
    sql(INSERT, 3, 3, 1, "10:00", "10:30");
    cr_expect_str_eq(sql_refusal(INSERT, 5, 4, 1, "09:45", "10:15"), "slot_day_within_capacity");
    sql(INSERT, 5, 4, 1, "10:30", "11:00");
    cr_expect_str_eq(sql_refusal("UPDATE appointment SET during = '[2027-03-02 10:15, 2027-03-02"
                                 " 10:45)' WHERE doctor_id = 5"),
                     "slot_day_within_capacity");
}

Test(schema, a_plain_write_needs_a_slot_and_an_active_doctor)
{
    cr_expect_str_eq(sql_refusal(INSERT, 1, 1, 1, "08:00", "08:30"), "slot_day_is_offered");
    cr_expect_str_eq(sql_refusal(INSERT, 1, 1, 1, "17:45", "18:15"), "slot_day_is_offered");
    cr_expect_str_eq(sql_refusal(INSERT, 4, 1, 1, "10:00", "10:30"), "appointment_doctor_active");
    cr_expect_str_eq(sql_refusal(INSERT, 1, 1, 4, "10:00", "10:30"),
                     "appointment_treatment_active");
    cr_expect_str_eq(sql_refusal(INSERT, 9, 1, 1, "10:00", "10:30"), "appointment_doctor");
    cr_expect_str_eq(sql_refusal(INSERT, 1, 1, 9, "10:00", "10:30"), "appointment_treatment");
    cr_expect_str_eq(sql_refusal(INSERT, 1, 999, 1, "10:00", "10:30"), "appointment_patient");
    cr_expect_str_eq(sql("SELECT count(*) FROM slot_day"), "0", "a refusal leaves no counter");
    sql(INSERT, 1, 1, 1, "10:00", "10:30");
    cr_expect_str_eq(sql_refusal("UPDATE appointment SET doctor_id = 4"),
                     "appointment_doctor_active");
    cr_expect_str_eq(sql_refusal("UPDATE appointment SET treatment_id = 4"),
                     "appointment_treatment_active");
}

Test(schema, the_shape_of_an_appointment_is_checked)
{
    static const struct {
        const char *during, *constraint;
    } rows[] = {
        {"[2027-03-02 10:07, 2027-03-02 10:37)", "appointment_on_the_quarter_hour"},
        {"[2027-03-02 10:00, 2027-03-02 10:15)", "appointment_takes_half_an_hour"},
        {"[2027-03-02 10:00, 2027-03-02 10:30]", "appointment_half_open"},
        {"[2027-03-02 23:30, 2027-03-03 00:30)", "appointment_on_one_day"},
        {"[2027-03-02 10:00, 2027-03-09 10:30)", "slot_day_is_offered"},
    };
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity)"
        " VALUES ('23:30', '24:00', 1), ('00:00', '00:30', 1)");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(sql_refusal("INSERT INTO appointment"
                                     " (doctor_id, patient_id, treatment_id, during)"
                                     " VALUES (1, 1, 1, '%s')",
                                     rows[i].during),
                         rows[i].constraint, "%s", rows[i].during);
}

Test(schema, moving_cancelling_and_deleting_keep_the_count)
{
    sql(INSERT, 1, 1, 2, "10:15", "11:00");
    sql("UPDATE appointment SET during = '[2027-03-02 10:30, 2027-03-02 11:15)'");
    cr_expect_str_eq(sql("SELECT string_agg(to_char(start_time, 'HH24:MI') || '=' || booked, ' '"
                         " ORDER BY start_time) FROM slot_day"),
                     "10:00=0 10:30=1 11:00=1");
    sql("UPDATE appointment SET status = 'cancelled'");
    cr_expect_str_eq(sql("SELECT sum(booked) FROM slot_day"), "0");
    cr_expect_str_eq(sql_refusal("UPDATE slot_day SET booked = -1"),
                     "slot_day_booked_not_negative");
    sql(INSERT, 1, 1, 2, "10:15", "11:00");
    cr_expect_str_eq(sql("SELECT sum(booked) FROM slot_day"), "2");
    sql("DELETE FROM appointment");
    cr_expect_str_eq(sql("SELECT sum(booked) FROM slot_day"), "0");
}

/* A doctor's busy quarter-hours on a day, as hours and quarters such as "10:1 10:2". */
static const char *busy(int doctor, const char *day)
{
    return sql("SELECT string_agg(quarter / 4 || ':' || mod(quarter, 4), ' ' ORDER BY quarter)"
               "  FROM doctor_day, generate_series(0, 95) AS quarter"
               " WHERE doctor_id = %d AND day = '%s' AND get_bit(busy, quarter) = 1",
               doctor, day);
}

Test(schema, a_doctors_day_follows_plain_writes)
{
    sql(INSERT, 1, 1, 1, "10:15", "10:55");
    sql(INSERT, 1, 2, 1, "11:00", "11:30");
    cr_expect_str_eq(busy(1, "2027-03-02"), "10:1 10:2 10:3 11:0 11:1");
    sql("UPDATE appointment SET during = '[2027-03-02 10:30, 2027-03-02 11:00)'"
        " WHERE patient_id = 1");
    cr_expect_str_eq(busy(1, "2027-03-02"), "10:2 10:3 11:0 11:1");
    sql("UPDATE appointment SET doctor_id = 2 WHERE patient_id = 1");
    cr_expect_str_eq(busy(1, "2027-03-02"), "11:0 11:1");
    cr_expect_str_eq(busy(2, "2027-03-02"), "10:2 10:3");
    sql("UPDATE appointment SET during = '[2027-03-03 09:00, 2027-03-03 09:30)'"
        " WHERE patient_id = 1");
    cr_expect_str_eq(busy(2, "2027-03-02"), "");
    cr_expect_str_eq(busy(2, "2027-03-03"), "9:0 9:1");
    sql("UPDATE appointment SET status = 'confirmed', memo = 'soon' WHERE patient_id = 1");
    cr_expect_str_eq(busy(2, "2027-03-03"), "9:0 9:1");
    sql("UPDATE appointment SET status = 'cancelled' WHERE patient_id = 1");
    cr_expect_str_eq(busy(2, "2027-03-03"), "");
    sql("DELETE FROM appointment");
    cr_expect_str_eq(busy(1, "2027-03-02"), "");
}

/* The hospital's row says by weekday what the slots say. */
Test(schema, what_is_offered_follows_the_slots)
{
    const char *offers = "SELECT string_agg(get_bit(offered, weekday * 96 + 40)::text, '')"
                         "  FROM hospital, generate_series(0, 6) AS weekday";
    cr_expect_str_eq(sql("%s", offers), "1111111");
    sql("UPDATE hospital_slot SET is_active = false WHERE start_time = '10:00' AND day_of_week IS NULL");
    cr_expect_str_eq(sql("%s", offers), "0010000", "Wednesday has a row of its own");
    sql("UPDATE hospital_slot SET day_of_week = 7 WHERE start_time = '10:00' AND day_of_week = 3");
    cr_expect_str_eq(sql("%s", offers), "0000001");
    sql("DELETE FROM hospital_slot WHERE start_time = '10:00'");
    cr_expect_str_eq(sql("%s", offers), "0000000");
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity) VALUES ('10:00', '10:30', 1)");
    cr_expect_str_eq(sql("%s", offers), "1111111");
    sql("TRUNCATE hospital_slot");
    cr_expect_str_eq(sql("%s", offers), "0000000");
}

Test(schema, a_deleted_slot_is_no_longer_offered)
{
    sql(INSERT, 1, 1, 1, "10:00", "10:30");
    cr_expect_str_eq(sql_refusal("DELETE FROM hospital_slot WHERE start_time = '10:00'"),
                     "hospital_slot_in_use");
    sql("DELETE FROM appointment");
    sql("DELETE FROM hospital_slot WHERE start_time = '10:00'");
    cr_expect_str_eq(sql_refusal(INSERT, 1, 1, 1, "10:00", "10:30"), "slot_day_is_offered");
}

/* Runs sql/migrate of a folder against a new database; what it printed. */
static const char *migrate(const char *folder)
{
    static char printed[4096];
    FILE *out = popen(text("DATABASE_URL='%s' %s/migrate 2>&1", clinic_url(), folder), "r");
    size_t length = fread(printed, 1, sizeof printed - 1, out);
    printed[length] = '\0';
    return text("%d %s", pclose(out) != 0, printed);
}

static void run(const char *command)
{
    cr_assert(system(command) == 0, "%s", command);
}

Test(schema, migrations_apply_once_in_order_and_are_recorded)
{
    const char *before = sql("SELECT string_agg(number || file || applied_at, ' ') FROM migration");
    cr_expect_str_eq(migrate("sql"), "0 ");
    cr_expect_str_eq(sql("SELECT string_agg(number || file || applied_at, ' ') FROM migration"),
                     before);
}

Test(schema, a_migration_that_was_changed_is_refused)
{
    const char *folder = text("%s/sql", clinic_directory());
    run(text("cp -r sql %s && echo '-- later' >> %s/001_hospital.sql", folder, folder));
    const char *answer = migrate(folder);
    cr_expect(answer[0] == '1' && strstr(answer, "001_hospital.sql was changed"), "%s", answer);
}

Test(schema, two_migrations_at_a_time_take_turns)
{
    const char *database = text("fresh_%s", sql("SELECT current_database()"));
    const char *url = text("%s dbname=%s", getenv("TEST_CLUSTER"), database);
    sql("CREATE DATABASE %s", database);
    run(text("export DATABASE_URL='%s'; sql/migrate >%s/1 2>&1 & first=$!;"
             " sql/migrate >%s/2 2>&1 && wait $first",
             url, clinic_directory(), clinic_directory()));
    run(text("cat %s/1 %s/2 | grep applying | sort | uniq -c | awk '$1 != 1 { exit 1 }'",
             clinic_directory(), clinic_directory()));
    sql("DROP DATABASE %s", database);
}

Test(schema, the_demo_data_loads_twice_and_leaves_sequences_ahead)
{
    const char *load = text("psql -q --set ON_ERROR_STOP=1 '%s' -f sql/demo.sql", clinic_url());
    sql("SET client_min_messages = warning");
    sql("TRUNCATE doctor, treatment, hospital_slot, staff, patient RESTART IDENTITY CASCADE");
    run(load);
    const char *counts = "SELECT (SELECT count(*) FROM doctor) || ' ' ||"
                         "       (SELECT count(*) FROM treatment) || ' ' ||"
                         "       (SELECT count(*) FROM hospital_slot) || ' ' ||"
                         "       (SELECT count(*) FROM staff) || ' ' ||"
                         "       (SELECT count(*) FROM patient)";
    const char *once = sql("%s", counts);
    run(load);
    cr_expect_str_eq(sql("%s", counts), once);
    sql("INSERT INTO doctor (name, department) VALUES ('new', 'new')");
    sql("INSERT INTO treatment (name, duration_minutes, price) VALUES ('new', 30, 1)");
    sql("INSERT INTO patient (name, phone) VALUES ('new', '01099999999')");
    struct answer login =
        patient_api("POST", "/auth/patient/login", NULL,
                    "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}");
    expect_answer(login, 200, "");
    expect_answer(admin_api("POST", "/auth/login", NULL,
                            "{\"email\": \"desk@example.com\", \"password\": \"clinic-demo\"}"),
                  200, "");
}
