#include "availability.h"

#include <inttypes.h>

#include "facts.h"
#include "refusal.h"
#include "text.h"

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
};
const struct form availability_search_form = FORM(struct availability_search, search_fields);
const struct form availability_days_form = {
    .fields = search_fields + 1,
    .count = sizeof search_fields / sizeof *search_fields - 1,
    .size = sizeof(struct availability_search),
};

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

const struct problem *availability_day(struct db *db, int64_t doctor_id, int64_t patient_id,
                                       const struct availability_query *query,
                                       struct document *document)
{
    const struct facts *facts;
    struct wish wish = {
        .doctor_id = doctor_id,
        .treatment_id = query->treatment_id,
        .patient_id = patient_id,
        .start = {.local = query->date},
        .moving_id = NOT_GIVEN,
    };
    const struct problem *problem = facts_read(db, &wish, &facts);
    if (problem)
        return problem;
    struct day day = facts_day(facts, 0, 0);
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

/* Adds a day's free starts, the earliest first and the doctors of one start by their ids, while
 * there are fewer than `limit`. Returns how many were added. */
static int64_t add_starts(struct text *text, const struct facts *facts, int day,
                          const char *const *beginnings, int64_t limit)
{
    quarters *free = arena_alloc(text->arena, (size_t)(facts->doctor_count + 1) * sizeof *free);
    quarters any = NO_QUARTERS;
    int64_t added = 0;
    for (int doctor = 0; doctor < facts->doctor_count; doctor++) {
        struct day of_doctor = facts_day(facts, day, doctor);
        free[doctor] = day_free_starts(&of_doctor);
        any |= free[doctor];
    }
    for (int quarter = 0; quarter < QUARTERS_PER_DAY && added < limit; quarter++) {
        char start[START_TEXT_SIZE];
        if (!quarters_hold(any, quarter))
            continue;
        facts_start(facts, day, quarter, start);
        for (int doctor = 0; doctor < facts->doctor_count && added < limit; doctor++) {
            if (!quarters_hold(free[doctor], quarter))
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

/* The facts of a search, in which a doctor who does not exist is input that is wrong. */
static const struct problem *read_facts(struct db *db, const struct wish *wish,
                                        const struct facts **facts)
{
    const struct problem *problem = facts_read(db, wish, facts);
    return problem == &problem_not_found ? refusal_by_constraint(db->arena, "appointment_doctor")
                                         : problem;
}

/* Adds what is free on the days of the wish, while there are fewer than `*left`, and takes from
 * that what was added. */
static const struct problem *add_days(struct db *db, struct text *text, const struct wish *wish,
                                      int64_t *left)
{
    const struct facts *facts;
    const struct problem *problem = read_facts(db, wish, &facts);
    if (problem)
        return problem;
    const char **beginnings = beginnings_of(db->arena, facts);
    int64_t still = *left;
    for (int day = 0; day < facts->day_count && still > 0; day++)
        still -= add_starts(text, facts, day, beginnings, still);
    *left = still;
    return NULL;
}

static int64_t day_of(const char *date)
{
    return calendar_day(&date);
}

static const struct problem *check_range(struct db *db, const struct availability_search *search)
{
    int64_t first = day_of(search->from), last = day_of(search->to);
    if (last >= first && last - first < MOST_DAYS)
        return NULL;
    return problem_field(db->arena, &problem_bad_request, "to", "not_acceptable",
                         "must not be before from, nor more than 62 days with it");
}

static struct wish wish_of(int64_t patient_id, const struct availability_search *search)
{
    return (struct wish){
        .doctor_id = search->doctor_id,
        .treatment_id = search->treatment_id,
        .patient_id = patient_id,
        .start = {.local = search->from},
        .last_day = search->to,
        .department = search->department,
        .moving_id = NOT_GIVEN,
    };
}

/* First as many days as hold the limit when one doctor is free all the time, and after those each
 * time twice as many: who wants the earliest few is seldom in need of the last days. */
const struct problem *availability_find(struct db *db, int64_t patient_id,
                                        const struct availability_search *search,
                                        struct document *document)
{
    const struct problem *problem = check_range(db, search);
    if (problem)
        return problem;
    struct wish wish = wish_of(patient_id, search);
    int64_t day = day_of(search->from), last = day_of(search->to), left = search->limit;
    int64_t days = (left + QUARTERS_PER_DAY - 1) / QUARTERS_PER_DAY;
    struct text text = {.arena = db->arena};
    text_add(&text, "{\"items\": [");
    for (; day <= last && left > 0; day += days, days *= 2) {
        char first_date[DATE_TEXT_SIZE], last_date[DATE_TEXT_SIZE];
        calendar_date(day, first_date);
        calendar_date(day + days - 1 < last ? day + days - 1 : last, last_date);
        wish.start.local = first_date;
        wish.last_day = last_date;
        problem = add_days(db, &text, &wish, &left);
        if (problem)
            return problem;
    }
    text_add(&text, "]");
    *document = finish(&text);
    return NULL;
}

/* The starts of a day that are free with any of the doctors. */
static quarters free_with_any(const struct facts *facts, int day)
{
    quarters any = NO_QUARTERS;
    for (int doctor = 0; doctor < facts->doctor_count; doctor++) {
        struct day of_doctor = facts_day(facts, day, doctor);
        any |= day_free_starts(&of_doctor);
    }
    return any;
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

const struct problem *availability_days(struct db *db, int64_t patient_id,
                                        const struct availability_search *search,
                                        struct document *document)
{
    const struct facts *facts = NULL;
    struct wish wish = wish_of(patient_id, search);
    const struct problem *problem = check_range(db, search);
    if (!problem)
        problem = read_facts(db, &wish, &facts);
    if (problem)
        return problem;
    struct text text = {.arena = db->arena};
    text_add(&text, "{\"items\": [");
    for (int day = 0; day < facts->day_count; day++) {
        quarters starts = free_with_any(facts, day);
        if (starts != NO_QUARTERS)
            add_day(&text, facts, day, starts);
    }
    text_add(&text, "]");
    *document = finish(&text);
    return NULL;
}
