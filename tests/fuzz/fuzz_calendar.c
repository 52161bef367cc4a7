/*
 * Dates and times. The text is read as a date, a time of day and a moment; regular expressions and
 * timegm() must be of the same opinion, and what was read is printed as it was.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calendar.h"
#include "fuzz.h"

enum { SECONDS_PER_DAY = 86400, LONGEST = 64 };

#define DATE   "[0-9]{4}-[0-9]{2}-[0-9]{2}"
#define TIME   "([01][0-9]|2[0-3]):[0-5][0-9]"
#define OFFSET "(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"

static regex_t date_shape, time_shape, moment_shape;

void fuzz_open(void)
{
    regcomp(&date_shape, "^" DATE "$", REG_EXTENDED | REG_NOSUB);
    regcomp(&time_shape, "^(" TIME "|24:00)$", REG_EXTENDED | REG_NOSUB);
    regcomp(&moment_shape, "^" DATE "T" TIME "(:00)?" OFFSET "?$", REG_EXTENDED | REG_NOSUB);
}

static bool has_shape(const regex_t *shape, const char *text)
{
    return regexec(shape, text, 0, NULL, 0) == 0;
}

/* Whether the text begins with a day that exists, by what timegm() makes of it. */
static bool begins_with_day(const char *text, int64_t *day, int *weekday)
{
    struct tm given = {.tm_year = (int)strtol(text, NULL, 10) - 1900,
                       .tm_mon = (int)strtol(text + 5, NULL, 10) - 1,
                       .tm_mday = (int)strtol(text + 8, NULL, 10)};
    struct tm normal = given;
    *day = timegm(&normal) / SECONDS_PER_DAY;
    *weekday = (normal.tm_wday + 6) % 7;
    return given.tm_year > -1900 && normal.tm_year == given.tm_year &&
           normal.tm_mon == given.tm_mon && normal.tm_mday == given.tm_mday;
}

static void try_date(const char *text)
{
    int64_t day = 0;
    int weekday = 0;
    bool exists = has_shape(&date_shape, text) && begins_with_day(text, &day, &weekday);
    must(date_is_valid(text) == exists, "%s is a date or not", text);
    if (!exists)
        return;
    const char *end = text;
    char printed[DATE_TEXT_SIZE];
    int64_t read = calendar_day(&end);
    must(*end == '\0' && read == day, "%s is its day", text);
    must(calendar_weekday(read) == weekday, "%s has its weekday", text);
    calendar_date(read, printed);
    must(strcmp(printed, text) == 0, "%s is printed as it was read, not as %s", text, printed);
}

static void try_time_of_day(const char *text)
{
    char printed[TIME_TEXT_SIZE];
    must(time_of_day_is_valid(text) == has_shape(&time_shape, text), "%s is a time or not", text);
    if (!time_of_day_is_valid(text))
        return;
    int minute = (int)strtol(text, NULL, 10) * 60 + (int)strtol(text + 3, NULL, 10);
    must(*calendar_time(minute, printed) == '\0' && strcmp(printed, text) == 0,
         "%s is printed as it was read", text);
}

static void try_moment(const char *text)
{
    struct moment moment;
    char local[LOCAL_TEXT_SIZE], expected[LOCAL_TEXT_SIZE];
    int64_t day;
    int weekday;
    bool exists = has_shape(&moment_shape, text) && begins_with_day(text, &day, &weekday);
    must(moment_read(text, &moment, local) == exists, "%s is a moment or not", text);
    if (!exists)
        return;
    memcpy(expected, text, strlen("2027-03-02T10:15"));
    memcpy(expected + strlen("2027-03-02T10:15"), ":00", sizeof ":00");
    must(moment.local == local && strcmp(local, expected) == 0, "%s has its local time", text);
    const char *offset = strpbrk(text + strlen("2027-03-02T"), "Z+-");
    must(moment.has_offset == (offset != NULL), "%s has an offset or not", text);
    int minutes = 0;
    if (offset && *offset != 'Z')
        minutes = (*offset == '-' ? -1 : 1) *
                  ((int)strtol(offset + 1, NULL, 10) * 60 + (int)strtol(offset + 4, NULL, 10));
    must(moment.offset_minutes == minutes, "%s has its offset", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LONGEST)
        return 0;
    char *text = strndup((const char *)data, size);
    try_date(text);
    try_time_of_day(text);
    try_moment(text);
    free(text);
    return 0;
}
