#include "facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "refusal.h"

/*
 * ($1 doctor or NULL for any that is active, $2 treatment, $3 start, $4 its offset from UTC in
 * minutes or NULL for hospital time, $5 patient or NULL, $6 last day or NULL for the start's own,
 * $7 department or NULL, $8 appointment that is being moved, or NULL). One row; what there is many
 * of comes as a list of numbers, with days counted from the first and times in minutes of the day.
 *
 * Rows are compared as such, and OFFSET 0 fences a query off, where that leaves the planner, who
 * knows nothing of the range, one way: a look into the right index.
 */
static const struct statement facts = {
    .name = "facts",
    .parameters = 8,
    .sql =
        "WITH span AS ("
        "    SELECT h.*, hospital_clock(time_zone) AS now, start,"
        "           start::date AS first, coalesce($6::date, start::date) AS last"
        "      FROM hospital h"
        "     CROSS JOIN LATERAL"
        "           (SELECT CASE WHEN $4::integer IS NULL THEN $3::timestamp"
        "                        ELSE ($3::timestamp - make_interval(mins => $4::integer))"
        "                             AT TIME ZONE 'UTC' AT TIME ZONE time_zone END) AS wished (start)"
        "    OFFSET 0),"
        " doctors AS MATERIALIZED ("
        "    SELECT d.id, d.is_active"
        "      FROM doctor d"
        "     WHERE CASE WHEN $1::bigint IS NULL THEN d.is_active ELSE d.id = $1::bigint END"
        "       AND ($7::text IS NULL OR d.department = $7)"
        "     ORDER BY d.id)"
        " SELECT replace(start::text, ' ', 'T'),"
        "        (SELECT string_agg(id || ':' || is_active::integer, ',') FROM doctors),"
        "        t.is_active, t.duration_minutes, minutes(start - first),"
        "        minutes(opens_at), minutes(closes_at), minutes(lunch_start), minutes(lunch_end),"
        "        ceil(extract(epoch FROM now - first) / 60)::bigint,"
        "        first - now::date, min_notice_minutes, max_days_ahead,"
        "        extract(isodow FROM first), array_to_string(offered, ','),"
        "        (SELECT string_agg((day - first) || ':' || minutes(start_time), ',')"
        "           FROM slot_day"
        "          WHERE is_full AND day BETWEEN first AND last),"
        "        (SELECT string_agg(id || ':' || day - first || ':' || busy::text, ',')"
        "           FROM doctors"
        "          CROSS JOIN LATERAL (SELECT * FROM doctor_day"
        "                               WHERE doctor_id = id AND day BETWEEN first AND last"
        "                              OFFSET 0) AS booked),"
        "        (SELECT string_agg(lower(during)::date - first || ':' || minutes(lower(during)::time)"
        "                           || ':' || minutes(upper(during) - lower(during)), ',')"
        "           FROM appointment"
        "          WHERE (patient_id, lower(during)) >= ($5::bigint, first::timestamp)"
        "            AND (patient_id, lower(during)) < ($5::bigint, last + interval '1 day')"
        "            AND status <> 'cancelled'),"
        "        (SELECT string_agg(coalesce(doctor_id, 0) || ':' || first_day - first"
        "                           || ':' || last_day - first, ',')"
        "           FROM closure"
        "          WHERE last_day >= first AND first_day <= last),"
        "        (SELECT doctor_id || ':' || lower(during)::date - first"
        "                || ':' || minutes(lower(during)::time)"
        "                || ':' || minutes(upper(during) - lower(during))"
        "           FROM appointment"
        "          WHERE id = $8::bigint AND status <> 'cancelled'),"
        "        (SELECT string_agg(day || ' ' ||"
        "                           CASE WHEN clocks_change(day, time_zone)"
        "                                THEN coalesce(quarters_skipped(day, time_zone), '')"
        "                                     || ' ' || quarter_offsets(day, time_zone)"
        "                                ELSE ' 0' || substr(local_text(day, time_zone), 20) END, ';')"
        "           FROM generate_series(0, last - first) AS n"
        "          CROSS JOIN LATERAL (SELECT first + n) AS days (day))"
        "   FROM span"
        "   LEFT JOIN treatment t ON t.id = $2::bigint"
        "  WHERE last - first BETWEEN 0 AND 61",
};

enum { WEEKDAYS = 7, SLOT_MINUTES = 30, EVERYBODY = 0 };

/* The columns of `facts`. */
enum {
    START,
    DOCTORS,
    TREATMENT_ACTIVE,
    DURATION,
    START_MINUTE,
    OPENS_AT,
    CLOSES_AT,
    LUNCH_START,
    LUNCH_END,
    NOW,
    DAYS_AHEAD,
    MIN_NOTICE,
    MAX_DAYS,
    WEEKDAY,
    OFFERED, /* quarters, by weekday */
    FULL,    /* day:minute */
    BUSY,    /* doctor:day:quarters */
    PATIENT, /* day:minute:length */
    CLOSED,  /* doctor or EVERYBODY:first day:last day */
    LEAVING, /* doctor:day:minute:length */
    DAYS,    /* "date skipped offsets;..." */
};

/* What is being read into. */
struct reading {
    const struct rows *rows;
    struct facts facts;
    struct doctor_facts *doctors;
    struct day_facts *days;
    struct presence *presences;
};

/* Reads a number of a list, and what separates it from the next. */
static int64_t read_number(const char **list)
{
    char *end;
    int64_t number = strtoll(*list, &end, 10);
    *list = end + (*end != '\0');
    return number;
}

/* Reads a day of a list; cut off where it lies outside of those that were asked for. */
static int read_day(const struct reading *reading, const char **list)
{
    int64_t day = read_number(list);
    int last = reading->facts.day_count - 1;
    return day < 0 ? 0 : day > last ? last : (int)day;
}

/* Reads 96 bits, the first for the day's first quarter-hour. */
static quarters read_quarters(const char **list)
{
    quarters set = NO_QUARTERS;
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
        set |= (quarters)((*list)[quarter] == '1') << quarter;
    *list += QUARTERS_PER_DAY;
    *list += **list != '\0';
    return set;
}

/* Reads a minute and a length. */
static quarters read_stretch(const char **list)
{
    int from = (int)read_number(list);
    return quarters_touched(from, from + (int)read_number(list));
}

static int count_entries(const char *list, char separator)
{
    int count = *list != '\0';
    for (; *list; list++)
        count += *list == separator;
    return count;
}

static int compare_doctors(const void *id, const void *doctor)
{
    int64_t a = *(const int64_t *)id, b = ((const struct doctor_facts *)doctor)->id;
    return (a > b) - (a < b);
}

/* The presence of a doctor on a day; NULL: nobody asked about them. */
static struct presence *presence_of(const struct reading *reading, int day, int64_t doctor_id)
{
    size_t count = (size_t)reading->facts.doctor_count;
    const struct doctor_facts *doctor =
        bsearch(&doctor_id, reading->doctors, count, sizeof *doctor, compare_doctors);
    return doctor ? &reading->presences[(size_t)day * count + (size_t)(doctor - reading->doctors)]
                  : NULL;
}

/* Minutes or days, or, in another century, as far off as matters. */
static int amount(const struct rows *rows, int column)
{
    enum { FAR = 100000000 };
    int64_t value = rows_integer(rows, 0, column);
    return (int)(value < -FAR ? -FAR : value > FAR ? FAR : value);
}

static struct day read_first_day(const struct rows *rows)
{
    return (struct day){
        .treatment_active = rows_boolean(rows, 0, TREATMENT_ACTIVE),
        .duration_minutes = amount(rows, DURATION),
        .start = amount(rows, START_MINUTE),
        .opens_at = amount(rows, OPENS_AT),
        .closes_at = amount(rows, CLOSES_AT),
        .lunch_start = amount(rows, LUNCH_START),
        .lunch_end = amount(rows, LUNCH_END),
        .now = amount(rows, NOW),
        .days_ahead = amount(rows, DAYS_AHEAD),
        .min_notice_minutes = amount(rows, MIN_NOTICE),
        .max_days_ahead = amount(rows, MAX_DAYS),
    };
}

static void read_offer(const struct reading *reading)
{
    const char *list = rows_text(reading->rows, 0, OFFERED);
    quarters offered[WEEKDAYS];
    for (int weekday = 0; weekday < WEEKDAYS; weekday++)
        offered[weekday] = read_quarters(&list);
    int first = amount(reading->rows, WEEKDAY) - 1;
    for (int i = 0; i < reading->facts.day_count; i++)
        reading->days[i].day.offered = offered[(first + i) % WEEKDAYS];
}

/* Each day's date, what its clocks skip, and its offsets. */
static void read_clocks(const struct reading *reading)
{
    const char *list = rows_text(reading->rows, 0, DAYS);
    for (int i = 0; i < reading->facts.day_count; i++) {
        struct day_facts *day = &reading->days[i];
        day->date = list;
        list += strcspn(list, " ") + 1;
        while (*list != ' ') {
            int from = (int)read_number(&list);
            day->day.skipped |= quarters_touched(from, (int)strtol(list, (char **)&list, 10));
            list += *list == ',';
        }
        day->offsets = ++list;
        list += strcspn(list, ";");
        list += *list != '\0';
    }
}

static void read_days(struct reading *reading)
{
    struct day day = read_first_day(reading->rows);
    for (int i = 0; i < reading->facts.day_count; i++) {
        reading->days[i].day = day;
        day.now -= MINUTES_PER_DAY;
        day.days_ahead++;
    }
    read_offer(reading);
    read_clocks(reading);
    for (const char *list = rows_text(reading->rows, 0, FULL); *list;) {
        struct day *full = &reading->days[read_day(reading, &list)].day;
        int from = (int)read_number(&list);
        full->full |= quarters_touched(from, from + SLOT_MINUTES);
    }
    for (const char *list = rows_text(reading->rows, 0, PATIENT); *list;) {
        struct day *taken = &reading->days[read_day(reading, &list)].day;
        taken->patient_busy |= read_stretch(&list);
    }
}

static void read_doctors(const struct reading *reading)
{
    const char *list = rows_text(reading->rows, 0, DOCTORS);
    for (int i = 0; i < reading->facts.doctor_count; i++) {
        reading->doctors[i].id = read_number(&list);
        reading->doctors[i].active = read_number(&list) != 0;
    }
    for (list = rows_text(reading->rows, 0, BUSY); *list;) {
        int64_t doctor_id = read_number(&list);
        struct presence *presence = presence_of(reading, read_day(reading, &list), doctor_id);
        quarters busy = read_quarters(&list);
        if (presence)
            presence->busy = busy;
    }
}

static void read_closures(const struct reading *reading)
{
    for (const char *list = rows_text(reading->rows, 0, CLOSED); *list;) {
        int64_t doctor_id = read_number(&list);
        int first = read_day(reading, &list), last = read_day(reading, &list);
        for (int day = first; day <= last; day++) {
            struct presence *presence = presence_of(reading, day, doctor_id);
            if (doctor_id == EVERYBODY)
                reading->days[day].day.closed = true;
            else if (presence)
                presence->away = true;
        }
    }
}

/* What the appointment that is being moved would leave: its doctor's and its patient's time, and
 * its places in the slots. */
static void read_leaving(const struct reading *reading)
{
    const char *list = rows_text(reading->rows, 0, LEAVING);
    if (!*list)
        return;
    int64_t doctor_id = read_number(&list), day = read_number(&list);
    if (day < 0 || day >= reading->facts.day_count)
        return;
    int from = (int)read_number(&list), to = from + (int)read_number(&list);
    struct presence *presence = presence_of(reading, (int)day, doctor_id);
    struct day *left = &reading->days[day].day;
    if (presence)
        presence->busy &= ~quarters_touched(from, to);
    left->patient_busy &= ~quarters_touched(from, to);
    left->full &= ~quarters_touched(from / SLOT_MINUTES * SLOT_MINUTES,
                                    (to + SLOT_MINUTES - 1) / SLOT_MINUTES * SLOT_MINUTES);
}

static const struct facts *read_facts(struct arena *arena, const struct rows *rows)
{
    struct reading *reading = arena_alloc(arena, sizeof *reading);
    size_t doctors = (size_t)count_entries(rows_text(rows, 0, DOCTORS), ',');
    size_t days = (size_t)count_entries(rows_text(rows, 0, DAYS), ';');
    reading->rows = rows;
    reading->doctors = arena_alloc(arena, (doctors + 1) * sizeof *reading->doctors);
    reading->days = arena_alloc(arena, days * sizeof *reading->days);
    reading->presences = arena_alloc(arena, (days * doctors + 1) * sizeof *reading->presences);
    reading->facts = (struct facts){
        .start = rows_text(rows, 0, START),
        .day_count = (int)days,
        .doctor_count = (int)doctors,
        .doctors = reading->doctors,
        .days = reading->days,
        .presences = reading->presences,
    };
    read_days(reading);
    read_doctors(reading);
    read_closures(reading);
    read_leaving(reading);
    return &reading->facts;
}

const struct problem *facts_read(struct db *db, const struct wish *wish, const struct facts **read)
{
    const struct rows *rows;
    const char *parameters[] = {
        db_integer_or_null(db, wish->doctor_id),
        db_integer(db, wish->treatment_id),
        wish->start.local,
        wish->start.has_offset ? db_integer(db, wish->start.offset_minutes) : NULL,
        db_integer_or_null(db, wish->patient_id),
        wish->last_day,
        wish->department,
        db_integer_or_null(db, wish->moving_id),
    };
    const struct problem *problem = db_run(db, &facts, parameters, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0)
        return problem_field(db->arena, &problem_bad_request, "to", "not_acceptable",
                             "must not be before from, nor more than 62 days with it");
    if (wish->doctor_id != NOT_GIVEN && !wish->department && rows_null(rows, 0, DOCTORS))
        return &problem_not_found;
    if (rows_null(rows, 0, TREATMENT_ACTIVE))
        return refusal_by_constraint(db->arena, "appointment_treatment");
    *read = read_facts(db->arena, rows);
    return NULL;
}

struct day facts_day(const struct facts *read, int day, int doctor)
{
    struct day of_doctor = read->days[day].day;
    const struct presence *presence = &read->presences[day * read->doctor_count + doctor];
    of_doctor.doctor_active = read->doctors[doctor].active;
    of_doctor.doctor_busy = presence->busy;
    of_doctor.doctor_away = presence->away;
    return of_doctor;
}

void facts_start(const struct facts *read, int day, int quarter, char text[START_TEXT_SIZE])
{
    const char *date = read->days[day].date;
    const char *offset = read->days[day].offsets;
    const int minute = quarter * QUARTER_MINUTES;
    for (const char *at = offset; *at && *at != ';' && strtol(at, NULL, 10) <= minute;) {
        offset = at + strspn(at, "0123456789");
        at += strcspn(at, ",;");
        at += *at == ',';
    }
    snprintf(text, START_TEXT_SIZE, "%.*sT%02d:%02d:00%.6s", (int)strcspn(date, " "), date,
             minute / 60, minute % 60, offset);
}
