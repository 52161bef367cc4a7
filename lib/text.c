#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"

static void make_room(struct text *text, size_t length)
{
    enum { FIRST_ROOM = 1024 };
    size_t room = text->room ? text->room : FIRST_ROOM;
    while (room <= text->length + length)
        room *= 2;
    if (room == text->room)
        return;
    if (!text->start || !arena_extend(text->arena, text->start, text->room, room)) {
        char *start = arena_alloc(text->arena, room);
        if (text->start)
            memcpy(start, text->start, text->length);
        text->start = start;
    }
    text->room = room;
}

static void add_bytes(struct text *text, const char *bytes, size_t length)
{
    make_room(text, length);
    memcpy(text->start + text->length, bytes, length);
    text->length += length;
    text->start[text->length] = '\0';
}

void text_add(struct text *text, const char *piece)
{
    add_bytes(text, piece, strlen(piece));
}

void text_add_integer(struct text *text, int64_t integer)
{
    char digits[sizeof "-9223372036854775808"];
    char *end = digits + sizeof digits, *at = end;
    uint64_t left = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (integer < 0)
        *--at = '-';
    add_bytes(text, at, (size_t)(end - at));
}

/* What RFC 8259, 7 wants to be escaped. */
static void add_escaped(struct text *text, char character)
{
    static const char short_ones[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *one = short_ones; *one; one += 2)
        if (*one == character) {
            add_bytes(text, (const char[]){'\\', one[1]}, 2);
            return;
        }
    text_print(text, "\\u%04x", (unsigned)character);
}

/* How much of it needs no escape. */
static size_t plain_length(const char *piece)
{
    const char *at = piece;
    while ((unsigned char)*at >= ' ' && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - piece);
}

void text_add_quoted(struct text *text, const char *piece)
{
    add_bytes(text, "\"", 1);
    for (;;) {
        size_t plain = plain_length(piece);
        add_bytes(text, piece, plain);
        piece += plain;
        if (!*piece)
            break;
        add_escaped(text, *piece++);
    }
    add_bytes(text, "\"", 1);
}

/* A character, and two digits after it. */
static void add_pair(struct text *text, char before, int number)
{
    add_bytes(text, (const char[]){before, (char)('0' + number / 10), (char)('0' + number % 10)},
              3);
}

void text_add_moment(struct text *text, int64_t minute, int second, int offset_minutes)
{
    int64_t day = calendar_day_of(minute);
    char date[DATE_TEXT_SIZE], time[TIME_TEXT_SIZE];
    calendar_date(day, date);
    calendar_time((int)(minute - day * MINUTES_PER_DAY), time);
    text_add(text, date);
    text_add(text, "T");
    text_add(text, time);
    add_pair(text, ':', second);
    add_pair(text, offset_minutes < 0 ? '-' : '+', abs(offset_minutes) / 60);
    add_pair(text, ':', abs(offset_minutes) % 60);
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_add(text, arena_vprintf(text->arena, format, arguments));
    va_end(arguments);
}
