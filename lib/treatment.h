/* Treatments: what is done, how long it takes, what it costs. */
#ifndef TREATMENT_H
#define TREATMENT_H

#include "catalogue.h"

extern const struct form treatment_form;
extern const struct form treatment_filter_form;    /* of the list for staff */
extern const struct form treatment_offering_form;  /* of the list for patients */
extern const struct catalogue treatment_catalogue; /* for staff: all of them */
extern const struct offering treatment_offering;   /* for patients: the active ones */

#endif
