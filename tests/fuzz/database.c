#include "database.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "fuzz.h"
#include "offer.h"
#include "sent.h"
#include "utf8.h"

enum { MOST_COLUMNS = 24 };

/* One row, what is NULL having no bytes; or none, when the first is. */
struct rows {
    struct binary columns[MOST_COLUMNS];
};

#define NINE_TO_SIX                                                                                \
    "000000000000000000000000000000000000111111111111111111111111111111111111000000000000000000000000"
#define WEEK NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX NINE_TO_SIX
/* Of the password clinic-demo, as password.c has it. */
#define HASH                                                                                       \
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$Fja5gpreGWo5bfsRx+5DgA7nqDYBDLjQHJ4d43ifmXs"
/* A doctor's day, by its number and the doctor's id. */
#define ON(DAY, DOCTOR)                                                                            \
    NINE_TO_SIX "0000000000000000000000000000000" DAY                                              \
                "00000000000000000000000000000000000000000000000000000000000000" DOCTOR
#define STATE "the-only-state-!"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): some of the texts are made of several */
/* What statements answer that say more than a document, its id and its version. */
static const struct answer {
    const char *statement;
    const char *columns[MOST_COLUMNS]; /* the rest is NULL */
    const char *types;                 /* as sent() knows them; NULL: all is text */
} answers[] = {
    {"offer_read",
     {STATE,
      "Asia/Seoul",
      "09:00:00",
      "18:00:00",
      "12:00:00",
      "13:00:00",
      "0",
      "180",
      WEEK,
      "1|2",
      "1|1",
      "Kim|Lee",
      "surgery|x-ray",
      "{\"id\": 1}|{\"id\": 2}",
      "1",
      "1",
      "a check",
      "30",
      "{\"id\": 1}",
      "0|20880|20880|1|20879|20879"},
     "ttmmmmiibLLTTTLLTLTL"},
    {"facts_of_all",
     {STATE, NULL, "2027-03-02", "2027-03-01 08:00:00", "2027-03-01 15:00:00|2027-03-02 15:00:00",
      ON("0", "01"), "2027-03-02 10:00:00"},
     "ttdsSBS"},
    {"facts_of_all_and_own",
     {STATE, NULL, "2027-03-02", "2027-03-01 08:00:00", "2027-03-01 15:00:00|2027-03-02 15:00:00",
      ON("0", "11"), NULL, "2027-03-02 11:00:00|2027-03-02 11:30:00"},
     "ttdsSBSS"},
    {"facts_of_one",
     {STATE, NULL, "2027-03-02", "2027-03-01 08:00:00", "2027-03-01 15:00:00|2027-03-02 15:00:00",
      ON("0", "01"), "2027-03-02 10:00:00"},
     "ttdsSBS"},
    {"facts_of_one_and_own",
     {STATE, NULL, "2027-03-02", "2027-03-01 08:00:00", "2027-03-01 15:00:00|2027-03-02 15:00:00",
      ON("0", "01"), "2027-03-02 10:00:00", "2027-03-02 11:00:00|2027-03-02 11:30:00"},
     "ttdsSBSS"},
    {"facts_of_days",
     {STATE, "2027-03-02 10:00:00", "2027-03-02", "2027-03-01 08:00:00.25",
      "2027-03-01 15:00:00|2027-03-02 15:00:00|2027-03-03 14:00:00", ON("1", "10"),
      "2027-03-03 10:00:00|2027-03-03 10:30:00", "2027-03-02 11:00:00|2027-03-02 11:30:00",
      "1|30066360|30066390"},
     "ttdsSBSSL"},
    {"facts_of_clocks", {"120-180", "0+09:00,120+10:00"}, NULL},
    {"standing_find",
     {"3", "confirmed", "1", "1", "1", "2027-03-02T10:00:00", "30", "f", "1560", "60"},
     NULL},
    {"login_find_patient", {"t", "0", "f", NULL, "1", HASH}, NULL},
    {"login_find_staff", {"t", "0", "f", NULL, "1", HASH}, NULL},
    {"login_start_patient", {"1", "1", NULL, "{}"}, NULL},
    {"login_start_staff", {"1", "1", "admin", "{}"}, NULL},
    {"login_refresh_patient", {"1", "1", NULL, "{}"}, NULL},
    {"login_refresh_staff", {"1", "1", "viewer", "{}"}, NULL},
    {"login_register", {"1", "1", NULL, "{}"}, NULL},
    {"login_role_of_staff", {"admin"}, NULL},
    {"patient_find_password", {HASH}, NULL},
    {"idempotency_find", {NULL}, NULL},
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static const struct answer a_document = {"", {"{\"id\": 1}", "1", "4"}, NULL};
static const struct answer an_appointment = {"",
                                             {STATE,
                                              "1",
                                              "1",
                                              "4",
                                              "1",
                                              "Kim",
                                              "surgery",
                                              "1",
                                              "a check",
                                              "1",
                                              "Choi",
                                              "01000000001",
                                              "2027-03-02 10:00:00",
                                              "2027-03-02 01:00:00",
                                              "2027-03-02 10:30:00",
                                              "2027-03-02 01:30:00",
                                              "confirmed",
                                              "first",
                                              "50",
                                              NULL,
                                              "2027-03-01 08:00:00",
                                              "2027-02-28 23:00:00",
                                              "2027-03-01 08:00:00.5",
                                              "2027-02-28 23:00:00.5"},
                                             "tIIiIttItIttssssttItssss"};
static const struct rows nothing;

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

/* The answer as one that libpq has, which is made when it is first asked for. */
static const struct rows *send(const struct answer *answer, struct rows *made)
{
    for (int i = 0; i < MOST_COLUMNS; i++) {
        char type = 't';
        if (!answer->columns[i] || made->columns[i].bytes)
            continue;
        if (answer->types)
            type = answer->types[i];
        made->columns[i] = sent(type, answer->columns[i]);
    }
    return made;
}

static const struct rows *rows_of(const struct statement *statement)
{
    static struct rows made[sizeof answers / sizeof *answers], documents, appointments;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(answers[i].statement, statement->name) == 0) {
            must(statement->binary == (answers[i].types != NULL), "%s is answered as it asks for",
                 statement->name);
            return send(&answers[i], &made[i]);
        }
    return statement->binary ? send(&an_appointment, &appointments) : send(&a_document, &documents);
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
 * nothing, and what is told beside the offer. */
static bool always_answers(const struct statement *statement)
{
    static const char *const beginnings[] = {"offer_", "facts_", "appointment_list_"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(statement->name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
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
    static struct offers *offers;
    if (!offers)
        offers = offers_new();
    return (struct db){.database = database, .arena = arena, .offers = offers};
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
    return rows->columns[0].bytes ? 1 : 0;
}

int rows_columns(const struct rows *rows)
{
    (void)rows;
    return MOST_COLUMNS;
}

bool rows_null(const struct rows *rows, int row, int column)
{
    (void)row;
    return !rows->columns[column].bytes;
}

const char *rows_text(const struct rows *rows, int row, int column)
{
    (void)row;
    return rows->columns[column].bytes ? rows->columns[column].bytes : "";
}

size_t rows_length(const struct rows *rows, int row, int column)
{
    (void)row;
    return rows->columns[column].length;
}
