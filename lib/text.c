#include "text.h"

#include <stdarg.h>
#include <string.h>

static void make_room(struct text *text, size_t length)
{
    enum { FIRST_ROOM = 1024 };
    size_t room = text->room ? text->room : FIRST_ROOM;
    while (room <= text->length + length)
        room *= 2;
    if (room == text->room)
        return;
    char *start = arena_alloc(text->arena, room);
    if (text->length > 0)
        memcpy(start, text->start, text->length);
    text->start = start;
    text->room = room;
}

void text_add(struct text *text, const char *piece)
{
    size_t length = strlen(piece);
    make_room(text, length);
    memcpy(text->start + text->length, piece, length + 1);
    text->length += length;
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_add(text, arena_vprintf(text->arena, format, arguments));
    va_end(arguments);
}
