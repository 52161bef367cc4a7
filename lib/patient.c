#include "patient.h"

#include <ctype.h>
#include <string.h>

struct patients_filter {
    struct page page;
    const char *query;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct patients_filter),
    {.name = "q",
     .kind = FIELD_LINE,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct patients_filter, query)},
};
const struct form patients_form = FORM(struct patients_filter, filter_fields);

static const struct statement find_patient = {
    .name = "patient_find",
    .parameters = 1,
    .sql = "SELECT " PATIENT_DOCUMENT " FROM patient p WHERE id = $1::bigint",
};

const struct problem *patient_find(struct db *db, int64_t id, struct document *patient)
{
    return db_document(db, &find_patient, (const char *[]){db_integer(db, id)}, patient);
}

/* $3: what the name holds; $4: digits that the number holds. NULL: anything, or nothing. */
static const struct statement list_patients = {
    .name = "patient_list",
    .parameters = 4,
    .sql = "WITH matching AS NOT MATERIALIZED ("
           "    SELECT *"
           "      FROM patient"
           "     WHERE $3::text IS NULL"
           "        OR strpos(lower(name), lower($3)) > 0"
           "        OR strpos(phone, $4::text) > 0)" LIST_DOCUMENT(
               "json_build_object('id', page.id, 'name', page.name, 'phone', page.phone)",
               "name, id", ""),
};

/* The digits of a query that may be a number: "010-1234" finds 01012345678. NULL: it is none. */
static const char *digits_of(struct arena *arena, const char *query)
{
    char *digits = arena_alloc(arena, strlen(query) + 1);
    size_t count = 0;
    for (; *query; query++) {
        if (isdigit((unsigned char)*query) || (*query == '+' && count == 0))
            digits[count++] = *query;
        else if (!strchr(" -.()", *query))
            return NULL;
    }
    return count > 0 ? digits : NULL;
}

const struct problem *patient_list(struct db *db, const void *filter, struct document *list)
{
    const struct patients_filter *asked = filter;
    const char *parameters[] = {
        db_integer(db, asked->page.number),
        db_integer(db, asked->page.size),
        asked->query,
        asked->query ? digits_of(db->arena, asked->query) : NULL,
    };
    return db_document(db, &list_patients, parameters, list);
}
