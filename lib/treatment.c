#include "treatment.h"

#include <string.h>

#include "listing.h"
#include "offer.h"

struct treatment {
    const char *name;
    int64_t duration_minutes;
    int64_t price;
    const char *description;
    int64_t is_active;
};

static const struct field treatment_fields[] = {
    {.name = "name",
     .kind = FIELD_LINE,
     .required = true,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct treatment, name)},
    {.name = "duration_minutes",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 30,
     .most = MINUTES_PER_DAY,
     .offset = offsetof(struct treatment, duration_minutes)},
    {.name = "price",
     .kind = FIELD_INTEGER,
     .required = true,
     .least = 0,
     .most = 1000000000000,
     .offset = offsetof(struct treatment, price)},
    {.name = "description",
     .kind = FIELD_PROSE,
     .nullable = true,
     .least = 0,
     .most = 2000,
     .offset = offsetof(struct treatment, description)},
    {.name = "is_active",
     .kind = FIELD_BOOLEAN,
     .otherwise = "true",
     .offset = offsetof(struct treatment, is_active)},
};
const struct form treatment_form = FORM(struct treatment, treatment_fields);

struct treatment_filter {
    struct page page;
    int64_t is_active;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct treatment_filter),
    {.name = "is_active",
     .kind = FIELD_BOOLEAN,
     .offset = offsetof(struct treatment_filter, is_active)},
};
const struct form treatment_filter_form = FORM(struct treatment_filter, filter_fields);

/* Patients may ask for the same, less is_active. */
const struct form treatment_offering_form = {
    .fields = filter_fields,
    .count = sizeof filter_fields / sizeof *filter_fields - 1,
    .size = sizeof(struct treatment_filter),
};

const struct catalogue treatment_catalogue = {
    .list = {.name = "treatment_list",
             .parameters = 3,
             .sql = "WITH matching AS NOT MATERIALIZED ("
                    "    SELECT * FROM treatment"
                    "     WHERE ($3::boolean IS NULL OR is_active = $3))" READY_LIST("id")},
    .find = {.name = "treatment_find",
             .parameters = 1,
             .sql = "SELECT document FROM treatment WHERE id = $1::bigint"},
    .create = {.name = "treatment_create",
               .parameters = 5,
               .writes = true,
               .sql = "INSERT INTO treatment"
                      "       (name, duration_minutes, price, description, is_active)"
                      " VALUES ($1, $2::integer, $3::bigint, $4, $5::boolean)"
                      " RETURNING document, id"},
    .replace = {.name = "treatment_replace",
                .parameters = 6,
                .writes = true,
                .sql = "UPDATE treatment"
                       "   SET name = $2, duration_minutes = $3::integer, price = $4::bigint,"
                       "       description = $5, is_active = $6::boolean"
                       " WHERE id = $1::bigint"
                       " RETURNING document"},
    .hide = {.name = "treatment_hide",
             .parameters = 1,
             .writes = true,
             .sql = "UPDATE treatment SET is_active = false WHERE id = $1::bigint RETURNING id"},
};

static const struct problem *list_offered(struct db *db, const void *filter, struct document *list)
{
    const struct treatment_filter *asked = filter;
    const struct offer *offer;
    const struct problem *problem = offer_read(db, &offer);
    if (problem)
        return problem;
    struct listing listing = listing_begin(db->arena, &asked->page);
    for (int i = 0; i < offer->treatment_count; i++) {
        const struct offered_treatment *treatment = &offer->treatments[i];
        if (treatment->active && listing_shows_next(&listing))
            text_add(&listing.text, treatment->document);
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
    const struct offered_treatment *treatment = offer_treatment(offer, id);
    if (!treatment || !treatment->active)
        return &problem_not_found;
    *found = (struct document){.json = treatment->document, .length = strlen(treatment->document)};
    return NULL;
}

const struct offering treatment_offering = {.list = list_offered, .find = find_offered};
