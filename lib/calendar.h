/*
 * Dates and times as people write them, read strictly: RFC 3339 shapes, the proleptic Gregorian
 * calendar, no leap seconds, no surrounding space.
 */
#ifndef CALENDAR_H
#define CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum { MINUTES_PER_DAY = 24 * 60 };

/* A moment as a caller gave it: hospital time, or with an offset from UTC that is to be converted.
 */
struct moment {
    const char *local; /* "2027-03-02T10:15:00", without the offset; NULL: not given */
    bool has_offset;
    int offset_minutes; /* east of UTC; meaningful with has_offset */
};

/* "2027-03-02": years 0001 to 9999. False: no such date. */
bool date_is_valid(const char *text);

/*
 * Reads the date that *text begins with and moves past it; days since 1970-01-01. Only for texts
 * that hold one: from date_is_valid() or from PostgreSQL.
 */
int64_t calendar_day(const char **text);

/* The other way round. */
enum { DATE_TEXT_SIZE = sizeof "10000-01-01" };
void calendar_date(int64_t day, char text[DATE_TEXT_SIZE]);

/* The day of a minute that is counted since 1970-01-01 00:00; both may be before. */
int64_t calendar_day_of(int64_t minute);

/* Writes a minute of the day, 0 to 1439, as "10:30"; returns the end of the text. */
enum { TIME_TEXT_SIZE = sizeof "10:30" };
char *calendar_time(int minute, char text[TIME_TEXT_SIZE]);

/* 0 for Monday. */
int calendar_weekday(int64_t day);

/* "10:30", or "24:00" for the end of a day. False: no such time of day. */
bool time_of_day_is_valid(const char *text);

/*
 * "2027-03-02T10:15", ":00" for the seconds optional, "Z" or "+09:00" optional. On success `local`
 * holds the part before the offset, with its seconds. False: no such moment.
 */
enum { LOCAL_TEXT_SIZE = sizeof "2027-03-02T10:15:00" };
bool moment_read(const char *text, struct moment *moment, char local[LOCAL_TEXT_SIZE]);

#endif
