#include "detour.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clinic.h"

/* As a query comes over the wire: its kind, its length, its text. */
static const char commit[] = "Q\0\0\0\013COMMIT";
static const char begin[] = "Q\0\0\0\012BEGIN";
static const char begin_read_only[] = "Q\0\0\0\024BEGIN READ ONLY";

static struct {
    const char *directory;
    int listener;
    atomic_bool watching;
    atomic_bool read_only;
    atomic_int executed;
    sem_t committed;
} detour;

static struct sockaddr_un socket_in(const char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", directory);
    return address;
}

/* Passes on what has come; what it was stands in `seen`. False: that side has gone. */
static bool pass_on(int from, int to, char *seen, size_t size, ssize_t *length)
{
    *length = read(from, seen, size);
    if (*length == sizeof begin && memcmp(seen, begin, sizeof begin) == 0 &&
        atomic_load(&detour.read_only))
        return write(to, begin_read_only, sizeof begin_read_only) == sizeof begin_read_only;
    return *length > 0 && write(to, seen, (size_t)*length) == *length;
}

static void *pass_both_ways(void *argument)
{
    int *pair = argument;
    char seen[65536];
    ssize_t length;
    struct pollfd sides[] = {{.fd = pair[0], .events = POLLIN}, {.fd = pair[1], .events = POLLIN}};
    while (poll(sides, 2, -1) > 0) {
        if (sides[1].revents && !pass_on(pair[1], pair[0], seen, sizeof seen, &length))
            break;
        if (!sides[0].revents)
            continue;
        if (!pass_on(pair[0], pair[1], seen, sizeof seen, &length))
            break;
        if (seen[0] == 'B') /* Bind: what libpq sends to execute comes whole */
            atomic_fetch_add(&detour.executed, 1);
        if (length == sizeof commit && memcmp(seen, commit, sizeof commit) == 0 &&
            atomic_exchange(&detour.watching, false)) {
            poll(&sides[1], 1, -1);
            sem_post(&detour.committed);
            break;
        }
    }
    poll(sides, 1, 10000); /* until the worker has gone, or has lost patience */
    close(pair[0]);
    close(pair[1]);
    free(pair);
    return NULL;
}

static void *accept_all(void *unused)
{
    struct sockaddr_un server = socket_in(clinic_cluster());
    for (;;) {
        pthread_t thread;
        int *pair = malloc(2 * sizeof *pair);
        pair[0] = accept(detour.listener, NULL, NULL);
        pair[1] = socket(AF_UNIX, SOCK_STREAM, 0);
        if (pair[0] < 0 || connect(pair[1], (struct sockaddr *)&server, sizeof server) != 0)
            abort();
        pthread_create(&thread, NULL, pass_both_ways, pair);
        pthread_detach(thread);
    }
    return unused;
}

const char *detour_open(void)
{
    pthread_t thread;
    detour.directory = text("%s/detour", clinic_directory());
    struct sockaddr_un address = socket_in(detour.directory);
    cr_assert(mkdir(detour.directory, 0755) == 0);
    detour.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(detour.listener, (struct sockaddr *)&address, sizeof address) == 0);
    cr_assert(chmod(address.sun_path, 0666) == 0);
    cr_assert(listen(detour.listener, 64) == 0);
    sem_init(&detour.committed, 0, 0);
    pthread_create(&thread, NULL, accept_all, NULL);
    pthread_detach(thread);
    return detour.directory;
}

void detour_watch(void)
{
    atomic_store(&detour.watching, true);
}

void detour_turn_read_only(void)
{
    atomic_store(&detour.read_only, true);
}

int detour_executed(void)
{
    return atomic_load(&detour.executed);
}

void detour_await(void)
{
    sem_wait(&detour.committed);
}
