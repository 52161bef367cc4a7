/* Points in time by which something must have happened: CLOCK_MONOTONIC, in milliseconds. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

int64_t now_ms(void);

/* Waits until a socket is ready for `events`, as poll(2) names them. False: the deadline came
 * first. */
bool await_socket(int socket, short events, int64_t deadline);

#endif
