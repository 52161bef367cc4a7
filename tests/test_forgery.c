/* Tokens that we did not give, or no longer stand by. They are made here by hand, with libsodium's
 * HMAC, so that the workers' own library cannot agree with itself. */
#include "clinic.h"

#include <sodium.h>
#include <time.h>

static void look_and_close(void)
{
    clinic_expect(strcmp(sql("SELECT count(*) FROM appointment"), "0") == 0, "somebody got in");
    clinic_close_alive();
}

TestSuite(forgery, .init = clinic_open, .fini = look_and_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static const char *base64(const void *bytes, size_t length)
{
    size_t size = sodium_base64_encoded_len(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return sodium_bin2base64(malloc(size), size, bytes, length,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* HEADER.PAYLOAD, both in base64. */
static const char *unsigned_token(const char *head, const char *payload)
{
    return text("%s.%s", base64(head, strlen(head)), base64(payload, strlen(payload)));
}

static const char *sign_hs256(const char *token, const char *key)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)token, strlen(token));
    crypto_auth_hmacsha256_final(&state, mac);
    return text("%s.%s", token, base64(mac, sizeof mac));
}

static const char *sign_hs512(const char *token, const char *key)
{
    unsigned char mac[crypto_auth_hmacsha512_BYTES];
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, (const unsigned char *)key, strlen(key));
    crypto_auth_hmacsha512_update(&state, (const unsigned char *)token, strlen(token));
    crypto_auth_hmacsha512_final(&state, mac);
    return text("%s.%s", token, base64(mac, sizeof mac));
}

static const char hs256[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

/* The claims of a good token, of which one is left out, or has another value. */
static const char *claims(enum pool_name pool, const char *name, const char *value)
{
    const char *now = text("%lld", (long long)time(NULL));
    const char *soon = text("%lld", (long long)time(NULL) + 600);
    const char *const good[][2] = {
        {"aud", pool == PATIENT_POOL ? "\"patient\"" : "\"staff\""},
        {"sub", "\"1\""},
        {"role", pool == PATIENT_POOL ? "\"patient\"" : "\"admin\""},
        {"sid", "1"},
        {"iat", now},
        {"exp", soon},
    };
    const char *payload = "";
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *wanted = name && strcmp(name, good[i][0]) == 0 ? value : good[i][1];
        if (wanted)
            payload = text("%s%s\"%s\":%s", payload, *payload ? "," : "", good[i][0], wanted);
    }
    return text("{%s}", payload);
}

static const char *good_claims(enum pool_name pool)
{
    return claims(pool, NULL, NULL);
}

static const char *good_token(enum pool_name pool)
{
    return sign_hs256(unsigned_token(hs256, good_claims(pool)), clinic_secret(pool));
}

static struct answer ask_with(enum pool_name pool, const char *path, const char *authorization)
{
    const char *const extra[] = {"HTTP_AUTHORIZATION", authorization, NULL};
    return ask(pool, "GET", path, NULL, NULL, 0, extra);
}

static const char *const protected_path[] = {[PATIENT_POOL] = "/me", [ADMIN_POOL] = "/doctors"};

static void expect_refused(const char *about, struct answer answer)
{
    expect_problem(about, answer, 401, "unauthenticated");
    const char *challenge = header(&answer, "WWW-Authenticate");
    cr_expect(challenge && strncmp(challenge, "Bearer", strlen("Bearer")) == 0, "%s: %s", about,
              answer.head);
}

/* The token opens nothing: neither reading nor writing, nor the endpoint that knows both patients
 * and passers-by; and does not disturb where nobody asks for it. */
static void expect_forged(const char *about, enum pool_name pool, const char *token)
{
    const char *authorization = text("Bearer %s", token);
    expect_refused(about, ask_with(pool, protected_path[pool], authorization));
    expect_answer(ask_with(pool, "/health", authorization), 200, "");
    if (pool == ADMIN_POOL)
        return;
    expect_refused(about, patient_api("POST", "/appointments", token,
                                      "{\"doctor_id\": 1, \"treatment_id\": 1,"
                                      " \"start_time\": \"2027-03-02T10:15\"}"));
    expect_refused(about,
                   ask_with(pool, "/availability/1/availability?date=2027-03-02&treatment_id=1",
                            authorization));
}

/* Else the tests below would prove nothing. */
Test(forgery, a_token_made_by_hand_as_ours_are_is_good)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        const char *authorization = text("Bearer %s", good_token(pool));
        expect_answer(ask_with(pool, protected_path[pool], authorization), 200, "");
    }
    struct answer me = patient_api("GET", "/me", good_token(PATIENT_POOL), NULL);
    cr_expect_str_eq(at(&me, "/name"), "Hong");
    expect_answer(patient_api("GET", "/availability/1/availability?date=2027-03-02&treatment_id=1",
                              good_token(PATIENT_POOL), NULL),
                  200, "");
}

Test(forgery, only_hs256_counts_whatever_the_token_says)
{
    static const char *const heads[] = {
        "{\"alg\":\"none\",\"typ\":\"JWT\"}",
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\",\"typ\":\"JWT\"}",
        "{\"alg\":\"NONE\",\"typ\":\"JWT\"}",
        "{\"alg\":\"\",\"typ\":\"JWT\"}",
        "{\"typ\":\"JWT\"}",
        "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":null}",
        "{\"alg\":1}",
        "{}",
        "[]",
        "HS256",
        "",
    };
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < COUNT(heads); i++) {
            const char *token = unsigned_token(heads[i], good_claims(pool));
            const char *key = clinic_secret(pool);
            expect_forged(text("%s, no signature", heads[i]), pool, token);
            expect_forged(text("%s, empty signature", heads[i]), pool, text("%s.", token));
            expect_forged(text("%s, HS256", heads[i]), pool, sign_hs256(token, key));
            expect_forged(text("%s, HS512", heads[i]), pool, sign_hs512(token, key));
        }
}

Test(forgery, only_our_key_signs)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        const char *token = unsigned_token(hs256, good_claims(pool)), *key = clinic_secret(pool);
        const char *other = clinic_secret(pool == PATIENT_POOL ? ADMIN_POOL : PATIENT_POOL);
        const char *const keys[] = {
            "", "0", "secret", other, text("%s ", key), text("%.*s", (int)strlen(key) - 1, key),
        };
        for (size_t i = 0; i < COUNT(keys); i++)
            expect_forged(text("key '%s'", keys[i]), pool, sign_hs256(token, keys[i]));
        expect_forged("HS512 under HS256", pool, sign_hs512(token, key));
    }
}

static void spoil_signature(enum pool_name pool)
{
    const char *good = good_token(pool);
    const char *signature = strrchr(good, '.');
    const char *other = claims(pool, "sub", "\"2\"");
    char *flipped = strdup(good);
    flipped[strlen(good) - 10] = flipped[strlen(good) - 10] == 'A' ? 'B' : 'A';
    const struct {
        const char *about, *token;
    } rows[] = {
        {"another payload", text("%s%s", unsigned_token(hs256, other), signature)},
        {"no signature", text("%.*s", (int)(signature - good), good)},
        {"an empty signature", text("%.*s", (int)(signature + 1 - good), good)},
        {"a changed signature", flipped},
        {"a shorter signature", text("%.*s", (int)strlen(good) - 4, good)},
        {"a longer signature", text("%sAAAA", good)},
        {"a fourth part", text("%s.AAAA", good)},
        {"an empty fourth part", text("%s.", good)},
        {"a leading part", text("AAAA.%s", good)},
        {"a second token", text("%s,%s", good, good)},
        {"a word after it", text("%s x", good)},
        {"a padded signature", text("%s=", good)},
        {"no payload", text("%s..%s", base64(hs256, strlen(hs256)), signature + 1)},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_forged(rows[i].about, pool, rows[i].token);
}

Test(forgery, a_signature_is_for_one_payload)
{
    spoil_signature(PATIENT_POOL);
    spoil_signature(ADMIN_POOL);
}

/* The base64 letter whose first bit is the other, which is one that counts in every place. */
static char other_letter(char letter)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = strchr(letters, letter);
    return (char)(at ? letters[(at - letters) ^ 32] : 'A');
}

Test(forgery, whoever_changes_one_letter_is_found_out, .timeout = 60)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        const char *good = good_token(pool);
        cr_expect_gt(strlen(good), 150);
        for (size_t i = 0; good[i]; i++) {
            char *changed = strdup(good);
            changed[i] = other_letter(good[i]);
            expect_refused(changed,
                           ask_with(pool, protected_path[pool], text("Bearer %s", changed)));
        }
    }
}

/* Heads that bring a key of their own along, or say where one is, or what not to look at. */
Test(forgery, a_token_does_not_choose_its_key)
{
    static const char key[] = "the forger's own secret, also long enough";
    static const char *const heads[] = {
        "{\"alg\":\"HS256\",\"kid\":\"/dev/null\"}",
        "{\"alg\":\"HS256\",\"kid\":\"' UNION SELECT 'k\"}",
        "{\"alg\":\"HS256\",\"jku\":\"https://forger.example/jwks\"}",
        "{\"alg\":\"HS256\",\"x5u\":\"https://forger.example/x5u\"}",
        "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"dGhlIGZvcmdlcidzIG93biBzZWNyZXQ\"}}",
        "{\"alg\":\"HS256\",\"x5c\":[\"AAAA\"]}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"HS256\",\"zip\":\"DEF\"}",
        "{\"alg\":\"HS256\",\"cty\":\"JWT\"}",
        "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\"}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
    };
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < COUNT(heads); i++) {
            const char *token = unsigned_token(heads[i], good_claims(pool));
            expect_forged(heads[i], pool, text("%s.", token));
            expect_forged(heads[i], pool, sign_hs256(token, key));
            expect_forged(heads[i], pool, sign_hs256(token, ""));
        }
}

/* Signed with our key all the same. NULL: the claim is missing. */
static const struct {
    const char *name, *value;
} bad_claims[] = {
    {"exp", NULL},
    {"exp", "0"},
    {"exp", "1"},
    {"exp", "-1"},
    {"exp", "-9223372036854775808"},
    {"exp", "9223372036854775808"},
    {"exp", "99999999999999999999999999"},
    {"exp", "9999999999.5"},
    {"exp", "1e12"},
    {"exp", "\"9999999999\""},
    {"exp", "true"},
    {"exp", "null"},
    {"exp", "[9999999999]"},
    {"exp", "{}"},
    {"aud", NULL},
    {"aud", "\"\""},
    {"aud", "\"Patient\""},
    {"aud", "\"patients\""},
    {"aud", "\"staff and patient\""},
    {"aud", "[\"patient\", \"staff\"]"},
    {"aud", "null"},
    {"aud", "1"},
    {"sub", NULL},
    {"sub", "\"\""},
    {"sub", "\"0\""},
    {"sub", "\"-1\""},
    {"sub", "\"+1\""},
    {"sub", "\" 1\""},
    {"sub", "\"1 \""},
    {"sub", "\"1x\""},
    {"sub", "\"1e0\""},
    {"sub", "\"99999999999999999999\""},
    {"sub", "1"},
    {"sub", "null"},
    {"role", NULL},
    {"role", "\"\""},
    {"role", "\"anyone\""},
    {"role", "\"root\""},
    {"role", "\"Admin\""},
    {"role", "[\"admin\"]"},
    {"sid", NULL},
    {"sid", "0"},
    {"sid", "-1"},
    {"sid", "\"1\""},
    {"sid", "1.5"},
};

Test(forgery, a_token_without_good_claims_is_none)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < COUNT(bad_claims); i++) {
            const char *payload = claims(pool, bad_claims[i].name, bad_claims[i].value);
            expect_forged(payload, pool,
                          sign_hs256(unsigned_token(hs256, payload), clinic_secret(pool)));
        }
    static const char *const payloads[] = {"", "{", "[]", "1", "null", "\"\"", "{}", "\xFF"};
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < COUNT(payloads); i++)
            expect_forged(payloads[i], pool,
                          sign_hs256(unsigned_token(hs256, payloads[i]), clinic_secret(pool)));
}

Test(forgery, a_token_ends_with_the_second_it_names)
{
    static const int seconds_ago[] = {0, 1, 60, 86400};
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++)
        for (size_t i = 0; i < COUNT(seconds_ago); i++) {
            const char *exp = text("%lld", (long long)time(NULL) - seconds_ago[i]);
            const char *payload = claims(pool, "exp", exp);
            expect_forged(payload, pool,
                          sign_hs256(unsigned_token(hs256, payload), clinic_secret(pool)));
        }
}

Test(forgery, a_token_of_one_pool_opens_nothing_in_the_other)
{
    expect_forged("a patient's at the desk", ADMIN_POOL, patient_token(1));
    expect_forged("staff's at the patients'", PATIENT_POOL, staff_token("admin"));
    expect_forged(
        "staff's audience, the patients' key", ADMIN_POOL,
        sign_hs256(unsigned_token(hs256, good_claims(ADMIN_POOL)), clinic_secret(PATIENT_POOL)));
    expect_forged(
        "the patients' audience, staff's key", PATIENT_POOL,
        sign_hs256(unsigned_token(hs256, good_claims(PATIENT_POOL)), clinic_secret(ADMIN_POOL)));
    expect_forged("the patients' audience, staff's pool and key", ADMIN_POOL,
                  sign_hs256(unsigned_token(hs256, claims(ADMIN_POOL, "aud", "\"patient\"")),
                             clinic_secret(ADMIN_POOL)));
}

Test(forgery, what_is_no_token_at_all_is_refused)
{
    static const char *const tokens[] = {
        ".",           "..",
        "...",         "....",
        "a",           "a.b",
        "a.b.c",       "AAAA.AAAA.AAAA",
        "null",        "\xFF.\xFF.\xFF",
        "=.=.=",       "{\"alg\":\"HS256\"}.{}.",
        "%2e%2e",      "e30.e30.",
        "e30.e30.e30",
    };
    const char *admin = staff_token("admin");
    for (size_t i = 0; i < COUNT(tokens); i++) {
        expect_forged(tokens[i], PATIENT_POOL, tokens[i]);
        expect_forged(tokens[i], ADMIN_POOL, tokens[i]);
    }
    expect_forged("two in one", ADMIN_POOL, text("%s %s", admin, admin));
    expect_forged("without its head", ADMIN_POOL, strchr(admin, '.') + 1);
}

/* The gateway refuses such headers; the worker must survive them all the same. */
Test(forgery, a_huge_token_is_refused_like_any_other)
{
    static const int sizes[] = {8 * 1024, 16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024};
    for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
        enum pool_name pool = i % 2 ? ADMIN_POOL : PATIENT_POOL;
        const char *good = good_token(pool);
        const char *filler = text("%0*d", sizes[i / 2], 0);
        const char *payload = text("{\"filler\":\"%s\"}", filler);
        const char *token = unsigned_token(hs256, payload);
        expect_forged("one part", pool, filler);
        expect_forged("three parts", pool, text("%s.%s.%s", filler, filler, filler));
        expect_forged("a long signature", pool, text("%s%s", good, filler));
        expect_forged("a long payload", pool, text("%s.AAAA", token));
        expect_forged("a long payload, signed, but of nobody", pool,
                      sign_hs256(token, clinic_secret(pool)));
    }
}

Test(forgery, the_scheme_is_bearer_in_any_case)
{
    const char *token = good_token(PATIENT_POOL);
    static const char *const good[] = {"Bearer", "bearer", "BEARER", "bEaReR"};
    for (size_t i = 0; i < COUNT(good); i++)
        expect_answer(ask_with(PATIENT_POOL, "/me", text("%s %s", good[i], token)), 200, "");
    const char *const bad[] = {
        token,
        "Bearer",
        "Bearer ",
        text("Bearer%s", token),
        text("Bearer:%s", token),
        text("Token %s", token),
        text("JWT %s", token),
        text("Basic %s", token),
        text("Basic %s", base64("patient:clinic-demo", strlen("patient:clinic-demo"))),
        text("Bearer \"%s\"", token),
        text("Basic x, Bearer %s", token),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        expect_refused(bad[i], ask_with(PATIENT_POOL, "/me", bad[i]));
        expect_refused(bad[i], ask_with(PATIENT_POOL,
                                        "/availability/1/availability?date=2027-03-02"
                                        "&treatment_id=1",
                                        bad[i]));
        expect_answer(ask_with(PATIENT_POOL, "/doctors", bad[i]), 200, "");
    }
    expect_refused("none", ask_with(PATIENT_POOL, "/me", ""));
    expect_answer(
        ask_with(PATIENT_POOL, "/availability/1/availability?date=2027-03-02&treatment_id=1", ""),
        200, "");
}
