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
    int64_t patient_id;     /* whose appointments count as busy; NOT_GIVEN: nobody's */
    struct moment start;    /* or any time of the first day, when whole days are asked for */
    const char *last_day;   /* not before the first; NULL: the start's own */
    const char *department; /* of the doctors; NULL: any */
    int64_t moving_id;      /* the appointment that would leave its place for it, or NOT_GIVEN */
};

/* Days in a row, each for some doctors in the order of their ids. Belongs to the arena. */
struct facts {
    const char *start; /* the wished one in the hospital's zone, as PostgreSQL reads it */
    int day_count;
    int doctor_count;
    const struct doctor_facts {
        int64_t id;
        bool active;
    } * doctors;
    const struct day_facts {
        char date[DATE_TEXT_SIZE];
        const char *offsets; /* from UTC, by the minutes they begin at: "0+09:00,..." */
        struct day day;      /* less what concerns the doctor */
    } * days;
    const struct presence {
        quarters busy;
        bool away;
    } * presences; /* a row of doctors for each day */
};

/*
 * Reads what the wish is about; day->start is the wished start. Refused: `not_found` for the
 * doctor, unless a department was named; `invalid` for the treatment.
 */
const struct problem *facts_read(struct db *db, const struct wish *wish,
                                 const struct facts **facts);

/* What a day, counted from 0, is for one of the doctors. */
struct day facts_day(const struct facts *facts, int day, int doctor);

/* The longest text of a start, its end included: years have five digits at most. */
enum { START_TEXT_SIZE = sizeof "10000-01-01T00:00:00+00:00" };

/* Writes a quarter-hour of a day as the API writes times, with its offset. */
void facts_start(const struct facts *facts, int day, int quarter, char text[START_TEXT_SIZE]);

#endif
