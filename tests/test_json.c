/* What strangers send as JSON: RFC 8259 to the letter, and nothing that json-c adds to it. */
#include "json.h"

#include <criterion/criterion.h>
#include <string.h>

#include "utf8.h"

static struct arena *arena;

static void begin(void)
{
    arena = arena_new();
}

static void end(void)
{
    arena_free(arena);
}

TestSuite(json, .init = begin, .fini = end);
TestSuite(utf8);

/* A text with its length: it may hold NULs. */
struct text {
    const char *bytes;
    size_t length;
};
#define TEXT(LITERAL)                                                                              \
    {                                                                                              \
        LITERAL, sizeof(LITERAL) - 1                                                               \
    }

/* A copy that ends where its memory does, so that the sanitizer sees a step beyond it. */
enum { MARGIN = 16 };

static char *lay_at_the_edge(struct text text)
{
    char *memory = malloc(MARGIN + text.length);
    cr_assert(memory);
    memcpy(memory + MARGIN, text.bytes, text.length);
    return memory + MARGIN;
}

static void take_from_the_edge(char *bytes)
{
    free(bytes - MARGIN);
}

static const struct problem *read_text(struct text text, struct json_object **tree)
{
    char *bytes = lay_at_the_edge(text);
    const struct problem *problem = json_read(arena, bytes, text.length, tree);
    take_from_the_edge(bytes);
    return problem;
}

static bool is_accepted(struct text text)
{
    struct json_object *tree;
    const struct problem *problem = read_text(text, &tree);
    if (problem) {
        cr_expect(problem->status == 400 && strcmp(problem->code, "malformed_json") == 0,
                  "%s: refused as %s", text.bytes, problem->code);
        cr_expect_not_null(problem->detail, "%s: only json-c refused it", text.bytes);
    }
    return !problem;
}

static void expect_refused(const struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect(!is_accepted(texts[i]), "row %zu: %s", i, texts[i].bytes);
}

#define EXPECT_REFUSED(TEXTS) expect_refused(TEXTS, sizeof(TEXTS) / sizeof *(TEXTS))

Test(json, what_is_well_formed_gives_its_tree)
{
    static const struct {
        struct text text;
        const char *expected; /* the tree, written plainly */
    } rows[] = {
        {TEXT("{}"), "{}"},
        {TEXT("[]"), "[]"},
        {TEXT("null"), "null"},
        {TEXT("true"), "true"},
        {TEXT("false"), "false"},
        {TEXT("0"), "0"},
        {TEXT("7"), "7"},
        {TEXT("-1"), "-1"},
        {TEXT("10"), "10"},
        {TEXT("9223372036854775807"), "9223372036854775807"},
        {TEXT("-9223372036854775808"), "-9223372036854775808"},
        {TEXT("0.5"), "0.5"},
        {TEXT("-0.5"), "-0.5"},
        {TEXT("10.25"), "10.25"},
        {TEXT("1e2"), "1e2"},
        {TEXT("1E2"), "1E2"},
        {TEXT("1e+2"), "1e+2"},
        {TEXT("1e-2"), "1e-2"},
        {TEXT("0e1"), "0e1"},
        {TEXT("1.5e007"), "1.5e007"},
        {TEXT("\"\""), "\"\""},
        {TEXT("\"Kim\""), "\"Kim\""},
        {TEXT("\"a/b\""), "\"a/b\""},
        {TEXT("\"a\\/b\""), "\"a/b\""},
        {TEXT("\"\\\"\\\\\\b\\f\\n\\r\\t\""), "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {TEXT("\"\\u0041\\u00e9\\uAC00\\uac00\""), "\"Aé가가\""},
        {TEXT("\"\\ud83d\\uDE00\""), "\"😀\""},
        {TEXT("\"\\ud800\\udc00\""), "\"\xf0\x90\x80\x80\""},
        {TEXT("\"\\udbff\\udfff\""), "\"\xf4\x8f\xbf\xbf\""},
        {TEXT("\"\\ud837\\ude00 \\ud876\\udfff\\u0047\""),
         "\"\xf0\x9d\xb8\x80 \xf0\xad\xaf\xbfG\""},
        {TEXT("\"\\\\ud837\\\\ude00\""), "\"\\\\ud837\\\\ude00\""},
        {TEXT("\"\\uffff\\ud7ff\\ue000\""), "\"\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80\""},
        {TEXT("\"김철수\""), "\"김철수\""},
        {TEXT("\"\x7f\xc2\x80😀\""), "\"\x7f\xc2\x80😀\""},
        {TEXT("\"it's // no /* comment */\""), "\"it's // no /* comment */\""},
        {TEXT("[1,[2,[3]],{}]"), "[1,[2,[3]],{}]"},
        {TEXT("[null,null]"), "[null,null]"},
        {TEXT("{\"a\":1}"), "{\"a\":1}"},
        {TEXT("{\"\":1}"), "{\"\":1}"},
        {TEXT("{\"a\":null,\"b\":{\"a\":[{\"a\":1},{\"a\":2}]}}"),
         "{\"a\":null,\"b\":{\"a\":[{\"a\":1},{\"a\":2}]}}"},
        {TEXT("{\"a\":1,\"A\":2}"), "{\"a\":1,\"A\":2}"},
        {TEXT("{\"\\u0061\":1}"), "{\"a\":1}"},
        {TEXT("{\"a\" : 1 , \"b\" : [ 2 , 3 ] , \"c\" : { } }"), "{\"a\":1,\"b\":[2,3],\"c\":{}}"},
        {TEXT(
             " \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n} \t\r\n"),
         "{\"a\":[1,2]}"},
        {TEXT(" 12 "), "12"},
        {TEXT("\t\"a\"\n"), "\"a\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_object *tree = NULL;
        const struct problem *problem = read_text(rows[i].text, &tree);
        cr_expect_null(problem, "row %zu: %s", i, rows[i].text.bytes);
        const char *text = json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN |
                                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
        cr_expect_str_eq(text, rows[i].expected, "%s became %s", rows[i].text.bytes, text);
    }
}

Test(json, a_name_stands_there_once)
{
    static const struct text texts[] = {
        TEXT("{\"a\":1,\"a\":2}"),
        TEXT("{\"a\":1,\"a\":1}"),
        TEXT("{\"a\":null,\"a\":null}"),
        TEXT("{\"a\":1,\"b\":2,\"a\":3}"),
        TEXT("{\"\":1,\"\":2}"),
        TEXT("{\"a\":1,\"\\u0061\":2}"),
        TEXT("{\"\\u0061\":1,\"a\":2}"),
        TEXT("{\"\\u00e9\":1,\"\xc3\xa9\":2}"),
        TEXT("{\"\\u00E9\":1,\"\\u00e9\":2}"),
        TEXT("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
        TEXT("{\"a/b\":1,\"a\\/b\":2}"),
        TEXT("{\"\\n\":1,\"\\u000a\":2}"),
        TEXT("{\"b\":{\"a\":1,\"a\":2}}"),
        TEXT("[{\"a\":1,\"a\":2}]"),
        TEXT("[[[{\"b\":[{\"a\":1,\"a\":2}]}]]]"),
        TEXT("{\"a\":{\"b\":1},\"a\":{\"b\":1,\"c\":2}}"),
        TEXT("{\"a\":{\"b\":1,\"b\":2},\"a\":{\"c\":1,\"d\":2}}"),
        TEXT("{\"a\":[{\"x\":1},{\"y\":2}],\"a\":1}"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, names_that_only_look_alike_may_stand_together)
{
    static const struct text texts[] = {
        TEXT("{\"a\":1,\"A\":2,\"a \":3,\" a\":4,\"\":5}"),
        TEXT("{\"\\u00e9\":1,\"e\\u0301\":2}"),
        TEXT("{\"a\":{\"a\":{\"a\":1}}}"),
        TEXT("[{\"a\":1},{\"a\":1}]"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(is_accepted(texts[i]), "%s", texts[i].bytes);
}

Test(json, nul_is_no_character)
{
    static const struct text texts[] = {
        TEXT("{\"role\\u0000x\":1}"),
        TEXT("{\"role\\u0000\":1}"),
        TEXT("{\"\\u0000\":1}"),
        TEXT("{\"role\0x\":1}"),
        TEXT("{\"a\":\"b\\u0000\"}"),
        TEXT("\"\\u0000\""),
        TEXT("\"a\0b\""),
        TEXT("\"a\\\0b\""),
        TEXT("{}\0"),
        TEXT("{}\0junk"),
        TEXT("{}\0{}"),
        TEXT("{}\0\0\0"),
        TEXT("\0{}"),
        TEXT("\0"),
        TEXT("{\0}"),
        TEXT("12\0"),
        TEXT("1\0002"),
        TEXT("true\0"),
        TEXT("[1,\0]"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, a_text_is_one_value_and_nothing_else)
{
    static const struct text texts[] = {
        TEXT(""),     TEXT(" "),        TEXT("\n\t"),      TEXT("{}{}"),   TEXT("{} {}"),
        TEXT("{},"),  TEXT("1 2"),      TEXT("1,2"),       TEXT("{}x"),    TEXT("{}]"),
        TEXT("[]}"),  TEXT("nullnull"), TEXT("null null"), TEXT("\"a\"b"), TEXT("\"a\"\"b\""),
        TEXT("{}//"), TEXT("{}/**/"),   TEXT("// a\n{}"),  TEXT("/* */1"), TEXT("[1/**/]"),
        TEXT("{}#"),  TEXT("# a\n1"),   TEXT("{}\n;"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, there_are_four_kinds_of_space)
{
    static const struct text texts[] = {
        TEXT("\xef\xbb\xbf{}"), TEXT("{}\xef\xbb\xbf"), TEXT("\xff\xfe{}"),     TEXT("\v{}"),
        TEXT("{}\f"),           TEXT("[1\v]"),          TEXT("{\f}"),           TEXT("{}\b"),
        TEXT("\xc2\xa0{}"),     TEXT("{}\xe3\x80\x80"), TEXT("\xe2\x80\xa8{}"), TEXT("[\xc2\x85]"),
        TEXT("{\0\"\0a\0"),     TEXT("\\n{}"),          TEXT("{}\x1a"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, numbers_are_written_in_one_way)
{
    static const char *const numbers[] = {
        "01",     "-01",   "00",    "-00",      "007",       "1.",        ".1",
        "-.1",    "1.e2",  "1..2",  "+1",       "+0",        "--1",       "-",
        "+",      ".",     "e",     "e1",       "1e",        "1e+",       "1e-",
        "1E",     "1e+-1", "1e1.5", "1e1e1",    "0x10",      "0X1F",      "1_000",
        "1,000.", "1a",    "12abc", "0b1",      "0o7",       "1f",        "1L",
        "NaN",    "nan",   "-NaN",  "Infinity", "-Infinity", "+Infinity", "inf",
        "-inf",   "INF",   "1 000", "- 1",      "1e 5",      "\xd9\xa1",  "\xef\xbc\x91",
        "1-2",    "1+2",   "-true", "$1",       "1/2",
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *wrapped[] = {
            numbers[i],
            arena_printf(arena, "[%s]", numbers[i]),
            arena_printf(arena, "[0,%s ]", numbers[i]),
            arena_printf(arena, "{\"a\":%s}", numbers[i]),
            arena_printf(arena, " %s\n", numbers[i]),
        };
        for (size_t j = 0; j < sizeof wrapped / sizeof *wrapped; j++)
            cr_expect(!is_accepted((struct text){wrapped[j], strlen(wrapped[j])}), "%s",
                      wrapped[j]);
    }
}

Test(json, words_are_three_and_in_lower_case)
{
    static const struct text texts[] = {
        TEXT("True"),  TEXT("TRUE"),  TEXT("tRue"),        TEXT("tru"),   TEXT("truee"),
        TEXT("t"),     TEXT("True"),  TEXT("FALSE"),       TEXT("False"), TEXT("fals"),
        TEXT("Null"),  TEXT("NULL"),  TEXT("nul"),         TEXT("nil"),   TEXT("None"),
        TEXT("yes"),   TEXT("on"),    TEXT("abc"),         TEXT("n"),     TEXT("undefined"),
        TEXT("[nul]"), TEXT("true1"), TEXT("[truefalse]"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, names_and_strings_stand_in_double_quotes)
{
    static const struct text texts[] = {
        TEXT("'a'"),
        TEXT("{'a':1}"),
        TEXT("{'a\":1}"),
        TEXT("{\"a':1}"),
        TEXT("{\"a\":'b'}"),
        TEXT("{a:1}"),
        TEXT("{1:1}"),
        TEXT("{null:1}"),
        TEXT("{true:1}"),
        TEXT("{[]:1}"),
        TEXT("{{}:1}"),
        TEXT("`a`"),
        TEXT("\""),
        TEXT("\"a"),
        TEXT("a\""),
        TEXT("\"a\\\""),
        TEXT("{\"a"),
        TEXT("\"\"\""),
        TEXT("\"a\n\""),
        TEXT("\xe2\x80\x9c"
             "a\xe2\x80\x9d"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, brackets_commas_and_colons_stand_where_they_belong)
{
    static const struct text texts[] = {
        TEXT("["),
        TEXT("]"),
        TEXT("{"),
        TEXT("}"),
        TEXT("[1"),
        TEXT("[1,"),
        TEXT("[1,]"),
        TEXT("[1,,2]"),
        TEXT("[,]"),
        TEXT("[,1]"),
        TEXT("[1 2]"),
        TEXT("[1;2]"),
        TEXT("[1:2]"),
        TEXT("[\"a\":1]"),
        TEXT("[1}"),
        TEXT("{]"),
        TEXT("{\"a\"}"),
        TEXT("{\"a\":}"),
        TEXT("{\"a\",1}"),
        TEXT("{\"a\" 1}"),
        TEXT("{\"a\":1,}"),
        TEXT("{,}"),
        TEXT("{,\"a\":1}"),
        TEXT("{\"a\":1,,\"b\":2}"),
        TEXT("{\"a\":1]"),
        TEXT("{\"a\"::1}"),
        TEXT("{:1}"),
        TEXT("{\"a\":1 \"b\":2}"),
        TEXT("{\"a\":1;}"),
        TEXT("{\"a\"=1}"),
        TEXT("{\"a\":1:2}"),
        TEXT("[[]"),
        TEXT("{\"a\":{}"),
        TEXT("[{]}"),
        TEXT(","),
        TEXT(":"),
        TEXT("{\"a\":1,\"b\"}"),
        TEXT("(1)"),
        TEXT("{\"a\":1, }"),
        TEXT("[1 , ]"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, strings_are_strict_utf8)
{
    static const struct text texts[] = {
        TEXT("\"\x80\""), /* a continuation without a beginning */
        TEXT("\"\xbf\""),
        TEXT("\"\xc3\""), /* a beginning without its continuation */
        TEXT("\"\xc3(\""),
        TEXT("\"\xe2\x82\""),
        TEXT("\"\xe2(\xa1\""),
        TEXT("\"\xf0\x9f\x98\""),
        TEXT("\"\xc0\xaf\""), /* overlong */
        TEXT("\"\xc0\x80\""),
        TEXT("\"\xc1\xbf\""),
        TEXT("\"\xe0\x80\xaf\""),
        TEXT("\"\xe0\x9f\xbf\""),
        TEXT("\"\xf0\x80\x80\xaf\""),
        TEXT("\"\xf0\x8f\xbf\xbf\""),
        TEXT("\"\xed\xa0\x80\""), /* surrogates */
        TEXT("\"\xed\xbf\xbf\""),
        TEXT("\"\xed\xa0\xbd\xed\xb8\x80\""),
        TEXT("\"\xf4\x90\x80\x80\""), /* above U+10FFFF */
        TEXT("\"\xf5\x80\x80\x80\""),
        TEXT("\"\xf8\x88\x80\x80\x80\""),
        TEXT("\"\xfe\""),
        TEXT("\"\xff\""),
        TEXT("\"\xb1\xe8\""), /* EUC-KR */
        TEXT("{\"\xc0\xaf\":1}"),
        TEXT("{\"\xed\xa0\x80\":1}"),
    };
    EXPECT_REFUSED(texts);
}

Test(json, escapes_name_a_character)
{
    static const struct text texts[] = {
        TEXT("\"\\u\""),
        TEXT("\"\\u1\""),
        TEXT("\"\\u12\""),
        TEXT("\"\\u123\""),
        TEXT("\"\\u123g\""),
        TEXT("\"\\u 123\""),
        TEXT("\"\\u+123\""),
        TEXT("\"\\u-123\""),
        TEXT("\"\\u0x12\""),
        TEXT("\"\\U0041\""),
        TEXT("\"\\u{41}\""),
        TEXT("\"\\x41\""),
        TEXT("\"\\u004"),
        TEXT("\"\\u"),
        TEXT("\"\\"),
        TEXT("\"\\ud800\""),
        TEXT("\"\\udbff\""),
        TEXT("\"\\udc00\""),
        TEXT("\"\\udfff\""),
        TEXT("\"\\ud800a\""),
        TEXT("\"\\ud800\\n\""),
        TEXT("\"\\ud800\\u\""),
        TEXT("\"\\ud800\\u0041\""),
        TEXT("\"\\ud800\\ud800\""),
        TEXT("\"\\ud800\\udbff\""),
        TEXT("\"\\ud800\\ue000\""),
        TEXT("\"\\udc00\\ud800\""),
        TEXT("\"\\udc00\\udc00\""),
        TEXT("\"\\uD83D\\uDE0\""),
        TEXT("\"\\ud83d\\Ude00\""),
        TEXT("{\"\\ud800\":1}"),
        TEXT("\"\\ud83d\\ude00\\ud83d\""),
        TEXT("\"\\ud83d\xf0\x9f\x98\x80\""),
        TEXT("\"\\u\xef\xbc\x90\xef\xbc\x90\xef\xbc\x94\xef\xbc\x91\""),
    };
    EXPECT_REFUSED(texts);
}

/* Every byte, alone, in a string, and after a backslash. */
Test(json, of_all_bytes_few_may_stand_alone)
{
    for (int byte = 0; byte < 256; byte++) {
        const char alone[] = {(char)byte};
        const char string[] = {'"', (char)byte, '"'};
        const char escaped[] = {'"', '\\', (char)byte, '"'};
        cr_expect_eq(is_accepted((struct text){alone, 1}), byte >= '0' && byte <= '9',
                     "byte %02x alone", byte);
        cr_expect_eq(is_accepted((struct text){string, 3}),
                     byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\',
                     "byte %02x in a string", byte);
        cr_expect_eq(is_accepted((struct text){escaped, 4}),
                     byte != 0 && strchr("\"\\/bfnrt", byte), "byte %02x after a backslash", byte);
    }
}

/* `depth` of the opening, then what is inside, then as many of the closing. */
static const char *nested(int depth, const char *opening, const char *inside, const char *closing)
{
    const char *text = inside;
    for (int i = 0; i < depth; i++)
        text = arena_printf(arena, "%s%s%s", opening, text, closing);
    return text;
}

Test(json, nesting_goes_sixteen_deep)
{
    static const struct {
        const char *opening, *inside, *closing;
        int deepest; /* how often, so that the whole is 16 deep */
    } rows[] = {
        {"[", "", "]", 16},
        {"[", "1", "]", 16},
        {"{\"a\":", "1", "}", 16},
        {"[{\"a\":", "null", "}]", 8},
        {"{\"a\":[", "", "]}", 8},
        {"{\"a\":", "{}", "}", 15},
        {"[1,", "2", ",3]", 16},
        {"[[],[[]],", "1", "]", 14},
        {"{\"a\":[],\"b\":", "1", "}", 15},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int depth = 1; depth <= rows[i].deepest + 1; depth++) {
            const char *text = nested(depth, rows[i].opening, rows[i].inside, rows[i].closing);
            cr_expect_eq(is_accepted((struct text){text, strlen(text)}), depth <= rows[i].deepest,
                         "%d times %s", depth, rows[i].opening);
        }
}

Test(json, a_bomb_of_brackets_is_refused_at_once)
{
    enum { LENGTH = 64 * 1024 };
    static char text[LENGTH];
    memset(text, '[', LENGTH);
    cr_expect(!is_accepted((struct text){text, LENGTH}));
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = "{\"a\":"[i % 5];
    cr_expect(!is_accepted((struct text){text, LENGTH}));
}

Test(json, width_has_no_limit_but_the_bodys)
{
    enum { COUNT = 10000 };
    static char text[2 * COUNT + 1];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = ",1"[i % 2];
    text[0] = '[';
    text[sizeof text - 1] = ']';
    struct json_object *tree = NULL;
    cr_assert_null(read_text((struct text){text, sizeof text}, &tree));
    cr_expect_eq(json_object_array_length(tree), COUNT);
}

Test(json, whatever_is_cut_off_is_refused)
{
    static const char whole[] =
        "{\"a\":[1.5e+3,-0,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\xea\xb9"
        "\x80\"],\"b\":{\"c\":\"\",\"d\":{}}}";
    for (size_t length = 0; length < sizeof whole - 1; length++)
        cr_expect(!is_accepted((struct text){whole, length}), "%zu bytes: %.*s", length,
                  (int)length, whole);
    cr_expect(is_accepted((struct text){whole, sizeof whole - 1}));
}

Test(json, the_length_decides_where_a_text_ends)
{
    struct json_object *tree = NULL;
    cr_assert_null(json_read(arena, "123456", 3, &tree));
    cr_expect_eq(json_object_get_int64(tree), 123);
    cr_assert_null(json_read(arena, "{}junk", 2, &tree));
    cr_assert_null(json_read(arena, "\"a\"\"", 3, &tree));
}

Test(json, a_refusal_says_where_it_stopped)
{
    struct json_object *tree;
    const struct problem *problem = json_read(arena, "{\"a\":1,}", 8, &tree);
    cr_assert_not_null(problem);
    cr_assert_not_null(problem->detail);
    cr_expect(strstr(problem->detail, "byte 7 of 8"), "%s", problem->detail);
}

Test(json, trees_and_texts_end_with_the_arena)
{
    struct json_object *read = NULL, *made = json_object_new_object();
    cr_assert_null(json_read(arena, "{\"a\":[1]}", 9, &read));
    json_object_get(read);
    json_object_get(made);
    json_object_object_add(made, "a", json_object_new_string("b/c"));
    cr_expect_str_eq(json_text(arena, made), "{\"a\":\"b/c\"}");
    arena_reset(arena);
    cr_expect_eq(json_object_put(read), 1, "somebody else still holds the tree that was read");
    cr_expect_eq(json_object_put(made), 1, "somebody else still holds the tree that was made");
}

Test(utf8, a_character_takes_what_it_needs)
{
    static const struct {
        struct text text;
        size_t size;
        uint32_t character;
    } rows[] = {
        {TEXT("\0"), 1, 0},
        {TEXT("A"), 1, 'A'},
        {TEXT("AB"), 1, 'A'},
        {TEXT("\x7f"), 1, 0x7F},
        {TEXT("\xc2\x80"), 2, 0x80},
        {TEXT("\xdf\xbf"), 2, 0x7FF},
        {TEXT("\xe0\xa0\x80"), 3, 0x800},
        {TEXT("\xea\xb9\x80!"), 3, 0xAE40},
        {TEXT("\xed\x9f\xbf"), 3, 0xD7FF},
        {TEXT("\xee\x80\x80"), 3, 0xE000},
        {TEXT("\xef\xbf\xbd"), 3, 0xFFFD},
        {TEXT("\xef\xbf\xbf"), 3, 0xFFFF},
        {TEXT("\xf0\x90\x80\x80"), 4, 0x10000},
        {TEXT("\xf0\x9f\x98\x80"), 4, 0x1F600},
        {TEXT("\xf4\x8f\xbf\xbf"), 4, 0x10FFFF},
        {TEXT(""), 0, 0},
        {TEXT("\xf4\x90\x80\x80"), 0, 0}, /* 0x110000 */
        {TEXT("\xf7\xbf\xbf\xbf"), 0, 0},
        {TEXT("\xf8\x88\x80\x80\x80"), 0, 0},
        {TEXT("\xfc\x84\x80\x80\x80\x80"), 0, 0},
        {TEXT("\xfe"), 0, 0},
        {TEXT("\xff"), 0, 0},
        {TEXT("\x80"), 0, 0},
        {TEXT("\xbf\x80"), 0, 0},
        {TEXT("\xc0\x80"), 0, 0},
        {TEXT("\xc1\xbf"), 0, 0},
        {TEXT("\xe0\x9f\xbf"), 0, 0},
        {TEXT("\xf0\x8f\xbf\xbf"), 0, 0},
        {TEXT("\xed\xa0\x80"), 0, 0},
        {TEXT("\xed\xaf\xbf"), 0, 0},
        {TEXT("\xed\xb0\x80"), 0, 0},
        {TEXT("\xed\xbf\xbf"), 0, 0},
        {TEXT("\xc3"), 0, 0},
        {TEXT("\xea\xb9"), 0, 0},
        {TEXT("\xf0\x9f\x98"), 0, 0},
        {TEXT("\xc3\xc3\x80"), 0, 0},
        {TEXT("\xea\xb9\x40"), 0, 0},
        {TEXT("\xf0\x9f\x18\x80"), 0, 0},
        {TEXT("\xf0\x9f\x98\xc0"), 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct text text = rows[i].text;
        uint32_t character = 0;
        char *bytes = lay_at_the_edge(text);
        size_t size = utf8_decode(bytes, text.length, &character);
        cr_expect_eq(size, rows[i].size, "row %zu: %zu bytes", i, size);
        cr_expect_eq(character, rows[i].character, "row %zu: U+%04X", i, character);
        take_from_the_edge(bytes);
    }
}

/* The character in UTF-8, as RFC 3629 has it. */
static size_t encode(uint32_t character, char bytes[4])
{
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size; i > 1; i--, character >>= 6)
        bytes[i - 1] = (char)(0x80 | (character & 0x3F));
    bytes[0] = (char)(leads[size] | character);
    return size;
}

Test(utf8, every_character_decodes_and_no_other)
{
    for (uint32_t character = 0; character < 0x120000; character++) {
        char bytes[4];
        uint32_t decoded = ~0U;
        bool exists = character < 0x110000 && (character < 0xD800 || character > 0xDFFF);
        size_t size = encode(character, bytes);
        cr_assert_eq(utf8_decode(bytes, size, &decoded), exists ? size : 0, "U+%04X", character);
        cr_assert(!exists || decoded == character, "U+%04X is U+%04X", character, decoded);
        cr_assert_eq(utf8_decode(bytes, size - 1, &decoded), 0, "U+%04X cut off", character);
    }
}

Test(utf8, there_are_1920_characters_of_two_bytes)
{
    int count = 0;
    for (unsigned pair = 0; pair < 65536; pair++) {
        const char bytes[] = {(char)(pair >> 8), (char)pair};
        uint32_t character;
        count += utf8_decode(bytes, 2, &character) == 2;
    }
    cr_expect_eq(count, 1920, "%d", count);
}
