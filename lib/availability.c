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
 * ($1 doctor, $2 treatment, $3 start, $4 its offset from UTC in minutes or NULL for hospital time,
 * $5 patient or NULL). Stretches of the day come as "from-to,from-to" in minutes.
 */
static const struct statement facts = {
    .name = "availability_facts",
    .parameters = 5,
    .sql = "WITH asked AS ("
           "    SELECT h.*, hospital_now() AS now,"
           "           CASE WHEN $4::integer IS NULL THEN $3::timestamp"
           "                ELSE ($3::timestamp - make_interval(mins => $4::integer))"
           "                     AT TIME ZONE 'UTC' AT TIME ZONE time_zone END AS start"
           "      FROM hospital h),"
           " today AS ("
           "    SELECT asked.*, start::date AS day,"
           "           tsrange(start::date, start::date + 1) AS whole_day"
           "      FROM asked),"
           " slots AS ("
           "    SELECT DISTINCT ON (s.start_time) s.start_time,"
           "           coalesce(c.capacity,"
           "                    CASE WHEN s.is_active THEN s.max_capacity ELSE 0 END) AS capacity,"
           "           coalesce(c.booked, 0) AS booked,"
           "           (extract(epoch FROM s.start_time) / 60)::integer AS minute"
           "      FROM today"
           "      JOIN hospital_slot s ON s.day_of_week IS NULL"
           "                           OR s.day_of_week = extract(isodow FROM day)"
           "      LEFT JOIN slot_day c ON c.day = today.day AND c.start_time = s.start_time"
           "     ORDER BY s.start_time, s.day_of_week NULLS LAST),"
           " busy AS ("
           "    SELECT doctor_id, patient_id,"
           "           (extract(epoch FROM lower(during) - day) / 60)::integer || '-' ||"
           "           (extract(epoch FROM upper(during) - day) / 60)::integer AS stretch"
           "      FROM today"
           "      JOIN appointment ON during && whole_day"
           "       AND (doctor_id = $1::bigint OR patient_id = $5::bigint)"
           "       AND status <> 'cancelled')"
           " SELECT to_char(start, 'YYYY-MM-DD\"T\"HH24:MI:SS'),"
           "        d.is_active, t.is_active, t.duration_minutes,"
           "        (extract(epoch FROM start - day) / 60)::integer,"
           "        (extract(epoch FROM opens_at) / 60)::integer,"
           "        (extract(epoch FROM closes_at) / 60)::integer,"
           "        (extract(epoch FROM lunch_start) / 60)::integer,"
           "        (extract(epoch FROM lunch_end) / 60)::integer,"
           "        ceil(extract(epoch FROM now - day) / 60)::bigint,"
           "        day - now::date, min_notice_minutes, max_days_ahead,"
           "        (SELECT string_agg(minute || '-' || minute + 15, ',')"
           "           FROM generate_series(0, 1425, 15) AS minute"
           "          WHERE day AT TIME ZONE time_zone + interval '24 hours'"
           "                <> (day + 1) AT TIME ZONE time_zone"
           "            AND (day + make_interval(mins => minute)) AT TIME ZONE time_zone"
           "                AT TIME ZONE time_zone <> day + make_interval(mins => minute)),"
           "        (SELECT string_agg(minute || '-' || minute + 30, ',')"
           "           FROM slots WHERE capacity > 0),"
           "        (SELECT string_agg(minute || '-' || minute + 30, ',')"
           "           FROM slots WHERE booked >= capacity),"
           "        (SELECT string_agg(stretch, ',') FROM busy WHERE doctor_id = $1::bigint),"
           "        (SELECT string_agg(stretch, ',') FROM busy WHERE patient_id = $5::bigint)"
           "   FROM today"
           "   LEFT JOIN doctor d ON d.id = $1::bigint"
           "   LEFT JOIN treatment t ON t.id = $2::bigint",
};

/* The columns of `facts`. */
enum {
    START,
    DOCTOR_ACTIVE,
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
    OFFERED,
    FULL,
    DOCTOR_BUSY,
    PATIENT_BUSY,
};

/* "540-570,600-660" as the quarters it touches. */
static quarters read_stretches(const char *text)
{
    quarters touched = NO_QUARTERS;
    char *at = (char *)text;
    while (*at) {
        long from = strtol(at, &at, 10);
        long to = -strtol(at, &at, 10);
        touched |= quarters_touched((int)from, (int)to);
        at += *at == ',';
    }
    return touched;
}

/* Minutes of a day, or, for a day in another century, as far off as matters. */
static int minutes(const struct rows *rows, int column)
{
    enum { FAR = 100000000 };
    int64_t value = rows_integer(rows, 0, column);
    return (int)(value < -FAR ? -FAR : value > FAR ? FAR : value);
}

static struct day read_day(const struct rows *rows)
{
    return (struct day){
        .doctor_active = rows_boolean(rows, 0, DOCTOR_ACTIVE),
        .treatment_active = rows_boolean(rows, 0, TREATMENT_ACTIVE),
        .duration_minutes = minutes(rows, DURATION),
        .start = minutes(rows, START_MINUTE),
        .opens_at = minutes(rows, OPENS_AT),
        .closes_at = minutes(rows, CLOSES_AT),
        .lunch_start = minutes(rows, LUNCH_START),
        .lunch_end = minutes(rows, LUNCH_END),
        .now = minutes(rows, NOW),
        .days_ahead = minutes(rows, DAYS_AHEAD),
        .min_notice_minutes = minutes(rows, MIN_NOTICE),
        .max_days_ahead = minutes(rows, MAX_DAYS),
        .skipped = read_stretches(rows_text(rows, 0, SKIPPED)),
        .offered = read_stretches(rows_text(rows, 0, OFFERED)),
        .full = read_stretches(rows_text(rows, 0, FULL)),
        .doctor_busy = read_stretches(rows_text(rows, 0, DOCTOR_BUSY)),
        .patient_busy = read_stretches(rows_text(rows, 0, PATIENT_BUSY)),
    };
}

const struct problem *availability_facts(struct db *db, const struct wish *wish, struct day *day,
                                         const char **local_start)
{
    const struct rows *rows;
    const char *parameters[] = {
        db_integer(db, wish->doctor_id),
        db_integer(db, wish->treatment_id),
        wish->start.local,
        wish->start.has_offset ? db_integer(db, wish->start.offset_minutes) : NULL,
        wish->patient_id == NOT_GIVEN ? NULL : db_integer(db, wish->patient_id),
    };
    const struct problem *problem = db_run(db, &facts, parameters, &rows);
    if (problem)
        return problem;
    if (rows_null(rows, 0, DOCTOR_ACTIVE))
        return &problem_not_found;
    if (rows_null(rows, 0, TREATMENT_ACTIVE))
        return refusal_by_constraint(db->arena, "appointment_treatment");
    *day = read_day(rows);
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
