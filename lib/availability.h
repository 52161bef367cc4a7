/* When a doctor is free: what the rules make of the facts of a day, or of many. */
#ifndef AVAILABILITY_H
#define AVAILABILITY_H

#include "applicant.h"
#include "form.h"

/* What may be asked of one doctor's day; staff may name a patient, too. */
struct availability_query {
    const char *date;
    int64_t treatment_id;
    int64_t explain; /* why the other starts are refused, too */
    struct behalf behalf;
};
extern const struct form availability_query_form;      /* of patients, and of anybody */
extern const struct form desk_availability_query_form; /* of staff */

/* The free starts of a day as the API shows them. Refused as facts_read() and applicant_find()
 * refuse. */
const struct problem *availability_day(struct db *db, const struct actor *actor, int64_t doctor_id,
                                       const struct availability_query *query,
                                       struct document *document);

/* What may be asked of many days: 62 at most, both dates included, and `limit` starts. */
struct availability_search {
    int64_t treatment_id;
    const char *from;
    const char *to;
    int64_t doctor_id;      /* NOT_GIVEN: any */
    const char *department; /* NULL: any */
    int64_t limit;          /* of starts; days know none */
    struct behalf behalf;
};
extern const struct form availability_search_form;
extern const struct form availability_days_form;
extern const struct form desk_availability_search_form;
extern const struct form desk_availability_days_form;

/* The free starts of active doctors, the earliest first. Asks of no more days than the limit may
 * need, and then of twice as many, each time in one statement however many doctors. Refused:
 * `bad_request` when the dates are no range of 1 to 62 days; `invalid` for the treatment or the
 * doctor; and as applicant_find() refuses. */
const struct problem *availability_find(struct db *db, const struct actor *actor,
                                        const struct availability_search *search,
                                        struct document *document);

/* The days on which anything is free: how many distinct start times, whoever the doctor is, and the
 * earliest. One statement however many days and doctors. Refused as availability_find() refuses. */
const struct problem *availability_days(struct db *db, const struct actor *actor,
                                        const struct availability_search *search,
                                        struct document *document);

#endif
