#include "showing.h"

#include <stdlib.h>

#include "binary.h"
#include "calendar.h"
#include "listing.h"
#include "offer.h"

/* The columns of SHOWN. A local time has the same moment in UTC after it. */
enum {
    SEEN,
    TOTAL,
    ID,
    VERSION,
    DOCTOR_ID,
    DOCTOR_NAME, /* this, the next and the treatment's: NULL where the offer tells them */
    DEPARTMENT,
    TREATMENT_ID,
    TREATMENT_NAME,
    PATIENT_ID,
    PATIENT_NAME,
    PHONE,
    START,
    END = START + 2,
    STATUS = END + 2,
    VISIT_TYPE,
    PRICE,
    MEMO,
    CREATED_AT,
    UPDATED_AT = CREATED_AT + 2,
};

/* An appointment: a row, and what is told beside it. */
struct shown {
    const struct rows *rows;
    int row;
    const struct offered_doctor *doctor; /* NULL: the row has the names */
    const struct offered_treatment *treatment;
};

static struct binary cell(const struct shown *shown, int column)
{
    return rows_binary(shown->rows, shown->row, column);
}

static void add_integer(struct text *text, const struct shown *shown, int column)
{
    text_add_integer(text, binary_integer(cell(shown, column)));
}

/* A string, or null. */
static void add_string(struct text *text, const struct shown *shown, int column)
{
    if (rows_null(shown->rows, shown->row, column))
        text_add(text, "null");
    else
        text_add_quoted(text, rows_text(shown->rows, shown->row, column));
}

static void add_doctor_name(struct text *text, const struct shown *shown, int column)
{
    if (shown->doctor)
        text_add_quoted(text, shown->doctor->name);
    else
        add_string(text, shown, column);
}

static void add_department(struct text *text, const struct shown *shown, int column)
{
    if (shown->doctor)
        text_add_quoted(text, shown->doctor->department);
    else
        add_string(text, shown, column);
}

static void add_treatment_name(struct text *text, const struct shown *shown, int column)
{
    if (shown->treatment)
        text_add_quoted(text, shown->treatment->name);
    else
        add_string(text, shown, column);
}

static void add_duration(struct text *text, const struct shown *shown, int column)
{
    text_add_integer(text, binary_minute(cell(shown, END)) - binary_minute(cell(shown, column)));
}

/* As RFC 3339 has it, with the offset from UTC. */
static void add_time(struct text *text, const struct shown *shown, int column)
{
    enum { SECONDS_PER_MINUTE = 60 };
    int64_t minute = binary_minute(cell(shown, column));
    int64_t local = binary_second(cell(shown, column));
    int64_t offset = (local - binary_second(cell(shown, column + 1))) / SECONDS_PER_MINUTE;
    text_add(text, "\"");
    text_add_moment(text, minute, (int)(local - minute * SECONDS_PER_MINUTE), (int)offset);
    text_add(text, "\"");
}

/* A member of the object, or the beginning of an inner one. */
static const struct member {
    const char *before;
    void (*add)(struct text *text, const struct shown *shown, int column);
    int column;
} members[] = {
    {"{\"id\": ", add_integer, ID},
    {", \"doctor\": {\"id\": ", add_integer, DOCTOR_ID},
    {", \"name\": ", add_doctor_name, DOCTOR_NAME},
    {", \"department\": ", add_department, DEPARTMENT},
    {"}, \"treatment\": {\"id\": ", add_integer, TREATMENT_ID},
    {", \"name\": ", add_treatment_name, TREATMENT_NAME},
    {", \"duration_minutes\": ", add_duration, START},
    {", \"price\": ", add_integer, PRICE},
    {"}, \"patient\": {\"id\": ", add_integer, PATIENT_ID},
    {", \"name\": ", add_string, PATIENT_NAME},
    {", \"phone\": ", add_string, PHONE},
    {"}, \"start_time\": ", add_time, START},
    {", \"end_time\": ", add_time, END},
    {", \"status\": ", add_string, STATUS},
    {", \"visit_type\": ", add_string, VISIT_TYPE},
    {", \"memo\": ", add_string, MEMO},
    {", \"version\": ", add_integer, VERSION},
    {", \"created_at\": ", add_time, CREATED_AT},
    {", \"updated_at\": ", add_time, UPDATED_AT},
};

static void add_appointment(struct text *text, const struct shown *shown)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        text_add(text, members[i].before);
        members[i].add(text, shown, members[i].column);
    }
    text_add(text, "}");
}

const struct problem *showing_one(struct db *db, const struct statement *statement,
                                  const char *const *parameters, struct document *appointment)
{
    struct shown shown = {0};
    struct text text = {.arena = db->arena};
    const struct problem *problem = db_run(db, statement, parameters, &shown.rows);
    if (problem)
        return problem;
    if (rows_count(shown.rows) == 0)
        return &problem_not_found;
    add_appointment(&text, &shown);
    *appointment = (struct document){
        .json = text.start,
        .length = text.length,
        .id = binary_integer(cell(&shown, ID)),
        .version = binary_integer(cell(&shown, VERSION)),
    };
    return NULL;
}

/* How many of the rows are appointments. */
static int count_shown(const struct rows *rows)
{
    return rows_null(rows, 0, ID) ? 0 : rows_count(rows);
}

static void add_rows(struct listing *listing, const struct rows *rows, const struct offer *offer)
{
    for (int row = 0; row < count_shown(rows); row++) {
        struct shown shown = {.rows = rows, .row = row};
        shown.doctor = offer_doctor(offer, binary_integer(cell(&shown, DOCTOR_ID)));
        shown.treatment = offer_treatment(offer, binary_integer(cell(&shown, TREATMENT_ID)));
        if (listing_shows_next(listing))
            add_appointment(&listing->text, &shown);
    }
}

/* Whether rows that were not counted tell how many there are on all pages. */
static bool tell_total(const struct rows *rows, const struct page *page)
{
    int shown = count_shown(rows);
    return shown < page->size && (shown > 0 || page->number == 1);
}

const struct problem *showing_page(struct db *db, const struct statement *uncounted,
                                   const struct statement *counted, const char **parameters,
                                   const struct page *page, struct document *list)
{
    const struct rows *rows = NULL;
    const struct offer *offer;
    const struct problem *problem = NULL;
    if (uncounted)
        problem = offer_ask(db, uncounted, parameters, &rows, &offer);
    if (!problem && (!uncounted || !tell_total(rows, page)))
        problem = offer_ask(db, counted, parameters, &rows, &offer);
    if (problem)
        return problem;
    struct listing listing = listing_begin(db->arena, page);
    listing.total = (page->number - 1) * page->size;
    add_rows(&listing, rows, offer);
    if (!rows_null(rows, 0, TOTAL))
        listing.total = binary_integer(rows_binary(rows, 0, TOTAL));
    *list = listing_end(&listing);
    return NULL;
}
