/*
 * Out of memory ends the process, with a line on stderr and exit status 70.
 *
 * That is so for everything that calls malloc(), the libraries included: some of them go on with
 * half of what they were given, or with a NULL pointer, when memory runs out, and a booking must
 * not. The supervisor starts a fresh worker, PostgreSQL rolls back what was not committed, and
 * nobody who asks for memory has to test for NULL. What is large is not asked of malloc() and
 * refused instead: libsodium maps the 19 MiB for a password's hash, and threads their stacks.
 *
 * With AddressSanitizer, whose malloc() it is then, only the arena's memory is seen to.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* Ends the process: there is no memory. */
_Noreturn void memory_end(void);

/* Lets all threads that are started from now on take their memory from two of glibc's arenas. It
 * would make eight for each processor, and in each keeps what some thread once needed. */
void memory_share(void);

/* malloc() that does not return NULL, whoever's it is. */
void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));

#endif
