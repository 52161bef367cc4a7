/* Patients: how they register, what they see of themselves, and how the desk finds them. */
#include "clinic.h"

TestSuite(patient, .init = clinic_open, .fini = clinic_close);

Test(patient, a_name_is_more_than_the_spaces_of_a_korean_keyboard)
{
    expect_answer(patient_api("POST", "/auth/patient/register", NULL,
                              "{\"name\": \" \u3000\xc2\xa0\", \"phone\": \"010-8765-4321\","
                              " \"password\": \"clinic-demo\"}"),
                  422, "invalid");
    struct answer made = patient_api("POST", "/auth/patient/register", NULL,
                                     "{\"name\": \"\u3000홍 길동\u3000\", \"phone\":"
                                     " \"010-8765-4321\", \"password\": \"clinic-demo\"}");
    cr_expect_str_eq(at(&made, "/patient/name"), "홍 길동");
}

static const char *registration(const char *name, const char *phone, const char *password)
{
    return text("{\"name\": \"%s\", \"phone\": \"%s\", \"password\": \"%s\"}", name, phone,
                password);
}

static struct answer enrol(const char *name, const char *phone, const char *password)
{
    return patient_api("POST", "/auth/patient/register", NULL, registration(name, phone, password));
}

static struct answer log_in(const char *phone, const char *password)
{
    return patient_api("POST", "/auth/patient/login", NULL,
                       text("{\"phone\": \"%s\", \"password\": \"%s\"}", phone, password));
}

static struct answer search(const char *query)
{
    return admin_api("GET", text("/patients%s", query), staff_token("desk"), NULL);
}

Test(patient, whoever_registers_is_logged_in)
{
    struct answer made = enrol(" Moon ", "010-3333-4444", "correct horse");
    expect_answer(made, 201, "");
    cr_expect_str_eq(header(&made, "Location"), "/api/v1/patient/me");
    cr_expect_str_eq(at(&made, "/token_type"), "Bearer");
    cr_expect_eq(number_at(&made, "/expires_in"), 900);
    const char *document = "{'id': 261, 'name': 'Moon', 'phone': '01033334444'}";
    expect_document(at(&made, "/patient"), document);
    struct answer me = patient_api("GET", "/me", at(&made, "/access_token"), NULL);
    expect_answer(me, 200, "");
    expect_document(me.text, document);
    expect_answer(patient_api("POST", "/auth/patient/refresh", NULL,
                              text("{\"refresh_token\": \"%s\"}", at(&made, "/refresh_token"))),
                  200, "");
    expect_answer(log_in("01033334444", "correct horse"), 200, "");
    expect_answer(log_in("01033334444", "clinic-demo"), 401, "bad_credentials");
}

Test(patient, a_telephone_number_has_one_normal_form)
{
    static const struct {
        const char *written, *kept;
    } rows[] = {
        {"010-9999-0001", "01099990001"},         {"010 9999 0002", "01099990002"},
        {"(010) 9999.0003", "01099990003"},       {" 01099990004 ", "01099990004"},
        {"+82 10-9999-0005", "+821099990005"},    {"1234567", "1234567"},
        {"+123456789012345", "+123456789012345"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer made = enrol("Moon", rows[i].written, "clinic-demo");
        expect_answer(made, 201, "");
        cr_expect_str_eq(at(&made, "/patient/phone"), rows[i].kept);
        expect_answer(log_in(rows[i].written, "clinic-demo"), 200, "");
        expect_answer(log_in(rows[i].kept, "clinic-demo"), 200, "");
        struct answer again = enrol("Other", rows[i].kept, "clinic-demo");
        expect_answer(again, 409, "duplicate");
        cr_expect_str_eq(at(&again, "/errors/0/field"), "phone");
    }
}

Test(patient, a_number_is_registered_once_however_it_is_written)
{
    struct answer taken = enrol("Thief", "010-1234-5678", "another password");
    expect_answer(taken, 409, "duplicate");
    cr_expect_str_eq(at(&taken, "/errors/0/field"), "phone");
    cr_expect_str_eq(at(&taken, "/errors/0/code"), "duplicate");
    cr_expect_str_eq(sql("SELECT count(*) FROM patient"), "260");
    cr_expect_str_eq(sql("SELECT count(*) FROM login"), "0");
    expect_answer(log_in("01012345678", "another password"), 401, "bad_credentials");
    expect_answer(log_in("010-1234-5678", "clinic-demo"), 200, "");
}

static void register_one_number(int number, void *shared)
{
    int *statuses = shared;
    statuses[number] = enrol("Twin", "010-3333-4444", "clinic-demo").status;
}

Test(patient, of_8_who_register_one_number_one_is_registered)
{
    int statuses[8], made = 0;
    at_once(8, register_one_number, statuses);
    for (int i = 0; i < 8; i++) {
        cr_expect(statuses[i] == 201 || statuses[i] == 409 || statuses[i] == 503, "%d",
                  statuses[i]);
        made += statuses[i] == 201;
    }
    cr_expect_eq(made, 1);
    cr_expect_str_eq(sql("SELECT count(*) FROM patient WHERE phone = '01033334444'"), "1");
}

Test(patient, a_registration_needs_a_name_a_number_and_a_password)
{
    static const struct {
        const char *body, *field, *code;
    } rows[] = {
        {"\"phone\": \"01033334444\", \"password\": \"12345678\"", "name", "required"},
        {"\"name\": \"a\", \"password\": \"12345678\"", "phone", "required"},
        {"\"name\": \"a\", \"phone\": \"01033334444\"", "password", "required"},
        {"\"name\": \" \", \"phone\": \"01033334444\", \"password\": \"12345678\"", "name",
         "not_acceptable"},
        {"\"name\": \"a\\u0007b\", \"phone\": \"01033334444\", \"password\": \"12345678\"", "name",
         "not_acceptable"},
        {"\"name\": \"a\", \"phone\": \"01033334444\", \"password\": \"1234567\"", "password",
         "not_acceptable"},
        {"\"name\": \"a\", \"phone\": \"01033334444\", \"password\": 12345678", "password",
         "wrong_type"},
        {"\"name\": \"a\", \"phone\": \"123456\", \"password\": \"12345678\"", "phone",
         "not_acceptable"},
        {"\"name\": \"a\", \"phone\": \"1234567890123456\", \"password\": \"12345678\"", "phone",
         "not_acceptable"},
        {"\"name\": \"a\", \"phone\": \"010-CALL-NOW\", \"password\": \"12345678\"", "phone",
         "not_acceptable"},
        {"\"name\": \"a\", \"phone\": \"0103333+4444\", \"password\": \"12345678\"", "phone",
         "not_acceptable"},
        {"\"name\": \"a\", \"phone\": \"\", \"password\": \"12345678\"", "phone", "not_acceptable"},
        {"\"name\": \"a\", \"phone\": 1033334444, \"password\": \"12345678\"", "phone",
         "wrong_type"},
        {"\"name\": \"a\", \"phone\": \"01033334444\", \"password\": \"12345678\", \"id\": 1", "id",
         "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer refused =
            patient_api("POST", "/auth/patient/register", NULL, text("{%s}", rows[i].body));
        expect_answer(refused, 422, "invalid");
        cr_expect_eq(length_at(&refused, "/errors"), 1);
        cr_expect_str_eq(at(&refused, "/errors/0/field"), rows[i].field);
        cr_expect_str_eq(at(&refused, "/errors/0/code"), rows[i].code, "%s", rows[i].body);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM patient"), "260");
}

Test(patient, a_password_is_taken_as_typed)
{
    expect_answer(enrol("Moon", "01033334444", " 비밀번호123 "), 201, "");
    expect_answer(log_in("01033334444", " 비밀번호123 "), 200, "");
    expect_answer(log_in("01033334444", "비밀번호123"), 401, "bad_credentials");
    const char *most = text("%0128d", 7), *too_long = text("%0129d", 7);
    expect_answer(enrol("Moon", "01033335555", most), 201, "");
    expect_answer(log_in("01033335555", most), 200, "");
    expect_answer(enrol("Moon", "01033336666", too_long), 422, "invalid");
}

Test(patient, me_is_the_one_whose_token_it_is)
{
    struct answer me = patient_api("GET", "/me", patient_token(2), NULL);
    expect_answer(me, 200, "");
    expect_document(me.text, "{'id': 2, 'name': 'Shin', 'phone': '01022223333'}");
    expect_answer(patient_api("GET", "/me", NULL, NULL), 401, "unauthenticated");
    expect_answer(patient_api("GET", "/me", patient_token(9999), NULL), 401, "unauthenticated");
}

/* How many the search finds, and who comes first. */
Test(patient, the_desk_finds_patients_by_part_of_name_or_number)
{
    sql("INSERT INTO patient (name, phone) VALUES"
        " ('100%% Kim', '01055550001'), ('under_score', '01055550002'),"
        " ('back\\slash', '01055550003'), ('홍길동', '01055550004'), ('O''Neil', '+15551234567')");
    static const struct {
        const char *query;
        int total;
        const char *first;
    } rows[] = {
        {"hong", 1, "Hong"},
        {"ON", 1, "Hong"},
        {"%EA%B8%B8%EB%8F%99", 1, "홍길동"}, /* 길동 */
        {"crowd+3", 11, "Crowd 3"},
        {"crowd%203", 11, "Crowd 3"},
        {"+Hong+", 1, "Hong"},
        {"nobody", 0, "(nothing)"},
        /* numbers, however they are written */
        {"01012345678", 1, "Hong"},
        {"010-1234-5678", 1, "Hong"},
        {"1234-5678", 1, "Hong"},
        {"010.1234", 1, "Hong"},
        {"(010)+2222", 1, "Shin"},
        {"%2B1-555", 1, "O'Neil"},
        {"99999999", 0, "(nothing)"},
        /* no wildcards */
        {"%25", 1, "100% Kim"},
        {"_", 1, "under_score"},
        {"%5C", 1, "back\\slash"},
        {"h_ng", 0, "(nothing)"},
        {"h%25g", 0, "(nothing)"},
        {"'", 1, "O'Neil"},
        {"'+OR+1%3D1+--", 0, "(nothing)"},
        {".*", 0, "(nothing)"},
        {"-", 0, "(nothing)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer found = search(text("?q=%s", rows[i].query));
        expect_answer(found, 200, "");
        cr_expect_eq(number_at(&found, "/total"), rows[i].total, "%s: %s", rows[i].query,
                     found.text);
        cr_expect_str_eq(at(&found, "/items/0/name"), rows[i].first, "%s: %s", rows[i].query,
                         found.text);
    }
}

Test(patient, the_list_comes_in_pages)
{
    static const struct {
        const char *query;
        size_t items;
        int total, page, page_size;
    } rows[] = {
        {"", 20, 260, 1, 20},
        {"?q=", 20, 260, 1, 20},
        {"?page=13", 20, 260, 13, 20},
        {"?page=14", 0, 260, 14, 20},
        {"?page=3&page_size=100", 60, 260, 3, 100},
        {"?q=crowd+25&page_size=7", 7, 12, 1, 7}, /* Crowd 25 and 250 to 260 */
        {"?q=crowd+25&page_size=7&page=2", 5, 12, 2, 7},
    };
    sql("UPDATE patient SET name = 'Crowd 2500' WHERE id = 260");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer list = search(rows[i].query);
        expect_answer(list, 200, "");
        cr_expect_eq(length_at(&list, "/items"), rows[i].items, "%s: %s", rows[i].query, list.text);
        cr_expect_eq(number_at(&list, "/total"), rows[i].total, "%s: %s", rows[i].query, list.text);
        cr_expect_eq(number_at(&list, "/page"), rows[i].page);
        cr_expect_eq(number_at(&list, "/page_size"), rows[i].page_size);
    }
}

Test(patient, pages_hold_everybody_once_even_namesakes)
{
    bool seen[261] = {false};
    sql("UPDATE patient SET name = 'Kim'");
    for (int page = 1; page <= 26; page++) {
        struct answer list = search(text("?page=%d&page_size=10", page));
        for (size_t i = 0; i < length_at(&list, "/items"); i++) {
            int64_t id = number_at(&list, text("/items/%zu/id", i));
            cr_assert(id >= 1 && id <= 260 && !seen[id], "%lld", (long long)id);
            seen[id] = true;
        }
    }
    for (int id = 1; id <= 260; id++)
        cr_expect(seen[id], "%d is on no page", id);
}

Test(patient, a_search_that_cannot_be_read_is_refused)
{
    static const char *const queries[] = {
        "?q=+",    "?q=%",           "?q=%zz",     "?q=%00",   "?q=%ff",
        "?page=0", "?page_size=101", "?name=Hong", "?q=a&q=b",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        expect_answer(search(queries[i]), 400, "bad_request");
}

Test(patient, no_answer_holds_a_secret_of_the_database)
{
    const char *desk = staff_token("desk"), *admin = staff_token("admin");
    struct answer answers[] = {
        enrol("Moon", "01033334444", "clinic-demo"),
        log_in("01012345678", "clinic-demo"),
        log_in("01012345678", "wrong"),
        book(1, 1, 1, "2027-03-02T10:00"),
        patient_api("GET", "/me", patient_token(1), NULL),
        patient_api("GET", "/appointments", patient_token(1), NULL),
        patient_api("GET", "/appointments/1", patient_token(1), NULL),
        search("?q=hong"),
        admin_api("GET", "/appointments/1", desk, NULL),
        admin_api("GET", "/appointments", desk, NULL),
        admin_api("GET", "/stats", desk, NULL),
        admin_api("GET", "/staff", admin, NULL),
        admin_api("GET", "/patients/1", desk, NULL),
        admin_api("POST", "/auth/login", NULL,
                  "{\"email\": \"admin@example.com\", \"password\": \"clinic-demo\"}"),
    };
    static const char *const secrets[] = {"password_hash", "argon2", "clinic-demo", "digest"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            cr_expect(!strstr(answers[i].text, secrets[k]) && !strstr(answers[i].head, secrets[k]),
                      "%s stands in %s", secrets[k], answers[i].text);
}

static struct answer correct_me(const char *body)
{
    return patient_api("PATCH", "/me", patient_token(1), body);
}

Test(patient, patients_correct_their_own_data)
{
    struct answer corrected = correct_me("{\"name\": \" Hong Gildong \"}");
    expect_answer(corrected, 200, "");
    expect_document(corrected.text,
                    "{\"id\": 1, \"name\": \"Hong Gildong\", \"phone\": \"01012345678\"}");
    corrected = correct_me("{\"phone\": \"+82 10 1234 5678\"}");
    expect_document(corrected.text,
                    "{\"id\": 1, \"name\": \"Hong Gildong\", \"phone\": \"+821012345678\"}");
    struct answer same = correct_me("{}");
    cr_expect_str_eq(same.text, corrected.text);
    expect_answer(log_in("+821012345678", "clinic-demo"), 200, "");
    expect_answer(correct_me("{\"phone\": \"010-2222-3333\"}"), 409, "duplicate");
    expect_answer(correct_me("{\"name\": null}"), 422, "invalid");
    expect_answer(correct_me("{\"id\": 2}"), 422, "invalid");
}

Test(patient, a_new_password_needs_the_one_that_there_is)
{
    static const struct {
        const char *body, *field;
    } rows[] = {
        {"{\"password\": \"correct horse\"}", "current_password"},
        {"{\"password\": \"correct horse\", \"current_password\": \"a guess\"}",
         "current_password"},
        {"{\"password\": \"short\", \"current_password\": \"clinic-demo\"}", "password"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer refused = correct_me(rows[i].body);
        expect_answer(refused, 422, "invalid");
        cr_expect_str_eq(at(&refused, "/errors/0/field"), rows[i].field, "%s", rows[i].body);
    }
    expect_answer(log_in("01012345678", "clinic-demo"), 200, "");
    expect_answer(correct_me("{\"password\": \"correct horse\","
                             " \"current_password\": \"clinic-demo\"}"),
                  200, "");
    expect_answer(log_in("01012345678", "clinic-demo"), 401, "bad_credentials");
    expect_answer(log_in("01012345678", "correct horse"), 200, "");
}

static struct answer at_desk(const char *method, const char *path, const char *body)
{
    return admin_api(method, path, staff_token("desk"), body);
}

Test(patient, the_desk_creates_shows_and_corrects_patients)
{
    struct answer made =
        at_desk("POST", "/patients", "{\"name\": \"Seo\", \"phone\": \"010-4444-5555\"}");
    expect_answer(made, 201, "");
    expect_document(made.text, "{\"id\": 261, \"name\": \"Seo\", \"phone\": \"01044445555\"}");
    cr_expect_str_eq(header(&made, "Location"), "/api/v1/admin/patients/261");
    struct answer shown = at_desk("GET", "/patients/261", NULL);
    cr_expect_str_eq(shown.text, made.text);
    struct answer corrected = at_desk("PATCH", "/patients/261", "{\"name\": \"Seo Yun\"}");
    expect_document(corrected.text,
                    "{\"id\": 261, \"name\": \"Seo Yun\", \"phone\": \"01044445555\"}");
    expect_answer(at_desk("PATCH", "/patients/261", "{\"phone\": \"010 1234 5678\"}"), 409,
                  "duplicate");
    expect_answer(at_desk("POST", "/patients", "{\"name\": \"x\", \"phone\": \"01012345678\"}"),
                  409, "duplicate");
    expect_answer(at_desk("POST", "/patients", "{\"name\": \"x\"}"), 422, "invalid");
    expect_answer(at_desk("GET", "/patients/999", NULL), 404, "not_found");
    expect_answer(at_desk("PATCH", "/patients/999", "{\"name\": \"x\"}"), 404, "not_found");
    expect_answer(admin_api("GET", "/patients/1", staff_token("viewer"), NULL), 403, "forbidden");
}

Test(patient, without_a_password_nobody_logs_in_until_the_desk_gives_one)
{
    at_desk("POST", "/patients", "{\"name\": \"Seo\", \"phone\": \"010-4444-5555\"}");
    expect_answer(log_in("01044445555", "clinic-demo"), 401, "bad_credentials");
    expect_answer(enrol("Seo", "01044445555", "clinic-demo"), 409, "duplicate");
    expect_answer(at_desk("PATCH", "/patients/261", "{\"password\": \"clinic-demo\"}"), 200, "");
    expect_answer(log_in("01044445555", "clinic-demo"), 200, "");
    at_desk("POST", "/patients",
            "{\"name\": \"Kang\", \"phone\": \"01066667777\", \"password\": \"clinic-demo\"}");
    expect_answer(log_in("01066667777", "clinic-demo"), 200, "");
}
