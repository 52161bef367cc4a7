/*
 * Reading JSON from strangers.
 *
 * json-c is lenient where RFC 8259 is not (it takes duplicate and single-quoted keys, NULs, NaN,
 * control characters and overlong UTF-8), so a text is checked against the grammar first and json-c
 * only ever sees what passed.
 */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>

#include "problem.h"

/*
 * Reads `length` bytes of UTF-8 JSON. The tree belongs to the arena. Refused as malformed_json:
 * anything that RFC 8259 does not allow, duplicate names, the character U+0000, lone surrogates,
 * and nesting deeper than 16.
 */
const struct problem *json_read(struct arena *arena, const char *text, size_t length,
                                struct json_object **tree);

/* The text of a tree, which it takes over; both live as long as the arena. */
const char *json_text(struct arena *arena, struct json_object *tree);

#endif
