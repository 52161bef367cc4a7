#include "applicant.h"

#include "refusal.h"

void applicant_adjust(const struct applicant *applicant, struct day *day)
{
    if (applicant->is_staff || applicant->keeps_start)
        day->min_notice_minutes = 0;
    if (applicant->keeps_start) {
        day->now = day->start;
        day->max_days_ahead = day->days_ahead;
    }
    if (applicant->overrides)
        day->full = NO_QUARTERS;
    if (applicant->kept_minutes)
        day->duration_minutes = applicant->kept_minutes;
}

struct applicant applicant_who_moves(const struct actor *actor, const struct standing *standing,
                                     int64_t treatment_id)
{
    return (struct applicant){
        .is_staff = actor->staff_id != NOT_GIVEN,
        .kept_minutes = treatment_id == standing->treatment_id ? standing->duration_minutes : 0,
    };
}

static const struct statement look_at_patient = {
    .name = "applicant_look_at_patient",
    .parameters = 2,
    .sql = "SELECT p.id"
           "  FROM patient p"
           " CROSS JOIN access_note($2::visitor, p.id)"
           " WHERE p.id = $1::bigint",
};

/* Notes that staff see when the patient is busy. Refused: `invalid` when there is none. */
static const struct problem *note_look(struct db *db, const struct actor *actor, int64_t patient_id)
{
    const struct rows *rows;
    const char *parameters[] = {db_integer(db, patient_id), actor_visitor(db, actor)};
    const struct problem *problem = db_run(db, &look_at_patient, parameters, &rows);
    if (problem)
        return problem;
    return rows_count(rows) ? NULL : refusal_by_constraint(db->arena, "appointment_patient");
}

const struct problem *applicant_find(struct db *db, const struct actor *actor,
                                     const struct behalf *behalf, int64_t treatment_id,
                                     struct applicant *applicant, int64_t *patient_id)
{
    bool is_staff = actor->staff_id != NOT_GIVEN;
    const struct problem *problem = NULL;
    *patient_id = is_staff ? behalf->patient_id : actor->patient_id;
    *applicant = (struct applicant){.is_staff = is_staff};
    if (behalf->moving_id != NOT_GIVEN) {
        const struct standing *standing = NULL;
        problem = standing_read(db, actor, behalf->moving_id, &standing);
        if (!problem)
            problem = standing_check_move(db, actor, standing);
        if (problem)
            return problem;
        *patient_id = standing->patient_id;
        *applicant = applicant_who_moves(actor, standing, treatment_id);
    }
    if (is_staff && *patient_id != NOT_GIVEN)
        problem = note_look(db, actor, *patient_id);
    return problem;
}
