/* The status of an appointment: which may follow which, and who leads it there. */
#ifndef STATUS_H
#define STATUS_H

#include "standing.h"

/* All there are, for fields; ends with NULL. */
extern const char *const statuses[];

/* Whether an appointment may go from one status to another: the whole state machine. `begun`: its
 * start has come. Pure. */
bool status_may_change(const char *from, const char *to, bool begun);

/* Why a patient cancels. */
struct cancellation {
    const char *reason;
};
extern const struct form cancellation_form;

/* What the desk sends to lead an appointment through the day. */
struct status_change {
    const char *status;
    const char *reason;
};
extern const struct form status_change_form;

/*
 * A patient cancels their own; a second time answers the same. `expected_version` as in struct
 * change. Refused: `not_found`, `illegal_transition`, `in_the_past` once it has begun, `too_soon`
 * within the hospital's notice, `stale_version`.
 */
const struct problem *status_cancel(struct db *db, struct actor actor, int64_t id,
                                    const struct cancellation *cancellation,
                                    int64_t expected_version, struct document *appointment);

/* The desk changes the status. Refused: `not_found`, `illegal_transition`, `stale_version`. */
const struct problem *status_set(struct db *db, struct actor actor, int64_t id,
                                 const struct status_change *wanted, int64_t expected_version,
                                 struct document *appointment);

#endif
