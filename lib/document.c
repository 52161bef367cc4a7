/* What db.h has that needs no libpq: values out of rows, documents, numbers as parameters. */
#include "db.h"

#include <inttypes.h>
#include <stdlib.h>

int64_t rows_integer(const struct rows *rows, int row, int column)
{
    return strtoll(rows_text(rows, row, column), NULL, 10);
}

bool rows_boolean(const struct rows *rows, int row, int column)
{
    return *rows_text(rows, row, column) == 't';
}

const struct problem *db_document(struct db *db, const struct statement *statement,
                                  const char *const *parameters, struct document *document)
{
    const struct rows *rows = NULL;
    const struct problem *problem = db_run(db, statement, parameters, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0)
        return &problem_not_found;
    int columns = rows_columns(rows);
    *document = (struct document){
        .json = rows_text(rows, 0, 0),
        .length = rows_length(rows, 0, 0),
        .id = columns > 1 ? rows_integer(rows, 0, 1) : 0,
        .version = columns > 2 ? rows_integer(rows, 0, 2) : 0,
    };
    return NULL;
}

const char *db_integer(struct db *db, int64_t integer)
{
    return arena_printf(db->arena, "%" PRId64, integer);
}

const char *db_integer_or_null(struct db *db, int64_t integer)
{
    return integer == NOT_GIVEN ? NULL : db_integer(db, integer);
}
