/* The facts of days, read in one statement however many days and doctors, as the rules want them.
 */
#ifndef FACTS_H
#define FACTS_H

#include "db.h"
#include "form.h"
#include "rules.h"

/* Somebody wishes for a treatment by a doctor. */
struct wish {
    int64_t doctor_id; /* NOT_GIVEN: any who is active */
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
const struct problem *facts_of_day(struct db *db, const struct wish *wish, struct day *day,
                                   const char **local_start);

/* The facts of all days from the wished one to `last_day`, a row each, for the functions below.
 * Doctors of one department only, unless it is NULL. Refused: `bad_request` when that is no range
 * of 1 to 62 days; as facts_of_day() refuses. */
const struct problem *facts_of_days(struct db *db, const struct wish *wish, const char *last_day,
                                    const char *department, const struct rows **rows);

/* What a day is for every doctor. */
struct day facts_day(const struct rows *rows, int row);

/* The doctors of a row, to be gone through in the order of their ids. */
struct roster {
    const char *doctors;
    const char *busy;
    const char *away;
};
struct roster facts_roster(const struct rows *rows, int row);

/* Completes the day with what it is for the next doctor. False: there are no more. */
bool roster_next(struct roster *roster, int64_t *doctor_id, struct day *day);

/* A quarter-hour of a row's day as the API writes times, with its offset. */
const char *facts_start(struct arena *arena, const struct rows *rows, int row, int quarter);

#endif
