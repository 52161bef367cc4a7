#include "tally.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoints.h"

const int64_t tally_durations[BUCKET_COUNT - 1] = {
    1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000,
};

enum {
    MOST_SLOTS = 256,
    CACHE_LINE = 64, /* so that two processes do not wait for each other's */
    ALONE = -1,      /* the file of who has none */
    MOST_TRIES = 16,
};

/* How the file begins; slots follow. */
struct header {
    _Alignas(CACHE_LINE) uint64_t layout;
    counter superseded; /* 1: another file has taken this one's place */
};

struct tally {
    const struct pool *pool;
    size_t route_count;
    size_t slot_size;
    uint64_t layout;
    int file;
    struct header *header; /* mapped: the whole file, as long as it can get */
    struct slot *own;
};

/* --- Layout ------------------------------------------------------------------------------------*/

static uint64_t digest(uint64_t so_far, const char *text)
{
    const uint64_t prime = 0x100000001b3; /* FNV-1a */
    do
        so_far = (so_far ^ (unsigned char)*text) * prime;
    while (*text++);
    return so_far;
}

/* Of all that says which number stands where. */
static uint64_t digest_layout(const struct tally *tally)
{
    uint64_t layout = 0xcbf29ce484222325;
    layout = digest(layout, tally->pool->name);
    for (const struct route *route = tally->pool->routes; route->method; route++)
        layout = digest(digest(layout, route->method), route->path);
#define DIGEST_PROBLEM(CODE, STATUS, TITLE) layout = digest(layout, #CODE);
    PROBLEMS(DIGEST_PROBLEM)
#undef DIGEST_PROBLEM
#define DIGEST_STATUS(STATUS, REASON) layout = digest(layout, #STATUS);
    STATUSES(DIGEST_STATUS)
#undef DIGEST_STATUS
    for (size_t i = 0; i < BUCKET_COUNT - 1; i++)
        layout = (layout ^ (uint64_t)tally_durations[i]) * 31;
    return layout ^ tally->slot_size;
}

static size_t offset_of(const struct tally *tally, size_t number)
{
    return sizeof(struct header) + number * tally->slot_size;
}

static struct slot *slot_at(const struct tally *tally, size_t number)
{
    return (struct slot *)((char *)tally->header + offset_of(tally, number));
}

/* --- The file ----------------------------------------------------------------------------------*/

/* Locks belong to who has opened the file, threads alike (F_OFD_SETLK in fcntl(2)). The first byte
 * is the lock of the file, a slot's first byte that of the slot. */
static struct flock at_byte(short type, size_t byte)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
}

static bool lock(int file, int command, size_t byte)
{
    struct flock wanted = at_byte(F_WRLCK, byte);
    return fcntl(file, command, &wanted) == 0;
}

static void unlock(int file, size_t byte)
{
    struct flock none = at_byte(F_UNLCK, byte);
    fcntl(file, F_OFD_SETLK, &none);
}

static bool is_claimed(const struct tally *tally, size_t number)
{
    struct flock found = at_byte(F_WRLCK, offset_of(tally, number));
    return fcntl(tally->file, F_OFD_GETLK, &found) == 0 && found.l_type != F_UNLCK;
}

/* Whether the locked file is one to count in: it has this layout, or nothing yet, and is still the
 * one of that name. One of another layout loses its name, and whoever counts there is told. */
static bool is_ours(const struct tally *tally, int file, const char *path)
{
    struct header header = {.layout = tally->layout};
    struct stat found;
    if (fstat(file, &found) != 0 || found.st_nlink == 0)
        return false;
    if (found.st_size == 0)
        return pwrite(file, &header, sizeof header, 0) == sizeof header;
    if (pread(file, &header, sizeof header, 0) == sizeof header && header.layout == tally->layout)
        return true;
    header.superseded = 1;
    if (pwrite(file, &header, sizeof header, 0) == sizeof header)
        unlink(path);
    return false;
}

/* Opens the pool's file, and locks it. ALONE: that is not possible. */
static int open_file(const struct tally *tally, const char *path)
{
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file < 0)
            return ALONE;
        if (lock(file, F_OFD_SETLKW, 0) && is_ours(tally, file, path))
            return file;
        close(file);
    }
    return ALONE;
}

/* Claims the first slot that no living process has, for which the file may have to grow: all of it
 * is there before it is written, or a full disk would end the process. */
static struct slot *claim_slot(const struct tally *tally)
{
    for (size_t number = 0; number < MOST_SLOTS; number++) {
        if (!lock(tally->file, F_OFD_SETLK, offset_of(tally, number)))
            continue;
        if (posix_fallocate(tally->file, 0, (off_t)offset_of(tally, number + 1)) != 0)
            return NULL;
        struct slot *slot = slot_at(tally, number);
        memset(&slot->gauges, 0, sizeof slot->gauges);
        return slot;
    }
    return NULL;
}

static bool map(struct tally *tally, size_t slots, int flags)
{
    void *mapped =
        mmap(NULL, offset_of(tally, slots), PROT_READ | PROT_WRITE, flags, tally->file, 0);
    tally->header = mapped == MAP_FAILED ? NULL : mapped;
    return tally->header != NULL;
}

static void leave_file(struct tally *tally)
{
    if (tally->header)
        munmap(tally->header, offset_of(tally, MOST_SLOTS));
    if (tally->file != ALONE)
        close(tally->file);
    tally->header = NULL;
    tally->file = ALONE;
}

static bool share(struct tally *tally, const char *directory)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.metrics", directory, tally->pool->name) >=
        (int)sizeof path)
        return false;
    tally->file = open_file(tally, path);
    if (tally->file != ALONE && map(tally, MOST_SLOTS, MAP_SHARED))
        tally->own = claim_slot(tally);
    if (tally->own) {
        unlock(tally->file, 0);
        return true;
    }
    leave_file(tally);
    return false;
}

static bool count_alone(struct tally *tally)
{
    if (!map(tally, 1, MAP_PRIVATE | MAP_ANONYMOUS))
        return false;
    tally->own = slot_at(tally, 0);
    return true;
}

struct tally *tally_open(const struct pool *pool, const char *directory, FILE *complaints)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return NULL;
    tally->pool = pool;
    tally->file = ALONE;
    while (pool->routes[tally->route_count].method)
        tally->route_count++;
    size_t size = sizeof(struct slot) + (tally->route_count + 1) * sizeof(struct answers);
    tally->slot_size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    tally->layout = digest_layout(tally);
    bool shared = *directory && share(tally, directory);
    if (*directory && !shared)
        fprintf(complaints,
                "METRICS_DIRECTORY: there is no counting in %s, so this worker counts alone.\n",
                directory);
    if (!shared && !count_alone(tally)) {
        free(tally);
        return NULL;
    }
    atomic_store(&tally->own->gauges.workers, 1);
    atomic_fetch_add(&tally->own->totals.starts, 1);
    return tally;
}

void tally_close(struct tally *tally)
{
    if (!tally)
        return;
    if (tally->file == ALONE)
        munmap(tally->header, offset_of(tally, 1));
    else
        leave_file(tally);
    free(tally);
}

struct slot *tally_own(struct tally *tally)
{
    return tally->own;
}

/* --- Counting ----------------------------------------------------------------------------------*/

static void count(counter *number, int64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static void count_status(struct answers *answers, int status)
{
    switch (status) {
#define COUNT_STATUS(STATUS, REASON)                                                               \
    case STATUS:                                                                                   \
        count(&answers->statuses[STATUS_NUMBER_##STATUS], 1);                                      \
        break;
        STATUSES(COUNT_STATUS)
#undef COUNT_STATUS
    default:
        break;
    }
}

static void count_duration(struct answers *answers, int64_t microseconds)
{
    size_t bucket = 0;
    while (bucket < BUCKET_COUNT - 1 && microseconds > tally_durations[bucket])
        bucket++;
    count(&answers->durations[bucket], 1);
    count(&answers->microseconds, microseconds);
}

static void count_conflict(struct totals *totals, const struct reply *reply)
{
    static const char *const codes[] = {
#define CODE_OF(CODE, STATUS, TITLE) #CODE,
        PROBLEMS(CODE_OF)
#undef CODE_OF
    };
    if (!reply->code || (reply->status != 409 && reply->status != 412 && reply->status != 422))
        return;
    for (size_t i = 0; i < PROBLEM_COUNT; i++)
        if (strcmp(codes[i], reply->code) == 0)
            count(&totals->conflicts[i], 1);
}

void tally_answer(struct tally *tally, const struct request *request, const struct reply *reply,
                  int64_t microseconds)
{
    const struct route *route = request->route;
    if (route && route->inside)
        return;
    size_t number = route ? (size_t)(route - tally->pool->routes) : tally->route_count;
    count_status(&tally->own->answers[number], reply->status);
    count_duration(&tally->own->answers[number], microseconds);
    count_conflict(&tally->own->totals, reply);
    if (reply->replayed)
        count(&tally->own->totals.replays, 1);
    else if (route && route->handle == appointments_book && reply->status == route->success)
        count(&tally->own->totals.bookings, 1);
}

/* --- Adding up ---------------------------------------------------------------------------------*/

static void add(void *sum, const void *part, size_t size)
{
    counter *sums = sum;
    const counter *parts = part;
    for (size_t i = 0; i < size / sizeof *sums; i++)
        count(&sums[i], atomic_load_explicit(&parts[i], memory_order_relaxed));
}

/* How many slots were ever claimed: beyond them there is no file. */
static size_t count_slots(const struct tally *tally)
{
    struct stat found;
    if (tally->file == ALONE)
        return 1;
    if (fstat(tally->file, &found) != 0)
        return 0;
    return ((size_t)found.st_size - sizeof(struct header)) / tally->slot_size;
}

const struct slot *tally_sum(const struct tally *tally, struct arena *arena)
{
    if (atomic_load(&tally->header->superseded))
        return NULL;
    struct slot *sum = arena_alloc(arena, tally->slot_size);
    for (size_t number = 0, count = count_slots(tally); number < count; number++) {
        const struct slot *slot = slot_at(tally, number);
        if (slot == tally->own || is_claimed(tally, number))
            add(&sum->gauges, &slot->gauges, sizeof sum->gauges);
        add(&sum->totals, &slot->totals, tally->slot_size - offsetof(struct slot, totals));
    }
    return sum;
}
