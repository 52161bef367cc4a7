#include "idempotency.h"

static const struct statement find_answer = {
    .name = "idempotency_find",
    .parameters = 4,
    .sql = "SELECT request = $3::bytea, coalesce(request = $4::bytea, false),"
           "       status, location, version, body"
           "  FROM idempotency_key"
           " WHERE caller = $1 AND key = $2 AND kept_at > now() - interval '24 hours'",
};

const struct problem *idempotency_find(struct db *db, const struct errand *errand,
                                       struct kept_answer *answer)
{
    const struct rows *rows;
    const char *parameters[] = {errand->caller, errand->key, errand->fingerprint.digest,
                                errand->also.digest};
    const struct problem *problem = db_run(db, &find_answer, parameters, &rows);
    *answer = (struct kept_answer){.status = 0};
    if (problem || rows_count(rows) == 0)
        return problem;
    const struct fingerprint *its = rows_boolean(rows, 0, 0)   ? &errand->fingerprint
                                    : rows_boolean(rows, 0, 1) ? &errand->also
                                                               : NULL;
    if (!its)
        return &problem_idempotency_key_reused;
    answer->status = (int)rows_integer(rows, 0, 2);
    answer->location = rows_null(rows, 0, 3) ? NULL : rows_text(rows, 0, 3);
    answer->version = rows_integer(rows, 0, 4);
    if (rows_null(rows, 0, 5))
        return NULL;
    answer->body = secret_open(db->arena, its, rows_text(rows, 0, 5), &answer->length);
    return answer->body ? NULL : &problem_internal_error;
}

static const struct statement claim = {
    .name = "idempotency_claim",
    .parameters = 2,
    .writes = true,
    .sql = "SELECT idempotency_claim($1, $2)",
};

void idempotency_begin(struct db *db, const struct errand *errand)
{
    const char **parameters = arena_alloc(db->arena, 2 * sizeof *parameters);
    parameters[0] = errand->caller;
    parameters[1] = errand->key;
    db_write_together(db, &claim, parameters);
}

static const struct statement keep_answer = {
    .name = "idempotency_keep",
    .parameters = 7,
    .writes = true,
    .sql = "SELECT idempotency_keep($1, $2, $3::bytea, $4::smallint, $5, $6::integer, $7::bytea)",
};

const struct problem *idempotency_keep(struct db *db, const struct errand *errand,
                                       const struct kept_answer *answer)
{
    const char *parameters[] = {
        errand->caller,
        errand->key,
        errand->fingerprint.digest,
        db_integer(db, answer->status),
        answer->location,
        db_integer(db, answer->version),
        answer->body ? secret_seal(db->arena, &errand->fingerprint, answer->body, answer->length)
                     : NULL,
    };
    return db_commit(db, &keep_answer, parameters);
}
