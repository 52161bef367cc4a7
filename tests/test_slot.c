/* Slots: when the hospital takes people and how many, and how changes reach the days to come. */
#include "clinic.h"

#include <pthread.h>
#include <stdlib.h>

TestSuite(slot, .init = clinic_open, .fini = clinic_close);

/* tests/clinic.sql: 1 to 18 every day from 09:00; 19 and 20 for Wednesdays, 10:00 and 10:30. */
enum { AT_TEN = 3, WEDNESDAY_AT_TEN = 19, WEDNESDAY_AT_HALF_PAST_TEN = 20 };

/* `further`: more members, such as ", \"day_of_week\": 3". */
static const char *slot(const char *start_time, const char *end_time, int max_capacity,
                        const char *further)
{
    return text("{\"start_time\": \"%s\", \"end_time\": \"%s\", \"max_capacity\": %d%s}",
                start_time, end_time, max_capacity, further);
}

static struct answer as_admin(const char *method, const char *path, const char *body)
{
    return admin_api(method, path, staff_token("admin"), body);
}

static struct answer as_viewer(const char *path)
{
    return admin_api("GET", path, staff_token("viewer"), NULL);
}

static struct answer replace(int id, const char *body)
{
    return as_admin("PUT", text("/hospital-slots/%d", id), body);
}

static struct answer hide(int id)
{
    return as_admin("DELETE", text("/hospital-slots/%d", id), NULL);
}

static bool is_offered(const char *date, const char *time)
{
    struct answer day = patient_api(
        "GET", text("/availability/3/availability?treatment_id=1&date=%s", date), NULL, NULL);
    cr_assert_eq(day.status, 200, "%s", day.text);
    return strstr(at(&day, "/times"), text("\"%s\"", time)) != NULL;
}

/* Patients 101, 102, ... with doctors 1, 2, ..., so that only the slot can refuse. */
static struct answer book_number(int number, const char *start)
{
    return book(100 + number, number, 1, start);
}

Test(slot, a_new_slot_can_be_booked)
{
    sql("UPDATE hospital SET opens_at = '08:30'");
    expect_answer(book(1, 1, 1, "2027-03-02T08:30"), 422, "no_slot");
    struct answer made = as_admin("POST", "/hospital-slots", slot("08:30", "09:00", 2, ""));
    expect_answer(made, 201, "");
    cr_expect_str_eq(header(&made, "Location"), "/api/v1/admin/hospital-slots/21");
    const char *document = "{'id': 21, 'start_time': '08:30', 'end_time': '09:00',"
                           " 'max_capacity': 2, 'day_of_week': null, 'is_active': true}";
    expect_document(made.text, document);
    expect_document(as_viewer("/hospital-slots/21").text, document);
    cr_expect(is_offered("2027-03-02", "08:30"));
    expect_answer(book(1, 1, 1, "2027-03-02T08:30"), 201, "");
}

Test(slot, replacing_replaces_every_field)
{
    struct answer replaced =
        replace(WEDNESDAY_AT_TEN, slot("08:00", "08:30", 9, ", \"is_active\": false"));
    expect_answer(replaced, 200, "");
    const char *document = "{'id': 19, 'start_time': '08:00', 'end_time': '08:30',"
                           " 'max_capacity': 9, 'day_of_week': null, 'is_active': false}";
    expect_document(replaced.text, document);
    expect_document(as_viewer("/hospital-slots/19").text, document);
    replace(WEDNESDAY_AT_TEN, slot("08:00", "08:30", 9, ", \"day_of_week\": 7"));
    expect_document(as_viewer("/hospital-slots/19").text,
                    "{'id': 19, 'start_time': '08:00', 'end_time': '08:30',"
                    " 'max_capacity': 9, 'day_of_week': 7, 'is_active': true}");
}

Test(slot, a_weekdays_row_replaces_the_every_day_row)
{
    cr_expect(is_offered("2027-03-02", "10:30"));
    cr_expect_not(is_offered("2027-03-03", "10:30"), "Wednesday's row is not active");
    cr_expect_not(is_offered("2027-03-03", "10:15"), "10:15 to 10:45 touches it");
    cr_expect(is_offered("2027-03-03", "10:00"));
    expect_answer(book_number(1, "2027-03-03T10:30"), 422, "no_slot");

    expect_answer(book_number(1, "2027-03-03T10:00"), 201, "");
    cr_expect_not(is_offered("2027-03-03", "10:00"), "Wednesday's row holds one");
    expect_answer(book_number(2, "2027-03-03T10:00"), 409, "slot_full");
    expect_answer(book_number(1, "2027-03-02T10:00"), 201, "");
    expect_answer(book_number(2, "2027-03-02T10:00"), 201, "");
}

Test(slot, a_weekdays_row_holds_for_that_weekday_from_when_it_is_made)
{
    expect_answer(book_number(1, "2027-03-04T11:00"), 201, "");
    expect_answer(
        as_admin("POST", "/hospital-slots", slot("11:00", "11:30", 1, ", \"day_of_week\": 4")), 201,
        "");
    expect_answer(book_number(2, "2027-03-04T11:00"), 409, "slot_full");
    expect_answer(book_number(2, "2027-03-11T11:00"), 201, "");
    expect_answer(book_number(3, "2027-03-11T11:00"), 409, "slot_full");
    expect_answer(book_number(2, "2027-03-05T11:00"), 201, "");
    expect_answer(book_number(3, "2027-03-05T11:00"), 201, "");
}

Test(slot, a_weekdays_row_must_hold_those_who_are_booked_already)
{
    expect_answer(book_number(1, "2027-03-04T11:00"), 201, "");
    expect_answer(book_number(2, "2027-03-04T11:00"), 201, "");
    const char *thursday = slot("11:00", "11:30", 1, ", \"day_of_week\": 4");
    expect_answer(as_admin("POST", "/hospital-slots", thursday), 409, "in_use");
    cr_expect_str_eq(sql("SELECT count(*) FROM hospital_slot"), "20");
    expect_answer(
        as_admin("POST", "/hospital-slots", slot("11:00", "11:30", 2, ", \"day_of_week\": 4")), 201,
        "");
}

Test(slot, slots_are_half_hours_on_the_half_hour)
{
    static const struct {
        const char *body, *field, *code;
    } rows[] = {
        {"\"start_time\": \"10:15\", \"end_time\": \"10:45\", \"max_capacity\": 1", "start_time",
         "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"09:00\", \"max_capacity\": 1", "end_time",
         "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:15\", \"max_capacity\": 1", "end_time",
         "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"07:30\", \"max_capacity\": 1", "end_time",
         "not_acceptable"},
        {"\"start_time\": \"23:30\", \"end_time\": \"00:00\", \"max_capacity\": 1", "end_time",
         "not_acceptable"},
        {"\"start_time\": \"24:00\", \"end_time\": \"24:30\", \"max_capacity\": 1", "end_time",
         "not_acceptable"},
        {"\"start_time\": \"8:00\", \"end_time\": \"08:30\", \"max_capacity\": 1", "start_time",
         "not_acceptable"},
        {"\"start_time\": \"08:00:00\", \"end_time\": \"08:30\", \"max_capacity\": 1", "start_time",
         "not_acceptable"},
        {"\"start_time\": 800, \"end_time\": \"08:30\", \"max_capacity\": 1", "start_time",
         "wrong_type"},
        {"\"end_time\": \"08:30\", \"max_capacity\": 1", "start_time", "required"},
        {"\"start_time\": \"08:00\", \"max_capacity\": 1", "end_time", "required"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:30\"", "max_capacity", "required"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:30\", \"max_capacity\": 0", "max_capacity",
         "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:30\", \"max_capacity\": 100001",
         "max_capacity", "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:30\", \"max_capacity\": 1,"
         " \"day_of_week\": 0",
         "day_of_week", "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:30\", \"max_capacity\": 1,"
         " \"day_of_week\": 8",
         "day_of_week", "not_acceptable"},
        {"\"start_time\": \"08:00\", \"end_time\": \"08:30\", \"max_capacity\": 1, \"room\": 1",
         "room", "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *body = text("{%s}", rows[i].body);
        struct answer answers[] = {as_admin("POST", "/hospital-slots", body), replace(1, body)};
        for (int k = 0; k < 2; k++) {
            expect_answer(answers[k], 422, "invalid");
            cr_expect_str_eq(at(&answers[k], "/errors/0/field"), rows[i].field, "%s", body);
            cr_expect_str_eq(at(&answers[k], "/errors/0/code"), rows[i].code, "%s", body);
        }
    }
    cr_expect_str_eq(sql_refusal("UPDATE hospital_slot SET max_capacity = 0"),
                     "hospital_slot_holds_somebody");
    cr_expect_str_eq(sql_refusal("UPDATE hospital_slot SET day_of_week = 8 WHERE id = 1"),
                     "hospital_slot_on_a_weekday");
    cr_expect_str_eq(sql("SELECT count(*) FROM hospital_slot"), "20");
}

Test(slot, a_slot_exists_once_for_each_weekday)
{
    expect_answer(as_admin("POST", "/hospital-slots", slot("10:00", "10:30", 5, "")), 409,
                  "duplicate");
    expect_answer(
        as_admin("POST", "/hospital-slots", slot("10:00", "10:30", 5, ", \"day_of_week\": 3")), 409,
        "duplicate");
    expect_answer(replace(1, slot("10:00", "10:30", 3, "")), 409, "duplicate");
    cr_expect_str_eq(sql("SELECT max_capacity FROM hospital_slot WHERE id = 3"), "3");
    cr_expect_str_eq(sql("SELECT start_time FROM hospital_slot WHERE id = 1"), "09:00:00");
    expect_answer(
        as_admin("POST", "/hospital-slots", slot("10:00", "10:30", 5, ", \"day_of_week\": 2")), 201,
        "");
    expect_answer(replace(WEDNESDAY_AT_TEN, slot("10:00", "10:30", 5, ", \"day_of_week\": 2")), 409,
                  "duplicate");
}

Test(slot, a_hidden_slot_is_not_offered_and_comes_back_when_made_again)
{
    expect_answer(book_number(1, "2027-03-02T14:00"), 201, "");
    expect_answer(hide(AT_TEN), 204, "");
    expect_document(as_viewer("/hospital-slots/3").text,
                    "{'id': 3, 'start_time': '10:00', 'end_time': '10:30',"
                    " 'max_capacity': 3, 'day_of_week': null, 'is_active': false}");
    cr_expect_not(is_offered("2027-03-02", "10:00"));
    cr_expect(is_offered("2027-03-03", "10:00"), "Wednesday has its own row");
    expect_answer(book_number(1, "2027-03-02T10:00"), 422, "no_slot");
    expect_answer(hide(AT_TEN), 204, "");

    struct answer made = as_admin("POST", "/hospital-slots", slot("10:00", "10:30", 1, ""));
    expect_answer(made, 201, "");
    cr_expect_str_eq(header(&made, "Location"), "/api/v1/admin/hospital-slots/3");
    expect_document(made.text, "{'id': 3, 'start_time': '10:00', 'end_time': '10:30',"
                               " 'max_capacity': 1, 'day_of_week': null, 'is_active': true}");
    expect_answer(book_number(1, "2027-03-02T10:00"), 201, "");
    expect_answer(book_number(2, "2027-03-02T10:00"), 409, "slot_full");
}

Test(slot, hiding_a_weekdays_row_closes_that_weekday)
{
    expect_answer(hide(WEDNESDAY_AT_TEN), 204, "");
    cr_expect_not(is_offered("2027-03-03", "10:00"));
    cr_expect(is_offered("2027-03-02", "10:00"));
    replace(WEDNESDAY_AT_HALF_PAST_TEN, slot("10:30", "11:00", 1, ", \"day_of_week\": 3"));
    cr_expect(is_offered("2027-03-03", "10:30"));
}

Test(slot, only_future_appointments_that_stand_keep_a_slot)
{
    static const struct {
        const char *start, *end, *status;
        bool in_use;
    } rows[] = {
        {"2027-03-02 10:00", "2027-03-02 10:30", "pending", true},
        {"2027-03-02 10:15", "2027-03-02 10:45", "confirmed", true},
        {"2027-03-02 09:45", "2027-03-02 10:15", "pending", true},
        {"2027-03-01 10:00", "2027-03-01 10:30", "arrived", true},
        {"2027-03-02 10:30", "2027-03-02 11:00", "pending", false},
        {"2027-03-02 09:30", "2027-03-02 10:00", "pending", false},
        {"2027-03-03 10:00", "2027-03-03 10:30", "pending", false}, /* Wednesday's row */
        {"2027-03-02 10:00", "2027-03-02 10:30", "cancelled", false},
        {"2027-02-26 10:00", "2027-02-26 10:30", "pending", false},
        {"2027-02-26 10:00", "2027-02-26 10:30", "completed", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sql("DELETE FROM appointment");
        sql("UPDATE hospital_slot SET is_active = true WHERE id = 3");
        sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status)"
            " VALUES (1, 1, 1, '[%s, %s)', '%s')",
            rows[i].start, rows[i].end, rows[i].status);
        struct answer put = replace(AT_TEN, slot("10:00", "10:30", 3, ", \"is_active\": false"));
        sql("UPDATE hospital_slot SET is_active = true WHERE id = 3");
        struct answer moved = replace(AT_TEN, slot("08:00", "08:30", 3, ""));
        sql("UPDATE hospital_slot SET start_time = '10:00', end_time = '10:30' WHERE id = 3");
        struct answer hidden = hide(AT_TEN);
        int refused = rows[i].in_use ? 409 : 200;
        cr_expect(put.status == refused && moved.status == refused &&
                      hidden.status == (rows[i].in_use ? 409 : 204),
                  "%s %s: %d, %d, %d", rows[i].start, rows[i].status, put.status, moved.status,
                  hidden.status);
        if (rows[i].in_use)
            cr_expect_str_eq(at(&hidden, "/code"), "in_use");
    }
}

Test(slot, capacity_never_falls_below_what_is_booked)
{
    struct answer first = book_number(1, "2027-03-02T10:00");
    expect_answer(book_number(2, "2027-03-02T10:15"), 201, "");
    expect_answer(replace(AT_TEN, slot("10:00", "10:30", 1, "")), 409, "in_use");
    cr_expect_str_eq(sql("SELECT max_capacity FROM hospital_slot WHERE id = 3"), "3");
    expect_answer(book_number(3, "2027-03-02T10:00"), 201, "");
    expect_answer(replace(AT_TEN, slot("10:00", "10:30", 2, "")), 409, "in_use");
    patient_api("PATCH", text("/appointments/%s/cancel", at(&first, "/id")), patient_token(101),
                NULL);
    expect_answer(replace(AT_TEN, slot("10:00", "10:30", 2, "")), 200, "");
    expect_answer(book_number(1, "2027-03-02T10:00"), 409, "slot_full");
}

Test(slot, it_says_which_appointments_stand_in_the_way)
{
    struct answer tuesday = book_number(1, "2027-03-02T10:15"),
                  first = book_number(2, "2027-03-01T10:00");
    struct answer cancelled = book_number(3, "2027-03-01T10:00");
    sql("UPDATE appointment SET status = 'cancelled' WHERE id = %s", at(&cancelled, "/id"));
    struct answer second = book_number(3, "2027-03-01T09:45");
    struct answer lowered = replace(AT_TEN, slot("10:00", "10:30", 1, ""));
    cr_expect_str_eq(at(&lowered, "/detail"), text("2 appointments stand in the way: %s, %s.",
                                                   at(&first, "/id"), at(&second, "/id")));
    struct answer hidden = hide(AT_TEN);
    cr_expect_str_eq(at(&hidden, "/detail"),
                     text("3 appointments stand in the way: %s, %s, %s.", at(&tuesday, "/id"),
                          at(&first, "/id"), at(&second, "/id")));
}

struct race {
    int statuses[16];
};

/* Number 0 takes the slot away on whose days the others book. */
static void hide_or_book(int number, void *shared)
{
    struct race *race = shared;
    race->statuses[number] =
        number == 0
            ? hide(AT_TEN).status
            : book(number, 1 + number % 3, 1, text("2027-03-%02dT10:00", 1 + number)).status;
}

Test(slot, a_booking_that_races_its_slots_end_is_never_left_without_one)
{
    for (int round = 0; round < 16; round++) {
        struct race race;
        int booked = 0;
        sql("DELETE FROM appointment");
        sql("UPDATE hospital_slot SET is_active = true");
        if (round % 2)
            sql("DELETE FROM slot_day");
        at_once(16, hide_or_book, &race);
        for (int i = 1; i < 16; i++)
            booked += race.statuses[i] == 201;
        /* the Wednesdays have a row of their own, which stays */
        int wednesdays = atoi(sql("SELECT count(*) FROM appointment"
                                  " WHERE extract(isodow FROM lower(during)) = 3"));
        cr_expect(race.statuses[0] == (booked > wednesdays ? 409 : 204), "%d with %d booked",
                  race.statuses[0], booked - wednesdays);
        cr_expect_str_eq(sql("SELECT count(*) FROM slot_day WHERE booked > capacity"), "0");
    }
}

static void *hide_ten(void *answer)
{
    *(struct answer *)answer = hide(AT_TEN);
    return NULL;
}

static void *book_ten(void *answer)
{
    *(struct answer *)answer = book(1, 1, 1, "2027-03-02T10:00");
    return NULL;
}

static struct answer while_under_way(const char *first, void *(*come_second)(void *))
{
    pthread_t thread;
    struct answer second;
    sql("BEGIN");
    sql("%s", first);
    cr_assert_eq(pthread_create(&thread, NULL, come_second, &second), 0);
    clinic_await_locks(1);
    sql("COMMIT");
    pthread_join(thread, NULL);
    return second;
}

/* The two orders made certain, with and without a counter that is there already. */
Test(slot, of_a_booking_and_its_slots_end_the_second_sees_the_first)
{
    for (int with_counter = 0; with_counter <= 1; with_counter++) {
        if (with_counter)
            sql("SELECT slot_day_open('[2027-03-02 10:00, 2027-03-02 10:30)')");
        expect_answer(
            while_under_way("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
                            " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')",
                            hide_ten),
            409, "in_use");
        sql("DELETE FROM appointment");
        if (!with_counter)
            sql("DELETE FROM slot_day");
        expect_answer(while_under_way("UPDATE hospital_slot SET is_active = false"
                                      " WHERE start_time = '10:00' AND day_of_week IS NULL",
                                      book_ten),
                      422, "no_slot");
        sql("UPDATE hospital_slot SET is_active = true");
        sql("DELETE FROM slot_day");
    }
}

Test(slot, more_capacity_reaches_the_half_hour_that_has_begun)
{
    replace(AT_TEN, slot("10:00", "10:30", 1, ""));
    expect_answer(book_number(1, "2027-03-02T10:00"), 201, "");
    clinic_set_clock("2027-03-02 10:05");
    expect_answer(book_number(2, "2027-03-02T10:15"), 409, "slot_full");
    replace(AT_TEN, slot("10:00", "10:30", 2, ""));
    expect_answer(book_number(2, "2027-03-02T10:15"), 201, "");
}

Test(slot, a_slot_that_comes_back_to_its_old_time_can_be_booked)
{
    expect_answer(book_number(1, "2027-03-02T10:00"), 201, "");
    sql("UPDATE appointment SET status = 'cancelled'");
    expect_answer(replace(AT_TEN, slot("08:00", "08:30", 3, "")), 200, "");
    expect_answer(book_number(1, "2027-03-02T10:00"), 422, "no_slot");
    expect_answer(replace(AT_TEN, slot("10:00", "10:30", 3, "")), 200, "");
    expect_answer(book_number(1, "2027-03-02T10:00"), 201, "");
}

Test(slot, more_capacity_reaches_days_that_have_bookings)
{
    sql("UPDATE doctor SET is_active = true");
    for (int number = 1; number <= 3; number++)
        expect_answer(book_number(number, "2027-03-02T10:00"), 201, "");
    expect_answer(book_number(4, "2027-03-02T10:00"), 409, "slot_full");
    expect_answer(replace(AT_TEN, slot("10:00", "10:30", 4, "")), 200, "");
    expect_answer(book_number(4, "2027-03-02T10:00"), 201, "");
    expect_answer(hide(AT_TEN), 409, "in_use");
}

Test(slot, the_last_half_hour_of_a_day_ends_at_24_00)
{
    sql("UPDATE hospital SET closes_at = '24:00'");
    struct answer made = as_admin("POST", "/hospital-slots", slot("23:30", "24:00", 1, ""));
    expect_answer(made, 201, "");
    cr_expect_str_eq(at(&made, "/end_time"), "24:00");
    cr_expect(is_offered("2027-03-02", "23:30"));
    struct answer booked = book_number(1, "2027-03-02T23:30");
    expect_answer(booked, 201, "");
    cr_expect_str_eq(at(&booked, "/end_time"), "2027-03-03T00:00:00+09:00");
    expect_answer(book_number(2, "2027-03-02T23:30"), 409, "slot_full");
    expect_answer(book_number(2, "2027-03-02T23:45"), 422, "outside_hours");
    expect_answer(hide(21), 409, "in_use");
}

Test(slot, a_slot_that_is_not_there_is_not_found)
{
    const char *body = slot("08:00", "08:30", 1, "");
    expect_answer(as_viewer("/hospital-slots/999"), 404, "not_found");
    expect_answer(replace(999, body), 404, "not_found");
    expect_answer(hide(999), 404, "not_found");
    expect_answer(as_viewer("/hospital-slots/10:00"), 400, "bad_request");
    cr_expect_str_eq(sql("SELECT count(*) FROM hospital_slot WHERE is_active"), "19");
}

/* "1 2 3": the ids in a list, in its order. */
static const char *ids(const struct answer *list)
{
    const char *found = "";
    for (size_t i = 0; i < length_at(list, "/items"); i++)
        found = text("%s%s%s", found, i ? " " : "", at(list, text("/items/%zu/id", i)));
    return found;
}

Test(slot, slots_are_listed_by_page_and_filter)
{
    static const struct {
        const char *query, *ids;
        int total, page, page_size;
    } rows[] = {
        {"", "19 20 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", 20, 1, 20},
        {"?day_of_week=3", "19 20", 2, 1, 20},
        {"?day_of_week=4", "", 0, 1, 20},
        {"?is_active=false", "20", 1, 1, 20},
        {"?is_active=true&day_of_week=3", "19", 1, 1, 20},
        {"?page_size=8&page=3", "15 16 17 18", 20, 3, 8},
        {"?page_size=8&page=4", "", 20, 4, 8},
        {"?is_active=true&page_size=9&page=2", "9 10 11 12 13 14 15 16 17", 19, 2, 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer list = as_viewer(text("/hospital-slots%s", rows[i].query));
        expect_answer(list, 200, "");
        cr_expect_str_eq(ids(&list), rows[i].ids, "%s: %s", rows[i].query, list.text);
        cr_expect_eq(number_at(&list, "/total"), rows[i].total, "%s", rows[i].query);
        cr_expect_eq(number_at(&list, "/page"), rows[i].page);
        cr_expect_eq(number_at(&list, "/page_size"), rows[i].page_size);
    }
    expect_answer(as_viewer("/hospital-slots?day_of_week=8"), 400, "bad_request");
    expect_answer(as_viewer("/hospital-slots?day_of_week=Monday"), 400, "bad_request");
    expect_answer(as_viewer("/hospital-slots?page_size=0"), 400, "bad_request");
}
