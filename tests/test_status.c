/* The life of an appointment: which status may follow which. */
#include "status.h"

#include <criterion/criterion.h>

enum { STATUSES = 6 };

/* "y": at any time. "b": only once the appointment has begun. "-": never. */
static const char may_follow[STATUSES][STATUSES + 1] = {
    /*  pending
     *  |confirmed
     *  ||arrived
     *  |||completed
     *  ||||cancelled
     *  |||||no_show   */
    "-y--y-", /* pending */
    "--yyyb", /* confirmed */
    "---yyb", /* arrived */
    "------", /* completed */
    "------", /* cancelled */
    "------", /* no_show */
};

Test(status, only_these_may_follow_each_other)
{
    for (int from = 0; from < STATUSES; from++)
        for (int to = 0; to < STATUSES; to++) {
            char when = may_follow[from][to];
            cr_expect_eq(status_may_change(statuses[from], statuses[to], false), when == 'y',
                         "%s to %s before it begins", statuses[from], statuses[to]);
            cr_expect_eq(status_may_change(statuses[from], statuses[to], true), when != '-',
                         "%s to %s once it has begun", statuses[from], statuses[to]);
        }
}

Test(status, what_is_no_status_leads_nowhere)
{
    static const char *const others[] = {"", "Pending", "pending ", "no-show", "canceled", "any"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (int j = 0; j < STATUSES; j++) {
            cr_expect(!status_may_change(others[i], statuses[j], true), "\"%s\" to %s", others[i],
                      statuses[j]);
            cr_expect(!status_may_change(statuses[j], others[i], true), "%s to \"%s\"", statuses[j],
                      others[i]);
        }
}
