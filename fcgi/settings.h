/* Settings: environment variables, or files that they name, declared in one table. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Who reads a setting. */
enum reader {
    READER_PATIENT = 1 << 0, /* the patient pool */
    READER_ADMIN = 1 << 1,   /* the admin pool */
    READER_GATEWAY = 1 << 2,
    READER_DATABASE = 1 << 3,
    READER_START = 1 << 4,   /* what starts the pools: make run, docker-compose.yml */
    READER_MIGRATE = 1 << 5, /* sql/migrate */
    READER_KEEP = 1 << 6,    /* sql/keep */
    READER_POOLS = READER_PATIENT | READER_ADMIN,
};

/* What a worker was told. The texts are there as long as the process. */
struct settings {
    const char *database_url;
    const char *token_secret;
    const char *token_secret_also; /* "": none */
    int64_t access_token_minutes;
    int64_t refresh_token_days;
    int64_t threads;
    int64_t database_connections;
    int64_t database_timeout_ms;
    int64_t password_hashes;
    const char *metrics_directory; /* "": none */
};

/* Reads what `reader` needs; a secret from the file that NAME_FILE names, if that is set. False:
 * something is missing or malformed; each such setting has been named on `complaints`. */
bool settings_read(enum reader reader, struct settings *settings, FILE *complaints);

/* Prints the whole table as the README shows it. */
void settings_print(FILE *out);

#endif
