#include "check.h"

#include "schema.h"

/* What the role is missing or has too much of; all else is given by name in the migrations. */
static const struct statement find_complaints = {
    .name = "check_find_complaints",
    .parameters = 1,
    .sql =
        "SELECT 'The role ' || session_user || ' ' || complaint"
        "  FROM pg_roles,"
        "       LATERAL (VALUES"
        "           (session_user <> $1, 'is another one than ' || $1 || '.'),"
        "           (rolsuper OR rolbypassrls, 'may do anything; it should not be a superuser.'),"
        "           (NOT has_table_privilege('doctor', 'SELECT')"
        "            OR NOT has_table_privilege('appointment', 'SELECT')"
        "            OR NOT has_any_column_privilege('appointment', 'INSERT'),"
        "            'may not see doctors and book: run sql/migrate.')"
        "       ) AS finding (is_so, complaint)"
        " WHERE rolname = session_user AND is_so",
};

static bool check_role(struct db *db, const struct pool *pool, FILE *complaints)
{
    const struct rows *rows;
    const char *const parameters[] = {arena_printf(db->arena, "hospital_%s", pool->name)};
    if (db_run(db, &find_complaints, parameters, &rows) != NULL) {
        fprintf(complaints, "The database does not say what the role may do (SQLSTATE %s).\n",
                db->sqlstate);
        return false;
    }
    for (int row = 0; row < rows_count(rows); row++)
        fprintf(complaints, "%s\n", rows_text(rows, row, 0));
    return rows_count(rows) == 0;
}

static bool check_schema(struct db *db, FILE *complaints)
{
    const char *missing;
    switch (schema_compare(db, &missing)) {
    case SCHEMA_FITS:
        return true;
    case SCHEMA_OLDER:
        fprintf(complaints, SCHEMA_COMPLAINT "\n", "The", missing);
        return false;
    case SCHEMA_UNKNOWN:
        break;
    }
    fprintf(complaints, "The database does not say which migrations it has (SQLSTATE %s).\n",
            db->sqlstate);
    return false;
}

static bool check_database(const struct pool *pool, const struct settings *settings,
                           FILE *complaints)
{
    enum { CONNECTIONS = 1, TIMEOUT_MS = 5000 };
    struct database *database = database_new(settings->database_url, CONNECTIONS, TIMEOUT_MS);
    if (!database) {
        fprintf(complaints, "There is no memory left.\n");
        return false;
    }
    struct arena *arena = arena_new();
    struct db db = db_begin(database, arena);
    bool good = database_reach(database, complaints) && check_schema(&db, complaints) &&
                check_role(&db, pool, complaints);
    arena_free(arena);
    database_free(database);
    return good;
}

bool check(const struct pool *pool, FILE *complaints)
{
    struct settings settings = {.database_url = NULL};
    bool good = settings_read(pool->reader, &settings, complaints);
    if (settings.database_url && *settings.database_url)
        good = check_database(pool, &settings, complaints) && good;
    return good;
}
