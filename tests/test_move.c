/* Moving an appointment: one step, by the patient or the desk, under the same rules as booking. */
#include "clinic.h"

#include <pthread.h>
#include <string.h>

TestSuite(move, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* The id of a new appointment of patient 1, for doctor 1. */
static const char *booked(int64_t treatment_id, const char *start)
{
    struct answer answer = book(1, 1, treatment_id, start);
    cr_assert_eq(answer.status, 201, "%s", answer.text);
    return at(&answer, "/id");
}

static struct answer move_own(int64_t patient_id, const char *id, const char *body)
{
    return patient_api("PATCH", text("/appointments/%s", id), patient_token(patient_id), body);
}

static struct answer move_at_desk(const char *id, const char *body)
{
    return admin_api("PATCH", text("/appointments/%s", id), staff_token("desk"), body);
}

static const char *counters(void)
{
    return sql("SELECT string_agg(to_char(start_time, 'HH24:MI') || '=' || booked, ' '"
               "                  ORDER BY day, start_time)"
               "  FROM slot_day WHERE booked > 0");
}

Test(move, a_patient_moves_to_another_time_in_one_step)
{
    const char *id = booked(2, "2027-03-02T10:15");
    struct answer moved = move_own(1, id, "{\"start_time\": \"2027-03-02T10:30\"}");
    expect_answer(moved, 200, "");
    cr_expect_str_eq(at(&moved, "/id"), id);
    cr_expect_str_eq(at(&moved, "/start_time"), "2027-03-02T10:30:00+09:00");
    cr_expect_str_eq(at(&moved, "/end_time"), "2027-03-02T11:15:00+09:00");
    cr_expect_str_eq(at(&moved, "/status"), "pending");
    cr_expect_str_eq(at(&moved, "/version"), "2");
    cr_expect_str_eq(header(&moved, "ETag"), "\"2\"");
    cr_expect_str_eq(counters(), "10:30=1 11:00=1");
    expect_answer(book(2, 1, 1, "2027-03-02T10:00"), 201, "");
}

Test(move, what_is_not_given_stays)
{
    struct answer booked_with_memo =
        patient_api("POST", "/appointments", patient_token(1),
                    "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:00\","
                    " \"memo\": \"a rash\"}");
    const char *id = at(&booked_with_memo, "/id");
    struct answer doctor = move_own(1, id, "{\"doctor_id\": 2}");
    cr_expect_str_eq(at(&doctor, "/doctor/name"), "Lee");
    cr_expect_str_eq(at(&doctor, "/start_time"), "2027-03-02T10:00:00+09:00");
    cr_expect_str_eq(at(&doctor, "/memo"), "a rash");
    struct answer memo = move_own(1, id, "{\"memo\": \"two rashes\"}");
    cr_expect_str_eq(at(&memo, "/memo"), "two rashes");
    cr_expect_str_eq(at(&memo, "/doctor/name"), "Lee");
    struct answer none = move_own(1, id, "{\"memo\": null}");
    expect_answer(none, 200, "");
    cr_expect_str_eq(at(&none, "/memo"), "(nothing)");
    struct answer nothing = move_own(1, id, "{}");
    expect_answer(nothing, 200, "");
    cr_expect_str_eq(at(&nothing, "/version"), "4", "nothing was changed");
}

/* The length and the price that were agreed stay, unless it becomes another treatment. */
Test(move, another_treatment_brings_its_length_and_its_price)
{
    const char *id = booked(1, "2027-03-02T10:00");
    sql("UPDATE treatment SET duration_minutes = 60, price = 1 WHERE id = 1");
    struct answer later = move_own(1, id, "{\"start_time\": \"2027-03-02T11:30\"}");
    expect_answer(later, 200, "");
    cr_expect_str_eq(at(&later, "/end_time"), "2027-03-02T12:00:00+09:00");
    cr_expect_str_eq(at(&later, "/treatment/price"), "20000");
    expect_answer(move_own(1, id, "{\"treatment_id\": 3}"), 422, "lunch_time");
    struct answer other =
        move_own(1, id, "{\"treatment_id\": 3, \"start_time\": \"2027-03-02T13:00\"}");
    expect_answer(other, 200, "");
    cr_expect_str_eq(at(&other, "/end_time"), "2027-03-02T14:30:00+09:00");
    cr_expect_str_eq(at(&other, "/treatment/price"), "690000");
    cr_expect_str_eq(at(&other, "/treatment/duration_minutes"), "90");
}

/* A start that stays is no new wish: neither notice nor horizon speaks of it. */
Test(move, another_doctor_at_the_same_time_needs_no_new_notice)
{
    const char *id = booked(1, "2027-03-02T10:00");
    sql("UPDATE hospital SET min_notice_minutes = 5000, max_days_ahead = 0");
    expect_answer(move_own(1, id, "{\"start_time\": \"2027-03-02T11:00\"}"), 422, "too_soon");
    expect_answer(move_own(1, id, "{\"doctor_id\": 2}"), 200, "");
}

Test(move, it_is_not_in_its_own_way)
{
    sql("UPDATE hospital_slot SET max_capacity = 1");
    const char *id = booked(3, "2027-03-02T09:00");
    expect_answer(move_own(1, id, "{\"start_time\": \"2027-03-02T09:15\"}"), 200, "");
    expect_answer(move_own(1, id, "{\"start_time\": \"2027-03-02T10:15\"}"), 200, "");
    expect_answer(move_own(1, id, "{\"doctor_id\": 2}"), 200, "");
    cr_expect_str_eq(counters(), "10:00=1 10:30=1 11:00=1 11:30=1");
}

Test(move, each_rule_refuses_as_for_a_booking_and_nothing_changes)
{
    const char *id = booked(1, "2027-03-02T10:00");
    expect_answer(book(2, 2, 1, "2027-03-02T14:00"), 201, "");
    expect_answer(book(1, 3, 1, "2027-03-02T15:00"), 201, "");
    static const struct {
        const char *body;
        int status;
        const char *code;
    } rows[] = {
        {"{\"doctor_id\": 4}", 422, "doctor_inactive"},
        {"{\"treatment_id\": 4}", 422, "treatment_inactive"},
        {"{\"doctor_id\": 99}", 422, "invalid"},
        {"{\"treatment_id\": 99}", 422, "invalid"},
        {"{\"start_time\": \"2027-03-02T10:10\"}", 422, "not_quarter_hour"},
        {"{\"start_time\": \"2027-03-01T07:00\"}", 422, "in_the_past"},
        {"{\"start_time\": \"2028-03-01T10:00\"}", 422, "too_far"},
        {"{\"start_time\": \"2027-03-02T12:00\"}", 422, "lunch_time"},
        {"{\"start_time\": \"2027-03-02T17:45\"}", 422, "outside_hours"},
        {"{\"start_time\": \"2027-03-03T10:30\"}", 422, "no_slot"},
        {"{\"start_time\": \"2027-03-02T14:00\", \"doctor_id\": 2}", 409, "doctor_busy"},
        {"{\"start_time\": \"2027-03-02T15:15\"}", 409, "patient_busy"},
        {"{\"start_time\": \"tomorrow\"}", 422, "invalid"},
        {"{\"start_time\": null}", 422, "invalid"},
        {"{\"patient_id\": 2}", 422, "invalid"},
        {"{\"override\": {\"reason\": \"please\"}}", 422, "invalid"},
        {"{\"status\": \"confirmed\"}", 422, "invalid"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = move_own(1, id, rows[i].body);
        cr_expect(answer.status == rows[i].status && !strcmp(at(&answer, "/code"), rows[i].code),
                  "%s: %d %s", rows[i].body, answer.status, answer.text);
    }
    for (int64_t patient = 3; patient <= 5; patient++)
        expect_answer(book(patient, patient - 2, 1, "2027-03-02T16:00"), 201, "");
    sql("UPDATE doctor SET is_active = true WHERE id = 4");
    expect_answer(move_own(1, id, "{\"start_time\": \"2027-03-02T16:00\", \"doctor_id\": 4}"), 409,
                  "slot_full");
    expect_answer(book(1, 3, 1, "2027-03-02T16:30"), 201, "");
    expect_answer(move_own(1, id, "{\"start_time\": \"2027-03-02T16:15\", \"doctor_id\": 4}"), 409,
                  "patient_busy");
    cr_expect_str_eq(
        sql("SELECT during || ' ' || doctor_id || ' ' || treatment_id || ' ' || version"
            "  FROM appointment WHERE id = %s",
            id),
        "[\"2027-03-02 10:00:00\",\"2027-03-02 10:30:00\") 1 1 1");
}

Test(move, a_patient_moves_their_own_and_only_while_it_stands)
{
    const char *id = booked(1, "2027-03-02T10:00"),
               *later = "{\"start_time\": \"2027-03-02T11:00\"}";
    expect_answer(move_own(2, id, later), 404, "not_found");
    expect_answer(move_own(1, "999", later), 404, "not_found");
    static const char *const over[] = {"arrived", "completed"};
    sql("UPDATE appointment SET status = 'confirmed'");
    for (size_t i = 0; i < COUNT(over); i++) {
        sql("UPDATE appointment SET status = '%s'", over[i]);
        expect_answer(move_own(1, id, later), 409, "illegal_transition");
        expect_answer(move_own(1, id, "{\"memo\": \"late\"}"), 409, "illegal_transition");
    }
    id = booked(1, "2027-03-02T13:00");
    expect_answer(patient_api("PATCH", text("/appointments/%s/cancel", id), patient_token(1), NULL),
                  200, "");
    expect_answer(move_own(1, id, later), 409, "illegal_transition");
    expect_answer(move_at_desk(id, later), 409, "illegal_transition");
}

/* Who moves gives a time up, as who cancels does. */
Test(move, a_patient_gives_a_time_up_with_the_hospitals_notice_only)
{
    const char *id = booked(1, "2027-03-02T10:00"),
               *later = "{\"start_time\": \"2027-03-02T15:00\"}";
    sql("UPDATE hospital SET cancel_notice_minutes = 60");
    clinic_set_clock("2027-03-02 09:01");
    expect_answer(move_own(1, id, later), 422, "too_soon");
    expect_answer(move_own(1, id, "{\"memo\": \"running\"}"), 200, "");
    clinic_set_clock("2027-03-02 10:05");
    expect_answer(move_own(1, id, later), 422, "in_the_past");
    expect_answer(move_at_desk(id, later), 200, "");
}

Test(move, a_stale_version_moves_nothing)
{
    const char *id = booked(1, "2027-03-02T10:00"), *path = text("/appointments/%s", id);
    const char *body = "{\"start_time\": \"2027-03-02T11:00\"}";
    static const struct {
        const char *tag;
        int status;
    } rows[] = {{"\"2\"", 412}, {"\"0\"", 412}, {"x", 412}, {"\"1\"", 200},
                {"\"1\"", 412}, {"\"2\"", 200}, {"*", 200}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer =
            ask(PATIENT_POOL, "PATCH", path, patient_token(1), body, strlen(body),
                (const char *[]){"HTTP_IF_MATCH", rows[i].tag, NULL});
        cr_expect_eq(answer.status, rows[i].status, "%zu: %s", i, answer.text);
    }
    cr_expect_str_eq(sql("SELECT version FROM appointment"), "4");
    body = "{\"memo\": \"a rash\"}";
    expect_answer(ask(PATIENT_POOL, "PATCH", path, patient_token(1), body, strlen(body),
                      (const char *[]){"HTTP_IF_MATCH", "\"3\"", NULL}),
                  412, "stale_version");
    cr_expect_str_eq(sql("SELECT version FROM appointment"), "4");
}

struct late {
    const char *id, *body, *if_match;
    struct answer answer;
};

static void *move_late(void *shared)
{
    struct late *late = shared;
    late->answer =
        ask(PATIENT_POOL, "PATCH", text("/appointments/%s", late->id), patient_token(1), late->body,
            strlen(late->body), (const char *[]){"HTTP_IF_MATCH", late->if_match, NULL});
    return NULL;
}

/* It was cancelled after the move had been judged, and before it was written. */
Test(move, what_has_changed_meanwhile_is_judged_again)
{
    static const struct {
        const char *body, *if_match;
        int status;
        const char *code;
    } rows[] = {
        {"{\"start_time\": \"2027-03-02T15:00\"}", "*", 409, "illegal_transition"},
        {"{\"start_time\": \"2027-03-02T15:00\"}", "\"1\"", 412, "stale_version"},
        {"{\"memo\": \"a rash\"}", "*", 409, "illegal_transition"},
        {"{\"memo\": \"a rash\"}", "\"1\"", 412, "stale_version"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct late late = {booked(1, "2027-03-02T10:00"), rows[i].body, rows[i].if_match, {0}};
        pthread_t thread;
        sql("BEGIN");
        sql("UPDATE appointment SET status = 'cancelled' WHERE id = %s", late.id);
        pthread_create(&thread, NULL, move_late, &late);
        clinic_await_locks(1);
        sql("COMMIT");
        pthread_join(thread, NULL);
        expect_answer(late.answer, rows[i].status, rows[i].code);
        cr_expect_str_eq(sql("SELECT lower(during)::time || ' ' || version || coalesce(memo, '')"
                             "  FROM appointment WHERE id = %s",
                             late.id),
                         "10:00:00 2");
    }
}

Test(move, the_desk_books_and_moves_for_patients)
{
    struct answer desk_booked =
        admin_api("POST", "/appointments", staff_token("desk"),
                  "{\"patient_id\": 7, \"doctor_id\": 1, \"treatment_id\": 2,"
                  " \"start_time\": \"2027-03-02T10:15\", \"memo\": \"by telephone\"}");
    expect_answer(desk_booked, 201, "");
    cr_expect_str_eq(at(&desk_booked, "/patient/name"), "Crowd 7");
    cr_expect_str_eq(at(&desk_booked, "/memo"), "by telephone");
    cr_expect_str_eq(header(&desk_booked, "Location"),
                     text("/api/v1/admin/appointments/%s", at(&desk_booked, "/id")));
    struct answer moved = move_at_desk(at(&desk_booked, "/id"),
                                       "{\"start_time\": \"2027-03-04T09:00\", \"doctor_id\": 3}");
    expect_answer(moved, 200, "");
    cr_expect_str_eq(at(&moved, "/doctor/name"), "Park");
    struct answer seen =
        admin_api("GET", text("/appointments/%s", at(&moved, "/id")), staff_token("viewer"), NULL);
    cr_expect_str_eq(seen.text, moved.text);
}

Test(move, the_desk_is_bound_by_the_same_rules_but_no_notice)
{
    static const struct {
        const char *patient, *doctor, *start;
        int status;
        const char *code;
    } rows[] = {
        {"999", "1", "2027-03-02T10:00", 422, "invalid"},
        {"1", "99", "2027-03-02T10:00", 422, "invalid"},
        {"1", "4", "2027-03-02T10:00", 422, "doctor_inactive"},
        {"1", "1", "2027-03-02T12:15", 422, "lunch_time"},
        {"1", "1", "2027-03-01T07:45", 422, "in_the_past"},
        {"1", "1", "2027-03-01T09:00", 201, ""},
        {"1", "2", "2027-03-01T09:15", 409, "patient_busy"},
        {"2", "1", "2027-03-01T09:15", 409, "doctor_busy"},
    };
    sql("UPDATE hospital SET min_notice_minutes = 600");
    expect_answer(book(1, 1, 1, "2027-03-01T09:00"), 422, "too_soon");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer =
            admin_api("POST", "/appointments", staff_token("desk"),
                      text("{\"patient_id\": %s, \"doctor_id\": %s, \"treatment_id\": 1,"
                           " \"start_time\": \"%s\"}",
                           rows[i].patient, rows[i].doctor, rows[i].start));
        cr_expect(answer.status == rows[i].status &&
                      (!*rows[i].code || !strcmp(at(&answer, "/code"), rows[i].code)),
                  "%zu: %d %s", i, answer.status, answer.text);
    }
    struct answer nobody = admin_api("POST", "/appointments", staff_token("desk"),
                                     booking_body(1, 1, "2027-03-02T10:00"));
    expect_answer(nobody, 422, "invalid");
    cr_expect_str_eq(at(&nobody, "/errors/0/field"), "patient_id");
}

Test(move, the_desk_moves_who_has_arrived_and_notes_what_is_over)
{
    const char *id = booked(1, "2027-03-02T10:00");
    sql("UPDATE appointment SET status = 'confirmed'");
    sql("UPDATE appointment SET status = 'arrived'");
    clinic_set_clock("2027-03-02 10:05");
    expect_answer(move_at_desk(id, "{\"start_time\": \"2027-03-02T10:00\"}"), 422, "in_the_past");
    expect_answer(move_at_desk(id, "{\"doctor_id\": 2}"), 200, "");
    sql("UPDATE appointment SET status = 'completed'");
    expect_answer(move_at_desk(id, "{\"doctor_id\": 1}"), 409, "illegal_transition");
    sql("UPDATE doctor SET is_active = false WHERE id = 2");
    struct answer noted = move_at_desk(id, "{\"memo\": \"came with her son\"}");
    expect_answer(noted, 200, "");
    cr_expect_str_eq(at(&noted, "/memo"), "came with her son");
}
