/*
 * JSON from strangers. What is read is what jansson reads from the same bytes, and what is refused
 * jansson refuses; what is written is read again as the same.
 *
 * Three differences are meant. Deeper than 16 is refused here alone. So is a NUL after the value,
 * which jansson takes for the end. A number that fits neither 64 bits nor a double is refused by
 * jansson alone: to the grammar it is a number, and the form says no.
 */
#include <string.h>

#include "fuzz.h"
#include "json.h"
#include "opinion.h"

enum { DEEPEST = 16 };

void fuzz_open(void)
{
}

static void compare(struct json_object *ours, const struct opinion *theirs);

static void compare_objects(struct json_object *ours, const struct opinion *theirs)
{
    struct lh_entry *member;
    must((size_t)json_object_object_length(ours) == opinion_size(theirs), "no member is lost");
    lh_foreach(json_object_get_object(ours), member)
    {
        const char *name = lh_entry_k(member);
        const struct opinion *value = opinion_member(theirs, name);
        must(value != NULL, "jansson has the member %s", name);
        compare(lh_entry_v(member), value);
    }
}

static void compare_arrays(struct json_object *ours, const struct opinion *theirs)
{
    must(json_object_array_length(ours) == opinion_size(theirs), "no element is lost");
    for (size_t i = 0; i < opinion_size(theirs); i++)
        compare(json_object_array_get_idx(ours, i), opinion_element(theirs, i));
}

static bool same_string(struct json_object *ours, const struct opinion *theirs)
{
    size_t length = (size_t)json_object_get_string_len(ours);
    return length == opinion_size(theirs) &&
           memcmp(json_object_get_string(ours), opinion_text(theirs), length) == 0;
}

static void compare(struct json_object *ours, const struct opinion *theirs)
{
    static const enum opinion_type types[] = {
        [json_type_null] = OPINION_NULL,     [json_type_boolean] = OPINION_BOOLEAN,
        [json_type_double] = OPINION_REAL,   [json_type_int] = OPINION_INTEGER,
        [json_type_object] = OPINION_OBJECT, [json_type_array] = OPINION_ARRAY,
        [json_type_string] = OPINION_STRING,
    };
    must(types[json_object_get_type(ours)] == opinion_type(theirs), "a %s is one",
         json_type_to_name(json_object_get_type(ours)));
    if (opinion_type(theirs) == OPINION_OBJECT)
        compare_objects(ours, theirs);
    else if (opinion_type(theirs) == OPINION_ARRAY)
        compare_arrays(ours, theirs);
    else if (opinion_type(theirs) == OPINION_STRING)
        must(same_string(ours, theirs), "a string is the same");
    else if (opinion_type(theirs) == OPINION_INTEGER)
        must(json_object_get_int64(ours) == opinion_integer(theirs), "an integer is the same");
    else if (opinion_type(theirs) == OPINION_REAL)
        must(json_object_get_double(ours) == opinion_real(theirs), "a number is the same");
    else
        must(json_object_get_boolean(ours) == opinion_true(theirs), "true is true");
}

/* How deep the brackets of JSON are nested. */
static int depth_of(const char *text, size_t size)
{
    int depth = 0, deepest = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted)
            i += text[i] == '\\';
        else if (text[i] == '[' || text[i] == '{')
            depth++;
        else if (text[i] == ']' || text[i] == '}')
            depth--;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static void read_again(struct arena *arena, struct json_object *tree)
{
    struct json_object *again;
    const char *text = json_text(arena, json_object_get(tree));
    must(json_read(arena, text, strlen(text), &again) == NULL, "what is written can be read: %s",
         text);
    must(json_object_equal(tree, again), "what is written is what was read: %s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool too_large;
    struct arena *arena = arena_new();
    struct json_object *ours = NULL;
    const struct problem *problem = json_read(arena, (const char *)data, size, &ours);
    struct opinion *theirs = opinion_of((const char *)data, size, &too_large);
    if (theirs && problem)
        must(depth_of((const char *)data, size) > DEEPEST || memchr(data, '\0', size),
             "only depth and NULs are refused here alone");
    else if (theirs)
        compare(ours, theirs);
    else
        must(problem || too_large, "what is read is JSON to jansson");
    if (!problem && !too_large)
        read_again(arena, ours);
    opinion_free(theirs);
    arena_free(arena);
    return 0;
}
