/* Treatments: what the staff offers, and what patients see and book of it. */
#include "clinic.h"

TestSuite(treatment, .init = clinic_open, .fini = clinic_close);

static const char *treatment(const char *name, int duration_minutes, int64_t price, bool is_active)
{
    return text("{\"name\": \"%s\", \"duration_minutes\": %d, \"price\": %lld, \"is_active\": %s}",
                name, duration_minutes, (long long)price, is_active ? "true" : "false");
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

static void expect_duplicate_name(struct answer answer)
{
    expect_answer(answer, 409, "duplicate");
    cr_expect_str_eq(at(&answer, "/errors/0/field"), "name");
    cr_expect_str_eq(at(&answer, "/errors/0/code"), "duplicate");
}

Test(treatment, a_new_treatment_is_there_for_staff_and_patients)
{
    const char *document = "{'id': 5, 'name': 'peeling', 'duration_minutes': 60, 'price': 75000,"
                           " 'description': 'twice\\na year', 'is_active': true}";
    struct answer made =
        as_admin("POST", "/treatments",
                 "{\"name\": \"peeling\", \"duration_minutes\": 60, \"price\": 75000,"
                 " \"description\": \"twice\\na year\"}");
    expect_answer(made, 201, "");
    cr_expect_str_eq(header(&made, "Location"), "/api/v1/admin/treatments/5");
    expect_document(made.text, document);
    expect_document(as_viewer("/treatments/5").text, document);
    expect_document(as_anyone("/treatments/5").text, document);

    struct answer booked = book(1, 1, 5, "2027-03-02T10:00");
    expect_answer(booked, 201, "");
    cr_expect_str_eq(at(&booked, "/end_time"), "2027-03-02T11:00:00+09:00");
    cr_expect_eq(number_at(&booked, "/treatment/price"), 75000);
}

Test(treatment, replacing_replaces_every_field)
{
    sql("UPDATE treatment SET description = 'warm' WHERE id = 2");
    struct answer replaced = as_admin("PUT", "/treatments/2", treatment("light", 60, 0, false));
    expect_answer(replaced, 200, "");
    const char *document = "{'id': 2, 'name': 'light', 'duration_minutes': 60, 'price': 0,"
                           " 'description': null, 'is_active': false}";
    expect_document(replaced.text, document);
    expect_document(as_viewer("/treatments/2").text, document);
    expect_answer(as_anyone("/treatments/2"), 404, "not_found");
    as_admin("PUT", "/treatments/4",
             "{\"name\": \"old peel\", \"duration_minutes\": 30, \"price\": 1}");
    expect_answer(as_anyone("/treatments/4"), 200, "");
}

Test(treatment, a_booked_appointment_keeps_its_price_and_length)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    expect_answer(as_admin("PUT", "/treatments/1", treatment("talk", 60, 99, true)), 200, "");
    struct answer kept =
        patient_api("GET", text("/appointments/%s", at(&booked, "/id")), patient_token(1), NULL);
    cr_expect_eq(number_at(&kept, "/treatment/price"), 20000);
    cr_expect_str_eq(at(&kept, "/end_time"), "2027-03-02T10:30:00+09:00");
    cr_expect_str_eq(at(&kept, "/version"), "1");
    struct answer next = book(2, 2, 1, "2027-03-02T10:00");
    cr_expect_eq(number_at(&next, "/treatment/price"), 99);
    cr_expect_str_eq(at(&next, "/end_time"), "2027-03-02T11:00:00+09:00");
}

Test(treatment, a_hidden_treatment_is_not_offered)
{
    struct answer hidden = as_admin("DELETE", "/treatments/1", NULL);
    expect_answer(hidden, 204, "");
    cr_expect_str_eq(hidden.text, "");
    expect_answer(as_anyone("/treatments/1"), 404, "not_found");
    struct answer seen = as_viewer("/treatments/1");
    cr_expect_str_eq(at(&seen, "/is_active"), "false");
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 422, "treatment_inactive");
    expect_answer(as_admin("DELETE", "/treatments/1", NULL), 204, "");
}

Test(treatment, only_future_appointments_that_stand_keep_a_treatment)
{
    static const struct {
        const char *day, *status;
        bool in_use;
    } rows[] = {
        {"2027-03-02", "pending", true},    {"2027-03-02", "confirmed", true},
        {"2027-03-02", "arrived", true},    {"2027-03-02", "cancelled", false},
        {"2027-03-02", "completed", false}, {"2027-03-02", "no_show", false},
        {"2027-02-26", "pending", false},   {"2027-02-26", "completed", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sql("DELETE FROM appointment");
        sql("UPDATE treatment SET is_active = true WHERE id = 1");
        sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status)"
            " VALUES (2, 1, 1, '[%s 10:00, %s 10:30)', '%s')",
            rows[i].day, rows[i].day, rows[i].status);
        struct answer put =
            as_admin("PUT", "/treatments/1", treatment("consultation", 30, 20000, false));
        sql("UPDATE treatment SET is_active = true WHERE id = 1");
        struct answer hidden = as_admin("DELETE", "/treatments/1", NULL);
        cr_expect(hidden.status == (rows[i].in_use ? 409 : 204) &&
                      put.status == (rows[i].in_use ? 409 : 200),
                  "%s %s: %d, %d %s", rows[i].day, rows[i].status, hidden.status, put.status,
                  put.text);
        if (!rows[i].in_use)
            continue;
        cr_expect_str_eq(at(&hidden, "/code"), "in_use");
        cr_expect_str_eq(at(&put, "/code"), "in_use");
        expect_answer(as_anyone("/treatments/1"), 200, "");
    }
}

Test(treatment, two_treatments_on_offer_never_share_a_name)
{
    expect_duplicate_name(as_admin("POST", "/treatments", treatment("laser", 30, 1, true)));
    expect_duplicate_name(as_admin("POST", "/treatments", treatment(" laser ", 30, 1, true)));
    expect_duplicate_name(as_admin("PUT", "/treatments/1", treatment("laser", 30, 1, true)));
    cr_expect_str_eq(sql("SELECT string_agg(name, ', ' ORDER BY id) FROM treatment"),
                     "consultation, laser, lifting, old peel");
    expect_answer(as_admin("PUT", "/treatments/2", treatment("laser", 45, 7, true)), 200, "");
}

Test(treatment, a_hidden_treatments_name_is_free_until_it_comes_back)
{
    expect_answer(as_admin("POST", "/treatments", treatment("laser", 30, 1, false)), 201, "");
    expect_answer(as_admin("POST", "/treatments", treatment("old peel", 30, 1, true)), 201, "");
    expect_duplicate_name(as_admin("PUT", "/treatments/4", treatment("old peel", 30, 1, true)));
    expect_answer(as_admin("PUT", "/treatments/4", treatment("older peel", 30, 1, true)), 200, "");
}

Test(treatment, a_treatment_that_is_not_there_is_not_found)
{
    expect_answer(as_viewer("/treatments/999"), 404, "not_found");
    expect_answer(as_anyone("/treatments/999"), 404, "not_found");
    expect_answer(as_anyone("/treatments/4"), 404, "not_found");
    expect_answer(as_admin("PUT", "/treatments/999", treatment("a", 30, 1, true)), 404,
                  "not_found");
    expect_answer(as_admin("DELETE", "/treatments/999", NULL), 404, "not_found");
    expect_answer(as_anyone("/treatments/laser"), 400, "bad_request");
    cr_expect_str_eq(sql("SELECT count(*) FROM treatment"), "4");
}

Test(treatment, a_treatment_takes_half_an_hour_and_costs_no_less_than_nothing)
{
    static const struct {
        const char *members, *field, *code;
    } rows[] = {
        {"\"duration_minutes\": 30, \"price\": 1", "name", "required"},
        {"\"name\": \"\", \"duration_minutes\": 30, \"price\": 1", "name", "not_acceptable"},
        {"\"name\": \"a\", \"price\": 1", "duration_minutes", "required"},
        {"\"name\": \"a\", \"duration_minutes\": 30", "price", "required"},
        {"\"name\": \"a\", \"duration_minutes\": 29, \"price\": 1", "duration_minutes",
         "not_acceptable"},
        {"\"name\": \"a\", \"duration_minutes\": 1441, \"price\": 1", "duration_minutes",
         "not_acceptable"},
        {"\"name\": \"a\", \"duration_minutes\": 30.5, \"price\": 1", "duration_minutes",
         "wrong_type"},
        {"\"name\": \"a\", \"duration_minutes\": \"30\", \"price\": 1", "duration_minutes",
         "wrong_type"},
        {"\"name\": \"a\", \"duration_minutes\": 30, \"price\": -1", "price", "not_acceptable"},
        {"\"name\": \"a\", \"duration_minutes\": 30, \"price\": 1000000000001", "price",
         "not_acceptable"},
        {"\"name\": \"a\", \"duration_minutes\": 30, \"price\": null", "price", "wrong_type"},
        {"\"name\": \"a\", \"duration_minutes\": 30, \"price\": 1, \"description\": 1",
         "description", "wrong_type"},
        {"\"name\": \"a\", \"duration_minutes\": 30, \"price\": 1, \"colour\": 1", "colour",
         "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *body = text("{%s}", rows[i].members);
        struct answer answers[] = {as_admin("POST", "/treatments", body),
                                   as_admin("PUT", "/treatments/1", body)};
        for (int k = 0; k < 2; k++) {
            expect_answer(answers[k], 422, "invalid");
            cr_expect_eq(length_at(&answers[k], "/errors"), 1);
            cr_expect_str_eq(at(&answers[k], "/errors/0/field"), rows[i].field);
            cr_expect_str_eq(at(&answers[k], "/errors/0/code"), rows[i].code, "%s", body);
        }
    }
    for (int i = 0; i < 2; i++)
        cr_expect_str_eq(sql_refusal("UPDATE treatment SET duration_minutes = %d", i ? 29 : 1441),
                         "treatment_takes_half_an_hour");
    cr_expect_str_eq(sql_refusal("UPDATE treatment SET price = -1"),
                     "treatment_price_not_negative");
    cr_expect_str_eq(sql("SELECT count(*) FROM treatment"), "4");
    expect_answer(as_admin("POST", "/treatments", treatment("free", 30, 0, true)), 201, "");
    expect_answer(as_admin("POST", "/treatments", treatment("dear", 1440, 1000000000000, true)),
                  201, "");
}

Test(treatment, every_mistake_is_named_at_once)
{
    struct answer refused =
        as_admin("POST", "/treatments", "{\"duration_minutes\": 5, \"price\": -1}");
    expect_answer(refused, 422, "invalid");
    cr_expect_eq(length_at(&refused, "/errors"), 3);
    cr_expect_str_eq(at(&refused, "/errors/0/field"), "name");
    cr_expect_str_eq(at(&refused, "/errors/1/field"), "duration_minutes");
    cr_expect_str_eq(at(&refused, "/errors/2/field"), "price");
}

/* "1 2 3": the ids in a list, in its order. */
static const char *ids(const struct answer *list)
{
    const char *found = "";
    for (size_t i = 0; i < length_at(list, "/items"); i++)
        found = text("%s%s%s", found, i ? " " : "", at(list, text("/items/%zu/id", i)));
    return found;
}

Test(treatment, treatments_are_listed_by_page_and_filter)
{
    static const struct {
        bool for_staff;
        const char *query, *ids;
        int total, page, page_size;
    } rows[] = {
        {true, "", "1 2 3 4", 4, 1, 20},
        {true, "?is_active=true", "1 2 3", 3, 1, 20},
        {true, "?is_active=false", "4", 1, 1, 20},
        {true, "?page_size=2&page=2", "3 4", 4, 2, 2},
        {true, "?page_size=2&page=3", "", 4, 3, 2},
        {true, "?is_active=true&page_size=2&page=2", "3", 3, 2, 2},
        {false, "", "1 2 3", 3, 1, 20},
        {false, "?page_size=2&page=2", "3", 3, 2, 2},
        {false, "?page_size=2&page=3", "", 3, 3, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = text("/treatments%s", rows[i].query);
        struct answer list = rows[i].for_staff ? as_viewer(path) : as_anyone(path);
        expect_answer(list, 200, "");
        cr_expect_str_eq(ids(&list), rows[i].ids, "%s: %s", path, list.text);
        cr_expect_eq(number_at(&list, "/total"), rows[i].total, "%s: %s", path, list.text);
        cr_expect_eq(number_at(&list, "/page"), rows[i].page);
        cr_expect_eq(number_at(&list, "/page_size"), rows[i].page_size);
    }
    expect_answer(as_viewer("/treatments?page_size=101"), 400, "bad_request");
    expect_answer(as_viewer("/treatments?is_active=1"), 400, "bad_request");
    expect_answer(as_anyone("/treatments?is_active=false"), 400, "bad_request");
}
