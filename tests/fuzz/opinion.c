#include "opinion.h"

#include <jansson.h>
#include <string.h>

/* struct opinion is jansson's json_t under a name that can stand beside json-c. */
static const json_t *tree_of(const struct opinion *opinion)
{
    return (const json_t *)opinion;
}

static const struct opinion *opinion_at(const json_t *tree)
{
    return (const struct opinion *)tree;
}

struct opinion *opinion_of(const char *text, size_t size, bool *too_large)
{
    json_error_t error = {.line = 0};
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (too_large)
        *too_large = !tree && json_error_code(&error) == json_error_numeric_overflow;
    return (struct opinion *)tree;
}

void opinion_free(struct opinion *opinion)
{
    json_decref((json_t *)opinion);
}

enum opinion_type opinion_type(const struct opinion *opinion)
{
    static const enum opinion_type types[] = {
        [JSON_OBJECT] = OPINION_OBJECT, [JSON_ARRAY] = OPINION_ARRAY,
        [JSON_STRING] = OPINION_STRING, [JSON_INTEGER] = OPINION_INTEGER,
        [JSON_REAL] = OPINION_REAL,     [JSON_TRUE] = OPINION_BOOLEAN,
        [JSON_FALSE] = OPINION_BOOLEAN, [JSON_NULL] = OPINION_NULL,
    };
    return types[json_typeof(tree_of(opinion))];
}

/* Of what is none, jansson says that it is empty. */
size_t opinion_size(const struct opinion *opinion)
{
    const json_t *tree = tree_of(opinion);
    return json_object_size(tree) + json_array_size(tree) + json_string_length(tree);
}

const struct opinion *opinion_member(const struct opinion *object, const char *name)
{
    return opinion_at(json_object_getn(tree_of(object), name, strlen(name)));
}

const struct opinion *opinion_element(const struct opinion *array, size_t index)
{
    return opinion_at(json_array_get(tree_of(array), index));
}

const char *opinion_text(const struct opinion *opinion)
{
    return json_string_value(tree_of(opinion));
}

int64_t opinion_integer(const struct opinion *opinion)
{
    return json_integer_value(tree_of(opinion));
}

double opinion_real(const struct opinion *opinion)
{
    return json_real_value(tree_of(opinion));
}

bool opinion_true(const struct opinion *opinion)
{
    return json_is_true(tree_of(opinion));
}
