/* The access log: who of the staff saw or changed which patient's data. The statements that do so
 * note it by access_note() (sql/009_access.sql). */
#ifndef ACCESS_H
#define ACCESS_H

#include "db.h"
#include "form.h"

extern const struct form access_form; /* of the list */

/* A page of the log, latest first; `filter` was read through access_form. */
const struct problem *access_list(struct db *db, const void *filter, struct document *list);

#endif
