/* Whether the database has the schema that this program was written for. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "route.h"

enum schema {
    SCHEMA_FITS,    /* all migrations are there; newer ones do no harm */
    SCHEMA_OLDER,   /* some are missing */
    SCHEMA_UNKNOWN, /* the database does not answer */
};

/* What is said of the second: "The" or "the", and which one is missing. */
#define SCHEMA_COMPLAINT "%s database is older than this program: it lacks %s; run sql/migrate"

/* Compares the migrations that this program was built with to those that the database records.
 * `missing` is the name of one that is not there, and lives in the arena. */
enum schema schema_compare(struct db *db, const char **missing);

/* Lets the request pass once the schema was found to fit: after a start without a database, the
 * first request that reaches it finds out. Refused: `unavailable`, and the log names what is
 * missing. */
const struct problem *schema_admit(struct request *request);

#endif
