#include "availability.h"

#include <string.h>

#include "facts.h"
#include "refusal.h"

static const struct field query_fields[] = {
    {.name = "date",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct availability_query, date)},
    ID_FIELD(struct availability_query, treatment_id, true),
    {.name = "explain",
     .kind = FIELD_BOOLEAN,
     .otherwise = "false",
     .offset = offsetof(struct availability_query, explain)},
};
const struct form availability_query_form = FORM(struct availability_query, query_fields);

enum { MOST_STARTS = 10000 };

static const struct field search_fields[] = {
    ID_FIELD(struct availability_search, treatment_id, true),
    {.name = "from",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct availability_search, from)},
    {.name = "to",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct availability_search, to)},
    ID_FIELD(struct availability_search, doctor_id, false),
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
    const struct problem *problem = facts_of_day(db, &wish, &day, &midnight);
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

/* Adds a day's free starts, the earliest first and the doctors of one start by their ids, until
 * there are `limit` in all. */
static void add_starts(struct arena *arena, const struct rows *rows, int row, size_t limit,
                       struct json_object *items)
{
    struct roster roster = facts_roster(rows, row);
    struct day day = facts_day(rows, row);
    size_t most = strlen(roster.doctors) / 2, count = 0;
    int64_t *doctors = arena_alloc(arena, (most + 1) * sizeof *doctors);
    quarters *free = arena_alloc(arena, (most + 1) * sizeof *free);
    for (; roster_next(&roster, &doctors[count], &day); count++)
        free[count] = day_free_starts(&day);
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) {
        const char *start = NULL;
        for (size_t i = 0; i < count && json_object_array_length(items) < limit; i++) {
            if (!quarters_hold(free[i], quarter))
                continue;
            if (!start)
                start = facts_start(arena, rows, row, quarter);
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
    const struct problem *problem = facts_of_days(db, &wish, search->to, search->department, &rows);
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
