/* Statistics: each figure counted by hand. */
#include "clinic.h"

#include <math.h>

TestSuite(statistics, .init = clinic_open, .fini = clinic_close);

/*
 * A week around today, Monday 2027-03-01, and a day on each side. Prices: consultation 20000, laser
 * 120000, lifting 690000. `slots`: half-hours touched by those that are not cancelled.
 *
 *   day  start  doctor  patient  treatment     status     visit   slots
 *   24   16:00  Kim     5        laser         completed  (before)
 *   25   10:00  Kim     1        consultation  completed  first   1
 *   26   10:15  Kim     1        laser         completed  return  2
 *   26   14:00  Lee     2        lifting       no_show    first   3
 *   27   10:30  Lee     3        consultation  cancelled  first   -
 *   28   17:30  Park    2        consultation  completed  first   1
 *   01   09:15  Kim     3        consultation  confirmed  first   2
 *   02   13:00  Kim     1        lifting       pending    return  3
 *   02   13:00  Lee     4        laser         arrived    first   2
 *   03   10:00  Lee     2        consultation  pending    return  1
 *   04   09:00  Kim     5        consultation  pending    (after)
 */
static void fill_the_week(void)
{
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status) VALUES"
        " (1, 5, 2, '[2027-02-24 16:00, 2027-02-24 16:45)', 'completed'),"
        " (1, 1, 1, '[2027-02-25 10:00, 2027-02-25 10:30)', 'completed')");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status) VALUES"
        " (1, 1, 2, '[2027-02-26 10:15, 2027-02-26 11:00)', 'completed'),"
        " (2, 2, 3, '[2027-02-26 14:00, 2027-02-26 15:30)', 'no_show'),"
        " (2, 3, 1, '[2027-02-27 10:30, 2027-02-27 11:00)', 'cancelled'),"
        " (3, 2, 1, '[2027-02-28 17:30, 2027-02-28 18:00)', 'completed')");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status) VALUES"
        " (1, 3, 1, '[2027-03-01 09:15, 2027-03-01 09:45)', 'confirmed'),"
        " (1, 1, 3, '[2027-03-02 13:00, 2027-03-02 14:30)', 'pending'),"
        " (2, 4, 2, '[2027-03-02 13:00, 2027-03-02 13:45)', 'arrived'),"
        " (2, 2, 1, '[2027-03-03 10:00, 2027-03-03 10:30)', 'pending'),"
        " (1, 5, 1, '[2027-03-04 09:00, 2027-03-04 09:30)', 'pending')");
}

#define WEEK "from=2027-02-25&to=2027-03-03"

static struct answer stats(const char *query)
{
    return admin_api("GET", text("/stats?%s", query), staff_token("viewer"), NULL);
}

/* Fails unless the member is the document, which is written with ' for ". */
static void expect_member(const struct answer *answer, const char *pointer, const char *document)
{
    struct json_object *got = NULL;
    json_pointer_get(answer->json, pointer, &got);
    cr_expect(json_object_equal(got, json_tokener_parse(document)), "%s: got %s instead of %s",
              pointer, json_object_to_json_string(got), document);
}

static bool is_close(const struct answer *answer, const char *pointer, double expected)
{
    struct json_object *got = NULL;
    json_pointer_get(answer->json, pointer, &got);
    return got && fabs(json_object_get_double(got) - expected) < 0.00005;
}

Test(statistics, a_week_is_counted)
{
    fill_the_week();
    struct answer week = stats(WEEK);
    expect_answer(week, 200, "");
    expect_member(&week, "/from", "'2027-02-25'");
    expect_member(&week, "/to", "'2027-03-03'");
    expect_member(&week, "/total", "9");
    expect_member(&week, "/by_status",
                  "{'pending': 2, 'confirmed': 1, 'arrived': 1, 'completed': 3, 'cancelled': 1,"
                  " 'no_show': 1}");
    expect_member(&week, "/by_day",
                  "[{'date': '2027-02-25', 'count': 1}, {'date': '2027-02-26', 'count': 2},"
                  " {'date': '2027-02-27', 'count': 1}, {'date': '2027-02-28', 'count': 1},"
                  " {'date': '2027-03-01', 'count': 1}, {'date': '2027-03-02', 'count': 2},"
                  " {'date': '2027-03-03', 'count': 1}]");
    expect_member(&week, "/by_hour",
                  "[{'hour': '09:00', 'count': 1}, {'hour': '10:00', 'count': 4},"
                  " {'hour': '13:00', 'count': 2}, {'hour': '14:00', 'count': 1},"
                  " {'hour': '17:00', 'count': 1}]");
    expect_member(&week, "/by_visit_type", "{'first': 6, 'return': 3}");
    expect_member(&week, "/by_doctor",
                  "[{'doctor_id': 1, 'name': 'Kim', 'count': 4},"
                  " {'doctor_id': 2, 'name': 'Lee', 'count': 4},"
                  " {'doctor_id': 3, 'name': 'Park', 'count': 1}]");
    expect_member(&week, "/by_treatment",
                  "[{'treatment_id': 1, 'name': 'consultation', 'count': 5, 'revenue': 40000},"
                  " {'treatment_id': 2, 'name': 'laser', 'count': 2, 'revenue': 120000},"
                  " {'treatment_id': 3, 'name': 'lifting', 'count': 2, 'revenue': 0}]");
    cr_expect(is_close(&week, "/no_show_rate", 1.0 / 4), "%s", week.text);
    /* 16 half-hours of 3 places on 6 days; on Wednesday, 2 and 3 fewer */
    cr_expect(is_close(&week, "/utilisation", 15.0 / (6 * 48 + 43)), "%s", week.text);
    cr_expect_eq(json_object_object_length(week.json), 11, "%s", week.text);
}

Test(statistics, doctor_and_treatment_narrow_every_count)
{
    fill_the_week();
    static const struct {
        const char *filter;
        int total, completed, days_with_any;
        const char *by_doctor, *by_treatment;
        double no_show_rate; /* negative: null */
        int slots;
    } rows[] = {
        {"doctor_id=1", 4, 2, 4, "[{'doctor_id': 1, 'name': 'Kim', 'count': 4}]",
         "[{'treatment_id': 1, 'name': 'consultation', 'count': 2, 'revenue': 20000},"
         " {'treatment_id': 2, 'name': 'laser', 'count': 1, 'revenue': 120000},"
         " {'treatment_id': 3, 'name': 'lifting', 'count': 1, 'revenue': 0}]",
         0, 8},
        {"doctor_id=3", 1, 1, 1, "[{'doctor_id': 3, 'name': 'Park', 'count': 1}]",
         "[{'treatment_id': 1, 'name': 'consultation', 'count': 1, 'revenue': 20000}]", 0, 1},
        {"treatment_id=3", 2, 0, 2,
         "[{'doctor_id': 1, 'name': 'Kim', 'count': 1},"
         " {'doctor_id': 2, 'name': 'Lee', 'count': 1}]",
         "[{'treatment_id': 3, 'name': 'lifting', 'count': 2, 'revenue': 0}]", 1, 6},
        {"doctor_id=2&treatment_id=1", 2, 0, 2, "[{'doctor_id': 2, 'name': 'Lee', 'count': 2}]",
         "[{'treatment_id': 1, 'name': 'consultation', 'count': 2, 'revenue': 0}]", -1, 1},
        {"doctor_id=3&treatment_id=2", 0, 0, 0, "[]", "[]", -1, 0},
        {"doctor_id=999", 0, 0, 0, "[]", "[]", -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer some = stats(text(WEEK "&%s", rows[i].filter));
        expect_answer(some, 200, "");
        cr_expect_eq(number_at(&some, "/total"), rows[i].total, "%s", some.text);
        cr_expect_eq(number_at(&some, "/by_status/completed"), rows[i].completed, "%s", some.text);
        int days = 0;
        for (size_t day = 0; day < length_at(&some, "/by_day"); day++)
            days += number_at(&some, text("/by_day/%zu/count", day)) > 0;
        cr_expect_eq(days, rows[i].days_with_any, "%s", some.text);
        expect_member(&some, "/by_doctor", rows[i].by_doctor);
        expect_member(&some, "/by_treatment", rows[i].by_treatment);
        if (rows[i].no_show_rate < 0)
            expect_member(&some, "/no_show_rate", "null");
        else
            cr_expect(is_close(&some, "/no_show_rate", rows[i].no_show_rate), "%s", some.text);
        cr_expect(is_close(&some, "/utilisation", rows[i].slots / 331.0), "%s", some.text);
    }
}

Test(statistics, of_nothing_there_are_zeros_and_no_rates)
{
    fill_the_week();
    sql("UPDATE hospital_slot SET is_active = false"
        " WHERE NOT EXISTS (SELECT FROM slot_day s WHERE s.start_time = hospital_slot.start_time)");
    struct answer nothing = stats("from=2027-05-01&to=2027-05-02&doctor_id=1");
    expect_answer(nothing, 200, "");
    expect_member(&nothing, "/total", "0");
    expect_member(&nothing, "/by_status",
                  "{'pending': 0, 'confirmed': 0, 'arrived': 0, 'completed': 0, 'cancelled': 0,"
                  " 'no_show': 0}");
    expect_member(&nothing, "/by_day",
                  "[{'date': '2027-05-01', 'count': 0}, {'date': '2027-05-02', 'count': 0}]");
    expect_member(&nothing, "/by_hour", "[]");
    expect_member(&nothing, "/by_visit_type", "{'first': 0, 'return': 0}");
    expect_member(&nothing, "/by_doctor", "[]");
    expect_member(&nothing, "/by_treatment", "[]");
    expect_member(&nothing, "/no_show_rate", "null");
    cr_expect(is_close(&nothing, "/utilisation", 0), "%s", nothing.text);
}

Test(statistics, without_slots_there_is_nothing_to_utilise)
{
    sql("UPDATE hospital_slot SET is_active = false");
    struct answer nothing = stats("from=2027-05-01&to=2027-05-02");
    expect_member(&nothing, "/utilisation", "null");
}

Test(statistics, places_are_counted_within_opening_hours)
{
    static const struct {
        const char *change;
        int places; /* on 2027-03-02, a Tuesday, after this and the changes above */
    } rows[] = {
        {"UPDATE hospital SET closes_at = '18:00'", 48},
        {"UPDATE hospital SET lunch_end = '12:00'", 54},
        {"UPDATE hospital SET opens_at = '10:00'", 48},
        {"UPDATE hospital SET closes_at = '13:15'", 18},
        {"UPDATE hospital_slot SET is_active = false WHERE start_time = '11:00'", 15},
        {"UPDATE hospital_slot SET max_capacity = 5 WHERE start_time = '10:00' AND id = 3", 17},
        {"INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week)"
         " VALUES ('10:00', '10:30', 1, 2)",
         13},
        {"INSERT INTO closure (first_day, last_day, doctor_id)"
         " VALUES ('2027-03-01', '2027-03-31', 2)",
         13},
    };
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sql("%s", rows[i].change);
        struct answer day = stats("from=2027-03-02&to=2027-03-02");
        cr_expect(is_close(&day, "/utilisation", 1.0 / rows[i].places), "%s: %s", rows[i].change,
                  day.text);
    }
}

Test(statistics, a_closed_day_offers_nothing)
{
    const char *days = "from=2027-03-02&to=2027-03-05";
    book(1, 1, 1, "2027-03-02T10:00");
    struct answer before = stats(days);
    cr_expect(is_close(&before, "/utilisation", 1.0 / (3 * 48 + 43)), "%s", before.text);
    sql("INSERT INTO closure (first_day, last_day) VALUES ('2027-03-04', '2027-03-05')");
    struct answer after = stats(days);
    cr_expect(is_close(&after, "/utilisation", 1.0 / (48 + 43)), "%s", after.text);
}

Test(statistics, a_month_is_taken_for_dates_left_out)
{
    static const struct {
        const char *query, *from, *to;
    } rows[] = {
        {"", "2027-03-01", "2027-03-31"},
        {"from=2027-02-10", "2027-02-10", "2027-02-28"},
        {"from=2028-02-10", "2028-02-10", "2028-02-29"},
        {"from=2027-12-31", "2027-12-31", "2027-12-31"},
        {"to=2027-02-10", "2027-02-01", "2027-02-10"},
        {"from=&to=", "2027-03-01", "2027-03-31"},
        {"from=2027-03-02&to=2027-03-02", "2027-03-02", "2027-03-02"},
        {"from=2024-01-01&to=2027-01-01", "2024-01-01", "2027-01-01"},
        {"from=9999-12-01", "9999-12-01", "9999-12-31"},
        {"to=0001-01-01", "0001-01-01", "0001-01-01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer got = stats(rows[i].query);
        expect_answer(got, 200, "");
        cr_expect_str_eq(at(&got, "/from"), rows[i].from, "%s", rows[i].query);
        cr_expect_str_eq(at(&got, "/to"), rows[i].to, "%s", rows[i].query);
    }
}

Test(statistics, what_is_no_range_is_refused)
{
    static const struct {
        const char *query, *field, *code;
    } rows[] = {
        {"from=2027-03-02&to=2027-03-01", "to", "not_acceptable"},
        {"from=2024-01-01&to=2027-01-02", "to", "not_acceptable"},
        {"from=0001-01-01&to=9999-12-31", "to", "not_acceptable"},
        {"from=2027-02-30", "from", "not_acceptable"},
        {"from=2027-3-1", "from", "not_acceptable"},
        {"to=tomorrow", "to", "not_acceptable"},
        {"to=2027-03-01T00:00", "to", "not_acceptable"},
        {"doctor_id=0", "doctor_id", "not_acceptable"},
        {"doctor_id=Kim", "doctor_id", "wrong_type"},
        {"treatment_id=-1", "treatment_id", "not_acceptable"},
        {"treatment_id=9223372036854775808", "treatment_id", "wrong_type"},
        {"patient_id=1", "patient_id", "unknown"},
        {"from=2027-03-01&from=2027-03-01", "from", "duplicate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer refused = stats(rows[i].query);
        expect_answer(refused, 400, "bad_request");
        cr_expect_str_eq(at(&refused, "/errors/0/field"), rows[i].field, "%s", rows[i].query);
        cr_expect_str_eq(at(&refused, "/errors/0/code"), rows[i].code, "%s", rows[i].query);
    }
}

Test(statistics, a_new_price_changes_no_past_revenue)
{
    fill_the_week();
    expect_answer(admin_api("PUT", "/treatments/1", staff_token("admin"),
                            "{\"name\": \"talk\", \"duration_minutes\": 30, \"price\": 7}"),
                  200, "");
    struct answer week = stats(WEEK);
    cr_expect_str_eq(at(&week, "/by_treatment/0/name"), "talk");
    cr_expect_eq(number_at(&week, "/by_treatment/0/revenue"), 40000);
}

Test(statistics, an_appointment_counts_from_booking_to_completion)
{
    const char *day = "from=2027-03-02&to=2027-03-02";
    struct answer booked = book(1, 1, 2, "2027-03-02T10:00");
    struct answer before = stats(day);
    cr_expect_eq(number_at(&before, "/by_status/pending"), 1);
    cr_expect_eq(number_at(&before, "/by_treatment/0/revenue"), 0);
    static const char *const statuses[] = {"confirmed", "arrived", "completed"};
    for (int i = 0; i < 3; i++)
        expect_answer(admin_api("PATCH", text("/appointments/%s/status", at(&booked, "/id")),
                                staff_token("desk"), text("{\"status\": \"%s\"}", statuses[i])),
                      200, "");
    struct answer after = stats(day);
    cr_expect_eq(number_at(&after, "/total"), 1);
    cr_expect_eq(number_at(&after, "/by_status/pending"), 0);
    cr_expect_eq(number_at(&after, "/by_status/completed"), 1);
    cr_expect_eq(number_at(&after, "/by_treatment/0/revenue"), 120000);
    cr_expect(is_close(&after, "/no_show_rate", 0), "%s", after.text);

    struct answer next = book(2, 2, 1, "2027-03-02T10:00");
    patient_api("PATCH", text("/appointments/%s/cancel", at(&next, "/id")), patient_token(2), NULL);
    after = stats(day);
    cr_expect_eq(number_at(&after, "/total"), 2);
    cr_expect_eq(number_at(&after, "/by_status/cancelled"), 1);
    cr_expect(is_close(&after, "/utilisation", 2.0 / 48), "%s", after.text);
}
