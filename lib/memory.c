#include "memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUT_OF_MEMORY_EXIT = 70 };

void memory_end(void)
{
    static const char line[] = "out of memory: the worker ends and is started anew\n";
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(OUT_OF_MEMORY_EXIT);
    _exit(OUT_OF_MEMORY_EXIT);
}

void memory_share(void)
{
    enum { ARENAS = 2 };
    mallopt(M_ARENA_MAX, ARENAS);
}

void *memory_new(size_t size)
{
    void *memory = malloc(size);
    if (!memory)
        memory_end();
    return memory;
}

#ifdef __has_feature /* clang's way to say it; gcc's is a macro */
#if __has_feature(address_sanitizer) && !defined __SANITIZE_ADDRESS__
#define __SANITIZE_ADDRESS__
#endif
#endif

#ifndef __SANITIZE_ADDRESS__

/*
 * The allocating functions of the whole process: the libraries' calls come here too, since a
 * program's symbols precede those of what it is linked with (glibc manual, 3.2.5 "Replacing
 * malloc"). glibc's own are behind them, under the names that it exports for this.
 */
void *glibc_malloc(size_t size) __asm__("__libc_malloc");
void *glibc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *glibc_realloc(void *memory, size_t size) __asm__("__libc_realloc");
void *glibc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

static void *memory_or_end(void *memory)
{
    if (!memory)
        memory_end();
    return memory;
}

void *malloc(size_t size)
{
    return memory_or_end(glibc_malloc(size));
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): reserved ones */
void *calloc(size_t nmemb, size_t size)
{
    return memory_or_end(glibc_calloc(nmemb, size));
}

/* Of size 0, realloc() frees, and NULL is its answer. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): reserved ones */
void *realloc(void *ptr, size_t size)
{
    void *again = glibc_realloc(ptr, size);
    return size > 0 || !ptr ? memory_or_end(again) : again;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memory_or_end(glibc_memalign(alignment, size));
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    *memptr = memory_or_end(glibc_memalign(alignment, size));
    return 0;
}

#endif
