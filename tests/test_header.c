/* Headers that keep browsers from doing what nobody meant, on whatever the gateway answers. */
#include "gateway.h"

#include <string.h>

TestSuite(header, .init = gateway_open, .fini = gateway_close);

#define API_POLICY "default-src 'none'; frame-ancestors 'none'"

/* Something of every kind: an API's answers, refusals of workers and of the gateway, pages. */
static const struct asked {
    const char *method, *path;
    int status;
    const char *caching; /* NULL: nothing is said */
    bool is_page;
} asked[] = {
    {"GET", "/api/v1/patient/doctors", 200, "no-store", false},
    {"GET", "/api/v1/patient/doctors/1", 200, "no-store", false},
    {"GET", "/api/v1/patient/me", 401, "no-store", false},
    {"GET", "/api/v1/patient/nothing", 404, "no-store", false},
    {"DELETE", "/api/v1/patient/doctors", 405, "no-store", false},
    {"POST", "/api/v1/patient/auth/patient/login", 415, "no-store", false},
    {"GET", "/api/v1/admin/patients", 401, "no-store", false},
    {"GET", "/api/v1/admin/health", 200, "no-store", false},
    {"GET", "/health", 200, "no-store", false},
    {"GET", "/nothing", 404, "no-store", false},
    {"POST", "/openapi.json", 405, "no-store", false},
    {"GET", "/", 200, "no-cache", true},
    {"GET", "/admin/", 200, "no-cache", true},
    {"GET", "/admin", 302, NULL, false},
    {"GET", "/admin/nothing", 404, "no-store", false},
    {"GET", "/assets/nothing.js", 404, "no-store", false},
    {"GET", "/openapi.json", 200, "no-cache", false},
    {"GET", "/docs/", 200, "no-cache", true},
    {"GET", "/docs/start.js", 200, "no-cache", true},
    {"GET", "/docs/nothing", 404, "no-store", false},
};

static const struct promise {
    const char *name, *value;
} promises[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Strict-Transport-Security", NULL}, /* of no meaning over plain HTTP */
    {"Server", "nginx"},                 /* without its version */
};

/* Fails the test unless the answer has the header once, with that value; NULL: not at all. */
static void expect_header(const char *about, const struct answer *answer, const char *name,
                          const char *value)
{
    const char *found = header(answer, name);
    cr_expect(value ? found && !strcmp(found, value) : !found, "%s: %s is %s, not %s", about, name,
              found ? found : "(absent)", value ? value : "(absent)");
    const char *first = strcasestr(answer->head, text("\n%s:", name));
    cr_expect(!first || !strcasestr(first + 1, text("\n%s:", name)), "%s: %s twice", about, name);
}

Test(header, every_answer_has_the_headers_that_protect_it)
{
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct asked *row = &asked[i];
        const char *about = text("%s %s", row->method, row->path);
        struct answer answer = gateway_ask(row->method, row->path, NULL, NULL, 0);
        cr_expect_eq(answer.status, row->status, "%s: %d", about, answer.status);
        for (size_t k = 0; k < sizeof promises / sizeof *promises; k++)
            expect_header(about, &answer, promises[k].name, promises[k].value);
        expect_header(about, &answer, "Cache-Control", row->caching);
        const char *policy = header(&answer, "Content-Security-Policy");
        cr_assert(policy, "%s", about);
        cr_expect_eq(strcmp(policy, API_POLICY) != 0, row->is_page, "%s: %s", about, policy);
        cr_expect(!strstr(policy, "unsafe"), "%s", policy);
        cr_expect(strstr(policy, "frame-ancestors 'none'"), "%s", policy);
    }
}

/* Whoever is logged in sees personal data: no cache between them and us may keep any. */
Test(header, personal_data_is_not_to_be_stored)
{
    static const struct {
        const char *path, *role; /* NULL: a patient */
    } rows[] = {
        {"/api/v1/patient/me", NULL},
        {"/api/v1/patient/appointments", NULL},
        {"/api/v1/admin/patients", "desk"},
        {"/api/v1/admin/patients/1", "desk"},
        {"/api/v1/admin/appointments", "viewer"},
        {"/api/v1/admin/staff", "viewer"},
        {"/api/v1/admin/access-log", "admin"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *token = rows[i].role ? staff_token(rows[i].role) : patient_token(1);
        struct answer answer = gateway_json("GET", rows[i].path, token, NULL);
        cr_expect_eq(answer.status, 200, "%s", rows[i].path);
        expect_header(rows[i].path, &answer, "Cache-Control", "no-store");
    }
    struct answer login =
        gateway_json("POST", "/api/v1/patient/auth/patient/login", NULL,
                     "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}");
    cr_expect_eq(login.status, 200);
    expect_header("login", &login, "Cache-Control", "no-store");
}

/* What the policy forbids does not stand in the page in the first place. */
Test(header, pages_have_no_script_of_their_own)
{
    static const char *const paths[] = {"/", "/admin/", "/docs/"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer page = gateway_get(paths[i]);
        for (const char *script = page.text; (script = strstr(script, "<script")); script++)
            cr_expect(strncmp(script, "<script src=\"", 13) == 0 ||
                          strncmp(script, "<script type=\"module\" src=\"/", 28) == 0,
                      "%s: %.60s", paths[i], script);
        cr_expect(!strcasestr(page.text, "javascript:") && !strcasestr(page.text, " onload="));
        cr_expect(strstr(header(&page, "Content-Security-Policy"), "script-src 'self';"));
    }
}
