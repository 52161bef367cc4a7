/* Staff: who works here, and what they may do. */
#ifndef STAFF_H
#define STAFF_H

#include "catalogue.h"
#include "secret.h"

/* What an admin sends to hire somebody, or to change everything about them. */
struct employment {
    const char *name;
    const char *email;
    const char *role;
    int64_t is_active;
    const char *password; /* NULL: as it was */
};
extern const struct form employment_form;       /* of a new one: a password is required */
extern const struct form employment_again_form; /* of somebody who is there */
extern const struct form staff_filter_form;     /* of the list */

/* For listing, finding and hiding. Whoever is hidden can no longer log in, and all their logins
 * end; an access token that they hold is good until it expires. Refused: `in_use` for the last
 * active admin. */
extern const struct catalogue staff_catalogue;

/* SQL for the document of the staff member in that row. */
#define STAFF_DOCUMENT(ROW)                                                                        \
    "json_build_object('id', " ROW ".id, 'name', " ROW ".name, 'email', " ROW ".email,"            \
    " 'role', " ROW ".role, 'is_active', " ROW ".is_active)"

/* Refused: `duplicate` when the address is used already; `unavailable`. */
const struct problem *staff_create(struct db *db, struct hashing *hashing,
                                   const struct employment *employment, struct document *staff);

/* Replaces all but a password that is not given; a new one ends their logins. Refused: `not_found`,
 * `duplicate`, `in_use` for the last active admin, `unavailable`. */
const struct problem *staff_replace(struct db *db, struct hashing *hashing, int64_t id,
                                    const struct employment *employment, struct document *staff);

#endif
