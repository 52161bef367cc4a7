/* Strict UTF-8, RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at `text`, of which `length` bytes may be read, into `character`. Returns
 * how many bytes it takes, or 0 where there is no valid character.
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *character);

#endif
