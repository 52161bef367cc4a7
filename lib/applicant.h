/* Who asks for a place in the day: to book it, or to move there. Booking and offering make the
 * day's facts theirs in the same way, so that what is offered is what is accepted. */
#ifndef APPLICANT_H
#define APPLICANT_H

#include "rules.h"
#include "standing.h"

struct applicant {
    bool is_staff;    /* who may take those who come at short notice */
    bool overrides;   /* and, with a reason, more than there is room for */
    int kept_minutes; /* the length that is kept from before; 0: the treatment's */
    bool keeps_start; /* so that it may have come already */
};

/* Makes a day's facts what they are for the applicant. */
void applicant_adjust(const struct applicant *applicant, struct day *day);

/* Who moves an appointment: its length is kept, unless the treatment changes. */
struct applicant applicant_who_moves(const struct actor *actor, const struct standing *standing,
                                     int64_t treatment_id);

/* On whose behalf a place is sought. */
struct behalf {
    int64_t moving_id;  /* of the appointment that is to be moved, whose place is free for it */
    int64_t patient_id; /* staff say for whom; patients seek for themselves */
};

/*
 * Who seeks a place for the treatment, and, as `patient_id`, whose appointments count as busy: a
 * patient's own, those of whom staff named, or of whose appointment is to be moved; NOT_GIVEN:
 * nobody's. A look at somebody's time is noted. Refused: `invalid` for the patient whom staff
 * named; and for a move what appointment_move() refuses whatever the start is: `not_found`,
 * `illegal_transition`, `in_the_past`, `too_soon`.
 */
const struct problem *applicant_find(struct db *db, const struct actor *actor,
                                     const struct behalf *behalf, int64_t treatment_id,
                                     struct applicant *applicant, int64_t *patient_id);

#endif
