/* A good request for each endpoint of both pools, for tests that vary one thing of it. */
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include "clinic.h"

struct example {
    enum pool_name pool;
    const char *method, *path; /* as in the route table, without the pool's prefix */
    const char *role;          /* the contract's word on who may */
    int success;
    const char *body;  /* NULL: none; what stands for what, example_fill() says */
    const char *thing; /* SQL that makes what the path's number names; its id. NULL: none */
};

extern const struct example examples[]; /* ends with an empty row */

/* The row for a route of the pool's table; NULL: it has none. */
const struct example *example_of(enum pool_name pool, struct json_object *route);

/* A body or a thing's SQL for the patient, different for each number:
 * # is the number, ~ a day of its own, ! a weekday 1 to 7, $ the patient. */
const char *example_fill(const char *pattern, int number, int patient);

/* The path with `id` for what stands in braces. */
const char *example_path(const struct example *example, const char *id);

/* Makes the thing and gives its id; "" when the path has no number. */
const char *example_make(const struct example *example, int number, int patient);

/* A digest of all that the tables hold. */
const char *everything(void);

#endif
