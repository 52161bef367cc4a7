/*
 * Access tokens: what was issued is read, and nothing else is.
 *
 * The forged ones are made here by hand, so that each is wrong in one thing only. libsodium has no
 * SHA-384: that is SHA-512 from other initial values, cut off.
 */
#include "token.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#define SECRET  "0123456789abcdef0123456789abcdef"
#define ANOTHER "0123456789abcdef0123456789abcdeF"

enum { NOW = 1800000000, MOST_BYTES = crypto_hash_sha512_BYTES };

static const struct token_key patients = {SECRET, "patient"}, staff = {SECRET, "staff"},
                              others = {ANOTHER, "patient"};

static struct arena *arena;

static void begin(void)
{
    cr_assert(sodium_init() >= 0);
    arena = arena_new();
}

static void end(void)
{
    arena_free(arena);
}

TestSuite(token, .init = begin, .fini = end);

/* How a forger signs: writes the signature of `text`, returns its length. */
typedef size_t signer(unsigned char signature[MOST_BYTES], const char *text, const char *secret);

static size_t sign_hs256(unsigned char signature[MOST_BYTES], const char *text, const char *secret)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, signature);
    return crypto_auth_hmacsha256_BYTES;
}

static size_t sign_hs512(unsigned char signature[MOST_BYTES], const char *text, const char *secret)
{
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha512_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha512_final(&state, signature);
    return crypto_auth_hmacsha512_BYTES;
}

/* SHA-384 (FIPS 180-4, 5.3.4) of two texts after each other. */
enum { SHA384_BYTES = 48, SHA512_BLOCK = 128 };

static void sha384(unsigned char digest[MOST_BYTES], const unsigned char block[SHA512_BLOCK],
                   const void *text, size_t length)
{
    static const uint64_t initial[8] = {
        0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
        0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
    };
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    memcpy(state.state, initial, sizeof initial);
    crypto_hash_sha512_update(&state, block, SHA512_BLOCK);
    crypto_hash_sha512_update(&state, text, length);
    crypto_hash_sha512_final(&state, digest);
}

static size_t sign_hs384(unsigned char signature[MOST_BYTES], const char *text, const char *secret)
{
    unsigned char inner[SHA512_BLOCK], outer[SHA512_BLOCK], digest[MOST_BYTES];
    memset(inner, 0x36, sizeof inner);
    memset(outer, 0x5c, sizeof outer);
    for (size_t i = 0; secret[i]; i++) {
        inner[i] ^= (unsigned char)secret[i];
        outer[i] ^= (unsigned char)secret[i];
    }
    sha384(digest, inner, text, strlen(text));
    sha384(signature, outer, digest, SHA384_BYTES);
    return SHA384_BYTES;
}

static size_t sign_not(unsigned char signature[MOST_BYTES], const char *text, const char *secret)
{
    (void)text, (void)secret;
    signature[0] = 0;
    return 0;
}

static const char *base64(const void *bytes, size_t length)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t size = sodium_base64_encoded_len(length, variant);
    return sodium_bin2base64(arena_alloc(arena, size), size, bytes, length, variant);
}

static const char *forge(const char *header, const char *payload, signer *sign, const char *secret)
{
    unsigned char signature[MOST_BYTES];
    const char *text = arena_printf(arena, "%s.%s", base64(header, strlen(header)),
                                    base64(payload, strlen(payload)));
    size_t length = sign(signature, text, secret);
    return arena_printf(arena, "%s.%s", text, base64(signature, length));
}

#define HS256        "{\"typ\":\"JWT\",\"alg\":\"HS256\"}"
#define GOOD_PAYLOAD CLAIMS("1800000900")
#define CLAIMS(EXP)                                                                                \
    "{\"aud\":\"patient\",\"exp\":" EXP ",\"iat\":1800000000,\"role\":\"patient\",\"sid\":34,"     \
    "\"sub\":\"12\"}"

static const char *good_token(void)
{
    return forge(HS256, GOOD_PAYLOAD, sign_hs256, SECRET);
}

static bool is_read(const struct token_key *key, const char *token, time_t now)
{
    struct caller caller;
    const struct problem *problem = token_read(arena, key, token, now, &caller);
    cr_expect(!problem || problem == &problem_unauthenticated, "%s", token);
    return !problem;
}

Test(token, what_is_issued_is_read_as_the_same_caller)
{
    static const struct caller callers[] = {
        {1, 1, ROLE_PATIENT}, {12, 34, ROLE_PATIENT}, {7, 8, ROLE_VIEWER},
        {7, 9, ROLE_DESK},    {7, 10, ROLE_ADMIN},    {999999999999999999, INT64_MAX, ROLE_PATIENT},
    };
    for (size_t i = 0; i < sizeof callers / sizeof *callers; i++) {
        struct caller caller = {0, 0, ROLE_ANYONE};
        const char *token = token_issue(arena, &patients, &callers[i], NOW, NOW + 900);
        cr_assert_not_null(token);
        cr_assert_null(token_read(arena, &patients, token, NOW, &caller), "row %zu", i);
        cr_expect_eq(caller.id, callers[i].id, "row %zu", i);
        cr_expect_eq(caller.login_id, callers[i].login_id, "row %zu", i);
        cr_expect_eq(caller.role, callers[i].role, "row %zu", i);
    }
}

Test(token, what_is_issued_outlives_the_reset_of_nothing)
{
    const struct caller caller = {12, 34, ROLE_PATIENT};
    const char *token = token_issue(arena, &patients, &caller, NOW, NOW + 900);
    for (int i = 0; i < 100; i++)
        token_issue(arena, &patients, &caller, NOW, NOW + i);
    cr_expect(is_read(&patients, token, NOW));
}

/* The forger's hand is good: all that follows is refused for what it says it is. */
Test(token, a_token_made_by_hand_is_as_good)
{
    struct caller caller;
    cr_assert_null(token_read(arena, &patients, good_token(), NOW, &caller));
    cr_expect_eq(caller.id, 12);
    cr_expect_eq(caller.login_id, 34);
    cr_expect_eq(caller.role, ROLE_PATIENT);
    unsigned char signature[MOST_BYTES];
    char hex[2 * SHA384_BYTES + 1];
    sign_hs384(signature, "what do ya want for nothing?", "Jefe"); /* RFC 4231, 4.3 */
    cr_expect_str_eq(sodium_bin2hex(hex, sizeof hex, signature, SHA384_BYTES),
                     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                     "8e2240ca5e69e2c78b3239ecfab21649");
}

Test(token, a_token_is_good_until_it_expires)
{
    const struct caller caller = {12, 34, ROLE_PATIENT};
    const char *token = token_issue(arena, &patients, &caller, NOW, NOW + 900);
    cr_expect(is_read(&patients, token, NOW));
    cr_expect(is_read(&patients, token, NOW + 899));
    cr_expect(!is_read(&patients, token, NOW + 900), "at that very second");
    cr_expect(!is_read(&patients, token, NOW + 901));
    cr_expect(!is_read(&patients, token, (time_t)NOW * 2));
    cr_expect(!is_read(&patients, token_issue(arena, &patients, &caller, NOW, NOW), NOW));
    cr_expect(!is_read(&patients, token_issue(arena, &patients, &caller, NOW, NOW - 1), NOW));
}

Test(token, a_token_is_for_one_key_and_one_audience)
{
    static const struct token_key longer = {SECRET "0", "patient"}, upper = {SECRET, "Patient"},
                                  part = {SECRET, "patien"}, more = {SECRET, "patients"},
                                  weak = {"0", "patient"};
    const struct token_key keys[] = {staff, others, longer, upper, part, more, weak};
    const struct caller caller = {12, 34, ROLE_PATIENT};
    const char *token = token_issue(arena, &patients, &caller, NOW, NOW + 900);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cr_expect(!is_read(&keys[i], token, NOW), "key %zu", i);
        cr_expect(!is_read(&patients, token_issue(arena, &keys[i], &caller, NOW, NOW + 900), NOW),
                  "from key %zu", i);
    }
}

Test(token, no_algorithm_but_hs256)
{
    static const struct {
        const char *what, *header;
        signer *sign;
    } rows[] = {
        {"none", "{\"alg\":\"none\"}", sign_not},
        {"none, typed", "{\"typ\":\"JWT\",\"alg\":\"none\"}", sign_not},
        {"none, signed", "{\"typ\":\"JWT\",\"alg\":\"none\"}", sign_hs256},
        {"None", "{\"alg\":\"None\"}", sign_not},
        {"NONE", "{\"alg\":\"NONE\"}", sign_not},
        {"nOnE, signed", "{\"alg\":\"nOnE\"}", sign_hs256},
        {"no alg", "{\"typ\":\"JWT\"}", sign_not},
        {"no alg, signed", "{\"typ\":\"JWT\"}", sign_hs256},
        {"an empty alg", "{\"alg\":\"\"}", sign_hs256},
        {"a null alg", "{\"alg\":null}", sign_not},
        {"HS256 without signature", HS256, sign_not},
        {"HS256 signed as HS512", HS256, sign_hs512},
        {"HS384", "{\"typ\":\"JWT\",\"alg\":\"HS384\"}", sign_hs384},
        {"HS512", "{\"typ\":\"JWT\",\"alg\":\"HS512\"}", sign_hs512},
        {"HS512 signed as HS256", "{\"alg\":\"HS512\"}", sign_hs256},
        {"RS256", "{\"alg\":\"RS256\"}", sign_hs256},
        {"ES256", "{\"alg\":\"ES256\"}", sign_hs256},
        {"two algs", "{\"alg\":\"HS256\",\"alg\":\"none\"}", sign_not},
        {"an algorithm of one's own", "{\"alg\":\"ROT13\"}", sign_hs256},
        {"no header", "{}", sign_not},
        {"an array for a header", "[\"HS256\"]", sign_hs256},
        {"a header that is no JSON", "alg=HS256", sign_hs256},
        {"an empty header", "", sign_hs256},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect(
            !is_read(&patients, forge(rows[i].header, GOOD_PAYLOAD, rows[i].sign, SECRET), NOW),
            "%s", rows[i].what);
}

Test(token, every_claim_is_there_and_of_its_type)
{
#define REST "\"iat\":1800000000," WHOM
#define WHOM "\"role\":\"patient\",\"sid\":34,\"sub\":\"12\"}"
#define WHO  "{\"aud\":\"patient\",\"exp\":1800000900,\"iat\":1800000000,"
    static const char *const payloads[] = {
        CLAIMS("\"1800000900\""),
        CLAIMS("1800000900.0"),
        CLAIMS("1.8000009e9"),
        CLAIMS("1e99"),
        CLAIMS("true"),
        CLAIMS("null"),
        CLAIMS("[1800000900]"),
        CLAIMS("{}"),
        CLAIMS("0"),
        CLAIMS("1"),
        CLAIMS("-1"),
        CLAIMS("-1800000900"),
        CLAIMS("1800000000"),
        CLAIMS("1799999999"),
        CLAIMS("99999999999999999999"),
        CLAIMS("1800000900,\"exp\":1"),
        "{\"aud\":\"patient\"," REST,
        "{\"aud\":\"patient\",\"EXP\":1800000900," REST,
        "{\"exp\":1800000900," REST,
        "{\"aud\":\"staff\",\"exp\":1800000900," REST,
        "{\"aud\":\"\",\"exp\":1800000900," REST,
        "{\"aud\":null,\"exp\":1800000900," REST,
        "{\"aud\":[\"patient\"],\"exp\":1800000900," REST,
        "{\"aud\":\"patient\\u0000x\",\"exp\":1800000900," REST,
        WHO "\"role\":\"patient\",\"sid\":34}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":12}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":null}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"0\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"000\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"-1\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"+1\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"1x\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\" 1\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"1 \"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"0x1\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"1.0\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"9223372036854775808\"}",
        WHO "\"role\":\"patient\",\"sid\":34,\"sub\":\"99999999999999999999999999\"}",
        WHO "\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":\"nurse\",\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":\"Patient\",\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":\"\",\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":\"anyone\",\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":\"anyone or patient\",\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":2,\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":null,\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":[\"admin\"],\"sid\":34,\"sub\":\"12\"}",
        WHO "\"role\":\"patient\",\"sub\":\"12\"}",
        WHO "\"role\":\"patient\",\"sid\":\"34\",\"sub\":\"12\"}",
        WHO "\"role\":\"patient\",\"sid\":34.0,\"sub\":\"12\"}",
        WHO "\"role\":\"patient\",\"sid\":0,\"sub\":\"12\"}",
        WHO "\"role\":\"patient\",\"sid\":-34,\"sub\":\"12\"}",
        WHO "\"role\":\"patient\",\"sid\":null,\"sub\":\"12\"}",
        "{\"aud\":\"patient\",\"exp\":1800000900," WHOM,
        "{\"aud\":\"patient\",\"exp\":1800000900,\"iat\":\"1800000000\"," WHOM,
        "{\"aud\":\"patient\",\"exp\":1800000900,\"iat\":0," WHOM,
        "{}",
        "[]",
        "null",
        "12",
        "",
        "not JSON",
        "{\"aud\":\"patient\"",
    };
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        cr_expect(!is_read(&patients, forge(HS256, payloads[i], sign_hs256, SECRET), NOW), "%s",
                  payloads[i]);
    cr_expect(is_read(&patients, forge(HS256, WHO WHOM, sign_hs256, SECRET), NOW),
              "what the rows above were made from");
}

/* Every character of a token matters, but for bits that base64 leaves unused. */
Test(token, whoever_changes_a_letter_is_found_out)
{
    const char *token = good_token();
    for (size_t i = 0; token[i]; i++) {
        char *changed = arena_copy(arena, token, strlen(token));
        changed[i] = token[i] == 'A' ? 'B' : 'A';
        cr_expect(!is_read(&patients, changed, NOW), "%c became %c at %zu", token[i], changed[i],
                  i);
        cr_expect(!is_read(&patients, arena_copy(arena, token, i), NOW), "cut off at %zu", i);
    }
}

Test(token, a_signature_belongs_to_its_payload)
{
    const char *mine = good_token();
    const char *theirs = forge(HS256,
                               "{\"aud\":\"patient\",\"exp\":1800000900,\"iat\":1800000000,"
                               "\"role\":\"admin\",\"sid\":34,\"sub\":\"1\"}",
                               sign_hs256, ANOTHER);
    const char *mixed = arena_printf(arena, "%.*s%s", (int)(strrchr(theirs, '.') - theirs), theirs,
                                     strrchr(mine, '.'));
    cr_expect(!is_read(&patients, mixed, NOW), "%s", mixed);
    cr_expect(!is_read(&patients, theirs, NOW));
}

Test(token, what_is_no_token_is_refused)
{
    const char *token = good_token();
    const int unsigned_length = (int)(strrchr(token, '.') - token);
    const char *texts[] = {
        "",
        ".",
        "..",
        "...",
        "....................",
        "garbage",
        "a.b",
        "a.b.c",
        "e30.e30.",
        "e30.e30.e30",
        "=.=.=",
        "\xff.\xff.\xff",
        "\xea\xb9\x80.\xea\xb9\x80.\xea\xb9\x80",
        "null",
        "{}",
        arena_printf(arena, "%s%s", token, token),
        arena_printf(arena, "%s.%s", token, token),
        arena_printf(arena, "%s %s", token, token),
        arena_printf(arena, "%s,%s", token, token),
        arena_printf(arena, "%s.", token),
        arena_printf(arena, "%s.x", token),
        arena_printf(arena, ".%s", token),
        arena_printf(arena, " %s", token),
        arena_printf(arena, "%s ", token),
        arena_printf(arena, "%s\n", token),
        arena_printf(arena, "%s=", token),
        arena_printf(arena, "\"%s\"", token),
        arena_printf(arena, "Bearer %s", token),
        arena_printf(arena, "%.*s", unsigned_length, token),
        arena_printf(arena, "%.*s.", unsigned_length, token),
        arena_printf(arena, "%.*s..%s", unsigned_length, token, token + unsigned_length + 1),
        strchr(token, '.'),
        strchr(token, '.') + 1,
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(!is_read(&patients, texts[i], NOW), "row %zu: %s", i, texts[i]);
}

Test(token, a_very_long_text_is_refused)
{
    enum { LENGTH = 64 * 1024 };
    static char text[LENGTH + 1];
    memset(text, 'A', LENGTH);
    cr_expect(!is_read(&patients, text, NOW));
    memset(text, '.', LENGTH);
    cr_expect(!is_read(&patients, text, NOW));
}

Test(token, before_all_tokens_none_has_expired_and_all_else_holds)
{
    static const char *const bad[] = {CLAIMS("0"), CLAIMS("-1"), CLAIMS("\"1\""), CLAIMS("null")};
    cr_expect(is_read(&patients, forge(HS256, CLAIMS("1"), sign_hs256, SECRET), BEFORE_ALL_TOKENS));
    cr_expect(
        !is_read(&patients, forge(HS256, CLAIMS("1"), sign_hs256, ANOTHER), BEFORE_ALL_TOKENS));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!is_read(&patients, forge(HS256, bad[i], sign_hs256, SECRET), BEFORE_ALL_TOKENS),
                  "%s", bad[i]);
}

Test(token, roles_have_names_and_contain_each_other)
{
    static const enum role roles[] = {ROLE_PATIENT, ROLE_VIEWER, ROLE_DESK, ROLE_ADMIN};
    static const char *const names[] = {"patient", "viewer", "desk", "admin"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        cr_expect_eq(role_by_name(names[i]), roles[i], "%s", names[i]);
        cr_expect_str_eq(role_name(roles[i]), names[i]);
        cr_expect(i == 0 || roles[i] > roles[i - 1], "%s may all that %s may", names[i],
                  names[i ? i - 1 : 0]);
    }
    static const char *const none[] = {"",    "Admin", "admin ", "anyone", "anyone or patient",
                                       "root"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_eq(role_by_name(none[i]), ROLE_ANYONE, "%s", none[i]);
    cr_expect_eq(role_by_name(NULL), ROLE_ANYONE);
}
