/*
 * What the hospital offers, as a worker remembers it: how the hospital keeps its time, its doctors,
 * its treatments, and when it or somebody is away. It is read with every request and seldom
 * changes, so it is read once for each of its states, which have stamps (sql/022_offer.sql). Each
 * statement that is told by it answers the stamp that it saw, and where that is another one the
 * offer is read anew; so it is never older than what the database would have said.
 */
#ifndef OFFER_H
#define OFFER_H

#include "db.h"
#include "rules.h"

enum { STAMP_SIZE = 16, EVERYBODY = 0 };

/* Belongs to the worker, and stays as it is while a request looks at it. */
struct offer {
    char stamp[STAMP_SIZE];
    const char *time_zone;
    struct day any_day; /* what all days have in common */
    quarters week[7];   /* where there is an active slot, from Monday on */
    int doctor_count;
    const struct offered_doctor {
        int64_t id;
        bool active;
        const char *name;
        const char *department;
        const char *document; /* as the API shows it */
    } * doctors;              /* in the order of their ids */
    int treatment_count;
    const struct offered_treatment {
        int64_t id;
        bool active;
        int duration_minutes;
        const char *name;
        const char *document;
    } * treatments; /* in the order of their ids */
    int closure_count;
    const struct offered_closure {
        int64_t doctor_id; /* or EVERYBODY */
        int64_t first_day; /* since 1970-01-01 */
        int64_t last_day;
    } * closures;
};

/* NULL: there is none. */
const struct offered_doctor *offer_doctor(const struct offer *offer, int64_t id);
const struct offered_treatment *offer_treatment(const struct offer *offer, int64_t id);

/* A worker's memory of it, empty at first; NULL: there is no memory left. The caller owns it. */
struct offers *offers_new(void);
void offers_free(struct offers *offers);

/*
 * Runs a statement that is told by the offer: `binary`, with "o.stamp" of the table offer as the
 * first column of a row that there always is, and the hospital's zone as $1, which this fills in.
 * Refused as by db_run(). Rows and offer live as long as the arena.
 */
const struct problem *offer_ask(struct db *db, const struct statement *statement,
                                const char **parameters, const struct rows **rows,
                                const struct offer **offer);

/* The offer as it is now. */
const struct problem *offer_read(struct db *db, const struct offer **offer);

#endif
