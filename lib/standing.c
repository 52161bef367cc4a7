#include "standing.h"

#include <string.h>

static const struct statement find_standing = {
    .name = "standing_find",
    .parameters = 2,
    .sql = "SELECT a.version, a.status, a.doctor_id, a.treatment_id, a.patient_id,"
           "       to_char(lower(a.during), 'YYYY-MM-DD\"T\"HH24:MI:SS'),"
           "       (extract(epoch FROM upper(a.during) - lower(a.during)) / 60)::integer,"
           "       lower(a.during) <= now.local,"
           "       floor(extract(epoch FROM lower(a.during) - now.local) / 60)::bigint,"
           "       h.cancel_notice_minutes"
           "  FROM appointment a, hospital h, hospital_clock(h.time_zone) AS now (local)"
           " WHERE a.id = $1::bigint AND ($2::bigint IS NULL OR a.patient_id = $2::bigint)",
};

const struct problem *standing_read(struct db *db, const struct actor *actor, int64_t id,
                                    const struct standing **read)
{
    struct standing *standing = arena_alloc(db->arena, sizeof *standing);
    const struct rows *rows;
    const char *parameters[] = {db_integer(db, id), db_integer_or_null(db, actor->patient_id)};
    const struct problem *problem = db_run(db, &find_standing, parameters, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0)
        return &problem_not_found;
    *standing = (struct standing){
        .version = rows_integer(rows, 0, 0),
        .status = rows_text(rows, 0, 1),
        .doctor_id = rows_integer(rows, 0, 2),
        .treatment_id = rows_integer(rows, 0, 3),
        .patient_id = rows_integer(rows, 0, 4),
        .start = rows_text(rows, 0, 5),
        .duration_minutes = (int)rows_integer(rows, 0, 6),
        .begun = rows_boolean(rows, 0, 7),
        .minutes_left = rows_integer(rows, 0, 8),
        .cancel_notice_minutes = rows_integer(rows, 0, 9),
    };
    *read = standing;
    return NULL;
}

bool standing_may_move(const struct actor *actor, const struct standing *standing)
{
    const char *status = standing->status;
    return strcmp(status, "pending") == 0 || strcmp(status, "confirmed") == 0 ||
           (strcmp(status, "arrived") == 0 && actor->staff_id != NOT_GIVEN);
}

const struct problem *standing_check_notice(const struct actor *actor,
                                            const struct standing *standing)
{
    if (actor->patient_id == NOT_GIVEN)
        return NULL;
    if (standing->begun)
        return &problem_in_the_past;
    if (standing->minutes_left < standing->cancel_notice_minutes)
        return &problem_too_soon;
    return NULL;
}

const struct problem *standing_check_move(struct db *db, const struct actor *actor,
                                          const struct standing *standing)
{
    if (!standing_may_move(actor, standing))
        return problem_detail(db->arena, &problem_illegal_transition,
                              "An appointment that is %s can no longer be moved.",
                              standing->status);
    return standing_check_notice(actor, standing);
}

const struct problem *change_make(struct db *db, const struct change *change,
                                  struct document *appointment)
{
    enum { MOST_JUDGEMENTS = 5 };
    const struct problem *problem = &problem_stale_version;
    for (int i = 0; i < MOST_JUDGEMENTS && problem == &problem_stale_version; i++) {
        const struct standing *standing;
        problem = standing_read(db, &change->actor, change->id, &standing);
        if (!problem)
            problem = change->write(db, change, standing, appointment);
        if (change->expected_version != NOT_GIVEN)
            return problem; /* who named the version is told */
    }
    return problem;
}

const struct problem *change_check_version(const struct change *change,
                                           const struct standing *standing)
{
    bool stale =
        change->expected_version != NOT_GIVEN && change->expected_version != standing->version;
    return stale ? &problem_stale_version : NULL;
}
