/*
 * The hosts of the database. Its URL may name several, of which at most one takes writes: the
 * primary and its standbys, whoever they are just now. libpq would ask them in turn, and give each
 * all the time there is; so one that says nothing, as after a power cut, would leave none for the
 * others. Here each is asked by itself, the one that served last first, and each but the last one
 * in only a part of the time.
 */
#ifndef HOSTS_H
#define HOSTS_H

#include <stdint.h>
#include <stdio.h>

struct hosts;
struct pg_conn; /* libpq's PGconn */

/* The hosts of a libpq connection string or URI, which may be wrong: nobody can be reached then.
 * Sessions begin with `options`. NULL: no memory. The caller owns it. */
struct hosts *hosts_new(const char *url, const char *options);
void hosts_free(struct hosts *hosts);

/*
 * Connects to the host that takes writes; where the URL names only one, to that, unless it is a
 * standby or is being restored. `target_session_attrs` in the URL says otherwise. The connection is
 * non-blocking, and the caller's; `number` is the host's. NULL: there is none before the deadline,
 * and `complaints`, which may be NULL, has been told of each host why, without what the URL says of
 * passwords.
 */
struct pg_conn *hosts_connect(struct hosts *hosts, int64_t deadline, FILE *complaints, int *number);

/* A host has not answered, or takes no more writes: whoever connects next begins with another. */
void hosts_doubt(struct hosts *hosts, int number);

#endif
