#include "quarters.h"

static int clamp(int quarter)
{
    return quarter < 0 ? 0 : quarter > QUARTERS_PER_DAY ? QUARTERS_PER_DAY : quarter;
}

/* Bits first .. last-1. */
static quarters span(int first, int last)
{
    first = clamp(first);
    last = clamp(last);
    if (first >= last)
        return NO_QUARTERS;
    return ((((quarters)1) << (last - first)) - 1) << first;
}

static int quarter_at_or_before(int minute)
{
    return minute < 0 ? -1 : minute / QUARTER_MINUTES;
}

static int quarter_at_or_after(int minute)
{
    return minute < 0 ? 0 : quarters_needed(minute);
}

int quarters_needed(int minutes)
{
    return minutes / QUARTER_MINUTES + (minutes % QUARTER_MINUTES != 0);
}

quarters quarters_touched(int from, int to)
{
    return from < to ? span(quarter_at_or_before(from), quarter_at_or_after(to)) : NO_QUARTERS;
}

quarters quarters_within(int from, int to)
{
    return span(quarter_at_or_after(from), quarter_at_or_before(to));
}

quarters quarters_reaching(quarters mask, int count)
{
    if (count <= 0)
        return NO_QUARTERS;
    if (count > QUARTERS_PER_DAY + 1)
        count = QUARTERS_PER_DAY + 1; /* past midnight from any start */
    quarters reaching = mask;
    int covered = 1; /* `reaching` answers for stretches of this length; doubled while it fits */
    while (covered * 2 <= count) {
        reaching |= reaching >> covered;
        covered *= 2;
    }
    reaching |= reaching >> (count - covered);
    return reaching & ALL_QUARTERS;
}

bool quarters_hold(quarters mask, int quarter)
{
    return quarter >= 0 && quarter < QUARTERS_PER_DAY && (mask >> quarter & 1) != 0;
}
