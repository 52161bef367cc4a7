/*
 * The rules of booking, pure: facts in, verdict out. No clock, no database.
 *
 * The same rows say which starts are offered, whether one start may be booked, and why it is
 * refused, so that what is offered and what is bookable cannot differ.
 */
#ifndef RULES_H
#define RULES_H

#include "problem.h"
#include "quarters.h"

/*
 * What is known about one doctor, one treatment, perhaps one patient, and one day. Minutes count
 * from that day's midnight in the hospital's local time.
 */
struct day {
    bool doctor_active;
    bool treatment_active;
    bool closed;      /* the hospital takes nobody on that day */
    bool doctor_away; /* the doctor takes nobody */
    int duration_minutes;
    int start; /* the start in question, 0 to 1439; any quarter-hour when none is */
    int opens_at;
    int closes_at;
    int lunch_start; /* lunch_start == lunch_end: no lunch break */
    int lunch_end;
    int now;        /* the next whole minute; negative while the day is still to come */
    int days_ahead; /* from today to that day */
    int min_notice_minutes;
    int max_days_ahead;
    quarters skipped; /* what a DST change leaves out */
    quarters offered; /* the hospital has an active slot there */
    quarters full;    /* ... whose capacity is taken */
    quarters doctor_busy;
    quarters patient_busy;
};

/* The starts at which the treatment can be booked. */
quarters day_free_starts(const struct day *day);

/* Why each of the day's 96 starts is refused, as day_verdict() would say; NULL: it is not. */
void day_refusals(const struct day *day, const struct problem *refusals[QUARTERS_PER_DAY]);

/*
 * Whether the treatment may begin at day->start: NULL, or the first rule, in the contract's order,
 * that refuses it.
 */
const struct problem *day_verdict(const struct day *day);

#endif
