/* Whole requests to a whole worker; for fuzz_patient.c and fuzz_admin.c, which differ in the pool.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "fuzz.h"

void requests_open(struct pool pool);

/*
 * The data is lines NAME=VALUE, FastCGI parameters, then an empty line and the body. Two names are
 * not sent on: DATABASE says what befalls the statements (database.h), and BEARER, a role, becomes
 * an Authorization that nobody could guess. CONTENT_LENGTH is the body's unless it is there.
 */
void requests_try(const uint8_t *data, size_t size);

#endif
