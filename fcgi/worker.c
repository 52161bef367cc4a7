#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "memory.h"
#include "privileges.h"
#include "schema.h"
#include "serve.h"
#include "tally.h"

/* systemd hands a socket over as descriptor 3 (sd_listen_fds(3)). It could do so as 0 as well, but
 * clears O_NONBLOCK then, each time another worker of the pool starts, and that is all workers'. */
static void take_socket_of_systemd(void)
{
    enum { FIRST = 3 };
    const char *for_whom = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    if (!for_whom || strtol(for_whom, NULL, 10) != getpid() || !count || strcmp(count, "1") != 0)
        return;
    dup2(FIRST, STDIN_FILENO);
    close(FIRST);
}

static bool listens(int descriptor)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

/* A database that does not answer is no reason not to start: it is asked again with each request.
 */
static bool is_too_new_for_database(struct worker *worker)
{
    const char *missing;
    struct arena *arena = arena_new();
    struct db db = db_begin(worker->database, arena);
    enum schema schema = schema_compare(&db, &missing);
    if (schema == SCHEMA_OLDER)
        fprintf(stderr, SCHEMA_COMPLAINT ", then start the worker again.\n", "The", missing);
    atomic_store(&worker->schema_fits, schema == SCHEMA_FITS);
    arena_free(arena);
    return schema == SCHEMA_OLDER;
}

/* Lets the pool's counters say how much of it there is, and how much is in use. */
static void show_usage(struct worker *worker)
{
    struct slot *slot = tally_own(worker->tally);
    atomic_store(&slot->gauges.threads, worker->settings.threads);
    atomic_store(&slot->gauges.connections, worker->settings.database_connections);
    database_show(worker->database, &slot->gauges.lent, &slot->totals.waits);
}

static int open_and_serve(struct worker *worker)
{
    int status = EXIT_FAILURE;
    const struct settings *settings = &worker->settings;
    /* Half of the threads may be busy with logins; the others go on with bookings. */
    worker->hashing = hashing_new((int)settings->password_hashes, (int)settings->threads / 2);
    worker->database = database_new(settings->database_url, (int)settings->database_connections,
                                    (int)settings->database_timeout_ms);
    worker->token_key = (struct token_key){settings->token_secret, worker->pool->audience};
    worker->also_key = (struct token_key){settings->token_secret_also, worker->pool->audience};
    if (!worker->hashing || !worker->database)
        fprintf(stderr, "out of memory at start\n");
    else {
        show_usage(worker);
        if (!is_too_new_for_database(worker))
            status = serve(worker);
    }
    database_free(worker->database);
    hashing_free(worker->hashing);
    return status;
}

static int run(const struct pool *pool)
{
    struct worker worker = {.pool = pool};
    memory_share();
    if (!settings_read(pool->reader, &worker.settings, stderr)) {
        fprintf(stderr, "Set what is named above (.env.development is an example), then start the "
                        "worker again.\n");
        return EXIT_FAILURE;
    }
    take_socket_of_systemd();
    if (!listens(STDIN_FILENO)) {
        fprintf(
            stderr,
            "Descriptor 0 is no listening socket: start the worker by systemd, or under a FastCGI "
            "supervisor, such as spawn-fcgi -s SOCKET -n -- /usr/bin/multiwatch -- /PATH/TO/WORKER\n");
        return EXIT_FAILURE;
    }
    /* Before, for the directory may be open to no one else. */
    worker.tally = tally_open(pool, worker.settings.metrics_directory, stderr);
    if (!worker.tally) {
        perror("cannot count");
        return EXIT_FAILURE;
    }
    if (!privileges_drop()) {
        perror("cannot give up privileges");
        return EXIT_FAILURE;
    }
    int status = open_and_serve(&worker);
    tally_close(worker.tally);
    return status;
}

static int run_check(const struct pool *pool)
{
    if (!check(pool, stderr))
        return EXIT_FAILURE;
    printf("Settings, database, schema and role are as the %s pool needs them.\n", pool->name);
    return EXIT_SUCCESS;
}

int worker_run(const struct pool *pool, int count, char **arguments)
{
    if (count == 1)
        return run(pool);
    if (count == 2 && strcmp(arguments[1], "--check") == 0)
        return run_check(pool);
    if (count == 2 && strcmp(arguments[1], "--settings") == 0)
        settings_print(stdout);
    else if (count == 2 && strcmp(arguments[1], "--routes") == 0)
        routes_print(pool, stdout);
    else {
        fprintf(stderr, "usage: %s [--check | --settings | --routes]\n", arguments[0]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
