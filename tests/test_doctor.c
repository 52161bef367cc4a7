/* Doctors: what the staff makes of them, and what patients see of that. */
#include "clinic.h"

TestSuite(doctor, .init = clinic_open, .fini = clinic_close);

static const char *doctor(const char *name, const char *department, bool is_active)
{
    return text("{\"name\": \"%s\", \"department\": \"%s\", \"is_active\": %s}", name, department,
                is_active ? "true" : "false");
}

static struct answer as_admin(const char *method, const char *path, const char *body)
{
    return admin_api(method, path, staff_token("admin"), body);
}

static struct answer as_viewer(const char *path)
{
    return admin_api("GET", path, staff_token("viewer"), NULL);
}

static struct answer as_anyone(const char *path)
{
    return patient_api("GET", path, NULL, NULL);
}

/* The whole document: nothing may stand in it that is not expected. */
static void expect_doctor(struct answer answer, int id, const char *name, const char *department,
                          bool is_active)
{
    struct json_object *expected =
        json_tokener_parse(text("{'id': %d, 'name': '%s', 'department': '%s', 'is_active': %s}", id,
                                name, department, is_active ? "true" : "false"));
    cr_expect(json_object_equal(answer.json, expected), "got %s instead of %s", answer.text,
              json_object_to_json_string(expected));
}

Test(doctor, a_new_doctor_is_there_for_staff_and_patients)
{
    struct answer made = as_admin("POST", "/doctors", doctor("Yoon", "dentistry", true));
    expect_answer(made, 201, "");
    cr_expect_str_eq(header(&made, "Location"), "/api/v1/admin/doctors/5");
    expect_doctor(made, 5, "Yoon", "dentistry", true);
    expect_doctor(as_viewer("/doctors/5"), 5, "Yoon", "dentistry", true);
    expect_doctor(as_anyone("/doctors/5"), 5, "Yoon", "dentistry", true);
    expect_answer(book(1, 5, 1, "2027-03-02T10:00"), 201, "");
}

Test(doctor, a_doctor_is_active_unless_said_otherwise)
{
    expect_doctor(
        as_admin("POST", "/doctors", "{\"name\": \" Yoon \", \"department\": \"dentistry\"}"), 5,
        "Yoon", "dentistry", true);
    expect_doctor(as_admin("POST", "/doctors", doctor("Han", "dentistry", false)), 6, "Han",
                  "dentistry", false);
    expect_answer(as_anyone("/doctors/6"), 404, "not_found");
}

Test(doctor, replacing_replaces_every_field)
{
    struct answer replaced = as_admin("PUT", "/doctors/2", doctor("Li", "surgery", false));
    expect_answer(replaced, 200, "");
    expect_doctor(replaced, 2, "Li", "surgery", false);
    expect_doctor(as_viewer("/doctors/2"), 2, "Li", "surgery", false);
    expect_answer(as_anyone("/doctors/2"), 404, "not_found");

    as_admin("PUT", "/doctors/4", "{\"name\": \"Choi\", \"department\": \"surgery\"}");
    expect_doctor(as_anyone("/doctors/4"), 4, "Choi", "surgery", true);
}

Test(doctor, a_hidden_doctor_is_not_offered)
{
    struct answer hidden = as_admin("DELETE", "/doctors/1", NULL);
    expect_answer(hidden, 204, "");
    cr_expect_str_eq(hidden.text, "");
    expect_answer(as_anyone("/doctors/1"), 404, "not_found");
    expect_doctor(as_viewer("/doctors/1"), 1, "Kim", "dermatology", false);
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 422, "doctor_inactive");
    expect_answer(as_admin("DELETE", "/doctors/1", NULL), 204, "");
    expect_doctor(as_viewer("/doctors/1"), 1, "Kim", "dermatology", false);
}

Test(doctor, a_hidden_doctor_keeps_past_appointments)
{
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status)"
        " VALUES (1, 1, 1, '[2027-02-26 10:00, 2027-02-26 10:30)', 'completed')");
    expect_answer(as_admin("DELETE", "/doctors/1", NULL), 204, "");
    struct answer kept = as_viewer("/appointments/1");
    expect_answer(kept, 200, "");
    cr_expect_str_eq(at(&kept, "/doctor/name"), "Kim");
}

Test(doctor, only_future_appointments_that_stand_keep_a_doctor)
{
    static const struct {
        const char *day, *status;
        bool in_use;
    } rows[] = {
        {"2027-03-02", "pending", true},    {"2027-03-02", "confirmed", true},
        {"2027-03-02", "arrived", true},    {"2027-03-01", "pending", true},
        {"2027-03-02", "cancelled", false}, {"2027-03-02", "completed", false},
        {"2027-03-02", "no_show", false},   {"2027-02-26", "pending", false},
        {"2027-02-26", "confirmed", false}, {"2027-02-26", "completed", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int expected[] = {rows[i].in_use ? 409 : 204, rows[i].in_use ? 409 : 200};
        sql("DELETE FROM appointment");
        sql("UPDATE doctor SET is_active = true WHERE id = 1");
        sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status)"
            " VALUES (1, 1, 2, '[%s 10:00, %s 10:45)', '%s')",
            rows[i].day, rows[i].day, rows[i].status);
        struct answer put = as_admin("PUT", "/doctors/1", doctor("Kim", "dermatology", false));
        sql("UPDATE doctor SET is_active = true WHERE id = 1");
        struct answer hidden = as_admin("DELETE", "/doctors/1", NULL);
        cr_expect(hidden.status == expected[0] && put.status == expected[1], "%s %s: %d, %d %s",
                  rows[i].day, rows[i].status, hidden.status, put.status, put.text);
        if (!rows[i].in_use)
            continue;
        cr_expect_str_eq(at(&hidden, "/code"), "in_use");
        cr_expect_str_eq(at(&put, "/code"), "in_use");
        expect_doctor(as_anyone("/doctors/1"), 1, "Kim", "dermatology", true);
    }
}

Test(doctor, a_doctor_with_appointments_can_be_renamed_and_hidden_once_they_are_cancelled)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    expect_answer(as_admin("PUT", "/doctors/1", doctor("Kim-Lee", "surgery", true)), 200, "");
    expect_answer(as_admin("DELETE", "/doctors/1", NULL), 409, "in_use");
    expect_answer(as_admin("DELETE", "/doctors/2", NULL), 204, "");
    expect_answer(patient_api("PATCH", text("/appointments/%s/cancel", at(&booked, "/id")),
                              patient_token(1), NULL),
                  200, "");
    expect_answer(as_admin("DELETE", "/doctors/1", NULL), 204, "");
}

Test(doctor, a_doctor_who_is_not_there_is_not_found)
{
    static const struct {
        const char *path, *code;
        int status;
    } rows[] = {
        {"/doctors/999", "not_found", 404},
        {"/doctors/999999999999999999", "not_found", 404},
        {"/doctors/0", "bad_request", 400},
        {"/doctors/-1", "bad_request", 400},
        {"/doctors/one", "bad_request", 400},
        {"/doctors/1x", "bad_request", 400},
        {"/doctors/9999999999999999999", "bad_request", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_answer(as_viewer(rows[i].path), rows[i].status, rows[i].code);
        expect_answer(as_anyone(rows[i].path), rows[i].status, rows[i].code);
        expect_answer(as_admin("PUT", rows[i].path, doctor("A", "b", true)), rows[i].status,
                      rows[i].code);
        expect_answer(as_admin("DELETE", rows[i].path, NULL), rows[i].status, rows[i].code);
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM doctor"), "4");
}

Test(doctor, a_doctor_needs_a_name_and_a_department)
{
    static const struct {
        const char *body, *field, *code;
    } rows[] = {
        {"{\"department\": \"a\"}", "name", "required"},
        {"{\"name\": \"a\"}", "department", "required"},
        {"{\"name\": \" \", \"department\": \"a\"}", "name", "not_acceptable"},
        {"{\"name\": \"a\\nb\", \"department\": \"a\"}", "name", "not_acceptable"},
        {"{\"name\": null, \"department\": \"a\"}", "name", "wrong_type"},
        {"{\"name\": \"a\", \"department\": 7}", "department", "wrong_type"},
        {"{\"name\": \"a\", \"department\": \"\"}", "department", "not_acceptable"},
        {"{\"name\": \"a\", \"department\": \"a\", \"is_active\": \"yes\"}", "is_active",
         "wrong_type"},
        {"{\"name\": \"a\", \"department\": \"a\", \"is_active\": 1}", "is_active", "wrong_type"},
        {"{\"name\": \"a\", \"department\": \"a\", \"id\": 9}", "id", "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answers[] = {as_admin("POST", "/doctors", rows[i].body),
                                   as_admin("PUT", "/doctors/1", rows[i].body)};
        for (int k = 0; k < 2; k++) {
            expect_answer(answers[k], 422, "invalid");
            cr_expect_eq(length_at(&answers[k], "/errors"), 1);
            cr_expect_str_eq(at(&answers[k], "/errors/0/field"), rows[i].field);
            cr_expect_str_eq(at(&answers[k], "/errors/0/code"), rows[i].code, "%s", rows[i].body);
        }
    }
    cr_expect_str_eq(sql("SELECT count(*) FROM doctor"), "4");
    expect_doctor(as_viewer("/doctors/1"), 1, "Kim", "dermatology", true);
}

Test(doctor, a_name_may_have_a_hundred_characters_of_any_script)
{
    static const char *const units[] = {"x", "김"};
    for (int i = 0; i < 2; i++) {
        const char *name = "";
        for (int n = 0; n < 100; n++)
            name = text("%s%s", name, units[i]);
        struct answer made = as_admin("POST", "/doctors", doctor(name, "surgery", true));
        expect_doctor(made, 5 + i, name, "surgery", true);
        expect_answer(
            as_admin("POST", "/doctors", doctor(text("%s%s", name, units[i]), "surgery", true)),
            422, "invalid");
    }
}

/* "1 2 3": the ids in a list, in its order. */
static const char *ids(const struct answer *list)
{
    const char *found = "";
    for (size_t i = 0; i < length_at(list, "/items"); i++)
        found = text("%s%s%s", found, i ? " " : "", at(list, text("/items/%zu/id", i)));
    return found;
}

struct listing {
    const char *query, *ids;
    int total, page, page_size;
};

static void expect_listing(struct answer list, const struct listing *expected)
{
    expect_answer(list, 200, "");
    cr_expect_str_eq(ids(&list), expected->ids, "%s: %s", expected->query, list.text);
    cr_expect_eq(number_at(&list, "/total"), expected->total, "%s: %s", expected->query, list.text);
    cr_expect_eq(number_at(&list, "/page"), expected->page);
    cr_expect_eq(number_at(&list, "/page_size"), expected->page_size);
}

Test(doctor, staff_list_all_doctors_by_page_and_filter)
{
    static const struct listing rows[] = {
        {"", "1 2 3 4", 4, 1, 20},
        {"?is_active=true", "1 2 3", 3, 1, 20},
        {"?is_active=false", "4", 1, 1, 20},
        {"?department=surgery", "3 4", 2, 1, 20},
        {"?department=surgery&is_active=true", "3", 1, 1, 20},
        {"?department=Surgery", "", 0, 1, 20},
        {"?department=%73urgery", "3 4", 2, 1, 20},
        {"?department=", "1 2 3 4", 4, 1, 20},
        {"?page_size=3", "1 2 3", 4, 1, 3},
        {"?page_size=3&page=2", "4", 4, 2, 3},
        {"?page_size=3&page=3", "", 4, 3, 3},
        {"?page=1000000&page_size=100", "", 4, 1000000, 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_listing(as_viewer(text("/doctors%s", rows[i].query)), &rows[i]);
}

Test(doctor, patients_list_the_active_ones)
{
    static const struct listing rows[] = {
        {"", "1 2 3", 3, 1, 20},
        {"?department=surgery", "3", 1, 1, 20},
        {"?department=nothing", "", 0, 1, 20},
        {"?page_size=2&page=2", "3", 3, 2, 2},
        {"?page_size=2&page=9", "", 3, 9, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_listing(as_anyone(text("/doctors%s", rows[i].query)), &rows[i]);
}

Test(doctor, a_list_refuses_what_it_cannot_read)
{
    static const struct {
        const char *query, *field, *code;
        bool also_for_patients;
    } rows[] = {
        {"page=0", "page", "not_acceptable", true},
        {"page=1000001", "page", "not_acceptable", true},
        {"page=two", "page", "wrong_type", true},
        {"page_size=0", "page_size", "not_acceptable", true},
        {"page_size=101", "page_size", "not_acceptable", true},
        {"page=1&page=2", "page", "duplicate", true},
        {"name=Kim", "name", "unknown", true},
        {"is_active=yes", "is_active", "wrong_type", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = text("/doctors?%s", rows[i].query);
        struct answer answers[] = {as_viewer(path), as_anyone(path)};
        for (int k = 0; k < (rows[i].also_for_patients ? 2 : 1); k++) {
            expect_answer(answers[k], 400, "bad_request");
            cr_expect_str_eq(at(&answers[k], "/errors/0/field"), rows[i].field);
            cr_expect_str_eq(at(&answers[k], "/errors/0/code"), rows[i].code, "%s", rows[i].query);
        }
    }
    struct answer asked = as_anyone("/doctors?is_active=false");
    expect_answer(asked, 400, "bad_request");
    cr_expect_str_eq(at(&asked, "/errors/0/code"), "unknown");
}
