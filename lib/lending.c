#include "lending.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* A thread that waits. */
struct waiter {
    struct waiter *next;
    void *given;
    sem_t turn;
};

struct lending {
    pthread_mutex_t lock;
    struct waiter *first;
    struct waiter **last;
    struct lending_state own_state; /* where nobody else wants to know */
    _Atomic int64_t own_waits;
    struct lending_state *state;
    _Atomic int64_t *waits;
    int idle_count;
    void *idle[];
};

struct lending *lending_new(int most)
{
    struct lending *lending = calloc(1, sizeof *lending + (size_t)most * sizeof *lending->idle);
    if (!lending)
        return NULL;
    lending->last = &lending->first;
    lending_show(lending, &lending->own_state, &lending->own_waits);
    pthread_mutex_init(&lending->lock, NULL);
    return lending;
}

void lending_free(struct lending *lending)
{
    if (!lending)
        return;
    pthread_mutex_destroy(&lending->lock);
    free(lending);
}

void lending_show(struct lending *lending, struct lending_state *state, _Atomic int64_t *waits)
{
    lending->state = state;
    lending->waits = waits;
}

/* With the lock. */
static void add(_Atomic int64_t *number, int64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static void queue_up(struct lending *lending, struct waiter *waiter)
{
    sem_init(&waiter->turn, 0, 0);
    *lending->last = waiter;
    lending->last = &waiter->next;
    add(&lending->state->waiting, 1);
    add(lending->waits, 1);
}

static void leave_queue(struct lending *lending, struct waiter *waiter)
{
    struct waiter **link = &lending->first;
    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
    if (lending->last == &waiter->next)
        lending->last = link;
    add(&lending->state->waiting, -1);
}

/* Wakes a waiter when the lock is free again, or it would only wait for that. */
void lending_give(struct lending *lending, void *thing)
{
    pthread_mutex_lock(&lending->lock);
    struct waiter *waiter = lending->first;
    if (waiter) {
        leave_queue(lending, waiter);
        waiter->given = thing;
    } else {
        lending->idle[lending->idle_count++] = thing;
        add(&lending->state->lent, -1);
    }
    pthread_mutex_unlock(&lending->lock);
    if (waiter)
        sem_post(&waiter->turn);
}

/* False: it is too late. */
static bool wait_until(sem_t *turn, int64_t latest)
{
    struct timespec deadline = {.tv_sec = latest / 1000, .tv_nsec = latest % 1000 * 1000000};
    int failed;
    while ((failed = sem_clockwait(turn, CLOCK_MONOTONIC, &deadline)) != 0 && errno == EINTR)
        ;
    return !failed;
}

/* Takes leave of the queue. What was given at the last moment is on its way, and waited for. */
static void *give_up(struct lending *lending, struct waiter *waiter)
{
    pthread_mutex_lock(&lending->lock);
    if (!waiter->given)
        leave_queue(lending, waiter);
    pthread_mutex_unlock(&lending->lock);
    while (waiter->given && sem_wait(&waiter->turn) != 0)
        ;
    return waiter->given;
}

void *lending_take(struct lending *lending, int64_t latest)
{
    struct waiter waiter = {.next = NULL};
    pthread_mutex_lock(&lending->lock);
    if (lending->idle_count > 0) {
        waiter.given = lending->idle[--lending->idle_count];
        add(&lending->state->lent, 1);
    } else {
        queue_up(lending, &waiter);
    }
    bool waits = !waiter.given;
    pthread_mutex_unlock(&lending->lock);
    if (!waits)
        return waiter.given;
    void *thing = wait_until(&waiter.turn, latest) ? waiter.given : give_up(lending, &waiter);
    sem_destroy(&waiter.turn);
    return thing;
}
