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
};
const struct form availability_query_form = FORM(struct availability_query, query_fields);

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
        "           FROM busy WHERE busy.day = days.day AND patient_id = $5::bigint)"
        "   FROM days"
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
    };
}

/* Goes through the doctors of a row, in the order of their ids. */
struct roster {
    const char *doctors;
    const char *busy;
};

static struct roster roster_of(const struct rows *rows, int row)
{
    return (struct roster){.doctors = rows_text(rows, row, DOCTORS),
                           .busy = rows_text(rows, row, DOCTORS_BUSY)};
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
    if (wish->doctor_id != NOT_GIVEN && rows_null(*rows, 0, DOCTORS))
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

static struct json_object *times_of_day(struct arena *arena, quarters starts)
{
    struct json_object *times = json_object_new_array();
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) {
        if (!quarters_hold(starts, quarter))
            continue;
        int minute = quarter * QUARTER_MINUTES;
        const char *text = arena_printf(arena, "%02d:%02d", minute / 60, minute % 60);
        json_object_array_add(times, json_object_new_string(text));
    }
    return times;
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
    json_object_object_add(answer, "date", json_object_new_string(query->date));
    json_object_object_add(answer, "duration_minutes", json_object_new_int(day.duration_minutes));
    json_object_object_add(answer, "times", times_of_day(db->arena, day_free_starts(&day)));
    const char *text = json_text(db->arena, answer);
    *document = (struct document){.json = text, .length = strlen(text)};
    return NULL;
}
