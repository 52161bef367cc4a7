#include "schema.h"

#include <string.h>

#include "log.h"

/* The Makefile says what it is: the names of the files in sql/, with commas between them. */
#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...)    TEXT_OF(__VA_ARGS__)
static const char needed[] = TEXT(SCHEMA_NEEDED);

static const struct statement find_missing = {
    .name = "schema_find_missing",
    .parameters = 1,
    .sql = "SELECT min(needed)"
           "  FROM unnest(string_to_array($1, ',')) AS needed"
           " WHERE needed NOT IN (SELECT file FROM migration)",
};

static const char *newest_needed(void)
{
    const char *comma = strrchr(needed, ',');
    return comma ? comma + 1 : needed;
}

/* Whether the database has no list of migrations, or none that the pools may read, as it was before
 * 018_schema.sql. */
static bool has_no_list(const struct db *db)
{
    return strcmp(db->sqlstate, "42P01") == 0 || strcmp(db->sqlstate, "42501") == 0;
}

enum schema schema_compare(struct db *db, const char **missing)
{
    const struct rows *rows;
    const char *const parameters[] = {needed};
    const struct problem *problem = db_run(db, &find_missing, parameters, &rows);
    if (problem) {
        *missing = newest_needed();
        return has_no_list(db) ? SCHEMA_OLDER : SCHEMA_UNKNOWN;
    }
    *missing = rows_text(rows, 0, 0);
    return rows_null(rows, 0, 0) ? SCHEMA_FITS : SCHEMA_OLDER;
}

const struct problem *schema_admit(struct request *request)
{
    struct worker *worker = request->worker;
    const char *missing;
    if (atomic_load_explicit(&worker->schema_fits, memory_order_relaxed))
        return NULL;
    switch (schema_compare(&request->db, &missing)) {
    case SCHEMA_FITS:
        atomic_store(&worker->schema_fits, true);
        return NULL;
    case SCHEMA_OLDER:
        log_event(worker->pool, arena_printf(request->arena, SCHEMA_COMPLAINT, "the", missing));
        break;
    case SCHEMA_UNKNOWN:
        break;
    }
    return &problem_unavailable;
}
