/* Limits on logins and registrations: who guesses is slowed down, and no owner is locked out. */
#include "clinic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "secret.h"
#include "token.h"

/* As sql/013_login_limits.sql has them, but for two numbers: all comes back more slowly, so that
 * none does while a slow machine tries; and where 100 may come together, 30 may. */
enum { SLOWER = 100, TOGETHER = 30 };

static void open_slowly(void)
{
    clinic_open();
    sql("UPDATE login_limit SET every = every * %d", SLOWER);
    sql("UPDATE login_limit SET at_once = %d WHERE scope IN ('account', 'network')", TOGETHER);
}

TestSuite(limit, .init = open_slowly, .fini = clinic_close);
TestSuite(limit_itself, .init = clinic_open, .fini = clinic_close);

/* The two kinds of people who log in; one of each is known, one is not. */
static const struct kind {
    enum pool_name pool;
    const char *path, *field, *known, *unknown;
    const char *form; /* of a number, for many who are unknown */
} kinds[] = {
    {PATIENT_POOL, "/auth/patient/login", "phone", "010-1234-5678", "010-9999-0000", "0105555%04d"},
    {ADMIN_POOL, "/auth/login", "email", "admin@example.com", "nobody@example.com",
     "%d@example.com"},
};

#define FOR_BOTH_KINDS(KIND) for (const struct kind *KIND = kinds; KIND < kinds + 2; KIND++)

#define RIGHT "clinic-demo"
#define WRONG "clinic-demon"

/* With an access token, or NULL. */
static struct answer try_with(const char *token, const struct kind *kind, const char *name,
                              const char *password, const char *address)
{
    const char *body = text("{\"%s\": \"%s\", \"password\": \"%s\"}", kind->field, name, password);
    return ask(kind->pool, "POST", kind->path, token, body, strlen(body),
               (const char *[]){"REMOTE_ADDR", address, NULL});
}

static struct answer try(const struct kind *kind, const char *name, const char *password,
                         const char *address)
{
    return try_with(NULL, kind, name, password, address);
}

/* Guesses that often; each is answered alike. */
static void guess(int times, const struct kind *kind, const char *name, const char *address)
{
    for (int i = 0; i < times; i++)
        expect_answer(try(kind, name, WRONG, address), 401, "bad_credentials");
}

/* Spends the account's budget for all addresses, from addresses elsewhere. */
static void guess_from_everywhere(const struct kind *kind, const char *name)
{
    for (int i = 1; i <= TOGETHER / 10; i++)
        guess(10, kind, name, text("198.51.100.%d", i));
}

/* Spends the address's budget for all accounts. */
static void guess_at_everybody(const struct kind *kind, const char *address)
{
    for (int i = 0; i < TOGETHER; i++)
        guess(1, kind, text(kind->form, i), address);
}

/* Refused without having been looked at, and to be tried again within so many of the seconds that
 * the limits name. */
static void expect_wait(struct answer answer, int most)
{
    expect_problem("", answer, 429, "too_many_requests");
    const char *seconds = header(&answer, "Retry-After");
    cr_assert(seconds);
    cr_expect(atoi(seconds) >= 1 && atoi(seconds) <= most * SLOWER, "%s", seconds);
}

static void let_seconds_pass(int seconds)
{
    sql("UPDATE login_budget SET spent_until = spent_until - interval '%d seconds'",
        seconds * SLOWER);
}

Test(limit, who_guesses_is_slowed_down)
{
    FOR_BOTH_KINDS(kind)
    {
        guess(10, kind, kind->known, "192.0.2.1");
        expect_wait(try(kind, kind->known, WRONG, "192.0.2.1"), 30);
        expect_wait(try(kind, kind->known, RIGHT, "192.0.2.1"), 30);
        let_seconds_pass(30);
        guess(1, kind, kind->known, "192.0.2.1");
        expect_wait(try(kind, kind->known, WRONG, "192.0.2.1"), 30);
    }
}

Test(limit, an_owner_beside_a_guesser_waits_and_gets_in)
{
    FOR_BOTH_KINDS(kind)
    {
        guess(10, kind, kind->known, "192.0.2.1");
        for (int i = 0; i < 20; i++)
            expect_wait(try(kind, kind->known, WRONG, "192.0.2.1"), 30);
        let_seconds_pass(30);
        expect_answer(try(kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
    }
}

Test(limit, an_owner_gets_in_while_others_guess_elsewhere)
{
    FOR_BOTH_KINDS(kind)
    {
        expect_answer(try(kind, kind->known, RIGHT, "203.0.113.7"), 200, "");
        guess_from_everywhere(kind, kind->known);
        expect_wait(try(kind, kind->known, WRONG, "198.51.100.99"), 10);
        for (int i = 0; i < 20; i++)
            expect_answer(try(kind, kind->known, RIGHT, "203.0.113.7"), 200, "");
        /* from where they have never been they wait like everybody */
        expect_wait(try(kind, kind->known, RIGHT, "203.0.113.8"), 10);
        let_seconds_pass(10);
        expect_answer(try(kind, kind->known, RIGHT, "203.0.113.8"), 200, "");
    }
}

/* An access token of that login, which expired yesterday, as `secret` signs it. */
static const char *old_token(const struct kind *kind, const char *secret, const char *login)
{
    enum { DAY = 24 * 60 * 60 };
    bool patient = kind->pool == PATIENT_POOL;
    const struct token_key key = {secret, patient ? "patient" : "staff"};
    const char *person =
        sql("SELECT coalesce(patient_id, staff_id) FROM login WHERE id = %s", login);
    const struct caller caller = {
        .id = strtoll(person, NULL, 10),
        .login_id = strtoll(login, NULL, 10),
        .role = patient ? ROLE_PATIENT : ROLE_ADMIN,
    };
    time_t yesterday = time(NULL) - DAY;
    return token_issue(arena_new(), &key, &caller, yesterday - DAY, yesterday);
}

/* Logs in; the id of the login. */
static const char *begin_login(const struct kind *kind, const char *name, const char *address)
{
    expect_answer(try(kind, name, RIGHT, address), 200, "");
    return sql("SELECT max(id) FROM login");
}

/* The guesser takes every attempt that comes back, at the address that the owner has, too. */
Test(limit, an_owner_gets_in_beside_a_guesser_from_a_device_of_theirs)
{
    FOR_BOTH_KINDS(kind)
    {
        const char *login = begin_login(kind, kind->known, "192.0.2.1");
        const char *token = old_token(kind, clinic_secret(kind->pool), login);
        guess(10, kind, kind->known, "192.0.2.1");
        for (int i = 0; i < 3; i++) {
            expect_wait(try(kind, kind->known, RIGHT, "192.0.2.1"), 30);
            expect_answer(try_with(token, kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
            let_seconds_pass(30);
            guess(1, kind, kind->known, "192.0.2.1");
        }
        /* also where they have never been, and everything is spent */
        guess_from_everywhere(kind, kind->known);
        expect_wait(try(kind, kind->known, RIGHT, "203.0.113.9"), 10);
        for (int i = 0; i < 12; i++) /* which costs nothing there either */
            expect_answer(try_with(token, kind, kind->known, RIGHT, "203.0.113.9"), 200, "");
    }
}

/* It says whose the device is, and nothing about whether it is logged in. */
Test(limit, a_device_outlasts_its_login_by_some_months)
{
    FOR_BOTH_KINDS(kind)
    {
        const char *login = begin_login(kind, kind->known, "192.0.2.1");
        const char *token = old_token(kind, clinic_secret(kind->pool), login);
        guess(10, kind, kind->known, "192.0.2.1");
        sql("UPDATE login SET ended_at = now(), started_at = now() - interval '89 days'"
            " WHERE id = %s",
            login);
        expect_answer(try_with(token, kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
        sql("UPDATE login SET started_at = now() - interval '91 days' WHERE id = %s", login);
        expect_wait(try_with(token, kind, kind->known, RIGHT, "192.0.2.1"), 30);
    }
}

/* Nothing that is not of this very account, nor is it an error. */
Test(limit, what_is_no_token_of_the_account_helps_nobody)
{
    sql("UPDATE patient SET password_hash = (SELECT password_hash FROM patient WHERE id = 1)"
        " WHERE id = 2");
    sql("UPDATE staff SET password_hash = (SELECT password_hash FROM staff WHERE id = 1)"
        " WHERE id = 2");
    const char *const others[] = {sql("SELECT phone FROM patient WHERE id = 2"),
                                  sql("SELECT email FROM staff WHERE id = 2")};
    FOR_BOTH_KINDS(kind)
    {
        const struct kind *other_kind = kind == kinds ? kinds + 1 : kinds;
        const char *secret = clinic_secret(kind->pool);
        const char *mine = begin_login(kind, kind->known, "192.0.2.1");
        const char *good = old_token(kind, secret, mine);
        const char *theirs = begin_login(kind, others[kind - kinds], "192.0.2.1");
        const char *elsewhere = begin_login(other_kind, other_kind->known, "192.0.2.2");
        const char *const tokens[] = {
            old_token(kind, secret, theirs),
            old_token(kind, "not the secret that the workers have", mine),
            old_token(other_kind, clinic_secret(other_kind->pool), elsewhere),
            old_token(kind, secret, elsewhere),
            text("%.*s", (int)strlen(good) - 1, good),
            text("%s, Bearer %s", good, good),
            "a.b.c",
            "",
        };
        for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
            expect_answer(try_with(tokens[i], kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
        guess(10, kind, kind->known, "192.0.2.1");
        for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
            expect_wait(try_with(tokens[i], kind, kind->known, RIGHT, "192.0.2.1"), 30);
        expect_answer(try_with(good, kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
    }
}

/* Whoever has stolen one gets ten guesses more, and hears nothing else than without it. */
Test(limit, guesses_from_a_device_are_limited_and_answered_as_others)
{
    FOR_BOTH_KINDS(kind)
    {
        const char *secret = clinic_secret(kind->pool);
        const char *stolen = old_token(kind, secret, begin_login(kind, kind->known, "192.0.2.1"));
        const char *kept = old_token(kind, secret, begin_login(kind, kind->known, "192.0.2.1"));
        for (int i = 0; i < 10; i++)
            expect_answer(try_with(stolen, kind, kind->known, WRONG, "192.0.2.1"), 401,
                          "bad_credentials");
        for (int i = 0; i < 10; i++)
            expect_wait(try_with(stolen, kind, kind->known, WRONG, "192.0.2.1"), 30);
        expect_wait(try_with(stolen, kind, kind->known, RIGHT, "192.0.2.1"), 30);
        expect_answer(try_with(kept, kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
        /* one comes back to both budgets, which the guesser spends */
        let_seconds_pass(30);
        guess(1, kind, kind->known, "192.0.2.1");
        expect_wait(try_with(stolen, kind, kind->known, WRONG, "192.0.2.1"), 30);
        expect_wait(try_with(stolen, kind, kind->known, RIGHT, "192.0.2.1"), 30);
        expect_answer(try_with(kept, kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
    }
}

/* Patients' attempts and staff's are paid from one budget where they share an address. */
Test(limit, who_tries_many_accounts_is_slowed_down_and_no_owner_beside_them)
{
    FOR_BOTH_KINDS(kind)
    {
        sql("TRUNCATE login_budget");
        expect_answer(try(kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
        guess_at_everybody(kind, "192.0.2.1");
        expect_wait(try(kind, kind->unknown, WRONG, "192.0.2.1"), 5);
        expect_answer(try(kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
        guess(1, kind, kind->unknown, "192.0.2.2");
        let_seconds_pass(5);
        guess(1, kind, kind->unknown, "192.0.2.1");
        expect_wait(try(kind, kind->unknown, WRONG, "192.0.2.1"), 5);
    }
}

Test(limit, unknown_accounts_are_limited_like_known_ones)
{
    FOR_BOTH_KINDS(kind)
    {
        for (int i = 0; i < 12; i++) {
            struct answer known = try(kind, kind->known, WRONG, "203.0.113.1");
            struct answer unknown = try(kind, kind->unknown, WRONG, "203.0.113.2");
            cr_expect_eq(known.status, unknown.status);
            cr_expect_str_eq(at(&known, "/code"), at(&unknown, "/code"));
        }
        sql("TRUNCATE login_budget");
        guess_from_everywhere(kind, kind->unknown);
        expect_wait(try(kind, kind->unknown, WRONG, "203.0.113.3"), 10);
    }
}

/* The owner's address may be the guesser's too. */
Test(limit, where_an_owner_is_known_a_wrong_password_hears_what_it_hears_about_anybody)
{
    FOR_BOTH_KINDS(kind)
    {
        sql("TRUNCATE login_budget");
        expect_answer(try(kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
        guess_at_everybody(kind, "192.0.2.1");
        expect_wait(try(kind, kind->unknown, WRONG, "192.0.2.1"), 5);
        expect_wait(try(kind, kind->known, WRONG, "192.0.2.1"), 5);
        expect_answer(try(kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
    }
}

Test(limit_itself, lets_nobody_wait_longer_than_half_a_minute)
{
    cr_expect_str_eq(sql("SELECT string_agg(concat_ws(' ', scope, at_once,"
                         "                            extract(epoch FROM every)::integer), ', '"
                         "                  ORDER BY scope)"
                         "  FROM login_limit"),
                     "account 100 10, account from network 10 30, device 10 30, network 100 5,"
                     " registration 30 20");
}

Test(limit, right_passwords_cost_nothing)
{
    FOR_BOTH_KINDS(kind)
    {
        for (int i = 0; i < 25; i++)
            expect_answer(try(kind, kind->known, RIGHT, "192.0.2.1"), 200, "");
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM login_budget WHERE spent_until > now()"), "0");
}

struct crowd {
    const struct kind *kind;
    int statuses[64];
};

static void guess_at_once(int number, void *shared)
{
    struct crowd *crowd = shared;
    crowd->statuses[number] =
        try(crowd->kind, crowd->kind->known, text("guess %d", number), "192.0.2.1").status;
}

/* Workers hash passwords in parallel, and know nothing of each other. */
Test(limit, of_64_guesses_at_once_at_most_10_are_looked_at)
{
    FOR_BOTH_KINDS(kind)
    {
        struct crowd crowd = {.kind = kind};
        int looked_at = 0, slowed = 0, unavailable = 0;
        clinic_start_worker(kind->pool);
        clinic_start_worker(kind->pool);
        at_once(64, guess_at_once, &crowd);
        for (int i = 0; i < 64; i++) {
            looked_at += crowd.statuses[i] == 401;
            slowed += crowd.statuses[i] == 429;
            unavailable += crowd.statuses[i] == 503;
        }
        cr_expect(looked_at > 0 && looked_at <= 10 && slowed > 0, "%d, %d", looked_at, slowed);
        cr_expect_eq(looked_at + slowed + unavailable, 64);
    }
}

static void guess_at_somebody(int number, void *shared)
{
    struct crowd *crowd = shared;
    crowd->statuses[number] =
        try(crowd->kind, text(crowd->kind->form, number), WRONG, "192.0.2.1").status;
}

/* More than may wait for their password's turn. */
Test(limit, an_attempt_that_was_not_looked_at_costs_nothing)
{
    FOR_BOTH_KINDS(kind)
    {
        struct crowd crowd = {.kind = kind};
        int looked_at = 0, unavailable = 0;
        sql("TRUNCATE login_budget");
        sql("UPDATE login_limit SET at_once = 100 WHERE scope = 'network'");
        at_once(64, guess_at_somebody, &crowd);
        for (int i = 0; i < 64; i++) {
            looked_at += crowd.statuses[i] == 401;
            unavailable += crowd.statuses[i] == 503;
        }
        cr_expect(looked_at > 0 && unavailable > 0, "%d and %d", looked_at, unavailable);
        cr_expect_str_eq(sql("SELECT ceil(extract(epoch FROM spent_until - now()) / (5 * %d))"
                             "  FROM login_budget WHERE account = ''",
                             SLOWER),
                         text("%d", looked_at));
    }
}

static void *guess_16_at_once(void *crowd)
{
    at_once(16, guess_at_once, crowd);
    return NULL;
}

/* The narrowest case made certain: all have seen that something is left before any has taken it. */
Test(limit, guesses_that_come_together_are_counted_one_by_one)
{
    struct crowd crowd = {.kind = kinds};
    pthread_t thread;
    int looked_at = 0, slowed = 0;
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("WORKER_THREADS", "32");
    clinic_set("DATABASE_CONNECTIONS", "16");
    clinic_set("DATABASE_TIMEOUT_MS", "20000");
    clinic_start_worker(PATIENT_POOL);
    guess(1, kinds, kinds->known, "192.0.2.1");
    sql("BEGIN");
    sql("SELECT FROM login_budget FOR UPDATE");
    cr_assert_eq(pthread_create(&thread, NULL, guess_16_at_once, &crowd), 0);
    clinic_await_locks(16);
    sql("COMMIT");
    pthread_join(thread, NULL);
    for (int i = 0; i < 16; i++) {
        looked_at += crowd.statuses[i] == 401;
        slowed += crowd.statuses[i] == 429;
    }
    cr_expect(looked_at == 9 && slowed == 7, "%d and %d", looked_at, slowed);
}

static struct answer guess_with_key(const struct kind *kind, const char *password, const char *key)
{
    const char *body =
        text("{\"%s\": \"%s\", \"password\": \"%s\"}", kind->field, kind->known, password);
    return ask_with_key(kind->pool, "POST", kind->path, NULL, body, key);
}

/* Whatever becomes of a request that carries a key, an attempt is an attempt; and a refusal that
 * asks to come again is not what one hears for a day. */
Test(limit, idempotency_keys_change_nothing)
{
    FOR_BOTH_KINDS(kind)
    {
        for (int i = 0; i < 10; i++)
            expect_answer(guess_with_key(kind, WRONG, text("key-%d", i)), 401, "bad_credentials");
        expect_wait(guess_with_key(kind, RIGHT, "key-10"), 30);
        let_seconds_pass(30);
        expect_answer(guess_with_key(kind, RIGHT, "key-10"), 200, "");
    }
}

Test(limit, addresses_of_one_line_are_one)
{
    static const struct {
        const char *first, *second;
        bool one;
    } rows[] = {
        {"192.0.2.1", "192.0.2.2", false},
        {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
        {"2001:db8:0:2::1", "2001:db8:0:3::1", false},
        {"::ffff:192.0.2.3", "::ffff:192.0.2.4", false},
        {"", "no address", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sql("TRUNCATE login_budget");
        guess(10, kinds, kinds->known, rows[i].first);
        expect_wait(try(kinds, kinds->known, WRONG, rows[i].first), 30);
        expect_answer(try(kinds, kinds->known, WRONG, rows[i].second), rows[i].one ? 429 : 401, "");
    }
}

static struct answer enrol(int number, const char *address)
{
    const char *body =
        text("{\"name\": \"N\", \"phone\": \"0106666%04d\", \"password\": \"12345678\"}", number);
    return ask(PATIENT_POOL, "POST", "/auth/patient/register", NULL, body, strlen(body),
               (const char *[]){"REMOTE_ADDR", address, NULL});
}

Test(limit, registrations_of_one_address_are_limited)
{
    expect_answer(enrol(0, "192.0.2.1"), 201, "");
    for (int i = 1; i < 30;
         i++) /* whether a number is registered is not to be asked at will either */
        expect_answer(enrol(0, "192.0.2.1"), 409, "duplicate");
    expect_wait(enrol(1, "192.0.2.1"), 20);
    expect_answer(enrol(1, "192.0.2.2"), 201, "");
    expect_answer(try(kinds, kinds->known, RIGHT, "192.0.2.1"), 200, "");
    let_seconds_pass(20);
    expect_answer(enrol(2, "192.0.2.1"), 201, "");
    expect_wait(enrol(3, "192.0.2.1"), 20);
}

Test(limit, what_is_over_is_let_go_of)
{
    sql("INSERT INTO login_budget (account, network, spent_until)"
        " SELECT 'old', '10.0.0.0'::inet + n, now() - interval '2 hours'"
        "   FROM generate_series(1, 30) AS n");
    for (int i = 0; i < 3; i++)
        guess(1, kinds, kinds->known, text("192.0.2.%d", i));
    cr_expect_str_eq(sql("SELECT count(*) FROM login_budget WHERE account = 'old'"), "0");
    cr_expect_str_eq(sql("SELECT count(*) FROM login_budget"), "7");
}

/* Not even whoever has every telephone number finds it there by trying them all. */
Test(limit, budgets_do_not_name_accounts)
{
    struct arena *arena = arena_new();
    guess(1, kinds, "010-1234-5678", "192.0.2.1");
    cr_expect_str_eq(sql("SELECT count(*) FROM login_budget"), "3");
    cr_expect_str_eq(sql("SELECT count(*) FROM login_budget"
                         " WHERE account IN ('01012345678', sha256('01012345678'), '%s')",
                         secret_digest(arena, "01012345678")),
                     "0");
    cr_expect_str_eq(
        sql("SELECT string_agg(DISTINCT length(account)::text, ' ') FROM login_budget"), "0 32");
    arena_free(arena);
}
