/* The mask of a day's quarter-hours, compared with counting one by one. */
#include "quarters.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>

#define BIT(QUARTER) (((quarters)1) << (QUARTER))

static bool bit(quarters mask, int quarter)
{
    return (mask >> quarter & 1) != 0;
}

/* Both halves of a mask, for a message. */
#define HALVES     "%016" PRIx64 "%016" PRIx64
#define HALF(MASK) (uint64_t)((MASK) >> 64), (uint64_t)(MASK)

#define EXPECT_MASK(ACTUAL, EXPECTED, FORMAT, ...)                                                 \
    do {                                                                                           \
        quarters actual_ = (ACTUAL), expected_ = (EXPECTED);                                       \
        cr_expect(actual_ == expected_, FORMAT ": " HALVES ", not " HALVES, __VA_ARGS__,           \
                  HALF(actual_), HALF(expected_));                                                 \
    } while (0)

/* Random numbers that are the same on every run: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A mask of all 128 bits, of which one in 2 to the power of `thinness` is set. */
static quarters random_mask(uint64_t *state, int thinness)
{
    quarters mask = ~NO_QUARTERS;
    for (; thinness > 0; thinness--)
        mask &= (quarters)next_random(state) << 64 | next_random(state);
    return mask;
}

Test(quarters, a_begun_quarter_counts)
{
    static const struct {
        int minutes, quarters;
    } rows[] = {
        {0, 0},     {1, 1},     {14, 1},    {15, 1},
        {16, 2},    {29, 2},    {30, 2},    {31, 3},
        {45, 3},    {60, 4},    {61, 5},    {1425, 95},
        {1426, 96}, {1440, 96}, {1441, 97}, {INT_MAX, 143165577},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(quarters_needed(rows[i].minutes), rows[i].quarters, "%d minutes need %d",
                     rows[i].minutes, quarters_needed(rows[i].minutes));
}

Test(quarters, a_day_has_96_and_the_rest_is_after_midnight)
{
    for (int quarter = 0; quarter < 128; quarter++) {
        cr_expect_eq(bit(ALL_QUARTERS, quarter), quarter < 96, "quarter %d", quarter);
        cr_expect_eq(bit(AFTER_MIDNIGHT, quarter), quarter >= 96, "quarter %d", quarter);
    }
}

Test(quarters, a_stretch_touches_what_it_begins_and_holds_what_it_fills)
{
    static const struct {
        const char *what;
        int from, to;
        quarters touched, within;
    } rows[] = {
        {"a whole quarter", 600, 615, BIT(40), BIT(40)},
        {"a minute less", 600, 614, BIT(40), NO_QUARTERS},
        {"a minute more", 600, 616, BIT(40) | BIT(41), BIT(40)},
        {"a minute later", 601, 616, BIT(40) | BIT(41), NO_QUARTERS},
        {"the last minute of one, the first of the next", 614, 616, BIT(40) | BIT(41), NO_QUARTERS},
        {"one minute", 607, 608, BIT(40), NO_QUARTERS},
        {"nothing, on the quarter", 600, 600, NO_QUARTERS, NO_QUARTERS},
        {"nothing, between quarters", 607, 607, NO_QUARTERS, NO_QUARTERS},
        {"backwards", 630, 600, NO_QUARTERS, NO_QUARTERS},
        {"backwards within one quarter", 608, 607, NO_QUARTERS, NO_QUARTERS},
        {"the whole day", 0, 1440, ALL_QUARTERS, ALL_QUARTERS},
        {"all but its first and last minute", 1, 1439, ALL_QUARTERS,
         ALL_QUARTERS & ~BIT(0) & ~BIT(95)},
        {"the first quarter", 0, 15, BIT(0), BIT(0)},
        {"the last quarter", 1425, 1440, BIT(95), BIT(95)},
        {"from the day before", -30, 15, BIT(0), BIT(0)},
        {"from just before midnight", -1, 1, BIT(0), NO_QUARTERS},
        {"up to midnight", -30, 0, NO_QUARTERS, NO_QUARTERS},
        {"wholly on the day before", -30, -15, NO_QUARTERS, NO_QUARTERS},
        {"into the day after", 1425, 1500, BIT(95), BIT(95)},
        {"past midnight from within a quarter", 1430, 1500, BIT(95), NO_QUARTERS},
        {"from midnight on", 1440, 1500, NO_QUARTERS, NO_QUARTERS},
        {"wholly on the day after", 1500, 1560, NO_QUARTERS, NO_QUARTERS},
        {"from ever to ever", INT_MIN, INT_MAX, ALL_QUARTERS, ALL_QUARTERS},
        {"until ever", 1425, INT_MAX, BIT(95), BIT(95)},
        {"from ever", INT_MIN, 15, BIT(0), BIT(0)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EXPECT_MASK(quarters_touched(rows[i].from, rows[i].to), rows[i].touched, "%s touches",
                    rows[i].what);
        EXPECT_MASK(quarters_within(rows[i].from, rows[i].to), rows[i].within, "%s holds",
                    rows[i].what);
    }
}

/* Whether a stretch shares a minute with a quarter, and whether it has all of them. */
static bool touches(int from, int to, int quarter)
{
    for (int minute = quarter * 15; minute < quarter * 15 + 15; minute++)
        if (minute >= from && minute < to)
            return true;
    return false;
}

static bool fills(int from, int to, int quarter)
{
    for (int minute = quarter * 15; minute < quarter * 15 + 15; minute++)
        if (minute < from || minute >= to)
            return false;
    return true;
}

Test(quarters, stretches_are_what_their_minutes_are)
{
    uint64_t state = 20270302;
    for (int i = 0; i < 3000; i++) {
        int from = (int)(next_random(&state) % 1600) - 80;
        int length = (int)(next_random(&state) % (i % 3 ? 50 : 1600)) - 5;
        quarters touched = NO_QUARTERS, within = NO_QUARTERS;
        for (int quarter = 0; quarter < 96; quarter++) {
            touched |= touches(from, from + length, quarter) ? BIT(quarter) : NO_QUARTERS;
            within |= fills(from, from + length, quarter) ? BIT(quarter) : NO_QUARTERS;
        }
        EXPECT_MASK(quarters_touched(from, from + length), touched, "touched from %d, %d minutes",
                    from, length);
        EXPECT_MASK(quarters_within(from, from + length), within, "within from %d, %d minutes",
                    from, length);
    }
}

Test(quarters, a_stretch_reaches_into_lunch)
{
    const quarters lunch = quarters_within(12 * 60, 13 * 60);
    static const struct {
        int count, first, last; /* quarters */
    } rows[] = {
        {1, 48, 51}, {2, 47, 51}, {3, 46, 51}, {4, 45, 51}, {7, 42, 51}, {49, 0, 51}, {96, 0, 51},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT_MASK(quarters_reaching(lunch, rows[i].count),
                    quarters_within(rows[i].first * 15, rows[i].last * 15 + 15), "%d quarters",
                    rows[i].count);
}

Test(quarters, a_stretch_reaches_past_midnight)
{
    for (int count = 1; count <= 96; count++)
        EXPECT_MASK(quarters_reaching(AFTER_MIDNIGHT, count),
                    quarters_within((97 - count) * 15, 1440), "%d quarters", count);
    EXPECT_MASK(quarters_reaching(BIT(96), 2), BIT(95), "%s", "the first quarter after midnight");
    EXPECT_MASK(quarters_reaching(BIT(97), 2), NO_QUARTERS, "%s", "the second is too far off");
    EXPECT_MASK(quarters_reaching(BIT(97), 3), BIT(95), "%s", "but not for three quarters");
    EXPECT_MASK(quarters_reaching(BIT(127), 96), ALL_QUARTERS & ~(BIT(32) - 1), "%s",
                "the last that the mask knows");
}

Test(quarters, a_stretch_of_more_than_a_day_reaches_all_that_is_left_of_it)
{
    const quarters masks[] = {NO_QUARTERS, BIT(0), BIT(95), ALL_QUARTERS, AFTER_MIDNIGHT};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        EXPECT_MASK(quarters_reaching(masks[i], INT_MIN), NO_QUARTERS, "%zu: least", i);
        EXPECT_MASK(quarters_reaching(masks[i], -1), NO_QUARTERS, "%zu: -1", i);
        EXPECT_MASK(quarters_reaching(masks[i], 0), NO_QUARTERS, "%zu: 0", i);
        EXPECT_MASK(quarters_reaching(masks[i], 1), masks[i] & ALL_QUARTERS, "%zu: 1", i);
        EXPECT_MASK(quarters_reaching(masks[i], INT_MAX), quarters_reaching(masks[i], 97),
                    "%zu: most", i);
    }
    EXPECT_MASK(quarters_reaching(NO_QUARTERS, 97), NO_QUARTERS, "%s", "nothing there");
    EXPECT_MASK(quarters_reaching(BIT(0), 97), BIT(0), "%s", "its first quarter");
    EXPECT_MASK(quarters_reaching(BIT(95), 97), ALL_QUARTERS, "%s", "its last quarter");
    EXPECT_MASK(quarters_reaching(AFTER_MIDNIGHT, 97), ALL_QUARTERS, "%s", "past midnight");
    EXPECT_MASK(quarters_reaching(NO_QUARTERS, 96), NO_QUARTERS, "%s", "a day, nothing there");
    EXPECT_MASK(quarters_reaching(BIT(0), 96), BIT(0), "%s", "a day, its first quarter");
    EXPECT_MASK(quarters_reaching(BIT(95), 96), ALL_QUARTERS, "%s", "a day, its last quarter");
}

Test(quarters, reaching_is_what_trying_every_quarter_finds)
{
    uint64_t state = 96;
    for (int i = 0; i < 48; i++) {
        quarters mask = random_mask(&state, i % 8);
        if (i % 2)
            mask &= ALL_QUARTERS;
        for (int count = 1; count <= 96; count++) {
            quarters reaching = NO_QUARTERS;
            for (int start = 0; start < 96; start++)
                for (int q = start; q < start + count && q < 128; q++)
                    if (bit(mask, q)) {
                        reaching |= BIT(start);
                        break;
                    }
            EXPECT_MASK(quarters_reaching(mask, count), reaching, HALVES ", %d quarters",
                        HALF(mask), count);
        }
    }
}

Test(quarters, only_a_quarter_of_the_day_is_held)
{
    static const int outside[] = {INT_MIN, -96, -1, 96, 97, 127, 128, 256, INT_MAX};
    for (int quarter = 0; quarter < 96; quarter++) {
        cr_expect(quarters_hold(ALL_QUARTERS, quarter), "quarter %d", quarter);
        cr_expect(quarters_hold(BIT(quarter), quarter), "quarter %d alone", quarter);
        cr_expect(!quarters_hold(~BIT(quarter), quarter), "all but quarter %d", quarter);
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        cr_expect(!quarters_hold(~NO_QUARTERS, outside[i]), "quarter %d", outside[i]);
}
