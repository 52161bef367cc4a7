/* Speaking FastCGI: connections, threads, and the end of a worker. */
#ifndef SERVE_H
#define SERVE_H

#include "route.h"

/*
 * Serves the listening socket on file descriptor 0 with worker->settings.threads threads until
 * SIGTERM, SIGINT, SIGQUIT, SIGHUP or SIGUSR1; then answers what has come in and returns. Returns
 * the exit status. Call it before any other thread exists.
 */
int serve(struct worker *worker);

#endif
