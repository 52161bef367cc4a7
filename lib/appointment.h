/*
 * Appointments: booked, moved and found.
 *
 * Each way to write one asks the rules first and then leaps: the schema's constraints decide, and
 * their refusal is the answer (sql/002_appointment.sql). What leads one through the day is in
 * status.h.
 */
#ifndef APPOINTMENT_H
#define APPOINTMENT_H

#include "standing.h"

/* Why the desk takes more people than a slot has room for. */
struct override {
    const char *reason;
};

/* What somebody sends to book. */
struct booking {
    int64_t doctor_id;
    int64_t treatment_id;
    struct moment start_time;
    const char *memo;
    int64_t patient_id;              /* staff say for whom */
    const struct override *override; /* NULL: none; staff only */
};
extern const struct form booking_form;      /* of patients */
extern const struct form desk_booking_form; /* of staff */

/* What somebody sends to move an appointment; what is not given stays. */
struct move {
    int64_t doctor_id;
    int64_t treatment_id;
    struct moment start_time;
    const char *memo; /* "": there is to be none */
    const struct override *override;
};
extern const struct form move_form;      /* of patients */
extern const struct form desk_move_form; /* of staff */

/* What a patient may ask of the list of their own, and staff of the list of all. */
extern const struct form own_appointments_form;
extern const struct form appointments_form;

/* A patient books for themselves, staff for booking->patient_id. Refused: `invalid`, a rule of
 * rules.h, or a guard: `doctor_busy`, `patient_busy`, `slot_full`. Nothing is stored then, and
 * trying again is safe. The hospital's notice binds patients only, and an override lifts
 * `slot_full`. */
const struct problem *appointment_book(struct db *db, struct actor actor,
                                       const struct booking *booking, struct document *appointment);

/*
 * Moves an appointment in one step: the old time stays the patient's until the new one is. Its
 * price and its length stay too, unless the treatment changes; and a start that stays may have come
 * already. Refused: `not_found`,
 * `illegal_transition` once it is over, what appointment_book() refuses, `stale_version`; and
 * patients must keep the hospital's notice for cancelling, since they give up a time:
 * `in_the_past`, `too_soon`. A memo alone is no move: staff may always write one.
 */
const struct problem *appointment_move(struct db *db, struct actor actor, int64_t id,
                                       const struct move *move, int64_t expected_version,
                                       struct document *appointment);

/* One appointment; a patient's own only. Refused: `not_found`, also for somebody else's. */
const struct problem *appointment_find(struct db *db, const struct actor *actor, int64_t id,
                                       struct document *appointment);

/* A page of a patient's own, latest start first; `filter` was read through own_appointments_form.
 */
const struct problem *appointment_list_own(struct db *db, int64_t patient_id, const void *filter,
                                           struct document *list);

/* A page of all, for staff, earliest start first; `filter` was read through appointments_form. */
const struct problem *appointment_list(struct db *db, const struct actor *actor, const void *filter,
                                       struct document *list);

#endif
