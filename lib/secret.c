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
    char nobodys[crypto_pwhash_STRBYTES]; /* compared with when there is nobody */
};

struct hashing *hashing_new(int at_once)
{
    struct hashing *hashing = malloc(sizeof *hashing);
    if (!hashing)
        return NULL;
    sem_init(&hashing->turns, 0, (unsigned)at_once);
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
    free(hashing);
}

static bool take_turn(struct hashing *hashing)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += PATIENCE_SECONDS;
    return sem_clockwait(&hashing->turns, CLOCK_MONOTONIC, &deadline) == 0;
}

const struct problem *password_hash(struct hashing *hashing, struct arena *arena,
                                    const char *password, const char **hash)
{
    char *text = arena_alloc(arena, crypto_pwhash_STRBYTES);
    if (!take_turn(hashing))
        return &problem_unavailable;
    int failed = crypto_pwhash_str_alg(text, password, strlen(password), PASSES, MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    sem_post(&hashing->turns);
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
    sem_post(&hashing->turns);
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
