#include "rules.h"

#include <stddef.h>

/* The starts from which the treatment would reach into `mask`. */
static quarters starts_reaching(const struct day *day, quarters mask)
{
    return quarters_reaching(mask, quarters_needed(day->duration_minutes));
}

static quarters inactive_doctor(const struct day *day)
{
    return day->doctor_active ? NO_QUARTERS : ALL_QUARTERS;
}

static quarters inactive_treatment(const struct day *day)
{
    return day->treatment_active ? NO_QUARTERS : ALL_QUARTERS;
}

static quarters off_the_quarter_hour(const struct day *day)
{
    return day->start % QUARTER_MINUTES != 0 ? ALL_QUARTERS : NO_QUARTERS;
}

static quarters skipped_by_the_clocks(const struct day *day)
{
    return starts_reaching(day, day->skipped);
}

static quarters past(const struct day *day)
{
    return quarters_touched(0, day->now);
}

static quarters before_the_notice(const struct day *day)
{
    return quarters_touched(0, day->now + day->min_notice_minutes);
}

static quarters beyond_the_horizon(const struct day *day)
{
    return day->days_ahead > day->max_days_ahead ? ALL_QUARTERS : NO_QUARTERS;
}

static quarters hospital_closed(const struct day *day)
{
    return day->closed ? ALL_QUARTERS : NO_QUARTERS;
}

static quarters over_lunch(const struct day *day)
{
    return starts_reaching(day, quarters_touched(day->lunch_start, day->lunch_end));
}

static quarters outside_opening_hours(const struct day *day)
{
    return starts_reaching(day, ~quarters_within(day->opens_at, day->closes_at));
}

static quarters without_slot(const struct day *day)
{
    return starts_reaching(day, ALL_QUARTERS & ~day->offered);
}

static quarters doctor_away(const struct day *day)
{
    return day->doctor_away ? ALL_QUARTERS : NO_QUARTERS;
}

static quarters doctor_taken(const struct day *day)
{
    return starts_reaching(day, day->doctor_busy);
}

static quarters patient_taken(const struct day *day)
{
    return starts_reaching(day, day->patient_busy);
}

static quarters without_room(const struct day *day)
{
    return starts_reaching(day, day->full);
}

/* Each rule names the starts it refuses. The order is the contract's: the first refusal is told. */
static const struct rule {
    const struct problem *problem;
    quarters (*refuses)(const struct day *day);
} rules[] = {
    {&problem_doctor_inactive, inactive_doctor},
    {&problem_treatment_inactive, inactive_treatment},
    {&problem_not_quarter_hour, off_the_quarter_hour},
    {&problem_nonexistent_time, skipped_by_the_clocks},
    {&problem_in_the_past, past},
    {&problem_too_soon, before_the_notice},
    {&problem_too_far, beyond_the_horizon},
    {&problem_closed, hospital_closed},
    {&problem_lunch_time, over_lunch},
    {&problem_outside_hours, outside_opening_hours},
    {&problem_no_slot, without_slot},
    {&problem_doctor_away, doctor_away},
    {&problem_doctor_busy, doctor_taken},
    {&problem_patient_busy, patient_taken},
    {&problem_slot_full, without_room},
};

enum { RULE_COUNT = sizeof rules / sizeof *rules };

quarters day_free_starts(const struct day *day)
{
    quarters refused = NO_QUARTERS;
    for (size_t i = 0; i < RULE_COUNT; i++)
        refused |= rules[i].refuses(day);
    return ALL_QUARTERS & ~refused;
}

void day_refusals(const struct day *day, const struct problem *refusals[QUARTERS_PER_DAY])
{
    for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
        refusals[quarter] = NULL;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        quarters refused = rules[i].refuses(day);
        for (int quarter = 0; quarter < QUARTERS_PER_DAY; quarter++)
            if (!refusals[quarter] && quarters_hold(refused, quarter))
                refusals[quarter] = rules[i].problem;
    }
}

const struct problem *day_verdict(const struct day *day)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (quarters_hold(rules[i].refuses(day), day->start / QUARTER_MINUTES))
            return rules[i].problem;
    return NULL;
}
