#include "refusal.h"

#include <stddef.h>
#include <string.h>

/*
 * Each constraint of the schema, and each name that its triggers raise. A row with a field answers
 * with an entry in `errors`. tests/test_schema.c finds a constraint that has no row here.
 */
static const struct refusal {
    const char *constraint;
    const struct problem *problem;
    const char *field;
    const char *detail;
} refusals[] = {
    {"appointment_doctor", &problem_invalid, "doctor_id", "there is no such doctor"},
    {"appointment_doctor_active", &problem_doctor_inactive, NULL, NULL},
    {"appointment_doctor_present", &problem_doctor_away, NULL, NULL},
    {"appointment_doctor_free", &problem_doctor_busy, NULL, NULL},
    {"appointment_follows_status", &problem_illegal_transition, NULL, NULL},
    {"appointment_half_open", &problem_invalid, "start_time", "must begin and end"},
    {"appointment_hospital_open", &problem_closed, NULL, NULL},
    {"appointment_on_one_day", &problem_outside_hours, NULL, NULL},
    {"appointment_on_the_quarter_hour", &problem_not_quarter_hour, NULL, NULL},
    {"appointment_patient", &problem_invalid, "patient_id", "there is no such patient"},
    {"appointment_patient_free", &problem_patient_busy, NULL, NULL},
    {"appointment_takes_half_an_hour", &problem_invalid, "treatment_id", "takes too little time"},
    {"appointment_treatment", &problem_invalid, "treatment_id", "there is no such treatment"},
    {"appointment_treatment_active", &problem_treatment_inactive, NULL, NULL},
    {"closure_doctor", &problem_invalid, "doctor_id", "there is no such doctor"},
    {"closure_in_order", &problem_invalid, "to", "must not be before from"},
    {"closure_in_use", &problem_in_use, NULL, NULL},
    {"doctor_in_use", &problem_in_use, NULL, NULL},
    {"history_only_grows", &problem_internal_error, NULL, NULL},
    {"hospital_is_one", &problem_invalid, "id", "there is one hospital"},
    {"hospital_lunch_in_order", &problem_invalid, "lunch_end", "must not be before lunch_start"},
    {"hospital_looks_ahead", &problem_invalid, "max_days_ahead", "must be 0 to 3660"},
    {"hospital_notices_within_a_year", &problem_invalid, "min_notice_minutes",
     "notices must be 0 to 525600 minutes"},
    {"hospital_on_the_quarter_hour", &problem_invalid, "opens_at",
     "hours must be on :00, :15, :30 or :45"},
    {"hospital_opens_first", &problem_invalid, "closes_at", "must be after opens_at"},
    {"hospital_slot_holds_somebody", &problem_invalid, "max_capacity", "must be at least 1"},
    {"hospital_slot_in_use", &problem_in_use, NULL, NULL},
    {"hospital_slot_on_a_weekday", &problem_invalid, "day_of_week", "must be 1 to 7"},
    {"hospital_slot_on_the_half_hour", &problem_invalid, "start_time", "must be on :00 or :30"},
    {"hospital_slot_once", &problem_duplicate, "start_time", "that slot exists on that weekday"},
    {"hospital_slot_takes_half_an_hour", &problem_invalid, "end_time",
     "must be 30 minutes after start_time"},
    {"idempotency_key_pkey", &problem_idempotency_key_in_use, NULL, NULL},
    {"hospital_zone_is_known", &problem_invalid, "time_zone", "is no zone that we know of"},
    {"login_of_one_person", &problem_internal_error, NULL, NULL},
    {"login_patient", &problem_unauthenticated, NULL, NULL},
    {"login_staff", &problem_unauthenticated, NULL, NULL},
    {"offer_is_one", &problem_internal_error, NULL, NULL},
    {"patient_phone_normal_form", &problem_invalid, "phone", "must be a telephone number"},
    {"patient_phone_once", &problem_duplicate, "phone", "is registered already"},
    {"refresh_token_login", &problem_unauthenticated, NULL, NULL},
    {"slot_day_allowed_as_needed", &problem_internal_error, NULL, NULL},
    {"slot_day_booked_not_negative", &problem_internal_error, NULL, NULL},
    {"slot_day_is_offered", &problem_no_slot, NULL, NULL},
    {"slot_day_within_capacity", &problem_slot_full, NULL, NULL},
    {"staff_email_lower_case", &problem_invalid, "email", "must be in lower case"},
    {"staff_email_once", &problem_duplicate, "email", "is used already"},
    {"staff_keeps_an_admin", &problem_in_use, NULL, NULL},
    {"treatment_in_use", &problem_in_use, NULL, NULL},
    {"treatment_name_once", &problem_duplicate, "name", "is another treatment's name"},
    {"treatment_price_not_negative", &problem_invalid, "price", "must not be negative"},
    {"treatment_takes_half_an_hour", &problem_invalid, "duration_minutes", "must be 30 to 1440"},
};

const struct problem *refusal_by_constraint(struct arena *arena, const char *constraint)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        if (strcmp(refusal->constraint, constraint) != 0)
            continue;
        if (!refusal->field)
            return refusal->problem;
        return problem_field(arena, refusal->problem, refusal->field,
                             refusal->problem == &problem_invalid ? "not_acceptable"
                                                                  : refusal->problem->code,
                             refusal->detail);
    }
    return NULL;
}
