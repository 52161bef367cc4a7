/* Paths, methods and queries: what no route fits, and what a route cannot read. Each pool has one
 * worker here, which nobody restarts: when health is answered at the end of a test, the process
 * that was asked all this has answered it. */
#include "clinic.h"

static void look_and_close(void)
{
    clinic_expect(strcmp(sql("SELECT (SELECT count(*) FROM appointment) || ' '"
                             "    || (SELECT string_agg(name || is_active, ' ' ORDER BY id)"
                             "          FROM doctor)"),
                         "0 Kimtrue Leetrue Parktrue Choifalse") == 0,
                  "something has been stored");
    clinic_close_alive();
}

/* Every test of this suite stores nothing. */
TestSuite(address, .init = clinic_open, .fini = look_and_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer ask_either(enum pool_name pool, const char *method, const char *path)
{
    return ask(pool, method, path, pool == PATIENT_POOL ? patient_token(1) : staff_token("admin"),
               NULL, 0, NULL);
}

Test(address, an_unknown_path_is_not_found)
{
    static const char *const paths[] = {
        "",
        "/",
        "/nothing",
        "/doctors/",
        "/doctors/1/",
        "/doctors/1/2",
        "//doctors",
        "/doctors//1",
        "/Doctors",
        "/doctorsx",
        "/doctor",
        "/doctors%2F1",
        "/doctors/../doctors",
        "/doctors/./1",
        "/doctors\\1",
        "/health/",
        "/api/v1/patient/doctors",
        "/appointments/1/nothing",
        "/\xFF",
        "/%s%n",
    };
    for (size_t i = 0; i < COUNT(paths); i++)
        for (enum pool_name pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
            expect_problem(paths[i], ask_either(pool, "GET", paths[i]), 404, "not_found");
            expect_problem(paths[i], ask_either(pool, "DELETE", paths[i]), 404, "not_found");
        }
    expect_problem("100 KB", ask_either(PATIENT_POOL, "GET", text("/%0100000d", 0)), 404,
                   "not_found");
}

/* The gateway would not send these here; they may say nothing all the same. */
Test(address, a_path_of_the_other_pool_is_not_found)
{
    static const char *const uris[] = {
        "/api/v1/admin/doctors",
        "/api/v1/patientx/doctors",
        "/api/v1/patient",
        "/api/v1",
        "/doctors",
        "doctors",
        "/",
        "//api/v1/patient/doctors",
        "/API/v1/patient/doctors",
    };
    for (size_t i = 0; i < COUNT(uris); i++) {
        const char *const extra[] = {"DOCUMENT_URI", uris[i], NULL};
        expect_problem(uris[i], ask(PATIENT_POOL, "GET", "/", NULL, NULL, 0, extra), 404,
                       "not_found");
    }
}

Test(address, a_wrong_method_is_told_the_right_ones)
{
    static const struct {
        enum pool_name pool;
        const char *method, *path, *allow[4];
    } rows[] = {
        {PATIENT_POOL, "POST", "/health", {"GET"}},
        {PATIENT_POOL, "DELETE", "/appointments", {"GET", "POST"}},
        {PATIENT_POOL, "PUT", "/appointments", {"GET", "POST"}},
        {PATIENT_POOL, "POST", "/doctors", {"GET"}},
        {PATIENT_POOL, "DELETE", "/doctors/1", {"GET"}},
        {PATIENT_POOL, "GET", "/auth/patient/login", {"POST"}},
        {PATIENT_POOL, "HEAD", "/auth/patient/login", {"POST"}},
        {PATIENT_POOL, "POST", "/appointments/1/cancel", {"PATCH"}},
        {PATIENT_POOL, "TRACE", "/doctors", {"GET"}},
        {PATIENT_POOL, "BREW", "/doctors", {"GET"}},
        {PATIENT_POOL, "get", "/doctors", {"GET"}},
        {ADMIN_POOL, "PATCH", "/doctors", {"GET", "POST"}},
        {ADMIN_POOL, "POST", "/doctors/1", {"GET", "PUT", "DELETE"}},
        {ADMIN_POOL, "POST", "/stats", {"GET"}},
        {ADMIN_POOL, "PATCH", "/doctors/abc", {"GET", "PUT", "DELETE"}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *about = text("%s %s", rows[i].method, rows[i].path);
        struct answer refused = ask_either(rows[i].pool, rows[i].method, rows[i].path);
        expect_problem(about, refused, 405, "method_not_allowed");
        const char *allow = header(&refused, "Allow");
        for (size_t k = 0; k < COUNT(rows[i].allow) && rows[i].allow[k]; k++)
            cr_expect(allow && strstr(allow, rows[i].allow[k]), "%s: %s", about, refused.head);
        cr_expect(allow && !strstr(allow, rows[i].method), "%s: Allow: %s", about, allow);
    }
}

/* nginx leaves out the body, which is why the worker may send it. */
Test(address, head_is_answered_like_get)
{
    static const char *const paths[] = {"/doctors",        "/doctors/1", "/doctors/4", "/nothing",
                                        "/doctors?page=0", "/health",    "/me"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct answer get = ask_either(PATIENT_POOL, "GET", paths[i]);
        struct answer head = ask_either(PATIENT_POOL, "HEAD", paths[i]);
        cr_expect_eq(head.status, get.status, "%s", paths[i]);
        cr_expect_str_eq(header(&head, "Content-Type"), header(&get, "Content-Type"));
        cr_expect_str_eq(header(&head, "Content-Length"), header(&get, "Content-Length"));
    }
    expect_problem("HEAD without a token", patient_api("HEAD", "/me", NULL, NULL), 401,
                   "unauthenticated");
}

/* Routes that have a number in the path; "%s" stands for it. */
static const struct {
    enum pool_name pool;
    const char *method, *path;
} numbered[] = {
    {PATIENT_POOL, "GET", "/doctors/%s"},
    {PATIENT_POOL, "GET", "/treatments/%s"},
    {PATIENT_POOL, "GET", "/appointments/%s"},
    {PATIENT_POOL, "GET", "/availability/%s/availability?date=2027-03-02&treatment_id=1"},
    {PATIENT_POOL, "PATCH", "/appointments/%s/cancel"},
    {ADMIN_POOL, "GET", "/doctors/%s"},
    {ADMIN_POOL, "DELETE", "/doctors/%s"},
    {ADMIN_POOL, "GET", "/treatments/%s"},
    {ADMIN_POOL, "GET", "/hospital-slots/%s"},
    {ADMIN_POOL, "DELETE", "/hospital-slots/%s"},
    {ADMIN_POOL, "GET", "/appointments/%s"},
};

static const char *with_id(const char *path, const char *id)
{
    const char *place = strstr(path, "%s");
    return text("%.*s%s%s", (int)(place - path), path, id, place + 2);
}

static void expect_of_id(const char *id, int status, const char *code)
{
    for (size_t i = 0; i < COUNT(numbered); i++) {
        const char *path = with_id(numbered[i].path, id);
        expect_problem(path, ask_either(numbered[i].pool, numbered[i].method, path), status, code);
    }
}

Test(address, an_id_that_is_no_positive_integer_is_a_bad_request)
{
    static const char *const ids[] = {
        "abc",
        "0",
        "000",
        "-1",
        "+1",
        "1e3",
        "1.0",
        "0x1",
        "1a",
        " 1",
        "1 ",
        "1;2",
        "null",
        "99999999999999999999",
        "18446744073709551617",
        "\xEF\xBC\x91",
        "1\xFF",
        "%31",
        "1'--",
    };
    for (size_t i = 0; i < COUNT(ids); i++)
        expect_of_id(ids[i], 400, "bad_request");
    expect_of_id(text("%0100000d", 1), 400, "bad_request");
}

Test(address, an_id_that_nobody_has_is_not_found)
{
    expect_of_id("999999", 404, "not_found");
    expect_of_id("999999999999999999", 404, "not_found");
}

/* The parameter that `errors` names; NULL: the query cannot be taken apart. */
static const struct {
    enum pool_name pool;
    const char *path, *field;
} bad_queries[] = {
    {PATIENT_POOL, "/doctors?page=0", "page"},
    {PATIENT_POOL, "/doctors?page=-1", "page"},
    {PATIENT_POOL, "/doctors?page=abc", "page"},
    {PATIENT_POOL, "/doctors?page=1.0", "page"},
    {PATIENT_POOL, "/doctors?page=1e1", "page"},
    {PATIENT_POOL, "/doctors?page=0x1", "page"},
    {PATIENT_POOL, "/doctors?page=+1", "page"},
    {PATIENT_POOL, "/doctors?page=1%20", "page"},
    {PATIENT_POOL, "/doctors?page=9223372036854775807", "page"},
    {PATIENT_POOL, "/doctors?page=99999999999999999999", "page"},
    {PATIENT_POOL, "/doctors?page=-99999999999999999999", "page"},
    {PATIENT_POOL, "/doctors?page_size=0", "page_size"},
    {PATIENT_POOL, "/doctors?page_size=101", "page_size"},
    {PATIENT_POOL, "/doctors?page=1&page=1", "page"},
    {PATIENT_POOL, "/doctors?page=1&p%61ge=2", "page"},
    {PATIENT_POOL, "/doctors?color=red", "color"},
    {PATIENT_POOL, "/doctors?Page=1", "Page"},
    {PATIENT_POOL, "/doctors?page[]=1", "page[]"},
    {PATIENT_POOL, "/doctors?is_active=false", "is_active"}, /* the staff's */
    {PATIENT_POOL, "/doctors?page=1?page_size=2", "page"},
    {PATIENT_POOL, "/doctors?department=a%0Ab", "department"},
    {PATIENT_POOL, "/doctors?page=%zz", NULL},
    {PATIENT_POOL, "/doctors?page=%", NULL},
    {PATIENT_POOL, "/doctors?page=%1", NULL},
    {PATIENT_POOL, "/doctors?page=1%00", NULL},
    {PATIENT_POOL, "/doctors?department=%00", NULL},
    {PATIENT_POOL, "/doctors?department=%FF", NULL},
    {PATIENT_POOL, "/doctors?department=%C0%80", NULL},
    {PATIENT_POOL, "/doctors?department=%ED%A0%80", NULL},
    {PATIENT_POOL, "/doctors?department=\xFF", NULL},
    {PATIENT_POOL, "/doctors?%00=1", NULL},
    {PATIENT_POOL, "/doctors?%zz", NULL},
    {PATIENT_POOL, "/appointments?from=2027-02-30", "from"},
    {PATIENT_POOL, "/appointments?to=2027-13-01", "to"},
    {PATIENT_POOL, "/appointments?from=2027-3-1", "from"},
    {PATIENT_POOL, "/appointments?from=infinity", "from"},
    {PATIENT_POOL, "/appointments?from=today", "from"},
    {PATIENT_POOL, "/appointments?from=2027-03-01T10:00", "from"},
    {PATIENT_POOL, "/appointments?status=lost", "status"},
    {PATIENT_POOL, "/appointments?status=Pending", "status"},
    {PATIENT_POOL, "/appointments?patient_id=2", "patient_id"}, /* the staff's */
    {PATIENT_POOL, "/availability/1/availability", "date"},
    {PATIENT_POOL, "/availability/1/availability", "treatment_id"},
    {PATIENT_POOL, "/availability/1/availability?date=&treatment_id=1", "date"},
    {PATIENT_POOL, "/availability/1/availability?date=2027-02-30&treatment_id=1", "date"},
    {PATIENT_POOL, "/availability/1/availability?date=2027-03-02&treatment_id=x", "treatment_id"},
    {PATIENT_POOL, "/availability/1/availability?date=2027-03-02&treatment_id=0", "treatment_id"},
    {ADMIN_POOL, "/doctors?is_active=maybe", "is_active"},
    {ADMIN_POOL, "/doctors?is_active=1", "is_active"},
    {ADMIN_POOL, "/doctors?is_active=TRUE", "is_active"},
    {ADMIN_POOL, "/appointments?doctor_id=Kim", "doctor_id"},
    {ADMIN_POOL, "/appointments?patient_id=0", "patient_id"},
    {ADMIN_POOL, "/appointments?treatment_id=1%27--", "treatment_id"},
    {ADMIN_POOL, "/stats?from=2027-02-30&to=2027-03-02", "from"},
};

static bool names_field(const struct answer *answer, const char *field)
{
    for (size_t i = 0; strcmp(at(answer, text("/errors/%zu", i)), "(nothing)") != 0; i++)
        if (strcmp(at(answer, text("/errors/%zu/field", i)), field) == 0)
            return true;
    return false;
}

Test(address, a_query_that_cannot_be_read_is_a_bad_request_and_says_why)
{
    for (size_t i = 0; i < COUNT(bad_queries); i++) {
        const char *path = bad_queries[i].path, *field = bad_queries[i].field;
        struct answer refused = ask_either(bad_queries[i].pool, "GET", path);
        expect_problem(path, refused, 400, "bad_request");
        cr_expect(!field || names_field(&refused, field), "%s: no word of %s in %s", path, field,
                  refused.text);
    }
}

Test(address, every_mistake_in_a_query_is_named_at_once)
{
    struct answer refused =
        ask_either(ADMIN_POOL, "GET", "/appointments?page=0&status=lost&from=x&doctor_id=y&z=1");
    expect_problem("five mistakes", refused, 400, "bad_request");
    cr_expect_eq(length_at(&refused, "/errors"), 5, "%s", refused.text);
}

Test(address, a_query_may_be_written_as_urls_have_it)
{
    static const struct {
        const char *query, *total;
    } rows[] = {
        {"", "3"},
        {"?", "3"},
        {"?&&", "3"},
        {"?page=1&page_size=100", "3"},
        {"?page=1000000&page_size=100", "3"},
        {"?p%61ge=1", "3"},
        {"?department=surgery", "1"},
        {"?department=derma%74ology", "2"},
        {"?department=+surgery%20", "1"},
        {"?department=%EC%84%B1%ED%98%95", "0"},
        {"?department=%27+OR+1%3D1--", "0"},
        {"?department=%25s%25n", "0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer list = patient_api("GET", text("/doctors%s", rows[i].query), NULL, NULL);
        cr_expect_eq(list.status, 200, "%s: %s", rows[i].query, list.text);
        cr_expect_str_eq(at(&list, "/total"), rows[i].total, "%s: %s", rows[i].query, list.text);
    }
}
