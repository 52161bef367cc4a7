/* Slots: the half-hours in which the hospital takes people, and how many. */
#ifndef SLOT_H
#define SLOT_H

#include "catalogue.h"

extern const struct form slot_form;
extern const struct form slot_filter_form; /* of the list */
extern const struct catalogue slot_catalogue;

#endif
