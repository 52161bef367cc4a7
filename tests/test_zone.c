/*
 * Days on which the clocks change: no quarter-hour is lost or doubled, and one that the clocks skip
 * is refused. What is right says C's own clock, which shares neither code nor zone files with
 * PostgreSQL.
 */
#include "clinic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

TestSuite(zone, .init = clinic_open, .fini = clinic_close, .timeout = 120);

#define NEW_YORK  "America/New_York", "EST5EDT,M3.2.0,M11.1.0"
#define LORD_HOWE "Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define HAVANA    "America/Havana", "CST5CDT,M3.2.0/0,M11.1.0/1"
#define SEOUL     "Asia/Seoul", "KST-9"

/* Lord Howe changes by half an hour, and while it is still yesterday in UTC; in Havana midnight
 * itself is skipped and comes twice; Seoul does nothing on the same days. */
static const struct sunday {
    const char *zone, *rule;               /* the same to PostgreSQL and to C */
    const char *before, *day, *after;      /* the clocks change on the second */
    int instants;                          /* quarter-hours that pass on it */
    const char *skipped_from, *skipped_to; /* "": nothing */
} sundays[] = {
    {NEW_YORK, "2027-03-13", "2027-03-14", "2027-03-15", 92, "02:00", "03:00"},
    {NEW_YORK, "2027-11-06", "2027-11-07", "2027-11-08", 100, "", ""},
    {LORD_HOWE, "2027-04-03", "2027-04-04", "2027-04-05", 98, "", ""},
    {LORD_HOWE, "2027-10-02", "2027-10-03", "2027-10-04", 94, "02:00", "02:30"},
    {HAVANA, "2027-03-13", "2027-03-14", "2027-03-15", 92, "00:00", "01:00"},
    {HAVANA, "2027-11-06", "2027-11-07", "2027-11-08", 100, "", ""},
    {SEOUL, "2027-03-13", "2027-03-14", "2027-03-15", 96, "", ""},
    {SEOUL, "2027-11-06", "2027-11-07", "2027-11-08", 96, "", ""},
    {SEOUL, "2027-04-03", "2027-04-04", "2027-04-05", 96, "", ""},
    {SEOUL, "2027-10-02", "2027-10-03", "2027-10-04", 96, "", ""},
};

enum { SUNDAYS = sizeof sundays / sizeof *sundays, QUARTERS = 96, MOST_INSTANTS = 104 };

/* The hospital moves there, and never closes. */
static void live_by(const struct sunday *sunday)
{
    sql("UPDATE hospital SET time_zone = '%s', opens_at = '00:00', closes_at = '24:00',"
        "                    lunch_end = lunch_start, max_days_ahead = 3660",
        sunday->zone);
    sql("INSERT INTO hospital_slot (start_time, end_time, max_capacity)"
        " SELECT to_char(start, 'HH24:MI')::time,"
        "        to_char(start + interval '30 minutes', 'HH24:MI')::time, 3"
        "   FROM generate_series(0, 47) AS n, make_interval(mins => n * 30) AS start"
        "     ON CONFLICT DO NOTHING");
    setenv("TZ", sunday->rule, 1);
    tzset();
}

/* A day as C knows it. */
struct clock {
    int count;
    struct instant {
        const char *in_utc, *local; /* both RFC 3339 */
        int quarter;                /* what the clock on the wall shows */
    } instants[MOST_INSTANTS];
    const char *starts[QUARTERS]; /* local; the later, where it comes twice; NULL: it never comes */
};

static const char *written(const struct tm *tm)
{
    char moment[32];
    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%S%z", tm);
    return text("%.22s:%s", moment, moment + 22);
}

static void clock_add(struct clock *clock, time_t now, const struct tm *local)
{
    struct tm utc;
    struct instant *instant = &clock->instants[clock->count++];
    gmtime_r(&now, &utc);
    instant->in_utc = text("%.19sZ", written(&utc));
    instant->local = written(local);
    instant->quarter = local->tm_hour * 4 + local->tm_min / 15;
    clock->starts[instant->quarter] = instant->local;
}

/* Goes through all instants that may be of that day anywhere on Earth. */
static struct clock clock_of(const char *day)
{
    enum { QUARTER = 15 * 60, HOUR = 60 * 60 };
    struct clock clock = {0};
    struct tm date = {0}, local;
    strptime(day, "%Y-%m-%d", &date);
    time_t midnight = timegm(&date);
    for (time_t now = midnight - 24 * HOUR; now < midnight + 48 * HOUR; now += QUARTER)
        if (localtime_r(&now, &local)->tm_yday == date.tm_yday && clock.count < MOST_INSTANTS)
            clock_add(&clock, now, &local);
    return clock;
}

static const char *time_of(int quarter)
{
    return text("%02d:%02d", quarter / 4, quarter % 4 * 15);
}

static bool skips(const struct sunday *sunday, int quarter)
{
    return strcmp(time_of(quarter), sunday->skipped_from) >= 0 &&
           strcmp(time_of(quarter), sunday->skipped_to) < 0;
}

/* Why half an hour cannot begin there on the Sunday; "": it can. */
static const char *refusal(const struct sunday *sunday, int quarter)
{
    if (skips(sunday, quarter) || skips(sunday, quarter + 1))
        return "nonexistent_time";
    return quarter == QUARTERS - 1 ? "outside_hours" : "";
}

/* The table is no opinion of this test's author. */
Test(zone, c_knows_the_same_days)
{
    for (const struct sunday *sunday = sundays; sunday < sundays + SUNDAYS; sunday++) {
        live_by(sunday);
        struct clock clock = clock_of(sunday->day);
        cr_expect_eq(clock.count, sunday->instants, "%s %s has %d quarter-hours", sunday->zone,
                     sunday->day, clock.count);
        for (int quarter = 0; quarter < QUARTERS; quarter++)
            cr_expect_eq(!clock.starts[quarter], skips(sunday, quarter), "%s %s %s", sunday->zone,
                         sunday->day, time_of(quarter));
    }
}

Test(zone, no_quarter_is_lost_or_doubled_when_the_clocks_change)
{
    for (const struct sunday *sunday = sundays; sunday < sundays + SUNDAYS; sunday++) {
        const char *times = "", *refused = "";
        live_by(sunday);
        for (int quarter = 0; quarter < QUARTERS; quarter++) {
            const char *time = time_of(quarter), *code = refusal(sunday, quarter);
            if (*code)
                refused = text("%s%s{\"time\": \"%s\", \"code\": \"%s\"}", refused,
                               *refused ? ", " : "", time, code);
            else
                times = text("%s%s\"%s\"", times, *times ? ", " : "", time);
        }
        struct answer offer = patient_api(
            "GET",
            text("/availability/1/availability?treatment_id=1&explain=true&date=%s", sunday->day),
            NULL, NULL);
        expect_document(offer.text, text("{\"doctor_id\": 1, \"treatment_id\": 1, \"date\": \"%s\","
                                         " \"duration_minutes\": 30, \"times\": [%s],"
                                         " \"refused\": [%s]}",
                                         sunday->day, times, refused));
    }
}

static void expect_booking(const struct sunday *sunday, const char *start, int quarter,
                           const char *local)
{
    struct answer answer = book(1, 1, 1, start);
    const char *code = refusal(sunday, quarter);
    if (*code)
        cr_expect(answer.status == 422 && strcmp(at(&answer, "/code"), code) == 0,
                  "%s %s: expected %s, got %s", sunday->zone, start, code, answer.text);
    else
        cr_expect_str_eq(at(&answer, "/start_time"), local, "%s %s: expected %s, got %s",
                         sunday->zone, start, local, answer.text);
}

Test(zone, what_is_offered_is_booked_at_the_offset_of_its_zone_and_the_rest_is_refused)
{
    for (const struct sunday *sunday = sundays; sunday < sundays + SUNDAYS; sunday++) {
        live_by(sunday);
        struct clock clock = clock_of(sunday->day);
        for (int quarter = 0; quarter < QUARTERS; quarter++) {
            expect_booking(sunday, text("%sT%s", sunday->day, time_of(quarter)), quarter,
                           clock.starts[quarter]);
            sql("DELETE FROM appointment");
        }
    }
}

/* The clock on the wall is what counts: where it shows one time twice, there is one appointment. */
static void expect_taken(const struct sunday *sunday, const struct clock *clock, int quarter)
{
    for (int i = 0; i < clock->count; i++) {
        if (clock->instants[i].quarter != quarter)
            continue;
        const char *start = clock->instants[i].local;
        struct answer doctor = book(2, 1, 1, start), patient = book(1, 2, 1, start);
        cr_expect_str_eq(at(&doctor, "/code"), "doctor_busy", "%s %s", sunday->zone, start);
        cr_expect_str_eq(at(&patient, "/code"), "patient_busy", "%s %s", sunday->zone, start);
    }
}

Test(zone, each_instant_is_booked_when_the_clock_on_the_wall_shows_it)
{
    for (const struct sunday *sunday = sundays; sunday < sundays + SUNDAYS; sunday++) {
        live_by(sunday);
        struct clock clock = clock_of(sunday->day);
        for (int i = 0; i < clock.count; i++) {
            int quarter = clock.instants[i].quarter;
            expect_booking(sunday, clock.instants[i].in_utc, quarter, clock.starts[quarter]);
            if (!*refusal(sunday, quarter))
                expect_taken(sunday, &clock, quarter);
            sql("DELETE FROM appointment");
        }
    }
}

/* The starts of a day, each as an item of a search's answer and a comma. */
static const char *starts_of(const struct sunday *sunday, const char *day)
{
    struct clock clock = clock_of(day);
    const char *items = "";
    for (int quarter = 0; quarter < QUARTERS - 1; quarter++)
        if (day != sunday->day || !*refusal(sunday, quarter))
            items =
                text("%s{\"doctor_id\": 1, \"start_time\": \"%s\"},", items, clock.starts[quarter]);
    return items;
}

Test(zone, a_search_across_the_change_finds_each_start_at_its_own_offset)
{
    for (const struct sunday *sunday = sundays; sunday < sundays + SUNDAYS; sunday++) {
        live_by(sunday);
        struct answer found =
            patient_api("GET",
                        text("/availability?treatment_id=1&doctor_id=1&from=%s&to=%s",
                             sunday->before, sunday->after),
                        NULL, NULL);
        const char *items = text("%s%s%s", starts_of(sunday, sunday->before),
                                 starts_of(sunday, sunday->day), starts_of(sunday, sunday->after));
        expect_document(found.text, text("{\"items\": [%.*s]}", (int)strlen(items) - 1, items));
    }
}

/* What happened in an hour that comes twice is told at the offset of its own pass. */
Test(zone, when_something_happened_is_told_as_it_was)
{
    live_by(&sundays[1]);
    struct answer booked = book(1, 1, 1, "2027-11-07T12:00");
    sql("UPDATE appointment SET created_at = '2027-11-07 05:30:59.9Z'");
    struct answer first = patient_api("GET", "/appointments/1", patient_token(1), NULL);
    cr_expect_str_eq(at(&first, "/created_at"), "2027-11-07T01:30:59-04:00", "%s", booked.text);
    sql("UPDATE appointment SET created_at = '2027-11-07 06:30Z'");
    struct answer second = patient_api("GET", "/appointments/1", patient_token(1), NULL);
    cr_expect_str_eq(at(&second, "/created_at"), "2027-11-07T01:30:00-05:00");
}
