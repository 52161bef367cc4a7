#include "history.h"

struct history_filter {
    struct page page;
};

static const struct field filter_fields[] = {PAGE_FIELDS(struct history_filter)};
const struct form history_form = FORM(struct history_filter, filter_fields);

#define ENTRY                                                                                      \
    "json_build_object("                                                                           \
    "    'version', version,"                                                                      \
    "    'at', instant_text((became).at, time_zone),"                                              \
    "    'by', json_build_object('patient_id', (became).patient_id,"                               \
    "                            'staff_id', (became).staff_id,"                                   \
    "                            'name', coalesce(s.name, p.name)),"                               \
    "    'from', appointment_state(was, time_zone),"                                               \
    "    'to', appointment_state(became, time_zone),"                                              \
    "    'reason', (became).reason,"                                                               \
    "    'override', (became).override)"

#define WITH_PEOPLE                                                                                \
    " CROSS JOIN hospital h"                                                                       \
    " LEFT JOIN staff s ON s.id = (became).staff_id"                                               \
    " LEFT JOIN patient p ON p.id = (became).patient_id"

#define ENTRIES LIST_DOCUMENT(ENTRY, "version", WITH_PEOPLE)

static const struct statement list_history = {
    .name = "history_list",
    .parameters = 4,
    .sql = "WITH matching AS ("
           "    SELECT version, became, lag(became) OVER (ORDER BY version) AS was"
           "      FROM appointment_history AS became"
           "     WHERE appointment_id = $3::bigint)" ENTRIES " CROSS JOIN appointment a"
           " CROSS JOIN access_note($4::visitor, a.patient_id)"
           " WHERE a.id = $3::bigint",
};

const struct problem *history_list(struct db *db, const struct actor *actor, int64_t appointment_id,
                                   const void *filter, struct document *list)
{
    const struct history_filter *asked = filter;
    const char *parameters[] = {
        db_integer(db, asked->page.number),
        db_integer(db, asked->page.size),
        db_integer(db, appointment_id),
        actor_visitor(db, actor),
    };
    return db_document(db, &list_history, parameters, list);
}
