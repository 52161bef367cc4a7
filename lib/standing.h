/* Where an appointment stands, as those who change it need to know, and how a change is made:
 * judged on what was read, and written only while that is still so. */
#ifndef STANDING_H
#define STANDING_H

#include "actor.h"
#include "form.h"

struct standing {
    int64_t version;
    const char *status;
    int64_t doctor_id;
    int64_t treatment_id;
    int64_t patient_id;
    const char *start; /* hospital time, as struct moment has it */
    int duration_minutes;
    bool begun;           /* its start has come */
    int64_t minutes_left; /* until its start */
    int64_t cancel_notice_minutes;
};

/* Reads where an appointment stands. Refused: `not_found`, also for another patient's. */
const struct problem *standing_read(struct db *db, const struct actor *actor, int64_t id,
                                    const struct standing **read);

/* Whether it can be moved: who has arrived is the desk's, and what is over is history. */
bool standing_may_move(const struct actor *actor, const struct standing *standing);

/* NULL: the patient may still give the time back. Else: `in_the_past` once it has begun, `too_soon`
 * within the hospital's notice. Staff may always. */
const struct problem *standing_check_notice(const struct actor *actor,
                                            const struct standing *standing);

/* NULL: it can be moved, and its time given back. Else: `illegal_transition`, or as above. */
const struct problem *standing_check_move(struct db *db, const struct actor *actor,
                                          const struct standing *standing);

struct change;

/* Judges a change and writes it. Refused: the reason; `stale_version` when the version that was
 * judged is no longer there. */
typedef const struct problem *change_writer(struct db *db, const struct change *change,
                                            const struct standing *standing,
                                            struct document *appointment);

/* What somebody wants to change. */
struct change {
    int64_t id; /* of the appointment */
    struct actor actor;
    int64_t expected_version; /* the one that the caller has seen; NOT_GIVEN: whatever there is */
    change_writer *write;
    const void *wanted; /* for the writer */
};

/* Reads where the appointment stands, and lets the writer judge and write; anew when somebody else
 * was faster between the two. Refused: `not_found`, also for another patient's appointment; what
 * the writer refuses. */
const struct problem *change_make(struct db *db, const struct change *change,
                                  struct document *appointment);

/* NULL: the caller has seen this version, or named none. Else: `stale_version`. */
const struct problem *change_check_version(const struct change *change,
                                           const struct standing *standing);

#endif
