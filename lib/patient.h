/* Patients: who is treated. */
#ifndef PATIENT_H
#define PATIENT_H

#include "actor.h"
#include "form.h"
#include "secret.h"

/* What the desk sends of a new patient; without a password they cannot log in. */
struct admission {
    const char *name;
    const char *phone;
    const char *password;
};
extern const struct form admission_form;

/* What is to be corrected; what is not given stays. */
struct correction {
    const char *name;
    const char *phone;
    const char *password;
    const char *current_password; /* asked of patients who want a new one */
};
extern const struct form correction_form;     /* of the desk */
extern const struct form own_correction_form; /* of patients */

/* What staff may ask of the list: part of a name or of a telephone number. */
extern const struct form patients_form;

/* SQL for the document of the patient in that row. */
#define PATIENT_DOCUMENT(ROW)                                                                      \
    "json_build_object('id', " ROW ".id, 'name', " ROW ".name, 'phone', " ROW ".phone)"

/* The functions below are for staff, who leave a note in the access log, and, where it says so, for
 * patients about themselves. */

/* Anybody, or a patient themselves. Refused: `not_found`. */
const struct problem *patient_find(struct db *db, const struct actor *actor, int64_t id,
                                   struct document *patient);

/* Refused: `duplicate` when the number is somebody's already; `unavailable`. */
const struct problem *patient_create(struct db *db, const struct actor *actor,
                                     struct hashing *hashing, const struct admission *admission,
                                     struct document *patient);

/* A new password ends the patient's logins. Patients correct themselves, and must know the password
 * that there is to set another one. Refused: `not_found`, `duplicate`, `unavailable`; `invalid`
 * when the current password is missing or wrong. */
const struct problem *patient_correct(struct db *db, const struct actor *actor,
                                      struct hashing *hashing, int64_t id,
                                      const struct correction *correction,
                                      struct document *patient);

/* A page of those whose name or number holds the query; `filter` was read through patients_form. */
const struct problem *patient_list(struct db *db, const struct actor *actor, const void *filter,
                                   struct document *list);

#endif
