#include "facts.h"

#include <stdlib.h>
#include <string.h>

#include "refusal.h"

/*
 * Joins the stretches of time in which a person has an appointment, other than the one that is
 * being moved. Comparing rows and OFFSET 0 leave the planner, who knows nothing of the range, one
 * way: a look into the index of those persons for each of them.
 */
#define JOIN_BUSY(COLUMN, PERSON)                                                                  \
    " CROSS JOIN LATERAL ("                                                                        \
    "    SELECT lower(a.during) AS began, upper(a.during) - lower(a.during) AS length"             \
    "      FROM appointment a"                                                                     \
    "     WHERE (" COLUMN ", lower(a.during)) >= (" PERSON ", first::timestamp)"                   \
    "       AND (" COLUMN ", lower(a.during)) < (" PERSON ", last + interval '1 day')"             \
    "       AND a.status <> 'cancelled' AND a.id IS DISTINCT FROM $8::bigint"                      \
    "    OFFSET 0) AS busy"                                                                        \
    " GROUP BY began::date"
#define BUSY_DOCTORS JOIN_BUSY("a.doctor_id", "doctors.id")
#define BUSY_PATIENT JOIN_BUSY("a.patient_id", "$5::bigint")

/*
 * ($1 doctor or NULL for any that is active, $2 treatment, $3 start, $4 its offset from UTC in
 * minutes or NULL for hospital time, $5 patient or NULL, $6 last day or NULL for the start's own,
 * $7 department or NULL, $8 appointment that is being moved, or NULL). A row a day. Stretches of
 * the day come as "from-to,from-to" in minutes, those of doctors as "doctor:from-to,..." in the
 * order of the doctors.
 */
static const struct statement facts = {
    .name = "facts",
    .parameters = 8,
    .sql =
        "WITH asked AS ("
        "    SELECT h.*, hospital_clock(time_zone) AS now,"
        "           CASE WHEN $4::integer IS NULL THEN $3::timestamp"
        "                ELSE ($3::timestamp - make_interval(mins => $4::integer))"
        "                     AT TIME ZONE 'UTC' AT TIME ZONE time_zone END AS start"
        "      FROM hospital h),"
        " span AS ("
        "    SELECT asked.*, start::date AS first, coalesce($6::date, start::date) AS last,"
        "           (SELECT during FROM appointment WHERE id = $8::bigint) AS leaving"
        "      FROM asked),"
        " days AS ("
        "    SELECT span.*, first + n AS day, clocks_change(first + n, time_zone) AS change"
        "      FROM span"
        "     CROSS JOIN generate_series(0, last - first) AS n"
        "     WHERE last - first < 62),"
        " doctors AS MATERIALIZED ("
        "    SELECT d.id, d.is_active"
        "      FROM doctor d"
        "     WHERE CASE WHEN $1::bigint IS NULL THEN d.is_active ELSE d.id = $1::bigint END"
        "       AND ($7::text IS NULL OR d.department = $7)),"
        " slots AS ("
        "    SELECT DISTINCT ON (day, s.start_time) day, minutes(s.start_time) AS minute,"
        "           CASE WHEN s.is_active THEN s.max_capacity ELSE 0 END AS capacity,"
        "           (SELECT c FROM slot_day c"
        "             WHERE c.day = days.day AND c.start_time = s.start_time) AS counter,"
        "           leaving && tsrange(day + s.start_time,"
        "                              day + s.start_time + interval '30 minutes') AS theirs"
        "      FROM days"
        "      JOIN hospital_slot s ON s.day_of_week IS NULL"
        "                           OR s.day_of_week = extract(isodow FROM day)"
        "     ORDER BY day, s.start_time, s.day_of_week NULLS LAST),"
        " places AS ("
        "    SELECT day,"
        "           string_agg(stretch(minute, 30), ',')"
        "               FILTER (WHERE coalesce((counter).capacity, capacity) > 0) AS offered,"
        "           string_agg(stretch(minute, 30), ',')"
        "               FILTER (WHERE (counter).booked >= (counter).capacity"
        "                             AND theirs IS NOT TRUE) AS taken"
        "      FROM slots"
        "     GROUP BY day),"
        " doctors_busy AS ("
        "    SELECT began::date AS day,"
        "           string_agg(doctors.id || ':' || stretch(minutes(began::time), minutes(length)),"
        "                      ',' ORDER BY doctors.id) AS stretches"
        "      FROM span CROSS JOIN doctors" BUSY_DOCTORS "),"
        " patient_busy AS ("
        "    SELECT began::date AS day,"
        "           string_agg(stretch(minutes(began::time), minutes(length)), ',') AS stretches"
        "      FROM span" BUSY_PATIENT ")"
        " SELECT to_char(start, 'YYYY-MM-DD\"T\"HH24:MI:SS'), day,"
        "        (SELECT string_agg(id || ':' || is_active::integer, ',' ORDER BY id)"
        "           FROM doctors),"
        "        t.is_active, t.duration_minutes, minutes(start - day),"
        "        minutes(opens_at), minutes(closes_at), minutes(lunch_start), minutes(lunch_end),"
        "        ceil(extract(epoch FROM now - day) / 60)::bigint,"
        "        day - now::date, min_notice_minutes, max_days_ahead,"
        "        CASE WHEN change THEN quarters_skipped(day, time_zone) END,"
        "        CASE WHEN change THEN quarter_offsets(day, time_zone)"
        "             ELSE '0' || substr(local_text(day, time_zone), 20) END,"
        "        offered, taken, d.stretches, p.stretches,"
        "        (SELECT string_agg(coalesce(doctor_id, 0)::text, ','"
        "                           ORDER BY coalesce(doctor_id, 0))"
        "           FROM closure WHERE day BETWEEN first_day AND last_day)"
        "   FROM days"
        "   LEFT JOIN treatment t ON t.id = $2::bigint"
        "   LEFT JOIN places USING (day)"
        "   LEFT JOIN doctors_busy d USING (day)"
        "   LEFT JOIN patient_busy p USING (day)"
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
    AWAY, /* doctors; the first may be 0, for all of them */
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

struct day facts_day(const struct rows *rows, int row)
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
        .closed = *rows_text(rows, row, AWAY) == '0',
    };
}

struct roster facts_roster(const struct rows *rows, int row)
{
    return (struct roster){.doctors = rows_text(rows, row, DOCTORS),
                           .busy = rows_text(rows, row, DOCTORS_BUSY),
                           .away = rows_text(rows, row, AWAY)};
}

bool roster_next(struct roster *roster, int64_t *doctor_id, struct day *day)
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

const struct problem *facts_of_days(struct db *db, const struct wish *wish, const char *last_day,
                                    const char *department, const struct rows **rows)
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

const struct problem *facts_of_day(struct db *db, const struct wish *wish, struct day *day,
                                   const char **local_start)
{
    const struct rows *rows;
    int64_t doctor_id;
    const struct problem *problem = facts_of_days(db, wish, NULL, NULL, &rows);
    if (problem)
        return problem;
    struct roster roster = facts_roster(rows, 0);
    *day = facts_day(rows, 0);
    roster_next(&roster, &doctor_id, day);
    *local_start = rows_text(rows, 0, START);
    return NULL;
}

const char *facts_start(struct arena *arena, const struct rows *rows, int row, int quarter)
{
    const char *offsets = rows_text(rows, row, OFFSETS), *offset = offsets;
    const int minute = quarter * QUARTER_MINUTES;
    for (const char *at = offsets; *at && strtol(at, NULL, 10) <= minute;) {
        offset = at + strspn(at, "0123456789");
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return arena_printf(arena, "%sT%02d:%02d:00%.*s", rows_text(rows, row, DAY), minute / 60,
                        minute % 60, (int)strcspn(offset, ","), offset);
}
