#include "availability.h"

#include <inttypes.h>

#include "facts.h"
#include "refusal.h"
#include "text.h"

/* Patients give all but the last. */
#define BEHALF_FIELDS(STRUCT)                                                                      \
    {.name = "moving",                                                                             \
     .kind = FIELD_INTEGER,                                                                        \
     .least = 1,                                                                                   \
     .most = INT64_MAX,                                                                            \
     .offset = offsetof(STRUCT, behalf.moving_id)},                                                \
    {                                                                                              \
        .name = "patient_id", .kind = FIELD_INTEGER, .least = 1, .most = INT64_MAX,                \
        .offset = offsetof(STRUCT, behalf.patient_id)                                              \
    }

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
    BEHALF_FIELDS(struct availability_query),
};

/* The fields of a table from one of them on, less so many at its end. */
#define PART(STRUCT, FIELDS, FROM, LESS)                                                           \
    {                                                                                              \
        .fields = (FIELDS) + (FROM), .count = sizeof(FIELDS) / sizeof *(FIELDS) - (FROM) - (LESS), \
        .size = sizeof(STRUCT)                                                                     \
    }
const struct form desk_availability_query_form = FORM(struct availability_query, query_fields);
const struct form availability_query_form = PART(struct availability_query, query_fields, 0, 1);

enum { MOST_STARTS = 10000, MOST_DAYS = 62 };

/* Days are asked for with all but the first. */
static const struct field search_fields[] = {
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .least = 1,
     .most = MOST_STARTS,
     .otherwise = "10000",
     .offset = offsetof(struct availability_search, limit)},
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
    BEHALF_FIELDS(struct availability_search),
};
const struct form desk_availability_search_form = FORM(struct availability_search, search_fields);
const struct form availability_search_form = PART(struct availability_search, search_fields, 0, 1);
const struct form desk_availability_days_form =
    PART(struct availability_search, search_fields, 1, 0);
const struct form availability_days_form = PART(struct availability_search, search_fields, 1, 1);

/* Adds the separator, unless the entry is a list's first. */
static void add_separator(struct text *text)
{
    if (text->start[text->length - 1] != '[')
        text_add(text, ", ");
}

/* Adds a start's time of day, in quotes, between two other pieces. */
static void add_time(struct text *text, const char *before, int quarter, const char *after)
{
    char time[TIME_TEXT_SIZE];
    calendar_time(quarter * QUARTER_MINUTES, time);
    add_separator(text);
    text_add(text, before);
    text_add(text, time);
    text_add(text, after);
}

static void add_free_starts(struct text *text, quarters starts)
{
    text_add(text, ", \"times\": [");
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
        if (quarters_hold(starts, quarter))
            add_time(text, "\"", quarter, "\"");
    text_add(text, "]");
}

/* Each start within opening hours that is not free, with the first rule that refuses it. */
static void add_refusals(struct text *text, const struct day *day)
{
    const struct problem *refusals[QUARTERS_PER_DAY];
    quarters open = quarters_within(day->opens_at, day->closes_at);
    day_refusals(day, refusals);
    text_add(text, ", \"refused\": [");
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
        if (refusals[quarter] && quarters_hold(open, quarter)) {
            add_time(text, "{\"time\": \"", quarter, "\", \"code\": \"");
            text_add(text, refusals[quarter]->code);
            text_add(text, "\"}");
        }
    text_add(text, "]");
}

static struct document finish(struct text *text)
{
    text_add(text, "}");
    return (struct document){.json = text->start, .length = text->length};
}

/* A day of one of the doctors, as it is for the applicant. */
static struct day day_for(const struct applicant *applicant, const struct facts *facts, int day,
                          int doctor)
{
    struct day of_doctor = facts_day(facts, day, doctor);
    applicant_adjust(applicant, &of_doctor);
    return of_doctor;
}

const struct problem *availability_day(struct db *db, const struct actor *actor, int64_t doctor_id,
                                       const struct availability_query *query,
                                       struct document *document)
{
    const struct facts *facts;
    struct wish wish = {
        .doctor_id = doctor_id,
        .treatment_id = query->treatment_id,
        .start = {.local = query->date},
        .moving_id = query->behalf.moving_id,
    };
    struct applicant applicant;
    const struct problem *problem = applicant_find(db, actor, &query->behalf, query->treatment_id,
                                                   &applicant, &wish.patient_id);
    if (!problem)
        problem = facts_read(db, &wish, &facts);
    if (problem)
        return problem;
    struct day day = day_for(&applicant, facts, 0, 0);
    struct text text = {.arena = db->arena};
    text_print(&text,
               "{\"doctor_id\": %" PRId64 ", \"treatment_id\": %" PRId64
               ", \"date\": \"%s\", \"duration_minutes\": %d",
               doctor_id, query->treatment_id, query->date, day.duration_minutes);
    add_free_starts(&text, day_free_starts(&day));
    if (query->explain)
        add_refusals(&text, &day);
    *document = finish(&text);
    return NULL;
}

/* How the entry of each doctor begins. */
static const char **beginnings_of(struct arena *arena, const struct facts *facts)
{
    size_t count = (size_t)facts->doctor_count;
    const char **beginnings = arena_alloc(arena, (count + 1) * sizeof *beginnings);
    for (size_t i = 0; i < count; i++)
        beginnings[i] = arena_printf(arena, "{\"doctor_id\": %" PRId64 ", \"start_time\": \"",
                                     facts->doctors[i].id);
    return beginnings;
}

/* What is sought over many days, and by whom. */
struct seeking {
    struct wish wish;
    struct applicant applicant;
    const struct facts *facts; /* of the days that are looked at */
    quarters *free;            /* of each doctor on the day that is looked at */
};

/* Looks at a day: which starts are free, with each of the doctors, and with any. */
static quarters look_at_day(const struct seeking *seeking, int day)
{
    quarters any = NO_QUARTERS;
    for (int doctor = 0; doctor < seeking->facts->doctor_count; doctor++) {
        struct day of_doctor = day_for(&seeking->applicant, seeking->facts, day, doctor);
        seeking->free[doctor] = day_free_starts(&of_doctor);
        any |= seeking->free[doctor];
    }
    return any;
}

/* Adds a day's free starts, the earliest first and the doctors of one start by their ids, while
 * there are fewer than `limit`. Returns how many were added. */
static int64_t add_starts(struct text *text, const struct seeking *seeking, int day,
                          const char *const *beginnings, int64_t limit)
{
    quarters any = look_at_day(seeking, day);
    int64_t added = 0;
    for (int quarter = 0; quarter < QUARTERS_PER_DAY && added < limit; quarter++) {
        char start[START_TEXT_SIZE];
        if (!quarters_hold(any, quarter))
            continue;
        facts_start(seeking->facts, day, quarter, start);
        for (int doctor = 0; doctor < seeking->facts->doctor_count && added < limit; doctor++) {
            if (!quarters_hold(seeking->free[doctor], quarter))
                continue;
            add_separator(text);
            text_add(text, beginnings[doctor]);
            text_add(text, start);
            text_add(text, "\"}");
            added++;
        }
    }
    return added;
}

/* Reads the facts of the wish, in which a doctor who does not exist is input that is wrong. */
static const struct problem *read_days(struct db *db, struct seeking *seeking)
{
    const struct facts *facts;
    const struct problem *problem = facts_read(db, &seeking->wish, &facts);
    if (problem == &problem_not_found)
        problem = refusal_by_constraint(db->arena, "appointment_doctor");
    if (problem)
        return problem;
    size_t doctors = (size_t)facts->doctor_count;
    seeking->facts = facts;
    seeking->free = arena_alloc(db->arena, (doctors + 1) * sizeof *seeking->free);
    return NULL;
}

/* Adds what is free on the days of the wish, while there are fewer than `*left`, and takes from
 * that what was added. */
static const struct problem *add_days(struct db *db, struct text *text, struct seeking *seeking,
                                      int64_t *left)
{
    const struct problem *problem = read_days(db, seeking);
    if (problem)
        return problem;
    const char **beginnings = beginnings_of(db->arena, seeking->facts);
    int64_t still = *left;
    for (int day = 0; day < seeking->facts->day_count && still > 0; day++)
        still -= add_starts(text, seeking, day, beginnings, still);
    *left = still;
    return NULL;
}

static int64_t day_of(const char *date)
{
    return calendar_day(&date);
}

static const struct problem *begin_search(struct db *db, const struct actor *actor,
                                          const struct availability_search *search,
                                          struct seeking *seeking)
{
    int64_t first = day_of(search->from), last = day_of(search->to);
    if (last < first || last - first >= MOST_DAYS)
        return problem_field(db->arena, &problem_bad_request, "to", "not_acceptable",
                             "must not be before from, nor more than 62 days with it");
    *seeking = (struct seeking){.wish = {
                                    .doctor_id = search->doctor_id,
                                    .treatment_id = search->treatment_id,
                                    .start = {.local = search->from},
                                    .last_day = search->to,
                                    .department = search->department,
                                    .moving_id = search->behalf.moving_id,
                                }};
    return applicant_find(db, actor, &search->behalf, search->treatment_id, &seeking->applicant,
                          &seeking->wish.patient_id);
}

/* First as many days as hold the limit when one doctor is free all the time, and after those each
 * time twice as many: who wants the earliest few is seldom in need of the last days. */
const struct problem *availability_find(struct db *db, const struct actor *actor,
                                        const struct availability_search *search,
                                        struct document *document)
{
    struct seeking seeking;
    const struct problem *problem = begin_search(db, actor, search, &seeking);
    if (problem)
        return problem;
    int64_t day = day_of(search->from), last = day_of(search->to), left = search->limit;
    int64_t days = (left + QUARTERS_PER_DAY - 1) / QUARTERS_PER_DAY;
    struct text text = {.arena = db->arena};
    text_add(&text, "{\"items\": [");
    for (; day <= last && left > 0; day += days, days *= 2) {
        char first_date[DATE_TEXT_SIZE], last_date[DATE_TEXT_SIZE];
        calendar_date(day, first_date);
        calendar_date(day + days - 1 < last ? day + days - 1 : last, last_date);
        seeking.wish.start.local = first_date;
        seeking.wish.last_day = last_date;
        problem = add_days(db, &text, &seeking, &left);
        if (problem)
            return problem;
    }
    text_add(&text, "]");
    *document = finish(&text);
    return NULL;
}

static void add_day(struct text *text, const struct facts *facts, int day, quarters starts)
{
    int first = QUARTERS_PER_DAY, count = 0;
    char start[START_TEXT_SIZE];
    for (int quarter = QUARTERS_PER_DAY - 1; quarter >= 0; quarter--)
        if (quarters_hold(starts, quarter)) {
            first = quarter;
            count++;
        }
    facts_start(facts, day, first, start);
    add_separator(text);
    text_print(text, "{\"date\": \"%s\", \"count\": %d, \"first\": \"%s\"}", facts->days[day].date,
               count, start);
}

const struct problem *availability_days(struct db *db, const struct actor *actor,
                                        const struct availability_search *search,
                                        struct document *document)
{
    struct seeking seeking;
    const struct problem *problem = begin_search(db, actor, search, &seeking);
    if (!problem)
        problem = read_days(db, &seeking);
    if (problem)
        return problem;
    struct text text = {.arena = db->arena};
    text_add(&text, "{\"items\": [");
    for (int day = 0; day < seeking.facts->day_count; day++) {
        quarters starts = look_at_day(&seeking, day);
        if (starts != NO_QUARTERS)
            add_day(&text, seeking.facts, day, starts);
    }
    text_add(&text, "]");
    *document = finish(&text);
    return NULL;
}
