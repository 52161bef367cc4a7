/* Passwords without their cost, which would leave time for little else: stands in for libsodium's
 * argon2id, whose functions these are. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

int crypto_pwhash(unsigned char *const out, unsigned long long outlen, const char *const passwd,
                  unsigned long long passwdlen, const unsigned char *const salt,
                  unsigned long long opslimit, size_t memlimit, int alg)
{
    (void)salt, (void)opslimit, (void)memlimit, (void)alg;
    return crypto_generichash(out, outlen, (const unsigned char *)passwd, passwdlen, NULL, 0);
}

int crypto_pwhash_str_alg(char out[crypto_pwhash_STRBYTES], const char *const passwd,
                          unsigned long long passwdlen, unsigned long long opslimit,
                          size_t memlimit, int alg)
{
    unsigned char bytes[32];
    (void)opslimit, (void)memlimit, (void)alg;
    char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    crypto_generichash(bytes, sizeof bytes, (const unsigned char *)passwd, passwdlen, NULL, 0);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    snprintf(out, crypto_pwhash_STRBYTES,
             "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$%s", text);
    return 0;
}
