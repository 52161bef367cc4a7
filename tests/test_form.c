/*
 * Forms: one field of each kind, filled in rightly and wrongly.
 *
 * What came of a form is written as one line, so that a test is a table: "line=Kim integer=3" for
 * what was given, or "invalid: line required, integer wrong_type" for what was wrong.
 */
#include "form.h"

#include <criterion/criterion.h>
#include <string.h>

struct everything {
    const char *line, *prose, *password, *phone, *email, *date, *time, *choice;
    int64_t integer, id, boolean;
    struct moment moment;
};

static const char *const colours[] = {"red", "dark red", "blue", NULL};

#define MEMBER(NAME, KIND)                                                                         \
    .name = #NAME, .kind = FIELD_##KIND, .offset = offsetof(struct everything, NAME)

static const struct field each_kind[] = {
    {MEMBER(line, LINE), .least = 2, .most = 5},
    {MEMBER(prose, PROSE), .least = 0, .most = 10},
    {MEMBER(password, PASSWORD), .least = 4, .most = 8},
    {MEMBER(phone, PHONE)},
    {MEMBER(email, EMAIL)},
    {MEMBER(date, DATE)},
    {MEMBER(time, TIME_OF_DAY)},
    {MEMBER(choice, CHOICE), .choices = colours},
    {MEMBER(integer, INTEGER), .least = -5, .most = 100},
    {MEMBER(id, INTEGER), .least = 1, .most = INT64_MAX},
    {MEMBER(boolean, BOOLEAN)},
    {MEMBER(moment, MOMENT)},
};
static const struct form anything = FORM(struct everything, each_kind);

/* What must be there, what may be null, and what is taken when nothing is. */
static const struct field each_manner[] = {
    {MEMBER(line, LINE), .required = true, .least = 1, .most = 5},
    {MEMBER(integer, INTEGER), .required = true, .nullable = true, .least = 1, .most = 9},
    {MEMBER(prose, PROSE), .nullable = true, .least = 0, .most = 5},
    {MEMBER(id, INTEGER), .nullable = true, .otherwise = "20", .least = 1, .most = 100},
    {MEMBER(boolean, BOOLEAN), .otherwise = "true"},
    {MEMBER(choice, CHOICE), .otherwise = "blue", .choices = colours},
    {MEMBER(moment, MOMENT)},
};
static const struct form mannered = FORM(struct everything, each_manner);

static struct arena *arena;

static void begin(void)
{
    arena = arena_new();
}

static void end(void)
{
    arena_free(arena);
}

TestSuite(form, .init = begin, .fini = end);

static const char *write_problem(const struct problem *problem)
{
    const char *line = arena_printf(arena, "%s", problem->code);
    for (const struct field_error *error = problem->errors; error; error = error->next)
        line = arena_printf(arena, "%s%s %s %s", line, error == problem->errors ? ":" : ",",
                            error->field, error->code);
    return line;
}

static const char *write_moment(const struct moment *moment)
{
    if (!moment->local)
        return NULL;
    return moment->has_offset ? arena_printf(arena, "%s%+d", moment->local, moment->offset_minutes)
                              : moment->local;
}

static const char *write_form(const struct form *form, const void *read)
{
    const char *line = "";
    const char **parameters = form_parameters(arena, form, read);
    for (size_t i = 0; i < form->count; i++) {
        const struct everything *everything = read;
        const char *value = form->fields[i].kind == FIELD_MOMENT ? write_moment(&everything->moment)
                                                                 : parameters[i];
        if (value)
            line = arena_printf(arena, "%s%s%s=%s", line, *line ? " " : "", form->fields[i].name,
                                value);
    }
    return line;
}

static const char *read_json(const struct form *form, const char *text)
{
    struct json_object *tree = NULL;
    const void *read = NULL;
    cr_assert_null(json_read(arena, text, strlen(text), &tree), "%s is no JSON", text);
    const struct problem *problem = form_read_json(arena, form, tree, &read);
    cr_expect(!problem || problem->status == 422, "%s: not 422", text);
    return problem ? write_problem(problem) : write_form(form, read);
}

static const char *read_query(const struct form *form, const char *query)
{
    const void *read = NULL;
    const struct problem *problem = form_read_query(arena, form, query, &read);
    cr_expect(!problem || problem->status == 400, "%s: not 400", query);
    return problem ? write_problem(problem) : write_form(form, read);
}

struct row {
    const char *input, *expected;
};

static void expect_rows(const char *(*read)(const struct form *, const char *),
                        const struct form *form, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *became = read(form, rows[i].input);
        cr_expect_str_eq(became, rows[i].expected, "%s became \"%s\", not \"%s\"", rows[i].input,
                         became, rows[i].expected);
    }
}

#define EXPECT_ROWS(READ, FORM_, ROWS) expect_rows(READ, FORM_, ROWS, sizeof(ROWS) / sizeof *(ROWS))

/* A field's values, one a row; `quote` is what stands around them in JSON. */
static void expect_values(const char *name, const char *quote, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text =
            arena_printf(arena, "{\"%s\": %s%s%s}", name, quote, rows[i].input, quote);
        const bool refused = *rows[i].expected == '!';
        const char *expected =
            refused ? arena_printf(arena, "invalid: %s %s", name, rows[i].expected + 1)
                    : arena_printf(arena, "%s=%s", name, rows[i].expected);
        const char *became = read_json(&anything, text);
        cr_expect_str_eq(became, expected, "%s became \"%s\", not \"%s\"", text, became, expected);
    }
}

#define EXPECT_VALUES(NAME, ROWS) expect_values(NAME, "", ROWS, sizeof(ROWS) / sizeof *(ROWS))
#define EXPECT_TEXTS(NAME, ROWS)  expect_values(NAME, "\"", ROWS, sizeof(ROWS) / sizeof *(ROWS))

/* In the tables: refused as that. */
#define WRONG_TYPE "!wrong_type"
#define REFUSED    "!not_acceptable"

Test(form, nothing_given_is_nothing_read)
{
    const void *read = NULL;
    struct json_object *tree = NULL;
    cr_assert_null(json_read(arena, "{}", 2, &tree));
    cr_assert_null(form_read_json(arena, &anything, tree, &read));
    const struct everything *everything = read;
    cr_expect_null(everything->line);
    cr_expect_null(everything->choice);
    cr_expect_eq(everything->integer, NOT_GIVEN);
    cr_expect_eq(everything->boolean, NOT_GIVEN);
    cr_expect(!everything->moment.local);
    cr_expect_str_eq(write_form(&anything, read), "");
    cr_assert_null(form_read_query(arena, &anything, "", &read));
    cr_expect_str_eq(write_form(&anything, read), "");
}

Test(form, a_type_is_never_turned_into_another)
{
    static const struct {
        const char *names[9];
        const char *values[10];
    } rows[] = {
        {{"line", "prose", "password", "phone", "email", "date", "time", "choice", "moment"},
         {"12", "1.5", "true", "false", "null", "[]", "{}", "[\"red\"]", "{\"a\": 1}", NULL}},
        {{"integer", "id", NULL},
         {"\"12\"", "\"\"", "\"12abc\"", "1.0", "1e2", "1e30", "true", "null", "[1]", NULL}},
        {{"integer", "id", NULL}, {"false", "{}", "-0.0", "1e0", "1E999", "12.5", NULL}},
        {{"boolean", NULL},
         {"1", "0", "\"true\"", "\"\"", "null", "1.0", "[]", "{}", "[true]", NULL}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < 9 && rows[i].names[n]; n++)
            for (size_t v = 0; rows[i].values[v]; v++) {
                struct row row = {rows[i].values[v], WRONG_TYPE};
                expect_values(rows[i].names[n], "", &row, 1);
            }
}

Test(form, a_line_is_trimmed_and_counted_in_characters)
{
    static const struct row rows[] = {
        {"Kim", "Kim"},
        {"  Kim ", "Kim"},
        {"\\t\\r\\n Kim\\n", "Kim"},
        {"Ki m", "Ki m"},
        {"K", REFUSED},
        {" K ", REFUSED},
        {"Ki", "Ki"},
        {"Kimmy", "Kimmy"},
        {"Kimmie", REFUSED},
        {"       Kimmy       ", "Kimmy"},
        {"", REFUSED},
        {"   ", REFUSED},
        {"김", REFUSED},
        {"김철", "김철"},
        {"😀😀😀😀😀", "😀😀😀😀😀"},
        {"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00!", REFUSED},
        {"a\\nb", REFUSED},
        {"a\\tb", REFUSED},
        {"a\\u0001b", REFUSED},
        {"a\\u001fb", REFUSED},
        {"a\\u007fb", REFUSED},
        {"a\\u0080b", REFUSED},
        {"a\\u009fb", REFUSED},
        {"a\\u00a0z", "a\xc2\xa0z"},
        {"a\\u3000b", "a　b"},
        {"<b>&'", "<b>&'"},
    };
    EXPECT_TEXTS("line", rows);
}

Test(form, prose_may_have_several_lines)
{
    static const struct row rows[] = {
        {"a\\r\\n\\tb", "a\r\n\tb"},
        {"\\n a\\nb \\n", "a\nb"},
        {"", ""},
        {" \\n ", ""},
        {"0123456789", "0123456789"},
        {" 0123456789 ", "0123456789"},
        {"0123456789a", REFUSED},
        {"a\\bb", REFUSED},
        {"a\\fb", REFUSED},
        {"a\\u001bb", REFUSED},
        {"a\\u007fb", REFUSED},
        {"a\\u0085b", REFUSED},
    };
    EXPECT_TEXTS("prose", rows);
}

Test(form, a_password_is_taken_as_typed)
{
    static const struct row rows[] = {
        {"abcd", "abcd"},         {" ab ", " ab "},         {"    ", "    "},
        {"abc", REFUSED},         {"abcdefgh", "abcdefgh"}, {"abcdefghi", REFUSED},
        {"ab\\nc", REFUSED},      {"abcd\\n", REFUSED},     {"김김김", REFUSED},
        {"김김김김", "김김김김"},
    };
    EXPECT_TEXTS("password", rows);
}

Test(form, a_telephone_number_has_one_normal_form)
{
    static const struct row rows[] = {
        {"01012345678", "01012345678"},
        {"010-1234-5678", "01012345678"},
        {"010 1234 5678", "01012345678"},
        {"010.1234.5678", "01012345678"},
        {"(010) 1234-5678", "01012345678"},
        {"  010-1234-5678\\n", "01012345678"},
        {"-010--1234  5678-", "01012345678"},
        {"+82 10 1234 5678", "+821012345678"},
        {"+82-10-1234-5678", "+821012345678"},
        {" +821012345678 ", "+821012345678"},
        {"+82 (0)10 1234-5678", "+8201012345678"},
        {"1234567", "1234567"},
        {"+1234567", "+1234567"},
        {"123456", REFUSED},
        {"+123456", REFUSED},
        {"1-2-3-4-5-6", REFUSED},
        {"123456789012345", "123456789012345"},
        {"+123456789012345", "+123456789012345"},
        {"1-2-3-4-5-6-7-8-9-0-1-2-3-4-5", "123456789012345"},
        {"1234567890123456", REFUSED},
        {"+1234567890123456", REFUSED},
        {"123456789012345678901234567890", REFUSED},
        {"+123456789012345678901234567890", REFUSED},
        {"", REFUSED},
        {"+", REFUSED},
        {"-------", REFUSED},
        {"++821012345678", REFUSED},
        {"82+1012345678", REFUSED},
        {"01012345678+", REFUSED},
        {"-+821012345678", REFUSED},
        {"010-CALL-NOW1", REFUSED},
        {"01012345678x", REFUSED},
        {"010/1234/5678", REFUSED},
        {"010,1234,5678", REFUSED},
        {"010\\t12345678", REFUSED},
        {"010\\u00a012345678", REFUSED},
        {"010–12345678", REFUSED},
        {"０１０12345678", REFUSED},
    };
    EXPECT_TEXTS("phone", rows);
}

Test(form, an_email_address_is_kept_in_lower_case)
{
    static const struct row rows[] = {
        {"kim@example.com", "kim@example.com"},
        {"Kim@Example.COM", "kim@example.com"},
        {"  kim@example.com\\n", "kim@example.com"},
        {"k.i+m'1@a.b.example", "k.i+m'1@a.b.example"},
        {"", REFUSED},
        {"@", REFUSED},
        {"kim", REFUSED},
        {"kim@", REFUSED},
        {"@example.com", REFUSED},
        {"kim@example", REFUSED},
        {"kim.lee@example", REFUSED},
        {"kim@example.com.", REFUSED},
        {"kim@lee@example.com", REFUSED},
        {"kim lee@example.com", REFUSED},
        {"kim@example .com", REFUSED},
        {"kim@exa\\tmple.com", REFUSED},
        {"kim\\u0001@example.com", REFUSED},
        {"김@example.com", REFUSED},
    };
    EXPECT_TEXTS("email", rows);
}

Test(form, an_email_address_has_at_most_254_characters)
{
    for (int length = 253; length <= 256; length++) {
        const char *tail = "@example.com";
        char *name = arena_alloc(arena, 300);
        memset(name, 'k', (size_t)length - strlen(tail));
        const char *email = arena_printf(arena, "%s%s", name, tail);
        struct row row = {email, length <= 254 ? email : REFUSED};
        expect_values("email", "\"", &row, 1);
    }
}

Test(form, dates_times_and_choices_are_taken_exactly)
{
    static const struct row dates[] = {
        {"2027-03-02", "2027-03-02"},  {"2027-02-29", REFUSED}, {" 2027-03-02", REFUSED},
        {"2027-03-02T10:15", REFUSED}, {"", REFUSED},           {"2027-3-2", REFUSED},
    };
    static const struct row times[] = {
        {"10:30", "10:30"}, {"24:00", "24:00"},  {"24:01", REFUSED},
        {"9:00", REFUSED},  {"10:30 ", REFUSED}, {"", REFUSED},
    };
    static const struct row choices[] = {
        {"red", "red"},    {"dark red", "dark red"}, {"blue", "blue"},
        {"Red", REFUSED},  {"re", REFUSED},          {"redd", REFUSED},
        {" red", REFUSED}, {"dark", REFUSED},        {"", REFUSED},
    };
    EXPECT_TEXTS("date", dates);
    EXPECT_TEXTS("time", times);
    EXPECT_TEXTS("choice", choices);
}

Test(form, moments_keep_what_was_written)
{
    static const struct row rows[] = {
        {"2027-03-02T10:15", "2027-03-02T10:15:00"},
        {"2027-03-02T10:15:00Z", "2027-03-02T10:15:00+0"},
        {"2027-03-02T10:15+09:00", "2027-03-02T10:15:00+540"},
        {"2027-03-02T10:15-03:30", "2027-03-02T10:15:00-210"},
        {"2027-03-02 10:15", REFUSED},
        {"2027-03-02T10:15:30", REFUSED},
        {" 2027-03-02T10:15", REFUSED},
        {"2027-03-02", REFUSED},
        {"", REFUSED},
    };
    EXPECT_TEXTS("moment", rows);
}

Test(form, numbers_lie_within_their_limits)
{
    static const struct row rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-5", "-5"},
        {"-6", REFUSED},
        {"100", "100"},
        {"101", REFUSED},
        {"2147483648", REFUSED},
        {"4294967296", REFUSED},
        {"9223372036854775808", REFUSED},
        {"-9223372036854775809", REFUSED},
        {"18446744073709551616", REFUSED},
        {"100000000000000000000000000000", REFUSED},
    };
    static const struct row ids[] = {
        {"1", "1"},
        {"0", REFUSED},
        {"-1", REFUSED},
        {"-9223372036854775808", REFUSED},
        {"9223372036854775806", "9223372036854775806"},
        {"9223372036854775807", REFUSED},
        {"9223372036854775808", REFUSED}, /* json-c makes the one above of it */
    };
    static const struct row booleans[] = {{"true", "1"}, {"false", "0"}};
    EXPECT_VALUES("integer", rows);
    EXPECT_VALUES("id", ids);
    EXPECT_VALUES("boolean", booleans);
}

Test(form, what_is_missing_is_required_or_has_a_default)
{
    static const struct row rows[] = {
        {"{\"line\": \"Kim\", \"integer\": 3}", "line=Kim integer=3 id=20 boolean=1 choice=blue"},
        {"{\"line\": \"Kim\", \"integer\": 3, \"id\": 7, \"boolean\": false, \"choice\": \"red\"}",
         "line=Kim integer=3 id=7 boolean=0 choice=red"},
        {"{\"line\": \"Kim\", \"integer\": 3, \"id\": null, \"prose\": null}",
         "line=Kim integer=3 id=20 boolean=1 choice=blue"},
        {"{\"line\": \"Kim\", \"integer\": 3, \"prose\": \"\"}",
         "line=Kim integer=3 prose= id=20 boolean=1 choice=blue"},
        {"{}", "invalid: line required, integer required"},
        {"{\"line\": \"Kim\", \"integer\": null}", "invalid: integer required"},
        {"{\"line\": null, \"integer\": 3}", "invalid: line wrong_type"},
        {"{\"line\": \"\", \"integer\": 3}", "invalid: line not_acceptable"},
        {"{\"line\": \"Kim\", \"integer\": 3, \"boolean\": null}", "invalid: boolean wrong_type"},
        {"{\"line\": \"Kim\", \"integer\": 3, \"moment\": null}", "invalid: moment wrong_type"},
    };
    EXPECT_ROWS(read_json, &mannered, rows);
}

Test(form, every_mistake_is_told_at_once)
{
    static const struct row rows[] = {
        {"{\"zip\": 1, \"id\": 101, \"boolean\": 1, \"choice\": \"green\", \"Line\": \"Kim\"}",
         "invalid: line required, integer required, id not_acceptable, boolean wrong_type, "
         "choice not_acceptable, zip unknown, Line unknown"},
        {"{\"moment\": \"now\", \"prose\": \"too long\", \"integer\": \"3\", \"line\": 1}",
         "invalid: line wrong_type, integer wrong_type, prose not_acceptable, "
         "moment not_acceptable"},
        {"{\"line\": \"Kim\", \"integer\": 3, \"\": 1, \"line \": 1, \"lin\": null}",
         "invalid:  unknown, line  unknown, lin unknown"},
    };
    EXPECT_ROWS(read_json, &mannered, rows);
}

Test(form, each_mistake_has_a_sentence)
{
    struct json_object *tree = NULL;
    const void *read;
    static const char text[] = "{\"id\": 0, \"boolean\": 1, \"choice\": \"green\", \"x\": 1}";
    cr_assert_null(json_read(arena, text, sizeof text - 1, &tree));
    const struct problem *problem = form_read_json(arena, &mannered, tree, &read);
    static const char *const details[] = {
        "is required",
        "is required",
        "must lie between 1 and 100",
        "must be true or false",
        "must be one of red, dark red, blue",
        "is not a field of this request",
    };
    const struct field_error *error = problem->errors;
    for (size_t i = 0; i < sizeof details / sizeof *details; i++, error = error->next) {
        cr_assert_not_null(error, "only %zu mistakes", i);
        cr_expect_str_eq(error->detail, details[i], "%s: %s", error->field, error->detail);
    }
    cr_expect_null(error);
}

Test(form, a_body_is_an_object)
{
    static const struct row rows[] = {
        {"[]", "invalid"},
        {"null", "invalid"},
        {"1", "invalid"},
        {"\"a\"", "invalid"},
        {"[{\"line\": \"Kim\", \"integer\": 3}]", "invalid"},
        {"true", "invalid"},
    };
    EXPECT_ROWS(read_json, &mannered, rows);
}

Test(form, a_query_is_decoded)
{
    static const struct row rows[] = {
        {"", ""},
        {"&", ""},
        {"&&line=Kim&&", "line=Kim"},
        {"line=Kim&integer=3", "line=Kim integer=3"},
        {"integer=3&line=Kim", "line=Kim integer=3"},
        {"line=%4bim", "line=Kim"},
        {"line=%4Bim", "line=Kim"},
        {"%6cine=Kim", "line=Kim"},
        {"line=K+im", "line=K im"},
        {"line=K%20im", "line=K im"},
        {"line=K%2Bim", "line=K+im"},
        {"line=+Kim+", "line=Kim"},
        {"line=a%26b", "line=a&b"},
        {"line=a%3Db", "line=a=b"},
        {"line=a=b", "line=a=b"},
        {"line=%2541", "line=%41"},
        {"line=%EA%B9%80%ec%b2%a0", "line=김철"},
        {"line=김철", "line=김철"},
        {"prose=a%0Ab", "prose=a\nb"},
        {"line=a%0Ab", "bad_request: line not_acceptable"},
        {"moment=2027-03-02T10:15%2B09:00", "moment=2027-03-02T10:15:00+540"},
        {"moment=2027-03-02T10:15+09:00", "bad_request: moment not_acceptable"},
        {"phone=%2B82-10-1234-5678", "phone=+821012345678"},
        {"email=Kim%40example.com", "email=kim@example.com"},
        {"choice=dark+red", "choice=dark red"},
        {"date=2027-03-02&time=10:30", "date=2027-03-02 time=10:30"},
    };
    EXPECT_ROWS(read_query, &anything, rows);
}

Test(form, a_query_with_a_broken_code_is_refused)
{
    static const char *const values[] = {
        "%",
        "%4",
        "%zz",
        "%4g",
        "%g4",
        "a%",
        "%%34",
        "%00",
        "a%00b",
        "%u0041",
        "%+41",
        "% 1",
        "%-1",
        "%80",
        "%C0%AF",
        "%C0%80",
        "%ED%A0%80",
        "%ED%A0%BD%ED%B8%80",
        "%F4%90%80%80",
        "%EA%B9",
        "%FF",
        "%FE",
        "\x80",
        "\xea\xb9",
        "%EA+%B9%80",
        "%01",
        "%1F",
        "%7F",
        "%C2%85",
        "%0",
        "%0g",
        "%x0",
        "%EA%B9%8",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *queries[] = {
            arena_printf(arena, "line=%s", values[i]),
            arena_printf(arena, "integer=3&line=%s&integer=3", values[i]),
            arena_printf(arena, "%s=Kim", values[i]),
            arena_printf(arena, "unknown=%s", values[i]),
            values[i],
        };
        for (size_t j = 0; j < sizeof queries / sizeof *queries; j++)
            cr_expect_str_eq(read_query(&anything, queries[j]), "bad_request", "%s", queries[j]);
    }
}

Test(form, a_parameter_stands_there_once_and_is_known)
{
    static const struct row rows[] = {
        {"line=Kim&line=Lee", "bad_request: line duplicate"},
        {"line=Kim&line=Kim", "bad_request: line duplicate"},
        {"line=Kim&integer=3&%6Cine=Lee", "bad_request: line duplicate"},
        {"line=Kim&line=", "bad_request: line duplicate"},
        {"line=Kim&line", "bad_request: line duplicate"},
        {"zip=1", "bad_request: zip unknown"},
        {"zip", "bad_request: zip unknown"},
        {"Line=Kim", "bad_request: Line unknown"},
        {"line%20=Kim", "bad_request: line  unknown"},
        {"line[]=Kim", "bad_request: line[] unknown"},
        {"a=1&line=K&b=2&integer=x",
         "bad_request: a unknown, b unknown, line not_acceptable, integer wrong_type"},
        {"line=Kim;integer=3", "bad_request: line not_acceptable"},
    };
    EXPECT_ROWS(read_query, &anything, rows);
}

Test(form, an_empty_parameter_is_absent)
{
    static const struct row rows[] = {
        {"line=&integer=&boolean=&moment=&choice", "bad_request: line required, integer required"},
        {"line=Kim&integer=3&id=&boolean=&choice=",
         "line=Kim integer=3 id=20 boolean=1 choice=blue"},
        {"line=Kim&integer=3&id&boolean&choice", "line=Kim integer=3 id=20 boolean=1 choice=blue"},
        {"line=+&integer=3", "bad_request: line not_acceptable"},
    };
    EXPECT_ROWS(read_query, &mannered, rows);
}

Test(form, a_number_in_a_query_is_plain)
{
    static const struct row rows[] = {
        {"integer=0", "integer=0"},
        {"integer=-1", "integer=-1"},
        {"integer=-5", "integer=-5"},
        {"integer=100", "integer=100"},
        {"integer=-6", "bad_request: integer not_acceptable"},
        {"integer=101", "bad_request: integer not_acceptable"},
        {"id=9223372036854775806", "id=9223372036854775806"},
        {"id=-9223372036854775808", "bad_request: id not_acceptable"},
    };
    static const char *const others[] = {
        "1.0",
        "1.",
        "1e2",
        "+1",
        "%201",
        "1%20",
        "%2B1",
        "0x1",
        "0x",
        "--1",
        "-",
        "-%201",
        "1-",
        "1,2",
        "abc",
        "1a",
        "%D9%A1",
        "true",
        "1%0A",
        "%091",
        "1_0",
        "-+1",
        "NaN",
        "null",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999",
    };
    EXPECT_ROWS(read_query, &anything, rows);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_str_eq(read_query(&anything, arena_printf(arena, "id=%s", others[i])),
                         "bad_request: id wrong_type", "%s", others[i]);
}

Test(form, true_and_false_are_words_in_a_query)
{
    static const struct row rows[] = {
        {"boolean=true", "boolean=1"},
        {"boolean=false", "boolean=0"},
        {"boolean=1", "bad_request: boolean wrong_type"},
        {"boolean=0", "bad_request: boolean wrong_type"},
        {"boolean=True", "bad_request: boolean wrong_type"},
        {"boolean=yes", "bad_request: boolean wrong_type"},
        {"boolean=true+", "bad_request: boolean wrong_type"},
        {"boolean=null", "bad_request: boolean wrong_type"},
    };
    EXPECT_ROWS(read_query, &anything, rows);
}

/* What SQL is given: texts as they are, numbers in decimal, NULL for what is not there. */
Test(form, parameters_stand_in_the_order_of_the_fields)
{
    const struct everything given = {.line = "Kim", .integer = -5, .id = NOT_GIVEN, .boolean = 0};
    static const struct field some[] = {
        {MEMBER(boolean, BOOLEAN)}, {MEMBER(line, LINE)},       {MEMBER(id, INTEGER)},
        {MEMBER(prose, PROSE)},     {MEMBER(integer, INTEGER)},
    };
    static const struct form form = FORM(struct everything, some);
    static const char *const expected[] = {"0", "Kim", NULL, NULL, "-5"};
    const char **parameters = form_parameters(arena, &form, &given);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (expected[i])
            cr_expect_str_eq(parameters[i], expected[i], "%zu: %s", i, parameters[i]);
        else
            cr_expect_null(parameters[i], "%zu", i);
}

Test(form, a_list_has_pages)
{
    struct listing {
        struct page page;
    };
    static const struct field fields[] = {PAGE_FIELDS(struct listing)};
    static const struct form form = FORM(struct listing, fields);
    static const struct row rows[] = {
        {"", "page=1 page_size=20"},
        {"page=3&page_size=100", "page=3 page_size=100"},
        {"page=1000000&page_size=1", "page=1000000 page_size=1"},
        {"page=0&page_size=0", "bad_request: page not_acceptable, page_size not_acceptable"},
        {"page=1000001&page_size=101",
         "bad_request: page not_acceptable, page_size not_acceptable"},
    };
    EXPECT_ROWS(read_query, &form, rows);
}
