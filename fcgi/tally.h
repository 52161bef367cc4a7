/*
 * What the processes of a pool count, in one file that they share: each counts in a slot of its
 * own, and whichever is asked adds the slots up. A slot is held by a lock that the kernel takes
 * back when its process dies, however that happens. Whoever claims it next goes on counting where
 * the dead one stopped, so nothing is lost. On the way of a request there is neither a lock nor a
 * system call.
 */
#ifndef TALLY_H
#define TALLY_H

#include "lending.h"
#include "reply.h"
#include "route.h"

/* Counted up by many threads; other processes read it. */
typedef _Atomic int64_t counter;

#define TALLY_NUMBER_PROBLEM(CODE, STATUS, TITLE) PROBLEM_NUMBER_##CODE,
enum problem_number { PROBLEMS(TALLY_NUMBER_PROBLEM) PROBLEM_COUNT };
#undef TALLY_NUMBER_PROBLEM

#define TALLY_NUMBER_STATUS(STATUS, REASON) STATUS_NUMBER_##STATUS,
enum status_number { STATUSES(TALLY_NUMBER_STATUS) STATUS_COUNT };
#undef TALLY_NUMBER_STATUS

/* How things stand at this moment; of no interest once the process has ended. */
struct gauges {
    counter workers; /* 1 */
    counter threads;
    counter busy; /* threads */
    counter connections;
    struct lending_state lent; /* of those */
};

/* What has happened, ever. */
struct totals {
    counter starts; /* of workers */
    counter waits;  /* for a database connection */
    counter bookings;
    counter replays;                  /* of answers, to an Idempotency-Key */
    counter conflicts[PROBLEM_COUNT]; /* answers that are 409, 412 or 422 */
};

enum { BUCKET_COUNT = 13 };

/* One route's answers. */
struct answers {
    counter statuses[STATUS_COUNT];
    counter durations[BUCKET_COUNT]; /* answers that took that long, and not as long as the next */
    counter microseconds;            /* all of them took */
};

struct slot {
    struct gauges gauges;
    struct totals totals;
    struct answers answers[]; /* by route; those that found none come last */
};

/* The longest that the answers of each bucket took, in microseconds; the last has no such limit. */
extern const int64_t tally_durations[BUCKET_COUNT - 1];

struct tally;

/*
 * The counters of a worker of that pool, in a file of `directory` that is made where it is missing,
 * and made anew where another version of the program, with other routes, has left it. Without a
 * directory (""), or where there is no room, which `complaints` is told, they are this process's
 * alone. NULL: no memory. The caller owns it.
 */
struct tally *tally_open(const struct pool *pool, const char *directory, FILE *complaints);
void tally_close(struct tally *tally);

/* This process's own slot. */
struct slot *tally_own(struct tally *tally);

/* Counts an answer. */
void tally_answer(struct tally *tally, const struct request *request, const struct reply *reply,
                  int64_t microseconds);

/* The sum of all slots, in the arena. NULL: a newer version counts elsewhere by now, and has to be
 * asked. */
const struct slot *tally_sum(const struct tally *tally, struct arena *arena);

#endif
