/* What a worker gives up before it reads its first request. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

/*
 * From here on the process, and whatever it might be made to run, gains no privileges; nobody but
 * root can look into its memory, which holds secrets, and none of it is dumped; files that it might
 * write are its own. What root started goes on as nobody. Before any thread is started. False: the
 * system refuses; errno says why.
 */
bool privileges_drop(void);

#endif
