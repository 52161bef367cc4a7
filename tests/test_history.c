/* What happened to an appointment: one row a change, who and why, and nobody rewrites it. */
#include "clinic.h"

#include <string.h>

#include "status.h"

TestSuite(history, .init = clinic_open, .fini = clinic_close);

static struct answer history_of(const char *id)
{
    return admin_api("GET", text("/appointments/%s/history", id), staff_token("viewer"), NULL);
}

static struct answer set_status(const char *id, const char *body)
{
    return admin_api("PATCH", text("/appointments/%s/status", id), staff_token("desk"), body);
}

Test(history, every_change_is_an_entry_with_who_when_from_to_and_why)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *id = at(&booked, "/id");
    expect_answer(set_status(id, "{\"status\": \"confirmed\", \"reason\": \"by telephone\"}"), 200,
                  "");
    expect_answer(patient_api("PATCH", text("/appointments/%s", id), patient_token(1),
                              "{\"start_time\": \"2027-03-02T15:00\", \"doctor_id\": 2}"),
                  200, "");
    expect_answer(patient_api("PATCH", text("/appointments/%s", id), patient_token(1),
                              "{\"memo\": \"a rash\"}"),
                  200, "");
    expect_answer(patient_api("PATCH", text("/appointments/%s/cancel", id), patient_token(1),
                              "{\"reason\": \"a cold\"}"),
                  200, "");
    struct answer history = history_of(id);
    expect_answer(history, 200, "");
    cr_assert_eq(length_at(&history, "/items"), 5, "%s", history.text);
    cr_expect_str_eq(at(&history, "/total"), "5");
    static const struct {
        const char *patient, *staff, *name, *from, *to, *reason, *start, *doctor, *memo;
    } rows[] = {
        {"1", "(nothing)", "Hong", "(nothing)", "pending", "(nothing)", "2027-03-02T10:00:00+09:00",
         "1", "(nothing)"},
        {"(nothing)", "2", "Dan", "pending", "confirmed", "by telephone",
         "2027-03-02T10:00:00+09:00", "1", "(nothing)"},
        {"1", "(nothing)", "Hong", "confirmed", "confirmed", "(nothing)",
         "2027-03-02T15:00:00+09:00", "2", "(nothing)"},
        {"1", "(nothing)", "Hong", "confirmed", "confirmed", "(nothing)",
         "2027-03-02T15:00:00+09:00", "2", "a rash"},
        {"1", "(nothing)", "Hong", "confirmed", "cancelled", "a cold", "2027-03-02T15:00:00+09:00",
         "2", "a rash"},
    };
    for (int i = 0; i < 5; i++) {
#define ENTRY(MEMBER) at(&history, text("/items/%d/" MEMBER, i))
        cr_expect_str_eq(ENTRY("version"), text("%d", i + 1));
        cr_expect_str_eq(ENTRY("by/patient_id"), rows[i].patient, "%d", i);
        cr_expect_str_eq(ENTRY("by/staff_id"), rows[i].staff, "%d", i);
        cr_expect_str_eq(ENTRY("by/name"), rows[i].name, "%d", i);
        cr_expect_str_eq(ENTRY("from/status"), rows[i].from, "%d", i);
        cr_expect_str_eq(ENTRY("to/status"), rows[i].to, "%d", i);
        cr_expect_str_eq(ENTRY("reason"), rows[i].reason, "%d", i);
        cr_expect_str_eq(ENTRY("to/start_time"), rows[i].start, "%d", i);
        cr_expect_str_eq(ENTRY("to/doctor_id"), rows[i].doctor, "%d", i);
        cr_expect_str_eq(ENTRY("to/memo"), rows[i].memo, "%d", i);
        cr_expect_eq(strlen(ENTRY("at")), strlen("2027-03-02T10:00:00+09:00"));
        if (i > 0)
            cr_expect_str_eq(ENTRY("from/start_time"),
                             at(&history, text("/items/%d/to/start_time", i - 1)));
#undef ENTRY
    }
}

Test(history, it_comes_in_pages_and_of_what_exists)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    const char *id = at(&booked, "/id");
    set_status(id, "{\"status\": \"confirmed\"}");
    struct answer second = admin_api("GET", text("/appointments/%s/history?page=2&page_size=1", id),
                                     staff_token("viewer"), NULL);
    cr_expect_str_eq(at(&second, "/items/0/from/status"), "pending", "%s", second.text);
    cr_expect_str_eq(at(&second, "/items/0/to/status"), "confirmed");
    cr_expect_str_eq(at(&second, "/total"), "2");
    expect_answer(history_of("999"), 404, "not_found");
}

/* Whoever writes with SQL leaves a row as well, without a name. */
Test(history, nothing_escapes_it)
{
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')");
    sql("UPDATE appointment SET status = 'confirmed'");
    sql("UPDATE appointment SET doctor_id = 2");
    sql("DELETE FROM appointment");
    cr_expect_str_eq(sql("SELECT string_agg(version || coalesce(status::text, 'deleted')"
                         "                  || doctor_id || num_nonnulls(patient_id, staff_id),"
                         "                  ' ' ORDER BY version)"
                         "  FROM appointment_history"),
                     "1pending10 2confirmed10 3confirmed20 4deleted20");
}

/* Who acted last on a connection is not taken for who acts next. */
Test(history, nobody_is_named_for_what_others_did)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    sql("UPDATE appointment SET memo = 'x'");
    expect_answer(set_status(at(&booked, "/id"), "{\"status\": \"confirmed\"}"), 200, "");
    sql("SELECT acting(2, NULL, NULL)");
    sql("UPDATE appointment SET memo = 'y'");
    sql("SELECT acting(NULL, 1, NULL)");
    sql("UPDATE appointment SET memo = 'z'");
    cr_expect_str_eq(sql("SELECT string_agg(coalesce('p' || patient_id, 's' || staff_id, '-'), ' '"
                         "                  ORDER BY version) FROM appointment_history"),
                     "p1 - s2 - -");
}

Test(history, a_refused_change_leaves_no_entry)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    expect_answer(set_status(at(&booked, "/id"), "{\"status\": \"completed\"}"), 409,
                  "illegal_transition");
    expect_answer(book(2, 1, 1, "2027-03-02T10:00"), 409, "doctor_busy");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment_history"), "1");
}

Test(history, nobody_rewrites_it)
{
    book(1, 1, 1, "2027-03-02T10:00");
    static const char *const attempts[] = {
        "UPDATE appointment_history SET reason = 'better'",
        "DELETE FROM appointment_history",
        "TRUNCATE appointment_history",
    };
    for (int i = 0; i < 3; i++)
        cr_expect_str_eq(sql_refusal("%s", attempts[i]), "history_only_grows", "%s", attempts[i]);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment_history"), "1");
}

/* The table in lib/status.c and the schema's are one state machine, and the schema insists on it.
 */
Test(history, the_schema_knows_the_same_state_machine)
{
    struct answer booked = book(1, 1, 1, "2027-03-02T10:00");
    for (const char *const *from = statuses; *from; from++)
        for (const char *const *to = statuses; *to; to++)
            for (int begun = 0; begun <= 1; begun++) {
                if (*from == *to)
                    continue;
                clinic_set_clock(begun ? "2027-03-02 10:00" : "2027-03-02 09:59");
                sql("ALTER TABLE appointment DISABLE TRIGGER USER");
                sql("UPDATE appointment SET status = '%s'", *from);
                sql("ALTER TABLE appointment ENABLE TRIGGER USER");
                sql("BEGIN");
                const char *update = text("UPDATE appointment SET status = '%s'", *to);
                if (status_may_change(*from, *to, begun))
                    sql("%s", update);
                else
                    cr_expect_str_eq(sql_refusal("%s", update), "appointment_follows_status",
                                     "%s to %s", *from, *to);
                sql("ROLLBACK");
            }
    expect_answer(booked, 201, "");
}
