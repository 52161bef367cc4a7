/* A worker program from its command line to its end. */
#ifndef WORKER_H
#define WORKER_H

#include "route.h"

/*
 * Runs a pool's worker: without arguments it serves the FastCGI socket on descriptor 0,
 * or the one that systemd hands over, unless the database has an older schema than it needs;
 * "--check" only looks whether it could, and names all that is wrong;
 * "--settings" prints the table of settings, "--routes" the table of routes. Returns the exit
 * status.
 */
int worker_run(const struct pool *pool, int count, char **arguments);

#endif
