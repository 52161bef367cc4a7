#include "status.h"

#include <string.h>

#include "appointment.h"
#include "showing.h"

const char *const statuses[] = {"pending",   "confirmed", "arrived", "completed",
                                "cancelled", "no_show",   NULL};

static const struct field cancellation_fields[] = {
    {.name = "reason",
     .kind = FIELD_PROSE,
     .nullable = true,
     .least = 0,
     .most = 500,
     .offset = offsetof(struct cancellation, reason)},
};
const struct form cancellation_form = FORM(struct cancellation, cancellation_fields);

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

/* The state machine: what is not a row here is refused, and by the schema as well
 * (sql/006_history.sql). */
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

bool status_may_change(const char *from, const char *to, bool begun)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++)
        if (!strcmp(transitions[i].from, from) && !strcmp(transitions[i].to, to))
            return begun || !transitions[i].once_begun;
    return false;
}

/* Changes nothing, and answers no row, when the version is no longer the one that was judged. */
static const struct statement set_status = {
    .name = "status_set",
    .parameters = 7,
    .writes = true,
    .binary = true,
    .sql = "WITH written (a) AS ("
           "    UPDATE appointment w"
           "       SET status = $3::appointment_status, status_reason = $4"
           "      FROM acting($5::bigint, $6::bigint, NULL)"
           "     WHERE id = $1::bigint AND version = $2::integer"
           "    RETURNING w)" SHOWN_ONE("written", "$7"),
};

static const struct problem *write_status(struct db *db, const struct change *change,
                                          const struct standing *standing, const char *status,
                                          const char *reason, struct document *appointment)
{
    if (!status_may_change(standing->status, status, standing->begun))
        return &problem_illegal_transition;
    const char *parameters[] = {
        db_integer(db, change->id),
        db_integer(db, standing->version),
        status,
        reason,
        db_integer_or_null(db, change->actor.patient_id),
        db_integer_or_null(db, change->actor.staff_id),
        actor_visitor(db, &change->actor),
    };
    const struct problem *problem = showing_one(db, &set_status, parameters, appointment);
    return problem == &problem_not_found ? &problem_stale_version : problem;
}

static const struct problem *write_cancellation(struct db *db, const struct change *change,
                                                const struct standing *standing,
                                                struct document *appointment)
{
    const struct cancellation *cancellation = change->wanted;
    if (strcmp(standing->status, "cancelled") == 0)
        return appointment_find(db, &change->actor, change->id, appointment);
    const struct problem *problem = change_check_version(change, standing);
    if (!problem && status_may_change(standing->status, "cancelled", standing->begun))
        problem = standing_check_notice(&change->actor, standing);
    return problem
               ? problem
               : write_status(db, change, standing, "cancelled", cancellation->reason, appointment);
}

const struct problem *status_cancel(struct db *db, struct actor actor, int64_t id,
                                    const struct cancellation *cancellation,
                                    int64_t expected_version, struct document *appointment)
{
    const struct change change = {.id = id,
                                  .actor = actor,
                                  .expected_version = expected_version,
                                  .write = write_cancellation,
                                  .wanted = cancellation};
    return change_make(db, &change, appointment);
}

static const struct problem *write_wanted(struct db *db, const struct change *change,
                                          const struct standing *standing,
                                          struct document *appointment)
{
    const struct status_change *wanted = change->wanted;
    const struct problem *problem = change_check_version(change, standing);
    return problem
               ? problem
               : write_status(db, change, standing, wanted->status, wanted->reason, appointment);
}

const struct problem *status_set(struct db *db, struct actor actor, int64_t id,
                                 const struct status_change *wanted, int64_t expected_version,
                                 struct document *appointment)
{
    const struct change change = {.id = id,
                                  .actor = actor,
                                  .expected_version = expected_version,
                                  .write = write_wanted,
                                  .wanted = wanted};
    return change_make(db, &change, appointment);
}
