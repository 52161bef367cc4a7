/* What happened, and what is going to: appointments counted for the people who run the hospital. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "db.h"
#include "form.h"

/* Dates, both included, and whose appointments. Without `from`: since
 * the first of to's month; without `to`: until the last of from's; without both: this month. */
struct statistics_query {
    const char *from;
    const char *to;
    int64_t doctor_id;
    int64_t treatment_id;
};
extern const struct form statistics_query_form;

/*
 * The figures, as the API's document. Every count counts appointments of any status by the day they
 * start; revenue is what completed ones cost. no_show_rate: no-shows among those that came to an
 * end, completed or no-show. utilisation: slots taken by appointments that stand, among the
 * capacity offered within opening hours on days that are not closed. A rate of nothing is null.
 * Refused: `bad_request` when `to` is before `from` or more than three years after it.
 */
const struct problem *statistics_collect(struct db *db, const struct statistics_query *query,
                                         struct document *statistics);

#endif
