/*
 * Appointments: booked, cancelled, and led through the day.
 *
 * Each way to write one asks the rules first and then leaps: the schema's constraints decide, and
 * their refusal is the answer (sql/002_appointment.sql).
 */
#ifndef APPOINTMENT_H
#define APPOINTMENT_H

#include "db.h"
#include "form.h"

/* What a patient sends to book. */
struct booking {
    int64_t doctor_id;
    int64_t treatment_id;
    struct moment start_time;
    const char *memo;
};
extern const struct form booking_form;

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

/* What a patient may ask of the list of their own, and staff of the list of all. */
extern const struct form own_appointments_form;
extern const struct form appointments_form;

/* Books for a patient. Refused: `invalid`, a rule of rules.h, or a guard: `doctor_busy`,
 * `patient_busy`, `slot_full`. Nothing is stored then, and trying again is safe. */
const struct problem *appointment_book(struct db *db, int64_t patient_id,
                                       const struct booking *booking, struct document *appointment);

/* One appointment; of that patient only, unless patient_id is NOT_GIVEN. Refused: `not_found`, also
 * for somebody else's. */
const struct problem *appointment_find(struct db *db, int64_t id, int64_t patient_id,
                                       struct document *appointment);

/* A page of a patient's own, latest start first; `filter` was read through own_appointments_form.
 */
const struct problem *appointment_list_own(struct db *db, int64_t patient_id, const void *filter,
                                           struct document *list);

/* A page of all, earliest start first; `filter` was read through appointments_form. */
const struct problem *appointment_list(struct db *db, const void *filter, struct document *list);

/*
 * A patient cancels their own; a second time answers the same. `expected_version` as in
 * appointment_change_status(). Refused: `not_found`, `illegal_transition`, `in_the_past` once it
 * has begun, `too_soon` within the hospital's notice, `stale_version`.
 */
const struct problem *appointment_cancel(struct db *db, int64_t id, int64_t patient_id,
                                         const struct cancellation *cancellation,
                                         int64_t expected_version, struct document *appointment);

/*
 * The desk changes the status. `expected_version`: the one that the caller has seen, NOT_GIVEN to
 * change whatever there is. Refused: `not_found`, `illegal_transition`, `stale_version`.
 */
const struct problem *appointment_change_status(struct db *db, int64_t id,
                                                const struct status_change *change,
                                                int64_t expected_version,
                                                struct document *appointment);

/* Whether an appointment may go from one status to another: the whole state machine. `begun`: its
 * start has passed. Pure. */
bool appointment_may_change(const char *from, const char *to, bool begun);

#endif
