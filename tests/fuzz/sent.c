#include "sent.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "fuzz.h"

enum { MOST_BYTES = 1024, DAYS_UNTIL_2000 = 10957 };

struct bytes {
    size_t length;
    char at[MOST_BYTES];
};

static void put(struct bytes *bytes, int64_t integer, size_t size)
{
    must(bytes->length + size <= sizeof bytes->at, "an answer has its room");
    while (size-- > 0)
        bytes->at[bytes->length++] = (char)((uint64_t)integer >> (8 * size));
}

static int64_t microseconds(const char **time)
{
    int64_t seconds = 0;
    for (int unit = 3600; unit > 0; unit /= 60, *time += **time == ':')
        seconds += strtoll(*time, (char **)time, 10) * unit;
    return seconds * 1000000 + (**time == '.' ? strtoll(*time + 1, NULL, 10) * 10000 : 0);
}

static void put_bits(struct bytes *bytes, const char *bits, size_t count)
{
    put(bytes, (int64_t)count, 4);
    for (size_t i = 0; i < count; i += 8) {
        int64_t byte = 0;
        for (size_t bit = i; bit < i + 8; bit++)
            byte = byte << 1 | (bits[bit] == '1');
        put(bytes, byte, 1);
    }
}

static void put_value(struct bytes *bytes, char type, const char *text, size_t length)
{
    int64_t day;
    switch (type) {
    case 'i':
        put(bytes, strtoll(text, NULL, 10), 4);
        return;
    case 'I':
        put(bytes, strtoll(text, NULL, 10), 8);
        return;
    case 'd':
        put(bytes, calendar_day(&text) - DAYS_UNTIL_2000, 4);
        return;
    case 'm':
        put(bytes, microseconds(&text), 8);
        return;
    case 's':
        day = calendar_day(&text) - DAYS_UNTIL_2000;
        text++;
        put(bytes, day * 24 * 3600 * 1000000 + microseconds(&text), 8);
        return;
    case 'b':
        put_bits(bytes, text, length);
        return;
    default:
        for (size_t i = 0; i < length; i++)
            put(bytes, text[i], 1);
    }
}

static void put_array(struct bytes *bytes, char type, const char *text)
{
    int64_t count = 1;
    for (const char *at = text; *at; at++)
        count += *at == '|';
    put(bytes, 1, 4);
    put(bytes, 0, 8);
    put(bytes, count, 4);
    put(bytes, 1, 4);
    for (; count > 0; count--) {
        size_t length = strcspn(text, "|"), at = bytes->length;
        put(bytes, 0, 4);
        put_value(bytes, type, text, length);
        struct bytes size = {0};
        put(&size, (int64_t)(bytes->length - at - size.length - 4), 4);
        memcpy(bytes->at + at, size.at, size.length);
        text += length + 1;
    }
}

struct binary sent(char type, const char *text)
{
    struct bytes *bytes = calloc(1, sizeof *bytes);
    must(bytes, "there is memory");
    if (type == 'L')
        put_array(bytes, 'I', text);
    else if (type != 'I' && isupper((unsigned char)type))
        put_array(bytes, (char)tolower((unsigned char)type), text);
    else
        put_value(bytes, type, text, strlen(text));
    return (struct binary){bytes->at, bytes->length};
}
