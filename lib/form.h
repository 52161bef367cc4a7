/*
 * Forms: what a request may carry, as a table of fields.
 *
 * One row names a field, what it must be, and where it goes in a struct; form_read_json() and
 * form_read_query() fill the struct or answer with every mistake at once. A member that was not
 * given is NULL, NOT_GIVEN or a moment whose text is NULL.
 */
#ifndef FORM_H
#define FORM_H

#include <stddef.h>
#include <stdint.h>

#include "calendar.h"
#include "given.h"
#include "json.h"
#include "problem.h"

enum field_kind {              /* the struct's member, and what it holds */
                  FIELD_LINE,  /* const char *: one line of text, trimmed; least..most characters */
                  FIELD_PROSE, /* const char *: text that may have several lines */
                  FIELD_PASSWORD,    /* const char *: as typed; least..most characters */
                  FIELD_PHONE,       /* const char *: digits, or + and digits */
                  FIELD_EMAIL,       /* const char *: in lower case */
                  FIELD_DATE,        /* const char *: 2027-03-02 */
                  FIELD_TIME_OF_DAY, /* const char *: 10:30 */
                  FIELD_CHOICE,      /* const char *: one of `choices` */
                  FIELD_INTEGER,     /* int64_t: least..most */
                  FIELD_BOOLEAN,     /* int64_t: 0 or 1 */
                  FIELD_MOMENT,      /* struct moment */
                  FIELD_OBJECT,      /* const void *: a struct of `form` */
};

struct form;

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    bool nullable;  /* JSON null is the same as leaving it out */
    bool clearable; /* JSON null is the empty text: what there was is to be taken away */
    int64_t least, most;
    const char *otherwise;      /* taken when not given, written as in a query */
    const char *const *choices; /* ends with NULL */
    const struct form *form;
    size_t offset;
};

struct form {
    const struct field *fields;
    size_t count;
    size_t size; /* of the struct */
};

#define FORM(STRUCT, FIELDS)                                                                       \
    {                                                                                              \
        .fields = (FIELDS), .count = sizeof(FIELDS) / sizeof *(FIELDS), .size = sizeof(STRUCT)     \
    }

/* Every list has these two fields; their struct starts with `struct page`. */
struct page {
    int64_t number;
    int64_t size;
};
#define PAGE_FIELDS(STRUCT)                                                                        \
    {.name = "page",                                                                               \
     .kind = FIELD_INTEGER,                                                                        \
     .least = 1,                                                                                   \
     .most = 1000000,                                                                              \
     .otherwise = "1",                                                                             \
     .offset = offsetof(STRUCT, page.number)},                                                     \
    {                                                                                              \
        .name = "page_size", .kind = FIELD_INTEGER, .least = 1, .most = 100, .otherwise = "20",    \
        .offset = offsetof(STRUCT, page.size)                                                      \
    }

/* A field that holds somebody's or something's id. */
#define ID_FIELD(STRUCT, MEMBER, REQUIRED)                                                         \
    {                                                                                              \
        .name = #MEMBER, .kind = FIELD_INTEGER, .required = (REQUIRED), .least = 1,                \
        .most = INT64_MAX, .offset = offsetof(STRUCT, MEMBER)                                      \
    }

/* Fills a new struct of form->size in the arena from an object. Refused: `invalid` (422) with an
 * entry for each field that is missing, unknown or unacceptable. */
const struct problem *form_read_json(struct arena *arena, const struct form *form,
                                     struct json_object *tree, const void **read);

/* The same from a query string, percent-encoded as URLs have it. Refused: `bad_request` (400) with
 * an entry for each parameter. */
const struct problem *form_read_query(struct arena *arena, const struct form *form,
                                      const char *query, const void **read);

/* What JSON has for the field: "string", "integer", "boolean" or "object". */
const char *form_type(const struct field *field);

/* The struct's members in the order of the fields, as text for SQL; NULL where not given. Moments
 * and objects cannot be passed in this way. */
const char **form_parameters(struct arena *arena, const struct form *form, const void *read);

#endif
