/* Appointments are shown as what is stored says, to the byte. */
#include "clinic.h"

#include <string.h>

TestSuite(showing, .init = clinic_open, .fini = clinic_close);

/* What the schema's own function says of an appointment, or of several in that order. */
static const char *told_by_schema(const char *condition, const char *order)
{
    return sql("SELECT coalesce(string_agg(appointment_text(a, d, t, p.name, p.phone, h.time_zone),"
               "                           ', ' ORDER BY %s), '')"
               "  FROM appointment a"
               "  JOIN doctor d ON d.id = a.doctor_id"
               "  JOIN treatment t ON t.id = a.treatment_id"
               "  JOIN patient p ON p.id = a.patient_id"
               " CROSS JOIN hospital h"
               " WHERE %s",
               order, condition);
}

/* Times around which clocks change, texts that JSON has to escape, and none. */
static void store_what_is_hard_to_show(void)
{
    sql("UPDATE hospital SET time_zone = 'America/New_York'");
    sql("UPDATE doctor SET name = 'O''Brien \"Bo\" \\', department = U&'\\1F600\\d55c'"
        " WHERE id = 1");
    sql("UPDATE treatment SET name = E'tab\\tand \\u20ac' WHERE id = 1");
    sql("UPDATE patient SET name = '</script>' WHERE id = 1");
    sql("INSERT INTO appointment (doctor_id, treatment_id, patient_id, during, price, memo,"
        "                         created_at)"
        " SELECT 1 + n %% 2, 1, 1, tsrange(day, day + interval '45 minutes'), price, memo, at"
        "   FROM (VALUES"
        "        (0, timestamp '2027-03-14 09:00', 0, NULL, timestamptz '2026-11-01 05:30Z'),"
        "        (1, '2027-03-15 13:15', 9007199254740993, E'\\x01\\b\\f\\n\\r\\t\\x1f\"\\\\/\\x7f',"
        "         '2026-11-01 06:30:59.999Z'),"
        "        (2, '2027-11-06 14:00', 42, U&'\\ac00\\+01f600 \\2028', '1999-12-31 23:59:59.5Z'),"
        "        (3, '2027-11-08 14:00', 42, ' ', '1969-12-31 23:59:59.25Z'))"
        "        AS hard (n, day, price, memo, at)");
}

Test(showing, an_appointment_is_shown_as_the_schema_tells_it)
{
    store_what_is_hard_to_show();
    for (int id = 1; id <= 4; id++) {
        struct answer found =
            patient_api("GET", text("/appointments/%d", id), patient_token(1), NULL);
        cr_expect_str_eq(found.text, told_by_schema(text("a.id = %d", id), "a.id"));
    }
    struct answer own = patient_api("GET", "/appointments", patient_token(1), NULL);
    cr_expect_str_eq(own.text,
                     text("{\"items\": [%s], \"total\": 4, \"page\": 1, \"page_size\": 20}",
                          told_by_schema("a.patient_id = 1", "a.during DESC")));
    struct answer all = admin_api("GET", "/appointments", staff_token("desk"), NULL);
    cr_expect_str_eq(all.text,
                     text("{\"items\": [%s], \"total\": 4, \"page\": 1, \"page_size\": 20}",
                          told_by_schema("true", "a.during")));
}

/* Whether the page is full, the last, or beyond it. */
Test(showing, each_page_knows_how_many_there_are)
{
    sql("INSERT INTO appointment (doctor_id, treatment_id, patient_id, during)"
        " SELECT 1, 1, 1, tsrange(day, day + interval '30 minutes')"
        "   FROM generate_series(timestamp '2027-03-02 09:00', '2027-03-07', '1 day') AS day");
    for (int size = 1; size <= 6; size++)
        for (int page = 1; page <= 6; page++) {
            const char *path = text("/appointments?page=%d&page_size=%d", page, size);
            struct answer own = patient_api("GET", path, patient_token(1), NULL);
            struct answer all = admin_api("GET", path, staff_token("viewer"), NULL);
            int left = 5 - (page - 1) * size;
            size_t shown = (size_t)(left < 0 ? 0 : left > size ? size : left);
            cr_expect_eq(number_at(&own, "/total"), 5, "%s", path);
            cr_expect_eq(number_at(&all, "/total"), 5, "%s", path);
            cr_expect_eq(length_at(&own, "/items"), shown, "%s", path);
            cr_expect_eq(length_at(&all, "/items"), shown, "%s", path);
        }
    struct answer none = patient_api("GET", "/appointments", patient_token(2), NULL);
    expect_document(none.text, "{\"items\": [], \"total\": 0, \"page\": 1, \"page_size\": 20}");
}
