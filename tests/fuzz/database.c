#include "database.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "fuzz.h"
#include "utf8.h"

enum { MOST_COLUMNS = 20 };

/* One row, columns that are not there being NULL; or none, when the first is. */
struct rows {
    const char *columns[MOST_COLUMNS];
};

#define NINE_TO_SIX                                                                                \
    "000000000000000000000000000000000000111111111111111111111111111111111111000000000000000000000000"
#define WEEK NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX
#define SETTINGS                                                                                   \
    "2027-03-01 15:00:00+00", "09:00:00", "18:00:00", "12:00:00", "13:00:00", "0", "180", WEEK,    \
        "t", "30"
/* Of the password clinic-demo, as password.c has it. */
#define HASH                                                                                       \
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$Fja5gpreGWo5bfsRx+5DgA7nqDYBDLjQHJ4d43ifmXs"
#define BUSY NINE_TO_SIX

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): some of the texts are made of several */
/* What statements answer that say more than a document, its id and its version. */
static const struct answer {
    const char *statement;
    struct rows rows;
} answers[] = {
    {"facts_of_day",
     {{"2027-03-02", "2027-03-01 08:00:00", SETTINGS, "1 t 2027-03-02 " BUSY, "2027-03-02 10:00:00",
       "1 2027-03-02 2027-03-02", NULL, NULL, NULL, "1"}}},
    {"facts_of_days",
     {{"2027-03-02 10:00:00", "2027-03-01 08:00:00.25", SETTINGS, "1 t,2 t 2027-03-03 " BUSY,
       "2027-03-03 10:00:00,2027-03-03 10:30:00", "0 2027-03-03 2027-03-03",
       "2027-03-03 120-180 0+09:00,120+10:00 +10:00", "2027-03-02 11:00:00 2027-03-02 11:30:00",
       "1 2027-03-02 10:00:00 2027-03-02 10:30:00", "2"}}},
    {"standing_find",
     {{"3", "confirmed", "1", "1", "1", "2027-03-02T10:00:00", "30", "f", "1560", "60"}}},
    {"login_find_patient", {{"t", "0", "f", NULL, "1", HASH}}},
    {"login_find_staff", {{"t", "0", "f", NULL, "1", HASH}}},
    {"login_start_patient", {{"1", "1", NULL, "{}"}}},
    {"login_start_staff", {{"1", "1", "admin", "{}"}}},
    {"login_refresh_patient", {{"1", "1", NULL, "{}"}}},
    {"login_refresh_staff", {{"1", "1", "viewer", "{}"}}},
    {"login_register", {{"1", "1", NULL, "{}"}}},
    {"login_role_of_staff", {{"admin"}}},
    {"patient_find_password", {{HASH}}},
    {"idempotency_find", {{NULL}}},
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static const struct rows a_document = {{"{\"id\": 1}", "1", "4"}};
static const struct rows nothing = {{NULL}};

static _Atomic(const char *) coming;

void database_will(const char *outcomes)
{
    atomic_store(&coming, outcomes);
}

static char next_outcome(void)
{
    const char *next = atomic_load(&coming);
    if (!next || !*next)
        return 'd';
    atomic_store(&coming, next + 1);
    return *next;
}

static const struct rows *rows_of(const struct statement *statement)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(answers[i].statement, statement->name) == 0)
            return &answers[i].rows;
    return &a_document;
}

/* The parameters are read to the end, as libpq would, and must be text that PostgreSQL takes. */
static void read_all(const struct statement *statement, const char *const *parameters)
{
    for (int i = 0; i < statement->parameters; i++)
        for (const char *at = parameters[i]; at && *at;) {
            uint32_t character;
            size_t size = utf8_decode(at, strlen(at), &character);
            must(size > 0, "parameter %d of %s is UTF-8", i + 1, statement->name);
            at += size;
        }
}

/* Whether there is a row whenever the statement succeeds: an INSERT's, unless it knows how to do
 * nothing. */
static bool always_answers(const struct statement *statement)
{
    return strstr(statement->name, "_create") && strcmp(statement->name, "slot_create") != 0;
}

struct database *database_new(const char *url, int connections, int timeout_ms)
{
    (void)url, (void)connections, (void)timeout_ms;
    return NULL;
}

void database_free(struct database *database)
{
    (void)database;
}

struct db db_begin(struct database *database, struct arena *arena)
{
    return (struct db){.database = database, .arena = arena};
}

const struct problem *db_run(struct db *db, const struct statement *statement,
                             const char *const *parameters, const struct rows **rows)
{
    read_all(statement, parameters);
    *rows = rows_of(statement);
    switch (next_outcome()) {
    case 'u':
        return &problem_unavailable;
    case 'r':
        if (!statement->writes)
            return NULL;
        return problem_detail(db->arena, &problem_duplicate, "It was there already.");
    case 'n':
        if (always_answers(statement))
            return NULL;
        *rows = &nothing;
        return NULL;
    default:
        return NULL;
    }
}

void db_write_together(struct db *db, const struct statement *opening,
                       const char *const *parameters)
{
    db->opening = opening;
    db->opening_parameters = parameters;
}

void db_roll_back(struct db *db)
{
    db->opening = NULL;
}

const struct problem *db_commit(struct db *db, const struct statement *closing,
                                const char *const *parameters)
{
    const struct rows *rows;
    return db_run(db, closing, parameters, &rows);
}

int rows_count(const struct rows *rows)
{
    return rows->columns[0] ? 1 : 0;
}

int rows_columns(const struct rows *rows)
{
    (void)rows;
    return MOST_COLUMNS;
}

bool rows_null(const struct rows *rows, int row, int column)
{
    (void)row;
    return rows->columns[column] == NULL;
}

const char *rows_text(const struct rows *rows, int row, int column)
{
    (void)row;
    return rows->columns[column] ? rows->columns[column] : "";
}

size_t rows_length(const struct rows *rows, int row, int column)
{
    return strlen(rows_text(rows, row, column));
}
