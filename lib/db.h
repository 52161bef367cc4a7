/*
 * The database, asked once and believed.
 *
 * A worker process has one `struct database`, a pool of connections that its threads share; a
 * request has one `struct db`, its way to that pool. Statements are prepared once a connection.
 * Each has a deadline, waiting for a connection included; one that is late is given up by closing
 * the connection, never by cancelling, which could leave a commit half told.
 */
#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "given.h"
#include "problem.h"

struct database;

/*
 * A pool of up to `connections` to the database at `url` (a libpq connection string or URI), none
 * of them opened yet. A statement may take `timeout_ms`. The caller owns it.
 */
struct database *database_new(const char *url, int connections, int timeout_ms);
void database_free(struct database *database);

/* From now on, before any is asked for, says in `state` how many connections are in use and waited
 * for, and counts in `waits` who had to wait. Both belong to the caller. */
struct lending_state;
void database_show(struct database *database, struct lending_state *state, _Atomic int64_t *waits);

/* Opens one of the connections. False: it could not, and `complaints` has been told why, without
 * what the URL says of passwords. */
bool database_reach(struct database *database, FILE *complaints);

/* One request's access. `offers` is what the worker remembers (offer.h), `sqlstate` is what the
 * server last refused with, for the log. */
struct db {
    struct database *database;
    struct arena *arena;
    struct offers *offers;
    int64_t deadline; /* of what is under way: CLOCK_MONOTONIC, milliseconds */
    char sqlstate[6];
    const struct statement *opening; /* of the transaction that the next write begins */
    const char *const *opening_parameters;
    struct connection *transaction; /* the connection on which it is open; NULL: none is */
};

/* Access for a request whose answers live in `arena`. */
struct db db_begin(struct database *database, struct arena *arena);

struct statement {
    const char *name; /* unique among all statements */
    const char *sql;
    int parameters;
    bool writes; /* not run again when the connection is lost after it was sent */
    bool binary; /* answers in PostgreSQL's binary format (binary.h), else in text */
};

/* What a statement answered; lives as long as the arena. Columns count from 0. */
struct rows;
int rows_count(const struct rows *rows);
int rows_columns(const struct rows *rows);
bool rows_null(const struct rows *rows, int row, int column);
const char *rows_text(const struct rows *rows, int row, int column);
size_t rows_length(const struct rows *rows, int row, int column);
int64_t rows_integer(const struct rows *rows, int row, int column);
bool rows_boolean(const struct rows *rows, int row, int column);

/*
 * Runs a statement with its parameters as text, NULL for SQL NULL. Deadlocks and serialization
 * failures are tried again, as is a lost connection where that is safe. Refused: what the violated
 * constraint means (refusal.h); `unavailable` when the database cannot be asked in time.
 */
const struct problem *db_run(struct db *db, const struct statement *statement,
                             const char *const *parameters, const struct rows **rows);

/*
 * Several writes as one. From here on, the first write begins a transaction: it runs `opening`,
 * whose refusal is the write's own, and then the write; until both have succeeded they are tried
 * again as one. All that the request runs afterwards is part of it, within one deadline, and where
 * one statement fails nothing of it remains.
 */
void db_write_together(struct db *db, const struct statement *opening,
                       const char *const *parameters);

/* Runs `closing` and commits; without a transaction, because nothing was written, just runs it.
 * Refused: what refuses `closing`, and then nothing remains; `unavailable` also when the commit
 * was not confirmed, and then nobody knows. */
const struct problem *db_commit(struct db *db, const struct statement *closing,
                                const char *const *parameters);

/* Takes all back that was written since db_write_together(). */
void db_roll_back(struct db *db);

/* A JSON document as PostgreSQL rendered it, with what HTTP wants to know about it. */
struct document {
    const char *json;
    size_t length;
    int64_t id;      /* 0: it has none */
    int64_t version; /* 0: it has none */
};

/* Runs a statement whose first row is (document [, id [, version]]). Refused: `not_found` when
 * there is no row; what db_run() refuses. */
const struct problem *db_document(struct db *db, const struct statement *statement,
                                  const char *const *parameters, struct document *document);

/* The number as a parameter; the second has NULL for NOT_GIVEN. */
const char *db_integer(struct db *db, int64_t integer);
const char *db_integer_or_null(struct db *db, int64_t integer);

/*
 * The end of every list statement: of what `matching` holds, the page whose number and size are $1
 * and $2. ITEM is one entry's document, made for the page's rows only; JOINS what it needs besides.
 * `matching` should be NOT MATERIALIZED, so that it can be counted and cut by an index. A page that
 * is neither empty nor full is the last one, and then nothing needs to be counted.
 */
#define LIST_DOCUMENT(ITEM, ORDER, JOINS)                                                          \
    LIST_OF("(" ITEM ")::text, ', ' ORDER BY " ORDER, "*", ORDER, JOINS)

/* The same of rows that have their document ready; it keeps the order in which they come. */
#define READY_LIST(ORDER) LIST_OF("document, ', '", "document", ORDER, "")

#define LIST_OF(ITEMS, COLUMNS, ORDER, JOINS)                                                      \
    " SELECT concat("                                                                              \
    "    '{\"items\": [', items, '], \"total\": ',"                                                \
    "    CASE WHEN shown BETWEEN 1 AND $2::bigint - 1"                                             \
    "         THEN ($1::bigint - 1) * $2::bigint + shown"                                          \
    "         ELSE (SELECT count(*) FROM matching) END,"                                           \
    "    ', \"page\": ', $1::bigint, ', \"page_size\": ', $2::bigint, '}')"                        \
    "  FROM (SELECT string_agg(" ITEMS ") AS items, count(*) AS shown"                             \
    "          FROM (SELECT " COLUMNS " FROM matching ORDER BY " ORDER                             \
    "                 LIMIT $2::bigint OFFSET ($1::bigint - 1) * $2::bigint)"                      \
    "            AS page " JOINS ") AS listed"

#endif
