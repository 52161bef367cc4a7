/* What is offered is bookable, and what is not offered is refused. */
#include "clinic.h"

#include <stdlib.h>
#include <string.h>

#include "detour.h"

TestSuite(availability, .init = clinic_open, .fini = clinic_close);

static struct answer free_times(int64_t doctor, int64_t treatment, const char *date,
                                const char *token)
{
    return patient_api("GET",
                       text("/availability/%lld/availability?date=%s&treatment_id=%lld",
                            (long long)doctor, date, (long long)treatment),
                       token, NULL);
}

static struct answer explain(int64_t doctor, int64_t treatment, const char *date, const char *token)
{
    return patient_api(
        "GET",
        text("/availability/%lld/availability?date=%s&treatment_id=%lld&explain=true",
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
    clinic_set_clock("2027-03-01 10:15");
    today = free_times(1, 1, "2027-03-01", NULL);
    cr_expect_str_eq(at(&today, "/times/0"), "10:15");
    clinic_set_clock("2027-03-01 10:15:01");
    today = free_times(1, 1, "2027-03-01", NULL);
    cr_expect_str_eq(at(&today, "/times/0"), "10:30");
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

/* Why a start is said to be refused; "(nothing)": it is not. */
static const char *explained(const struct answer *answer, const char *time)
{
    for (size_t i = 0; i < length_at(answer, "/refused"); i++)
        if (strcmp(at(answer, text("/refused/%zu/time", i)), time) == 0)
            return at(answer, text("/refused/%zu/code", i));
    return "(nothing)";
}

/* Tries all 96 quarter-hours of a day against what was offered and explained, undoing what
 * succeeds. */
static void compare_offer(int64_t doctor, int64_t treatment, const char *date, int64_t patient)
{
    struct answer offer = explain(doctor, treatment, date, patient_token(patient));
    for (int quarter = 0; quarter < 96; quarter++) {
        const char *time = text("%02d:%02d", quarter / 4, quarter % 4 * 15);
        struct answer answer = book(patient, doctor, treatment, text("%sT%s", date, time));
        cr_expect_eq(answer.status == 201, offers(&offer, time),
                     "%s %s, doctor %lld, treatment %lld: offered %d, booking answers %d %s", date,
                     time, (long long)doctor, (long long)treatment, offers(&offer, time),
                     answer.status, at(&answer, "/code"));
        bool open = quarter >= 9 * 4 && quarter < 18 * 4;
        cr_expect_str_eq(explained(&offer, time), open ? at(&answer, "/code") : "(nothing)",
                         "%s %s", date, time);
        if (answer.status == 201)
            sql("DELETE FROM appointment WHERE id = %s", at(&answer, "/id"));
    }
}

Test(availability, offered_and_bookable_are_the_same_on_random_days)
{
    unsigned dice = 20270301;
    sql("SELECT setseed(0.27)");
    sql("INSERT INTO closure (first_day, last_day, doctor_id)"
        " SELECT day, day, nullif(mod(extract(day FROM day)::integer, 4), 0)"
        "   FROM generate_series(timestamp '2027-03-02', '2027-03-31', interval '3 days') AS day");
    for (int i = 0; i < 8; i++) {
        const char *date = text("2027-03-%02d", 1 + rand_r(&dice) % 31);
        crowd(date, &dice);
        compare_offer(1 + rand_r(&dice) % 3, 1 + rand_r(&dice) % 3, date, 3 + rand_r(&dice) % 20);
    }
}

/* One of each reason, in one day. */
Test(availability, each_refused_quarter_has_its_first_reason)
{
    sql("UPDATE hospital SET min_notice_minutes = 120");
    sql("UPDATE hospital_slot SET is_active = false WHERE start_time = '14:00'");
    clinic_set_clock("2027-03-01 09:07");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during) VALUES"
        " (1, 5, 1, '[2027-03-01 15:00, 2027-03-01 15:30)'),"
        " (2, 1, 1, '[2027-03-01 16:00, 2027-03-01 16:30)'),"
        " (2, 6, 1, '[2027-03-01 17:00, 2027-03-01 17:30)'),"
        " (3, 7, 1, '[2027-03-01 17:00, 2027-03-01 17:30)')");
    sql("UPDATE slot_day SET capacity = 2 WHERE start_time = '17:00'");
    struct answer day = explain(1, 1, "2027-03-01", patient_token(1));
    static const struct {
        const char *time, *code;
    } rows[] = {
        {"09:00", "in_the_past"},  {"09:15", "too_soon"},      {"11:00", "too_soon"},
        {"11:15", "(nothing)"},    {"11:45", "lunch_time"},    {"12:45", "lunch_time"},
        {"13:30", "(nothing)"},    {"13:45", "no_slot"},       {"14:15", "no_slot"},
        {"14:45", "doctor_busy"},  {"15:30", "(nothing)"},     {"15:45", "patient_busy"},
        {"16:15", "patient_busy"}, {"16:30", "(nothing)"},     {"16:45", "slot_full"},
        {"17:15", "slot_full"},    {"17:45", "outside_hours"}, {"08:45", "(nothing)"},
        {"18:00", "(nothing)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(explained(&day, rows[i].time), rows[i].code, "%s", rows[i].time);
    cr_expect_eq(length_at(&day, "/times") + length_at(&day, "/refused"), 36, "%s", day.text);
    struct answer unexplained = free_times(1, 1, "2027-03-01", patient_token(1));
    cr_expect_str_eq(at(&unexplained, "/refused"), "(nothing)");
    cr_expect_str_eq(at(&unexplained, "/times"), at(&day, "/times"));
    struct answer nobody = explain(4, 1, "2027-03-02", NULL);
    cr_expect_str_eq(explained(&nobody, "09:00"), "doctor_inactive");
    cr_expect_eq(length_at(&nobody, "/refused"), 36);
    expect_answer(patient_api("GET",
                              "/availability/1/availability?date=2027-03-02&treatment_id=1"
                              "&explain=yes",
                              NULL, NULL),
                  400, "bad_request");
}

static struct answer search(const char *query, const char *token)
{
    return patient_api("GET", text("/availability?%s", query), token, NULL);
}

/* The same from the days' own endpoint, one doctor and day after another. */
static const char *gather(const char *first, int days, int64_t treatment, const char *token)
{
    const char *items = "";
    for (int day = 0; day < days; day++) {
        const char *date = sql("SELECT date '%s' + %d", first, day);
        struct answer doctors[3];
        for (int64_t doctor = 1; doctor <= 3; doctor++)
            doctors[doctor - 1] = free_times(doctor, treatment, date, token);
        for (int quarter = 0; quarter < 96; quarter++) {
            const char *time = text("%02d:%02d", quarter / 4, quarter % 4 * 15);
            for (int64_t doctor = 1; doctor <= 3; doctor++)
                if (offers(&doctors[doctor - 1], time))
                    items = text("%s%s{'doctor_id': %lld, 'start_time': '%sT%s:00+09:00'}", items,
                                 *items ? ", " : "", (long long)doctor, date, time);
        }
    }
    return items;
}

Test(availability, many_days_and_doctors_are_what_each_day_says, .timeout = 60)
{
    unsigned dice = 4;
    for (int day = 1; day <= 9; day++)
        crowd(text("2027-03-%02d", day), &dice);
    sql("INSERT INTO closure (first_day, last_day, doctor_id)"
        " VALUES ('2027-03-10', '2027-03-10', NULL), ('2027-03-11', '2027-03-12', 2)");
    for (int64_t treatment = 1; treatment <= 3; treatment++) {
        const char *token = treatment == 2 ? patient_token(3) : NULL;
        struct answer found = search(
            text("treatment_id=%lld&from=2027-02-27&to=2027-03-13", (long long)treatment), token);
        expect_answer(found, 200, "");
        char *expected =
            (char *)text("{'items': [%s]}", gather("2027-02-27", 15, treatment, token));
        for (char *c = expected; *c; c++)
            *c = (char)(*c == '\'' ? '"' : *c);
        expect_document(found.text, expected);
    }
}

static struct answer days_with_room(const char *query, const char *token)
{
    return patient_api("GET", text("/availability/days?%s", query), token, NULL);
}

/* What a search found, as its days: distinct start times are counted, whoever the doctor is. */
static const char *by_day(const struct answer *found)
{
    const char *items = "", *date = "", *first = "", *last = "";
    int count = 0;
    for (size_t i = 0, length = length_at(found, "/items"); i <= length; i++) {
        const char *start = i < length ? at(found, text("/items/%zu/start_time", i)) : "";
        bool next_day = strncmp(start, date, strlen("2027-03-02")) != 0;
        if (next_day && count)
            items = text("%s%s{'date': '%s', 'count': %d, 'first': '%s'}", items,
                         *items ? ", " : "", date, count, first);
        if (next_day) {
            date = text("%.10s", start);
            first = start;
            count = 0;
        }
        count += strcmp(start, last) != 0;
        last = start;
    }
    return text("{'items': [%s]}", items);
}

Test(availability, days_with_room_are_those_of_the_starts_that_a_search_finds, .timeout = 60)
{
    static const char *const queries[] = {
        "treatment_id=1&from=2027-02-20&to=2027-04-20",
        "treatment_id=3&from=2027-03-01&to=2027-03-12",
        "treatment_id=2&from=2027-03-01&to=2027-03-09&doctor_id=2",
        "treatment_id=2&from=2027-03-01&to=2027-03-09&department=surgery",
        "treatment_id=1&from=2027-03-02&to=2027-03-02",
        "treatment_id=1&from=2027-03-10&to=2027-03-10",
    };
    unsigned dice = 11;
    sql("INSERT INTO closure (first_day, last_day, doctor_id)"
        " VALUES ('2027-03-10', '2027-03-10', NULL), ('2027-03-02', '2027-03-04', 2)");
    for (int day = 1; day <= 9; day++)
        crowd(text("2027-03-%02d", day), &dice);
    clinic_set_clock("2027-03-01 10:07");
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        const char *token = i % 2 ? patient_token(5) : NULL;
        struct answer found = search(queries[i], token), days = days_with_room(queries[i], token);
        expect_answer(days, 200, "");
        expect_document(days.text, by_day(&found));
    }
}

Test(availability, a_patient_who_is_taken_all_day_has_no_room_on_it)
{
    static const char query[] = "treatment_id=1&from=2027-03-02&to=2027-03-03";
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during) VALUES"
        " (1, 1, 1, '[2027-03-02 09:00, 2027-03-02 12:00)'),"
        " (1, 1, 1, '[2027-03-02 13:00, 2027-03-02 18:00)')");
    struct answer own = days_with_room(query, patient_token(1));
    cr_expect_str_eq(at(&own, "/items/0/date"), "2027-03-03");
    struct answer others = days_with_room(query, patient_token(2));
    cr_expect_str_eq(at(&others, "/items/0/date"), "2027-03-02");
    cr_expect_str_eq(at(&others, "/items/0/first"), "2027-03-02T09:00:00+09:00");
    cr_expect_eq(number_at(&others, "/items/0/count"), 30);
}

Test(availability, the_earliest_come_first_up_to_the_limit)
{
    struct answer found = search("treatment_id=1&from=2027-03-01&to=2027-03-31&limit=4", NULL);
    expect_document(
        found.text,
        "{\"items\": [{\"doctor_id\": 1, \"start_time\": \"2027-03-01T09:00:00+09:00\"},"
        " {\"doctor_id\": 2, \"start_time\": \"2027-03-01T09:00:00+09:00\"},"
        " {\"doctor_id\": 3, \"start_time\": \"2027-03-01T09:00:00+09:00\"},"
        " {\"doctor_id\": 1, \"start_time\": \"2027-03-01T09:15:00+09:00\"}]}");
    struct answer surgery =
        search("treatment_id=1&from=2027-03-01&to=2027-03-31&limit=1&department=surgery", NULL);
    cr_expect_str_eq(at(&surgery, "/items/0/doctor_id"), "3");
    struct answer lee = search("treatment_id=1&from=2027-03-02&to=2027-03-02&doctor_id=2", NULL);
    cr_expect_eq(length_at(&lee, "/items"), 11 + 19);
    struct answer all = search("treatment_id=1&from=2027-03-01&to=2027-05-01", NULL);
    cr_expect_eq(length_at(&all, "/items"), (size_t)(62 * 30 - 9 * 3) * 3, "%zu",
                 length_at(&all, "/items"));
}

Test(availability, the_earliest_are_found_however_far_off_they_are)
{
    static const int limits[] = {1, 2, 95, 96, 97, 191, 193, 500};
    unsigned dice = 7;
    sql("INSERT INTO closure (first_day, last_day)"
        " VALUES ('2027-03-01', '2027-03-02'), ('2027-03-05', '2027-03-19')");
    crowd("2027-03-03", &dice);
    struct answer all = search("treatment_id=1&from=2027-03-01&to=2027-04-30", NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct answer few =
            search(text("treatment_id=1&from=2027-03-01&to=2027-04-30&limit=%d", limits[i]), NULL);
        cr_expect_eq(length_at(&few, "/items"), (size_t)limits[i], "%d", limits[i]);
        cr_expect_eq(strncmp(few.text, all.text, strlen(few.text) - strlen("]}")), 0, "%d",
                     limits[i]);
    }
    struct answer none = search("treatment_id=1&from=2027-03-05&to=2027-03-19&limit=1", NULL);
    expect_document(none.text, "{\"items\": []}");
}

Test(availability, a_search_is_one_query_however_many_days_and_doctors_unless_few_are_wanted)
{
    static const char *const queries[] = {
        "treatment_id=1&from=2027-03-02&to=2027-03-02&doctor_id=1",
        "treatment_id=1&from=2027-03-02&to=2027-05-02&doctor_id=1",
        "treatment_id=1&from=2027-03-02&to=2027-03-02",
        "treatment_id=1&from=2027-03-02&to=2027-05-02",
    };
    sql("INSERT INTO doctor (name, department) SELECT 'D' || n, 'x' FROM generate_series(5, 50) n");
    clinic_stop_workers(PATIENT_POOL);
    clinic_divert_database(detour_open());
    clinic_start_worker(PATIENT_POOL);
    expect_answer(search(queries[0], NULL), 200, ""); /* by now it has looked at the schema */
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        int before = detour_executed();
        struct answer found = search(queries[i], NULL);
        expect_answer(found, 200, "");
        cr_expect_eq(detour_executed() - before, 1, "%s", queries[i]);
        before = detour_executed();
        expect_answer(days_with_room(queries[i], NULL), 200, "");
        cr_expect_eq(detour_executed() - before, 1, "days of %s", queries[i]);
    }
    sql("INSERT INTO closure (first_day, last_day) VALUES ('2027-03-02', '2027-05-02')");
    expect_answer(search(queries[0], NULL), 200, ""); /* by now it has heard of the closure */
    int before = detour_executed();
    expect_answer(search("treatment_id=1&from=2027-03-02&to=2027-05-02&limit=10", NULL), 200, "");
    cr_expect_eq(detour_executed() - before, 6, "of 1, 2, 4 ... days");
}

Test(availability, a_search_is_for_what_exists_in_at_most_62_days)
{
    static const struct {
        const char *query;
        int status;
        const char *code, *field;
    } rows[] = {
        {"treatment_id=1&from=2027-03-02&to=2027-05-02", 200, "", ""},
        {"treatment_id=1&from=2027-03-02&to=2027-05-03", 400, "bad_request", "to"},
        {"treatment_id=1&from=0001-01-01&to=9999-12-31", 400, "bad_request", "to"},
        {"treatment_id=1&from=2027-03-02&to=2027-03-01", 400, "bad_request", "to"},
        {"treatment_id=1&from=2027-03-02", 400, "bad_request", "to"},
        {"treatment_id=1&to=2027-03-02", 400, "bad_request", "from"},
        {"from=2027-03-02&to=2027-03-02", 400, "bad_request", "treatment_id"},
        {"treatment_id=1&from=2027-03-02&to=2027-03-02&limit=0", 400, "bad_request", "limit"},
        {"treatment_id=1&from=2027-03-02&to=2027-03-02&limit=10001", 400, "bad_request", "limit"},
        {"treatment_id=9&from=2027-03-02&to=2027-03-02", 422, "invalid", "treatment_id"},
        {"treatment_id=1&from=2027-03-02&to=2027-03-02&doctor_id=9", 422, "invalid", "doctor_id"},
        {"treatment_id=1&from=2027-03-02&to=2027-03-02&doctor_id=4", 200, "", ""},
        {"treatment_id=4&from=2027-03-02&to=2027-03-02", 200, "", ""},
        {"treatment_id=1&from=2027-03-02&to=2027-03-02&department=none", 200, "", ""},
        {"treatment_id=1&from=2027-03-02&to=2027-03-02&doctor_id=1&department=surgery", 200, "",
         ""},
        {"treatment_id=1&from=2020-03-02&to=2020-03-02", 200, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer = search(rows[i].query, NULL);
        expect_answer(answer, rows[i].status, rows[i].code);
        if (!strstr(rows[i].query, "limit")) /* which days know nothing of */
            expect_answer(days_with_room(rows[i].query, NULL), rows[i].status, rows[i].code);
        if (rows[i].status != 200)
            cr_expect_str_eq(at(&answer, "/errors/0/field"), rows[i].field, "%s", rows[i].query);
        else if (i > 0)
            cr_expect_eq(length_at(&answer, "/items"), 0, "%s", rows[i].query);
    }
    expect_answer(search("treatment_id=1&from=2027-03-02&to=2027-03-02", "rubbish"), 401,
                  "unauthenticated");
}
