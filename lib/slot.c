#include "slot.h"

struct slot {
    const char *start_time;
    const char *end_time;
    int64_t max_capacity;
    int64_t day_of_week; /* ISO: 1 is Monday; not given: every day */
    int64_t is_active;
};

static const struct field slot_fields[] = {
    {.name = "start_time",
     .kind = FIELD_TIME_OF_DAY,
     .required = true,
     .offset = offsetof(struct slot, start_time)},
    {.name = "end_time",
     .kind = FIELD_TIME_OF_DAY,
     .required = true,
     .offset = offsetof(struct slot, end_time)},
    {.name = "max_capacity",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 1,
     .most = 100000,
     .offset = offsetof(struct slot, max_capacity)},
    {.name = "day_of_week",
     .kind = FIELD_INTEGER,
     .nullable = true,
     .least = 1,
     .most = 7,
     .offset = offsetof(struct slot, day_of_week)},
    {.name = "is_active",
     .kind = FIELD_BOOLEAN,
     .otherwise = "true",
     .offset = offsetof(struct slot, is_active)},
};
const struct form slot_form = FORM(struct slot, slot_fields);

struct slot_filter {
    struct page page;
    int64_t day_of_week;
    int64_t is_active;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct slot_filter),
    {.name = "day_of_week",
     .kind = FIELD_INTEGER,
     .least = 1,
     .most = 7,
     .offset = offsetof(struct slot_filter, day_of_week)},
    {.name = "is_active", .kind = FIELD_BOOLEAN, .offset = offsetof(struct slot_filter, is_active)},
};
const struct form slot_filter_form = FORM(struct slot_filter, filter_fields);

#define SLOT_DOCUMENT                                                                              \
    "json_build_object('id', id, 'start_time', to_char(start_time, 'HH24:MI'),"                    \
    " 'end_time', to_char(end_time, 'HH24:MI'), 'max_capacity', max_capacity,"                     \
    " 'day_of_week', day_of_week, 'is_active', is_active)"

/* A slot that was hidden comes back, with its old id, when it is created again. */
const struct catalogue slot_catalogue = {
    .unique = "hospital_slot_once",
    .list = {.name = "slot_list",
             .parameters = 4,
             .sql = "WITH matching AS NOT MATERIALIZED ("
                    "    SELECT * FROM hospital_slot"
                    "     WHERE ($3::smallint IS NULL OR day_of_week = $3)"
                    "       AND ($4::boolean IS NULL OR is_active = $4))" LIST_DOCUMENT(
                        SLOT_DOCUMENT, "day_of_week, start_time", "")},
    .find = {.name = "slot_find",
             .parameters = 1,
             .sql = "SELECT " SLOT_DOCUMENT " FROM hospital_slot WHERE id = $1::bigint"},
    .create = {.name = "slot_create",
               .parameters = 5,
               .writes = true,
               .sql = "INSERT INTO hospital_slot AS s"
                      "       (start_time, end_time, max_capacity, day_of_week, is_active)"
                      " VALUES ($1::time, $2::time, $3::integer, $4::smallint, $5::boolean)"
                      " ON CONFLICT ON CONSTRAINT hospital_slot_once DO UPDATE"
                      "    SET max_capacity = excluded.max_capacity,"
                      "        is_active = excluded.is_active"
                      "  WHERE NOT s.is_active"
                      " RETURNING " SLOT_DOCUMENT ", id"},
    .replace = {.name = "slot_replace",
                .parameters = 6,
                .writes = true,
                .sql = "UPDATE hospital_slot"
                       "   SET start_time = $2::time, end_time = $3::time,"
                       "       max_capacity = $4::integer, day_of_week = $5::smallint,"
                       "       is_active = $6::boolean"
                       " WHERE id = $1::bigint"
                       " RETURNING " SLOT_DOCUMENT},
    .hide = {.name = "slot_hide",
             .parameters = 1,
             .writes = true,
             .sql =
                 "UPDATE hospital_slot SET is_active = false WHERE id = $1::bigint RETURNING id"},
};
