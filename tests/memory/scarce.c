/*
 * Preloaded into a worker: memory that runs out when a test says so. It stands between glibc and
 * whoever allocates: lib/memory.c, or, were that not there, everybody.
 */
#include "scarce.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct scarcity *shared;

__attribute__((constructor)) static void share(void)
{
    const char *path = getenv("SCARCE_MEMORY");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = file < 0
                       ? MAP_FAILED
                       : mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (mapped == MAP_FAILED)
        _exit(127);
    shared = mapped;
}

/* Whether the last of the times that something is had has passed just now. */
static bool is_over(atomic_long *until)
{
    return atomic_load(until) != 0 && atomic_fetch_sub(until, 1) == 1;
}

static bool is_refused(void)
{
    if (!shared || !is_over(&shared->until))
        return false;
    atomic_fetch_add(&shared->refused, 1);
    errno = ENOMEM;
    return true;
}

/* glibc's function of that name, which stands after this one. */
static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void *scarce_malloc(size_t size) __asm__("__libc_malloc");
void *scarce_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *scarce_realloc(void *memory, size_t size) __asm__("__libc_realloc");

void *scarce_malloc(size_t size)
{
    static void *(*real)(size_t);
    if (!real)
        *(void **)&real = next("__libc_malloc");
    return is_refused() ? NULL : real(size);
}

void *scarce_calloc(size_t count, size_t size)
{
    static void *(*real)(size_t, size_t);
    if (!real)
        *(void **)&real = next("__libc_calloc");
    return is_refused() ? NULL : real(count, size);
}

void *scarce_realloc(void *memory, size_t size)
{
    static void *(*real)(void *, size_t);
    if (!real)
        *(void **)&real = next("__libc_realloc");
    return is_refused() ? NULL : real(memory, size);
}

void *malloc(size_t size)
{
    return scarce_malloc(size);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): reserved ones */
void *calloc(size_t count, size_t size)
{
    return scarce_calloc(count, size);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): reserved ones */
void *realloc(void *memory, size_t size)
{
    return scarce_realloc(memory, size);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): reserved ones */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = next("pthread_create");
    return is_over(&shared->until_thread) ? EAGAIN : real(thread, attributes, start, argument);
}
