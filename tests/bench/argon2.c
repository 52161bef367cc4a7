/*
 * The ceiling of logging in: how many passwords one core compares with HASH, in SECONDS. Prints how
 * many, and in how many seconds.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    if (count != 4 || sodium_init() < 0) {
        fprintf(stderr, "usage: %s SECONDS HASH PASSWORD\n", arguments[0]);
        return EXIT_FAILURE;
    }
    const double limit = strtod(arguments[1], NULL), start = seconds_now();
    const char *hash = arguments[2], *password = arguments[3];
    double passed;
    long compared = 0;
    do {
        if (crypto_pwhash_str_verify(hash, password, strlen(password)) != 0) {
            fprintf(stderr, "the password is another one\n");
            return EXIT_FAILURE;
        }
        compared++;
        passed = seconds_now() - start;
    } while (passed < limit);
    printf("%ld %.6f\n", compared, passed);
    return EXIT_SUCCESS;
}
