/* Who of the staff saw or changed which patient's data. */
#include "clinic.h"

#include <string.h>

TestSuite(access, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* What was noted since the last time: who, whom and what, in order. */
static const char *noted(void)
{
    static const char *last = "0";
    const char *notes =
        sql("SELECT string_agg(staff_id || ' saw ' || patient_id || ' by ' || action,"
            "                  ', ' ORDER BY id)"
            "  FROM access WHERE id > %s",
            last);
    last = sql("SELECT coalesce(max(id), %s) FROM access", last);
    return notes;
}

static struct answer as(const char *role, const char *method, const char *path, const char *body)
{
    return admin_api(method, path, staff_token(role), body);
}

/* Appointments 1 to 3 are of patients 1 to 3. */
Test(access, each_look_at_and_change_of_a_patients_data_is_noted)
{
    static const struct {
        const char *role, *method, *path, *body, *notes;
    } rows[] = {
        {"viewer", "GET", "/appointments/2", NULL, "3 saw 2 by GET /appointments/{id}"},
        {"viewer", "GET", "/appointments/2/history", NULL,
         "3 saw 2 by GET /appointments/{id}/history"},
        {"viewer", "GET", "/appointments?page_size=2", NULL,
         "3 saw 1 by GET /appointments, 3 saw 2 by GET /appointments"},
        {"desk", "GET", "/patients/7", NULL, "2 saw 7 by GET /patients/{id}"},
        {"desk", "GET", "/patients?q=Shin", NULL, "2 saw 2 by GET /patients"},
        {"desk", "PATCH", "/patients/7", "{\"name\": \"Seven\"}",
         "2 saw 7 by PATCH /patients/{id}"},
        {"desk", "POST", "/patients", "{\"name\": \"New\", \"phone\": \"01099998888\"}",
         "2 saw 261 by POST /patients"},
        {"admin", "PATCH", "/appointments/3", "{\"start_time\": \"2027-03-02T15:00\"}",
         "1 saw 3 by PATCH /appointments/{id}"},
        {"desk", "PATCH", "/appointments/3", "{\"memo\": \"x\"}",
         "2 saw 3 by PATCH /appointments/{id}"},
        {"desk", "PATCH", "/appointments/3", "{}", "2 saw 3 by PATCH /appointments/{id}"},
        {"desk", "PATCH", "/appointments/1/status", "{\"status\": \"confirmed\"}",
         "2 saw 1 by PATCH /appointments/{id}/status"},
        {"desk", "POST", "/appointments",
         "{\"patient_id\": 9, \"doctor_id\": 1, \"treatment_id\": 1,"
         " \"start_time\": \"2027-03-04T10:00\"}",
         "2 saw 9 by POST /appointments"},
        /* nothing was shown */
        {"desk", "GET", "/patients/999", NULL, ""},
        {"desk", "GET", "/patients?q=nobody", NULL, ""},
        {"viewer", "GET", "/patients/1", NULL, ""},
        {"desk", "PATCH", "/patients/7", "{\"phone\": \"010-1234-5678\"}", ""},
        {"desk", "PATCH", "/appointments/1/status", "{\"status\": \"pending\"}", ""},
        {"viewer", "GET", "/stats", NULL, ""},
        {"viewer", "GET", "/doctors", NULL, ""},
        {"admin", "GET", "/access-log", NULL, ""},
    };
    for (int64_t i = 1; i <= 3; i++)
        expect_answer(book(i, i, 1, "2027-03-02T10:00"), 201, "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = as(rows[i].role, rows[i].method, rows[i].path, rows[i].body);
        cr_expect(answer.status < 500, "%s", answer.text);
        cr_expect_str_eq(noted(), rows[i].notes, "%s %s: %s", rows[i].method, rows[i].path,
                         answer.text);
    }
}

Test(access, patients_see_themselves_without_a_note)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *path = text("/appointments/%s", at(&booked, "/id"));
    patient_api("GET", "/me", patient_token(1), NULL);
    patient_api("PATCH", "/me", patient_token(1), "{\"name\": \"Hong G\"}");
    patient_api("GET", path, patient_token(1), NULL);
    patient_api("GET", "/appointments", patient_token(1), NULL);
    patient_api("PATCH", path, patient_token(1), "{\"memo\": \"x\"}");
    expect_answer(patient_api("PATCH", text("%s/cancel", path), patient_token(1), NULL), 200, "");
    cr_expect_str_eq(noted(), "");
}

Test(access, the_admin_reads_the_log_latest_first)
{
    ask(ADMIN_POOL, "GET", "/patients/7", staff_token("desk"), NULL, 0,
        (const char *[]){"REMOTE_ADDR", "192.0.2.7", NULL});
    ask(ADMIN_POOL, "GET", "/patients/8", staff_token("desk"), NULL, 0,
        (const char *[]){"REMOTE_ADDR", "2001:db8::8", NULL});
    ask(ADMIN_POOL, "GET", "/patients/8", staff_token("admin"), NULL, 0,
        (const char *[]){"REMOTE_ADDR", "'; nobody", NULL});
    sql("ALTER TABLE access DISABLE TRIGGER USER");
    sql("UPDATE access SET at = '2027-02-27 15:30Z' WHERE id = 1");
    sql("UPDATE access SET at = '2027-02-28 14:59:59Z' WHERE id = 2");
    sql("UPDATE access SET at = '2027-02-28 15:00Z' WHERE id = 3");
    struct answer log = as("admin", "GET", "/access-log", NULL);
    expect_document(log.text,
                    "{\"items\": [{\"id\": 3, \"at\": \"2027-03-01T00:00:00+09:00\","
                    "   \"staff\": {\"id\": 1, \"name\": \"Ada\"}, \"patient_id\": 8,"
                    "   \"action\": \"GET /patients/{id}\", \"address\": null},"
                    " {\"id\": 2, \"at\": \"2027-02-28T23:59:59+09:00\","
                    "   \"staff\": {\"id\": 2, \"name\": \"Dan\"}, \"patient_id\": 8,"
                    "   \"action\": \"GET /patients/{id}\", \"address\": \"2001:db8::8\"},"
                    " {\"id\": 1, \"at\": \"2027-02-28T00:30:00+09:00\","
                    "   \"staff\": {\"id\": 2, \"name\": \"Dan\"}, \"patient_id\": 7,"
                    "   \"action\": \"GET /patients/{id}\", \"address\": \"192.0.2.7\"}],"
                    " \"total\": 3, \"page\": 1, \"page_size\": 20}");
    static const struct {
        const char *query;
        int total;
    } rows[] = {
        {"patient_id=8", 2},    {"staff_id=2", 2},         {"patient_id=8&staff_id=2", 1},
        {"from=2027-03-01", 1}, {"to=2027-02-28", 2},      {"from=2027-02-28&to=2027-02-28", 2},
        {"to=2027-02-27", 0},   {"page_size=1&page=2", 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer some = as("admin", "GET", text("/access-log?%s", rows[i].query), NULL);
        cr_expect_eq(number_at(&some, "/total"), rows[i].total, "%s: %s", rows[i].query, some.text);
    }
    expect_answer(as("desk", "GET", "/access-log", NULL), 403, "forbidden");
}

Test(access, nobody_rewrites_it)
{
    as("desk", "GET", "/patients/7", NULL);
    cr_expect_str_eq(sql_refusal("UPDATE access SET patient_id = 8"), "history_only_grows");
    cr_expect_str_eq(sql_refusal("DELETE FROM access"), "history_only_grows");
    cr_expect_str_eq(sql_refusal("TRUNCATE access"), "history_only_grows");
}
