#include "appointment.h"

#include <string.h>

#include "availability.h"
#include "refusal.h"

static const struct field booking_fields[] = {
    {.name = "doctor_id",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 1,
     .most = INT64_MAX,
     .offset = offsetof(struct booking, doctor_id)},
    {.name = "treatment_id",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 1,
     .most = INT64_MAX,
     .offset = offsetof(struct booking, treatment_id)},
    {.name = "start_time",
     .kind = FIELD_MOMENT,
     .required = true,
     .offset = offsetof(struct booking, start_time)},
    {.name = "memo",
     .kind = FIELD_PROSE,
     .nullable = true,
     .least = 0,
     .most = 1000,
     .offset = offsetof(struct booking, memo)},
};
const struct form booking_form = FORM(struct booking, booking_fields);

static const struct field cancellation_fields[] = {
    {.name = "reason",
     .kind = FIELD_PROSE,
     .nullable = true,
     .least = 0,
     .most = 500,
     .offset = offsetof(struct cancellation, reason)},
};
const struct form cancellation_form = FORM(struct cancellation, cancellation_fields);

static const char *const statuses[] = {"pending",   "confirmed", "arrived", "completed",
                                       "cancelled", "no_show",   NULL};

static const struct field status_change_fields[] = {
    {.name = "status",
     .kind = FIELD_CHOICE,
     .required = true,
     .choices = statuses,
     .offset = offsetof(struct status_change, status)},
    {.name = "reason",
     .kind = FIELD_PROSE,
     .nullable = true,
     .least = 0,
     .most = 500,
     .offset = offsetof(struct status_change, reason)},
};
const struct form status_change_form = FORM(struct status_change, status_change_fields);

struct appointments_filter {
    struct page page;
    const char *status;
    const char *from;
    const char *to;
    int64_t doctor_id;
    int64_t treatment_id;
    int64_t patient_id;
};

#define ID_FILTER(MEMBER)                                                                          \
    {                                                                                              \
        .name = #MEMBER, .kind = FIELD_INTEGER, .least = 1, .most = INT64_MAX,                     \
        .offset = offsetof(struct appointments_filter, MEMBER)                                     \
    }

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct appointments_filter),
    {.name = "status",
     .kind = FIELD_CHOICE,
     .choices = statuses,
     .offset = offsetof(struct appointments_filter, status)},
    {.name = "from", .kind = FIELD_DATE, .offset = offsetof(struct appointments_filter, from)},
    {.name = "to", .kind = FIELD_DATE, .offset = offsetof(struct appointments_filter, to)},
    ID_FILTER(doctor_id),
    ID_FILTER(treatment_id),
    ID_FILTER(patient_id),
};
const struct form appointments_form = FORM(struct appointments_filter, filter_fields);

/* Patients may ask for the same, less the ids. */
const struct form own_appointments_form = {
    .fields = filter_fields,
    .count = sizeof filter_fields / sizeof *filter_fields - 3,
    .size = sizeof(struct appointments_filter),
};

/* An appointment's document, and what it needs beside the row `a`. */
#define DOCUMENT "appointment_document(a, d, t, p, h.time_zone)"
#define WITH_PEOPLE                                                                                \
    " JOIN doctor d ON d.id = (a).doctor_id"                                                       \
    " JOIN treatment t ON t.id = (a).treatment_id"                                                 \
    " JOIN patient p ON p.id = (a).patient_id"                                                     \
    " CROSS JOIN hospital h"

static const struct statement insert_appointment = {
    .name = "appointment_insert",
    .parameters = 6,
    .writes = true,
    .sql = "WITH written (a) AS ("
           "    INSERT INTO appointment AS w (doctor_id, treatment_id, patient_id, during, memo)"
           "    VALUES ($1::bigint, $2::bigint, $3::bigint,"
           "            tsrange($4::timestamp,"
           "                    $4::timestamp + make_interval(mins => $5::integer)), $6)"
           "    RETURNING w)"
           " SELECT " DOCUMENT ", (a).id, (a).version FROM written" WITH_PEOPLE,
};

const struct problem *appointment_book(struct db *db, int64_t patient_id,
                                       const struct booking *booking, struct document *appointment)
{
    struct wish wish = {.doctor_id = booking->doctor_id,
                        .treatment_id = booking->treatment_id,
                        .patient_id = patient_id,
                        .start = booking->start_time};
    struct day day;
    const char *start;
    const struct problem *problem = availability_facts(db, &wish, &day, &start);
    if (problem == &problem_not_found)
        return refusal_by_constraint(db->arena, "appointment_doctor");
    if (!problem)
        problem = day_verdict(&day);
    if (problem)
        return problem;
    const char *parameters[] = {
        db_integer(db, booking->doctor_id),   db_integer(db, booking->treatment_id),
        db_integer(db, patient_id),           start,
        db_integer(db, day.duration_minutes), booking->memo,
    };
    return db_document(db, &insert_appointment, parameters, appointment);
}

static const struct statement find_appointment = {
    .name = "appointment_find",
    .parameters = 2,
    .sql = "SELECT " DOCUMENT ", a.id, a.version"
           "  FROM appointment a" WITH_PEOPLE
           " WHERE a.id = $1::bigint AND ($2::bigint IS NULL OR a.patient_id = $2::bigint)",
};

static const char *id_or_null(struct db *db, int64_t id)
{
    return id == NOT_GIVEN ? NULL : db_integer(db, id);
}

const struct problem *appointment_find(struct db *db, int64_t id, int64_t patient_id,
                                       struct document *appointment)
{
    const char *parameters[] = {db_integer(db, id), id_or_null(db, patient_id)};
    return db_document(db, &find_appointment, parameters, appointment);
}

#define IN_FILTER                                                                                  \
    "       AND lower(a.during) >= coalesce($4::date, '-infinity')"                                \
    "       AND lower(a.during) < coalesce($5::date + 1, 'infinity')"                              \
    "       AND ($3::appointment_status IS NULL OR a.status = $3::appointment_status))"

static const struct statement list_own = {
    .name = "appointment_list_own",
    .parameters = 6,
    .sql = "WITH matching AS NOT MATERIALIZED ("
           "    SELECT a"
           "      FROM appointment a"
           "     WHERE a.patient_id = $6::bigint" IN_FILTER LIST_DOCUMENT(
               DOCUMENT, "lower((a).during) DESC, (a).id DESC", WITH_PEOPLE),
};

const struct problem *appointment_list_own(struct db *db, int64_t patient_id, const void *filter,
                                           struct document *list)
{
    const struct appointments_filter *asked = filter;
    const char *parameters[] = {
        db_integer(db, asked->page.number),
        db_integer(db, asked->page.size),
        asked->status,
        asked->from,
        asked->to,
        db_integer(db, patient_id),
    };
    return db_document(db, &list_own, parameters, list);
}

static const struct statement list_all = {
    .name = "appointment_list",
    .parameters = 8,
    .sql = "WITH matching AS NOT MATERIALIZED ("
           "    SELECT a"
           "      FROM appointment a"
           "     WHERE ($6::bigint IS NULL OR a.doctor_id = $6::bigint)"
           "       AND ($7::bigint IS NULL OR a.treatment_id = $7::bigint)"
           "       AND ($8::bigint IS NULL OR a.patient_id = $8::bigint)" IN_FILTER LIST_DOCUMENT(
               DOCUMENT, "lower((a).during), (a).id", WITH_PEOPLE),
};

const struct problem *appointment_list(struct db *db, const void *filter, struct document *list)
{
    return db_document(db, &list_all, form_parameters(db->arena, &appointments_form, filter), list);
}

/* The state machine: what is not a row here is refused. */
static const struct transition {
    const char *from, *to;
    bool once_begun; /* only after the appointment's start */
} transitions[] = {
    {"pending", "confirmed", false}, {"confirmed", "arrived", false},
    {"arrived", "completed", false}, {"confirmed", "completed", false},
    {"pending", "cancelled", false}, {"confirmed", "cancelled", false},
    {"arrived", "cancelled", false}, {"confirmed", "no_show", true},
    {"arrived", "no_show", true},
};

bool appointment_may_change(const char *from, const char *to, bool begun)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++)
        if (!strcmp(transitions[i].from, from) && !strcmp(transitions[i].to, to))
            return begun || !transitions[i].once_begun;
    return false;
}

/* Where an appointment stands, as the rules of changing it need to know. */
struct standing {
    const char *status;
    int64_t version;
    int64_t minutes_left; /* until its start; negative once it has begun */
    int64_t cancel_notice_minutes;
};

static const struct statement find_standing = {
    .name = "appointment_standing",
    .parameters = 2,
    .sql = "SELECT a.status, a.version, cancel_notice_minutes,"
           "       floor(extract(epoch FROM lower(a.during) - hospital_now()) / 60)::bigint"
           "  FROM appointment a, hospital"
           " WHERE a.id = $1::bigint AND ($2::bigint IS NULL OR a.patient_id = $2::bigint)",
};

static const struct problem *read_standing(struct db *db, int64_t id, int64_t patient_id,
                                           struct standing *standing)
{
    const struct rows *rows;
    const char *parameters[] = {db_integer(db, id), id_or_null(db, patient_id)};
    const struct problem *problem = db_run(db, &find_standing, parameters, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0)
        return &problem_not_found;
    *standing = (struct standing){.status = rows_text(rows, 0, 0),
                                  .version = rows_integer(rows, 0, 1),
                                  .cancel_notice_minutes = rows_integer(rows, 0, 2),
                                  .minutes_left = rows_integer(rows, 0, 3)};
    return NULL;
}

/* Changes nothing, and answers no row, when the version is no longer the one that was judged. */
static const struct statement set_status = {
    .name = "appointment_set_status",
    .parameters = 4,
    .writes = true,
    .sql = "WITH written (a) AS ("
           "    UPDATE appointment w"
           "       SET status = $3::appointment_status,"
           "           status_reason = $4"
           "     WHERE id = $1::bigint AND version = $2::integer"
           "    RETURNING w)"
           " SELECT " DOCUMENT ", (a).id, (a).version FROM written" WITH_PEOPLE,
};

static const struct problem *write_status(struct db *db, int64_t id,
                                          const struct standing *standing, const char *status,
                                          const char *reason, struct document *appointment)
{
    const char *parameters[] = {db_integer(db, id), db_integer(db, standing->version), status,
                                reason};
    const struct problem *problem = db_document(db, &set_status, parameters, appointment);
    return problem == &problem_not_found ? &problem_stale_version : problem;
}

static const struct problem *judge_change(const struct standing *standing, const char *status,
                                          int64_t expected_version)
{
    if (expected_version != NOT_GIVEN && expected_version != standing->version)
        return &problem_stale_version;
    if (!appointment_may_change(standing->status, status, standing->minutes_left < 0))
        return &problem_illegal_transition;
    return NULL;
}

static const struct problem *judge_cancellation(const struct standing *standing)
{
    if (standing->minutes_left < 0)
        return &problem_in_the_past;
    if (standing->minutes_left < standing->cancel_notice_minutes)
        return &problem_too_soon;
    return NULL;
}

/* Somebody else was faster between reading and writing: judge anew. A caller who named the version
 * is told instead. */
enum { MOST_JUDGEMENTS = 5 };

const struct problem *appointment_cancel(struct db *db, int64_t id, int64_t patient_id,
                                         const struct cancellation *cancellation,
                                         int64_t expected_version, struct document *appointment)
{
    const struct problem *problem = &problem_stale_version;
    for (int i = 0; i < MOST_JUDGEMENTS && problem == &problem_stale_version; i++) {
        struct standing standing;
        problem = read_standing(db, id, patient_id, &standing);
        if (problem)
            return problem;
        if (strcmp(standing.status, "cancelled") == 0)
            return appointment_find(db, id, patient_id, appointment);
        problem = judge_change(&standing, "cancelled", expected_version);
        if (!problem)
            problem = judge_cancellation(&standing);
        if (problem)
            return problem;
        problem = write_status(db, id, &standing, "cancelled", cancellation->reason, appointment);
    }
    return problem;
}

const struct problem *appointment_change_status(struct db *db, int64_t id,
                                                const struct status_change *change,
                                                int64_t expected_version,
                                                struct document *appointment)
{
    const struct problem *problem = &problem_stale_version;
    for (int i = 0; i < MOST_JUDGEMENTS && problem == &problem_stale_version; i++) {
        struct standing standing;
        problem = read_standing(db, id, NOT_GIVEN, &standing);
        if (!problem)
            problem = judge_change(&standing, change->status, expected_version);
        if (problem)
            return problem;
        problem = write_status(db, id, &standing, change->status, change->reason, appointment);
    }
    return problem;
}
