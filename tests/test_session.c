#include <string.h>

#include "gateway.h"

/* What a page of ours relies on: it never sees a token, it stays logged in, and no other site can
 * use its cookies. */

TestSuite(session, .init = clinic_open, .fini = clinic_close);
TestSuite(session_gateway, .init = gateway_open, .fini = gateway_close);
TestSuite(session_tls, .init = gateway_open_tls, .fini = gateway_close);

static const struct desk {
    const char *login, *refresh, *logout, *me, *credentials, *name, *path;
} desks[] = {
    [PATIENT_POOL] = {"/auth/patient/login", "/auth/patient/refresh", "/auth/patient/logout", "/me",
                      "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}", "patient",
                      "/api/v1/patient"},
    [ADMIN_POOL] = {"/auth/login", "/auth/refresh", "/auth/logout", "/me",
                    "{\"email\": \"desk@example.com\", \"password\": \"clinic-demo\"}", "staff",
                    "/api/v1/admin"},
};

/* A Set-Cookie of that name; NULL: there is none. */
static const char *set_cookie(const struct answer *answer, const char *name)
{
    const char *found = strstr(answer->head, text("Set-Cookie: %s=", name));
    return found ? text("%.*s", (int)strcspn(found, "\r\n"), found) : NULL;
}

static const char *value_of(const char *cookie)
{
    const char *value = strchr(cookie, '=') + 1;
    return text("%.*s", (int)strcspn(value, ";"), value);
}

/* The cookies that a login's answer sets, as a browser sends them to /auth. */
static const char *jar(enum pool_name pool, const struct answer *login)
{
    const char *name = desks[pool].name;
    const char *access = set_cookie(login, text("%s_access", name));
    const char *refresh = set_cookie(login, text("%s_refresh", name));
    cr_assert(access && refresh, "%s", login->head);
    return text("%s_access=%s; other=1; %s_refresh=%s", name, value_of(access), name,
                value_of(refresh));
}

static struct answer from_page(enum pool_name pool, const char *method, const char *path,
                               const char *cookies, const char *body)
{
    const char *const extra[] = {
        "HTTP_X_SESSION",      "cookie",      "HTTP_COOKIE", cookies ? cookies : "",
        "HTTP_SEC_FETCH_SITE", "same-origin", NULL};
    return ask(pool, method, path, NULL, body, body ? strlen(body) : 0, extra);
}

static struct answer log_in(enum pool_name pool)
{
    struct answer login = from_page(pool, "POST", desks[pool].login, NULL, desks[pool].credentials);
    cr_assert_eq(login.status, 200, "%s", login.text);
    return login;
}

Test(session, a_page_is_logged_in_without_seeing_a_token)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct answer login = log_in(pool);
        cr_expect_str_eq(at(&login, "/token_type"), "Cookie");
        cr_expect_str_eq(at(&login, "/access_token"), "(nothing)");
        cr_expect_str_eq(at(&login, "/refresh_token"), "(nothing)");
        cr_expect_eq(number_at(&login, "/expires_in"), 900);
        const char *name = desks[pool].name, *path = desks[pool].path;
        const char *access = set_cookie(&login, text("%s_access", name));
        const char *refresh = set_cookie(&login, text("%s_refresh", name));
        cr_assert(access && refresh, "%s", login.head);
        cr_expect(!strstr(login.text, value_of(access)) && !strstr(login.text, value_of(refresh)));
        cr_expect(
            strstr(access, text("; Path=%s; Max-Age=2592000; HttpOnly; SameSite=Strict", path)),
            "%s", access);
        cr_expect(strstr(refresh,
                         text("; Path=%s/auth; Max-Age=2592000; HttpOnly; SameSite=Strict", path)),
                  "%s", refresh);
        cr_expect(!strstr(access, "Secure"), "plain HTTP: %s", access);
        expect_answer(from_page(pool, "GET", desks[pool].me, jar(pool, &login), NULL), 200, "");
    }
}

Test(session, registering_logs_a_page_in)
{
    struct answer made = from_page(
        PATIENT_POOL, "POST", "/auth/patient/register", NULL,
        "{\"name\": \"Na\", \"phone\": \"01099998888\", \"password\": \"correct horse\"}");
    cr_assert_eq(made.status, 201, "%s", made.text);
    cr_expect_str_eq(at(&made, "/access_token"), "(nothing)");
    struct answer me = from_page(PATIENT_POOL, "GET", "/me", jar(PATIENT_POOL, &made), NULL);
    cr_expect_str_eq(at(&me, "/name"), "Na");
}

/* Whatever another site can make a browser send with our cookies: all but the header, or the header
 * by something that is no browser, which then tells whose page it was. */
Test(session, cookies_serve_no_other_site)
{
    static const char *const forgeries[][6] = {
        {NULL},
        {"HTTP_X_SESSION", "bearer", NULL},
        {"HTTP_X_SESSION", "cookie", "HTTP_SEC_FETCH_SITE", "cross-site", NULL},
        {"HTTP_X_SESSION", "cookie", "HTTP_SEC_FETCH_SITE", "same-site", NULL},
        {"HTTP_X_SESSION", "cookie", "HTTP_ORIGIN", "https://evil.example", NULL},
        {"HTTP_X_SESSION", "cookie", "HTTP_ORIGIN", "null", NULL},
    };
    const char *mine = jar(PATIENT_POOL, (struct answer[]){log_in(PATIENT_POOL)});
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const char *extra[12] = {"HTTP_COOKIE", mine, "HTTP_HOST", "clinic.example"};
        memcpy(extra + 4, forgeries[i], sizeof forgeries[i]);
        const char *body = "{\"doctor_id\": 1, \"treatment_id\": 1,"
                           " \"start_time\": \"2027-03-02T10:15\"}";
        expect_problem(text("booking %zu", i),
                       ask(PATIENT_POOL, "POST", "/appointments", NULL, body, strlen(body), extra),
                       401, "unauthenticated");
        expect_problem(text("reading %zu", i),
                       ask(PATIENT_POOL, "GET", "/me", NULL, NULL, 0, extra), 401,
                       "unauthenticated");
        expect_problem(text("renewing %zu", i),
                       ask(PATIENT_POOL, "POST", desks[PATIENT_POOL].refresh, NULL, "{}", 2, extra),
                       401, "unauthenticated");
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "0");
    const char *const ours[] = {"HTTP_COOKIE",
                                mine,
                                "HTTP_X_SESSION",
                                "cookie",
                                "HTTP_ORIGIN",
                                "https://clinic.example:8000",
                                "HTTP_HOST",
                                "clinic.example:8000",
                                NULL};
    expect_answer(ask(PATIENT_POOL, "GET", "/me", NULL, NULL, 0, ours), 200, "");
}

Test(session, a_cookie_of_one_pool_does_not_serve_in_the_other)
{
    const char *patients = jar(PATIENT_POOL, (struct answer[]){log_in(PATIENT_POOL)});
    const char *staffs = jar(ADMIN_POOL, (struct answer[]){log_in(ADMIN_POOL)});
    expect_answer(from_page(ADMIN_POOL, "GET", "/me", patients, NULL), 401, "unauthenticated");
    expect_answer(from_page(PATIENT_POOL, "GET", "/me", staffs, NULL), 401, "unauthenticated");
    const char *renamed = text("staff_access=%s", strchr(patients, '=') + 1);
    expect_answer(from_page(ADMIN_POOL, "GET", "/me", renamed, NULL), 401, "unauthenticated");
    const char *both = text("%s; %s", patients, staffs);
    expect_answer(from_page(PATIENT_POOL, "GET", "/me", both, NULL), 200, "");
    expect_answer(from_page(ADMIN_POOL, "GET", "/me", both, NULL), 200, "");
}

Test(session, forged_and_broken_cookies_are_none)
{
    static const char *const cookies[] = {
        "patient_access=",
        "patient_access",
        "patient_access=a.b.c",
        "patient_access=; patient_access=x",
        "xpatient_access=a.b.c",
        ";;; ;=;patient_accessx=1",
        "patient_access=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    };
    for (size_t i = 0; i < sizeof cookies / sizeof *cookies; i++)
        expect_problem(cookies[i], from_page(PATIENT_POOL, "GET", "/me", cookies[i], NULL), 401,
                       "unauthenticated");
    const char *expired = text("patient_access=%s", clinic_token(PATIENT_POOL, "patient", 1, -60));
    expect_answer(from_page(PATIENT_POOL, "GET", "/me", expired, NULL), 401, "unauthenticated");
}

Test(session, it_is_renewed_by_its_cookie_and_each_cookie_once)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        const char *first = jar(pool, (struct answer[]){log_in(pool)});
        struct answer renewed = from_page(pool, "POST", desks[pool].refresh, first, NULL);
        cr_assert_eq(renewed.status, 200, "%s", renewed.text);
        cr_expect_str_eq(at(&renewed, "/refresh_token"), "(nothing)");
        const char *second = jar(pool, &renewed);
        cr_expect_str_neq(first, second);
        expect_answer(from_page(pool, "GET", "/me", second, NULL), 200, "");
        struct answer again = from_page(pool, "POST", desks[pool].refresh, first, "{}");
        cr_expect_eq(again.status, 401);
        cr_expect(strstr(set_cookie(&again, text("%s_refresh", desks[pool].name)), "Max-Age=0"));
        expect_answer(from_page(pool, "POST", desks[pool].refresh, second, "{}"), 401,
                      "unauthenticated");
    }
}

Test(session, logging_out_ends_the_login_and_takes_the_cookies)
{
    for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        const char *cookies = jar(pool, (struct answer[]){log_in(pool)});
        struct answer out = from_page(pool, "POST", desks[pool].logout, cookies, NULL);
        cr_expect_eq(out.status, 204);
        for (int i = 0; i < 2; i++) {
            const char *name = text("%s_%s", desks[pool].name, i ? "access" : "refresh");
            const char *gone = set_cookie(&out, name);
            cr_assert(gone, "%s", out.head);
            cr_expect_str_eq(value_of(gone), "");
            cr_expect(strstr(gone, "; Max-Age=0;"), "%s", gone);
        }
        expect_answer(from_page(pool, "POST", desks[pool].refresh, cookies, "{}"), 401,
                      "unauthenticated");
    }
}

/* The answer was lost, and the page asks again under the same key: it gets its cookies, and nobody
 * else does. */
Test(session, a_repeated_login_or_renewal_hands_over_the_same_cookies)
{
    const char *const extra[] = {"HTTP_X_SESSION", "cookie", "HTTP_IDEMPOTENCY_KEY", "k1", NULL};
    const char *body = desks[PATIENT_POOL].credentials;
    struct answer once =
        ask(PATIENT_POOL, "POST", desks[PATIENT_POOL].login, NULL, body, strlen(body), extra);
    struct answer twice =
        ask(PATIENT_POOL, "POST", desks[PATIENT_POOL].login, NULL, body, strlen(body), extra);
    cr_assert(once.status == 200 && twice.status == 200, "%s", twice.text);
    cr_expect_str_eq(header(&twice, "Idempotent-Replayed"), "true");
    cr_expect_str_eq(jar(PATIENT_POOL, &once), jar(PATIENT_POOL, &twice));
    cr_expect_str_eq(at(&twice, "/access_token"), "(nothing)");

    const char *cookies[] = {jar(PATIENT_POOL, &once),
                             jar(PATIENT_POOL, (struct answer[]){log_in(PATIENT_POOL)})};
    const char *const renew[] = {"HTTP_X_SESSION",       "cookie", "HTTP_COOKIE", cookies[0],
                                 "HTTP_IDEMPOTENCY_KEY", "k2",     NULL};
    once = ask(PATIENT_POOL, "POST", desks[PATIENT_POOL].refresh, NULL, "{}", 2, renew);
    twice = ask(PATIENT_POOL, "POST", desks[PATIENT_POOL].refresh, NULL, "{}", 2, renew);
    cr_assert(once.status == 200 && twice.status == 200, "%s", twice.text);
    cr_expect_str_eq(jar(PATIENT_POOL, &once), jar(PATIENT_POOL, &twice));
    const char *const others[] = {"HTTP_X_SESSION",       "cookie", "HTTP_COOKIE", cookies[1],
                                  "HTTP_IDEMPOTENCY_KEY", "k2",     NULL};
    expect_answer(ask(PATIENT_POOL, "POST", desks[PATIENT_POOL].refresh, NULL, "{}", 2, others),
                  422, "idempotency_key_reused");
}

Test(session, a_bearer_token_wins_over_a_cookie)
{
    const char *const extra[] = {"HTTP_X_SESSION", "cookie", "HTTP_COOKIE",
                                 text("patient_access=%s", patient_token(1)), NULL};
    struct answer me = ask(PATIENT_POOL, "GET", "/me", patient_token(2), NULL, 0, extra);
    cr_expect_str_eq(at(&me, "/name"), "Shin");
    expect_answer(ask(PATIENT_POOL, "GET", "/me", "nonsense", NULL, 0, extra), 401,
                  "unauthenticated");
}

Test(session, the_console_is_told_who_it_is)
{
    struct answer me = admin_api("GET", "/me", staff_token("desk"), NULL);
    cr_expect_str_eq(at(&me, "/email"), "desk@example.com");
    cr_expect_str_eq(at(&me, "/role"), "desk");
    struct answer hospital = patient_api("GET", "/hospital", NULL, NULL);
    cr_expect_eq(hospital.status, 200);
    cr_expect_str_eq(at(&hospital, "/now"), "2027-03-01T08:00:00+09:00");
}

Test(session_gateway, cookies_pass_the_gateway_and_no_other_site_may_send_the_header)
{
    const char *headers[] = {"X-Session: cookie", "Content-Type: application/json", NULL};
    const char *body = desks[PATIENT_POOL].credentials;
    struct answer login =
        gateway_ask("POST", "/api/v1/patient/auth/patient/login", headers, body, strlen(body));
    cr_assert_eq(login.status, 200, "%s", login.text);
    const char *asked[] = {"X-Session: cookie", text("Cookie: %s", jar(PATIENT_POOL, &login)),
                           "Sec-Fetch-Site: same-origin", NULL};
    struct answer me = gateway_ask("GET", "/api/v1/patient/me", asked, NULL, 0);
    cr_expect_str_eq(at(&me, "/name"), "Hong");
    const char *preflight[] = {"Origin: https://clinic.example",
                               "Access-Control-Request-Method: POST",
                               "Access-Control-Request-Headers: x-session", NULL};
    struct answer allowed = gateway_ask("OPTIONS", "/api/v1/patient/me", preflight, NULL, 0);
    cr_expect(!strcasestr(header(&allowed, "Access-Control-Allow-Headers"), "X-Session"));
    cr_expect(!header(&allowed, "Access-Control-Allow-Credentials"));
}

Test(session_tls, cookies_are_secure_where_the_gateway_speaks_tls)
{
    const char *headers[] = {"X-Session: cookie", "Content-Type: application/json", NULL};
    const char *body = desks[ADMIN_POOL].credentials;
    struct answer login =
        gateway_ask("POST", "/api/v1/admin/auth/login", headers, body, strlen(body));
    cr_assert_eq(login.status, 200, "%s", login.text);
    cr_expect(strstr(set_cookie(&login, "staff_access"), "; Secure"), "%s", login.head);
    cr_expect(strstr(set_cookie(&login, "staff_refresh"), "; Secure"), "%s", login.head);
}
