#include "secret.h"

#include <semaphore.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* OWASP's least cost for argon2id. */
enum { PASSES = 2, MEMORY = 19 * 1024 * 1024, PATIENCE_SECONDS = 5, SECRET_BYTES = 32 };

struct hashing {
    sem_t turns;
    sem_t places;                         /* of those whose turn it is, and of those who wait */
    char nobodys[crypto_pwhash_STRBYTES]; /* compared with when there is nobody */
};

struct hashing *hashing_new(int at_once, int waiting)
{
    struct hashing *hashing = malloc(sizeof *hashing);
    if (!hashing)
        return NULL;
    sem_init(&hashing->turns, 0, (unsigned)at_once);
    sem_init(&hashing->places, 0, (unsigned)(at_once + waiting));
    if (sodium_init() < 0 || crypto_pwhash_str_alg(hashing->nobodys, "nobody", 6, PASSES, MEMORY,
                                                   crypto_pwhash_ALG_ARGON2ID13) != 0) {
        hashing_free(hashing);
        return NULL;
    }
    return hashing;
}

void hashing_free(struct hashing *hashing)
{
    if (!hashing)
        return;
    sem_destroy(&hashing->turns);
    sem_destroy(&hashing->places);
    free(hashing);
}

static bool take_turn(struct hashing *hashing)
{
    struct timespec deadline;
    if (sem_trywait(&hashing->places) != 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += PATIENCE_SECONDS;
    if (sem_clockwait(&hashing->turns, CLOCK_MONOTONIC, &deadline) == 0)
        return true;
    sem_post(&hashing->places);
    return false;
}

static void end_turn(struct hashing *hashing)
{
    sem_post(&hashing->turns);
    sem_post(&hashing->places);
}

const struct problem *password_hash(struct hashing *hashing, struct arena *arena,
                                    const char *password, const char **hash)
{
    char *text = arena_alloc(arena, crypto_pwhash_STRBYTES);
    if (!take_turn(hashing))
        return &problem_unavailable;
    int failed = crypto_pwhash_str_alg(text, password, strlen(password), PASSES, MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    end_turn(hashing);
    *hash = text;
    return failed ? &problem_unavailable : NULL;
}

const struct problem *password_check(struct hashing *hashing, const char *hash,
                                     const char *password)
{
    if (!take_turn(hashing))
        return &problem_unavailable;
    int wrong =
        crypto_pwhash_str_verify(hash ? hash : hashing->nobodys, password, strlen(password));
    end_turn(hashing);
    return wrong || !hash ? &problem_bad_credentials : NULL;
}

const char *secret_new(struct arena *arena)
{
    unsigned char bytes[SECRET_BYTES];
    const size_t size =
        sodium_base64_ENCODED_LEN(sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    randombytes_buf(bytes, sizeof bytes);
    return sodium_bin2base64(arena_alloc(arena, size), size, bytes, sizeof bytes,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

const char *secret_digest(struct arena *arena, const char *secret)
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)secret, strlen(secret), NULL,
                       0);
    char *text = arena_alloc(arena, 2 + 2 * sizeof digest + 1);
    memcpy(text, "\\x", 2);
    sodium_bin2hex(text + 2, 2 * sizeof digest + 1, digest, sizeof digest);
    return text;
}
