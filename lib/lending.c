#include "lending.h"

#include <pthread.h>
#include <stdlib.h>

/* A thread that waits. */
struct waiter {
    struct waiter *next;
    void *given;
    pthread_cond_t turn;
};

struct lending {
    pthread_mutex_t lock;
    struct waiter *first;
    struct waiter **last;
    int idle_count;
    void *idle[];
};

struct lending *lending_new(int most)
{
    struct lending *lending = calloc(1, sizeof *lending + (size_t)most * sizeof *lending->idle);
    if (!lending)
        return NULL;
    lending->last = &lending->first;
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

static void queue_up(struct lending *lending, struct waiter *waiter)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->turn, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *lending->last = waiter;
    lending->last = &waiter->next;
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
}

void lending_give(struct lending *lending, void *thing)
{
    pthread_mutex_lock(&lending->lock);
    struct waiter *waiter = lending->first;
    if (waiter) {
        leave_queue(lending, waiter);
        waiter->given = thing;
        pthread_cond_signal(&waiter->turn);
    } else {
        lending->idle[lending->idle_count++] = thing;
    }
    pthread_mutex_unlock(&lending->lock);
}

/* Waits in the queue, the lock held. */
static void *wait_for_turn(struct lending *lending, int64_t latest)
{
    struct timespec deadline = {.tv_sec = latest / 1000, .tv_nsec = latest % 1000 * 1000000};
    struct waiter waiter = {.next = NULL};
    int late = 0;
    queue_up(lending, &waiter);
    while (!waiter.given && !late)
        late = pthread_cond_timedwait(&waiter.turn, &lending->lock, &deadline);
    if (!waiter.given)
        leave_queue(lending, &waiter);
    pthread_cond_destroy(&waiter.turn);
    return waiter.given;
}

void *lending_take(struct lending *lending, int64_t latest)
{
    pthread_mutex_lock(&lending->lock);
    void *thing = lending->idle_count > 0 ? lending->idle[--lending->idle_count]
                                          : wait_for_turn(lending, latest);
    pthread_mutex_unlock(&lending->lock);
    return thing;
}
