#include "binary.h"

enum { DAYS_UNTIL_2000 = 10957, SECONDS_UNTIL_2000 = DAYS_UNTIL_2000 * 24 * 60 * 60 };
enum { MICROSECONDS_PER_SECOND = 1000000, SECONDS_PER_MINUTE = 60 };

/* Where PostgreSQL begins an array: its dimensions, whether it has NULLs, and the elements' type;
 * then of each dimension its length and its first index. A bit string begins with its length. */
enum { ARRAY_HEADER = 12, DIMENSION_HEADER = 8, BITS_HEADER = 4, LENGTH_SIZE = 4 };

struct binary rows_binary(const struct rows *rows, int row, int column)
{
    return (struct binary){rows_text(rows, row, column), rows_length(rows, row, column)};
}

int64_t binary_integer(struct binary value)
{
    if (value.length == 0)
        return 0;
    uint64_t integer = (signed char)value.bytes[0] < 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < value.length; i++)
        integer = integer << 8 | (unsigned char)value.bytes[i];
    return (int64_t)integer;
}

int64_t binary_day(struct binary value)
{
    return binary_integer(value) + DAYS_UNTIL_2000;
}

/* Rounded down, also before 1970. */
static int64_t whole(int64_t dividend, int64_t divisor)
{
    return dividend / divisor - (dividend % divisor < 0);
}

int64_t binary_second(struct binary value)
{
    return whole(binary_integer(value), MICROSECONDS_PER_SECOND) + SECONDS_UNTIL_2000;
}

int64_t binary_minute(struct binary value)
{
    return whole(binary_second(value), SECONDS_PER_MINUTE);
}

int64_t binary_next_minute(struct binary value)
{
    int64_t part = binary_integer(value) % ((int64_t)SECONDS_PER_MINUTE * MICROSECONDS_PER_SECOND);
    return binary_minute(value) + (part != 0);
}

int binary_minute_of_day(struct binary value)
{
    return (int)(binary_integer(value) / MICROSECONDS_PER_SECOND / SECONDS_PER_MINUTE);
}

int64_t binary_bits(struct binary value, size_t first, size_t count)
{
    size_t byte = BITS_HEADER + first / 8;
    if (value.length < byte + count / 8)
        return 0;
    return binary_integer((struct binary){value.bytes + byte, count / 8});
}

/* PostgreSQL's first bit is the highest of its byte, ours is the lowest. */
static unsigned char reversed(unsigned char byte)
{
    static const unsigned char nibbles[] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
    return (unsigned char)(nibbles[byte & 15] << 4 | nibbles[byte >> 4]);
}

quarters binary_quarters(struct binary value, size_t first)
{
    quarters set = NO_QUARTERS;
    size_t byte = BITS_HEADER + first / 8;
    if (value.length < byte + QUARTERS_PER_DAY / 8)
        return NO_QUARTERS;
    for (int i = QUARTERS_PER_DAY / 8 - 1; i >= 0; i--)
        set = set << 8 | reversed((unsigned char)value.bytes[byte + (size_t)i]);
    return set;
}

static int64_t read_integer(const char *at)
{
    return binary_integer((struct binary){at, LENGTH_SIZE});
}

struct elements elements_of(const struct rows *rows, int row, int column)
{
    struct binary array = rows_binary(rows, row, column);
    int64_t dimensions = array.length ? read_integer(array.bytes) : 0, count = dimensions > 0;
    for (int64_t i = 0; i < dimensions; i++)
        count *= read_integer(array.bytes + ARRAY_HEADER + i * DIMENSION_HEADER);
    return (struct elements){array.bytes + ARRAY_HEADER + dimensions * DIMENSION_HEADER,
                             (int)count};
}

struct binary elements_take(struct elements *elements)
{
    int64_t length = read_integer(elements->next);
    struct binary element = {elements->next + LENGTH_SIZE, length > 0 ? (size_t)length : 0};
    elements->next = element.bytes + element.length;
    elements->count--;
    return element;
}
