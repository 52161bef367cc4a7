#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { BLOCK_SIZE = 16 * 1024 };

struct block {
    struct block *older;
    size_t size;
    size_t used;
    max_align_t bytes[];
};

struct deferred {
    struct deferred *older;
    void (*release)(void *);
    void *thing;
};

struct arena {
    struct block *newest;
    struct deferred *deferred;
};

static struct block *block_new(size_t size, struct block *older)
{
    struct block *block = memory_new(sizeof *block + size);
    *block = (struct block){.older = older, .size = size};
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = memory_new(sizeof *arena);
    *arena = (struct arena){.newest = block_new(BLOCK_SIZE, NULL)};
    return arena;
}

void arena_reset(struct arena *arena)
{
    for (struct deferred *d = arena->deferred; d; d = d->older)
        d->release(d->thing);
    arena->deferred = NULL;
    while (arena->newest->older) {
        struct block *newest = arena->newest;
        arena->newest = newest->older;
        free(newest);
    }
    arena->newest->used = 0;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}

/* What is taken for so many bytes, so that all that follows is aligned for any type. */
static size_t rounded_up(size_t size)
{
    if (size > SIZE_MAX / 2)
        memory_end();
    return (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = rounded_up(size);
    if (rounded > arena->newest->size - arena->newest->used)
        arena->newest = block_new(rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE, arena->newest);
    void *memory = (char *)arena->newest->bytes + arena->newest->used;
    arena->newest->used += rounded;
    return memset(memory, 0, size);
}

bool arena_extend(struct arena *arena, const void *memory, size_t size, size_t larger)
{
    struct block *block = arena->newest;
    size_t taken = rounded_up(size), wanted = rounded_up(larger);
    bool newest = (const char *)memory + taken == (const char *)block->bytes + block->used;
    if (!newest || wanted < taken || wanted - taken > block->size - block->used)
        return false;
    block->used += wanted - taken;
    return true;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        memory_end();
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

void arena_defer(struct arena *arena, void (*release)(void *), void *thing)
{
    struct deferred *deferred = arena_alloc(arena, sizeof *deferred);
    *deferred = (struct deferred){arena->deferred, release, thing};
    arena->deferred = deferred;
}
