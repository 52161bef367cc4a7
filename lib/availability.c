#include "availability.h"

#include <stdlib.h>
#include <string.h>

#include "refusal.h"

static const struct field query_fields[] = {
    {.name = "date",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct availability_query, date)},
    {.name = "treatment_id",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 1,
     .most = INT64_MAX,
     .offset = offsetof(struct availability_query, treatment_id)},
    {.name = "explain",
     .kind = FIELD_BOOLEAN,
     .otherwise = "false",
     .offset = offsetof(struct availability_query, explain)},
};
const struct form availability_query_form = FORM(struct availability_query, query_fields);

enum { MOST_STARTS = 10000 };

static const struct field search_fields[] = {
    {.name = "treatment_id",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 1,
     .most = INT64_MAX,
     .offset = offsetof(struct availability_search, treatment_id)},
    {.name = "from",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct availability_search, from)},
    {.name = "to",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct availability_search, to)},
    {.name = "doctor_id",
     .kind = FIELD_INTEGER,
     .least = 1,
     .most = INT64_MAX,
     .offset = offsetof(struct availability_search, doctor_id)},
    {.name = "department",
     .kind = FIELD_LINE,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct availability_search, department)},
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .least = 1,
     .most = MOST_STARTS,
     .otherwise = "10000",
     .offset = offsetof(struct availability_search, limit)},
};
const struct form availability_search_form = FORM(struct availability_search, search_fields);

/*
 * ($1 doctor or NULL for any that is active, $2 treatment, $3 start, $4 its offset from UTC in
 * minutes or NULL for hospital time, $5 patient or NULL, $6 last day or NULL for the start's own,
 * $7 department or NULL, $8 appointment that is being moved, or NULL). A row a day. Stretches of
 * the day come as "from-to,from-to" in minutes, those of doctors as "doctor:from-to,..." in the
 * order of the doctors.
 */
static const struct statement facts = {
    .name = "availability_facts",
    .parameters = 8,
    .sql =
        "WITH asked AS ("
        "    SELECT h.*, hospital_now() AS now,"
        "           CASE WHEN $4::integer IS NULL THEN $3::timestamp"
        "                ELSE ($3::timestamp - make_interval(mins => $4::integer))"
        "                     AT TIME ZONE 'UTC' AT TIME ZONE time_zone END AS start"
        "      FROM hospital h),"
        " days AS ("
        "    SELECT asked.*, start::date + n AS day,"
        "           (start::date + n) AT TIME ZONE time_zone + interval '24 hours'"
        "           <> (start::date + n + 1) AT TIME ZONE time_zone AS clocks_change"
        "      FROM asked"
        "     CROSS JOIN generate_series(0, coalesce($6::date - start::date, 0)) AS n"
        "     WHERE coalesce($6::date - start::date, 0) < 62),"
        " doctors AS ("
        "    SELECT d.id, d.is_active"
        "      FROM doctor d"
        "     WHERE CASE WHEN $1::bigint IS NULL THEN d.is_active ELSE d.id = $1::bigint END"
        "       AND ($7::text IS NULL OR d.department = $7)),"
        " slots AS ("
        "    SELECT DISTINCT ON (days.day, s.start_time) days.day,"
        "           coalesce(c.capacity,"
        "                    CASE WHEN s.is_active THEN s.max_capacity ELSE 0 END) AS capacity,"
        "           coalesce(c.booked, 0) AS booked, moving.id IS NOT NULL AS is_theirs,"
        "           minutes(s.start_time) AS minute"
        "      FROM days"
        "      JOIN hospital_slot s ON s.day_of_week IS NULL"
        "                           OR s.day_of_week = extract(isodow FROM days.day)"
        "      LEFT JOIN slot_day c ON c.day = days.day AND c.start_time = s.start_time"
        "      LEFT JOIN appointment moving"
        "        ON moving.id = $8::bigint"
        "       AND moving.during && tsrange(days.day + s.start_time,"
        "                                    days.day + s.start_time + interval '30 minutes')"
        "     ORDER BY days.day, s.start_time, s.day_of_week NULLS LAST),"
        " places AS ("
        "    SELECT day,"
        "           string_agg(minute || '-' || minute + 30, ',')"
        "               FILTER (WHERE capacity > 0) AS offered,"
        "           string_agg(minute || '-' || minute + 30, ',')"
        "               FILTER (WHERE booked >= capacity AND NOT is_theirs) AS taken"
        "      FROM slots"
        "     GROUP BY day),"
        " busy AS ("
        "    SELECT a.doctor_id, a.patient_id, lower(a.during)::date AS day,"
        "           minutes(lower(a.during)::time) || '-' ||"
        "           minutes(upper(a.during) - lower(a.during)::date)"
        "               AS stretch"
        "      FROM asked"
        "      JOIN appointment a"
        "        ON a.during && tsrange(start::date, coalesce($6::date, start::date) + 1)"
        "       AND (a.doctor_id IN (SELECT id FROM doctors) OR a.patient_id = $5::bigint)"
        "       AND a.status <> 'cancelled' AND a.id IS DISTINCT FROM $8::bigint)"
        " SELECT to_char(start, 'YYYY-MM-DD\"T\"HH24:MI:SS'), day,"
        "        (SELECT string_agg(id || ':' || is_active::integer, ',' ORDER BY id)"
        "           FROM doctors),"
        "        t.is_active, t.duration_minutes,"
        "        minutes(start - day),"
        "        minutes(opens_at),"
        "        minutes(closes_at),"
        "        minutes(lunch_start),"
        "        minutes(lunch_end),"
        "        ceil(extract(epoch FROM now - day) / 60)::bigint,"
        "        day - now::date, min_notice_minutes, max_days_ahead,"
        "        (SELECT string_agg(minute || '-' || minute + 15, ',')"
        "           FROM generate_series(0, 1425, 15) AS minute"
        "          WHERE clocks_change"
        "            AND (day + make_interval(mins => minute)) AT TIME ZONE time_zone"
        "                AT TIME ZONE time_zone <> day + make_interval(mins => minute)),"
        "        (SELECT string_agg(minute || substr(local_text(day + make_interval(mins => minute),"
        "                                                       time_zone), 20), ','"
        "                           ORDER BY minute)"
        "           FROM generate_series(0, CASE WHEN clocks_change THEN 1425 ELSE 0 END, 15)"
        "                AS minute),"
        "        offered, taken,"
        "        (SELECT string_agg(doctor_id || ':' || stretch, ',' ORDER BY doctor_id)"
        "           FROM busy"
        "          WHERE busy.day = days.day AND doctor_id IN (SELECT id FROM doctors)),"
        "        (SELECT string_agg(stretch, ',')"
        "           FROM busy WHERE busy.day = days.day AND patient_id = $5::bigint),"
        "        closures.of_hospital, closures.of_doctors"
        "   FROM days"
        "  CROSS JOIN closures_on(day) AS closures"
        "   LEFT JOIN treatment t ON t.id = $2::bigint"
        "   LEFT JOIN places USING (day)"
        "  ORDER BY day",
};

/* The columns of `facts`. */
enum {
    START,
    DAY,
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
    SKIPPED,
    OFFSETS,
    OFFERED,
    FULL,
    DOCTORS_BUSY,
    PATIENT_BUSY,
    CLOSED,
    DOCTORS_AWAY,
};

/* Reads "540-570" and the comma after it; the quarters it touches. */
static quarters read_stretch(const char **text)
{
    char *at;
    long from = strtol(*text, &at, 10);
    long to = -strtol(at, &at, 10);
    *text = at + (*at == ',');
    return quarters_touched((int)from, (int)to);
}

static quarters read_stretches(const char *text)
{
    quarters touched = NO_QUARTERS;
    while (*text)
        touched |= read_stretch(&text);
    return touched;
}

/* Reads the stretches of one doctor, where the text has come to them; stays there otherwise. */
static quarters read_doctors_stretches(const char **text, int64_t doctor_id)
{
    quarters touched = NO_QUARTERS;
    char *at;
    while (**text && strtoll(*text, &at, 10) == doctor_id) {
        *text = at + 1;
        touched |= read_stretch(text);
    }
    return touched;
}

/* Whether the doctor is on the list; reads on to where the next one may be. */
static bool read_away(const char **text, int64_t doctor_id)
{
    char *at;
    int64_t away = 0;
    while (**text && (away = strtoll(*text, &at, 10)) < doctor_id)
        *text = at + (*at == ',');
    return **text && away == doctor_id;
}

/* Minutes of a day, or, for a day in another century, as far off as matters. */
static int minutes(const struct rows *rows, int row, int column)
{
    enum { FAR = 100000000 };
    int64_t value = rows_integer(rows, row, column);
    return (int)(value < -FAR ? -FAR : value > FAR ? FAR : value);
}

/* What a day is for every doctor. */
static struct day read_day(const struct rows *rows, int row)
{
    return (struct day){
        .treatment_active = rows_boolean(rows, row, TREATMENT_ACTIVE),
        .duration_minutes = minutes(rows, row, DURATION),
        .start = minutes(rows, row, START_MINUTE),
        .opens_at = minutes(rows, row, OPENS_AT),
        .closes_at = minutes(rows, row, CLOSES_AT),
        .lunch_start = minutes(rows, row, LUNCH_START),
        .lunch_end = minutes(rows, row, LUNCH_END),
        .now = minutes(rows, row, NOW),
        .days_ahead = minutes(rows, row, DAYS_AHEAD),
        .min_notice_minutes = minutes(rows, row, MIN_NOTICE),
        .max_days_ahead = minutes(rows, row, MAX_DAYS),
        .skipped = read_stretches(rows_text(rows, row, SKIPPED)),
        .offered = read_stretches(rows_text(rows, row, OFFERED)),
        .full = read_stretches(rows_text(rows, row, FULL)),
        .patient_busy = read_stretches(rows_text(rows, row, PATIENT_BUSY)),
        .closed = rows_boolean(rows, row, CLOSED),
    };
}

/* Goes through the doctors of a row, in the order of their ids. */
struct roster {
    const char *doctors;
    const char *busy;
    const char *away;
};

static struct roster roster_of(const struct rows *rows, int row)
{
    return (struct roster){.doctors = rows_text(rows, row, DOCTORS),
                           .busy = rows_text(rows, row, DOCTORS_BUSY),
                           .away = rows_text(rows, row, DOCTORS_AWAY)};
}

/* Completes the day with what it is for the next doctor. False: there are no more. */
static bool roster_next(struct roster *roster, int64_t *doctor_id, struct day *day)
{
    char *at;
    if (!*roster->doctors)
        return false;
    *doctor_id = strtoll(roster->doctors, &at, 10);
    day->doctor_active = at[1] == '1';
    day->doctor_busy = read_doctors_stretches(&roster->busy, *doctor_id);
    day->doctor_away = read_away(&roster->away, *doctor_id);
    roster->doctors = at + 2 + (at[2] == ',');
    return true;
}

static const struct problem *read_facts(struct db *db, const struct wish *wish,
                                        const char *last_day, const char *department,
                                        const struct rows **rows)
{
    const char *parameters[] = {
        db_integer_or_null(db, wish->doctor_id),
        db_integer(db, wish->treatment_id),
        wish->start.local,
        wish->start.has_offset ? db_integer(db, wish->start.offset_minutes) : NULL,
        db_integer_or_null(db, wish->patient_id),
        last_day,
        department,
        db_integer_or_null(db, wish->moving_id),
    };
    const struct problem *problem = db_run(db, &facts, parameters, rows);
    if (problem)
        return problem;
    if (rows_count(*rows) == 0)
        return problem_field(db->arena, &problem_bad_request, "to", "not_acceptable",
                             "must not be before from, nor more than 62 days with it");
    if (wish->doctor_id != NOT_GIVEN && !department && rows_null(*rows, 0, DOCTORS))
        return &problem_not_found;
    if (rows_null(*rows, 0, TREATMENT_ACTIVE))
        return refusal_by_constraint(db->arena, "appointment_treatment");
    return NULL;
}

const struct problem *availability_facts(struct db *db, const struct wish *wish, struct day *day,
                                         const char **local_start)
{
    const struct rows *rows;
    int64_t doctor_id;
    const struct problem *problem = read_facts(db, wish, NULL, NULL, &rows);
    if (problem)
        return problem;
    struct roster roster = roster_of(rows, 0);
    *day = read_day(rows, 0);
    roster_next(&roster, &doctor_id, day);
    *local_start = rows_text(rows, 0, START);
    return NULL;
}

static const char *time_of_day(struct arena *arena, int quarter)
{
    int minute = quarter * QUARTER_MINUTES;
    return arena_printf(arena, "%02d:%02d", minute / 60, minute % 60);
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
    json_object_object_add(object, name, json_object_new_string(text));
}

static struct json_object *times_of(struct arena *arena, quarters starts)
{
    struct json_object *times = json_object_new_array();
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
        if (quarters_hold(starts, quarter))
            json_object_array_add(times, json_object_new_string(time_of_day(arena, quarter)));
    return times;
}

/* Each start within opening hours that is not free, with the first rule that refuses it. */
static struct json_object *refusals_of(struct arena *arena, const struct day *day)
{
    const struct problem *refusals[QUARTERS_PER_DAY];
    struct json_object *refused = json_object_new_array();
    quarters open = quarters_within(day->opens_at, day->closes_at);
    day_refusals(day, refusals);
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) {
        if (!refusals[quarter] || !quarters_hold(open, quarter))
            continue;
        struct json_object *entry = json_object_new_object();
        add_text(entry, "time", time_of_day(arena, quarter));
        add_text(entry, "code", refusals[quarter]->code);
        json_object_array_add(refused, entry);
    }
    return refused;
}

static void finish(struct arena *arena, struct json_object *answer, struct document *document)
{
    const char *text = json_text(arena, answer);
    *document = (struct document){.json = text, .length = strlen(text)};
}

const struct problem *availability_day(struct db *db, int64_t doctor_id, int64_t patient_id,
                                       const struct availability_query *query,
                                       struct document *document)
{
    struct wish wish = {
        .doctor_id = doctor_id,
        .treatment_id = query->treatment_id,
        .patient_id = patient_id,
        .start = {.local = query->date},
        .moving_id = NOT_GIVEN,
    };
    struct day day = {0};
    const char *midnight;
    const struct problem *problem = availability_facts(db, &wish, &day, &midnight);
    if (problem)
        return problem;
    struct json_object *answer = json_object_new_object();
    json_object_object_add(answer, "doctor_id", json_object_new_int64(doctor_id));
    json_object_object_add(answer, "treatment_id", json_object_new_int64(query->treatment_id));
    add_text(answer, "date", query->date);
    json_object_object_add(answer, "duration_minutes", json_object_new_int(day.duration_minutes));
    json_object_object_add(answer, "times", times_of(db->arena, day_free_starts(&day)));
    if (query->explain)
        json_object_object_add(answer, "refused", refusals_of(db->arena, &day));
    finish(db->arena, answer, document);
    return NULL;
}

/* The offset that holds at a quarter-hour: "0+09:00" for the whole day, or an entry for each. */
static const char *offset_at(struct arena *arena, const char *offsets, int quarter)
{
    const char *offset = offsets, *at = offsets;
    while (*at && strtol(at, NULL, 10) <= quarter * QUARTER_MINUTES) {
        offset = at + strspn(at, "0123456789");
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return arena_copy(arena, offset, strcspn(offset, ","));
}

/* Adds a day's free starts, the earliest first and the doctors of one start by their ids, until
 * there are `limit` in all. */
static void add_starts(struct arena *arena, const struct rows *rows, int row, size_t limit,
                       struct json_object *items)
{
    size_t most = strlen(rows_text(rows, row, DOCTORS)) / 2, count = 0;
    int64_t *doctors = arena_alloc(arena, (most + 1) * sizeof *doctors);
    quarters *free = arena_alloc(arena, (most + 1) * sizeof *free);
    struct roster roster = roster_of(rows, row);
    struct day day = read_day(rows, row);
    for (; roster_next(&roster, &doctors[count], &day); count++)
        free[count] = day_free_starts(&day);
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) {
        const char *start = NULL;
        for (size_t i = 0; i < count && json_object_array_length(items) < limit; i++) {
            if (!quarters_hold(free[i], quarter))
                continue;
            if (!start)
                start = arena_printf(arena, "%sT%s:00%s", rows_text(rows, row, DAY),
                                     time_of_day(arena, quarter),
                                     offset_at(arena, rows_text(rows, row, OFFSETS), quarter));
            struct json_object *item = json_object_new_object();
            json_object_object_add(item, "doctor_id", json_object_new_int64(doctors[i]));
            add_text(item, "start_time", start);
            json_object_array_add(items, item);
        }
    }
}

const struct problem *availability_find(struct db *db, int64_t patient_id,
                                        const struct availability_search *search,
                                        struct document *document)
{
    const struct rows *rows;
    struct wish wish = {
        .doctor_id = search->doctor_id,
        .treatment_id = search->treatment_id,
        .patient_id = patient_id,
        .start = {.local = search->from},
        .moving_id = NOT_GIVEN,
    };
    const struct problem *problem = read_facts(db, &wish, search->to, search->department, &rows);
    if (problem == &problem_not_found)
        return refusal_by_constraint(db->arena, "appointment_doctor");
    if (problem)
        return problem;
    struct json_object *answer = json_object_new_object();
    struct json_object *items = json_object_new_array();
    json_object_object_add(answer, "items", items);
    for (int row = 0; row < rows_count(rows); row++)
        add_starts(db->arena, rows, row, (size_t)search->limit, items);
    finish(db->arena, answer, document);
    return NULL;
}
