/*
 * A second opinion on JSON: jansson's. In a file of its own, because json-c has functions of the
 * same names; the two that clash at linking, json_object_get() and json_object_iter_next(), are not
 * called.
 */
#ifndef OPINION_H
#define OPINION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A tree as jansson has it. The caller frees the root. */
struct opinion;
void opinion_free(struct opinion *opinion);

/* NULL: it is no JSON, or has a name twice; `too_large`, unless it is NULL, says whether all that
 * is wrong so far is a number that fits neither 64 bits nor a double. */
struct opinion *opinion_of(const char *text, size_t size, bool *too_large);

enum opinion_type {
    OPINION_OBJECT,
    OPINION_ARRAY,
    OPINION_STRING,
    OPINION_INTEGER,
    OPINION_REAL,
    OPINION_BOOLEAN,
    OPINION_NULL,
};
enum opinion_type opinion_type(const struct opinion *opinion);

/* Members, elements, or bytes. */
size_t opinion_size(const struct opinion *opinion);

/* NULL: there is none. */
const struct opinion *opinion_member(const struct opinion *object, const char *name);
const struct opinion *opinion_element(const struct opinion *array, size_t index);

/* What it is; NULL, 0 or false for another type, or for NULL. */
const char *opinion_text(const struct opinion *opinion);
int64_t opinion_integer(const struct opinion *opinion);
double opinion_real(const struct opinion *opinion);
bool opinion_true(const struct opinion *opinion);

#endif
