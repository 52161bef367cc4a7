#include "appointment.h"

#include "applicant.h"
#include "facts.h"
#include "refusal.h"
#include "showing.h"
#include "status.h"

static const struct field override_fields[] = {
    {.name = "reason",
     .kind = FIELD_LINE,
     .required = true,
     .least = 1,
     .most = 500,
     .offset = offsetof(struct override, reason)},
};
static const struct form override_form = FORM(struct override, override_fields);

/* Patients fill in all but the last two. */
static const struct field booking_fields[] = {
    ID_FIELD(struct booking, doctor_id, true),
    ID_FIELD(struct booking, treatment_id, true),
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
    ID_FIELD(struct booking, patient_id, true),
    {.name = "override",
     .kind = FIELD_OBJECT,
     .form = &override_form,
     .nullable = true,
     .offset = offsetof(struct booking, override)},
};
const struct form desk_booking_form = FORM(struct booking, booking_fields);
const struct form booking_form = {
    .fields = booking_fields,
    .count = sizeof booking_fields / sizeof *booking_fields - 2,
    .size = sizeof(struct booking),
};

/* Patients fill in all but the last one. */
static const struct field move_fields[] = {
    ID_FIELD(struct move, doctor_id, false),
    ID_FIELD(struct move, treatment_id, false),
    {.name = "start_time", .kind = FIELD_MOMENT, .offset = offsetof(struct move, start_time)},
    {.name = "memo",
     .kind = FIELD_PROSE,
     .clearable = true,
     .least = 0,
     .most = 1000,
     .offset = offsetof(struct move, memo)},
    {.name = "override",
     .kind = FIELD_OBJECT,
     .form = &override_form,
     .nullable = true,
     .offset = offsetof(struct move, override)},
};
const struct form desk_move_form = FORM(struct move, move_fields);
const struct form move_form = {
    .fields = move_fields,
    .count = sizeof move_fields / sizeof *move_fields - 1,
    .size = sizeof(struct move),
};

struct appointments_filter {
    struct page page;
    const char *status;
    const char *from;
    const char *to;
    int64_t doctor_id;
    int64_t treatment_id;
    int64_t patient_id;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct appointments_filter),
    {.name = "status",
     .kind = FIELD_CHOICE,
     .choices = statuses,
     .offset = offsetof(struct appointments_filter, status)},
    {.name = "from", .kind = FIELD_DATE, .offset = offsetof(struct appointments_filter, from)},
    {.name = "to", .kind = FIELD_DATE, .offset = offsetof(struct appointments_filter, to)},
    ID_FIELD(struct appointments_filter, doctor_id, false),
    ID_FIELD(struct appointments_filter, treatment_id, false),
    ID_FIELD(struct appointments_filter, patient_id, false),
};
const struct form appointments_form = FORM(struct appointments_filter, filter_fields);

/* Patients may ask for the same, less the ids. */
const struct form own_appointments_form = {
    .fields = filter_fields,
    .count = sizeof filter_fields / sizeof *filter_fields - 3,
    .size = sizeof(struct appointments_filter),
};

/* Lets the rules judge the wish; what they have judged is in `day`, which begins at `start`. */
static const struct problem *judge_wish(struct db *db, const struct wish *wish,
                                        const struct applicant *applicant, struct day *day,
                                        const char **start)
{
    const struct facts *facts;
    const struct problem *problem = facts_read(db, wish, &facts);
    if (problem == &problem_not_found)
        return refusal_by_constraint(db->arena, "appointment_doctor");
    if (problem)
        return problem;
    *day = facts_day(facts, 0, 0);
    *start = facts->start;
    applicant_adjust(applicant, day);
    return day_verdict(day);
}

static const struct statement insert_appointment = {
    .name = "appointment_insert",
    .parameters = 10,
    .writes = true,
    .binary = true,
    .sql = "WITH written (a) AS ("
           "    INSERT INTO appointment AS w (doctor_id, treatment_id, patient_id, during, memo)"
           "    SELECT $1::bigint, $2::bigint, $3::bigint,"
           "           tsrange($4::timestamp,"
           "                   $4::timestamp + make_interval(mins => $5::integer)),"
           "           nullif($6, '')"
           "      FROM acting($7::bigint, $8::bigint, $9)"
           "    RETURNING w)" SHOWN_ONE("written", "$10"),
};

const struct problem *appointment_book(struct db *db, struct actor actor,
                                       const struct booking *booking, struct document *appointment)
{
    int64_t patient_id = actor.patient_id != NOT_GIVEN ? actor.patient_id : booking->patient_id;
    struct wish wish = {.doctor_id = booking->doctor_id,
                        .treatment_id = booking->treatment_id,
                        .patient_id = patient_id,
                        .start = booking->start_time,
                        .moving_id = NOT_GIVEN};
    struct applicant applicant = {.is_staff = actor.staff_id != NOT_GIVEN,
                                  .overrides = booking->override != NULL};
    struct day day = {0};
    const char *start = NULL;
    const struct problem *problem = judge_wish(db, &wish, &applicant, &day, &start);
    if (problem)
        return problem;
    const char *parameters[] = {
        db_integer(db, booking->doctor_id),
        db_integer(db, booking->treatment_id),
        db_integer(db, patient_id),
        start,
        db_integer(db, day.duration_minutes),
        booking->memo,
        db_integer_or_null(db, actor.patient_id),
        db_integer_or_null(db, actor.staff_id),
        booking->override ? booking->override->reason : NULL,
        actor_visitor(db, &actor),
    };
    return showing_one(db, &insert_appointment, parameters, appointment);
}

static const struct problem *judge_move(struct db *db, const struct change *change,
                                        const struct standing *standing)
{
    const struct problem *problem = change_check_version(change, standing);
    return problem ? problem : standing_check_move(db, &change->actor, standing);
}

/* Neither changes anything, nor answers a row, when the version is no longer the one that was
 * judged. */
#define UPDATE_APPOINTMENT(SET, ACTING, VISITOR)                                                   \
    "WITH written (a) AS ("                                                                        \
    "    UPDATE appointment w"                                                                     \
    "       SET " SET " FROM acting(" ACTING ")"                                                   \
    "     WHERE id = $1::bigint AND version = $2::integer"                                         \
    "    RETURNING w)" SHOWN_ONE("written", VISITOR)

/* $3: NULL leaves the memo as it is. */
#define NEW_MEMO "memo = CASE WHEN $3::text IS NULL THEN w.memo ELSE nullif($3, '') END"

static const struct statement write_memo = {
    .name = "appointment_write_memo",
    .parameters = 6,
    .writes = true,
    .binary = true,
    .sql = UPDATE_APPOINTMENT(NEW_MEMO, "$4::bigint, $5::bigint, NULL", "$6"),
};

static const struct statement move_appointment = {
    .name = "appointment_move",
    .parameters = 11,
    .writes = true,
    .binary = true,
    .sql = UPDATE_APPOINTMENT(
        NEW_MEMO ", doctor_id = $6::bigint, treatment_id = $7::bigint,"
                 "  during = tsrange($8::timestamp,"
                 "                   $8::timestamp + make_interval(mins => $9::integer))",
        "$4::bigint, $5::bigint, $10", "$11"),
};

static const struct problem *write_change(struct db *db, const struct statement *statement,
                                          const char *const *parameters,
                                          struct document *appointment)
{
    const struct problem *problem = showing_one(db, statement, parameters, appointment);
    return problem == &problem_not_found ? &problem_stale_version : problem;
}

static int64_t given_or(int64_t given, int64_t otherwise)
{
    return given == NOT_GIVEN ? otherwise : given;
}

static const struct problem *write_move(struct db *db, const struct change *change,
                                        const struct standing *standing,
                                        struct document *appointment)
{
    const struct move *move = change->wanted;
    struct wish wish = {
        .doctor_id = given_or(move->doctor_id, standing->doctor_id),
        .treatment_id = given_or(move->treatment_id, standing->treatment_id),
        .patient_id = standing->patient_id,
        .start =
            move->start_time.local ? move->start_time : (struct moment){.local = standing->start},
        .moving_id = change->id,
    };
    struct applicant applicant = applicant_who_moves(&change->actor, standing, wish.treatment_id);
    applicant.overrides = move->override != NULL;
    applicant.keeps_start = !move->start_time.local;
    struct day day = {0};
    const char *start = NULL;
    const struct problem *problem = judge_move(db, change, standing);
    if (!problem)
        problem = judge_wish(db, &wish, &applicant, &day, &start);
    if (problem)
        return problem;
    const char *parameters[] = {
        db_integer(db, change->id),
        db_integer(db, standing->version),
        move->memo,
        db_integer_or_null(db, change->actor.patient_id),
        db_integer_or_null(db, change->actor.staff_id),
        db_integer(db, wish.doctor_id),
        db_integer(db, wish.treatment_id),
        start,
        db_integer(db, day.duration_minutes),
        move->override ? move->override->reason : NULL,
        actor_visitor(db, &change->actor),
    };
    return write_change(db, &move_appointment, parameters, appointment);
}

/* The memo alone. */
static const struct problem *write_new_memo(struct db *db, const struct change *change,
                                            const struct standing *standing,
                                            struct document *appointment)
{
    const struct move *move = change->wanted;
    bool free = change->actor.staff_id != NOT_GIVEN || standing_may_move(&change->actor, standing);
    const struct problem *problem = change_check_version(change, standing);
    if (problem)
        return problem;
    if (!free)
        return &problem_illegal_transition;
    if (!move->memo)
        return appointment_find(db, &change->actor, change->id, appointment);
    const char *parameters[] = {
        db_integer(db, change->id),
        db_integer(db, standing->version),
        move->memo,
        db_integer_or_null(db, change->actor.patient_id),
        db_integer_or_null(db, change->actor.staff_id),
        actor_visitor(db, &change->actor),
    };
    return write_change(db, &write_memo, parameters, appointment);
}

const struct problem *appointment_move(struct db *db, struct actor actor, int64_t id,
                                       const struct move *move, int64_t expected_version,
                                       struct document *appointment)
{
    bool moves =
        move->doctor_id != NOT_GIVEN || move->treatment_id != NOT_GIVEN || move->start_time.local;
    const struct change change = {.id = id,
                                  .actor = actor,
                                  .expected_version = expected_version,
                                  .write = moves ? write_move : write_new_memo,
                                  .wanted = move};
    return change_make(db, &change, appointment);
}

#define FOUND SHOWN_ONE("appointment a", "$3")

static const struct statement find_appointment = {
    .name = "appointment_find",
    .parameters = 3,
    .binary = true,
    .sql = FOUND " WHERE a.id = $1::bigint AND ($2::bigint IS NULL OR a.patient_id = $2::bigint)",
};

const struct problem *appointment_find(struct db *db, const struct actor *actor, int64_t id,
                                       struct document *appointment)
{
    const char *parameters[] = {db_integer(db, id), db_integer_or_null(db, actor->patient_id),
                                actor_visitor(db, actor)};
    return showing_one(db, &find_appointment, parameters, appointment);
}

#define IN_FILTER                                                                                  \
    "       AND lower(a.during) >= coalesce($5::date, '-infinity')"                                \
    "       AND lower(a.during) < coalesce($6::date + 1, 'infinity')"                              \
    "       AND ($4::appointment_status IS NULL OR a.status = $4::appointment_status))"

/* The patient is looked up once. */
#define OWN(TOTAL)                                                                                 \
    "WITH matching AS NOT MATERIALIZED ("                                                          \
    "    SELECT a.*"                                                                               \
    "      FROM appointment a"                                                                     \
    "     WHERE a.patient_id = $7::bigint" IN_FILTER                                               \
    SHOWN_PAGE(TOTAL, "lower((a).during) DESC, (a).id DESC",                                       \
               " LEFT JOIN patient p ON p.id = $7::bigint LEFT JOIN page AS a ON true")

static const struct statement list_own = {
    .name = "appointment_list_own",
    .parameters = 7,
    .binary = true,
    .sql = OWN(SHOWN_UNCOUNTED),
};

static const struct statement list_own_counted = {
    .name = "appointment_list_own_counted",
    .parameters = 7,
    .binary = true,
    .sql = OWN(SHOWN_COUNT),
};

const struct problem *appointment_list_own(struct db *db, int64_t patient_id, const void *filter,
                                           struct document *list)
{
    const struct appointments_filter *asked = filter;
    const char *parameters[] = {
        NULL,
        db_integer(db, asked->page.number),
        db_integer(db, asked->page.size),
        asked->status,
        asked->from,
        asked->to,
        db_integer(db, patient_id),
    };
    return showing_page(db, &list_own, &list_own_counted, parameters, &asked->page, list);
}

#define ANYBODYS_PAGE                                                                              \
    SHOWN_PAGE(SHOWN_COUNT, "lower((a).during), (a).id",                                           \
               " LEFT JOIN (page AS a"                                                             \
               "            JOIN patient p ON p.id = (a).patient_id"                               \
               "           CROSS JOIN access_note($10::visitor, (a).patient_id)) ON true"          \
               " ORDER BY lower((a).during), (a).id")

/* The same list by the index that leads to the fewest: plans are made once, whatever is asked for.
 */
#define ANYBODYS(NAME, LED_BY)                                                                     \
    {                                                                                              \
        .name = (NAME), .parameters = 10, .binary = true,                                          \
        .sql =                                                                                     \
            "WITH matching AS NOT MATERIALIZED ("                                                  \
            "    SELECT a.*"                                                                       \
            "      FROM appointment a"                                                             \
            "     WHERE " LED_BY "       AND ($7::bigint IS NULL OR a.doctor_id = $7::bigint)"     \
            "       AND ($8::bigint IS NULL OR a.treatment_id = $8::bigint)"                       \
            "       AND ($9::bigint IS NULL OR a.patient_id = $9::bigint)" IN_FILTER ANYBODYS_PAGE \
    }

static const struct statement list_of_patient =
    ANYBODYS("appointment_list_of_patient", "a.patient_id = $9::bigint");
static const struct statement list_of_doctor =
    ANYBODYS("appointment_list_of_doctor", "a.doctor_id = $7::bigint");
static const struct statement list_of_days = ANYBODYS("appointment_list_of_days", "true");

const struct problem *appointment_list(struct db *db, const struct actor *actor, const void *filter,
                                       struct document *list)
{
    const struct appointments_filter *asked = filter;
    const char *parameters[] = {
        NULL,
        db_integer(db, asked->page.number),
        db_integer(db, asked->page.size),
        asked->status,
        asked->from,
        asked->to,
        db_integer_or_null(db, asked->doctor_id),
        db_integer_or_null(db, asked->treatment_id),
        db_integer_or_null(db, asked->patient_id),
        actor_visitor(db, actor),
    };
    const struct statement *statement = asked->patient_id != NOT_GIVEN  ? &list_of_patient
                                        : asked->doctor_id != NOT_GIVEN ? &list_of_doctor
                                                                        : &list_of_days;
    return showing_page(db, NULL, statement, parameters, &asked->page, list);
}
