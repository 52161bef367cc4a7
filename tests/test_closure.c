/* Days on which the hospital, or a doctor, takes nobody: never over the heads of those who are
 * booked, and never under somebody who is just booking. */
#include "clinic.h"

#include <pthread.h>
#include <string.h>

TestSuite(closure, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer close_days(const char *from, const char *to, const char *doctor)
{
    return admin_api("POST", "/closures", staff_token("admin"),
                     text("{\"from\": \"%s\", \"to\": \"%s\", \"doctor_id\": %s,"
                          " \"reason\": \"a holiday\"}",
                          from, to, doctor));
}

static size_t free_starts(int64_t doctor, const char *date)
{
    struct answer day = patient_api(
        "GET",
        text("/availability/%lld/availability?date=%s&treatment_id=1", (long long)doctor, date),
        NULL, NULL);
    return length_at(&day, "/times");
}

Test(closure, a_closed_hospital_takes_nobody)
{
    struct answer closure = close_days("2027-03-02", "2027-03-03", "null");
    expect_answer(closure, 201, "");
    cr_expect_str_eq(header(&closure, "Location"),
                     text("/api/v1/admin/closures/%s", at(&closure, "/id")));
    expect_document(closure.text,
                    text("{\"id\": %s, \"from\": \"2027-03-02\", \"to\": \"2027-03-03\","
                         " \"doctor_id\": null, \"reason\": \"a holiday\"}",
                         at(&closure, "/id")));
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 422, "closed");
    expect_answer(book(1, 1, 1, "2027-03-03T17:30"), 422, "closed");
    expect_answer(book(1, 1, 1, "2027-03-01T17:30"), 201, "");
    expect_answer(book(1, 1, 1, "2027-03-04T09:00"), 201, "");
    cr_expect_eq(free_starts(2, "2027-03-02"), 0);
    cr_expect_eq(free_starts(2, "2027-03-04"), 30);
    cr_expect_str_eq(
        sql_refusal("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
                    " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')"),
        "appointment_hospital_open");
}

Test(closure, a_doctor_who_is_away_takes_nobody)
{
    expect_answer(close_days("2027-03-02", "2027-03-02", "1"), 201, "");
    expect_answer(close_days("2027-03-02", "2027-03-02", "2"), 201, "");
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 422, "doctor_away");
    expect_answer(book(1, 2, 1, "2027-03-02T10:00"), 422, "doctor_away");
    struct answer booked = book(1, 3, 1, "2027-03-02T10:00");
    expect_answer(booked, 201, "");
    expect_answer(patient_api("PATCH", text("/appointments/%s", at(&booked, "/id")),
                              patient_token(1), "{\"doctor_id\": 1}"),
                  422, "doctor_away");
    cr_expect_str_eq(sql_refusal("UPDATE appointment SET doctor_id = 1"),
                     "appointment_doctor_present");
    cr_expect_eq(free_starts(1, "2027-03-02"), 0);
    cr_expect_eq(free_starts(3, "2027-03-02"), 30 - 3);
}

Test(closure, it_says_which_appointments_stand_in_the_way)
{
    const char *ids[3];
    for (int i = 0; i < 3; i++) {
        struct answer booked = book(1 + i, 1 + i % 2, 1, text("2027-03-0%dT10:00", 4 - i));
        ids[i] = at(&booked, "/id");
    }
    struct answer refused = close_days("2027-03-02", "2027-03-05", "null");
    expect_answer(refused, 409, "in_use");
    cr_expect_str_eq(at(&refused, "/detail"),
                     text("3 appointments stand in the way: %s, %s, %s.", ids[2], ids[1], ids[0]));
    refused = close_days("2027-03-02", "2027-03-05", "2");
    cr_expect_str_eq(at(&refused, "/detail"), text("1 appointment stands in the way: %s.", ids[1]));
    expect_answer(close_days("2027-03-05", "2027-03-09", "null"), 201, "");
    expect_answer(close_days("2027-03-02", "2027-03-05", "3"), 201, "");
    for (int i = 0; i < 3; i++)
        patient_api("PATCH", text("/appointments/%s/cancel", ids[i]), patient_token(1 + i), NULL);
    expect_answer(close_days("2027-03-02", "2027-03-05", "null"), 201, "");
}

Test(closure, many_that_stand_in_the_way_are_counted_and_some_named)
{
    sql("UPDATE hospital_slot SET max_capacity = 50");
    sql("INSERT INTO doctor (name, department) SELECT 'D' || n, 'x' FROM generate_series(5, 30) n");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " SELECT n, n, 1, '[2027-03-02 09:00, 2027-03-02 09:30)' FROM generate_series(5, 29) AS n");
    struct answer refused = close_days("2027-03-02", "2027-03-02", "null");
    const char *detail = at(&refused, "/detail");
    cr_expect(strncmp(detail, "25 appointments stand in the way: ", 34) == 0, "%s", detail);
    cr_expect(strcmp(detail + strlen(detail) - 5, ", ...") == 0, "%s", detail);
}

/* What is over, or will not be, stands in nobody's way. */
Test(closure, only_future_appointments_that_stand_are_in_the_way)
{
    static const struct {
        const char *status, *during;
        int status_code;
    } rows[] = {
        {"pending", "[2027-03-01 09:00, 2027-03-01 09:30)", 409},
        {"confirmed", "[2027-03-01 09:00, 2027-03-01 09:30)", 409},
        {"arrived", "[2027-03-01 09:00, 2027-03-01 09:30)", 409},
        {"completed", "[2027-03-01 09:00, 2027-03-01 09:30)", 201},
        {"cancelled", "[2027-03-01 09:00, 2027-03-01 09:30)", 201},
        {"no_show", "[2027-03-01 09:00, 2027-03-01 09:30)", 201},
        {"pending", "[2027-02-28 17:30, 2027-02-28 18:00)", 201},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        sql("DELETE FROM appointment");
        sql("DELETE FROM closure");
        sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status)"
            " VALUES (1, 1, 1, '%s', '%s')",
            rows[i].during, rows[i].status);
        struct answer answer = close_days("2027-02-28", "2027-03-01", i % 2 ? "1" : "null");
        cr_expect_eq(answer.status, rows[i].status_code, "%s %s: %s", rows[i].status,
                     rows[i].during, answer.text);
    }
    sql("DELETE FROM closure");
    expect_answer(book(1, 1, 1, "2027-03-01T09:00"), 201, "");
    clinic_set_clock("2027-03-01 09:00"); /* what begins now is no longer to come */
    expect_answer(close_days("2027-03-01", "2027-03-01", "null"), 201, "");
}

Test(closure, a_removed_closure_closes_nothing)
{
    struct answer closure = close_days("2027-03-02", "2027-03-02", "null");
    const char *path = text("/closures/%s", at(&closure, "/id"));
    expect_answer(admin_api("GET", path, staff_token("viewer"), NULL), 200, "");
    expect_answer(admin_api("DELETE", path, staff_token("admin"), NULL), 204, "");
    expect_answer(admin_api("DELETE", path, staff_token("admin"), NULL), 404, "not_found");
    expect_answer(admin_api("GET", path, staff_token("viewer"), NULL), 404, "not_found");
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
}

Test(closure, it_is_a_range_of_days_of_somebody)
{
    static const struct {
        const char *body, *field, *code;
    } rows[] = {
        {"{\"from\": \"2027-03-02\"}", "to", "required"},
        {"{\"to\": \"2027-03-02\"}", "from", "required"},
        {"{\"from\": \"2027-03-03\", \"to\": \"2027-03-02\"}", "to", "not_acceptable"},
        {"{\"from\": \"2027-02-30\", \"to\": \"2027-03-02\"}", "from", "not_acceptable"},
        {"{\"from\": \"2027-03-02\", \"to\": \"2027-03-02\", \"doctor_id\": 99}", "doctor_id",
         "not_acceptable"},
        {"{\"from\": \"2027-03-02\", \"to\": \"2027-03-02\", \"doctor_id\": \"1\"}", "doctor_id",
         "wrong_type"},
        {"{\"from\": \"2027-03-02\", \"to\": \"2027-03-02\", \"hours\": 3}", "hours", "unknown"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = admin_api("POST", "/closures", staff_token("admin"), rows[i].body);
        expect_answer(answer, 422, "invalid");
        cr_expect_str_eq(at(&answer, "/errors/0/field"), rows[i].field, "%s", rows[i].body);
        cr_expect_str_eq(at(&answer, "/errors/0/code"), rows[i].code, "%s", rows[i].body);
    }
    struct answer least = admin_api("POST", "/closures", staff_token("admin"),
                                    "{\"from\": \"2027-03-02\", \"to\": \"2027-03-02\"}");
    expect_answer(least, 201, "");
    cr_expect_str_eq(at(&least, "/reason"), "(nothing)");
}

Test(closure, closures_are_listed_by_day_and_filter)
{
    close_days("2027-03-05", "2027-03-09", "1");
    close_days("2027-03-02", "2027-03-06", "null");
    close_days("2027-04-01", "2027-04-01", "2");
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"", "2 1 3"},
        {"?from=2027-03-07", "1 3"},
        {"?to=2027-03-04", "2"},
        {"?from=2027-03-09&to=2027-04-01", "1 3"},
        {"?from=2027-03-10&to=2027-03-31", ""},
        {"?doctor_id=1", "1"},
        {"?page_size=1&page=2", "1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer list =
            admin_api("GET", text("/closures%s", rows[i].query), staff_token("viewer"), NULL);
        const char *ids = "";
        for (size_t k = 0; k < length_at(&list, "/items"); k++)
            ids = text("%s%s%s", ids, *ids ? " " : "", at(&list, text("/items/%zu/id", k)));
        cr_expect_str_eq(ids, rows[i].ids, "%s", rows[i].query);
    }
}

struct race {
    int statuses[16];
    const char *doctor;
};

/* Number 0 closes the days that the others book on; half of the counters are there already. */
static void close_or_book(int number, void *shared)
{
    struct race *race = shared;
    race->statuses[number] =
        number == 0
            ? close_days("2027-03-02", "2027-03-05", race->doctor).status
            : book(number, 1, 1, text("2027-03-0%dT%02d:00", 2 + number % 4, 13 + number / 4))
                  .status;
}

Test(closure, a_booking_that_races_a_closure_never_ends_up_inside_it, .timeout = 60)
{
    int closed = 0;
    for (int round = 0; round < 24; round++) {
        struct race race = {.doctor = round % 2 ? "1" : "null"};
        int booked = 0;
        sql("DELETE FROM appointment");
        sql("DELETE FROM closure");
        if (round % 3 == 0)
            sql("DELETE FROM slot_day");
        at_once(16, close_or_book, &race);
        for (int i = 1; i < 16; i++) {
            booked += race.statuses[i] == 201;
            cr_expect(race.statuses[i] == 201 || race.statuses[i] == 422, "%d", race.statuses[i]);
        }
        cr_expect(race.statuses[0] == (booked ? 409 : 201), "%d with %d booked", race.statuses[0],
                  booked);
        closed += race.statuses[0] == 201;
    }
    cr_log_info("closed in %d of 24 races", closed);
}

static void *close_tuesday(void *answer)
{
    *(struct answer *)answer = close_days("2027-03-02", "2027-03-02", "null");
    return NULL;
}

static void *book_tuesday(void *answer)
{
    *(struct answer *)answer = book(1, 1, 1, "2027-03-02T10:00");
    return NULL;
}

/* The two orders made certain, with and without a counter that is there already. */
Test(closure, whoever_comes_second_sees_the_first)
{
    for (int with_counter = 0; with_counter <= 1; with_counter++) {
        pthread_t thread;
        struct answer second;
        if (with_counter)
            sql("SELECT slot_day_open('[2027-03-02 10:00, 2027-03-02 10:30)')");
        sql("BEGIN");
        sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
            " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')");
        pthread_create(&thread, NULL, close_tuesday, &second);
        clinic_await_locks(1);
        sql("COMMIT");
        pthread_join(thread, NULL);
        expect_answer(second, 409, "in_use");
        sql("DELETE FROM appointment");

        sql("BEGIN");
        sql("INSERT INTO closure (first_day, last_day) VALUES ('2027-03-02', '2027-03-02')");
        pthread_create(&thread, NULL, book_tuesday, &second);
        clinic_await_locks(1);
        sql("COMMIT");
        pthread_join(thread, NULL);
        expect_answer(second, 422, "closed");
        sql("DELETE FROM closure");
        sql("DELETE FROM slot_day");
    }
}

static void *close_lee(void *answer)
{
    *(struct answer *)answer = close_days("2027-03-02", "2027-03-02", "2");
    return NULL;
}

static void *move_to_lee(void *answer)
{
    *(struct answer *)answer =
        patient_api("PATCH", "/appointments/1", patient_token(1), "{\"doctor_id\": 2}");
    return NULL;
}

/* The same for who stays where they are and only changes the doctor: no counter changes then. */
Test(closure, a_change_of_doctor_and_a_closure_see_each_other)
{
    pthread_t thread;
    struct answer second;
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    sql("BEGIN");
    sql("INSERT INTO closure (first_day, last_day, doctor_id)"
        " VALUES ('2027-03-02', '2027-03-02', 2)");
    pthread_create(&thread, NULL, move_to_lee, &second);
    clinic_await_locks(1);
    sql("COMMIT");
    pthread_join(thread, NULL);
    expect_answer(second, 422, "doctor_away");
    sql("DELETE FROM closure");

    sql("BEGIN");
    sql("UPDATE appointment SET doctor_id = 2");
    pthread_create(&thread, NULL, close_lee, &second);
    clinic_await_locks(1);
    sql("COMMIT");
    pthread_join(thread, NULL);
    expect_answer(second, 409, "in_use");
}
