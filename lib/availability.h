/* When a doctor is free: the facts of one day, read in one statement, and what the rules make of
 * them. */
#ifndef AVAILABILITY_H
#define AVAILABILITY_H

#include "db.h"
#include "form.h"
#include "rules.h"

/* Somebody wishes for a treatment by a doctor. */
struct wish {
    int64_t doctor_id;
    int64_t treatment_id;
    int64_t patient_id;  /* whose appointments count as busy; NOT_GIVEN: nobody's */
    struct moment start; /* or any time of the day, when the whole day is asked for */
    int64_t moving_id;   /* the appointment that would leave its place for it, or NOT_GIVEN */
};

/*
 * The facts of the wished day, day->start being the wished start. `local_start` is that start in
 * the hospital's zone, as PostgreSQL reads it. Refused: `not_found` for the doctor; `invalid` for
 * the treatment.
 */
const struct problem *availability_facts(struct db *db, const struct wish *wish, struct day *day,
                                         const char **local_start);

/* What may be asked of one doctor's day. */
struct availability_query {
    const char *date;
    int64_t treatment_id;
    int64_t explain; /* why the other starts are refused, too */
};
extern const struct form availability_query_form;

/* The free starts of a day as the API shows them. Refused as availability_facts() refuses. */
const struct problem *availability_day(struct db *db, int64_t doctor_id, int64_t patient_id,
                                       const struct availability_query *query,
                                       struct document *document);

/* What may be asked of many days: 62 at most, both dates included, and `limit` starts. */
struct availability_search {
    int64_t treatment_id;
    const char *from;
    const char *to;
    int64_t doctor_id;      /* NOT_GIVEN: any */
    const char *department; /* NULL: any */
    int64_t limit;
};
extern const struct form availability_search_form;

/* The free starts of active doctors, the earliest first, in one statement however many days and
 * doctors. Refused: `bad_request` when the dates are no such range; `invalid` for the treatment or
 * the doctor. */
const struct problem *availability_find(struct db *db, int64_t patient_id,
                                        const struct availability_search *search,
                                        struct document *document);

#endif
