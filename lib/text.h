/* Text that grows, in a request's arena: for answers that are too many small pieces for a tree. */
#ifndef TEXT_H
#define TEXT_H

#include <stdint.h>

#include "arena.h"

/* Begin with {.arena = ...}; `start` is NUL-terminated once something was added. */
struct text {
    struct arena *arena;
    char *start;
    size_t length;
    size_t room;
};

void text_add(struct text *text, const char *piece);

void text_add_integer(struct text *text, int64_t integer);

/* A JSON string. The piece is UTF-8. */
void text_add_quoted(struct text *text, const char *piece);

/* A time as RFC 3339 has it: a local minute since 1970-01-01 00:00, the second of it, and the
 * local time's offset from UTC in minutes. */
void text_add_moment(struct text *text, int64_t minute, int second, int offset_minutes);

void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
