/* Text that grows, in a request's arena: for answers that are too many small pieces for a tree. */
#ifndef TEXT_H
#define TEXT_H

#include "arena.h"

/* Begin with {.arena = ...}; `start` is NUL-terminated once something was added. */
struct text {
    struct arena *arena;
    char *start;
    size_t length;
    size_t room;
};

void text_add(struct text *text, const char *piece);

void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
