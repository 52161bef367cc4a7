#include "facts.h"

#include <stdlib.h>
#include <string.h>

#include "refusal.h"

/*
 * ($1 doctor or NULL for any that is active, $2 treatment, $3 start, $4 patient or NULL, $5 the
 * start's offset from UTC in minutes or NULL for hospital time, $6 last day or NULL for the start's
 * own, $7 department or NULL, $8 appointment that is being moved, or NULL). One row, and in it
 * lists: arrays of entries, which are words with spaces between them. Values come as they are
 * stored, for what takes the server most time is to get its expressions ready.
 *
 * Rows are compared as such, and OFFSET 0 fences a query off, where that leaves the planner, who
 * knows nothing of the range, one way: a look into the right index.
 */
#define SETTINGS                                                                                   \
    "first::timestamp AT TIME ZONE time_zone, opens_at, closes_at, lunch_start, lunch_end,"        \
    " min_notice_minutes, max_days_ahead, offered,"                                                \
    " t.is_active, t.duration_minutes"
#define PRESENCE "concat_ws(' ', d.id, d.is_active, b.day, b.busy)"
#define FULL_SLOTS                                                                                 \
    "ARRAY(SELECT concat_ws(' ', s.day, s.start_time)"                                             \
    "        FROM slot_day s"                                                                      \
    "       WHERE s.is_full AND s.day BETWEEN first AND last)"
#define CLOSURES                                                                                   \
    "ARRAY(SELECT concat_ws(' ', coalesce(c.doctor_id, 0), greatest(c.first_day, first),"          \
    "                       least(c.last_day, last))"                                              \
    "        FROM closure c"                                                                       \
    "       WHERE c.last_day >= first AND c.first_day <= last)"
#define CLOCK                                                                                      \
    "concat_ws(' ', date, coalesce(quarters_skipped(date, time_zone), '-'),"                       \
    "          quarter_offsets(date, time_zone), substr(local_text(date + 1, time_zone), 20))"
#define OWN_TIMES                                                                                  \
    "ARRAY(SELECT concat_ws(' ', lower(a.during), upper(a.during))"                                \
    "        FROM appointment a"                                                                   \
    "       WHERE (a.patient_id, lower(a.during)) >= ($4::bigint, first::timestamp)"               \
    "         AND (a.patient_id, lower(a.during)) < ($4::bigint, last + interval '1 day')"         \
    "         AND a.status <> 'cancelled')"

static const struct statement facts_of_days = {
    .name = "facts_of_days",
    .parameters = 8,
    .sql = "SELECT start, now, " SETTINGS ","
           "       ARRAY(SELECT " PRESENCE "               FROM doctor d"
           "               LEFT JOIN doctor_day b"
           "                 ON b.doctor_id = d.id AND b.day BETWEEN first AND last"
           "              WHERE d.id BETWEEN coalesce($1::bigint, 0)"
           "                             AND coalesce($1::bigint, 9223372036854775807)"
           "                AND ($1::bigint IS NOT NULL OR d.is_active)"
           "                AND ($7::text IS NULL OR d.department = $7)),"
           "       " FULL_SLOTS ", " CLOSURES ","
           "       ARRAY(SELECT " CLOCK "               FROM generate_series(0, last - first) AS n"
           "              CROSS JOIN LATERAL (SELECT first + n) AS following (date)"
           "              WHERE clocks_change(date, time_zone)),"
           "       " OWN_TIMES ","
           "       (SELECT concat_ws(' ', a.doctor_id, lower(a.during), upper(a.during))"
           "          FROM appointment a"
           "         WHERE a.id = $8::bigint AND a.status <> 'cancelled'),"
           "       last - first + 1"
           "  FROM (SELECT h.*, hospital_clock(time_zone) AS now, start,"
           "               start::date AS first, coalesce($6::date, start::date) AS last"
           "          FROM hospital h"
           "         CROSS JOIN LATERAL"
           "               (SELECT CASE WHEN $5::integer IS NULL THEN $3::timestamp"
           "                            ELSE ($3::timestamp - make_interval(mins => $5::integer))"
           "                                 AT TIME ZONE 'UTC' AT TIME ZONE time_zone END)"
           "               AS wished (start)"
           "        OFFSET 0) AS span"
           "  LEFT JOIN treatment t ON t.id = $2::bigint",
};

/* The same for what is asked most: one doctor on the START's own day. */
#define FACTS_OF_DAY(START, OWN)                                                                   \
    "SELECT start, hospital_clock(time_zone), " SETTINGS ", " PRESENCE ","                         \
    "       " FULL_SLOTS ", " CLOSURES ","                                                         \
    "       CASE WHEN clocks_change(date, time_zone) THEN ARRAY[" CLOCK "] END,"                   \
    "       " OWN ", NULL, 1"                                                                      \
    "  FROM (SELECT h.*, start, date, date AS first, date AS last"                                 \
    "          FROM hospital h"                                                                    \
    "         CROSS JOIN LATERAL (SELECT " START ", " START "::date) AS wished (start, date))"     \
    "       AS span"                                                                               \
    "  LEFT JOIN treatment t ON t.id = $2::bigint"                                                 \
    "  LEFT JOIN doctor d ON d.id = $1::bigint"                                                    \
    "  LEFT JOIN doctor_day b ON b.doctor_id = $1::bigint AND b.day = date"

/* ($1 doctor, $2 treatment, $3 day), and nobody's own. */
static const struct statement facts_of_day = {
    .name = "facts_of_day",
    .parameters = 3,
    .sql = FACTS_OF_DAY("$3::date", "NULL"),
};

/* ($1 doctor, $2 treatment, $3 start in hospital time, $4 patient), as most are booked. */
static const struct statement facts_of_booking = {
    .name = "facts_of_booking",
    .parameters = 4,
    .sql = FACTS_OF_DAY("$3::timestamp", OWN_TIMES),
};

enum { SLOT_MINUTES = 30, EVERYBODY = 0 };

/* Their columns. */
enum {
    START,
    NOW,
    MIDNIGHT, /* the first one, in UTC */
    OPENS_AT,
    CLOSES_AT,
    LUNCH_START,
    LUNCH_END,
    MIN_NOTICE,
    MAX_DAYS,
    OFFERED, /* quarters of a week */
    TREATMENT_ACTIVE,
    DURATION,
    PRESENCES, /* doctor, active, and, when anything was ever booked there, day, quarters */
    FULL,      /* day, time */
    CLOSED,    /* doctor or EVERYBODY, first day, last day */
    CLOCKS,    /* where they change: day, minutes skipped or "-", offsets, the next day's */
    PATIENT,   /* start, end */
    LEAVING,   /* doctor, start, end */
    DAY_COUNT,
};

/* What is being read into. */
struct reading {
    struct arena *arena;
    const struct rows *rows;
    struct facts facts;
    int64_t first_day; /* since 1970-01-01 */
    struct doctor_facts *doctors;
    struct day_facts *days;
    struct presence *presences;
};

/* Moves past what separates a word from the next, or from the end of its list. */
static void read_separator(const char **list)
{
    *list += strspn(*list, " ,\"{}");
}

/* The first word of a column's list; "": there is none. */
static const char *column_list(const struct rows *rows, int column)
{
    const char *list = rows_text(rows, 0, column);
    read_separator(&list);
    return list;
}

static int64_t read_number(const char **list)
{
    int64_t number = strtoll(*list, (char **)list, 10);
    read_separator(list);
    return number;
}

/* Reads a date; since 1970-01-01. */
static int64_t read_date(const char **list)
{
    int64_t day = calendar_day(list);
    read_separator(list);
    return day;
}

/* Reads a time of day, without its seconds. */
static int read_minute(const char **list)
{
    int minute = (int)strtol(*list, (char **)list, 10) * 60;
    *list += strspn(*list, ":");
    minute += (int)strtol(*list, (char **)list, 10);
    *list += strspn(*list, ":.0123456789");
    read_separator(list);
    return minute;
}

/* Reads 96 bits, the first for the day's first quarter-hour. */
static quarters read_quarters(const char **list)
{
    quarters set = NO_QUARTERS;
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
        set |= (quarters)((*list)[quarter] == '1') << quarter;
    *list += QUARTERS_PER_DAY;
    read_separator(list);
    return set;
}

/* Reads start and end of what lies within one day, in minutes of that; NULL: it is none of those
 * that were asked for. */
static struct day_facts *read_stretch(const struct reading *reading, const char **list, int *from,
                                      int *to)
{
    int64_t day = read_date(list) - reading->first_day;
    *from = read_minute(list);
    *to = read_date(list) - reading->first_day == day ? 0 : MINUTES_PER_DAY;
    *to += read_minute(list);
    return day >= 0 && day < reading->facts.day_count ? &reading->days[day] : NULL;
}

static int column_minute(const struct rows *rows, int column)
{
    const char *time = rows_text(rows, 0, column);
    return read_minute(&time);
}

static int column_integer(const struct rows *rows, int column)
{
    return (int)rows_integer(rows, 0, column);
}

static int compare_doctors(const void *one, const void *other)
{
    int64_t a = ((const struct doctor_facts *)one)->id;
    int64_t b = ((const struct doctor_facts *)other)->id;
    return (a > b) - (a < b);
}

/* The presence of a doctor on a day; NULL: nobody asked about them. */
static struct presence *presence_of(const struct reading *reading, int64_t day, int64_t doctor_id)
{
    size_t count = (size_t)reading->facts.doctor_count;
    const struct doctor_facts sought = {.id = doctor_id};
    const struct doctor_facts *doctor =
        bsearch(&sought, reading->doctors, count, sizeof *doctor, compare_doctors);
    return doctor ? &reading->presences[(size_t)day * count + (size_t)(doctor - reading->doctors)]
                  : NULL;
}

/* The next whole minute, counted from the first day's midnight; as far off as matters. */
static int read_now(const struct reading *reading, int64_t *today)
{
    enum { FAR = 100000000 };
    const char *now = rows_text(reading->rows, 0, NOW);
    *today = read_date(&now);
    const char *seconds = now + strlen("00:00");
    bool whole = seconds[strspn(seconds, ":0.")] == '\0';
    int64_t minute = (*today - reading->first_day) * MINUTES_PER_DAY + read_minute(&now) + !whole;
    return (int)(minute < -FAR ? -FAR : minute > FAR ? FAR : minute);
}

static struct day read_first_day(const struct reading *reading)
{
    const struct rows *rows = reading->rows;
    const char *start = rows_text(rows, 0, START);
    int64_t today;
    read_date(&start);
    return (struct day){
        .treatment_active = rows_boolean(rows, 0, TREATMENT_ACTIVE),
        .duration_minutes = column_integer(rows, DURATION),
        .start = *start ? read_minute(&start) : 0,
        .opens_at = column_minute(rows, OPENS_AT),
        .closes_at = column_minute(rows, CLOSES_AT),
        .lunch_start = column_minute(rows, LUNCH_START),
        .lunch_end = column_minute(rows, LUNCH_END),
        .now = read_now(reading, &today),
        .days_ahead = (int)(reading->first_day - today),
        .min_notice_minutes = column_integer(rows, MIN_NOTICE),
        .max_days_ahead = column_integer(rows, MAX_DAYS),
    };
}

static void read_days(const struct reading *reading)
{
    struct day day = read_first_day(reading);
    const char *week = rows_text(reading->rows, 0, OFFERED);
    for (int i = 0; i < reading->facts.day_count; i++) {
        int weekday = calendar_weekday(reading->first_day + i);
        const char *offered = week + (ptrdiff_t)weekday * QUARTERS_PER_DAY;
        reading->days[i].day = day;
        calendar_date(reading->first_day + i, reading->days[i].date);
        reading->days[i].day.offered = read_quarters(&offered);
        day.now -= MINUTES_PER_DAY;
        day.days_ahead++;
    }
}

/* The offset from UTC that the first day begins with. */
static const char *read_first_offset(const struct reading *reading)
{
    const char *midnight = rows_text(reading->rows, 0, MIDNIGHT);
    int64_t day = read_date(&midnight);
    int minutes = (int)((reading->first_day - day) * MINUTES_PER_DAY) - read_minute(&midnight);
    return arena_printf(reading->arena, "0%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
                        abs(minutes) % 60);
}

/* A day on which the clocks change, and the offset that the days after it have. */
static void read_change(const struct reading *reading, const char **list)
{
    struct day_facts *day = &reading->days[read_date(list) - reading->first_day];
    *list += **list == '-';
    while (**list != ' ') {
        int from = (int)strtol(*list, (char **)list, 10);
        *list += strlen("-");
        day->day.skipped |= quarters_touched(from, (int)strtol(*list, (char **)list, 10));
        *list += **list == ',';
    }
    read_separator(list);
    day->offsets = *list;
    *list += strcspn(*list, " ");
    read_separator(list);
    const char *next = arena_printf(reading->arena, "0%.*s", (int)strcspn(*list, "\""), *list);
    for (day++; day < reading->days + reading->facts.day_count; day++)
        day->offsets = next;
    *list += strcspn(*list, "\"");
    read_separator(list);
}

static void read_clocks(const struct reading *reading)
{
    const char *offset = read_first_offset(reading);
    for (int i = 0; i < reading->facts.day_count; i++)
        reading->days[i].offsets = offset;
    for (const char *list = column_list(reading->rows, CLOCKS); *list;)
        read_change(reading, &list);
}

static void read_slots(const struct reading *reading)
{
    for (const char *list = column_list(reading->rows, FULL); *list;) {
        struct day *day = &reading->days[read_date(&list) - reading->first_day].day;
        int from = read_minute(&list);
        day->full |= quarters_touched(from, from + SLOT_MINUTES);
    }
}

/* Who they are; each is mentioned once, or once for each day. */
static void read_doctors(struct reading *reading)
{
    struct doctor_facts *doctors = reading->doctors;
    int mentioned = 0, *count = &reading->facts.doctor_count;
    for (const char *list = column_list(reading->rows, PRESENCES); *list; mentioned++) {
        int64_t id = read_number(&list);
        doctors[mentioned] = (struct doctor_facts){.id = id, .active = *list == 't'};
        list += strcspn(list, ",");
        read_separator(&list);
    }
    qsort(doctors, (size_t)mentioned, sizeof *doctors, compare_doctors);
    for (int i = 0; i < mentioned; i++)
        if (i == 0 || doctors[i].id != doctors[*count - 1].id)
            doctors[(*count)++] = doctors[i];
}

static void read_presences(const struct reading *reading)
{
    for (const char *list = column_list(reading->rows, PRESENCES); *list;) {
        int64_t id = read_number(&list);
        bool booked = list[1] == ' ';
        list += strlen("t");
        read_separator(&list);
        if (booked) {
            int64_t day = read_date(&list) - reading->first_day;
            presence_of(reading, day, id)->busy = read_quarters(&list);
        }
    }
}

static void read_closures(const struct reading *reading)
{
    for (const char *list = column_list(reading->rows, CLOSED); *list;) {
        int64_t doctor_id = read_number(&list);
        int64_t first = read_date(&list) - reading->first_day;
        int64_t last = read_date(&list) - reading->first_day;
        for (int day = 0; day < reading->facts.day_count; day++) {
            struct presence *presence = presence_of(reading, day, doctor_id);
            if (day < first || day > last)
                continue;
            if (doctor_id == EVERYBODY)
                reading->days[day].day.closed = true;
            else if (presence)
                presence->away = true;
        }
    }
}

static void read_patient(const struct reading *reading)
{
    for (const char *list = column_list(reading->rows, PATIENT); *list;) {
        int from, to;
        struct day_facts *day = read_stretch(reading, &list, &from, &to);
        if (day)
            day->day.patient_busy |= quarters_touched(from, to);
    }
}

/* What the appointment that is being moved would leave: its doctor's and its patient's time, and
 * its places in the slots. */
static void read_leaving(const struct reading *reading)
{
    const char *list = column_list(reading->rows, LEAVING);
    int from, to;
    if (!*list)
        return;
    int64_t doctor_id = read_number(&list);
    struct day_facts *left = read_stretch(reading, &list, &from, &to);
    if (!left)
        return;
    struct presence *presence = presence_of(reading, left - reading->days, doctor_id);
    if (presence)
        presence->busy &= ~quarters_touched(from, to);
    left->day.patient_busy &= ~quarters_touched(from, to);
    left->day.full &= ~quarters_touched(from / SLOT_MINUTES * SLOT_MINUTES,
                                        (to + SLOT_MINUTES - 1) / SLOT_MINUTES * SLOT_MINUTES);
}

static int count_entries(const char *list)
{
    int count = *list != '\0';
    for (; (list = strchr(list, ',')); list++)
        count++;
    return count;
}

static const struct facts *read_facts(struct arena *arena, const struct rows *rows)
{
    struct reading *reading = arena_alloc(arena, sizeof *reading);
    const char *start = rows_text(rows, 0, START);
    size_t days = (size_t)column_integer(rows, DAY_COUNT);
    size_t most_doctors = (size_t)count_entries(column_list(rows, PRESENCES));
    *reading = (struct reading){
        .arena = arena,
        .rows = rows,
        .facts = {.start = start, .day_count = (int)days},
        .doctors = arena_alloc(arena, (most_doctors + 1) * sizeof *reading->doctors),
        .days = arena_alloc(arena, days * sizeof *reading->days),
    };
    reading->first_day = read_date(&start);
    read_doctors(reading);
    size_t doctors = (size_t)reading->facts.doctor_count;
    reading->presences = arena_alloc(arena, (days * doctors + 1) * sizeof *reading->presences);
    reading->facts.doctors = reading->doctors;
    reading->facts.days = reading->days;
    reading->facts.presences = reading->presences;
    read_days(reading);
    read_clocks(reading);
    read_slots(reading);
    read_presences(reading);
    read_closures(reading);
    read_patient(reading);
    read_leaving(reading);
    return &reading->facts;
}

/* The statement that asks no more than it must, with what its parameters are. */
static const struct statement *statement_for(struct db *db, const struct wish *wish,
                                             const char *parameters[8])
{
    const char *patient = db_integer_or_null(db, wish->patient_id);
    bool days_doctor = wish->doctor_id != NOT_GIVEN && !wish->department && !wish->last_day;
    bool plain = days_doctor && !wish->start.has_offset && wish->moving_id == NOT_GIVEN;
    parameters[0] = db_integer_or_null(db, wish->doctor_id);
    parameters[1] = db_integer(db, wish->treatment_id);
    parameters[2] = wish->start.local;
    parameters[3] = patient;
    if (plain)
        return patient ? &facts_of_booking : &facts_of_day;
    parameters[4] = wish->start.has_offset ? db_integer(db, wish->start.offset_minutes) : NULL;
    parameters[5] = wish->last_day;
    parameters[6] = wish->department;
    parameters[7] = db_integer_or_null(db, wish->moving_id);
    return &facts_of_days;
}

const struct problem *facts_read(struct db *db, const struct wish *wish, const struct facts **facts)
{
    const struct rows *rows;
    const char *parameters[8];
    const struct statement *statement = statement_for(db, wish, parameters);
    const struct problem *problem = db_run(db, statement, parameters, &rows);
    if (problem)
        return problem;
    if (wish->doctor_id != NOT_GIVEN && !wish->department && !*column_list(rows, PRESENCES))
        return &problem_not_found;
    if (rows_null(rows, 0, TREATMENT_ACTIVE))
        return refusal_by_constraint(db->arena, "appointment_treatment");
    *facts = read_facts(db->arena, rows);
    return NULL;
}

struct day facts_day(const struct facts *facts, int day, int doctor)
{
    struct day of_doctor = facts->days[day].day;
    const struct presence *presence =
        &facts->presences[(size_t)day * (size_t)facts->doctor_count + (size_t)doctor];
    of_doctor.doctor_active = facts->doctors[doctor].active;
    of_doctor.doctor_busy = presence->busy;
    of_doctor.doctor_away = presence->away;
    return of_doctor;
}

void facts_start(const struct facts *facts, int day, int quarter, char text[START_TEXT_SIZE])
{
    enum { OFFSET_LENGTH = sizeof "+09:00" - 1 };
    const char *offset = facts->days[day].offsets;
    const int minute = quarter * QUARTER_MINUTES;
    for (const char *at = offset; *at && *at != ' ' && strtol(at, NULL, 10) <= minute;) {
        offset = at + strspn(at, "0123456789");
        at += strcspn(at, ", ");
        at += *at == ',';
    }
    char *end = stpcpy(text, facts->days[day].date);
    *end++ = 'T';
    end = stpcpy(calendar_time(minute, end), ":00");
    *stpncpy(end, offset, OFFSET_LENGTH) = '\0';
}
