/* Statistics: each figure against a plain recount of two random years. What a few appointments come
 * to is counted by hand in tests/test_statistics.c. */
#include "clinic.h"

/* It is the figures that count, also on a machine that has other work to do. */
static void open_patiently(void)
{
    setenv("DATABASE_TIMEOUT_MS", "60000", 1);
    clinic_open();
}

TestSuite(recount, .init = open_patiently, .fini = clinic_close, .timeout = 120);

/* Slots around the clock with a place for each doctor, and on some weekdays other ones. Names
 * repeat, so that whoever counts by name counts wrong. */
static void offer_plenty(void)
{
    sql("SELECT setseed(0.27)"); /* every run draws the same */
    sql("DELETE FROM hospital_slot");
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week)"
        " SELECT half_hour::time, to_char(half_hour + '00:30', 'HH24:MI')::time,"
        "        15 + floor(random() * 10), nullif(weekday, 0)"
        "   FROM generate_series(0, 47) AS n,"
        "        LATERAL (SELECT n * interval '30 minutes') AS at (half_hour),"
        "        generate_series(0, 7) AS weekday"
        "  WHERE weekday = 0 OR random() < 0.1");
    sql("INSERT INTO doctor (name, department)"
        " SELECT 'Doctor ' || n %% 5, 'dermatology' FROM generate_series(5, 16) AS n ORDER BY n");
    sql("INSERT INTO treatment (name, duration_minutes, price)"
        " VALUES ('old peel', 60, 30000), ('mask', 75, 50000), ('bath', 50, 70000)");
    sql("INSERT INTO closure (first_day, last_day)"
        " VALUES ('2027-08-02', '2027-08-08'), ('2027-08-08', '2027-08-09')");
}

/* In each hour and a half of the day and night, a doctor sees one patient at most, and another one
 * than the other doctors do: nobody is in two places at once. What change_everything() takes away
 * has no appointments to come. */
static void fill_two_years(void)
{
    sql("INSERT INTO appointment"
        "       (doctor_id, patient_id, treatment_id, during, status, visit_type, price)"
        " SELECT doctor_id, 1 + (crowd + doctor_id) %% 260, t.id,"
        "        tsrange(start, start + t.duration_minutes * interval '1 minute'),"
        "        CASE WHEN stretch::date BETWEEN '2027-08-02' AND '2027-08-09' THEN 'cancelled'"
        "             ELSE (enum_range(NULL::appointment_status))[1 + floor(random() * 6)] END,"
        "        (enum_range(NULL::visit_type))[1 + floor(random() * 2)],"
        "        floor(random() * 10000) * 100"
        "   FROM (SELECT stretch, crowd, d.id AS doctor_id, 1 + floor(random() * 7) AS treatment_id,"
        "                random() AS delay"
        "           FROM (SELECT stretch, floor(random() * 260)::integer AS crowd"
        "                   FROM generate_series(timestamp '2026-01-01', '2027-12-31 22:30',"
        "                                        '90 minutes') AS stretch) AS stretches"
        "           JOIN doctor d ON d.is_active AND random() < 0.155) AS visit"
        "   JOIN treatment t ON t.id = visit.treatment_id AND t.is_active,"
        "        LATERAL (SELECT stretch + floor(delay * ((105 - t.duration_minutes) / 15))"
        "                                  * interval '15 minutes') AS begin (start)"
        "  WHERE stretch < hospital_now()"
        "     OR (doctor_id <> 16 AND t.id <> 7 AND stretch::time <> '10:30')");
    const char *many_and_at_midnight =
        sql("SELECT count(*) > 20000"
            "       AND count(*) FILTER (WHERE lower(during)::time = '00:00') > 10"
            "       AND count(*) FILTER (WHERE lower(during)::time = '23:30') > 10"
            "  FROM appointment");
    cr_assert_str_eq(many_and_at_midnight, "t");
}

/* Appointments and slots of the past remain what they were. From 10:30 to 12:00 there come to be a
 * weekday's row that takes the place away, one that gives it, and no row at all. */
static void change_everything(void)
{
    sql("UPDATE hospital_slot SET max_capacity = max_capacity + floor(random() * 5)");
    sql("DELETE FROM hospital_slot WHERE start_time BETWEEN '10:30' AND '11:30'");
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week, is_active)"
        " VALUES ('10:30', '11:00', 20, NULL, true), ('10:30', '11:00', 20, 2, false),"
        "        ('11:00', '11:30', 30, NULL, false), ('11:00', '11:30', 7, 7, true)");
    sql("UPDATE doctor SET is_active = false WHERE id = 16");
    sql("UPDATE treatment SET is_active = false WHERE id = 7");
    sql("UPDATE treatment SET price = price + 1");
    sql("INSERT INTO closure (first_day, last_day, doctor_id)"
        " SELECT day::date, day::date + floor(random() * 4)::integer,"
        "        CASE WHEN random() < 0.5 THEN 16 END"
        "   FROM generate_series(timestamp '2026-01-05', '2027-02-20', '9 days') AS day");
    sql("INSERT INTO closure (first_day, last_day, doctor_id)"
        " VALUES ('2027-03-01', '2027-12-31', 16)");
    sql("ANALYZE");
}

/* Each half-hour, and how many people the hospital would take then. */
static void recount_places(void)
{
    sql("CREATE TABLE half_hour AS"
        " SELECT day::date, n * interval '30 minutes' AS start, 0 AS places,"
        "        tsrange(day + n * interval '30 minutes', day + (n + 1) * interval '30 minutes')"
        "            AS during"
        "   FROM generate_series(timestamp '2025-12-01', '2028-01-31', '1 day') AS day,"
        "        generate_series(0, 47) AS n");
    sql("UPDATE half_hour SET places = max_capacity"
        "  FROM hospital_slot"
        " WHERE start_time = start AND day_of_week IS NULL AND is_active");
    sql("UPDATE half_hour SET places = CASE WHEN is_active THEN max_capacity ELSE 0 END"
        "  FROM hospital_slot"
        " WHERE start_time = start AND day_of_week = extract(isodow FROM day)");
    sql("UPDATE half_hour SET places = capacity"
        "  FROM slot_day"
        " WHERE start_time = start AND slot_day.day = half_hour.day");
    sql("UPDATE half_hour SET places = 0"
        "  FROM hospital"
        " WHERE NOT during <@ tsrange(day + opens_at, day + closes_at)"
        "    OR during && tsrange(day + lunch_start, day + lunch_end)");
    sql("UPDATE half_hour SET places = 0"
        "  FROM closure"
        " WHERE doctor_id IS NULL AND day BETWEEN first_day AND last_day");
}

struct question {
    const char *from, *to;
    const char *filter, *where; /* the same to the API and to SQL */
};

/* The days asked about, and the appointments on them, by the dates that are written in them. */
static void set_aside(const struct question *question)
{
    sql("CREATE TABLE asked_day AS"
        " SELECT day::date FROM generate_series(timestamp '%s', '%s', '1 day') AS day",
        question->from, question->to);
    sql("CREATE TABLE asked AS"
        " SELECT *"
        "   FROM (SELECT *, substr(during::text, 3, 10)::date AS day,"
        "                substr(during::text, 14, 2) AS hour"
        "           FROM appointment) AS written"
        "  WHERE day BETWEEN '%s' AND '%s' AND %s",
        question->from, question->to, question->where);
    sql("CREATE INDEX ON asked (day)");
}

static const struct figure {
    const char *name, *recount;
} figures[] = {
    {"from", "SELECT to_json(min(day)) FROM asked_day"},
    {"to", "SELECT to_json(max(day)) FROM asked_day"},
    {"total", "SELECT count(*) FROM asked"},
    {"by_status", "SELECT json_build_object("
                  "  'pending', (SELECT count(*) FROM asked WHERE status = 'pending'),"
                  "  'confirmed', (SELECT count(*) FROM asked WHERE status = 'confirmed'),"
                  "  'arrived', (SELECT count(*) FROM asked WHERE status = 'arrived'),"
                  "  'completed', (SELECT count(*) FROM asked WHERE status = 'completed'),"
                  "  'cancelled', (SELECT count(*) FROM asked WHERE status = 'cancelled'),"
                  "  'no_show', (SELECT count(*) FROM asked WHERE status = 'no_show'))"},
    {"by_day", "SELECT json_agg(json_build_object("
               "         'date', day,"
               "         'count', (SELECT count(*) FROM asked WHERE asked.day = asked_day.day))"
               "       ORDER BY day)"
               "  FROM asked_day"},
    {"by_hour", "SELECT coalesce(json_agg(json_build_object("
                "         'hour', hour || ':00',"
                "         'count', (SELECT count(*) FROM asked WHERE asked.hour = seen.hour))"
                "       ORDER BY hour), '[]')"
                "  FROM (SELECT DISTINCT hour FROM asked) AS seen"},
    {"by_visit_type", "SELECT json_build_object("
                      "  'first', (SELECT count(*) FROM asked WHERE visit_type = 'first'),"
                      "  'return', (SELECT count(*) FROM asked WHERE visit_type = 'return'))"},
    {"by_doctor", "SELECT coalesce(json_agg(json_build_object("
                  "         'doctor_id', id,"
                  "         'name', name,"
                  "         'count', (SELECT count(*) FROM asked WHERE doctor_id = doctor.id))"
                  "       ORDER BY id), '[]')"
                  "  FROM doctor WHERE id IN (SELECT doctor_id FROM asked)"},
    {"by_treatment", "SELECT coalesce(json_agg(json_build_object("
                     "         'treatment_id', id,"
                     "         'name', name,"
                     "         'count', (SELECT count(*) FROM asked WHERE treatment_id = t.id),"
                     "         'revenue', (SELECT coalesce(sum(price), 0) FROM asked"
                     "                      WHERE treatment_id = t.id AND status = 'completed'))"
                     "       ORDER BY id), '[]')"
                     "  FROM treatment t WHERE id IN (SELECT treatment_id FROM asked)"},
    {"no_show_rate", "SELECT round(no_shows::numeric / nullif(no_shows + completed, 0), 4)"
                     "  FROM (SELECT count(*) FROM asked WHERE status = 'no_show') AS n (no_shows),"
                     "       (SELECT count(*) FROM asked WHERE status = 'completed')"
                     "           AS c (completed)"},
    {"utilisation", "SELECT round(taken::numeric / nullif(offered, 0), 4)"
                    "  FROM (SELECT count(*) FROM asked JOIN half_hour USING (day)"
                    "         WHERE asked.during && half_hour.during AND status <> 'cancelled')"
                    "           AS t (taken),"
                    "       (SELECT sum(places) FROM half_hour JOIN asked_day USING (day))"
                    "           AS o (offered)"},
};
enum { FIGURES = sizeof figures / sizeof *figures };

static void ask_and_recount(const struct question *q)
{
    struct answer answer =
        admin_api("GET", text("/stats?from=%s&to=%s%s", q->from, q->to, q->filter),
                  staff_token("viewer"), NULL);
    expect_answer(answer, 200, "");
    cr_assert_eq(json_object_object_length(answer.json), FIGURES, "%s", answer.text);
    set_aside(q);
    for (int i = 0; i < FIGURES; i++) {
        const char *recounted = sql("SELECT coalesce((%s)::text, 'null')", figures[i].recount);
        struct json_object *got = NULL;
        bool is_there = json_object_object_get_ex(answer.json, figures[i].name, &got);
        cr_expect(is_there && json_object_equal(got, json_tokener_parse(recounted)),
                  "%s of %s to %s where %s: got %.900s instead of %.900s", figures[i].name, q->from,
                  q->to, q->where, json_object_to_json_string(got), recounted);
    }
    sql("DROP TABLE asked, asked_day");
}

Test(recount, every_figure_is_that_of_a_plain_recount)
{
    static const struct question questions[] = {
        {"2025-12-30", "2028-01-02", "", "true"},
        {"2025-12-30", "2028-01-02", "&doctor_id=16", "doctor_id = 16"},
        {"2026-06-15", "2027-06-15", "&treatment_id=7", "treatment_id = 7"},
        {"2026-02-27", "2027-09-30", "&doctor_id=6&treatment_id=5",
         "doctor_id = 6 AND treatment_id = 5"},
        {"2027-02-01", "2027-02-28", "", "true"},
        {"2026-05-19", "2026-05-19", "", "true"},                      /* a Tuesday that was */
        {"2027-03-02", "2027-03-02", "", "true"},                      /* one to come */
        {"2027-03-07", "2027-03-07", "", "true"},                      /* and a Sunday */
        {"2027-08-03", "2027-08-07", "&doctor_id=3", "doctor_id = 3"}, /* closed: no rates */
        {"2028-01-01", "2028-01-31", "", "true"},                      /* nobody yet */
    };
    static const char *const hours[] = {
        "opens_at = '09:00', closes_at = '18:00'",
        "opens_at = '00:15', closes_at = '24:00', lunch_start = '12:15', lunch_end = '13:15'",
    };
    offer_plenty();
    fill_two_years();
    change_everything();
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
        sql("UPDATE hospital SET %s", hours[i]);
        recount_places();
        for (size_t k = 0; k < sizeof questions / sizeof *questions; k++)
            ask_and_recount(&questions[k]);
        sql("DROP TABLE half_hour");
    }
}

/* The same hour is another day in UTC, in which the worker's session is. */
Test(recount, a_day_is_the_hospitals_from_midnight_to_midnight)
{
    offer_plenty();
    sql("UPDATE hospital SET opens_at = '00:00', closes_at = '24:00'");
    expect_answer(book(1, 1, 1, "2027-03-02T23:30"), 201, "");
    expect_answer(book(1, 1, 1, "2027-03-02T15:00+00:00"), 201, "");
    struct answer eve =
        admin_api("GET", "/stats?from=2027-03-02&to=2027-03-02", staff_token("viewer"), NULL);
    cr_expect_eq(number_at(&eve, "/total"), 1, "%s", eve.text);
    cr_expect_str_eq(at(&eve, "/by_hour/0/hour"), "23:00");
    struct answer day =
        admin_api("GET", "/stats?from=2027-03-03&to=2027-03-03", staff_token("viewer"), NULL);
    cr_expect_eq(number_at(&day, "/total"), 1, "%s", day.text);
    cr_expect_str_eq(at(&day, "/by_hour/0/hour"), "00:00");
}
