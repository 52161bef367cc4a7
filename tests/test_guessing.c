/* Whoever guesses at logins learns nothing of who has one: neither from the answer nor from the
 * work that it takes, which is counted here and not timed. */
#include "clinic.h"

#include <stdio.h>
#include <string.h>

TestSuite(guessing, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* Fewer than would be too many. */
enum { GUESSES = 3 };

static const struct door {
    enum pool_name pool;
    const char *path, *field;
    const char *names[4]; /* the first is known, the others are not, or may not log in */
} doors[] = {
    {PATIENT_POOL,
     "/auth/patient/login",
     "phone",
     {"01012345678", "01099990000", "01070000003" /* has no password */, "+821099990000"}},
    {ADMIN_POOL,
     "/auth/login",
     "email",
     {"desk@example.com", "nobody@example.com", "viewer@example.com" /* has left */,
      "a@b.example"}},
};

/*
 * How many pages of memory the process has been given so far. A hash takes 19 MiB afresh and gives
 * them back: on most machines 4864 pages, and everything else that a login does, a few.
 */
static long pages_given(int process)
{
    long pages = 0;
    FILE *stat = fopen(text("/proc/%d/stat", process), "r");
    cr_assert(stat);
    cr_assert_eq(fscanf(stat, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %ld", &pages), 1);
    fclose(stat);
    return pages;
}

static struct answer guess(const struct door *door, const char *name)
{
    const char *body = text("{\"%s\": \"%s\", \"password\": \"a guess\"}", door->field, name);
    const char *const extra[] = {"REQUEST_ID", "guess", NULL};
    return ask(door->pool, "POST", door->path, NULL, body, strlen(body), extra);
}

static long work_of(const struct door *door, int worker, const char *name)
{
    long before = pages_given(worker);
    for (int i = 0; i < GUESSES; i++)
        expect_answer(guess(door, name), 401, "bad_credentials");
    return pages_given(worker) - before;
}

Test(guessing, who_is_unknown_is_answered_as_who_is_known_and_with_as_much_work)
{
    sql("UPDATE staff SET is_active = false WHERE email = 'viewer@example.com'");
    for (size_t d = 0; d < COUNT(doors); d++) {
        const struct door *door = &doors[d];
        clinic_stop_workers(door->pool);
        int worker = clinic_start_worker(door->pool);
        struct answer known = guess(door, door->names[0]); /* and what comes once has come */
        long expected = work_of(door, worker, door->names[0]);
        for (size_t i = 1; i < COUNT(door->names); i++) {
            struct answer got = guess(door, door->names[i]);
            cr_expect_str_eq(got.text, known.text);
            cr_expect_str_eq(got.head, known.head);
            long work = work_of(door, worker, door->names[i]);
            cr_expect(10 * work > 9 * expected && 10 * work < 11 * expected,
                      "%s takes %ld pages, %s %ld", door->names[0], expected, door->names[i], work);
        }
    }
}
