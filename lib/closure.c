#include "closure.h"

struct closure {
    const char *from;
    const char *to;
    int64_t doctor_id; /* not given: the whole hospital */
    const char *reason;
};

static const struct field closure_fields[] = {
    {.name = "from",
     .kind = FIELD_DATE,
     .required = true,
     .offset = offsetof(struct closure, from)},
    {.name = "to", .kind = FIELD_DATE, .required = true, .offset = offsetof(struct closure, to)},
    {.name = "doctor_id",
     .kind = FIELD_INTEGER,
     .nullable = true,
     .least = 1,
     .most = INT64_MAX,
     .offset = offsetof(struct closure, doctor_id)},
    {.name = "reason",
     .kind = FIELD_LINE,
     .nullable = true,
     .least = 0,
     .most = 500,
     .offset = offsetof(struct closure, reason)},
};
const struct form closure_form = FORM(struct closure, closure_fields);

struct closure_filter {
    struct page page;
    const char *from;
    const char *to;
    int64_t doctor_id;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct closure_filter),
    {.name = "from", .kind = FIELD_DATE, .offset = offsetof(struct closure_filter, from)},
    {.name = "to", .kind = FIELD_DATE, .offset = offsetof(struct closure_filter, to)},
    ID_FIELD(struct closure_filter, doctor_id, false),
};
const struct form closure_filter_form = FORM(struct closure_filter, filter_fields);

#define CLOSURE_DOCUMENT                                                                           \
    "json_build_object('id', id, 'from', first_day, 'to', last_day, 'doctor_id', doctor_id,"       \
    " 'reason', reason)"

const struct catalogue closure_catalogue = {
    .list = {.name = "closure_list",
             .parameters = 5,
             .sql = "WITH matching AS NOT MATERIALIZED ("
                    "    SELECT * FROM closure"
                    "     WHERE ($3::date IS NULL OR last_day >= $3)"
                    "       AND ($4::date IS NULL OR first_day <= $4)"
                    "       AND ($5::bigint IS NULL OR doctor_id = $5))" LIST_DOCUMENT(
                        CLOSURE_DOCUMENT, "first_day, id", "")},
    .find = {.name = "closure_find",
             .parameters = 1,
             .sql = "SELECT " CLOSURE_DOCUMENT " FROM closure WHERE id = $1::bigint"},
    .create = {.name = "closure_create",
               .parameters = 4,
               .writes = true,
               .sql = "INSERT INTO closure (first_day, last_day, doctor_id, reason)"
                      " VALUES ($1::date, $2::date, $3::bigint, nullif($4, ''))"
                      " RETURNING " CLOSURE_DOCUMENT ", id"},
    .hide = {.name = "closure_remove",
             .parameters = 1,
             .writes = true,
             .sql = "DELETE FROM closure WHERE id = $1::bigint RETURNING id"},
};
