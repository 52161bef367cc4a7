/* Patients: who is treated. */
#ifndef PATIENT_H
#define PATIENT_H

#include "db.h"
#include "form.h"

/* What staff may ask of the list: part of a name or of a telephone number. */
extern const struct form patients_form;

/* SQL for a patient's document; needs a row named `p`. */
#define PATIENT_DOCUMENT "json_build_object('id', p.id, 'name', p.name, 'phone', p.phone)"

/* Refused: `not_found`. */
const struct problem *patient_find(struct db *db, int64_t id, struct document *patient);

/* A page of those whose name or number holds the query; `filter` was read through patients_form. */
const struct problem *patient_list(struct db *db, const void *filter, struct document *list);

#endif
