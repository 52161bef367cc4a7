/* What a violated constraint means to the caller. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "problem.h"

/* The problem that a constraint's name stands for; NULL: no row has that name. */
const struct problem *refusal_by_constraint(struct arena *arena, const char *constraint);

#endif
