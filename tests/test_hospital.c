/* The hospital's settings: who may change them, what they must be, and that they hold at once. */
#include "clinic.h"

#include <string.h>

TestSuite(hospital, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* The usual settings with one member replaced; NULL: none, "": left out. */
static const char *settings(const char *member, const char *value)
{
    static const struct {
        const char *name, *value;
    } usual[] = {
        {"name", "\"Clear Skin\""},     {"time_zone", "\"Asia/Seoul\""},
        {"opens_at", "\"09:00\""},      {"closes_at", "\"18:00\""},
        {"lunch_start", "\"12:00\""},   {"lunch_end", "\"13:00\""},
        {"min_notice_minutes", "0"},    {"max_days_ahead", "180"},
        {"cancel_notice_minutes", "0"},
    };
    const char *made = "{";
    for (size_t i = 0; i < COUNT(usual); i++) {
        bool replaced = member && strcmp(usual[i].name, member) == 0;
        if (!replaced || *value)
            made = text("%s%s\"%s\": %s", made, made[1] ? ", " : "", usual[i].name,
                        replaced ? value : usual[i].value);
    }
    return text("%s}", made);
}

static struct answer set(const char *member, const char *value)
{
    return admin_api("PUT", "/hospital", staff_token("admin"), settings(member, value));
}

/* The settings as they are shown: with what the hospital's clock says. */
static const char *with_now(const char *settings)
{
    return text("%.*s, \"now\": \"2027-03-01T08:00:00+09:00\"}", (int)strlen(settings) - 1,
                settings);
}

Test(hospital, its_settings_are_shown_and_replaced)
{
    struct answer before = admin_api("GET", "/hospital", staff_token("viewer"), NULL);
    expect_answer(before, 200, "");
    cr_expect_str_eq(at(&before, "/time_zone"), "Asia/Seoul");
    cr_expect_str_eq(at(&before, "/opens_at"), "09:00");
    struct answer after = set("closes_at", "\"24:00\"");
    expect_answer(after, 200, "");
    expect_document(after.text, with_now(settings("closes_at", "\"24:00\"")));
    struct answer shown = admin_api("GET", "/hospital", staff_token("viewer"), NULL);
    cr_expect_str_eq(shown.text, after.text);
    expect_answer(admin_api("PUT", "/hospital", staff_token("desk"), settings(NULL, NULL)), 403,
                  "forbidden");
}

Test(hospital, settings_are_checked_each_by_name)
{
    static const struct {
        const char *member, *value, *field, *code;
    } rows[] = {
        {"name", "\" \"", "name", "not_acceptable"},
        {"time_zone", "\"Asia/Seul\"", "time_zone", "not_acceptable"},
        {"time_zone", "\"UTC+9\"", "time_zone", "not_acceptable"},
        {"time_zone", "\"Nowhere-9\"", "time_zone", "not_acceptable"},
        {"time_zone", "\"+09:00\"", "time_zone", "not_acceptable"},
        {"time_zone", "\"'; DROP TABLE hospital\"", "time_zone", "not_acceptable"},
        {"opens_at", "\"09:10\"", "opens_at", "not_acceptable"},
        {"opens_at", "\"18:00\"", "closes_at", "not_acceptable"},
        {"opens_at", "9", "opens_at", "wrong_type"},
        {"closes_at", "\"25:00\"", "closes_at", "not_acceptable"},
        {"lunch_end", "\"11:45\"", "lunch_end", "not_acceptable"},
        {"lunch_end", "\"12:01\"", "opens_at", "not_acceptable"},
        {"min_notice_minutes", "-1", "min_notice_minutes", "not_acceptable"},
        {"min_notice_minutes", "525601", "min_notice_minutes", "not_acceptable"},
        {"max_days_ahead", "3661", "max_days_ahead", "not_acceptable"},
        {"max_days_ahead", "", "max_days_ahead", "required"},
        {"cancel_notice_minutes", "null", "cancel_notice_minutes", "wrong_type"},
    };
    const char *before = sql("SELECT h::text FROM hospital h");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = set(rows[i].member, rows[i].value);
        expect_answer(answer, 422, "invalid");
        cr_expect_str_eq(at(&answer, "/errors/0/field"), rows[i].field, "%s", rows[i].value);
        cr_expect_str_eq(at(&answer, "/errors/0/code"), rows[i].code, "%s", rows[i].value);
    }
    cr_expect_str_eq(sql_refusal("UPDATE hospital SET max_days_ahead = 3661"),
                     "hospital_looks_ahead");
    cr_expect_str_eq(sql_refusal("UPDATE hospital SET min_notice_minutes = 525601"),
                     "hospital_notices_within_a_year");
    cr_expect_str_eq(sql_refusal("UPDATE hospital SET cancel_notice_minutes = -1"),
                     "hospital_notices_within_a_year");
    cr_expect_str_eq(sql_refusal("INSERT INTO hospital (id) VALUES (2)"), "hospital_is_one");
    cr_expect_str_eq(sql("SELECT h::text FROM hospital h"), before);
}

/* The same workers, one request later. */
Test(hospital, each_setting_holds_from_the_next_request_on)
{
    static const struct {
        const char *member, *value, *start, *code;
    } rows[] = {
        {"opens_at", "\"10:00\"", "2027-03-02T09:45", "outside_hours"},
        {"closes_at", "\"17:00\"", "2027-03-02T16:45", "outside_hours"},
        {"lunch_start", "\"11:30\"", "2027-03-02T11:15", "lunch_time"},
        {"lunch_end", "\"13:30\"", "2027-03-02T13:15", "lunch_time"},
        {"min_notice_minutes", "120", "2027-03-01T09:45", "too_soon"},
        {"max_days_ahead", "3", "2027-03-05T10:00", "too_far"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_answer(set(NULL, NULL), 200, "");
        struct answer booked = book(1, 1, 1, rows[i].start);
        expect_answer(booked, 201, "");
        sql("DELETE FROM appointment");
        expect_answer(set(rows[i].member, rows[i].value), 200, "");
        expect_answer(book(1, 1, 1, rows[i].start), 422, rows[i].code);
    }
    set(NULL, NULL);
    struct answer booked = book(1, 1, 1, "2027-03-01T09:00");
    const char *cancel = text("/appointments/%s/cancel", at(&booked, "/id"));
    set("cancel_notice_minutes", "61");
    expect_answer(patient_api("PATCH", cancel, patient_token(1), NULL), 422, "too_soon");
    set("cancel_notice_minutes", "60");
    expect_answer(patient_api("PATCH", cancel, patient_token(1), NULL), 200, "");
}

/* Its clock, too: what is booked stays at its local time, and is told with the new offset. */
Test(hospital, another_zone_is_another_clock)
{
    sql("CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp"
        " LANGUAGE sql STABLE RETURN timestamptz '2027-02-28 23:00Z' AT TIME ZONE zone");
    struct answer booked = book(1, 1, 1, "2027-03-01T09:00");
    cr_expect_str_eq(at(&booked, "/start_time"), "2027-03-01T09:00:00+09:00");
    expect_answer(set("time_zone", "\"America/New_York\""), 200, "");
    struct answer seen =
        patient_api("GET", text("/appointments/%s", at(&booked, "/id")), patient_token(1), NULL);
    cr_expect_str_eq(at(&seen, "/start_time"), "2027-03-01T09:00:00-05:00");
    struct answer earlier = book(2, 2, 1, "2027-02-28T22:00Z");
    expect_answer(earlier, 422, "in_the_past");
    struct answer later = book(2, 2, 1, "2027-03-01T14:30Z");
    cr_expect_str_eq(at(&later, "/start_time"), "2027-03-01T09:30:00-05:00");
}

Test(hospital, appointments_that_are_booked_stay_as_they_are)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T17:00");
    expect_answer(set("closes_at", "\"12:00\""), 200, "");
    struct answer seen =
        patient_api("GET", text("/appointments/%s", at(&booked, "/id")), patient_token(1), NULL);
    cr_expect_str_eq(seen.text, booked.text);
}
