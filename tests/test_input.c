/* What may come in at all: whatever cannot be read is refused with a reason, stores nothing, and
 * does the worker no harm. Each pool has one worker here, which nobody restarts: when health is
 * answered at the end of a test, the process that took the input has answered it. */
#include "clinic.h"

static const char *stored(void)
{
    return sql("SELECT (SELECT count(*) FROM doctor) || ' doctors, '"
               "    || (SELECT count(*) FROM appointment) || ' appointments, '"
               "    || (SELECT md5(string_agg(d::text, ',' ORDER BY id)) FROM doctor d)");
}

static const char *stored_at_first;

static void open_and_look(void)
{
    clinic_open();
    stored_at_first = stored();
}

static void look_and_close(void)
{
    clinic_expect(strcmp(stored(), stored_at_first) == 0, "something has been stored");
    clinic_close_alive();
}

/* Every test of this suite stores nothing. */
TestSuite(input, .init = open_and_look, .fini = look_and_close);
TestSuite(good_input, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer post_booking(struct bytes body)
{
    return ask(PATIENT_POOL, "POST", "/appointments", patient_token(1), body.text, body.length,
               NULL);
}

static struct answer post_doctor(struct bytes body)
{
    return ask(ADMIN_POOL, "POST", "/doctors", staff_token("admin"), body.text, body.length, NULL);
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

/* Whether the problem has an entry for the field in `errors`. */
static bool names_field(const struct answer *answer, const char *field)
{
    for (size_t i = 0; strcmp(at(answer, text("/errors/%zu", i)), "(nothing)") != 0; i++)
        if (strcmp(at(answer, text("/errors/%zu/field", i)), field) == 0 &&
            strcmp(at(answer, text("/errors/%zu/code", i)), "(nothing)") != 0 &&
            strcmp(at(answer, text("/errors/%zu/detail", i)), "(nothing)") != 0)
            return true;
    return false;
}

static void expect_field(const char *about, struct answer answer, int status, const char *code,
                         const char *field)
{
    expect_problem(about, answer, status, code);
    cr_expect(names_field(&answer, field), "%s: no word of %s in %s", about, field, answer.text);
}

Test(input, an_empty_body_is_malformed)
{
    expect_problem("booking", post_booking(bytes_of("")), 400, "malformed_json");
    expect_problem("doctor", post_doctor(bytes_of("")), 400, "malformed_json");
}

Test(input, brackets_as_deep_as_a_body_can_hold_are_malformed)
{
    enum { DEEP = 32768 };
    static const char *const pairs[] = {"[]", "{}"};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char *deep = malloc(2 * DEEP);
        memset(deep, pairs[i][0], DEEP);
        memset(deep + DEEP, pairs[i][1], DEEP);
        expect_problem(pairs[i], post_doctor((struct bytes){deep, 2 * DEEP}), 400,
                       "malformed_json");
        expect_problem(pairs[i], post_doctor((struct bytes){deep, DEEP}), 400, "malformed_json");
        free(deep);
    }
}

/* Bookings with one thing wrong: the field that `errors` must name, and its value. The others are
 * as they should be. */
static const struct wrong {
    const char *field, *value; /* NULL: left out */
} wrong_bookings[] = {
    {"doctor_id", NULL},
    {"doctor_id", "null"},
    {"doctor_id", "\"1\""},
    {"doctor_id", "\"\""},
    {"doctor_id", "true"},
    {"doctor_id", "[1]"},
    {"doctor_id", "{\"id\": 1}"},
    {"doctor_id", "1.0"},
    {"doctor_id", "1.5"},
    {"doctor_id", "1e0"},
    {"doctor_id", "1e30"},
    {"doctor_id", "1e999"},
    {"doctor_id", "0"},
    {"doctor_id", "-0"},
    {"doctor_id", "-1"},
    {"doctor_id", "9223372036854775807"},
    {"doctor_id", "9223372036854775808"},
    {"doctor_id", "18446744073709551615"},
    {"doctor_id", "18446744073709551617"},
    {"doctor_id", "-9223372036854775808"},
    {"doctor_id", "-9223372036854775809"},
    {"doctor_id", "1000000000000000000000000000000"},
    {"doctor_id", "999999"},
    {"treatment_id", NULL},
    {"treatment_id", "null"},
    {"treatment_id", "\"1\""},
    {"treatment_id", "1.0"},
    {"treatment_id", "0"},
    {"treatment_id", "-1"},
    {"treatment_id", "18446744073709551617"},
    {"treatment_id", "999999"},
    {"start_time", NULL},
    {"start_time", "null"},
    {"start_time", "20270302"},
    {"start_time", "true"},
    {"start_time", "[\"2027-03-02T10:15\"]"},
    {"start_time", "\"\""},
    {"start_time", "\"tomorrow\""},
    {"start_time", "\"infinity\""}, /* these five PostgreSQL would take */
    {"start_time", "\"now\""},
    {"start_time", "\"epoch\""},
    {"start_time", "\"2027-03-02 10:15\""},
    {"start_time", "\"20270302T101500\""},
    {"start_time", "\"2027-02-30T10:15\""},
    {"start_time", "\"2027-02-29T10:15\""},
    {"start_time", "\"2100-02-29T10:15\""},
    {"start_time", "\"2027-04-31T10:15\""},
    {"start_time", "\"2027-13-01T10:15\""},
    {"start_time", "\"2027-00-01T10:15\""},
    {"start_time", "\"2027-03-00T10:15\""},
    {"start_time", "\"2027-03-32T10:15\""},
    {"start_time", "\"0000-03-02T10:15\""},
    {"start_time", "\"-2027-03-02T10:15\""},
    {"start_time", "\"12027-03-02T10:15\""},
    {"start_time", "\"2027-3-2T10:15\""},
    {"start_time", "\"2027-03-02T24:00\""},
    {"start_time", "\"2027-03-02T10:60\""},
    {"start_time", "\"2027-03-02T1:15\""},
    {"start_time", "\"2027-03-02T10\""},
    {"start_time", "\"2027-03-02T10:15:01\""},
    {"start_time", "\"2027-03-02T10:15:60\""},
    {"start_time", "\"2027-03-02T10:15:\""},
    {"start_time", "\"2027-03-02\""},
    {"start_time", "\"10:15\""},
    {"start_time", "\" 2027-03-02T10:15\""},
    {"start_time", "\"2027-03-02T10:15 \""},
    {"start_time", "\"2027-03-02T10:15\\n\""},
    {"start_time", "\"2027-03-02T10:15+0900\""},
    {"start_time", "\"2027-03-02T10:15+09\""},
    {"start_time", "\"2027-03-02T10:15+09:60\""},
    {"start_time", "\"2027-03-02T10:15+25:00\""},
    {"start_time", "\"2027-03-02T10:15ZZ\""},
    {"start_time", "\"2027-03-02T10:15 Asia/Seoul\""},
    {"start_time", "\"\\u0662\\u0660\\u0662\\u0667-03-02T10:15\""},
    {"memo", "1"},
    {"memo", "false"},
    {"memo", "[\"a\"]"},
    {"memo", "{}"},
    {"memo", "\"\\u0001\""},
    {"memo", "\"\\u001b[2J\""},
    {"memo", "\"\\u007f\""},
    {"memo", "\"\\u0085\""},
    {"color", "\"red\""},
    {"patient_id", "2"},
    {"status", "\"confirmed\""},
    {"Doctor_id", "1"},
    {"doctor_id ", "1"},
    {"", "1"},
};

/* An object of the usual members, of which `wrong` replaces one, or comes last. */
static const char *object_with(const struct wrong *wrong, const char *const usual[])
{
    const char *object = "", *replaced = NULL;
    for (; *usual; usual += 2) {
        bool same = strcmp(usual[0], wrong->field) == 0;
        if (same)
            replaced = usual[0];
        if (!same || wrong->value)
            object = text("%s%s\"%s\": %s", object, *object ? ", " : "", usual[0],
                          same ? wrong->value : usual[1]);
    }
    if (!replaced && wrong->value)
        object = text("%s, \"%s\": %s", object, wrong->field, wrong->value);
    return text("{%s}", object);
}

static const char *const good_booking[] = {
    "doctor_id", "1", "treatment_id", "1", "start_time", "\"2027-03-02T10:15\"", NULL};
static const char *const good_doctor[] = {"name", "\"Jung\"", "department", "\"surgery\"", NULL};

Test(input, a_booking_with_a_bad_field_is_invalid_and_names_it)
{
    for (size_t i = 0; i < COUNT(wrong_bookings); i++) {
        const char *body = object_with(&wrong_bookings[i], good_booking);
        expect_field(body, post_booking(bytes_of(body)), 422, "invalid", wrong_bookings[i].field);
    }
}

static const struct wrong wrong_doctors[] = {
    {"name", NULL},          {"name", "null"},
    {"name", "5"},           {"name", "[\"Jung\"]"},
    {"name", "\"\""},        {"name", "\"  \\t\\n \""},
    {"name", "\"Ju\\nng\""}, {"name", "\"Ju\\u0007ng\""},
    {"department", NULL},    {"department", "true"},
    {"department", "\"\""},  {"is_active", "\"true\""},
    {"is_active", "1"},      {"is_active", "0"},
    {"is_active", "[]"},     {"id", "7"},
    {"Name", "\"Jung\""},
};

Test(input, a_doctor_with_a_bad_field_is_invalid_and_names_it)
{
    for (size_t i = 0; i < COUNT(wrong_doctors); i++) {
        const char *body = object_with(&wrong_doctors[i], good_doctor);
        expect_field(body, post_doctor(bytes_of(body)), 422, "invalid", wrong_doctors[i].field);
    }
}

Test(input, every_mistake_is_named_at_once)
{
    static const char *const fields[] = {"doctor_id", "treatment_id", "start_time", "memo", "a"};
    struct answer refused = post_booking(
        bytes_of("{\"a\": 1, \"doctor_id\": 0, \"treatment_id\": \"1\", \"memo\": 5}"));
    for (size_t i = 0; i < COUNT(fields); i++)
        expect_field(fields[i], refused, 422, "invalid", fields[i]);
    cr_expect_eq(length_at(&refused, "/errors"), COUNT(fields));
}

/* `count` times the character. */
static const char *repeated(const char *character, size_t count)
{
    char *all = malloc(count * strlen(character) + 1), *end = all;
    *end = '\0';
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, character);
    return all;
}

Test(input, a_text_that_is_too_long_by_one_character_is_invalid)
{
    const char *value = text("\"%s\"", repeated("가", 101));
    expect_field("name",
                 post_doctor(bytes_of(object_with(&(struct wrong){"name", value}, good_doctor))),
                 422, "invalid", "name");
    value = text("\"%s\"", repeated("😀", 1001));
    expect_field("memo",
                 post_booking(bytes_of(object_with(&(struct wrong){"memo", value}, good_booking))),
                 422, "invalid", "memo");
}

Test(good_input, characters_are_counted_and_not_bytes)
{
    const char *name = repeated("가", 100);
    struct answer doctor = post_doctor(
        bytes_of(text("{\"name\": \"%s\", \"department\": \" sur\\u0067ery\\n\"}", name)));
    expect_answer(doctor, 201, "");
    cr_expect_str_eq(at(&doctor, "/name"), name);
    cr_expect_str_eq(at(&doctor, "/department"), "surgery");
    const char *memo = text("\"%s\"", repeated("😀", 1000));
    struct answer booked =
        post_booking(bytes_of(object_with(&(struct wrong){"memo", memo}, good_booking)));
    expect_answer(booked, 201, "");
    cr_expect_eq(strlen(at(&booked, "/memo")), 4000);
}

Test(good_input, whatever_a_memo_may_hold_comes_back_as_it_was)
{
    static const char *const values[][2] = {
        {"\"a \\\"b\\\" \\\\ \\/ c\"", "a \"b\" \\ / c"},
        {"\"'; DROP TABLE appointment; --\"", "'; DROP TABLE appointment; --"},
        {"\"%s%n%00\"", "%s%n%00"},
        {"\"\\ud83d\\ude00\\n\\uac00\"", "😀\n가"},
        {"\"<b>&amp;</b>\"", "<b>&amp;</b>"},
    };
    for (size_t i = 0; i < COUNT(values); i++) {
        const char *start = text("2027-03-02T%02zu:15", 13 + i % 4);
        struct answer booked = post_booking(bytes_of(
            text("{\"doctor_id\": %d, \"treatment_id\": 1, \"start_time\": \"%s\", \"memo\": %s}",
                 i < 4 ? 1 : 2, i < 4 ? start : "2027-03-02T09:00", values[i][0])));
        expect_answer(booked, 201, "");
        cr_expect_str_eq(at(&booked, "/memo"), values[i][1]);
        cr_expect_str_eq(sql("SELECT memo FROM appointment WHERE id = %s", at(&booked, "/id")),
                         values[i][1]);
    }
}

/* In year 1, Seoul's clocks went by the sun, at +08:27:52. */
Test(input, the_first_and_the_last_years_are_read_and_refused_by_rule)
{
    static const char *const rows[][2] = {
        {"0001-01-01T10:15", "in_the_past"},
        {"0001-01-01T00:00Z", "not_quarter_hour"},
        {"1970-01-01T10:15", "in_the_past"},
        {"2027-02-28T10:15:00Z", "in_the_past"},
        {"9999-12-31T10:15", "too_far"},
        {"9999-12-31T23:45-12:00", "too_far"},
        {"2027-03-02T10:20", "not_quarter_hour"},
        {"2027-03-02T12:00", "lunch_time"},
        {"2027-03-02T01:15+09:00", "outside_hours"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_problem(rows[i][0], book(1, 1, 1, rows[i][0]), 422, rows[i][1]);
}

/* A doctor's document filled up with spaces to `length` bytes. */
static struct bytes doctor_of_length(size_t length)
{
    static const char doctor[] = "{\"name\": \"Jung\", \"department\": \"surgery\"}";
    char *body = malloc(length);
    memset(body, ' ', length);
    memcpy(body, doctor, sizeof doctor - 1);
    return (struct bytes){body, length};
}

Test(good_input, a_body_of_64_kib_is_taken)
{
    static const size_t lengths[] = {8191, 8192, 8193, 16384, 65535, 65536};
    for (size_t i = 0; i < COUNT(lengths); i++)
        expect_answer(post_doctor(doctor_of_length(lengths[i])), 201, "");
    cr_expect_str_eq(sql("SELECT count(*) FROM doctor WHERE name = 'Jung'"),
                     text("%zu", COUNT(lengths)));
}

Test(input, a_larger_body_is_too_large)
{
    static const size_t lengths[] = {65537, 131072, 1024 * 1024};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        expect_problem("doctor", post_doctor(doctor_of_length(lengths[i])), 413, "too_large");
        expect_problem("booking", post_booking(doctor_of_length(lengths[i])), 413, "too_large");
    }
}

static struct answer post_as(const char *content_type)
{
    const char *const extra[] = {"CONTENT_TYPE", content_type, NULL};
    const char *body = object_with(&(struct wrong){"", NULL}, good_doctor);
    return ask(ADMIN_POOL, "POST", "/doctors", staff_token("admin"), body, strlen(body), extra);
}

Test(input, another_media_type_is_unsupported)
{
    static const char *const types[] = {
        "",
        "text/plain",
        "text/json",
        "json",
        "application/",
        "application/jsonp",
        "application/json-patch+json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json, text/plain",
        "text/plain; application/json",
    };
    for (size_t i = 0; i < COUNT(types); i++)
        expect_problem(types[i], post_as(types[i]), 415, "unsupported_media_type");
    expect_problem("no body and no type", admin_api("POST", "/doctors", staff_token("admin"), NULL),
                   415, "unsupported_media_type");
}

Test(good_input, json_may_say_that_it_is_utf_8)
{
    static const char *const types[] = {
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json ; charset=\"utf-8\"",
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        struct answer created = post_as(types[i]);
        cr_expect_eq(created.status, 201, "%s: %s", types[i], created.text);
    }
}
