/* The hospital's own settings: its name, its clock, its hours and its notices. */
#ifndef HOSPITAL_H
#define HOSPITAL_H

#include "db.h"
#include "form.h"

extern const struct form hospital_form;

const struct problem *hospital_find(struct db *db, struct document *hospital);

/* Replaces all settings, as read through hospital_form; they hold from the next request on.
 * Appointments that are booked stay as they are. Refused: `invalid`. */
const struct problem *hospital_replace(struct db *db, const void *settings,
                                       struct document *hospital);

#endif
