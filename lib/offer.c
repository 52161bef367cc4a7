#include "offer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "binary.h"

/* One state. Freed by the last who holds it: requests that look at it, and the memory. */
struct remembered {
    struct offer offer; /* first, so that whoever has the offer has this */
    struct arena *arena;
    _Atomic int holders;
};

struct offers {
    pthread_mutex_t lock;
    struct remembered *latest; /* NULL: none was read yet */
};

struct offers *offers_new(void)
{
    struct offers *offers = calloc(1, sizeof *offers);
    if (offers)
        pthread_mutex_init(&offers->lock, NULL);
    return offers;
}

static void let_go(void *held)
{
    struct remembered *remembered = held;
    if (remembered && atomic_fetch_sub(&remembered->holders, 1) == 1)
        arena_free(remembered->arena);
}

void offers_free(struct offers *offers)
{
    if (!offers)
        return;
    let_go(offers->latest);
    pthread_mutex_destroy(&offers->lock);
    free(offers);
}

/* The state that was read last, held for the request; NULL: none was. */
static const struct offer *hold_latest(struct db *db)
{
    pthread_mutex_lock(&db->offers->lock);
    struct remembered *latest = db->offers->latest;
    if (latest)
        atomic_fetch_add(&latest->holders, 1);
    pthread_mutex_unlock(&db->offers->lock);
    if (!latest)
        return NULL;
    arena_defer(db->arena, let_go, latest);
    return &latest->offer;
}

/* Keeps what was read as the latest state, and holds it for the request. */
static const struct offer *remember(struct db *db, struct remembered *read)
{
    atomic_store(&read->holders, 2);
    pthread_mutex_lock(&db->offers->lock);
    struct remembered *before = db->offers->latest;
    db->offers->latest = read;
    pthread_mutex_unlock(&db->offers->lock);
    let_go(before);
    arena_defer(db->arena, let_go, read);
    return &read->offer;
}

/* A state, as one row: the hospital's settings, and arrays for the rest. */
static const struct statement read_state = {
    .name = "offer_read",
    .binary = true,
    .sql = "SELECT o.stamp, time_zone, opens_at, closes_at, lunch_start, lunch_end,"
           "       min_notice_minutes, max_days_ahead, offered, doctors.*, treatments.*,"
           "       ARRAY(SELECT ARRAY[coalesce(doctor_id, 0), first_day - '1970-01-01',"
           "                          last_day - '1970-01-01']"
           "               FROM closure)"
           "  FROM offer o"
           " CROSS JOIN hospital"
           " CROSS JOIN (SELECT array_agg(id), array_agg(is_active), array_agg(name),"
           "                    array_agg(department), array_agg(document)"
           "               FROM (SELECT * FROM doctor ORDER BY id) AS in_order) AS doctors"
           " CROSS JOIN (SELECT array_agg(id), array_agg(is_active), array_agg(name),"
           "                    array_agg(duration_minutes), array_agg(document)"
           "               FROM (SELECT * FROM treatment ORDER BY id) AS in_order) AS treatments",
};

enum {
    STAMP,
    ZONE,
    OPENS_AT,
    CLOSES_AT,
    LUNCH_START,
    LUNCH_END,
    MIN_NOTICE,
    MAX_DAYS,
    WEEK,
    DOCTOR_IDS,
    DOCTORS_ACTIVE,
    DOCTOR_NAMES,
    DEPARTMENTS,
    DOCTOR_DOCUMENTS,
    TREATMENT_IDS,
    TREATMENTS_ACTIVE,
    TREATMENT_NAMES,
    DURATIONS,
    TREATMENT_DOCUMENTS,
    CLOSURES, /* for each, doctor or EVERYBODY, first and last day */
};

static int minute(const struct rows *rows, int column)
{
    return binary_minute_of_day(rows_binary(rows, 0, column));
}

static void read_hospital(struct offer *offer, struct arena *arena, const struct rows *rows)
{
    struct binary zone = rows_binary(rows, 0, ZONE), week = rows_binary(rows, 0, WEEK);
    memcpy(offer->stamp, rows_text(rows, 0, STAMP), STAMP_SIZE);
    offer->time_zone = arena_copy(arena, zone.bytes, zone.length);
    offer->any_day = (struct day){
        .opens_at = minute(rows, OPENS_AT),
        .closes_at = minute(rows, CLOSES_AT),
        .lunch_start = minute(rows, LUNCH_START),
        .lunch_end = minute(rows, LUNCH_END),
        .min_notice_minutes = (int)binary_integer(rows_binary(rows, 0, MIN_NOTICE)),
        .max_days_ahead = (int)binary_integer(rows_binary(rows, 0, MAX_DAYS)),
    };
    for (size_t day = 0; day < sizeof offer->week / sizeof *offer->week; day++)
        offer->week[day] = binary_quarters(week, day * QUARTERS_PER_DAY);
}

static int64_t take_integer(struct elements *elements)
{
    return binary_integer(elements_take(elements));
}

static const char *take_text(struct elements *elements, struct arena *arena)
{
    struct binary text = elements_take(elements);
    return arena_copy(arena, text.bytes, text.length);
}

static void read_doctors(struct offer *offer, struct arena *arena, const struct rows *rows)
{
    struct elements ids = elements_of(rows, 0, DOCTOR_IDS);
    struct elements active = elements_of(rows, 0, DOCTORS_ACTIVE);
    struct elements names = elements_of(rows, 0, DOCTOR_NAMES);
    struct elements departments = elements_of(rows, 0, DEPARTMENTS);
    struct elements documents = elements_of(rows, 0, DOCTOR_DOCUMENTS);
    struct offered_doctor *doctors = arena_alloc(arena, (size_t)ids.count * sizeof *doctors);
    offer->doctor_count = ids.count;
    offer->doctors = doctors;
    for (int i = 0; i < offer->doctor_count; i++)
        doctors[i] = (struct offered_doctor){
            .id = take_integer(&ids),
            .active = take_integer(&active),
            .name = take_text(&names, arena),
            .department = take_text(&departments, arena),
            .document = take_text(&documents, arena),
        };
}

static void read_treatments(struct offer *offer, struct arena *arena, const struct rows *rows)
{
    struct elements ids = elements_of(rows, 0, TREATMENT_IDS);
    struct elements active = elements_of(rows, 0, TREATMENTS_ACTIVE);
    struct elements names = elements_of(rows, 0, TREATMENT_NAMES);
    struct elements durations = elements_of(rows, 0, DURATIONS);
    struct elements documents = elements_of(rows, 0, TREATMENT_DOCUMENTS);
    struct offered_treatment *treatments =
        arena_alloc(arena, (size_t)ids.count * sizeof *treatments);
    offer->treatment_count = ids.count;
    offer->treatments = treatments;
    for (int i = 0; i < offer->treatment_count; i++)
        treatments[i] = (struct offered_treatment){
            .id = take_integer(&ids),
            .active = take_integer(&active),
            .name = take_text(&names, arena),
            .duration_minutes = (int)take_integer(&durations),
            .document = take_text(&documents, arena),
        };
}

static void read_closures(struct offer *offer, struct arena *arena, const struct rows *rows)
{
    enum { MEMBERS = 3 };
    struct elements members = elements_of(rows, 0, CLOSURES);
    struct offered_closure *closures =
        arena_alloc(arena, (size_t)(members.count / MEMBERS) * sizeof *closures);
    offer->closure_count = members.count / MEMBERS;
    offer->closures = closures;
    for (int i = 0; i < offer->closure_count; i++) {
        closures[i].doctor_id = take_integer(&members);
        closures[i].first_day = take_integer(&members);
        closures[i].last_day = take_integer(&members);
    }
}

/* Reads the state that is, and remembers it. Refused as by db_run(). */
static const struct problem *learn(struct db *db, const struct offer **offer)
{
    const struct rows *rows;
    const struct problem *problem = db_run(db, &read_state, NULL, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0 || rows_length(rows, 0, STAMP) != STAMP_SIZE)
        return &problem_internal_error;
    struct arena *arena = arena_new();
    struct remembered *read = arena_alloc(arena, sizeof *read);
    read->arena = arena;
    read_hospital(&read->offer, arena, rows);
    read_doctors(&read->offer, arena, rows);
    read_treatments(&read->offer, arena, rows);
    read_closures(&read->offer, arena, rows);
    *offer = remember(db, read);
    return NULL;
}

/* Whether the rows saw that state. */
static bool saw(const struct rows *rows, const struct offer *offer)
{
    return rows_count(rows) > 0 && rows_length(rows, 0, STAMP) == STAMP_SIZE &&
           memcmp(rows_text(rows, 0, STAMP), offer->stamp, STAMP_SIZE) == 0;
}

/* A state that is read after the rows is as new as theirs at least, and told beside them unless
 * they were asked for in another zone. */
const struct problem *offer_ask(struct db *db, const struct statement *statement,
                                const char **parameters, const struct rows **rows,
                                const struct offer **offer)
{
    const struct problem *problem = NULL;
    *offer = hold_latest(db);
    if (!*offer)
        problem = learn(db, offer);
    while (!problem) {
        parameters[0] = (*offer)->time_zone;
        problem = db_run(db, statement, parameters, rows);
        if (problem || saw(*rows, *offer))
            break;
        problem = learn(db, offer);
        if (!problem && strcmp(parameters[0], (*offer)->time_zone) == 0)
            break;
    }
    return problem;
}

const struct problem *offer_read(struct db *db, const struct offer **offer)
{
    static const struct statement look = {
        .name = "offer_look",
        .parameters = 1,
        .binary = true,
        .sql = "SELECT o.stamp FROM offer o WHERE $1::text IS NOT NULL",
    };
    const struct rows *rows;
    const char *parameters[1];
    return offer_ask(db, &look, parameters, &rows, offer);
}

static int compare_ids(const void *id, const void *entry)
{
    int64_t sought = *(const int64_t *)id, found = *(const int64_t *)entry;
    return (sought > found) - (sought < found);
}

const struct offered_doctor *offer_doctor(const struct offer *offer, int64_t id)
{
    return bsearch(&id, offer->doctors, (size_t)offer->doctor_count, sizeof *offer->doctors,
                   compare_ids);
}

const struct offered_treatment *offer_treatment(const struct offer *offer, int64_t id)
{
    return bsearch(&id, offer->treatments, (size_t)offer->treatment_count,
                   sizeof *offer->treatments, compare_ids);
}
