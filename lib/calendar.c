#include "calendar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Reads exactly `count` digits; moves *text past them. -1: not digits. */
static int digits(const char **text, int count)
{
    int value = 0;
    for (; count > 0; count--, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static bool skip(const char **text, char expected)
{
    if (**text != expected)
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool read_date(const char **text)
{
    int year = digits(text, 4);
    if (year < 1 || !skip(text, '-'))
        return false;
    int month = digits(text, 2);
    if (month < 1 || month > 12 || !skip(text, '-'))
        return false;
    int day = digits(text, 2);
    return day >= 1 && day <= days_in_month(year, month);
}

static bool read_hour_and_minute(const char **text)
{
    int hour = digits(text, 2);
    if (hour < 0 || hour > 23 || !skip(text, ':'))
        return false;
    int minute = digits(text, 2);
    return minute >= 0 && minute <= 59;
}

bool date_is_valid(const char *text)
{
    return read_date(&text) && *text == '\0';
}

/* Years are counted from March, so that the leap day is their last; an era has 400 of them. */
enum { DAYS_PER_ERA = 146097, DAYS_UNTIL_1970 = 719468 };

int64_t calendar_day(const char **text)
{
    int64_t year = strtoll(*text, (char **)text, 10);
    int64_t month = -strtoll(*text, (char **)text, 10);
    int64_t day = -strtoll(*text, (char **)text, 10);
    year -= month <= 2;
    month = (month + 9) % 12;
    int64_t era = year / 400, of_era = year % 400;
    return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 +
           day - 1 - DAYS_UNTIL_1970;
}

/* Writes a number with so many digits; returns their end. */
static char *write_digits(char *at, unsigned number, int count)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + count;
}

void calendar_date(int64_t day, char text[DATE_TEXT_SIZE])
{
    day += DAYS_UNTIL_1970;
    unsigned era = (unsigned)(day / DAYS_PER_ERA), of_era = (unsigned)(day % DAYS_PER_ERA);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_PER_ERA - 1)) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;
    unsigned of_month = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (month <= 2);
    char *at = write_digits(text, year, year < 10000 ? 4 : 5);
    *at++ = '-';
    at = write_digits(at, month, 2);
    *at++ = '-';
    *write_digits(at, of_month, 2) = '\0';
}

int64_t calendar_day_of(int64_t minute)
{
    return minute / MINUTES_PER_DAY - (minute % MINUTES_PER_DAY < 0);
}

char *calendar_time(int minute, char text[TIME_TEXT_SIZE])
{
    int hour = minute / 60;
    minute %= 60;
    const char written[] = {
        (char)('0' + hour / 10),   (char)('0' + hour % 10),   ':',
        (char)('0' + minute / 10), (char)('0' + minute % 10), '\0',
    };
    memcpy(text, written, sizeof written);
    return text + sizeof written - 1;
}

int calendar_weekday(int64_t day)
{
    enum { THURSDAY = 3, MANY_WEEKS = 7 * 1000000 }; /* 1970-01-01 was one */
    return (int)((day + THURSDAY + MANY_WEEKS) % 7);
}

bool time_of_day_is_valid(const char *text)
{
    if (strcmp(text, "24:00") == 0)
        return true;
    return read_hour_and_minute(&text) && *text == '\0';
}

/* Offsets as RFC 3339 has them; real ones lie between -12:00 and +14:00. */
static bool read_offset(const char *text, struct moment *moment)
{
    if (strcmp(text, "Z") == 0) {
        moment->has_offset = true;
        return true;
    }
    int sign = *text == '-' ? -1 : 1;
    if (*text != '+' && *text != '-')
        return false;
    text++;
    int hour = digits(&text, 2);
    if (hour < 0 || hour > 14 || !skip(&text, ':'))
        return false;
    int minute = digits(&text, 2);
    if (minute < 0 || minute > 59 || *text != '\0')
        return false;
    moment->has_offset = true;
    moment->offset_minutes = sign * (hour * 60 + minute);
    return true;
}

bool moment_read(const char *text, struct moment *moment, char local[LOCAL_TEXT_SIZE])
{
    const char *at = text;
    *moment = (struct moment){.local = local};
    if (!read_date(&at) || !skip(&at, 'T') || !read_hour_and_minute(&at))
        return false;
    size_t length = (size_t)(at - text);
    memcpy(local, text, length);
    memcpy(local + length, ":00", sizeof ":00");
    if (skip(&at, ':') && digits(&at, 2) != 0)
        return false;
    return *at == '\0' || read_offset(at, moment);
}
