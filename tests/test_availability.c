/* What is offered is bookable, and what is not offered is refused. */
#include "clinic.h"

#include <stdlib.h>
#include <string.h>

TestSuite(availability, .init = clinic_open, .fini = clinic_close);

static struct answer free_times(int64_t doctor, int64_t treatment, const char *date,
                                const char *token)
{
    return patient_api("GET",
                       text("/availability/%lld/availability?date=%s&treatment_id=%lld",
                            (long long)doctor, date, (long long)treatment),
                       token, NULL);
}

static bool offers(const struct answer *answer, const char *time)
{
    return strstr(at(answer, "/times"), text("\"%s\"", time)) != NULL;
}

Test(availability, an_empty_day_is_free_but_for_lunch_and_closing)
{
    struct answer day = free_times(1, 2, "2027-03-02", NULL);
    expect_answer(day, 200, "");
    cr_expect_str_eq(at(&day, "/date"), "2027-03-02");
    cr_expect_eq(number_at(&day, "/duration_minutes"), 45);
    cr_expect_eq(length_at(&day, "/times"), 10 + 18);
    cr_expect_str_eq(at(&day, "/times/0"), "09:00");
    cr_expect(offers(&day, "11:15") && !offers(&day, "11:30") && offers(&day, "13:00"));
    cr_expect(offers(&day, "17:15") && !offers(&day, "17:30"));
}

Test(availability, what_is_booked_is_not_offered)
{
    book(1, 1, 2, "2027-03-02T10:15");
    struct answer kim = free_times(1, 1, "2027-03-02", NULL);
    cr_expect(offers(&kim, "09:45") && !offers(&kim, "10:00") && !offers(&kim, "10:45"));
    cr_expect(offers(&kim, "11:00"));
    struct answer lee = free_times(2, 1, "2027-03-02", NULL);
    cr_expect(offers(&lee, "10:15"));
}

Test(availability, a_patients_own_appointments_count_when_logged_in)
{
    book(1, 1, 2, "2027-03-02T10:15");
    struct answer own = free_times(2, 1, "2027-03-02", patient_token(1));
    cr_expect(!offers(&own, "10:15") && offers(&own, "11:00"));
    struct answer others = free_times(2, 1, "2027-03-02", patient_token(2));
    cr_expect(offers(&others, "10:15"));
}

Test(availability, full_and_missing_slots_are_not_offered)
{
    book(1, 1, 1, "2027-03-03T10:00"); /* Wednesday 10:00 has one place */
    struct answer day = free_times(2, 1, "2027-03-03", NULL);
    cr_expect(offers(&day, "09:30") && !offers(&day, "09:45") && !offers(&day, "10:00"));
    cr_expect(!offers(&day, "10:30") && !offers(&day, "10:45") && offers(&day, "11:00"));
}

Test(availability, today_begins_now)
{
    clinic_set_clock("2027-03-01 10:07");
    struct answer today = free_times(1, 1, "2027-03-01", NULL);
    cr_expect_str_eq(at(&today, "/times/0"), "10:15");
    struct answer yesterday = free_times(1, 1, "2027-02-28", NULL);
    expect_answer(yesterday, 200, "");
    cr_expect_eq(length_at(&yesterday, "/times"), 0);
}

Test(availability, who_and_what_must_exist_and_be_active)
{
    expect_answer(free_times(99, 1, "2027-03-02", NULL), 404, "not_found");
    struct answer unknown = free_times(1, 99, "2027-03-02", NULL);
    expect_answer(unknown, 422, "invalid");
    cr_expect_str_eq(at(&unknown, "/errors/0/field"), "treatment_id");
    struct answer away = free_times(4, 1, "2027-03-02", NULL);
    cr_expect_eq(length_at(&away, "/times"), 0);
    struct answer gone = free_times(1, 4, "2027-03-02", NULL);
    cr_expect_eq(length_at(&gone, "/times"), 0);
    expect_answer(free_times(1, 1, "2027-02-30", NULL), 400, "bad_request");
    expect_answer(patient_api("GET", "/availability/1/availability?date=2027-03-02", NULL, NULL),
                  400, "bad_request");
}

/* 2027-03-14 in New York: 02:00 to 03:00 does not exist. */
Test(availability, an_hour_that_the_clocks_skip_is_neither_offered_nor_booked)
{
    sql("ALTER DATABASE %s SET timezone = 'America/New_York'", sql("SELECT current_database()"));
    sql("UPDATE hospital SET time_zone = 'America/New_York', opens_at = '00:00',"
        "                    closes_at = '24:00'");
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity)"
        " SELECT n * interval '30 minutes', n * interval '30 minutes' + interval '30 minutes', 3"
        "   FROM generate_series(0, 17) AS n");
    struct answer day = free_times(1, 1, "2027-03-14", NULL);
    cr_expect(offers(&day, "01:30") && !offers(&day, "01:45") && !offers(&day, "02:00"));
    cr_expect(!offers(&day, "02:45") && offers(&day, "03:00"));
    expect_answer(book(1, 1, 1, "2027-03-14T02:15"), 422, "nonexistent_time");
    struct answer before = book(1, 1, 1, "2027-03-14T01:30");
    cr_expect_str_eq(at(&before, "/start_time"), "2027-03-14T01:30:00-05:00");
    cr_expect_str_eq(at(&before, "/end_time"), "2027-03-14T02:00:00-05:00");
    struct answer after = book(2, 1, 1, "2027-03-14T07:00Z");
    cr_expect_str_eq(at(&after, "/start_time"), "2027-03-14T03:00:00-04:00");
}

/* Fills a day at random: appointments of anybody, some slots shrunk or closed. */
static void crowd(const char *date, unsigned *dice)
{
    for (int i = 0; i < 25; i++)
        book(3 + rand_r(dice) % 20, 1 + rand_r(dice) % 3, 1 + rand_r(dice) % 3,
             text("%sT%02d:%02d", date, 9 + rand_r(dice) % 9, rand_r(dice) % 4 * 15));
    sql("UPDATE slot_day SET capacity = greatest(booked, 1) WHERE random() < 0.3");
}

/* Tries all 96 quarter-hours of a day against what was offered, undoing what succeeds. */
static void compare_offer(int64_t doctor, int64_t treatment, const char *date, int64_t patient)
{
    struct answer offer = free_times(doctor, treatment, date, patient_token(patient));
    for (int quarter = 0; quarter < 96; quarter++) {
        const char *time = text("%02d:%02d", quarter / 4, quarter % 4 * 15);
        struct answer answer = book(patient, doctor, treatment, text("%sT%s", date, time));
        cr_expect_eq(answer.status == 201, offers(&offer, time),
                     "%s %s, doctor %lld, treatment %lld: offered %d, booking answers %d %s", date,
                     time, (long long)doctor, (long long)treatment, offers(&offer, time),
                     answer.status, at(&answer, "/code"));
        if (answer.status == 201)
            sql("DELETE FROM appointment WHERE id = %s", at(&answer, "/id"));
    }
}

Test(availability, offered_and_bookable_are_the_same_on_random_days)
{
    unsigned dice = 20270301;
    sql("SELECT setseed(0.27)");
    for (int i = 0; i < 6; i++) {
        const char *date = text("2027-03-%02d", 1 + rand_r(&dice) % 31);
        crowd(date, &dice);
        compare_offer(1 + rand_r(&dice) % 3, 1 + rand_r(&dice) % 3, date, 3 + rand_r(&dice) % 20);
    }
}
