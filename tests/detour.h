/* A detour between workers and PostgreSQL, which passes on what it sees until it is told to watch
 * for a commit. */
#ifndef DETOUR_H
#define DETOUR_H

/* Opens it; the directory of its socket, for clinic_divert_database(). It ends with the process. */
const char *detour_open(void);

/* The next COMMIT that passes is carried out by PostgreSQL, but its answer is kept back. */
void detour_watch(void);

/* From now on no transaction may write that passes, as if PostgreSQL were a standby. */
void detour_turn_read_only(void);

/* How many prepared statements have passed to be executed. */
int detour_executed(void);

/* Returns once PostgreSQL has answered that COMMIT. */
void detour_await(void);

#endif
