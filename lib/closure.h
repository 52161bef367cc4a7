/* Closures: days on which the hospital, or one doctor, takes nobody. */
#ifndef CLOSURE_H
#define CLOSURE_H

#include "catalogue.h"

extern const struct form closure_form;
extern const struct form closure_filter_form; /* of the list */

/* Created only while no appointment stands in the way: else `in_use`, which names how many. Hiding
 * one removes it. */
extern const struct catalogue closure_catalogue;

#endif
