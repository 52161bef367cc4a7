/* What a test and the worker that it has preloaded scarce.c into share, by the file that the
 * worker's environment names as SCARCE_MEMORY. */
#ifndef SCARCE_H
#define SCARCE_H

#include <stdatomic.h>

struct scarcity {
    atomic_long until;        /* how many more times memory is had; 0: as often as is asked */
    atomic_long refused;      /* how often that was in vain */
    atomic_long until_thread; /* as `until`, of threads, each of which needs a stack */
};

#endif
