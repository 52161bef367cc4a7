/* Doctors: who treats, and in which department. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "catalogue.h"

extern const struct form doctor_form;
extern const struct form doctor_filter_form;    /* of the list for staff */
extern const struct form doctor_offering_form;  /* of the list for patients */
extern const struct catalogue doctor_catalogue; /* for staff: all of them */
extern const struct offering doctor_offering;   /* for patients: the active ones */

#endif
