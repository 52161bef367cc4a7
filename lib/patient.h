/* Patients: who is treated. */
#ifndef PATIENT_H
#define PATIENT_H

#include "db.h"
#include "form.h"
#include "secret.h"

/* What somebody sends to become a patient. */
struct registration {
    const char *name;
    const char *phone;
    const char *password;
};
extern const struct form registration_form;

/* What staff may ask of the list: part of a name or of a telephone number. */
extern const struct form patients_form;

/* SQL for a patient's document; needs a row named `p`. */
#define PATIENT_DOCUMENT "json_build_object('id', p.id, 'name', p.name, 'phone', p.phone)"

/* Refused: `duplicate` when the number is registered. */
const struct problem *patient_register(struct db *db, struct hashing *hashing,
                                       const struct registration *registration,
                                       struct document *patient);

/* Refused: `not_found`. */
const struct problem *patient_find(struct db *db, int64_t id, struct document *patient);

/* A page of those whose name or number holds the query; `filter` was read through patients_form. */
const struct problem *patient_list(struct db *db, const void *filter, struct document *list);

#endif
