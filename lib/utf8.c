#include "utf8.h"

/* What a leading byte announces, and the least character that needs so many bytes. */
static const struct shape {
    unsigned char mask, lead;
    size_t size;
    uint32_t least;
} shapes[] = {
    {0x80, 0x00, 1, 0x0},
    {0xE0, 0xC0, 2, 0x80},
    {0xF0, 0xE0, 3, 0x800},
    {0xF8, 0xF0, 4, 0x10000},
};

static size_t decode_as(const struct shape *shape, const unsigned char *byte, uint32_t *character)
{
    uint32_t value = byte[0] & (unsigned char)~shape->mask;
    for (size_t i = 1; i < shape->size; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (byte[i] & 0x3F);
    }
    if (value < shape->least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *character = value;
    return shape->size;
}

size_t utf8_decode(const char *text, size_t length, uint32_t *character)
{
    const unsigned char *byte = (const unsigned char *)text;
    for (size_t i = 0; length > 0 && i < sizeof shapes / sizeof *shapes; i++)
        if ((byte[0] & shapes[i].mask) == shapes[i].lead)
            return shapes[i].size <= length ? decode_as(&shapes[i], byte, character) : 0;
    return 0;
}
