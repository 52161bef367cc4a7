#include "json.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "utf8.h"

enum { DEEPEST = 16 };

/* A walk over the text, checking it against the grammar of RFC 8259. */
struct walk {
    const char *at;
    const char *end;
    size_t members; /* object members seen so far */
    int depth;
};

static bool walk_value(struct walk *w);

static void skip_space(struct walk *w)
{
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '\n' || *w->at == '\r'))
        w->at++;
}

static bool take(struct walk *w, char expected)
{
    if (w->at == w->end || *w->at != expected)
        return false;
    w->at++;
    return true;
}

static bool take_word(struct walk *w, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(w->end - w->at) < length || memcmp(w->at, word, length) != 0)
        return false;
    w->at += length;
    return true;
}

static size_t take_digits(struct walk *w)
{
    const char *start = w->at;
    while (w->at < w->end && isdigit((unsigned char)*w->at))
        w->at++;
    return (size_t)(w->at - start);
}

static bool walk_number(struct walk *w)
{
    take(w, '-');
    if (!take(w, '0') && take_digits(w) == 0)
        return false;
    if (take(w, '.') && take_digits(w) == 0)
        return false;
    if (take(w, 'e') || take(w, 'E')) {
        if (!take(w, '+'))
            take(w, '-');
        return take_digits(w) > 0;
    }
    return true;
}

/* Four hexadecimal digits as a number; -1: there are none. */
static int take_hex4(struct walk *w)
{
    int value = 0;
    for (int i = 0; i < 4; i++, w->at++) {
        if (w->at == w->end || !isxdigit((unsigned char)*w->at))
            return -1;
        int c = tolower((unsigned char)*w->at);
        value = value * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* What follows "\u": a character other than U+0000, its low surrogate included. */
static bool walk_unicode_escape(struct walk *w)
{
    int unit = take_hex4(w);
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit > 0;
    if (unit > 0xDBFF || !take_word(w, "\\u"))
        return false;
    int low = take_hex4(w);
    return low >= 0xDC00 && low <= 0xDFFF;
}

static bool walk_string(struct walk *w)
{
    if (!take(w, '"'))
        return false;
    while (w->at < w->end && *w->at != '"') {
        uint32_t character;
        size_t size = utf8_decode(w->at, (size_t)(w->end - w->at), &character);
        if (size == 0 || character < 0x20)
            return false;
        w->at += size;
        if (character != '\\')
            continue;
        if (take(w, 'u')) {
            if (!walk_unicode_escape(w))
                return false;
        } else if (w->at == w->end || *w->at == '\0' || !strchr("\"\\/bfnrt", *w->at++)) {
            return false;
        }
    }
    return take(w, '"');
}

static bool walk_member(struct walk *w)
{
    skip_space(w);
    if (!walk_string(w))
        return false;
    skip_space(w);
    w->members++;
    return take(w, ':') && walk_value(w);
}

/* The rest of an array or object, whose opening bracket has been read. */
static bool walk_elements(struct walk *w, char closing, bool (*walk_element)(struct walk *))
{
    if (++w->depth > DEEPEST)
        return false;
    skip_space(w);
    bool ok = take(w, closing);
    while (!ok) {
        if (!walk_element(w))
            return false;
        ok = take(w, closing);
        if (!ok && !take(w, ','))
            return false;
    }
    w->depth--;
    return true;
}

static bool walk_value(struct walk *w)
{
    skip_space(w);
    bool ok;
    if (w->at == w->end)
        return false;
    if (take(w, '{'))
        ok = walk_elements(w, '}', walk_member);
    else if (take(w, '['))
        ok = walk_elements(w, ']', walk_value);
    else if (*w->at == '"')
        ok = walk_string(w);
    else
        ok =
            take_word(w, "true") || take_word(w, "false") || take_word(w, "null") || walk_number(w);
    skip_space(w);
    return ok;
}

/* Writes a character from U+10000 on; returns its end. */
static char *write_utf8(char *to, int character)
{
    *to++ = (char)(0xF0 | character >> 18);
    for (int shift = 12; shift >= 0; shift -= 6)
        *to++ = (char)(0x80 | (character >> shift & 0x3F));
    return to;
}

/* The high surrogate that is escaped here, which is taken; 0: there is none. */
static int take_high_surrogate(struct walk *w)
{
    struct walk ahead = *w;
    int unit = take_word(&ahead, "\\u") ? take_hex4(&ahead) : 0;
    if (unit < 0xD800 || unit > 0xDBFF)
        return 0;
    *w = ahead;
    return unit;
}

/*
 * Writes pairs of surrogates out, of which each takes less room then; returns the new length. To
 * json-c a pair is broken when its character ends like half of one, as U+1D800 does, and 2,048 of
 * the CJK characters. The text is JSON, so that a backslash begins an escape.
 */
static size_t write_out_pairs(char *text, size_t length)
{
    struct walk w = {.at = text, .end = text + length};
    char *to = text;
    while (w.at < w.end) {
        int high = take_high_surrogate(&w);
        if (high && take_word(&w, "\\u")) {
            to = write_utf8(to, 0x10000 + ((high - 0xD800) << 10) + take_hex4(&w) - 0xDC00);
        } else {
            if (*w.at == '\\')
                *to++ = *w.at++;
            *to++ = *w.at++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* How many members the objects of a tree hold together. json-c keeps the last of two equal names,
 * so fewer than were written means a duplicate. */
static size_t count_members(struct json_object *tree)
{
    size_t count = 0;
    if (json_object_is_type(tree, json_type_object)) {
        struct lh_entry *member;
        lh_foreach(json_object_get_object(tree), member)
        {
            count += 1 + count_members(lh_entry_v(member));
        }
    } else if (json_object_is_type(tree, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(tree); i++)
            count += count_members(json_object_array_get_idx(tree, i));
    }
    return count;
}

static void release_tree(void *tree)
{
    json_object_put(tree);
}

const struct problem *json_read(struct arena *arena, const char *text, size_t length,
                                struct json_object **tree)
{
    struct walk walk = {.at = text, .end = text + length};
    if (!walk_value(&walk) || walk.at != walk.end)
        return problem_detail(arena, &problem_malformed_json,
                              "It stops being JSON at byte %zu of %zu.", (size_t)(walk.at - text),
                              length);
    struct json_tokener *tokener = json_tokener_new_ex(DEEPEST + 1);
    if (!tokener)
        return &problem_unavailable;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    char *copy = arena_copy(arena, text, length);
    *tree = json_tokener_parse_ex(tokener, copy, (int)write_out_pairs(copy, length) + 1);
    bool read = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    arena_defer(arena, release_tree, *tree);
    if (!read)
        return &problem_malformed_json;
    if (count_members(*tree) != walk.members)
        return problem_detail(arena, &problem_malformed_json, "A name stands there twice.");
    return NULL;
}

const char *json_text(struct arena *arena, struct json_object *tree)
{
    arena_defer(arena, release_tree, tree);
    return json_object_to_json_string_ext(tree,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
