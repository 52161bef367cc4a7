#include "access.h"

struct access_filter {
    struct page page;
    const char *from;
    const char *to;
    int64_t patient_id;
    int64_t staff_id;
};

static const struct field filter_fields[] = {
    PAGE_FIELDS(struct access_filter),
    {.name = "from", .kind = FIELD_DATE, .offset = offsetof(struct access_filter, from)},
    {.name = "to", .kind = FIELD_DATE, .offset = offsetof(struct access_filter, to)},
    ID_FIELD(struct access_filter, patient_id, false),
    ID_FIELD(struct access_filter, staff_id, false),
};
const struct form access_form = FORM(struct access_filter, filter_fields);

#define ENTRY                                                                                      \
    "json_build_object("                                                                           \
    "    'id', entry_id,"                                                                          \
    "    'at', instant_text(at, time_zone),"                                                       \
    "    'staff', json_build_object('id', staff_id, 'name', s.name),"                              \
    "    'patient_id', patient_id, 'action', action, 'address', host(address))"

/* The hospital's days as moments; each asked for once, so that months outside are never opened. */
#define FROM_MIDNIGHT "(SELECT $3::date::timestamp AT TIME ZONE time_zone FROM hospital)"
#define TO_MIDNIGHT   "(SELECT ($4::date + 1)::timestamp AT TIME ZONE time_zone FROM hospital)"
#define IN_FILTER                                                                                  \
    "       AND at >= coalesce(" FROM_MIDNIGHT ", '-infinity')"                                    \
    "       AND at < coalesce(" TO_MIDNIGHT ", 'infinity')"                                        \
    "       AND ($5::bigint IS NULL OR patient_id = $5::bigint)"                                   \
    "       AND ($6::bigint IS NULL OR staff_id = $6::bigint))"
#define ENTRIES                                                                                    \
    LIST_DOCUMENT(ENTRY, "at DESC, entry_id DESC",                                                 \
                  " CROSS JOIN hospital h LEFT JOIN staff s ON s.id = staff_id")

/* The same list by the index that leads to the fewest: plans are made once, whatever is asked for.
 */
#define ACCESSES(NAME, LED_BY)                                                                     \
    {                                                                                              \
        .name = (NAME), .parameters = 6,                                                           \
        .sql = "WITH matching AS NOT MATERIALIZED ("                                               \
               "    SELECT id AS entry_id, at, staff_id, patient_id, action, address"              \
               "      FROM access"                                                                 \
               "     WHERE " LED_BY IN_FILTER ENTRIES                                              \
    }

static const struct statement list_of_patient =
    ACCESSES("access_list_of_patient", "patient_id = $5::bigint");
static const struct statement list_of_staff =
    ACCESSES("access_list_of_staff", "staff_id = $6::bigint");
static const struct statement list_of_days = ACCESSES("access_list_of_days", "true");

const struct problem *access_list(struct db *db, const void *filter, struct document *list)
{
    const struct access_filter *asked = filter;
    const struct statement *statement = asked->patient_id != NOT_GIVEN ? &list_of_patient
                                        : asked->staff_id != NOT_GIVEN ? &list_of_staff
                                                                       : &list_of_days;
    return db_document(db, statement, form_parameters(db->arena, &access_form, filter), list);
}
