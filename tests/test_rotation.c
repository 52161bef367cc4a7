/* What signs tokens changes, and nobody notices: two secrets are accepted meanwhile. */
#include "clinic.h"

#include <string.h>

TestSuite(rotation, .init = clinic_open, .fini = clinic_close, .timeout = 120);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))
#define NEXT         "the next secret of the tests, long enough as well"

static const struct pool_facts {
    enum pool_name pool;
    const char *signs, *also; /* the settings */
    const char *login, *refresh, *credentials;
    const char *seen; /* what a token is needed for */
    const char *write, *body;
} pools[] = {
    {PATIENT_POOL, "PATIENT_TOKEN_SECRET", "PATIENT_TOKEN_SECRET_ALSO", "/auth/patient/login",
     "/auth/patient/refresh", "{\"phone\": \"010-1234-5678\", \"password\": \"clinic-demo\"}",
     "/me", "/appointments",
     "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"2027-03-02T10:00\"}"},
    {ADMIN_POOL, "ADMIN_TOKEN_SECRET", "ADMIN_TOKEN_SECRET_ALSO", "/auth/login", "/auth/refresh",
     "{\"email\": \"admin@example.com\", \"password\": \"clinic-demo\"}", "/me", "/doctors",
     "{\"name\": \"Jung\", \"department\": \"surgery\"}"},
};

/* Others take the workers' place, who sign with one secret and accept another as well, or none. */
static void restart(const struct pool_facts *facts, const char *signs, const char *also)
{
    clinic_stop_workers(facts->pool);
    clinic_set(facts->signs, signs);
    clinic_set(facts->also, also);
    clinic_start_worker(facts->pool);
}

static struct answer get(const struct pool_facts *facts, const char *token)
{
    return ask(facts->pool, "GET", facts->seen, token, NULL, 0, NULL);
}

static struct answer post(const struct pool_facts *facts, const char *path, const char *body)
{
    return ask(facts->pool, "POST", path, NULL, body, strlen(body), NULL);
}

static struct answer log_in(const struct pool_facts *facts)
{
    struct answer login = post(facts, facts->login, facts->credentials);
    cr_assert_eq(login.status, 200, "%s", login.text);
    return login;
}

static struct answer write_once(const struct pool_facts *facts, const char *token)
{
    return ask_with_key(facts->pool, "POST", facts->write, token, facts->body, "once");
}

static void expect_replayed(struct answer first, struct answer again)
{
    cr_expect_not_null(header(&again, "Idempotent-Replayed"), "%s", again.text);
    cr_expect_eq(again.status, first.status, "%s", again.text);
    cr_expect_str_eq(again.text, first.text);
}

/* One step after another, as the README has them, and what people held before each. */
static void change_step_by_step(const struct pool_facts *facts)
{
    const char *last = clinic_secret(facts->pool);
    struct answer login = log_in(facts);
    const char *held = at(&login, "/access_token"), *refresh = at(&login, "/refresh_token");
    struct answer written = write_once(facts, held);
    expect_answer(written, 201, "");

    restart(facts, last, NEXT);
    expect_answer(get(facts, held), 200, "");
    expect_replayed(written, write_once(facts, held));
    struct answer meanwhile = log_in(facts); /* at a worker that does not sign with it yet */

    restart(facts, NEXT, last);
    expect_answer(get(facts, held), 200, "");
    expect_answer(get(facts, at(&meanwhile, "/access_token")), 200, "");
    expect_replayed(written, write_once(facts, held));
    struct answer renewed =
        post(facts, facts->refresh, text("{\"refresh_token\": \"%s\"}", refresh));
    expect_answer(renewed, 200, "");

    restart(facts, NEXT, "");
    expect_answer(get(facts, held), 401, "unauthenticated");
    expect_answer(get(facts, at(&renewed, "/access_token")), 200, "");
}

Test(rotation, a_patient_stays_logged_in)
{
    change_step_by_step(&pools[PATIENT_POOL]);
}

Test(rotation, a_member_of_the_staff_stays_logged_in)
{
    change_step_by_step(&pools[ADMIN_POOL]);
}

/* While workers are restarted one by one, both kinds answer. */
Test(rotation, workers_of_two_steps_understand_each_other)
{
    const struct pool_facts *facts = &pools[PATIENT_POOL];
    const char *last = clinic_secret(PATIENT_POOL);
    restart(facts, NEXT, last); /* has signed already */
    struct answer login = log_in(facts);
    const char *token = at(&login, "/access_token");
    struct answer written = write_once(facts, token);
    restart(facts, last, NEXT); /* accepts only */
    expect_answer(get(facts, token), 200, "");
    expect_replayed(written, write_once(facts, token));
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
}

Test(rotation, a_secret_that_is_known_to_others_goes_at_once_and_nobody_is_logged_out)
{
    const struct pool_facts *facts = &pools[PATIENT_POOL];
    struct answer login = log_in(facts);
    restart(facts, NEXT, "");
    expect_answer(get(facts, at(&login, "/access_token")), 401, "unauthenticated");
    struct answer renewed = post(facts, facts->refresh,
                                 text("{\"refresh_token\": \"%s\"}", at(&login, "/refresh_token")));
    expect_answer(renewed, 200, "");
    expect_answer(get(facts, at(&renewed, "/access_token")), 200, "");
}

Test(rotation, a_third_secret_is_accepted_by_nobody)
{
    const struct pool_facts *facts = &pools[PATIENT_POOL];
    restart(facts, NEXT, "another one that nobody has heard of before");
    expect_answer(get(facts, patient_token(1)), 401, "unauthenticated");
}

Test(rotation, the_other_request_under_a_key_is_refused_as_ever)
{
    const struct pool_facts *facts = &pools[ADMIN_POOL];
    restart(facts, clinic_secret(ADMIN_POOL), NEXT);
    const char *token = staff_token("admin");
    expect_answer(write_once(facts, token), 201, "");
    expect_answer(ask_with_key(ADMIN_POOL, "POST", "/doctors", token,
                               "{\"name\": \"Han\", \"department\": \"surgery\"}", "once"),
                  422, "idempotency_key_reused");
}
