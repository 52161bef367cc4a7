/* A whole worker in the target's process: the real serve loop on a socket of its own, one thread,
 * and the database of database.h behind it. */
#ifndef FRONT_DOOR_H
#define FRONT_DOOR_H

#include "fuzz.h"

/* Starts serving a pool on descriptor 0. */
void front_door_open(struct pool pool);

/* What came back: the header lines, each ended by CR LF, and the body. */
struct came_back {
    char *head;
    const char *body;
    size_t length; /* of the body */
    int status;
};

/* Sends one request and reads all of the answer, which must be whole; the caller frees `head`.
 * Parameters as NAME, VALUE, ..., NULL. */
struct came_back front_door_ask(const char *const parameters[], const char *body, size_t length);

/* A header's value in the arena; NULL: it is not there. */
const char *front_door_header(struct arena *arena, const struct came_back *answer,
                              const char *name);

/* What is promised of every answer: headers that are ours, each once, a length that is right, JSON
 * that is JSON, and problems that are whole. */
void front_door_judge(struct arena *arena, const struct came_back *answer);

#endif
