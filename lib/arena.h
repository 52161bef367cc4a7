/*
 * An arena: memory that belongs to one request.
 *
 * Whatever is asked of it is given back all at once by arena_reset(), so a handler never frees.
 * Out of memory ends the process (memory.h), so that no caller has to test for NULL.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* A new, empty arena. The caller owns it and ends it with arena_free(). */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Gives back everything that was asked for, releasing the deferred things first, newest first. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));

/* Makes `memory` larger where it is, from `size` to `larger` bytes, of which the new ones hold
 * anything. False: it is not what was asked for last, or there is no room after it. */
bool arena_extend(struct arena *arena, const void *memory, size_t size, size_t larger);

/* A NUL-terminated copy of `length` bytes of `text`. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Calls release(thing) when the arena is reset: a library's object then lives as long as the
 * request does. */
void arena_defer(struct arena *arena, void (*release)(void *), void *thing);

#endif
