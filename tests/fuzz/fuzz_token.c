/*
 * Access tokens. The first byte says whether the rest is a token as it stands, or claims, which are
 * then signed with the right key under the header that the byte names: nobody gets so far without
 * the key, but what is behind the signature must hold too. What is accepted has a signature that
 * libsodium confirms, and claims that are all as token_issue() makes them.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "opinion.h"

static const char *const headers[] = {
    "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
    "{\"alg\":\"HS256\"}",
    "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
    "{\"alg\":\"none\"}",
    "{\"typ\":\"JWT\"}",
    "{\"alg\":\"hs256\",\"typ\":\"at+jwt\"}",
};
enum { HEADERS = sizeof headers / sizeof *headers, LONGEST = 8192 };
enum { URL_SAFE = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

void fuzz_open(void)
{
    must(sodium_init() >= 0, "libsodium starts");
}

static char *base64(struct arena *arena, const void *bytes, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, URL_SAFE);
    return sodium_bin2base64(arena_alloc(arena, room), room, bytes, size, URL_SAFE);
}

static char *signature_of(struct arena *arena, const char *text, size_t length)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)fuzz_key.secret,
                                strlen(fuzz_key.secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, length);
    crypto_auth_hmacsha256_final(&state, mac);
    return base64(arena, mac, sizeof mac);
}

static char *sign(struct arena *arena, const char *header, const void *claims, size_t size)
{
    char *text = arena_printf(arena, "%s.%s", base64(arena, header, strlen(header)),
                              base64(arena, claims, size));
    return arena_printf(arena, "%s.%s", text, signature_of(arena, text, strlen(text)));
}

/* The JSON in a part of the token. NULL: it has a name twice, of which libjwt takes the last; only
 * who has the key could have written it so. */
static struct opinion *part(struct arena *arena, const char *text, size_t length)
{
    size_t size = 0;
    unsigned char *bytes = arena_alloc(arena, length + 1);
    must(sodium_base642bin(bytes, length, text, length, NULL, &size, NULL, URL_SAFE) == 0,
         "a part is base64 without padding");
    struct opinion *tree = opinion_of((const char *)bytes, size, NULL);
    must(!tree || opinion_type(tree) == OPINION_OBJECT, "a part is an object");
    return tree;
}

static const char *text_in(const struct opinion *tree, const char *name)
{
    const char *text = opinion_text(opinion_member(tree, name));
    return text ? text : "";
}

static int64_t integer_in(const struct opinion *tree, const char *name)
{
    const struct opinion *value = opinion_member(tree, name);
    must(value && opinion_type(value) == OPINION_INTEGER, "%s is an integer", name);
    return opinion_integer(value);
}

/* Judges an accepted token without libjwt. */
static void must_be_ours(struct arena *arena, const char *token, const struct caller *caller)
{
    const char *dot = strchr(token, '.'), *last = strrchr(token, '.');
    must(dot && last > dot && !memchr(dot + 1, '.', (size_t)(last - dot - 1)),
         "it has three parts");
    const char *signature = signature_of(arena, token, (size_t)(last - token));
    must(strcmp(signature, last + 1) == 0, "the signature is ours, to the letter");
    struct opinion *header = part(arena, token, (size_t)(dot - token));
    struct opinion *claims = part(arena, dot + 1, (size_t)(last - dot - 1));
    if (!header || !claims) {
        opinion_free(header);
        opinion_free(claims);
        return;
    }
    must(strcmp(text_in(header, "alg"), "HS256") == 0, "the algorithm is ours");
    must(strcmp(text_in(claims, "aud"), fuzz_key.audience) == 0, "it is meant for us");
    must(integer_in(claims, "exp") > FUZZ_NOW, "it has not expired");
    must(integer_in(claims, "iat") > 0, "it was made some time");
    must(integer_in(claims, "sid") == caller->login_id && caller->login_id > 0, "it has its login");
    must(strcmp(text_in(claims, "role"), role_name(caller->role)) == 0 &&
             caller->role >= ROLE_PATIENT,
         "it has its role");
    must(strtoll(text_in(claims, "sub"), NULL, 10) == caller->id && caller->id > 0 &&
             strspn(text_in(claims, "sub"), "0123456789") == strlen(text_in(claims, "sub")),
         "it is somebody's");
    opinion_free(header);
    opinion_free(claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct caller caller = {.id = 0};
    if (size == 0 || size > LONGEST)
        return 0;
    struct arena *arena = arena_new();
    const char *token = data[0] < HEADERS ? sign(arena, headers[data[0]], data + 1, size - 1)
                                          : arena_copy(arena, (const char *)data + 1, size - 1);
    if (!token_read(arena, &fuzz_key, token, FUZZ_NOW, &caller))
        must_be_ours(arena, token, &caller);
    else
        must(caller.id == 0, "who is refused stays unknown");
    arena_free(arena);
    return 0;
}
