#include "patient.h"

#include <ctype.h>
#include <string.h>

static const struct field admission_fields[] = {
    {.name = "name",
     .kind = FIELD_LINE,
     .required = true,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct admission, name)},
    {.name = "phone",
     .kind = FIELD_PHONE,
     .required = true,
     .offset = offsetof(struct admission, phone)},
    {.name = "password",
     .kind = FIELD_PASSWORD,
     .nullable = true,
     .least = 8,
     .most = 128,
     .offset = offsetof(struct admission, password)},
};
const struct form admission_form = FORM(struct admission, admission_fields);

/* The desk fills in all but the last one. */
static const struct field correction_fields[] = {
    {.name = "name",
     .kind = FIELD_LINE,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct correction, name)},
    {.name = "phone", .kind = FIELD_PHONE, .offset = offsetof(struct correction, phone)},
    {.name = "password",
     .kind = FIELD_PASSWORD,
     .least = 8,
     .most = 128,
     .offset = offsetof(struct correction, password)},
    {.name = "current_password",
     .kind = FIELD_PASSWORD,
     .least = 1,
     .most = 128,
     .offset = offsetof(struct correction, current_password)},
};
const struct form own_correction_form = FORM(struct correction, correction_fields);
const struct form correction_form = {
    .fields = correction_fields,
    .count = sizeof correction_fields / sizeof *correction_fields - 1,
    .size = sizeof(struct correction),
};

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

#define THE_PATIENT PATIENT_DOCUMENT("p")

static const struct statement find_patient = {
    .name = "patient_find",
    .parameters = 2,
    .sql = "SELECT " THE_PATIENT "  FROM patient p CROSS JOIN access_note($2::visitor, p.id)"
           " WHERE p.id = $1::bigint",
};

const struct problem *patient_find(struct db *db, const struct actor *actor, int64_t id,
                                   struct document *patient)
{
    const char *parameters[] = {db_integer(db, id), actor_visitor(db, actor)};
    return db_document(db, &find_patient, parameters, patient);
}

/* NULL stays NULL. */
static const struct problem *hash_if_given(struct db *db, struct hashing *hashing,
                                           const char *password, const char **hash)
{
    *hash = NULL;
    return password ? password_hash(hashing, db->arena, password, hash) : NULL;
}

/* What is written, as `p`, and noted by the visitor that is the parameter. */
#define WRITTEN_PATIENT(WRITE, VISITOR)                                                            \
    "WITH p AS (" WRITE " RETURNING id, name, phone)"                                              \
    " SELECT " THE_PATIENT ", p.id"                                                                \
    "   FROM p CROSS JOIN access_note(" VISITOR "::visitor, p.id)"

static const struct statement create_patient = {
    .name = "patient_create",
    .parameters = 4,
    .writes = true,
    .sql = WRITTEN_PATIENT("INSERT INTO patient (name, phone, password_hash) VALUES ($1, $2, $3)",
                           "$4"),
};

const struct problem *patient_create(struct db *db, const struct actor *actor,
                                     struct hashing *hashing, const struct admission *admission,
                                     struct document *patient)
{
    const char *hash;
    const struct problem *problem = hash_if_given(db, hashing, admission->password, &hash);
    if (problem)
        return problem;
    const char *parameters[] = {admission->name, admission->phone, hash, actor_visitor(db, actor)};
    return db_document(db, &create_patient, parameters, patient);
}

static const struct statement find_password = {
    .name = "patient_find_password",
    .parameters = 1,
    .sql = "SELECT password_hash FROM patient WHERE id = $1::bigint",
};

static const struct problem *check_current(struct db *db, struct hashing *hashing, int64_t id,
                                           const char *current)
{
    const struct rows *rows;
    if (!current)
        return problem_field(db->arena, &problem_invalid, "current_password", "required",
                             "is required for a new password");
    const struct problem *problem =
        db_run(db, &find_password, (const char *[]){db_integer(db, id)}, &rows);
    if (problem)
        return problem;
    bool has_one = rows_count(rows) > 0 && !rows_null(rows, 0, 0);
    problem = password_check(hashing, has_one ? rows_text(rows, 0, 0) : NULL, current);
    if (problem == &problem_bad_credentials)
        return problem_field(db->arena, &problem_invalid, "current_password", "not_acceptable",
                             "is wrong");
    return problem;
}

/* Staff may write a password's hash but not read it, not even to leave it as it is. */
#define CORRECTED_PATIENT(MORE)                                                                    \
    WRITTEN_PATIENT("UPDATE patient"                                                               \
                    "   SET name = coalesce($2, name), phone = coalesce($3, phone)" MORE           \
                    " WHERE id = $1::bigint",                                                      \
                    "$4")

static const struct statement correct_patient = {
    .name = "patient_correct",
    .parameters = 4,
    .writes = true,
    .sql = CORRECTED_PATIENT(""),
};

static const struct statement correct_patient_and_password = {
    .name = "patient_correct_and_password",
    .parameters = 5,
    .writes = true,
    .sql = CORRECTED_PATIENT(", password_hash = $5"),
};

const struct problem *patient_correct(struct db *db, const struct actor *actor,
                                      struct hashing *hashing, int64_t id,
                                      const struct correction *correction, struct document *patient)
{
    const char *hash;
    const struct problem *problem = NULL;
    if (correction->password && actor->patient_id != NOT_GIVEN)
        problem = check_current(db, hashing, id, correction->current_password);
    if (!problem)
        problem = hash_if_given(db, hashing, correction->password, &hash);
    if (problem)
        return problem;
    const char *parameters[] = {db_integer(db, id), correction->name, correction->phone,
                                actor_visitor(db, actor), hash};
    return db_document(db, hash ? &correct_patient_and_password : &correct_patient, parameters,
                       patient);
}

#define PATIENTS_PAGE                                                                              \
    LIST_DOCUMENT(PATIENT_DOCUMENT("page"), "name, id",                                            \
                  " CROSS JOIN access_note($5::visitor, page.id)")

/* $3: what the name holds; $4: digits that the number holds. NULL: anything, or nothing. */
static const struct statement list_patients = {
    .name = "patient_list",
    .parameters = 5,
    .sql = "WITH matching AS NOT MATERIALIZED ("
           "    SELECT id, name, phone"
           "      FROM patient"
           "     WHERE $3::text IS NULL"
           "        OR strpos(lower(name), lower($3)) > 0"
           "        OR strpos(phone, $4::text) > 0)" PATIENTS_PAGE,
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

const struct problem *patient_list(struct db *db, const struct actor *actor, const void *filter,
                                   struct document *list)
{
    const struct patients_filter *asked = filter;
    const char *parameters[] = {
        db_integer(db, asked->page.number),
        db_integer(db, asked->page.size),
        asked->query,
        asked->query ? digits_of(db->arena, asked->query) : NULL,
        actor_visitor(db, actor),
    };
    return db_document(db, &list_patients, parameters, list);
}
