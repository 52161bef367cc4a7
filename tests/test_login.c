/* Logins: tokens given, renewed and ended, for patients and staff alike. */
#include "clinic.h"

#include <pthread.h>
#include <string.h>

TestSuite(login, .init = clinic_open, .fini = clinic_close);

/* The two kinds of people who log in; nearly all tests hold for both. */
static const struct kind {
    enum pool_name pool, other_pool;
    const char *prefix;      /* of the endpoints */
    const char *name;        /* the field that is unique to them */
    const char *known;       /* somebody */
    const char *unknown;     /* nobody */
    const char *person;      /* the member of the answer */
    const char *protected_;  /* a path that needs a token */
    const char *other_pools; /* one of the other pool that needs a token too */
} kinds[] = {
    {PATIENT_POOL, ADMIN_POOL, "/auth/patient", "phone", "010-1234-5678", "010-1234-5679",
     "{'id': 1, 'name': 'Hong', 'phone': '01012345678'}", "/me", "/doctors"},
    {ADMIN_POOL, PATIENT_POOL, "/auth", "email", "Admin@Example.com", "nobody@example.com",
     "{'id': 1, 'name': 'Ada', 'email': 'admin@example.com', 'role': 'admin', 'is_active': true}",
     "/doctors", "/me"},
};

#define FOR_BOTH_KINDS(KIND) for (const struct kind *KIND = kinds; KIND < kinds + 2; KIND++)

static struct answer call(enum pool_name pool, const char *method, const char *path,
                          const char *token, const char *body)
{
    return ask(pool, method, path, token, body, body ? strlen(body) : 0, NULL);
}

static struct answer log_in_as(const struct kind *kind, const char *name, const char *password)
{
    return call(kind->pool, "POST", text("%s/login", kind->prefix), NULL,
                text("{\"%s\": \"%s\", \"password\": \"%s\"}", kind->name, name, password));
}

static struct answer log_in(const struct kind *kind)
{
    struct answer answer = log_in_as(kind, kind->known, "clinic-demo");
    cr_assert_eq(answer.status, 200, "%s", answer.text);
    return answer;
}

static struct answer refresh_with(const struct kind *kind, const char *refresh_token)
{
    return call(kind->pool, "POST", text("%s/refresh", kind->prefix), NULL,
                text("{\"refresh_token\": \"%s\"}", refresh_token));
}

/* Refreshes with the token of an earlier answer. */
static struct answer refresh(const struct kind *kind, const struct answer *earlier)
{
    return refresh_with(kind, at(earlier, "/refresh_token"));
}

static struct answer log_out(const struct kind *kind, const struct answer *login)
{
    return call(kind->pool, "POST", text("%s/logout", kind->prefix), at(login, "/access_token"),
                NULL);
}

static bool lets_in(const struct kind *kind, const struct answer *login)
{
    return call(kind->pool, "GET", kind->protected_, at(login, "/access_token"), NULL).status ==
           200;
}

static void expect_refusal(struct answer answer, const char *code)
{
    expect_answer(answer, 401, code);
    cr_expect_str_eq(header(&answer, "WWW-Authenticate"), "Bearer");
    cr_expect_null(strstr(answer.text, "token\""), "%s", answer.text);
}

/* Head and body with the request's id made unreadable. */
static const char *anonymous(const struct answer *answer)
{
    char *whole = (char *)text("%s\r\n\r\n%s", answer->head, answer->text);
    const char *id = header(answer, "X-Request-Id");
    for (char *found; (found = strstr(whole, id));)
        memset(found, '-', strlen(id));
    return whole;
}

Test(login, a_login_gives_tokens_and_the_person)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind);
        const char *person = kind->pool == PATIENT_POOL ? "/patient" : "/staff";
        cr_expect(json_object_equal(json_tokener_parse(at(&login, person)),
                                    json_tokener_parse(kind->person)),
                  "%s", login.text);
        cr_expect_str_eq(at(&login, "/token_type"), "Bearer");
        cr_expect_eq(number_at(&login, "/expires_in"), 15 * 60);
        cr_expect_gt(strlen(at(&login, "/refresh_token")), 40);
        cr_expect_eq(json_object_object_length(login.json), 5, "%s", login.text);
        cr_expect(lets_in(kind, &login));
    }
}

Test(login, who_is_unknown_is_refused_like_who_is_mistaken)
{
    sql("INSERT INTO staff (name, email, role, password_hash, is_active)"
        " SELECT 'Gone', 'gone@example.com', 'admin', password_hash, false FROM staff WHERE id = 1");
    FOR_BOTH_KINDS(kind)
    {
        struct answer mistaken = log_in_as(kind, kind->known, "clinic-Demo");
        expect_refusal(mistaken, "bad_credentials");
        struct answer others[] = {
            log_in_as(kind, kind->unknown, "clinic-demo"),
            log_in_as(kind, kind->known, " clinic-demo"),
            log_in_as(kind, kind->known, "c"),
            /* a patient whom the desk entered, and a colleague who has left */
            log_in_as(kind, kind->pool == PATIENT_POOL ? "01070000003" : "gone@example.com",
                      "clinic-demo"),
        };
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            cr_expect_str_eq(anonymous(&others[i]), anonymous(&mistaken));
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM login"), "0");
}

Test(login, a_login_needs_a_name_and_a_password)
{
    static const struct {
        int kind;
        const char *body, *field, *code;
    } rows[] = {
        {0, "{\"password\": \"a\"}", "phone", "required"},
        {0, "{\"phone\": \"01012345678\"}", "password", "required"},
        {0, "{\"phone\": \"Hong\", \"password\": \"a\"}", "phone", "not_acceptable"},
        {0, "{\"phone\": \"01012345678\", \"password\": \"\"}", "password", "not_acceptable"},
        {0, "{\"phone\": \"01012345678\", \"password\": null}", "password", "wrong_type"},
        {1, "{\"email\": \"Ada\", \"password\": \"a\"}", "email", "not_acceptable"},
        {1, "{\"email\": \"admin@example.com\"}", "password", "required"},
        {1, "{\"email\": \"admin@example.com\", \"password\": \"a\", \"role\": \"admin\"}", "role",
         "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kind *kind = &kinds[rows[i].kind];
        struct answer refused =
            call(kind->pool, "POST", text("%s/login", kind->prefix), NULL, rows[i].body);
        expect_answer(refused, 422, "invalid");
        cr_expect_str_eq(at(&refused, "/errors/0/field"), rows[i].field);
        cr_expect_str_eq(at(&refused, "/errors/0/code"), rows[i].code, "%s", rows[i].body);
    }
}

Test(login, an_access_token_is_good_in_its_own_pool_only)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind);
        const char *token = at(&login, "/access_token");
        expect_refusal(call(kind->other_pool, "GET", kind->other_pools, token, NULL),
                       "unauthenticated");
        expect_refusal(
            call(kind->pool, "GET", kind->protected_, at(&login, "/refresh_token"), NULL),
            "unauthenticated");
        expect_refusal(call(kind->pool, "GET", kind->protected_, NULL, NULL), "unauthenticated");
    }
}

Test(login, a_refresh_gives_new_tokens)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind), second = refresh(kind, &login);
        expect_answer(second, 200, "");
        cr_expect_str_neq(at(&second, "/refresh_token"), at(&login, "/refresh_token"));
        cr_expect_eq(number_at(&second, "/expires_in"), 15 * 60);
        cr_expect_eq(json_object_object_length(second.json), 5, "%s", second.text);
        cr_expect(lets_in(kind, &second));
        struct answer third = refresh(kind, &second);
        expect_answer(third, 200, "");
        cr_expect(lets_in(kind, &third));
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM login WHERE ended_at IS NULL"), "2");
}

Test(login, a_refresh_token_shown_twice_ends_its_login)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind), elsewhere = log_in(kind);
        struct answer second = refresh(kind, &login);
        expect_refusal(refresh(kind, &login), "unauthenticated");
        expect_refusal(refresh(kind, &second), "unauthenticated");
        expect_answer(refresh(kind, &elsewhere), 200, "");
    }
}

struct theft {
    const struct kind *kind;
    const char *refresh_token;
    int statuses[8];
};

static void show_the_token(int number, void *shared)
{
    struct theft *theft = shared;
    theft->statuses[number] = refresh_with(theft->kind, theft->refresh_token).status;
}

Test(login, of_8_who_show_one_refresh_token_at_once_one_is_given_another)
{
    struct answer login = log_in(&kinds[0]);
    struct theft theft = {.kind = &kinds[0], .refresh_token = at(&login, "/refresh_token")};
    at_once(8, show_the_token, &theft);
    int given = 0;
    for (int i = 0; i < 8; i++) {
        cr_expect(theft.statuses[i] == 200 || theft.statuses[i] == 401, "%d", theft.statuses[i]);
        given += theft.statuses[i] == 200;
    }
    cr_expect_eq(given, 1);
    cr_expect_str_eq(sql("SELECT count(*) FROM login WHERE ended_at IS NULL"), "0");
}

struct show {
    const char *refresh_token;
    int status;
};

static void *show_it(void *shared)
{
    struct show *show = shared;
    show->status = refresh_with(&kinds[0], show->refresh_token).status;
    return NULL;
}

/* The narrowest case made certain: both come before either is answered. */
Test(login, of_two_who_show_one_refresh_token_the_second_sees_the_first)
{
    struct answer login = log_in(&kinds[0]);
    struct show shows[2];
    pthread_t threads[2];
    sql("BEGIN");
    sql("SELECT FROM login FOR UPDATE");
    for (int i = 0; i < 2; i++) {
        shows[i].refresh_token = at(&login, "/refresh_token");
        cr_assert_eq(pthread_create(&threads[i], NULL, show_it, &shows[i]), 0);
    }
    clinic_await_locks(2);
    sql("COMMIT");
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(shows[0].status + shows[1].status, 200 + 401, "%d and %d", shows[0].status,
                 shows[1].status);
    cr_expect_str_eq(sql("SELECT count(*) FROM login WHERE ended_at IS NULL"), "0");
}

Test(login, a_logout_ends_the_refresh_tokens_of_this_login)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind), elsewhere = log_in(kind);
        struct answer second = refresh(kind, &login);
        struct answer logout = log_out(kind, &login);
        expect_answer(logout, 204, "");
        cr_expect_str_eq(logout.text, "");
        expect_refusal(refresh(kind, &second), "unauthenticated");
        struct answer again = log_out(kind, &second);
        if (kind->pool == PATIENT_POOL)
            expect_answer(again, 204, "");
        else
            expect_refusal(again, "unauthenticated"); /* staff are looked up, patients are not */
        expect_answer(refresh(kind, &elsewhere), 200, "");
        expect_refusal(call(kind->pool, "POST", text("%s/logout", kind->prefix), NULL, NULL),
                       "unauthenticated");
    }
}

Test(login, a_refresh_token_that_is_none_is_refused)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind), others = log_in(&kinds[kind == kinds]);
        expect_refusal(refresh_with(kind, "A"), "unauthenticated");
        expect_refusal(refresh_with(kind, at(&login, "/access_token") + 150), "unauthenticated");
        expect_refusal(refresh(kind, &others), "unauthenticated");
        sql("UPDATE refresh_token SET expires_at = now() - interval '1 second'");
        expect_refusal(refresh(kind, &login), "unauthenticated");
        expect_answer(call(kind->pool, "POST", text("%s/refresh", kind->prefix), NULL, "{}"), 401,
                      "unauthenticated");
        expect_answer(refresh_with(kind, ""), 422, "invalid");
    }
}

Test(login, a_refresh_token_is_good_for_thirty_days)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind);
        refresh(kind, &login);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM refresh_token"
                         " WHERE expires_at - now() BETWEEN '29 days 23:50' AND '30 days'"),
                     "4");
}

Test(login, inactive_staff_is_not_let_in)
{
    struct answer login = log_in(&kinds[1]);
    sql("UPDATE staff SET role = 'admin' WHERE id = 2");
    sql("UPDATE staff SET is_active = false WHERE id = 1");
    expect_refusal(log_in_as(&kinds[1], "admin@example.com", "clinic-demo"), "bad_credentials");
    expect_refusal(refresh(&kinds[1], &login), "unauthenticated");
    expect_answer(log_in_as(&kinds[1], "desk@example.com", "clinic-demo"), 200, "");
}

Test(login, a_refresh_gives_the_role_of_today)
{
    struct answer login = log_in_as(&kinds[1], "desk@example.com", "clinic-demo");
    expect_answer(admin_api("GET", "/patients", at(&login, "/access_token"), NULL), 200, "");
    sql("UPDATE staff SET role = 'viewer' WHERE id = 2");
    struct answer second = refresh(&kinds[1], &login);
    cr_expect_str_eq(at(&second, "/staff/role"), "viewer");
    expect_answer(admin_api("GET", "/patients", at(&second, "/access_token"), NULL), 403,
                  "forbidden");
    expect_answer(admin_api("GET", "/doctors", at(&second, "/access_token"), NULL), 200, "");
}

Test(login, the_settings_say_how_long_tokens_are_good)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_set("ACCESS_TOKEN_MINUTES", "1");
    clinic_set("REFRESH_TOKEN_DAYS", "2");
    clinic_start_worker(PATIENT_POOL);
    struct answer login = log_in(&kinds[0]);
    cr_expect_eq(number_at(&login, "/expires_in"), 60);
    cr_expect_str_eq(sql("SELECT count(*) FROM refresh_token"
                         " WHERE expires_at - now() BETWEEN '1 day 23:50' AND '2 days'"),
                     "1");
}

/* How many rows of the whole database hold the text, as text or as bytes. */
static const char *rows_that_hold(const char *secret)
{
    const char *all = sql("SELECT string_agg(format('SELECT t::text FROM %%I t', tablename),"
                          "                  ' UNION ALL ')"
                          "  FROM pg_tables WHERE schemaname = 'public'");
    return sql("SELECT count(*) FROM (%s) AS every (line)"
               " WHERE strpos(line, '%s') > 0"
               "    OR strpos(line, encode(convert_to('%s', 'UTF8'), 'hex')) > 0",
               all, secret, secret);
}

Test(login, a_refresh_token_shown_to_the_wrong_pool_stays_good)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind);
        expect_refusal(refresh(&kinds[kind == kinds], &login), "unauthenticated");
        expect_answer(refresh(kind, &login), 200, "");
    }
}

Test(login, the_database_holds_neither_tokens_nor_passwords)
{
    cr_expect_str_eq(rows_that_hold("Hong"), "1", "the search finds what is there");
    FOR_BOTH_KINDS(kind)
    {
        struct answer login = log_in(kind), second = refresh(kind, &login);
        const char *secrets[] = {at(&login, "/refresh_token"), at(&second, "/refresh_token"),
                                 at(&second, "/access_token"), "clinic-demo"};
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
            cr_expect_str_eq(rows_that_hold(secrets[i]), "0", "%s", secrets[i]);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM refresh_token WHERE length(digest) >= 32"), "4");
}

/* Changes the password of whom log_in() logs in, to "correct horse". */
static void change_password(const struct kind *kind)
{
    if (kind->pool == PATIENT_POOL)
        expect_answer(patient_api("PATCH", "/me", patient_token(1),
                                  "{\"password\": \"correct horse\","
                                  " \"current_password\": \"clinic-demo\"}"),
                      200, "");
    else
        expect_answer(admin_api("PUT", "/staff/1", staff_token("admin"),
                                "{\"name\": \"Ada\", \"email\": \"admin@example.com\","
                                " \"role\": \"admin\", \"password\": \"correct horse\"}"),
                      200, "");
}

Test(login, a_changed_password_ends_all_logins_of_that_person)
{
    FOR_BOTH_KINDS(kind)
    {
        struct answer first = log_in(kind), second = log_in(kind);
        change_password(kind);
        expect_refusal(refresh(kind, &first), "unauthenticated");
        expect_refusal(refresh(kind, &second), "unauthenticated");
        expect_refusal(log_in_as(kind, kind->known, "clinic-demo"), "bad_credentials");
        struct answer anew = log_in_as(kind, kind->known, "correct horse");
        expect_answer(anew, 200, "");
        expect_answer(refresh(kind, &anew), 200, "");
    }
}

Test(login, other_changes_and_other_people_keep_their_logins)
{
    struct answer patient = log_in(&kinds[0]), admin = log_in(&kinds[1]);
    struct answer desk = log_in_as(&kinds[1], "desk@example.com", "clinic-demo");
    expect_answer(patient_api("PATCH", "/me", patient_token(1), "{\"name\": \"Hong G\"}"), 200, "");
    expect_answer(
        admin_api("PATCH", "/patients/2", staff_token("desk"), "{\"password\": \"correct horse\"}"),
        200, "");
    expect_answer(admin_api("PUT", "/staff/2", staff_token("admin"),
                            "{\"name\": \"Dan\", \"email\": \"desk@example.com\","
                            " \"role\": \"viewer\"}"),
                  200, "");
    expect_answer(admin_api("PUT", "/staff/3", staff_token("admin"),
                            "{\"name\": \"Vic\", \"email\": \"viewer@example.com\","
                            " \"role\": \"viewer\", \"password\": \"correct horse\"}"),
                  200, "");
    expect_answer(refresh(&kinds[0], &patient), 200, "");
    expect_answer(refresh(&kinds[1], &admin), 200, "");
    expect_answer(refresh(&kinds[1], &desk), 200, "");
}

Test(login, who_leaves_the_staff_is_out_at_once)
{
    struct answer login = log_in_as(&kinds[1], "desk@example.com", "clinic-demo");
    struct answer elsewhere = log_in_as(&kinds[1], "desk@example.com", "clinic-demo");
    expect_answer(admin_api("DELETE", "/staff/2", staff_token("admin"), NULL), 204, "");
    expect_refusal(refresh(&kinds[1], &login), "unauthenticated");
    expect_refusal(log_in_as(&kinds[1], "desk@example.com", "clinic-demo"), "bad_credentials");
    sql("UPDATE staff SET is_active = true WHERE id = 2");
    expect_refusal(refresh(&kinds[1], &elsewhere), "unauthenticated");
}

struct late {
    const struct kind *kind;
    const char *name;
    struct answer answer;
};

static void *log_in_late(void *shared)
{
    struct late *late = shared;
    late->answer = log_in_as(late->kind, late->name, "clinic-demo");
    return NULL;
}

/* All was right when the password was checked, and is no longer when the login is to start. */
Test(login, a_login_that_races_a_new_password_or_leaving_loses)
{
    static const struct {
        int kind;
        const char *name, *change;
    } rows[] = {
        {0, "01012345678", "UPDATE patient SET password_hash = 'another' WHERE id = 1"},
        {1, "desk@example.com", "UPDATE staff SET password_hash = 'another' WHERE id = 2"},
        {1, "viewer@example.com", "UPDATE staff SET is_active = false WHERE id = 3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pthread_t thread;
        struct late late = {.kind = &kinds[rows[i].kind], .name = rows[i].name};
        sql("BEGIN");
        sql("%s", rows[i].change);
        pthread_create(&thread, NULL, log_in_late, &late);
        clinic_await_locks(1);
        sql("COMMIT");
        pthread_join(thread, NULL);
        expect_refusal(late.answer, "bad_credentials");
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM login"), "0");
}
