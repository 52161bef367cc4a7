/* TLS at the gateway, switched on with two settings. */
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(tls, .init = gateway_open_tls, .fini = gateway_close);
TestSuite(tls_settings, .init = clinic_open, .fini = clinic_close);

/* Whether a handshake of that protocol succeeds, by an OpenSSL that would accept any. */
static bool shakes_hands(const char *protocol, const char *ciphers)
{
    return system(text("openssl s_client -connect 127.0.0.1:%d -%s -cipher %s:@SECLEVEL=0"
                       " </dev/null >/dev/null 2>&1",
                       gateway_port(), protocol, ciphers)) == 0;
}

Test(tls, only_versions_1_2_and_1_3_are_spoken)
{
    cr_expect(shakes_hands("tls1_3", "ALL"));
    cr_expect(shakes_hands("tls1_2", "ALL"));
    cr_expect(!shakes_hands("tls1_1", "ALL"));
    cr_expect(!shakes_hands("tls1", "ALL"));
    cr_expect(!shakes_hands("tls1_2", "ECDHE-ECDSA-AES128-SHA"), "no authenticated encryption");
}

Test(tls, the_api_and_the_pages_are_served_and_browsers_told_to_stay)
{
    static const char *const paths[] = {"/api/v1/patient/doctors", "/docs/", "/openapi.json",
                                        "/nothing", "/health"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer = gateway_get(paths[i]);
        cr_expect_eq(answer.status, strcmp(paths[i], "/nothing") ? 200 : 404, "%s", paths[i]);
        const char *stay = header(&answer, "Strict-Transport-Security");
        cr_expect(stay && !strcmp(stay, "max-age=63072000"), "%s", paths[i]);
    }
}

/* What curl says of a request over plain HTTP, by its --write-out. */
static const char *plainly(const char *options, const char *path, const char *wanted)
{
    static char said[1024];
    FILE *out = popen(text("curl --silent --output /dev/null %s --write-out '%s'"
                           " 'http://127.0.0.1:%d%s'",
                           options, wanted, gateway_port(), path),
                      "r");
    cr_assert(out);
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    pclose(out);
    return text("%s", said);
}

/* 308: a POST stays one. */
Test(tls, plain_http_is_sent_on)
{
    static const char *const paths[] = {"/", "/api/v1/patient/doctors?page=2", "/docs/"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        cr_expect_str_eq(plainly("", paths[i], "%{http_code} %{redirect_url}"),
                         text("308 https://127.0.0.1:%d%s", gateway_port(), paths[i]));
    cr_expect_str_eq(plainly("--data '{}'", "/api/v1/patient/auth/patient/login", "%{http_code}"),
                     "308");
    cr_expect_str_eq(plainly("", "/", "%header{strict-transport-security}"), "");
}

/* What nginx/render says when these are the two settings; "" when it is content. */
static const char *complaint(const char *certificate, const char *key)
{
    static char said[4096];
    clinic_set("TLS_CERTIFICATE", certificate);
    clinic_set("TLS_CERTIFICATE_KEY", key);
    FILE *out =
        popen("GATEWAY_LISTEN=8000 GATEWAY_STATE=/tmp GATEWAY_WWW=/tmp PATIENT_POOL=unix:/tmp/p"
              " ADMIN_POOL=unix:/tmp/a nginx/render 2>&1 >/dev/null",
              "r");
    cr_assert(out);
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    cr_expect_eq(pclose(out) != 0, *said != '\0');
    return text("%s", said);
}

Test(tls_settings, half_of_them_or_a_file_that_is_not_there_is_named)
{
    const char *file = text("%s/file.pem", clinic_directory());
    cr_assert_eq(system(text("touch %s", file)), 0);
    cr_expect(strstr(complaint(file, NULL), "TLS_CERTIFICATE_KEY is missing"));
    cr_expect(strstr(complaint(NULL, file), "TLS_CERTIFICATE is missing"));
    cr_expect(strstr(complaint(file, "/nothing.pem"), "/nothing.pem"));
    cr_expect(strstr(complaint("/nothing.pem", file), "/nothing.pem"));
    cr_expect(strstr(complaint("no path", file), "TLS_CERTIFICATE is not understood"));
    cr_expect(strstr(complaint(clinic_directory(), file), clinic_directory()), "a directory");
    cr_expect_str_eq(complaint(file, file), "");
    cr_expect_str_eq(complaint("", ""), "");
    cr_expect_str_eq(complaint("/dev/null", "/dev/null"), "", "as in docker-compose.yml");
}
