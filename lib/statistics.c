#include "statistics.h"

static const struct field query_fields[] = {
    {.name = "from", .kind = FIELD_DATE, .offset = offsetof(struct statistics_query, from)},
    {.name = "to", .kind = FIELD_DATE, .offset = offsetof(struct statistics_query, to)},
    ID_FIELD(struct statistics_query, doctor_id, false),
    ID_FIELD(struct statistics_query, treatment_id, false),
};
const struct form statistics_query_form = FORM(struct statistics_query, query_fields);

/* ($1 from, $2 to, $3 doctor, $4 treatment), each or NULL. No row: the dates are no range. Places
 * are sought in every half-hour: a past one still has its counter when its slot has been moved
 * since. */
static const struct statement collect = {
    .name = "statistics_collect",
    .parameters = 4,
    .sql =
        "WITH range AS ("
        "    SELECT coalesce($1::date,"
        "                    date_trunc('month', coalesce($2::date, hospital_now()))::date)"
        "               AS first_day,"
        "           coalesce($2::date,"
        "                    (date_trunc('month', coalesce($1::date, hospital_now()))"
        "                     + interval '1 month')::date - 1)"
        "               AS last_day),"
        " counted AS ("
        "    SELECT a.doctor_id, a.treatment_id, a.status, a.visit_type, a.price, a.during,"
        "           lower(a.during) AS start"
        "      FROM range"
        "      JOIN appointment a ON lower(a.during) >= first_day"
        "                        AND lower(a.during) < last_day + 1"
        "     WHERE ($3::bigint IS NULL OR a.doctor_id = $3::bigint)"
        "       AND ($4::bigint IS NULL OR a.treatment_id = $4::bigint)),"
        " by_status AS ("
        "    SELECT status, count(c.*)"
        "      FROM unnest(enum_range(NULL::appointment_status)) AS status"
        "      LEFT JOIN counted c USING (status)"
        "     GROUP BY status),"
        " by_day AS ("
        "    SELECT day::date, count(c.*)"
        "      FROM range"
        "     CROSS JOIN generate_series(first_day::timestamp, last_day, interval '1 day') AS day"
        "      LEFT JOIN counted c ON c.start::date = day"
        "     GROUP BY day),"
        " by_hour AS ("
        "    SELECT to_char(start, 'HH24:00') AS hour, count(*) FROM counted GROUP BY hour),"
        " by_visit_type AS ("
        "    SELECT kind, count(c.*)"
        "      FROM unnest(enum_range(NULL::visit_type)) AS kind"
        "      LEFT JOIN counted c ON c.visit_type = kind"
        "     GROUP BY kind),"
        " by_doctor AS ("
        "    SELECT c.doctor_id, d.name, count(*)"
        "      FROM counted c JOIN doctor d ON d.id = c.doctor_id"
        "     GROUP BY c.doctor_id, d.name),"
        " by_treatment AS ("
        "    SELECT c.treatment_id, t.name, count(*),"
        "           coalesce(sum(c.price) FILTER (WHERE c.status = 'completed'), 0) AS revenue"
        "      FROM counted c JOIN treatment t ON t.id = c.treatment_id"
        "     GROUP BY c.treatment_id, t.name),"
        " offered AS ("
        "    SELECT sum(coalesce(s.capacity, slot_capacity(day.day::date, slot.start_time))) AS places"
        "      FROM range"
        "     CROSS JOIN hospital h"
        "     CROSS JOIN generate_series(first_day::timestamp, last_day, interval '1 day') AS day"
        "     CROSS JOIN (SELECT (n * interval '30 minutes')::time AS start_time,"
        "                        (n + 1) * interval '30 minutes' AS end_time"
        "                   FROM generate_series(0, 47) AS n) AS slot"
        "      LEFT JOIN slot_day s ON s.day = day.day::date AND s.start_time = slot.start_time"
        "     WHERE NOT EXISTS (SELECT FROM closure c"
        "                        WHERE c.doctor_id IS NULL"
        "                          AND day.day BETWEEN c.first_day AND c.last_day)"
        "       AND slot.start_time >= h.opens_at AND slot.end_time <= h.closes_at"
        "       AND NOT (slot.start_time < h.lunch_end AND h.lunch_start < slot.end_time)),"
        " taken AS ("
        "    SELECT count(*) AS places"
        "      FROM counted c, half_hours_touched(c.during)"
        "     WHERE c.status <> 'cancelled')"
        " SELECT json_build_object("
        "        'from', first_day, 'to', last_day,"
        "        'total', (SELECT count(*) FROM counted),"
        "        'by_status', (SELECT json_object_agg(status, count ORDER BY status)"
        "                        FROM by_status),"
        "        'by_day', (SELECT json_agg(json_build_object('date', day, 'count', count)"
        "                                   ORDER BY day) FROM by_day),"
        "        'by_hour', (SELECT coalesce(json_agg(by_hour ORDER BY hour), '[]')"
        "                      FROM by_hour),"
        "        'by_visit_type', (SELECT json_object_agg(kind, count ORDER BY kind)"
        "                            FROM by_visit_type),"
        "        'by_doctor', (SELECT coalesce(json_agg(by_doctor ORDER BY doctor_id), '[]')"
        "                        FROM by_doctor),"
        "        'by_treatment', (SELECT coalesce(json_agg(by_treatment ORDER BY treatment_id),"
        "                                         '[]') FROM by_treatment),"
        "        'no_show_rate', (SELECT round(avg((status = 'no_show')::integer), 4)"
        "                           FROM counted WHERE status IN ('completed', 'no_show')),"
        "        'utilisation', (SELECT round(taken.places::numeric / nullif(offered.places, 0), 4)"
        "                          FROM taken, offered))"
        "   FROM range"
        "  WHERE last_day BETWEEN first_day AND first_day + 1096",
};

const struct problem *statistics_collect(struct db *db, const struct statistics_query *query,
                                         struct document *statistics)
{
    const char **parameters = form_parameters(db->arena, &statistics_query_form, query);
    const struct problem *problem = db_document(db, &collect, parameters, statistics);
    if (problem == &problem_not_found)
        return problem_field(db->arena, &problem_bad_request, "to", "not_acceptable",
                             "must not be before from, nor more than three years after it");
    return problem;
}
