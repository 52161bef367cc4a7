/*
 * The 96 quarter-hours of a local day, one bit each: bit 0 is 00:00-00:15, bit 95 is 23:45-24:00.
 *
 * A hospital keeps local wall-clock time, so every day has 96 of them, and when somebody is free
 * is arithmetic on one mask. Bits 96 and above stand for "after midnight".
 */
#ifndef QUARTERS_H
#define QUARTERS_H

#include <stdbool.h>

__extension__ typedef unsigned __int128 quarters;

enum { QUARTERS_PER_DAY = 96, QUARTER_MINUTES = 15 };

#define NO_QUARTERS    ((quarters)0)
#define ALL_QUARTERS   ((((quarters)1) << QUARTERS_PER_DAY) - 1)
#define AFTER_MIDNIGHT (~ALL_QUARTERS)

/* How many quarter-hours `minutes` need; a begun one counts. */
int quarters_needed(int minutes);

/* Those that [from, to) touches, also in part; minutes of the day, cut off at its ends. */
quarters quarters_touched(int from, int to);

/* Those that lie wholly within [from, to); minutes of the day, cut off at its ends. */
quarters quarters_within(int from, int to);

/*
 * The starts from which a stretch of `count` quarters reaches into `mask`: start s is among them
 * when any of s .. s+count-1 is. `mask` may hold AFTER_MIDNIGHT.
 */
quarters quarters_reaching(quarters mask, int count);

bool quarters_hold(quarters mask, int quarter);

#endif
