#include "doctor.h"

#include <string.h>

#include "listing.h"
#include "offer.h"

struct doctor {
    const char *name;
    const char *department;
    int64_t is_active;
};

static const struct field doctor_fields[] = {
    {.name = "name",
     .kind = FIELD_LINE,
     .required = true,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct doctor, name)},
    {.name = "department",
     .kind = FIELD_LINE,
     .required = true,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct doctor, department)},
    {.name = "is_active",
     .kind = FIELD_BOOLEAN,
     .otherwise = "true",
     .offset = offsetof(struct doctor, is_active)},
};
const struct form doctor_form = FORM(struct doctor, doctor_fields);

struct doctor_filter {
    struct page page;
    const char *department;
    int64_t is_active;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct doctor_filter),
    {.name = "department",
     .kind = FIELD_LINE,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct doctor_filter, department)},
    {.name = "is_active",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct doctor_filter, is_active)},
};
const struct form doctor_filter_form = FORM(struct doctor_filter, filter_fields);

/* Patients may ask for the same, less is_active. */
const struct form doctor_offering_form = {
    .fields = filter_fields,
    .count = sizeof filter_fields / sizeof *filter_fields - 1,
    .size = sizeof(struct doctor_filter),
};

const struct catalogue doctor_catalogue = {
    .list = {.name = "doctor_list",
             .parameters = 4,
             .sql = "WITH matching AS NOT MATERIALIZED ("
                    "    SELECT * FROM doctor"
                    "     WHERE ($3::text IS NULL OR department = $3)"
                    "       AND ($4::boolean IS NULL OR is_active = $4))" READY_LIST("id")},
    .find = {.name = "doctor_find",
             .parameters = 1,
             .sql = "SELECT document FROM doctor WHERE id = $1::bigint"},
    .create = {.name = "doctor_create",
               .parameters = 3,
               .writes = true,
               .sql = "INSERT INTO doctor (name, department, is_active)"
                      " VALUES ($1, $2, $3::boolean)"
                      " RETURNING document, id"},
    .replace = {.name = "doctor_replace",
                .parameters = 4,
                .writes = true,
                .sql = "UPDATE doctor"
                       "   SET name = $2, department = $3, is_active = $4::boolean"
                       " WHERE id = $1::bigint"
                       " RETURNING document"},
    .hide = {.name = "doctor_hide",
             .parameters = 1,
             .writes = true,
             .sql = "UPDATE doctor SET is_active = false WHERE id = $1::bigint RETURNING id"},
};

static const struct problem *list_offered(struct db *db, const void *filter, struct document *list)
{
    const struct doctor_filter *asked = filter;
    const struct offer *offer;
    const struct problem *problem = offer_read(db, &offer);
    if (problem)
        return problem;
    struct listing listing = listing_begin(db->arena, &asked->page);
    for (int i = 0; i < offer->doctor_count; i++) {
        const struct offered_doctor *doctor = &offer->doctors[i];
        if (doctor->active &&
            (!asked->department || strcmp(doctor->department, asked->department) == 0) &&
            listing_shows_next(&listing))
            text_add(&listing.text, doctor->document);
    }
    *list = listing_end(&listing);
    return NULL;
}

static const struct problem *find_offered(struct db *db, int64_t id, struct document *found)
{
    const struct offer *offer;
    const struct problem *problem = offer_read(db, &offer);
    if (problem)
        return problem;
    const struct offered_doctor *doctor = offer_doctor(offer, id);
    if (!doctor || !doctor->active)
        return &problem_not_found;
    *found = (struct document){.json = doctor->document, .length = strlen(doctor->document)};
    return NULL;
}

const struct offering doctor_offering = {.list = list_offered, .find = find_offered};
