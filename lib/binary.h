/*
 * Values as PostgreSQL sends them in its binary format, to statements that ask for it: integers
 * with the most significant byte first, times in microseconds, days and timestamps since
 * 2000-01-01. What is NULL reads as 0, NO_QUARTERS, or a list without elements.
 */
#ifndef BINARY_H
#define BINARY_H

#include "db.h"
#include "quarters.h"

/* A value, or one element of an array. */
struct binary {
    const char *bytes;
    size_t length;
};

struct binary rows_binary(const struct rows *rows, int row, int column);

/* An integer of 1 to 8 bytes, a boolean, or whatever else is one: a date is in days, a time of day
 * and a timestamp are in microseconds. */
int64_t binary_integer(struct binary value);

/* A date; days since 1970-01-01. */
int64_t binary_day(struct binary value);

/* A timestamp; whole seconds since 1970-01-01 00:00. */
int64_t binary_second(struct binary value);

/* ... and whole minutes, a begun one counted or not. */
int64_t binary_next_minute(struct binary value);
int64_t binary_minute(struct binary value);

/* A time of day; whole minutes since midnight. */
int binary_minute_of_day(struct binary value);

/* Of a bit string, the 96 from `first` on. */
quarters binary_quarters(struct binary value, size_t first);

/* Of a bit string, the `count` from `first` on, as an integer; both whole bytes. */
int64_t binary_bits(struct binary value, size_t first, size_t count);

/* The elements of an array that are still to be read, row by row when it has more dimensions. */
struct elements {
    const char *next;
    int count;
};

struct elements elements_of(const struct rows *rows, int row, int column);

/* Takes the next one, which there must be. */
struct binary elements_take(struct elements *elements);

#endif
