/* Limits at the gateway: requests of one access token, and of one address, which many share. */
#include "gateway.h"

#include <string.h>

/* One request a second, two at once; of one address ten times as many. So slow that no machine is
 * slower. */
static void open_with_limits(void)
{
    clinic_set("REQUESTS_PER_SECOND", "1");
    gateway_open();
}

static void open_without_limits(void)
{
    clinic_set("REQUESTS_PER_SECOND", "0");
    gateway_open();
}

TestSuite(rate, .init = open_with_limits, .fini = gateway_close);
TestSuite(no_rate, .init = open_without_limits, .fini = gateway_close);

static struct answer as(const char *scheme, const char *token)
{
    const char *headers[] = {text("Authorization: %s %s", scheme, token), NULL};
    return gateway_ask("GET", "/api/v1/patient/me", headers, NULL, 0);
}

/* Asks until it is refused, at most that often. The last answer. */
static struct answer ask_until_refused(int times, struct answer ask_once(int number))
{
    struct answer answer = {0};
    for (int i = 0; i < times && answer.status != 429; i++)
        answer = ask_once(i);
    return answer;
}

static void expect_refusal(struct answer answer)
{
    expect_problem("", answer, 429, "too_many_requests");
    cr_expect_str_eq(header(&answer, "Retry-After"), "1");
}

static const char *token_of_1;

static struct answer as_1(int number)
{
    return as(number % 2 ? "bearer" : "Bearer", token_of_1);
}

static struct answer made_up(int number)
{
    return as("Bearer", text("e30.e30.%d", number));
}

static struct answer without_a_token(int number)
{
    return gateway_get(number % 2 ? "/api/v1/patient/doctors" : "/api/v1/admin/doctors");
}

Test(rate, an_access_token_asks_only_so_often_and_its_neighbours_go_on)
{
    token_of_1 = patient_token(1);
    expect_refusal(ask_until_refused(10, as_1));
    cr_expect_eq(as("Bearer", patient_token(2)).status, 200);
    cr_expect_eq(gateway_get("/api/v1/patient/doctors").status, 200);
}

Test(rate, an_address_asks_only_so_often)
{
    expect_refusal(ask_until_refused(100, without_a_token));
}

Test(rate, made_up_tokens_do_not_get_around_it)
{
    expect_refusal(ask_until_refused(100, made_up));
}

Test(rate, refusals_tell_the_pages_of_allowed_origins)
{
    const char *headers[] = {"Origin: https://clinic.example", NULL};
    ask_until_refused(100, without_a_token);
    struct answer refused = gateway_ask("GET", "/api/v1/patient/doctors", headers, NULL, 0);
    expect_refusal(refused);
    cr_expect_str_eq(header(&refused, "Access-Control-Allow-Origin"), "https://clinic.example");
}

Test(no_rate, nothing_is_refused_where_no_limit_is_set)
{
    token_of_1 = patient_token(1);
    for (int i = 0; i < 200; i++)
        cr_expect_eq(as_1(i).status, 200);
}

static struct answer by_cookie(const char *token)
{
    const char *headers[] = {"X-Session: cookie", text("Cookie: patient_access=%s", token), NULL};
    return gateway_ask("GET", "/api/v1/patient/me", headers, NULL, 0);
}

static struct answer by_cookie_of_1(int number)
{
    (void)number;
    return by_cookie(token_of_1);
}

Test(rate, a_session_in_cookies_is_counted_as_its_token_is)
{
    token_of_1 = patient_token(1);
    expect_refusal(ask_until_refused(10, by_cookie_of_1));
    cr_expect_eq(by_cookie(patient_token(2)).status, 200);
    cr_expect_eq(as("Bearer", token_of_1).status, 429);
}
