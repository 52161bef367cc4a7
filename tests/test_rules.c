/*
 * The rules of booking as tables, then compared with going through a day minute by minute.
 *
 * A row starts from the usual day: open 09:00-18:00, lunch 12:00-13:00, a slot
 * everywhere, nobody there, a treatment of half an hour at 10:00 tomorrow.
 */
#include "rules.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>

enum { DAY = 24 * 60 };

#define AT(HOUR, MINUTE) ((HOUR)*60 + (MINUTE))

static struct day usual_day(void)
{
    return (struct day){
        .doctor_active = true,
        .treatment_active = true,
        .duration_minutes = 30,
        .start = AT(10, 0),
        .opens_at = AT(9, 0),
        .closes_at = AT(18, 0),
        .lunch_start = AT(12, 0),
        .lunch_end = AT(13, 0),
        .now = AT(15, 0) - DAY,
        .days_ahead = 1,
        .max_days_ahead = 180,
        .offered = ALL_QUARTERS,
    };
}

/* What is different from the usual day. */
struct change {
    enum { NONE, FLAG, MINUTES, MASK } kind;
    size_t member;
    int value; /* of a flag or a number; where a mask's stretch begins */
    int until; /* where a mask's stretch ends */
};

#define NOT(MEMBER)                                                                                \
    {                                                                                              \
        FLAG, offsetof(struct day, MEMBER), false, 0                                               \
    }
#define YES(MEMBER)                                                                                \
    {                                                                                              \
        FLAG, offsetof(struct day, MEMBER), true, 0                                                \
    }
#define SET(MEMBER, VALUE)                                                                         \
    {                                                                                              \
        MINUTES, offsetof(struct day, MEMBER), VALUE, 0                                            \
    }
#define IN(MEMBER, FROM, TO)                                                                       \
    {                                                                                              \
        MASK, offsetof(struct day, MEMBER), FROM, TO                                               \
    }

enum { MOST_CHANGES = 4 };

static void change_day(struct day *day, const struct change *change)
{
    void *member = (char *)day + change->member;
    switch (change->kind) {
    case NONE:
        break;
    case FLAG:
        *(bool *)member = change->value != 0;
        break;
    case MINUTES:
        *(int *)member = change->value;
        break;
    case MASK:
        *(quarters *)member = quarters_touched(change->value, change->until);
        break;
    }
}

static const char *code_of(const struct problem *problem)
{
    return problem ? problem->code : "nothing";
}

struct row {
    const char *what;
    struct change changes[MOST_CHANGES];
    const struct problem *expected; /* NULL: it can be booked */
};

static void expect_row(const struct row *row)
{
    struct day day = usual_day();
    for (int i = 0; i < MOST_CHANGES; i++)
        change_day(&day, &row->changes[i]);
    const struct problem *verdict = day_verdict(&day);
    cr_expect_eq(verdict, row->expected, "%s: %s, not %s", row->what, code_of(verdict),
                 code_of(row->expected));
    cr_expect_eq(quarters_hold(day_free_starts(&day), day.start / 15), !row->expected,
                 "%s: offered and bookable differ", row->what);
}

#define EXPECT_ROWS(ROWS)                                                                          \
    for (size_t i_ = 0; i_ < sizeof(ROWS) / sizeof *(ROWS); i_++)                                  \
    expect_row(&(ROWS)[i_])

Test(rules, the_usual_day_can_be_booked)
{
    static const struct row rows[] = {
        {"nothing in the way", {{NONE, 0, 0, 0}}, NULL},
        {"no doctor", {NOT(doctor_active)}, &problem_doctor_inactive},
        {"no treatment", {NOT(treatment_active)}, &problem_treatment_inactive},
        {"the hospital is closed", {YES(closed)}, &problem_closed},
        {"the doctor is away", {YES(doctor_away)}, &problem_doctor_away},
    };
    EXPECT_ROWS(rows);
}

Test(rules, appointments_start_on_the_quarter_hour)
{
    static const struct row rows[] = {
        {"10:01", {SET(start, AT(10, 1))}, &problem_not_quarter_hour},
        {"10:14", {SET(start, AT(10, 14))}, &problem_not_quarter_hour},
        {"10:15", {SET(start, AT(10, 15))}, NULL},
        {"10:16", {SET(start, AT(10, 16))}, &problem_not_quarter_hour},
        {"10:30", {SET(start, AT(10, 30))}, NULL},
        {"10:45", {SET(start, AT(10, 45))}, NULL},
        {"23:59", {SET(start, AT(23, 59))}, &problem_not_quarter_hour},
    };
    EXPECT_ROWS(rows);
}

Test(rules, a_time_that_the_clocks_skip_does_not_exist)
{
    static const struct row rows[] = {
        {"the first", {IN(skipped, AT(10, 0), AT(11, 0))}, &problem_nonexistent_time},
        {"the last", {IN(skipped, AT(9, 15), AT(10, 15))}, &problem_nonexistent_time},
        {"just after", {IN(skipped, AT(9, 0), AT(10, 0))}, NULL},
        {"its end", {IN(skipped, AT(10, 15), AT(11, 15))}, &problem_nonexistent_time},
        {"just before", {IN(skipped, AT(10, 30), AT(11, 30))}, NULL},
    };
    EXPECT_ROWS(rows);
}

Test(rules, the_past_ends_at_this_very_minute)
{
    static const struct row rows[] = {
        {"now", {SET(now, AT(10, 0))}, NULL},
        {"a minute late", {SET(now, AT(10, 1))}, &problem_in_the_past},
        {"a minute early", {SET(now, AT(9, 59))}, NULL},
        {"midnight at midnight",
         {SET(start, 0), SET(now, 0), SET(opens_at, 0), SET(days_ahead, 0)},
         NULL},
        {"midnight a minute late",
         {SET(start, 0), SET(now, 1), SET(opens_at, 0), SET(days_ahead, 0)},
         &problem_in_the_past},
        {"yesterday", {SET(now, DAY + AT(9, 0)), SET(days_ahead, -1)}, &problem_in_the_past},
        {"last century", {SET(now, 100000000), SET(days_ahead, -69444)}, &problem_in_the_past},
    };
    EXPECT_ROWS(rows);
}

Test(rules, notice_is_counted_in_minutes_also_over_midnight)
{
    static const struct row rows[] = {
        {"exactly", {SET(now, AT(8, 0)), SET(min_notice_minutes, 120)}, NULL},
        {"a minute short", {SET(now, AT(8, 1)), SET(min_notice_minutes, 120)}, &problem_too_soon},
        {"a minute more asked",
         {SET(now, AT(8, 0)), SET(min_notice_minutes, 121)},
         &problem_too_soon},
        {"none asked", {SET(now, AT(10, 0)), SET(min_notice_minutes, 0)}, NULL},
        {"since yesterday", {SET(now, AT(10, 0) - DAY), SET(min_notice_minutes, DAY)}, NULL},
        {"since a minute later yesterday",
         {SET(now, AT(10, 1) - DAY), SET(min_notice_minutes, DAY)},
         &problem_too_soon},
        {"a year", {SET(now, AT(10, 0) - 525600), SET(min_notice_minutes, 525600)}, NULL},
        {"a year less a minute",
         {SET(now, AT(10, 1) - 525600), SET(min_notice_minutes, 525600)},
         &problem_too_soon},
    };
    EXPECT_ROWS(rows);
}

Test(rules, the_horizon_is_the_last_day)
{
    static const struct row rows[] = {
        {"the last day", {SET(days_ahead, 180)}, NULL},
        {"the day after", {SET(days_ahead, 181)}, &problem_too_far},
        {"today only", {SET(days_ahead, 0), SET(max_days_ahead, 0)}, NULL},
        {"tomorrow, of today only", {SET(days_ahead, 1), SET(max_days_ahead, 0)}, &problem_too_far},
        {"the next century", {SET(days_ahead, 100000000)}, &problem_too_far},
    };
    EXPECT_ROWS(rows);
}

Test(rules, nobody_is_treated_over_lunch)
{
    static const struct row rows[] = {
        {"up to lunch", {SET(start, AT(11, 30))}, NULL},
        {"a quarter too long", {SET(start, AT(11, 45))}, &problem_lunch_time},
        {"at noon", {SET(start, AT(12, 0))}, &problem_lunch_time},
        {"in its last quarter", {SET(start, AT(12, 45))}, &problem_lunch_time},
        {"right after", {SET(start, AT(13, 0))}, NULL},
        {"a minute too long",
         {SET(start, AT(11, 30)), SET(duration_minutes, 31)},
         &problem_lunch_time},
        {"40 minutes that end at five to",
         {SET(start, AT(11, 15)), SET(duration_minutes, 40)},
         NULL},
        {"all around it", {SET(start, AT(11, 0)), SET(duration_minutes, 180)}, &problem_lunch_time},
        {"no lunch break",
         {SET(start, AT(12, 0)), SET(lunch_start, AT(12, 0)), SET(lunch_end, AT(12, 0))},
         NULL},
        {"no lunch break, within a quarter",
         {SET(start, AT(12, 0)), SET(lunch_start, AT(12, 7)), SET(lunch_end, AT(12, 7))},
         NULL},
        {"lunch until ten past",
         {SET(start, AT(13, 0)), SET(lunch_end, AT(13, 10))},
         &problem_lunch_time},
        {"after a lunch until ten past",
         {SET(start, AT(13, 15)), SET(lunch_end, AT(13, 10))},
         NULL},
    };
    EXPECT_ROWS(rows);
}

Test(rules, an_appointment_lies_within_opening_hours_on_one_day)
{
    static const struct row rows[] = {
        {"at the opening", {SET(start, AT(9, 0))}, NULL},
        {"a quarter early", {SET(start, AT(8, 45))}, &problem_outside_hours},
        {"up to the closing", {SET(start, AT(17, 30))}, NULL},
        {"a quarter too long", {SET(start, AT(17, 45))}, &problem_outside_hours},
        {"a minute too long",
         {SET(start, AT(17, 30)), SET(duration_minutes, 31)},
         &problem_outside_hours},
        {"at the closing", {SET(start, AT(18, 0))}, &problem_outside_hours},
        {"at midnight", {SET(start, 0)}, &problem_outside_hours},
        {"the last quarter of the day", {SET(start, AT(23, 45))}, &problem_outside_hours},
        {"open at ten past",
         {SET(start, AT(9, 0)), SET(opens_at, AT(9, 10))},
         &problem_outside_hours},
        {"the quarter after ten past", {SET(start, AT(9, 15)), SET(opens_at, AT(9, 10))}, NULL},
        {"open all night, up to midnight",
         {SET(start, AT(23, 30)), SET(opens_at, 0), SET(closes_at, DAY)},
         NULL},
        {"open all night, past midnight",
         {SET(start, AT(23, 45)), SET(opens_at, 0), SET(closes_at, DAY)},
         &problem_outside_hours},
    };
    EXPECT_ROWS(rows);
}

Test(rules, a_treatment_may_take_the_whole_day)
{
    static const struct row rows[] = {
        {"all of it",
         {SET(start, 0), SET(duration_minutes, DAY), SET(opens_at, 0), SET(closes_at, DAY)},
         &problem_lunch_time},
        {"all of the afternoon", {SET(start, AT(13, 0)), SET(duration_minutes, 300)}, NULL},
        {"a minute more",
         {SET(start, AT(13, 0)), SET(duration_minutes, 301)},
         &problem_outside_hours},
    };
    EXPECT_ROWS(rows);
    struct day day = usual_day();
    day.opens_at = 0;
    day.closes_at = DAY;
    day.lunch_start = day.lunch_end = 0;
    day.duration_minutes = DAY;
    cr_expect(day_free_starts(&day) == 1, "a whole day starts at midnight");
    day.duration_minutes = DAY + 1;
    cr_expect(day_free_starts(&day) == NO_QUARTERS, "more than a day never fits");
}

Test(rules, every_half_hour_that_is_touched_needs_a_slot)
{
    static const struct row rows[] = {
        {"its own", {IN(offered, AT(10, 0), AT(10, 30))}, NULL},
        {"none", {IN(offered, 0, 0)}, &problem_no_slot},
        {"the one before", {IN(offered, AT(9, 30), AT(10, 0))}, &problem_no_slot},
        {"the one after", {IN(offered, AT(10, 30), AT(11, 0))}, &problem_no_slot},
        {"10:15 touches two", {SET(start, AT(10, 15)), IN(offered, AT(10, 0), AT(11, 0))}, NULL},
        {"10:15, the second is missing",
         {SET(start, AT(10, 15)), IN(offered, AT(10, 0), AT(10, 30))},
         &problem_no_slot},
        {"10:15, the first is missing",
         {SET(start, AT(10, 15)), IN(offered, AT(10, 30), AT(11, 0))},
         &problem_no_slot},
        {"31 minutes need the next one",
         {SET(duration_minutes, 31), IN(offered, AT(10, 0), AT(10, 30))},
         &problem_no_slot},
    };
    EXPECT_ROWS(rows);
}

Test(rules, nobody_is_in_two_places_at_once)
{
    static const struct row rows[] = {
        {"the doctor, all of it", {IN(doctor_busy, AT(10, 0), AT(10, 30))}, &problem_doctor_busy},
        {"the doctor until then", {IN(doctor_busy, AT(9, 30), AT(10, 0))}, NULL},
        {"the doctor a minute longer",
         {IN(doctor_busy, AT(9, 30), AT(10, 1))},
         &problem_doctor_busy},
        {"the doctor right after", {IN(doctor_busy, AT(10, 30), AT(11, 0))}, NULL},
        {"the doctor at its end", {IN(doctor_busy, AT(10, 15), AT(11, 0))}, &problem_doctor_busy},
        {"the doctor in between",
         {SET(duration_minutes, 60), IN(doctor_busy, AT(10, 15), AT(10, 45))},
         &problem_doctor_busy},
        {"the patient, all of it",
         {IN(patient_busy, AT(10, 0), AT(10, 30))},
         &problem_patient_busy},
        {"the patient until then", {IN(patient_busy, AT(9, 30), AT(10, 0))}, NULL},
        {"the patient a minute longer",
         {IN(patient_busy, AT(9, 30), AT(10, 1))},
         &problem_patient_busy},
        {"the patient right after", {IN(patient_busy, AT(10, 30), AT(11, 0))}, NULL},
        {"the patient at its end",
         {IN(patient_busy, AT(10, 15), AT(11, 0))},
         &problem_patient_busy},
    };
    EXPECT_ROWS(rows);
}

Test(rules, every_half_hour_that_is_touched_needs_room)
{
    static const struct row rows[] = {
        {"full", {IN(full, AT(10, 0), AT(10, 30))}, &problem_slot_full},
        {"the one before", {IN(full, AT(9, 30), AT(10, 0))}, NULL},
        {"the one after", {IN(full, AT(10, 30), AT(11, 0))}, NULL},
        {"10:15 touches the first",
         {SET(start, AT(10, 15)), IN(full, AT(10, 0), AT(10, 30))},
         &problem_slot_full},
        {"10:15 touches the second",
         {SET(start, AT(10, 15)), IN(full, AT(10, 30), AT(11, 0))},
         &problem_slot_full},
    };
    EXPECT_ROWS(rows);
}

/*
 * A way to break each rule at 10:00 that leaves the others alone, in the order of the contract.
 * (Whoever is late has also given no notice.)
 */
static const struct {
    const struct problem *problem;
    struct change change;
} breaches[] = {
    {&problem_doctor_inactive, NOT(doctor_active)},
    {&problem_treatment_inactive, NOT(treatment_active)},
    {&problem_not_quarter_hour, SET(start, AT(10, 7))},
    {&problem_nonexistent_time, IN(skipped, AT(10, 0), AT(11, 0))},
    {&problem_in_the_past, SET(now, AT(11, 0))},
    {&problem_too_soon, SET(min_notice_minutes, 2 * DAY)},
    {&problem_too_far, SET(days_ahead, 181)},
    {&problem_closed, YES(closed)},
    {&problem_lunch_time, SET(lunch_start, AT(10, 0))},
    {&problem_outside_hours, SET(closes_at, AT(10, 15))},
    {&problem_no_slot, IN(offered, 0, 0)},
    {&problem_doctor_away, YES(doctor_away)},
    {&problem_doctor_busy, IN(doctor_busy, AT(9, 45), AT(10, 15))},
    {&problem_patient_busy, IN(patient_busy, AT(9, 45), AT(10, 15))},
    {&problem_slot_full, IN(full, AT(10, 0), AT(10, 30))},
};

enum { BREACHES = sizeof breaches / sizeof *breaches };

Test(rules, the_first_in_the_contracts_order_is_named)
{
    for (int first = 0; first < BREACHES; first++)
        for (int second = first; second < BREACHES; second++) {
            struct day day = usual_day();
            change_day(&day, &breaches[second].change);
            change_day(&day, &breaches[first].change);
            const struct problem *verdict = day_verdict(&day);
            cr_expect_eq(verdict, breaches[first].problem, "%s and %s: %s",
                         code_of(breaches[first].problem), code_of(breaches[second].problem),
                         code_of(verdict));
        }
}

Test(rules, all_that_is_wrong_is_told_one_after_the_other)
{
    for (int first = 0; first < BREACHES; first++) {
        struct day day = usual_day();
        for (int i = first; i < BREACHES; i++)
            change_day(&day, &breaches[i].change);
        cr_expect_eq(day_verdict(&day), breaches[first].problem, "%s: %s",
                     code_of(breaches[first].problem), code_of(day_verdict(&day)));
    }
}

/* The same rules once more, as somebody with a calendar and a pencil would apply them. */
static bool marked(quarters mask, int minute)
{
    return minute < DAY && (mask >> (minute / 15) & 1) != 0;
}

static const struct problem *stays_off(const struct day *day, const struct problem *problem,
                                       quarters mask)
{
    for (int minute = day->start; minute < day->start + day->duration_minutes; minute++)
        if (marked(mask, minute))
            return problem;
    return NULL;
}

static const struct problem *stays_off_lunch(const struct day *day)
{
    for (int minute = day->start; minute < day->start + day->duration_minutes; minute++)
        if (minute >= day->lunch_start && minute < day->lunch_end)
            return &problem_lunch_time;
    return NULL;
}

static const struct problem *stays_within_hours(const struct day *day)
{
    for (int minute = day->start; minute < day->start + day->duration_minutes; minute++)
        if (minute < day->opens_at || minute >= day->closes_at)
            return &problem_outside_hours;
    return NULL;
}

static const struct problem *has_slots(const struct day *day)
{
    for (int minute = day->start; minute < day->start + day->duration_minutes; minute++)
        if (!marked(day->offered, minute))
            return &problem_no_slot;
    return NULL;
}

static const struct problem *pencil_verdict(const struct day *day)
{
    if (!day->doctor_active)
        return &problem_doctor_inactive;
    if (!day->treatment_active)
        return &problem_treatment_inactive;
    if (day->start % 15)
        return &problem_not_quarter_hour;
    const struct problem *problem = stays_off(day, &problem_nonexistent_time, day->skipped);
    if (problem)
        return problem;
    if (day->start < day->now)
        return &problem_in_the_past;
    if (day->start - day->now < day->min_notice_minutes)
        return &problem_too_soon;
    if (day->days_ahead > day->max_days_ahead)
        return &problem_too_far;
    if (day->closed)
        return &problem_closed;
    problem = stays_off_lunch(day);
    if (!problem)
        problem = stays_within_hours(day);
    if (!problem)
        problem = has_slots(day);
    if (!problem && day->doctor_away)
        problem = &problem_doctor_away;
    if (!problem)
        problem = stays_off(day, &problem_doctor_busy, day->doctor_busy);
    if (!problem)
        problem = stays_off(day, &problem_patient_busy, day->patient_busy);
    return problem ? problem : stays_off(day, &problem_slot_full, day->full);
}

/* Random numbers that are the same on every run: xorshift64. */
static uint64_t state = 20270302;

static int below(int limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)((state >> 11) % (uint64_t)limit);
}

static bool one_in(int chances)
{
    return below(chances) == 0;
}

/* Some stretches of half an hour to two, here and there. */
static quarters some_stretches(int most)
{
    quarters mask = NO_QUARTERS;
    for (int i = below(most + 1); i > 0; i--) {
        int from = below(48) * 30;
        mask |= quarters_touched(from, from + 30 * (1 + below(4)));
    }
    return mask;
}

static struct day random_day(void)
{
    static const int durations[] = {30, 30, 30, 45, 60, 90, 120, 240, 480, DAY};
    struct day day = {
        .doctor_active = !one_in(30),
        .treatment_active = !one_in(30),
        .closed = one_in(30),
        .doctor_away = one_in(30),
        .duration_minutes = durations[below(sizeof durations / sizeof *durations)],
        .opens_at = below(48) * 15,
        .now = one_in(3) ? below(DAY) : -below(3 * DAY),
        .days_ahead = below(20),
        .min_notice_minutes = one_in(2) ? 0 : below(2 * DAY),
        .max_days_ahead = 18,
        .skipped = one_in(10) ? some_stretches(1) : NO_QUARTERS,
        .offered = one_in(3) ? ~some_stretches(3) : ALL_QUARTERS,
        .full = some_stretches(3),
        .doctor_busy = some_stretches(4),
        .patient_busy = some_stretches(2),
    };
    day.closes_at = one_in(5) ? DAY : day.opens_at + 15 * (1 + below((DAY - day.opens_at) / 15));
    day.lunch_start = below(96) * 15;
    day.lunch_end = one_in(4) ? day.lunch_start
                              : day.lunch_start + 15 * below((DAY - day.lunch_start) / 15 + 1);
    if (day.lunch_end - day.lunch_start > 90)
        day.lunch_end = day.lunch_start + 60;
    return day;
}

static void shift_the_hours(struct day *day)
{
    day->opens_at += below(15);
    day->closes_at -= below(15);
    day->lunch_start += below(15);
    day->lunch_end += below(15);
}

static int free_days; /* how many of the tried had a free start */

static void compare_with_pencil(struct day *day, bool exactly)
{
    quarters starts = day_free_starts(day);
    const struct problem *refusals[QUARTERS_PER_DAY];
    day->start = 0;
    day_refusals(day, refusals);
    free_days += starts != NO_QUARTERS;
    cr_assert((starts & AFTER_MIDNIGHT) == 0, "starts after midnight");
    for (int quarter = 0; quarter < 96; quarter++) {
        day->start = quarter * 15;
        const struct problem *verdict = day_verdict(day), *expected = pencil_verdict(day);
        bool is_free = quarters_hold(starts, quarter);
        cr_assert_eq(is_free, verdict == NULL, "quarter %d: offered %d, verdict %s", quarter,
                     is_free, code_of(verdict));
        cr_assert_eq(refusals[quarter], verdict, "quarter %d: explained as %s, verdict %s", quarter,
                     code_of(refusals[quarter]), code_of(verdict));
        if (exactly || !verdict)
            cr_assert_eq(verdict, expected,
                         "%d minutes from quarter %d, open %d-%d, lunch %d-%d: %s, not %s",
                         day->duration_minutes, quarter, day->opens_at, day->closes_at,
                         day->lunch_start, day->lunch_end, code_of(verdict), code_of(expected));
    }
    day->start = below(96) * 15 + 1 + below(14);
    cr_assert_eq(day_verdict(day), pencil_verdict(day), "off the quarter-hour at %d", day->start);
}

Test(rules, offered_is_bookable_is_what_the_minutes_say)
{
    for (int i = 0; i < 4000; i++) {
        struct day day = random_day();
        if (i % 3 == 1)
            day.duration_minutes = 30 + below(120);
        if (i % 3 == 2)
            shift_the_hours(&day);
        compare_with_pencil(&day, true);
    }
    cr_expect(free_days > 1000, "only %d of the days had a free start", free_days);
}

/* Where neither the hours nor the treatment keep to the quarter-hour, a minute too few may be
 * offered, never one too many. */
Test(rules, odd_hours_and_odd_treatments_offer_nothing_that_is_closed)
{
    for (int i = 0; i < 2000; i++) {
        struct day day = random_day();
        day.duration_minutes = 30 + below(120);
        shift_the_hours(&day);
        compare_with_pencil(&day, false);
    }
    cr_expect(free_days > 500, "only %d of the days had a free start", free_days);
}
