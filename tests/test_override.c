/* Taking more people than a slot has room for: on purpose, with a reason, on record, and never two
 * at a time for one doctor or one patient. */
#include "clinic.h"

#include <string.h>

TestSuite(override, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer book_at_desk(const char *role, int64_t patient_id, int64_t doctor_id,
                                  const char *start, const char *override)
{
    return admin_api("POST", "/appointments", staff_token(role),
                     text("{\"patient_id\": %lld, \"doctor_id\": %lld, \"treatment_id\": 1,"
                          " \"start_time\": \"2027-03-02T%s\"%s%s}",
                          (long long)patient_id, (long long)doctor_id, start,
                          override ? ", \"override\": " : "", override ? override : ""));
}

#define EMERGENCY "{\"reason\": \"an emergency\"}"

/* 10:00 is taken by three, all that it holds; doctors 4 and 5 are free. */
static void fill_ten_o_clock(void)
{
    sql("UPDATE doctor SET is_active = true");
    sql("INSERT INTO doctor (name, department) VALUES ('Ahn', 'surgery')");
    for (int64_t i = 1; i <= 3; i++)
        expect_answer(book(i, i, 1, "2027-03-02T10:00"), 201, "");
}

static const char *ten_o_clock(void)
{
    return sql("SELECT booked || '/' || capacity || '+' || allowed FROM slot_day"
               " WHERE start_time = '10:00'");
}

static const char *override_in_history(struct answer answer)
{
    struct answer history = admin_api("GET", text("/appointments/%s/history", at(&answer, "/id")),
                                      staff_token("viewer"), NULL);
    return at(&history, text("/items/%zu/override", length_at(&history, "/items") - 1));
}

Test(override, the_desk_exceeds_the_room_with_a_reason_on_record)
{
    fill_ten_o_clock();
    expect_answer(book_at_desk("desk", 4, 4, "10:00", NULL), 409, "slot_full");
    expect_answer(book_at_desk("viewer", 4, 4, "10:00", EMERGENCY), 403, "forbidden");
    struct answer booked = book_at_desk("desk", 4, 4, "10:00", EMERGENCY);
    expect_answer(booked, 201, "");
    cr_expect_str_eq(ten_o_clock(), "4/3+1");
    cr_expect_str_eq(override_in_history(booked), "an emergency");
    struct answer admins = book_at_desk("admin", 5, 5, "10:00", EMERGENCY);
    expect_answer(admins, 201, "");
    cr_expect_str_eq(ten_o_clock(), "5/3+2");
}

Test(override, it_must_have_a_reason)
{
    static const struct {
        const char *override, *field;
    } rows[] = {
        {"{}", "override.reason"},
        {"{\"reason\": \"\"}", "override.reason"},
        {"{\"reason\": \"  \"}", "override.reason"},
        {"{\"reason\": null}", "override.reason"},
        {"{\"reason\": 1}", "override.reason"},
        {"{\"reason\": \"x\", \"doctor\": true}", "override.doctor"},
        {"true", "override"},
        {"\"an emergency\"", "override"},
        {"[]", "override"},
    };
    fill_ten_o_clock();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = book_at_desk("desk", 4, 4, "10:00", rows[i].override);
        expect_answer(answer, 422, "invalid");
        cr_expect_str_eq(at(&answer, "/errors/0/field"), rows[i].field, "%s", answer.text);
    }
    expect_answer(book_at_desk("desk", 4, 4, "10:00", "null"), 409, "slot_full");
}

Test(override, nobody_overrides_the_guards_on_persons_nor_any_rule)
{
    fill_ten_o_clock();
    expect_answer(book_at_desk("admin", 4, 1, "10:15", EMERGENCY), 409, "doctor_busy");
    expect_answer(book_at_desk("admin", 1, 4, "10:15", EMERGENCY), 409, "patient_busy");
    expect_answer(book_at_desk("admin", 4, 4, "12:00", EMERGENCY), 422, "lunch_time");
    expect_answer(book_at_desk("admin", 4, 4, "18:00", EMERGENCY), 422, "outside_hours");
    sql("UPDATE hospital_slot SET is_active = false WHERE start_time = '16:00'");
    expect_answer(book_at_desk("admin", 4, 4, "16:00", EMERGENCY), 422, "no_slot");
}

/* In SQL too: the guards themselves, without the rules before them. */
Test(override, the_guards_hold_under_an_override_in_sql)
{
    static const char insert[] =
        "WITH a AS (SELECT acting(NULL, 1, 'please') IS NULL AS done)"
        " INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " SELECT %d, %d, 1, '[2027-03-02 %s, 2027-03-02 %s)' FROM a WHERE done IS NOT NULL";
    fill_ten_o_clock();
    cr_expect_str_eq(sql_refusal(insert, 1, 9, "10:15", "10:45"), "appointment_doctor_free");
    cr_expect_str_eq(sql_refusal(insert, 4, 1, "10:15", "10:45"), "appointment_patient_free");
    cr_expect_str_eq(sql_refusal(insert, 4, 9, "08:00", "08:30"), "slot_day_is_offered");
    sql(insert, 4, 9, "10:00", "10:30");
    cr_expect_str_eq(ten_o_clock(), "4/3+1");
    cr_expect_str_eq(sql_refusal("UPDATE slot_day SET allowed = allowed + 1"
                                 " WHERE start_time = '10:00'"),
                     "slot_day_allowed_as_needed");
}

/* Whoever cancels takes the allowance along: nobody slips into it without a reason of their own. */
Test(override, an_allowance_ends_with_what_it_was_for)
{
    fill_ten_o_clock();
    struct answer extra = book_at_desk("desk", 4, 4, "10:00", EMERGENCY);
    expect_answer(patient_api("PATCH", "/appointments/1/cancel", patient_token(1), NULL), 200, "");
    cr_expect_str_eq(ten_o_clock(), "3/3+0");
    expect_answer(book(6, 1, 1, "2027-03-02T10:00"), 409, "slot_full");
    expect_answer(book_at_desk("desk", 6, 1, "10:00", EMERGENCY), 201, "");
    expect_answer(admin_api("PATCH", text("/appointments/%s", at(&extra, "/id")),
                            staff_token("desk"), "{\"start_time\": \"2027-03-02T15:00\"}"),
                  200, "");
    cr_expect_str_eq(ten_o_clock(), "3/3+0");
}

Test(override, what_was_not_needed_is_not_on_record)
{
    struct answer booked = book_at_desk("desk", 4, 1, "10:00", EMERGENCY);
    expect_answer(booked, 201, "");
    cr_expect_str_eq(override_in_history(booked), "(nothing)");
}

Test(override, it_holds_for_one_write_only)
{
    fill_ten_o_clock();
    expect_answer(book_at_desk("desk", 4, 4, "10:00", EMERGENCY), 201, "");
    for (int64_t patient = 5; patient < 15; patient++)
        expect_answer(book_at_desk("desk", patient, 5, "10:00", NULL), 409, "slot_full");
    sql("SELECT acting(NULL, 1, 'please')");
    cr_expect_str_eq(
        sql_refusal("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
                    " VALUES (5, 9, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')"),
        "slot_day_within_capacity");
}

Test(override, a_move_may_exceed_the_room_as_well)
{
    fill_ten_o_clock();
    struct answer booked = book_at_desk("desk", 4, 4, "15:00", NULL);
    const char *path = text("/appointments/%s", at(&booked, "/id"));
    const char *to_ten = "{\"start_time\": \"2027-03-02T10:00\"}";
    expect_answer(admin_api("PATCH", path, staff_token("desk"), to_ten), 409, "slot_full");
    struct answer moved =
        admin_api("PATCH", path, staff_token("desk"),
                  "{\"start_time\": \"2027-03-02T10:00\", \"override\": " EMERGENCY "}");
    expect_answer(moved, 200, "");
    cr_expect_str_eq(ten_o_clock(), "4/3+1");
    cr_expect_str_eq(override_in_history(moved), "an emergency");
    /* Who has a place there needs none. */
    expect_answer(admin_api("PATCH", path, staff_token("desk"), "{\"doctor_id\": 5}"), 200, "");
    cr_expect_str_eq(ten_o_clock(), "4/3+1");
}

Test(override, capacity_can_be_raised_over_it_and_not_lowered_under_it)
{
    const char *slot = "{\"start_time\": \"10:00\", \"end_time\": \"10:30\", \"max_capacity\": %d}";
    fill_ten_o_clock();
    book_at_desk("desk", 4, 4, "10:00", EMERGENCY);
    book_at_desk("desk", 5, 5, "10:00", EMERGENCY);
    static const struct {
        int capacity, status;
        const char *counter;
    } rows[] = {{3, 200, "5/3+2"}, {2, 409, "5/3+2"}, {4, 200, "5/4+1"},
                {5, 200, "5/5+0"}, {9, 200, "5/9+0"}, {4, 409, "5/9+0"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer put = admin_api("PUT", "/hospital-slots/3", staff_token("admin"),
                                      text(slot, rows[i].capacity));
        cr_expect_eq(put.status, rows[i].status, "%d: %s", rows[i].capacity, put.text);
        cr_expect_str_eq(ten_o_clock(), rows[i].counter, "%d", rows[i].capacity);
    }
}
