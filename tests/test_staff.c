/* Staff: hired, changed and let go by an admin, of whom there is always one. */
#include "clinic.h"

#include <string.h>

TestSuite(staff, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer as_admin(const char *method, const char *path, const char *body)
{
    return admin_api(method, path, staff_token("admin"), body);
}

/* With the token of that member of the staff, who logged in as an admin. */
static struct answer as_admin_number(int64_t id, const char *method, const char *path)
{
    return admin_api(method, path, clinic_token(ADMIN_POOL, "admin", id, 600), NULL);
}

static struct answer log_in(const char *email, const char *password)
{
    return admin_api("POST", "/auth/login", NULL,
                     text("{\"email\": \"%s\", \"password\": \"%s\"}", email, password));
}

static const char *employment(const char *name, const char *email, const char *role,
                              const char *rest)
{
    return text("{\"name\": \"%s\", \"email\": \"%s\", \"role\": \"%s\"%s}", name, email, role,
                rest);
}

Test(staff, whoever_is_hired_can_log_in_and_do_what_their_role_says)
{
    struct answer hired =
        as_admin("POST", "/staff",
                 employment("Eve", "Eve@Example.com", "desk", ", \"password\": \"correct horse\""));
    expect_answer(hired, 201, "");
    expect_document(hired.text, "{\"id\": 4, \"name\": \"Eve\", \"email\": \"eve@example.com\","
                                " \"role\": \"desk\", \"is_active\": true}");
    cr_expect_str_eq(header(&hired, "Location"), "/api/v1/admin/staff/4");
    struct answer login = log_in("eve@example.com", "correct horse");
    expect_answer(login, 200, "");
    expect_answer(admin_api("GET", "/patients", at(&login, "/access_token"), NULL), 200, "");
    expect_answer(admin_api("DELETE", "/doctors/1", at(&login, "/access_token"), NULL), 403,
                  "forbidden");
    struct answer shown = as_admin("GET", "/staff/4", NULL);
    cr_expect_str_eq(shown.text, hired.text);
}

Test(staff, an_employment_is_checked)
{
    static const struct {
        const char *body;
        int status;
        const char *code, *field;
    } rows[] = {
        {"{\"name\": \"Eve\", \"email\": \"eve@example.com\", \"role\": \"desk\"}", 422, "invalid",
         "password"},
        {"{\"name\": \"Eve\", \"email\": \"eve@example.com\", \"role\": \"desk\","
         " \"password\": \"short\"}",
         422, "invalid", "password"},
        {"{\"name\": \"Eve\", \"email\": \"eve\", \"role\": \"desk\","
         " \"password\": \"correct horse\"}",
         422, "invalid", "email"},
        {"{\"name\": \"Eve\", \"email\": \"eve@example.com\", \"role\": \"owner\","
         " \"password\": \"correct horse\"}",
         422, "invalid", "role"},
        {"{\"name\": \"Eve\", \"email\": \"DESK@example.com\", \"role\": \"desk\","
         " \"password\": \"correct horse\"}",
         409, "duplicate", "email"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = as_admin("POST", "/staff", rows[i].body);
        expect_answer(answer, rows[i].status, rows[i].code);
        cr_expect_str_eq(at(&answer, "/errors/0/field"), rows[i].field, "%s", rows[i].body);
    }
    expect_answer(as_admin("PUT", "/staff/99", employment("Eve", "e@example.com", "desk", "")), 404,
                  "not_found");
    expect_answer(as_admin("PUT", "/staff/2", employment("Dan", "admin@example.com", "desk", "")),
                  409, "duplicate");
    expect_answer(as_admin("GET", "/staff/99", NULL), 404, "not_found");
    expect_answer(as_admin("DELETE", "/staff/99", NULL), 404, "not_found");
}

Test(staff, replacing_keeps_a_password_that_is_not_given)
{
    struct answer changed =
        as_admin("PUT", "/staff/2", employment("Danny", "danny@example.com", "viewer", ""));
    expect_answer(changed, 200, "");
    expect_document(changed.text,
                    "{\"id\": 2, \"name\": \"Danny\", \"email\": \"danny@example.com\","
                    " \"role\": \"viewer\", \"is_active\": true}");
    expect_answer(log_in("danny@example.com", "clinic-demo"), 200, "");
    expect_answer(log_in("desk@example.com", "clinic-demo"), 401, "bad_credentials");
}

Test(staff, staff_is_listed_by_page_and_filter)
{
    as_admin("DELETE", "/staff/3", NULL);
    static const struct {
        const char *query, *ids;
    } rows[] = {{"", "1 2 3"},
                {"?is_active=true", "1 2"},
                {"?is_active=false", "3"},
                {"?role=desk", "2"},
                {"?page_size=2&page=2", "3"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer list =
            admin_api("GET", text("/staff%s", rows[i].query), staff_token("desk"), NULL);
        const char *ids = "";
        for (size_t k = 0; k < length_at(&list, "/items"); k++)
            ids = text("%s%s%s", ids, *ids ? " " : "", at(&list, text("/items/%zu/id", k)));
        cr_expect_str_eq(ids, rows[i].ids, "%s", rows[i].query);
        cr_expect_null(strstr(list.text, "argon2"));
    }
}

Test(staff, somebody_remains_who_manages_the_others)
{
    const char *demoted = employment("Ada", "admin@example.com", "desk", "");
    const char *inactive =
        employment("Ada", "admin@example.com", "admin", ", \"is_active\": false");
    struct answer refused = as_admin("DELETE", "/staff/1", NULL);
    expect_answer(refused, 409, "in_use");
    cr_expect_str_eq(at(&refused, "/detail"), "This is the last active admin.");
    expect_answer(as_admin("PUT", "/staff/1", demoted), 409, "in_use");
    expect_answer(as_admin("PUT", "/staff/1", inactive), 409, "in_use");
    expect_answer(as_admin("PUT", "/staff/1", employment("Ada B", "ada@example.com", "admin", "")),
                  200, "");
    expect_answer(as_admin("PUT", "/staff/2", employment("Dan", "desk@example.com", "admin", "")),
                  200, "");
    expect_answer(as_admin("DELETE", "/staff/1", NULL), 204, "");
    expect_answer(as_admin_number(2, "DELETE", "/staff/2"), 409, "in_use");
    cr_expect_str_eq(sql_refusal("DELETE FROM staff WHERE id = 2"), "staff_keeps_an_admin");
}

/* The first admin dismisses the second, and the second the first. */
static void dismiss(int number, void *shared)
{
    int *statuses = shared;
    statuses[number] = as_admin_number(number + 1, "DELETE", text("/staff/%d", 2 - number)).status;
}

Test(staff, two_admins_cannot_dismiss_each_other_at_once)
{
    for (int round = 0; round < 10; round++) {
        int statuses[2];
        sql("UPDATE staff SET role = 'admin', is_active = true");
        sql("UPDATE staff SET is_active = false WHERE id = 3");
        at_once(2, dismiss, statuses);
        int other = statuses[0] + statuses[1] - 204; /* who comes too late is dismissed already */
        cr_expect(other == 409 || other == 401, "%d and %d", statuses[0], statuses[1]);
        cr_expect_str_eq(sql("SELECT count(*) FROM staff WHERE is_active AND role = 'admin'"), "1");
    }
}

Test(staff, whoever_is_dismissed_demoted_or_logged_out_is_so_at_once)
{
    static const struct {
        const char *change;
        int status;
        const char *code;
    } rows[] = {
        {"UPDATE staff SET role = 'viewer' WHERE id = 2", 403, "forbidden"},
        {"UPDATE staff SET role = 'desk' WHERE id = 2", 200, ""},
        {"UPDATE staff SET is_active = false WHERE id = 2", 401, "unauthenticated"},
    };
    struct answer login = log_in("desk@example.com", "clinic-demo");
    const char *token = at(&login, "/access_token");
    for (size_t i = 0; i < COUNT(rows); i++) {
        sql("%s", rows[i].change);
        expect_answer(admin_api("GET", "/patients", token, NULL), rows[i].status, rows[i].code);
    }
    sql("UPDATE staff SET is_active = true WHERE id = 2");
    login = log_in("desk@example.com", "clinic-demo");
    token = at(&login, "/access_token");
    expect_answer(admin_api("GET", "/patients", token, NULL), 200, "");
    expect_answer(admin_api("POST", "/auth/logout", token, NULL), 204, "");
    expect_answer(admin_api("GET", "/patients", token, NULL), 401, "unauthenticated");
}
