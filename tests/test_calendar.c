/* Dates and times as people write them: what is one, what is none. */
#include "calendar.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The text where the sanitizer sees a step beyond its end. */
static char *on_the_heap(const char *text)
{
    char *copy = strdup(text);
    cr_assert(copy);
    return copy;
}

static void expect_each(bool (*is_valid)(const char *), const char *const *texts, bool expected)
{
    for (; *texts; texts++) {
        char *text = on_the_heap(*texts);
        cr_expect_eq(is_valid(text), expected, "\"%s\"", text);
        free(text);
    }
}

Test(calendar, dates_that_exist)
{
    static const char *const dates[] = {
        "2027-03-02", "0001-01-01", "9999-12-31", "2027-01-31", "2027-02-28",
        "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30", "2027-07-31",
        "2027-08-31", "2027-09-30", "2027-10-31", "2027-11-30", "2027-12-31",
        "2000-02-29", "2024-02-29", "2400-02-29", "0004-02-29", NULL,
    };
    expect_each(date_is_valid, dates, true);
}

Test(calendar, dates_that_never_were)
{
    static const char *const dates[] = {
        "1900-02-29", "2022-02-29", "2023-02-29", "2100-02-29", "2024-02-30",
        "2027-01-32", "2027-02-29", "2027-03-32", "2027-04-31", "2027-06-31",
        "2027-09-31", "2027-11-31", "2027-12-32", "2027-00-10", "2027-13-10",
        "2027-03-00", "2027-99-99", "0000-01-01", "0000-02-29", NULL,
    };
    expect_each(date_is_valid, dates, false);
}

Test(calendar, what_is_not_written_as_a_date)
{
    static const char *const texts[] = {
        "",
        "2",
        "2027",
        "2027-",
        "2027-03",
        "2027-03-",
        "2027-03-0",
        "2027-3-2",
        "2027-03-2",
        "2027-3-02",
        "27-03-02",
        "02027-03-02",
        "+2027-03-02",
        "-2027-03-02",
        "12027-03-02",
        "20270302",
        "2027/03/02",
        "2027.03.02",
        "2027-W09-2",
        "02-03-2027",
        "2027-03-02 ",
        " 2027-03-02",
        "2027-03-02\n",
        "2027-03-02T",
        "2027-03-02T10:15",
        "2027-03-021",
        "2027-03-0x",
        "2027- 3-02",
        "2027-+3-02",
        "2027-0\x33\xcc\x81-02",
        "\xef\xbc\x92\xef\xbc\x90\xef\xbc\x92\xef\xbc\x97-03-02",
        "infinity",
        "today",
        NULL,
    };
    expect_each(date_is_valid, texts, false);
}

Test(calendar, times_of_day)
{
    static const char *const times[] = {"00:00", "00:01", "09:00", "10:30", "19:59",
                                        "20:00", "23:00", "23:59", "24:00", NULL};
    expect_each(time_of_day_is_valid, times, true);
}

Test(calendar, no_times_of_day)
{
    static const char *const texts[] = {
        "",      "2",     "24",     "24:",    "24:0",     "24:01",    "24:00 ", "24:000",
        "25:00", "23:60", "23:99",  "99:00",  "9:00",     "09:0",     "009:00", "0900",
        "09.00", "09-00", "09:00 ", " 09:00", "09:00:00", "24:00:00", "09:00Z", "-9:00",
        "+9:00", "0x:00", "09:+1",  "9:00am", "noon",     NULL,
    };
    expect_each(time_of_day_is_valid, texts, false);
}

Test(calendar, moments_hold_what_was_written)
{
    static const struct {
        const char *text, *local;
        bool has_offset;
        int offset_minutes;
    } rows[] = {
        {"2027-03-02T10:15", "2027-03-02T10:15:00", false, 0},
        {"2027-03-02T10:15:00", "2027-03-02T10:15:00", false, 0},
        {"2027-03-02T10:07", "2027-03-02T10:07:00", false, 0},
        {"2027-03-02T00:00", "2027-03-02T00:00:00", false, 0},
        {"2027-03-02T23:59:00", "2027-03-02T23:59:00", false, 0},
        {"2024-02-29T10:15", "2024-02-29T10:15:00", false, 0},
        {"0001-01-01T00:00", "0001-01-01T00:00:00", false, 0},
        {"9999-12-31T23:59", "9999-12-31T23:59:00", false, 0},
        {"2027-03-02T10:15Z", "2027-03-02T10:15:00", true, 0},
        {"2027-03-02T10:15:00Z", "2027-03-02T10:15:00", true, 0},
        {"2027-03-02T10:15+00:00", "2027-03-02T10:15:00", true, 0},
        {"2027-03-02T10:15-00:00", "2027-03-02T10:15:00", true, 0},
        {"2027-03-02T10:15+09:00", "2027-03-02T10:15:00", true, 540},
        {"2027-03-02T10:15:00+09:00", "2027-03-02T10:15:00", true, 540},
        {"2027-03-02T10:15-03:30", "2027-03-02T10:15:00", true, -210},
        {"2027-03-02T10:15:00-03:30", "2027-03-02T10:15:00", true, -210},
        {"2027-03-02T10:15-00:44", "2027-03-02T10:15:00", true, -44},
        {"2027-03-02T10:15+05:45", "2027-03-02T10:15:00", true, 345},
        {"2027-03-02T10:15+14:00", "2027-03-02T10:15:00", true, 840},
        {"2027-03-02T10:15-12:00", "2027-03-02T10:15:00", true, -720},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct moment moment = {.offset_minutes = 99};
        char local[LOCAL_TEXT_SIZE];
        memset(local, '?', sizeof local);
        char *text = on_the_heap(rows[i].text);
        cr_assert(moment_read(text, &moment, local), "%s", text);
        cr_expect_eq(moment.local, local, "%s: local is the caller's", text);
        cr_expect_str_eq(moment.local, rows[i].local, "%s: %s", text, moment.local);
        cr_expect_eq(moment.has_offset, rows[i].has_offset, "%s has an offset", text);
        cr_expect_eq(moment.offset_minutes, rows[i].offset_minutes, "%s: %d minutes", text,
                     moment.offset_minutes);
        free(text);
    }
}

static bool is_moment(const char *text)
{
    struct moment moment;
    char local[LOCAL_TEXT_SIZE];
    return moment_read(text, &moment, local);
}

Test(calendar, a_moment_is_written_in_one_way)
{
    static const char *const texts[] = {
        "",
        "2027-03-02",
        "2027-03-02T",
        "2027-03-02T10",
        "2027-03-02T10:",
        "2027-03-02T10:1",
        "10:15",
        "2027-03-02 10:15",
        "2027-03-02t10:15",
        "2027-03-02_10:15",
        "2027-03-02  10:15",
        "2027-03-0210:15",
        "2027-03-02T 10:15",
        " 2027-03-02T10:15",
        "2027-03-02T10:15 ",
        "2027-03-02T10:15\n",
        "20270302T1015",
        "2027-03-02T1015",
        "2027-3-2T10:15",
        "2027-03-02T9:15",
        "2027-03-02T10.15",
        "1804000000",
        NULL,
    };
    expect_each(is_moment, texts, false);
}

Test(calendar, a_moment_has_a_date_and_a_time_that_exist)
{
    static const char *const texts[] = {
        "2023-02-29T10:15",
        "2027-04-31T10:15",
        "2027-13-01T10:15",
        "0000-01-01T10:15",
        "2027-03-02T24:00",
        "2027-03-02T24:01",
        "2027-03-02T25:00",
        "2027-03-02T10:60",
        "2027-03-02T-1:00",
        "-2027-03-02T10:15",
        NULL,
    };
    expect_each(is_moment, texts, false);
}

Test(calendar, a_moment_has_no_seconds_but_zero)
{
    static const char *const texts[] = {
        "2027-03-02T10:15:01",    "2027-03-02T10:15:59",       "2027-03-02T10:15:60",
        "2027-06-30T23:59:60Z",   "2027-03-02T10:15:",         "2027-03-02T10:15:0",
        "2027-03-02T10:15:000",   "2027-03-02T10:15:00.0",     "2027-03-02T10:15:00.000Z",
        "2027-03-02T10:15:00,0",  "2027-03-02T10:15.5",        "2027-03-02T10:15:00.",
        "2027-03-02T10:15:00:00", "2027-03-02T10:15::00",      "2027-03-02T10:15:-0",
        "2027-03-02T10:15:0Z",    "2027-03-02T10:15:01+09:00", NULL,
    };
    expect_each(is_moment, texts, false);
}

Test(calendar, an_offset_is_written_in_one_way)
{
    static const char *const texts[] = {
        "2027-03-02T10:15z",
        "2027-03-02T10:15:00z",
        "2027-03-02T10:15ZZ",
        "2027-03-02T10:15Z ",
        "2027-03-02T10:15 Z",
        "2027-03-02T10:15Z+09:00",
        "2027-03-02T10:15+",
        "2027-03-02T10:15+0",
        "2027-03-02T10:15+09",
        "2027-03-02T10:15+09:",
        "2027-03-02T10:15+09:0",
        "2027-03-02T10:15+9:00",
        "2027-03-02T10:15+0900",
        "2027-03-02T10:15+09:000",
        "2027-03-02T10:15+09:00 ",
        "2027-03-02T10:15+09:00Z",
        "2027-03-02T10:15+09:00:00",
        "2027-03-02T10:15+-9:00",
        "2027-03-02T10:15 +09:00",
        "2027-03-02T10:15 09:00",
        "2027-03-02T10:15−09:00",
        "2027-03-02T10:15+09:60",
        "2027-03-02T10:15+15:00",
        "2027-03-02T10:15-15:00",
        "2027-03-02T10:15+24:00",
        "2027-03-02T10:15+99:99",
        "2027-03-02T10:15[Asia/Seoul]",
        "2027-03-02T10:15KST",
        NULL,
    };
    expect_each(is_moment, texts, false);
}

/* A text that is cut off anywhere is something else, or nothing; and is never read beyond. */
Test(calendar, whatever_is_cut_off_is_not_read_beyond_its_end)
{
    static const char whole[] = "2027-03-02T10:15:00+09:00";
    for (size_t length = 0; length < sizeof whole; length++) {
        char *text = on_the_heap(whole);
        text[length] = '\0';
        char *cut = on_the_heap(text);
        cr_expect_eq(date_is_valid(cut), length == strlen("2027-03-02"), "%s as a date", cut);
        cr_expect_eq(is_moment(cut),
                     length == strlen("2027-03-02T10:15") ||
                         length == strlen("2027-03-02T10:15:00") || length == strlen(whole),
                     "%s as a moment", cut);
        cr_expect(!time_of_day_is_valid(cut), "%s as a time of day", cut);
        free(cut);
        free(text);
    }
}

/* Every day of ten thousand years, against C's own calendar. */
Test(calendar, dates_and_days_are_two_names_for_the_same)
{
    static const int64_t first = -719162, last = 2932896 + 366; /* 0001-01-01, the year 10000 */
    for (int64_t day = first; day <= last; day++) {
        char date[DATE_TEXT_SIZE], expected[32];
        time_t moment = day * 24 * 60 * 60;
        struct tm utc;
        gmtime_r(&moment, &utc);
        snprintf(expected, sizeof expected, "%04d-%02d-%02d", utc.tm_year + 1900, utc.tm_mon + 1,
                 utc.tm_mday);
        calendar_date(day, date);
        cr_assert_str_eq(date, expected);
        const char *text = date;
        cr_assert_eq(calendar_day(&text), day, "%s", date);
        cr_assert_eq(*text, '\0', "%s", date);
        cr_assert_eq(calendar_weekday(day), (utc.tm_wday + 6) % 7, "%s", date);
    }
}

Test(calendar, each_minute_of_a_day_has_its_time)
{
    for (int minute = 0; minute < MINUTES_PER_DAY; minute++) {
        char time[TIME_TEXT_SIZE], expected[16];
        snprintf(expected, sizeof expected, "%02d:%02d", minute / 60, minute % 60);
        cr_assert_eq(calendar_time(minute, time), time + 5);
        cr_assert_str_eq(time, expected);
    }
}
