#include "facts.h"

#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "offer.h"
#include "refusal.h"

/*
 * ($1 the hospital's zone), and more. One row, and in it arrays, told beside the offer that it has
 * seen. Values come as they are stored, for what takes the server most time is to get its
 * expressions ready.
 *
 * Rows are compared as such, and OFFSET 0 fences a query off, where that leaves the planner, who
 * knows nothing of the range, one way: a look into the right index.
 */
#define FACTS(START, DAYS, BUSY, OWN, LEAVING)                                                     \
    "SELECT o.stamp, " START ", first, hospital_clock($1),"                                        \
    "       ARRAY(SELECT (first + n)::timestamp AT TIME ZONE $1"                                   \
    "               FROM generate_series(0, last - first + 1) AS n),"                              \
    "       ARRAY(SELECT b.busy || (b.day - first)::bit(32) || b.doctor_id::bit(64)"               \
    "               FROM doctor_day b " BUSY "),"                                                  \
    "       ARRAY(SELECT s.day + s.start_time"                                                     \
    "               FROM slot_day s"                                                               \
    "              WHERE s.is_full AND s.day BETWEEN first AND last),"                             \
    "       " OWN ", " LEAVING "  FROM offer o CROSS JOIN " DAYS

#define NOBODYS "NULL"
#define OWN_TIMES(PATIENT)                                                                         \
    "ARRAY(SELECT ARRAY[lower(a.during), upper(a.during)]"                                         \
    "        FROM appointment a"                                                                   \
    "       WHERE (a.patient_id, lower(a.during)) >= (" PATIENT "::bigint, first::timestamp)"      \
    "         AND (a.patient_id, lower(a.during)) <"                                               \
    "             (" PATIENT "::bigint, last + interval '1 day')"                                  \
    "         AND a.status <> 'cancelled')"

/* What is asked most, in the hospital's time from $2 until $3: all doctors, also those who are not
 * active, at whose days nobody looks, or one. */
#define PLAIN_FACTS(NAME, PARAMETERS, BUSY, OWN)                                                   \
    {                                                                                              \
        .name = (NAME), .parameters = (PARAMETERS), .binary = true,                                \
        .sql = FACTS("NULL", "(SELECT $2::date AS first, $3::date AS last) AS span", BUSY, OWN,    \
                     "NULL")                                                                       \
    }
#define OF_ALL                                                                                     \
    "WHERE b.day - date '2000-01-01' BETWEEN first - date '2000-01-01'"                            \
    "                                    AND last - date '2000-01-01'"
#define OF_ONE "WHERE b.doctor_id = $4::bigint AND b.day BETWEEN first AND last"

/* By whether it is about one doctor, and whether about a patient. */
static const struct statement plain_facts[2][2] = {
    {PLAIN_FACTS("facts_of_all", 3, OF_ALL, NOBODYS),
     PLAIN_FACTS("facts_of_all_and_own", 4, OF_ALL, OWN_TIMES("$4"))},
    {PLAIN_FACTS("facts_of_one", 4, OF_ONE, NOBODYS),
     PLAIN_FACTS("facts_of_one_and_own", 5, OF_ONE, OWN_TIMES("$5"))},
};

/*
 * Whatever else is wished for: $2 start, $3 last day or NULL for the start's own, $4 doctor or NULL
 * for any who is active, $5 patient or NULL, $6 the start's offset from UTC in minutes or NULL for
 * hospital time, $7 department or NULL, $8 appointment that is being moved, or NULL.
 */
static const struct statement other_facts = {
    .name = "facts_of_days",
    .parameters = 8,
    .binary = true,
    .sql = FACTS("start::text",
                 "(SELECT start, start::date AS first, coalesce($3::date, start::date) AS last"
                 "   FROM (SELECT CASE WHEN $6::integer IS NULL THEN $2::timestamp"
                 "                     ELSE ($2::timestamp - make_interval(mins => $6::integer))"
                 "                          AT TIME ZONE 'UTC' AT TIME ZONE $1 END)"
                 "     AS wished (start)"
                 " OFFSET 0) AS span",
                 "JOIN doctor d"
                 "  ON d.id = b.doctor_id"
                 " AND d.id BETWEEN coalesce($4::bigint, 0)"
                 "              AND coalesce($4::bigint, 9223372036854775807)"
                 " AND ($4::bigint IS NOT NULL OR d.is_active)"
                 " AND ($7::text IS NULL OR d.department = $7)"
                 " WHERE b.day BETWEEN first AND last",
                 OWN_TIMES("$5"),
                 "(SELECT ARRAY[a.doctor_id, extract(epoch FROM lower(a.during))::bigint / 60,"
                 "              extract(epoch FROM upper(a.during))::bigint / 60]"
                 "   FROM appointment a"
                 "  WHERE a.id = $8::bigint AND a.status <> 'cancelled')"),
};

/* ($1 the hospital's zone, $2 day) -> what its clocks skip then, and the offsets that they have. */
static const struct statement facts_of_clocks = {
    .name = "facts_of_clocks",
    .parameters = 2,
    .sql = "SELECT quarters_skipped($2::date, $1), quarter_offsets($2::date, $1)",
};

enum { SLOT_MINUTES = 30 };

/* The columns after the stamp. */
enum {
    START = 1, /* where the wish does not say it in the hospital's time */
    FIRST_DAY,
    NOW,
    MIDNIGHTS, /* of the days and of the one after them, in UTC */
    BUSY,      /* quarters, day, doctor: 96, 32 and 64 bits */
    FULL,      /* half-hours, by their starts */
    OWN,       /* start, end */
    LEAVING,   /* doctor, and in minutes since 1970 start, end */
};

/* What is being read into. */
struct reading {
    struct arena *arena;
    const struct rows *rows;
    const struct offer *offer;
    struct facts facts;
    int64_t first_day; /* since 1970-01-01 */
    struct doctor_facts *doctors;
    struct day_facts *days;
    struct presence *presences;
};

static int compare_doctors(const void *one, const void *other)
{
    int64_t a = ((const struct doctor_facts *)one)->id;
    int64_t b = ((const struct doctor_facts *)other)->id;
    return (a > b) - (a < b);
}

/* The presence of a doctor on a day; NULL: nobody asked about them. */
static struct presence *presence_of(const struct reading *reading, int64_t day, int64_t doctor_id)
{
    size_t count = (size_t)reading->facts.doctor_count;
    const struct doctor_facts sought = {.id = doctor_id};
    const struct doctor_facts *doctor =
        bsearch(&sought, reading->doctors, count, sizeof *doctor, compare_doctors);
    return doctor ? &reading->presences[(size_t)day * count + (size_t)(doctor - reading->doctors)]
                  : NULL;
}

/* The doctors of the wish, in the order of their ids. */
static void choose_doctors(struct reading *reading, const struct wish *wish)
{
    const struct offer *offer = reading->offer;
    bool anybody = wish->doctor_id == NOT_GIVEN;
    reading->doctors =
        arena_alloc(reading->arena, ((size_t)offer->doctor_count + 1) * sizeof *reading->doctors);
    for (int i = 0; i < offer->doctor_count; i++) {
        const struct offered_doctor *doctor = &offer->doctors[i];
        if ((anybody ? doctor->active : doctor->id == wish->doctor_id) &&
            (!wish->department || strcmp(doctor->department, wish->department) == 0))
            reading->doctors[reading->facts.doctor_count++] =
                (struct doctor_facts){.id = doctor->id, .active = doctor->active};
    }
    reading->facts.doctors = reading->doctors;
}

static void read_days(const struct reading *reading, const struct offered_treatment *treatment,
                      int start)
{
    /* As far off as matters. */
    enum { FAR = 100000000 };
    int64_t next = binary_next_minute(rows_binary(reading->rows, 0, NOW));
    int64_t today = calendar_day_of(binary_minute(rows_binary(reading->rows, 0, NOW)));
    int64_t now = next - reading->first_day * MINUTES_PER_DAY;
    struct day day = reading->offer->any_day;
    day.treatment_active = treatment->active;
    day.duration_minutes = treatment->duration_minutes;
    day.start = start;
    day.now = (int)(now < -FAR ? -FAR : now > FAR ? FAR : now);
    day.days_ahead = (int)(reading->first_day - today);
    for (int i = 0; i < reading->facts.day_count; i++) {
        reading->days[i].day = day;
        reading->days[i].day.offered =
            reading->offer->week[calendar_weekday(reading->first_day + i)];
        calendar_date(reading->first_day + i, reading->days[i].date);
        day.now -= MINUTES_PER_DAY;
        day.days_ahead++;
    }
}

/* What a day's clocks skip, and the offsets that they have, when they change. */
static const struct problem *read_change(struct db *db, const struct offer *offer,
                                         struct day_facts *day)
{
    const struct rows *rows;
    const char *const parameters[] = {offer->time_zone, day->date};
    const struct problem *problem = db_run(db, &facts_of_clocks, parameters, &rows);
    if (problem)
        return problem;
    for (const char *at = rows_text(rows, 0, 0); *at;) {
        int from = (int)strtol(at, (char **)&at, 10);
        at += strlen("-");
        day->day.skipped |= quarters_touched(from, (int)strtol(at, (char **)&at, 10));
        at += *at == ',';
    }
    day->offsets = rows_text(rows, 0, 1);
    return NULL;
}

/* The offset from UTC that a day begins with. */
static const char *offset_text(struct arena *arena, int minutes)
{
    return arena_printf(arena, "0%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
                        abs(minutes) % 60);
}

/* The offsets from UTC, by the midnights; where two of them are not a day apart, clocks change. */
static const struct problem *read_clocks(struct db *db, const struct reading *reading,
                                         struct elements midnights)
{
    const struct problem *problem = NULL;
    const char *offsets = NULL;
    int64_t minutes = 0, midnight = binary_minute(elements_take(&midnights));
    for (int i = 0; i < reading->facts.day_count && !problem; i++) {
        int64_t next = binary_minute(elements_take(&midnights));
        int64_t before = minutes;
        minutes = (reading->first_day + i) * MINUTES_PER_DAY - midnight;
        if (!offsets || minutes != before)
            offsets = offset_text(reading->arena, (int)minutes);
        reading->days[i].offsets = offsets;
        if (next - midnight != MINUTES_PER_DAY)
            problem = read_change(db, reading->offer, &reading->days[i]);
        midnight = next;
    }
    return problem;
}

/* A stretch of time, within one day. */
struct stretch {
    int64_t day;  /* counted from the first one that was asked for */
    int from, to; /* minutes of it */
};

/* From two times in minutes since 1970. */
static struct stretch stretch_between(const struct reading *reading, int64_t from, int64_t to)
{
    int64_t day = calendar_day_of(from);
    int start = (int)(from - day * MINUTES_PER_DAY);
    return (struct stretch){day - reading->first_day, start, start + (int)(to - from)};
}

/* What is known of its day; NULL: that was not asked for. */
static struct day *day_of(const struct reading *reading, const struct stretch *stretch)
{
    bool asked = stretch->day >= 0 && stretch->day < reading->facts.day_count;
    return asked ? &reading->days[stretch->day].day : NULL;
}

static quarters quarters_of(const struct stretch *stretch)
{
    return quarters_touched(stretch->from, stretch->to);
}

static void read_slots(const struct reading *reading)
{
    struct elements full = elements_of(reading->rows, 0, FULL);
    while (full.count > 0) {
        int64_t start = binary_minute(elements_take(&full));
        struct stretch slot = stretch_between(reading, start, start + SLOT_MINUTES);
        day_of(reading, &slot)->full |= quarters_of(&slot);
    }
}

static void read_presences(const struct reading *reading)
{
    enum { DAY = QUARTERS_PER_DAY, DAY_BITS = 32, DOCTOR = DAY + DAY_BITS, DOCTOR_BITS = 64 };
    struct elements busy = elements_of(reading->rows, 0, BUSY);
    while (busy.count > 0) {
        struct binary of_day = elements_take(&busy);
        struct presence *presence = presence_of(reading, binary_bits(of_day, DAY, DAY_BITS),
                                                binary_bits(of_day, DOCTOR, DOCTOR_BITS));
        if (presence)
            presence->busy = binary_quarters(of_day, 0);
    }
}

static void apply_closure(const struct reading *reading, const struct offered_closure *closure)
{
    int64_t first = closure->first_day - reading->first_day;
    int64_t last = closure->last_day - reading->first_day;
    for (int64_t day = first < 0 ? 0 : first; day <= last && day < reading->facts.day_count; day++)
        if (closure->doctor_id == EVERYBODY)
            reading->days[day].day.closed = true;
        else {
            struct presence *presence = presence_of(reading, day, closure->doctor_id);
            if (presence)
                presence->away = true;
        }
}

static void read_closures(const struct reading *reading)
{
    for (int i = 0; i < reading->offer->closure_count; i++)
        apply_closure(reading, &reading->offer->closures[i]);
}

static void read_patient(const struct reading *reading)
{
    struct elements own = elements_of(reading->rows, 0, OWN);
    while (own.count > 0) {
        int64_t from = binary_minute(elements_take(&own));
        int64_t to = binary_minute(elements_take(&own));
        struct stretch taken = stretch_between(reading, from, to);
        struct day *day = day_of(reading, &taken);
        if (day)
            day->patient_busy |= quarters_of(&taken);
    }
}

/* What the appointment that is being moved would leave: its doctor's and its patient's time, and
 * its places in the slots. */
static void read_leaving(const struct reading *reading)
{
    struct elements leaving = elements_of(reading->rows, 0, LEAVING);
    if (leaving.count == 0)
        return;
    int64_t doctor_id = binary_integer(elements_take(&leaving));
    int64_t from = binary_integer(elements_take(&leaving));
    int64_t to = binary_integer(elements_take(&leaving));
    struct stretch left = stretch_between(reading, from, to);
    struct day *day = day_of(reading, &left);
    if (!day)
        return;
    struct presence *presence = presence_of(reading, left.day, doctor_id);
    if (presence)
        presence->busy &= ~quarters_of(&left);
    day->patient_busy &= ~quarters_of(&left);
    left.from = left.from / SLOT_MINUTES * SLOT_MINUTES;
    left.to = (left.to + SLOT_MINUTES - 1) / SLOT_MINUTES * SLOT_MINUTES;
    day->full &= ~quarters_of(&left);
}

/* The start's minute of its day; one that is only a date has none. */
static int minute_of(const char *start)
{
    enum { TIME = sizeof "2027-03-02T" - 1, MINUTE = sizeof "2027-03-02T10:" - 1 };
    if (strlen(start) <= MINUTE)
        return 0;
    return (int)strtol(start + TIME, NULL, 10) * 60 + (int)strtol(start + MINUTE, NULL, 10);
}

static const struct problem *read_facts(struct db *db, const struct wish *wish,
                                        struct reading *reading,
                                        const struct offered_treatment *treatment)
{
    const struct rows *rows = reading->rows;
    struct elements midnights = elements_of(rows, 0, MIDNIGHTS);
    size_t days = (size_t)midnights.count - 1, doctors = (size_t)reading->facts.doctor_count;
    reading->first_day = binary_day(rows_binary(rows, 0, FIRST_DAY));
    reading->days = arena_alloc(reading->arena, days * sizeof *reading->days);
    reading->presences =
        arena_alloc(reading->arena, (days * doctors + 1) * sizeof *reading->presences);
    reading->facts.start =
        rows_null(rows, 0, START) ? wish->start.local : rows_text(rows, 0, START);
    reading->facts.day_count = (int)days;
    reading->facts.days = reading->days;
    reading->facts.presences = reading->presences;
    read_days(reading, treatment, minute_of(reading->facts.start));
    read_slots(reading);
    read_presences(reading);
    read_closures(reading);
    read_patient(reading);
    read_leaving(reading);
    return read_clocks(db, reading, midnights);
}

/* The statement that asks no more than it must, with what its parameters are; the first one, the
 * zone, is the offer's. */
static const struct statement *statement_for(struct db *db, const struct wish *wish,
                                             const char *parameters[8])
{
    const char *start = wish->start.local;
    const char *patient = db_integer_or_null(db, wish->patient_id);
    const char *doctor = db_integer_or_null(db, wish->doctor_id);
    if (!wish->department && !wish->start.has_offset && wish->moving_id == NOT_GIVEN) {
        parameters[1] = arena_copy(db->arena, start, strcspn(start, "T"));
        parameters[2] = wish->last_day ? wish->last_day : parameters[1];
        parameters[3] = doctor ? doctor : patient;
        parameters[4] = patient;
        return &plain_facts[doctor != NULL][patient != NULL];
    }
    parameters[1] = start;
    parameters[2] = wish->last_day;
    parameters[3] = doctor;
    parameters[4] = patient;
    parameters[5] = wish->start.has_offset ? db_integer(db, wish->start.offset_minutes) : NULL;
    parameters[6] = wish->department;
    parameters[7] = db_integer_or_null(db, wish->moving_id);
    return &other_facts;
}

const struct problem *facts_read(struct db *db, const struct wish *wish, const struct facts **facts)
{
    const char *parameters[8];
    const struct statement *statement = statement_for(db, wish, parameters);
    struct reading *reading = arena_alloc(db->arena, sizeof *reading);
    reading->arena = db->arena;
    const struct problem *problem =
        offer_ask(db, statement, parameters, &reading->rows, &reading->offer);
    if (problem)
        return problem;
    if (wish->doctor_id != NOT_GIVEN && !wish->department &&
        !offer_doctor(reading->offer, wish->doctor_id))
        return &problem_not_found;
    const struct offered_treatment *treatment = offer_treatment(reading->offer, wish->treatment_id);
    if (!treatment)
        return refusal_by_constraint(db->arena, "appointment_treatment");
    choose_doctors(reading, wish);
    *facts = &reading->facts;
    return read_facts(db, wish, reading, treatment);
}

struct day facts_day(const struct facts *facts, int day, int doctor)
{
    struct day of_doctor = facts->days[day].day;
    const struct presence *presence =
        &facts->presences[(size_t)day * (size_t)facts->doctor_count + (size_t)doctor];
    of_doctor.doctor_active = facts->doctors[doctor].active;
    of_doctor.doctor_busy = presence->busy;
    of_doctor.doctor_away = presence->away;
    return of_doctor;
}

void facts_start(const struct facts *facts, int day, int quarter, char text[START_TEXT_SIZE])
{
    enum { OFFSET_LENGTH = sizeof "+09:00" - 1 };
    const char *offset = facts->days[day].offsets;
    const int minute = quarter * QUARTER_MINUTES;
    for (const char *at = offset; *at && *at != ' ' && strtol(at, NULL, 10) <= minute;) {
        offset = at + strspn(at, "0123456789");
        at += strcspn(at, ", ");
        at += *at == ',';
    }
    char *end = stpcpy(text, facts->days[day].date);
    *end++ = 'T';
    end = stpcpy(calendar_time(minute, end), ":00");
    *stpncpy(end, offset, OFFSET_LENGTH) = '\0';
}
