/* Passwords and random secrets, by libsodium. */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"

/* Lets only so many passwords be hashed at once, so that logins cannot starve bookings. */
struct hashing;

/* Room for `at_once` hashes, and for `waiting` more that wait their turn. NULL: libsodium cannot
 * start, or no memory. The caller owns it. */
struct hashing *hashing_new(int at_once, int waiting);
void hashing_free(struct hashing *hashing);

/* The password's argon2id hash (19 MiB, 2 passes) as text. Refused: `unavailable` when too many
 * wait already, no turn came within some seconds, or no memory. */
const struct problem *password_hash(struct hashing *hashing, struct arena *arena,
                                    const char *password, const char **hash);

/*
 * NULL: the password has that hash. A NULL hash, for somebody unknown, takes the same time and is
 * refused alike: `bad_credentials`. `unavailable` as above.
 */
const struct problem *password_check(struct hashing *hashing, const char *hash,
                                     const char *password);

/* A new secret of 256 random bits, as URL-safe text. */
const char *secret_new(struct arena *arena);

/* A secret's digest as PostgreSQL writes bytea: what is stored in its place. Secrets are random, so
 * a plain hash is enough. */
const char *secret_digest(struct arena *arena, const char *secret);

/* A checksum of 128 bits in hexadecimal: two texts that differ have two. It hides nothing that can
 * be guessed at. */
const char *secret_checksum(struct arena *arena, const char *text, size_t length);

/* A piece of what a fingerprint is taken of. */
struct piece {
    const void *bytes;
    size_t length;
};

/* What stands for a message: a digest that tells nothing without our key, not even to somebody who
 * guesses at the message, and a seal that only the same message gives again. */
struct fingerprint {
    const char *digest; /* as PostgreSQL writes bytea */
    unsigned char seal[32];
};
struct fingerprint secret_fingerprint(struct arena *arena, const char *our_key,
                                      const struct piece *pieces, size_t count);

/* The text encrypted under the fingerprint's seal, as PostgreSQL writes bytea. */
const char *secret_seal(struct arena *arena, const struct fingerprint *fingerprint,
                        const char *text, size_t length);

/* What was sealed. NULL: it was not, or not under this fingerprint. */
const char *secret_open(struct arena *arena, const struct fingerprint *fingerprint,
                        const char *sealed, size_t *length);

#endif
