/* Appointments through the front door: booking, cancelling, and the desk's day. */
#include "clinic.h"

#include <stdlib.h>
#include <string.h>

TestSuite(appointment, .init = clinic_open, .fini = clinic_close);

static struct answer cancel(int64_t patient_id, const char *id)
{
    return patient_api("PATCH", text("/appointments/%s/cancel", id), patient_token(patient_id),
                       NULL);
}

static struct answer set_status(const char *id, const char *status)
{
    return admin_api("PATCH", text("/appointments/%s/status", id), staff_token("desk"),
                     text("{\"status\": \"%s\"}", status));
}

Test(appointment, a_free_start_can_be_booked)
{
    struct answer booked = book(1, 1, 2, "2027-03-02T10:15");
    expect_answer(booked, 201, "");
    cr_expect_str_eq(at(&booked, "/start_time"), "2027-03-02T10:15:00+09:00");
    cr_expect_str_eq(at(&booked, "/end_time"), "2027-03-02T11:00:00+09:00");
    cr_expect_str_eq(at(&booked, "/doctor/name"), "Kim");
    cr_expect_str_eq(at(&booked, "/treatment/price"), "120000");
    cr_expect_str_eq(at(&booked, "/patient/phone"), "01012345678");
    cr_expect_str_eq(at(&booked, "/status"), "pending");
    cr_expect_str_eq(at(&booked, "/visit_type"), "first");
    cr_expect_str_eq(header(&booked, "Location"),
                     text("/api/v1/patient/appointments/%s", at(&booked, "/id")));
    cr_expect_str_eq(header(&booked, "ETag"), "\"1\"");
    struct answer seen =
        patient_api("GET", text("/appointments/%s", at(&booked, "/id")), patient_token(1), NULL);
    expect_answer(seen, 200, "");
    cr_expect_str_eq(seen.text, booked.text);
}

Test(appointment, a_start_with_an_offset_is_converted)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T01:15Z");
    expect_answer(booked, 201, "");
    cr_expect_str_eq(at(&booked, "/start_time"), "2027-03-02T10:15:00+09:00");
    booked = book(1, 1, 1, "2027-03-01T22:30:00-04:00");
    cr_expect_str_eq(at(&booked, "/start_time"), "2027-03-02T11:30:00+09:00");
}

Test(appointment, each_rule_refuses_with_its_own_reason)
{
    static const struct {
        int64_t doctor, treatment;
        const char *start;
        int status;
        const char *code;
    } rows[] = {
        {4, 1, "2027-03-02T10:00", 422, "doctor_inactive"},
        {1, 4, "2027-03-02T10:00", 422, "treatment_inactive"},
        {1, 1, "2027-03-02T10:07", 422, "not_quarter_hour"},
        {1, 1, "2027-03-01T07:45", 422, "in_the_past"},
        {1, 1, "2026-01-02T10:00", 422, "in_the_past"},
        {1, 1, "2027-08-29T10:00", 422, "too_far"}, /* 181 days ahead */
        {1, 1, "2027-08-28T10:00", 201, ""},
        {1, 1, "2027-03-02T11:45", 422, "lunch_time"},
        {1, 1, "2027-03-02T12:45", 422, "lunch_time"},
        {1, 1, "2027-03-02T11:30", 201, ""},
        {1, 1, "2027-03-02T13:00", 201, ""},
        {1, 1, "2027-03-02T08:45", 422, "outside_hours"},
        {1, 1, "2027-03-02T17:45", 422, "outside_hours"},
        {1, 1, "2027-03-02T23:45", 422, "outside_hours"},
        {1, 1, "2027-03-02T17:30", 201, ""},
        {1, 1, "2027-03-03T10:30", 422, "no_slot"},
        {1, 1, "2027-03-03T10:15", 422, "no_slot"},
        {1, 1, "2027-03-03T11:00", 201, ""},
        {99, 1, "2027-03-02T10:00", 422, "invalid"},
        {1, 99, "2027-03-02T10:00", 422, "invalid"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer = book(3, rows[i].doctor, rows[i].treatment, rows[i].start);
        cr_expect(answer.status == rows[i].status &&
                      (!*rows[i].code || !strcmp(at(&answer, "/code"), rows[i].code)),
                  "%s: expected %d %s, got %s", rows[i].start, rows[i].status, rows[i].code,
                  answer.text);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "5");
}

Test(appointment, notice_is_a_setting_of_the_hospital)
{
    sql("UPDATE hospital SET min_notice_minutes = 150");
    expect_answer(book(3, 1, 1, "2027-03-01T10:15"), 422, "too_soon");
    expect_answer(book(3, 1, 1, "2027-03-01T10:30"), 201, "");
}

Test(appointment, nobody_is_in_two_places_at_once)
{
    expect_answer(book(1, 1, 2, "2027-03-02T10:15"), 201, "");
    expect_answer(book(2, 1, 1, "2027-03-02T10:45"), 409, "doctor_busy");
    expect_answer(book(2, 1, 1, "2027-03-02T09:45"), 201, "");
    expect_answer(book(2, 1, 1, "2027-03-02T11:00"), 201, "");
    expect_answer(book(1, 2, 1, "2027-03-02T10:00"), 409, "patient_busy");
    expect_answer(book(1, 2, 1, "2027-03-02T11:00"), 201, "");
}

Test(appointment, every_slot_it_touches_counts)
{
    sql("INSERT INTO doctor (name, department) VALUES ('Ahn', 'surgery')");
    expect_answer(book(1, 1, 1, "2027-03-02T10:15"), 201, "");
    expect_answer(book(2, 2, 1, "2027-03-02T10:15"), 201, "");
    expect_answer(book(3, 3, 1, "2027-03-02T10:30"), 201, "");
    expect_answer(book(4, 5, 1, "2027-03-02T10:30"), 409, "slot_full");
    expect_answer(book(4, 5, 1, "2027-03-02T10:15"), 409, "slot_full");
    expect_answer(book(4, 5, 1, "2027-03-02T10:00"), 201, "");
    cr_expect_str_eq(sql("SELECT string_agg(booked::text, ',' ORDER BY start_time)"
                         "  FROM slot_day WHERE day = '2027-03-02'"),
                     "3,3");
}

Test(appointment, a_return_visit_follows_a_completed_one)
{
    struct answer first = book(1, 1, 1, "2027-03-02T10:00");
    struct answer second = book(1, 1, 1, "2027-03-02T11:00");
    cr_expect_str_eq(at(&second, "/visit_type"), "first");
    expect_answer(set_status(at(&first, "/id"), "confirmed"), 200, "");
    expect_answer(set_status(at(&first, "/id"), "completed"), 200, "");
    struct answer third = book(1, 1, 1, "2027-03-02T14:00");
    cr_expect_str_eq(at(&third, "/visit_type"), "return");
    struct answer others = book(2, 1, 1, "2027-03-02T15:00");
    cr_expect_str_eq(at(&others, "/visit_type"), "first");
}

Test(appointment, it_keeps_the_length_and_the_price_it_was_booked_with)
{
    struct answer booked = book(1, 1, 2, "2027-03-02T10:15");
    sql("UPDATE treatment SET duration_minutes = 60, price = 1");
    struct answer seen =
        patient_api("GET", text("/appointments/%s", at(&booked, "/id")), patient_token(1), NULL);
    cr_expect_str_eq(seen.text, booked.text);
}

Test(appointment, a_cancelled_time_is_free_again)
{
    struct answer booked = book(1, 1, 2, "2027-03-02T10:15");
    struct answer cancelled = cancel(1, at(&booked, "/id"));
    expect_answer(cancelled, 200, "");
    cr_expect_str_eq(at(&cancelled, "/status"), "cancelled");
    cr_expect_str_eq(header(&cancelled, "ETag"), "\"2\"");
    expect_answer(book(2, 1, 2, "2027-03-02T10:15"), 201, "");
    cr_expect_str_eq(sql("SELECT string_agg(booked::text, ',') FROM slot_day"), "1,1");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "2", "cancelling deletes nothing");
}

Test(appointment, cancelling_twice_answers_the_same)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    struct answer once = cancel(1, at(&booked, "/id")), twice = cancel(1, at(&booked, "/id"));
    expect_answer(once, 200, "");
    expect_answer(twice, 200, "");
    cr_expect_str_eq(once.text, twice.text);
}

Test(appointment, a_reason_for_cancelling_is_kept)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    struct answer cancelled =
        patient_api("PATCH", text("/appointments/%s/cancel", at(&booked, "/id")), patient_token(1),
                    "{\"reason\": \"a cold\"}");
    expect_answer(cancelled, 200, "");
    cr_expect_str_eq(sql("SELECT status_reason FROM appointment"), "a cold");
}

Test(appointment, what_has_begun_or_is_over_cannot_be_cancelled)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    clinic_set_clock("2027-03-02 10:01");
    expect_answer(cancel(1, at(&booked, "/id")), 422, "in_the_past");
    clinic_set_clock("2027-03-02 09:59");
    expect_answer(set_status(at(&booked, "/id"), "confirmed"), 200, "");
    expect_answer(set_status(at(&booked, "/id"), "completed"), 200, "");
    expect_answer(cancel(1, at(&booked, "/id")), 409, "illegal_transition");
    clinic_set_clock("2027-03-02 10:31");
    expect_answer(cancel(1, at(&booked, "/id")), 409, "illegal_transition");
    cr_expect_str_eq(sql("SELECT status FROM appointment"), "completed");
}

Test(appointment, cancelling_needs_the_hospitals_notice)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    sql("UPDATE hospital SET cancel_notice_minutes = 60");
    clinic_set_clock("2027-03-02 09:01");
    expect_answer(cancel(1, at(&booked, "/id")), 422, "too_soon");
    clinic_set_clock("2027-03-02 09:00");
    expect_answer(cancel(1, at(&booked, "/id")), 200, "");
}

Test(appointment, a_stale_version_changes_nothing)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *path = text("/appointments/%s/cancel", at(&booked, "/id"));
    static const char *const tags[] = {"\"2\"", "\"0\"", "1", "W/\"1\"", "\"1", "\"\"", "x"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        expect_answer(ask(PATIENT_POOL, "PATCH", path, patient_token(1), NULL, 0,
                          (const char *[]){"HTTP_IF_MATCH", tags[i], NULL}),
                      412, "stale_version");
    const char *confirm = "{\"status\": \"confirmed\"}";
    expect_answer(ask(ADMIN_POOL, "PATCH", text("/appointments/%s/status", at(&booked, "/id")),
                      staff_token("desk"), confirm, strlen(confirm),
                      (const char *[]){"HTTP_IF_MATCH", "\"2\"", NULL}),
                  412, "stale_version");
    cr_expect_str_eq(sql("SELECT status FROM appointment"), "pending");
    expect_answer(ask(PATIENT_POOL, "PATCH", path, patient_token(1), NULL, 0,
                      (const char *[]){"HTTP_IF_MATCH", "\"1\"", NULL}),
                  200, "");
}

Test(appointment, the_desk_leads_it_through_the_day)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *id = at(&booked, "/id");
    expect_answer(set_status(id, "completed"), 409, "illegal_transition");
    expect_answer(set_status(id, "confirmed"), 200, "");
    expect_answer(set_status(id, "no_show"), 409, "illegal_transition");
    expect_answer(set_status(id, "arrived"), 200, "");
    expect_answer(set_status(id, "pending"), 409, "illegal_transition");
    expect_answer(set_status(id, "completed"), 200, "");
    expect_answer(set_status(id, "cancelled"), 409, "illegal_transition");
    expect_answer(set_status(id, "lost"), 422, "invalid");
    expect_answer(set_status("999", "confirmed"), 404, "not_found");
    cr_expect_str_eq(sql("SELECT version FROM appointment"), "4");
}

Test(appointment, a_no_show_is_known_only_once_it_has_begun)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    expect_answer(set_status(at(&booked, "/id"), "confirmed"), 200, "");
    clinic_set_clock("2027-03-02 10:01");
    struct answer absent = set_status(at(&booked, "/id"), "no_show");
    expect_answer(absent, 200, "");
    cr_expect_str_eq(at(&absent, "/status"), "no_show");
}

Test(appointment, a_patient_lists_their_own_latest_first)
{
    book(1, 1, 1, "2027-03-02T10:00");
    struct answer later = book(1, 2, 1, "2027-03-05T10:00");
    book(2, 3, 1, "2027-03-06T10:00");
    cancel(1, at(&later, "/id"));
    struct answer all = patient_api("GET", "/appointments", patient_token(1), NULL);
    cr_expect_eq(number_at(&all, "/total"), 2);
    cr_expect_str_eq(at(&all, "/items/0/start_time"), "2027-03-05T10:00:00+09:00");
    cr_expect_str_eq(at(&all, "/items/1/start_time"), "2027-03-02T10:00:00+09:00");
    struct answer some =
        patient_api("GET", "/appointments?status=cancelled", patient_token(1), NULL);
    cr_expect_eq(number_at(&some, "/total"), 1);
    some =
        patient_api("GET", "/appointments?from=2027-03-02&to=2027-03-04", patient_token(1), NULL);
    cr_expect_eq(number_at(&some, "/total"), 1);
    cr_expect_str_eq(at(&some, "/items/0/status"), "pending");
    some = patient_api("GET", "/appointments?page=2&page_size=1", patient_token(1), NULL);
    cr_expect_eq(length_at(&some, "/items"), 1);
    cr_expect_str_eq(at(&some, "/items/0/start_time"), "2027-03-02T10:00:00+09:00");
}

Test(appointment, staff_see_all_earliest_first_and_filter)
{
    book(1, 1, 1, "2027-03-04T10:00");
    book(2, 2, 2, "2027-03-02T10:00");
    struct answer third = book(2, 1, 3, "2027-03-05T10:00");
    set_status(at(&third, "/id"), "confirmed");
    static const struct {
        const char *query;
        int total;
        const char *first;
    } rows[] = {
        {"", 3, "2027-03-02T10:00:00+09:00"},
        {"?doctor_id=1", 2, "2027-03-04T10:00:00+09:00"},
        {"?treatment_id=3", 1, "2027-03-05T10:00:00+09:00"},
        {"?patient_id=2&status=pending", 1, "2027-03-02T10:00:00+09:00"},
        {"?from=2027-03-04", 2, "2027-03-04T10:00:00+09:00"},
        {"?from=2027-03-04&to=2027-03-04", 1, "2027-03-04T10:00:00+09:00"},
        {"?doctor_id=3", 0, "(nothing)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer list =
            admin_api("GET", text("/appointments%s", rows[i].query), staff_token("viewer"), NULL);
        expect_answer(list, 200, "");
        cr_expect_eq(number_at(&list, "/total"), rows[i].total, "%s", rows[i].query);
        cr_expect_str_eq(at(&list, "/items/0/start_time"), rows[i].first, "%s", rows[i].query);
    }
    struct answer one =
        admin_api("GET", text("/appointments/%s", at(&third, "/id")), staff_token("viewer"), NULL);
    expect_answer(one, 200, "");
    cr_expect_str_eq(at(&one, "/status"), "confirmed");
    expect_answer(admin_api("GET", "/appointments/999", staff_token("viewer"), NULL), 404,
                  "not_found");
}
