#include "secret.h"

#include <semaphore.h>
#include <sodium.h>
#include <stdint.h>
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

/* One of libsodium's own texts, taken apart: its bytes are for crypto_pwhash(). */
struct hash {
    unsigned long passes, kibibytes;
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char bytes[32];
};

/* Moves past what is expected. False: something else stands there. */
static bool skip(const char **text, const char *expected)
{
    size_t length = strlen(expected);
    if (strncmp(*text, expected, length) != 0)
        return false;
    *text += length;
    return true;
}

static unsigned long take_number(const char **text)
{
    return strtoul(*text, (char **)text, 10);
}

static bool take_bytes(const char **text, unsigned char *bytes, size_t size)
{
    size_t count = 0;
    return sodium_base642bin(bytes, size, *text, strlen(*text), NULL, &count, text,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
           count == size;
}

static bool take_apart(const char *text, struct hash *hash)
{
    if (!skip(&text, "$argon2id$v=19$m="))
        return false;
    hash->kibibytes = take_number(&text);
    if (!skip(&text, ",t="))
        return false;
    hash->passes = take_number(&text);
    return skip(&text, ",p=1$") && take_bytes(&text, hash->salt, sizeof hash->salt) &&
           skip(&text, "$") && take_bytes(&text, hash->bytes, sizeof hash->bytes) && !*text;
}

/*
 * Whether the password has that hash. Not by crypto_pwhash_str_verify(): to that, too little memory
 * is a wrong password.
 */
static const struct problem *compare(const char *text, const char *password)
{
    struct hash hash;
    unsigned char bytes[sizeof hash.bytes];
    if (!take_apart(text, &hash))
        return &problem_bad_credentials;
    if (crypto_pwhash(bytes, sizeof bytes, password, strlen(password), hash.salt, hash.passes,
                      hash.kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return &problem_unavailable;
    return sodium_memcmp(bytes, hash.bytes, sizeof bytes) ? &problem_bad_credentials : NULL;
}

const struct problem *password_check(struct hashing *hashing, const char *hash,
                                     const char *password)
{
    if (!take_turn(hashing))
        return &problem_unavailable;
    const struct problem *problem = compare(hash ? hash : hashing->nobodys, password);
    end_turn(hashing);
    return problem || hash ? problem : &problem_bad_credentials;
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

/* Bytes as PostgreSQL writes bytea. */
static const char *bytea(struct arena *arena, const unsigned char *bytes, size_t count)
{
    char *text = arena_alloc(arena, 2 + 2 * count + 1);
    text[0] = '\\';
    text[1] = 'x';
    sodium_bin2hex(text + 2, 2 * count + 1, bytes, count);
    return text;
}

const char *secret_digest(struct arena *arena, const char *secret)
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)secret, strlen(secret), NULL,
                       0);
    return bytea(arena, digest, sizeof digest);
}

const char *secret_checksum(struct arena *arena, const char *text, size_t length)
{
    unsigned char digest[crypto_generichash_BYTES_MIN];
    char *hexadecimal = arena_alloc(arena, 2 * sizeof digest + 1);
    crypto_generichash(digest, sizeof digest, (const unsigned char *)text, length, NULL, 0);
    return sodium_bin2hex(hexadecimal, 2 * sizeof digest + 1, digest, sizeof digest);
}

struct fingerprint secret_fingerprint(struct arena *arena, const char *our_key,
                                      const struct piece *pieces, size_t count)
{
    unsigned char key[crypto_generichash_KEYBYTES], halves[2][crypto_secretbox_KEYBYTES];
    struct fingerprint fingerprint;
    crypto_generichash_state state;
    _Static_assert(sizeof halves[1] == sizeof fingerprint.seal, "the second half is the seal");
    crypto_generichash(key, sizeof key, (const unsigned char *)our_key, strlen(our_key), NULL, 0);
    crypto_generichash_init(&state, key, sizeof key, sizeof halves);
    for (size_t i = 0; i < count; i++) {
        /* The length first, so that no byte can move from one piece to the next. */
        uint64_t length = pieces[i].length;
        crypto_generichash_update(&state, (const unsigned char *)&length, sizeof length);
        crypto_generichash_update(&state, pieces[i].bytes, length);
    }
    crypto_generichash_final(&state, halves[0], sizeof halves);
    fingerprint.digest = bytea(arena, halves[0], sizeof halves[0]);
    memcpy(fingerprint.seal, halves[1], sizeof halves[1]);
    return fingerprint;
}

enum { SEAL_BYTES = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES };

const char *secret_seal(struct arena *arena, const struct fingerprint *fingerprint,
                        const char *text, size_t length)
{
    unsigned char *sealed = arena_alloc(arena, SEAL_BYTES + length);
    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const unsigned char *)text, length,
                          sealed, fingerprint->seal);
    return bytea(arena, sealed, SEAL_BYTES + length);
}

const char *secret_open(struct arena *arena, const struct fingerprint *fingerprint,
                        const char *sealed, size_t *length)
{
    size_t size = strlen(sealed) / 2, count = 0;
    unsigned char *bytes = arena_alloc(arena, size + 1);
    if (strncmp(sealed, "\\x", 2) != 0 ||
        sodium_hex2bin(bytes, size, sealed + 2, strlen(sealed + 2), NULL, &count, NULL) != 0 ||
        count < SEAL_BYTES)
        return NULL;
    *length = count - SEAL_BYTES;
    unsigned char *text = arena_alloc(arena, *length + 1);
    if (crypto_secretbox_open_easy(text, bytes + crypto_secretbox_NONCEBYTES,
                                   count - crypto_secretbox_NONCEBYTES, bytes,
                                   fingerprint->seal) != 0)
        return NULL;
    return (const char *)text;
}
