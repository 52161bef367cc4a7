/*
 * Things that threads share by borrowing: first come, first served, so that no thread waits for
 * ever while another takes again what it has just given back.
 */
#ifndef LENDING_H
#define LENDING_H

#include <stdint.h>

struct lending;

/* Room for `most` things, none there yet. NULL: no memory. The caller owns it, and the things. */
struct lending *lending_new(int most);
void lending_free(struct lending *lending);

/* How it stands, which others may read while it changes. */
struct lending_state {
    _Atomic int64_t lent;    /* things */
    _Atomic int64_t waiting; /* threads */
};

/* From now on, when nothing is lent, says in `state` how it stands, and counts in `waits` whoever
 * has to wait. Both belong to the caller. */
void lending_show(struct lending *lending, struct lending_state *state, _Atomic int64_t *waits);

/* Gives a thing, or gives it back: to whoever has waited longest, or to the pile. */
void lending_give(struct lending *lending, void *thing);

/* Borrows the thing that was given last. Waits until `latest` (CLOCK_MONOTONIC, milliseconds) when
 * there is none. NULL: none came in time. */
void *lending_take(struct lending *lending, int64_t latest);

#endif
