/* Whether a worker could serve as it is set up, asked before it has to. */
#ifndef CHECK_H
#define CHECK_H

#include "route.h"

/*
 * Looks at the pool's settings, its database, the schema there and the role it comes as, and names
 * on `complaints` all that is wrong, a line each. True: nothing is.
 */
bool check(const struct pool *pool, FILE *complaints);

#endif
