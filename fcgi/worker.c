#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "privileges.h"
#include "serve.h"

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

static int open_and_serve(struct worker *worker)
{
    int status = EXIT_FAILURE;
    const struct settings *settings = &worker->settings;
    /* Half of the threads may be busy with logins; the others go on with bookings. */
    worker->hashing = hashing_new((int)settings->password_hashes, (int)settings->threads / 2);
    worker->database = database_new(settings->database_url, (int)settings->database_connections,
                                    (int)settings->database_timeout_ms);
    worker->token_key = (struct token_key){settings->token_secret, worker->pool->audience};
    if (worker->hashing && worker->database)
        status = serve(worker);
    else
        fprintf(stderr, "out of memory at start\n");
    database_free(worker->database);
    hashing_free(worker->hashing);
    return status;
}

static int run(const struct pool *pool)
{
    struct worker worker = {.pool = pool};
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
    if (!privileges_drop()) {
        perror("cannot give up privileges");
        return EXIT_FAILURE;
    }
    return open_and_serve(&worker);
}

int worker_run(const struct pool *pool, int count, char **arguments)
{
    if (count == 1)
        return run(pool);
    if (count == 2 && strcmp(arguments[1], "--settings") == 0)
        settings_print(stdout);
    else if (count == 2 && strcmp(arguments[1], "--routes") == 0)
        routes_print(pool, stdout);
    else {
        fprintf(stderr, "usage: %s [--settings | --routes]\n", arguments[0]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
