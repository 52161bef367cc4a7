/*
 * Access tokens of patients FIRST, FIRST + STEP and so on, COUNT of them, one a line, as the worker
 * with the same PATIENT_TOKEN_SECRET issues them; good for a day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "token.h"

int main(int count, char **arguments)
{
    const struct token_key key = {getenv("PATIENT_TOKEN_SECRET"), "patient"};
    if (count != 4 || !key.secret) {
        fprintf(stderr, "usage: PATIENT_TOKEN_SECRET=... %s FIRST COUNT STEP\n", arguments[0]);
        return EXIT_FAILURE;
    }
    enum { DAY = 24 * 60 * 60 };
    long long first = strtoll(arguments[1], NULL, 10), many = strtoll(arguments[2], NULL, 10),
              step = strtoll(arguments[3], NULL, 10);
    time_t now = time(NULL);
    for (long long i = 0; i < many; i++) {
        struct arena *arena = arena_new();
        const struct caller caller = {.id = first + i * step, .login_id = 1, .role = ROLE_PATIENT};
        const char *token = arena ? token_issue(arena, &key, &caller, now, now + DAY) : NULL;
        if (!token || puts(token) == EOF) {
            fprintf(stderr, "cannot issue a token\n");
            return EXIT_FAILURE;
        }
        arena_free(arena);
    }
    return EXIT_SUCCESS;
}
