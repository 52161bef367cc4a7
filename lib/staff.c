#include "staff.h"

static const char *const roles[] = {"viewer", "desk", "admin", NULL};

#define EMPLOYMENT_FIELDS(PASSWORD_REQUIRED)                                                       \
    {.name = "name",                                                                               \
     .kind = FIELD_LINE,                                                                           \
     .required = true,                                                                             \
     .least = 1,                                                                                   \
     .most = 100,                                                                                  \
     .offset = offsetof(struct employment, name)},                                                 \
        {.name = "email",                                                                          \
         .kind = FIELD_EMAIL,                                                                      \
         .required = true,                                                                         \
         .offset = offsetof(struct employment, email)},                                            \
        {.name = "role",                                                                           \
         .kind = FIELD_CHOICE,                                                                     \
         .required = true,                                                                         \
         .choices = roles,                                                                         \
         .offset = offsetof(struct employment, role)},                                             \
        {.name = "is_active",                                                                      \
         .kind = FIELD_BOOLEAN,                                                                    \
         .otherwise = "true",                                                                      \
         .offset = offsetof(struct employment, is_active)},                                        \
    {                                                                                              \
        .name = "password", .kind = FIELD_PASSWORD, .required = (PASSWORD_REQUIRED), .least = 8,   \
        .most = 128, .offset = offsetof(struct employment, password)                               \
    }

static const struct field employment_fields[] = {EMPLOYMENT_FIELDS(true)};
const struct form employment_form = FORM(struct employment, employment_fields);

static const struct field employment_again_fields[] = {EMPLOYMENT_FIELDS(false)};
const struct form employment_again_form = FORM(struct employment, employment_again_fields);

struct staff_filter {
    struct page page;
    const char *role;
    int64_t is_active;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct staff_filter),
    {.name = "role",
     .kind = FIELD_CHOICE,
     .choices = roles,
     .offset = offsetof(struct staff_filter, role)},
    {.name = "is_active",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct staff_filter, is_active)},
};
const struct form staff_filter_form = FORM(struct staff_filter, filter_fields);

const struct catalogue staff_catalogue = {
    .list = {.name = "staff_list",
             .parameters = 4,
             .sql = "WITH matching AS NOT MATERIALIZED ("
                    "    SELECT * FROM staff"
                    "     WHERE ($3::staff_role IS NULL OR role = $3)"
                    "       AND ($4::boolean IS NULL OR is_active = $4))" LIST_DOCUMENT(
                        STAFF_DOCUMENT("page"), "id", "")},
    .find = {.name = "staff_find",
             .parameters = 1,
             .sql = "SELECT " STAFF_DOCUMENT("s") " FROM staff s WHERE id = $1::bigint"},
    .hide = {.name = "staff_hide",
             .parameters = 1,
             .writes = true,
             .sql = "UPDATE staff SET is_active = false WHERE id = $1::bigint RETURNING id"},
};

static const struct statement create_staff = {
    .name = "staff_create",
    .parameters = 5,
    .writes = true,
    .sql = "INSERT INTO staff AS s (name, email, role, is_active, password_hash)"
           " VALUES ($1, $2, $3::staff_role, $4::boolean, $5)"
           " RETURNING " STAFF_DOCUMENT("s") ", s.id",
};

const struct problem *staff_create(struct db *db, struct hashing *hashing,
                                   const struct employment *employment, struct document *staff)
{
    const char *hash;
    const struct problem *problem = password_hash(hashing, db->arena, employment->password, &hash);
    if (problem)
        return problem;
    const char *parameters[] = {employment->name, employment->email, employment->role,
                                db_integer(db, employment->is_active), hash};
    return db_document(db, &create_staff, parameters, staff);
}

static const struct statement replace_staff = {
    .name = "staff_replace",
    .parameters = 6,
    .writes = true,
    .sql = "UPDATE staff s"
           "   SET name = $2, email = $3, role = $4::staff_role, is_active = $5::boolean,"
           "       password_hash = coalesce($6, password_hash)"
           " WHERE id = $1::bigint"
           " RETURNING " STAFF_DOCUMENT("s"),
};

const struct problem *staff_replace(struct db *db, struct hashing *hashing, int64_t id,
                                    const struct employment *employment, struct document *staff)
{
    const char *hash = NULL;
    const struct problem *problem =
        employment->password ? password_hash(hashing, db->arena, employment->password, &hash)
                             : NULL;
    if (problem)
        return problem;
    const char *parameters[] = {
        db_integer(db, id),
        employment->name,
        employment->email,
        employment->role,
        db_integer(db, employment->is_active),
        hash,
    };
    return db_document(db, &replace_staff, parameters, staff);
}
