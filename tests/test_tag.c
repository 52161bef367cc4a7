/* What a page polls is sent again only when it has changed. */
#include "clinic.h"

#include <string.h>

#include "tag.h"

TestSuite(tag, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer ask_unless(enum pool_name pool, const char *method, const char *path,
                                const char *token, const char *tag)
{
    const char *extra[] = {"HTTP_IF_NONE_MATCH", tag, NULL};
    return ask(pool, method, path, token, NULL, 0, extra);
}

static const char *token_of(enum pool_name pool)
{
    return pool == PATIENT_POOL ? patient_token(1) : staff_token("desk");
}

/* Answers what is polled, and what changes it. */
static const struct polled {
    enum pool_name pool;
    const char *path, *change;
} polled[] = {
    {PATIENT_POOL, "/doctors", "UPDATE doctor SET name = 'New' WHERE id = 2"},
    {PATIENT_POOL, "/doctors/1", "UPDATE doctor SET department = 'New' WHERE id = 1"},
    {PATIENT_POOL, "/treatments", "UPDATE treatment SET price = price + 1 WHERE id = 1"},
    {PATIENT_POOL, "/treatments/1", "UPDATE treatment SET name = 'New' WHERE id = 1"},
    {PATIENT_POOL, "/appointments", "UPDATE appointment SET memo = 'new'"},
    {PATIENT_POOL, "/appointments/1", "UPDATE appointment SET memo = 'new'"},
    {PATIENT_POOL, "/availability/1/availability?treatment_id=1&date=2027-03-02&explain=true",
     "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
     " VALUES (1, 9, 1, '[2027-03-02 14:00, 2027-03-02 14:30)')"},
    {PATIENT_POOL, "/availability?treatment_id=1&from=2027-03-02&to=2027-03-02",
     "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
     " VALUES (1, 9, 1, '[2027-03-02 15:00, 2027-03-02 15:30)')"},
    {PATIENT_POOL, "/availability/days?treatment_id=1&from=2027-03-02&to=2027-03-02",
     "INSERT INTO closure (first_day, last_day, doctor_id)"
     " VALUES ('2027-03-02', '2027-03-02', 3), ('2027-03-02', '2027-03-02', 2)"},
    {ADMIN_POOL, "/doctors", "UPDATE doctor SET name = 'Newer' WHERE id = 2"},
    {ADMIN_POOL, "/doctors/1", "UPDATE doctor SET name = 'New' WHERE id = 1"},
    {ADMIN_POOL, "/treatments", "UPDATE treatment SET price = price + 1 WHERE id = 1"},
    {ADMIN_POOL, "/treatments/1", "UPDATE treatment SET name = 'Newer' WHERE id = 1"},
    {ADMIN_POOL, "/hospital-slots", "UPDATE hospital_slot SET max_capacity = max_capacity + 1"},
    {ADMIN_POOL, "/hospital-slots/1", "UPDATE hospital_slot SET max_capacity = max_capacity + 1"},
    {ADMIN_POOL, "/closures", "UPDATE closure SET reason = 'new'"},
    {ADMIN_POOL, "/closures/1", "UPDATE closure SET reason = 'newer'"},
    {ADMIN_POOL, "/availability/1/availability?treatment_id=1&date=2027-03-02&patient_id=9",
     "INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
     " VALUES (1, 9, 1, '[2027-03-02 16:00, 2027-03-02 16:30)')"},
    {ADMIN_POOL, "/availability?treatment_id=1&from=2027-03-04&to=2027-03-04",
     "UPDATE doctor SET is_active = false WHERE id = 2"},
    {ADMIN_POOL, "/availability/days?treatment_id=1&from=2027-03-02&to=2027-03-04",
     "UPDATE hospital SET opens_at = '10:00'"},
    {ADMIN_POOL, "/appointments?from=2027-03-02&to=2027-03-02",
     "UPDATE patient SET name = 'New' WHERE id = 1"},
    {ADMIN_POOL, "/appointments/1", "UPDATE appointment SET memo = 'newer'"},
    {ADMIN_POOL, "/appointments/1/history", "UPDATE appointment SET status = 'confirmed'"},
    {ADMIN_POOL, "/hospital", "UPDATE hospital SET name = 'New'"},
};

static void expect_nothing_new(const struct polled *row, const char *method, const char *tag)
{
    struct answer same = ask_unless(row->pool, method, row->path, token_of(row->pool), tag);
    cr_expect_eq(same.status, 304, "%s %s: %d", method, row->path, same.status);
    cr_expect_str_eq(same.text, "", "%s", row->path);
    cr_expect_str_eq(header(&same, "ETag"), tag, "%s", row->path);
    cr_expect_str_eq(header(&same, "Cache-Control"), "no-store", "%s", row->path);
    cr_expect(!header(&same, "Content-Type") && !header(&same, "Content-Length"), "%s", row->path);
}

Test(tag, who_has_it_already_is_told_so_until_it_changes, .timeout = 60)
{
    book(1, 1, 1, "2027-03-02T10:00");
    sql("INSERT INTO closure (first_day, last_day, doctor_id, reason)"
        " VALUES ('2027-04-02', '2027-04-02', 1, 'x')");
    for (size_t i = 0; i < COUNT(polled); i++) {
        const struct polled *row = &polled[i];
        const char *token = token_of(row->pool);
        struct answer first = ask_unless(row->pool, "GET", row->path, token, "");
        expect_answer(first, 200, "");
        const char *tag = header(&first, "ETag");
        cr_assert(tag, "%s", row->path);
        expect_nothing_new(row, "GET", tag);
        expect_nothing_new(row, "HEAD", tag);
        sql("%s", row->change);
        struct answer changed = ask_unless(row->pool, "GET", row->path, token, tag);
        expect_answer(changed, 200, "");
        cr_expect_str_neq(header(&changed, "ETag"), tag, "%s", row->path);
        cr_expect_str_neq(changed.text, first.text, "%s", row->path);
    }
}

Test(tag, each_row_that_is_documented_with_304_is_tried_here)
{
    int tagged = 0;
    for (int pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct json_object *routes = clinic_routes((enum pool_name)pool), *statuses;
        for (size_t i = 0; i < json_object_array_length(routes); i++)
            if (json_object_object_get_ex(json_object_array_get_idx(routes, i), "statuses",
                                          &statuses))
                tagged += strstr(json_object_get_string(statuses), "304") != NULL;
    }
    cr_expect_eq(tagged, (int)COUNT(polled));
}

Test(tag, appointments_keep_their_version_as_tag)
{
    book(1, 1, 1, "2027-03-02T10:00");
    sql("UPDATE appointment SET version = 7");
    struct answer seen = patient_api("GET", "/appointments/1", patient_token(1), NULL);
    cr_expect_str_eq(header(&seen, "ETag"), text("\"%s\"", at(&seen, "/version")));
    struct answer other = patient_api("GET", "/me", patient_token(1), NULL);
    cr_expect(!header(&other, "ETag"));
}

Test(tag, the_names_of_tags_are_read_as_the_rfc_has_them)
{
    static const struct {
        const char *list;
        bool named;
    } rows[] = {
        {"\"a1\"", true},
        {"W/\"a1\"", true},
        {"*", true},
        {"\"b\", \"a1\"", true},
        {"\"b\",W/\"a1\" , \"c\"", true},
        {"\"b\",,\t\"a1\"", true},
        {"\"x, y\", \"a1\"", true},
        {"\"\", \"a1\"", true},
        {"\"a\"", false},
        {"\"a11\"", false},
        {"\"A1\"", false},
        {"a1", false},
        {"\"a1", false},
        {"w/\"a1\"", false},
        {"W/ \"a1\"", false},
        {"W/", false},
        {"\"b, \"a1\"", false},
        {"* ,", false},
        {",", false},
        {"", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_eq(tag_is_named(rows[i].list, "\"a1\""), rows[i].named, "%s", rows[i].list);
}

Test(tag, what_is_refused_is_refused_whatever_the_caller_has)
{
    expect_answer(ask_unless(ADMIN_POOL, "GET", "/appointments", NULL, "*"), 401,
                  "unauthenticated");
    expect_answer(ask_unless(PATIENT_POOL, "GET", "/appointments/1", patient_token(2), "*"), 404,
                  "not_found");
    expect_answer(ask_unless(PATIENT_POOL, "GET", "/doctors?page=x", NULL, "*"), 400,
                  "bad_request");
    cr_expect_eq(ask_unless(PATIENT_POOL, "GET", "/doctors", NULL, "*").status, 304);
    cr_expect_eq(ask_unless(PATIENT_POOL, "GET", "/me", patient_token(1), "*").status, 200);
}

/* To know that nothing has changed is to have seen it. */
Test(tag, who_saw_which_patient_is_noted_all_the_same)
{
    static const char path[] = "/appointments?from=2027-03-02&to=2027-03-02";
    book(1, 1, 1, "2027-03-02T10:00");
    struct answer seen = admin_api("GET", path, staff_token("desk"), NULL);
    const char *notes = sql("SELECT count(*) FROM access");
    struct answer again =
        ask_unless(ADMIN_POOL, "GET", path, staff_token("desk"), header(&seen, "ETag"));
    cr_expect_eq(again.status, 304);
    cr_expect_str_eq(sql("SELECT count(*) - %s FROM access", notes), "1");
}

/* A day of many doctors, as the desk asks for it: page by page, the earliest start first. */
Test(tag, the_pages_of_a_day_hold_each_appointment_once_and_in_order)
{
    const char *before = "";
    int found = 0;
    sql("INSERT INTO doctor (name, department) SELECT 'D' || n, 'x' FROM generate_series(5, 50) n");
    sql("UPDATE hospital_slot SET max_capacity = 100");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " SELECT d.id, d.id, 1, tsrange(start, start + interval '30 minutes')"
        "   FROM doctor d, generate_series(timestamp '2027-03-02 09:00', '2027-03-02 11:30',"
        "                                  interval '30 minutes') start"
        "  WHERE d.is_active");
    for (int page = 1; page <= 3; page++) {
        struct answer answer = admin_api(
            "GET", text("/appointments?from=2027-03-02&to=2027-03-02&page_size=100&page=%d", page),
            staff_token("viewer"), NULL);
        expect_answer(answer, 200, "");
        for (size_t i = 0; i < length_at(&answer, "/items"); i++, found++) {
            const char *place = text("%s %9s", at(&answer, text("/items/%zu/start_time", i)),
                                     at(&answer, text("/items/%zu/id", i)));
            cr_expect(strcmp(before, place) < 0, "%s after %s", place, before);
            before = place;
        }
        cr_expect_eq(number_at(&answer, "/total"), 49 * 6);
    }
    cr_expect_eq(found, 49 * 6);
}
