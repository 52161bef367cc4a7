/* Workers remember what the hospital offers, and nobody can tell. */
#include "clinic.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "detour.h"

TestSuite(offer, .init = clinic_open, .fini = clinic_close);

static const char *const day_of_kim = "/availability/1/availability?date=2027-03-02&treatment_id=1";

static PGconn *connect_owner(void)
{
    PGconn *owner = PQconnectdb(clinic_url());
    cr_assert_eq(PQstatus(owner), CONNECTION_OK, "%s", PQerrorMessage(owner));
    return owner;
}

static void run(PGconn *owner, const char *statements)
{
    PGresult *result = PQexec(owner, statements);
    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(owner));
    PQclear(result);
}

/* Also when the change is made past the API. Each leaves another answer than the one before. */
Test(offer, what_is_changed_counts_for_the_next_request)
{
    static const struct {
        const char *change;
        const char *path;
        const char *now; /* a part of the answer */
    } changes[] = {
        {"UPDATE doctor SET name = 'Choi', department = 'surgery' WHERE id = 1", "/doctors",
         "\"Choi\", \"department\" : \"surgery\""},
        {"UPDATE doctor SET name = 'Chung' WHERE id = 1", "/doctors/1", "Chung"},
        {"UPDATE doctor SET department = 'ward' WHERE id = 1", "/doctors?department=ward", "Chung"},
        {"UPDATE treatment SET name = 'x-ray' WHERE id = 1", "/treatments", "x-ray"},
        {"UPDATE treatment SET name = 'scan' WHERE id = 1", "/treatments/1", "scan"},
        {"UPDATE treatment SET duration_minutes = 75 WHERE id = 1", day_of_kim,
         "\"duration_minutes\": 75"},
        {"UPDATE hospital SET opens_at = '11:45'", day_of_kim, "\"times\": [\"13:00\""},
        {"UPDATE hospital SET opens_at = '08:00'", day_of_kim, "\"times\": [\"09:00\""},
        {"UPDATE hospital_slot SET is_active = false WHERE start_time = '09:00'", day_of_kim,
         "\"times\": [\"09:30\""},
        {"INSERT INTO closure (first_day, last_day, doctor_id)"
         " VALUES ('2027-03-01', '2027-03-02', 1)",
         day_of_kim, "\"times\": []"},
        {"UPDATE closure SET doctor_id = 2", day_of_kim, "\"times\": [\"09:30\""},
        {"INSERT INTO closure (first_day, last_day) VALUES ('2027-03-02', '2027-03-02')",
         day_of_kim, "\"times\": []"},
        {"TRUNCATE closure", day_of_kim, "\"times\": [\"09:30\""},
        {"UPDATE doctor SET is_active = false WHERE id = 1", day_of_kim, "\"times\": []"},
        {"INSERT INTO doctor (id, name, department) OVERRIDING SYSTEM VALUE"
         " VALUES (77, 'Yoon', 'x-ray')",
         "/availability?from=2027-03-02&to=2027-03-02&treatment_id=1&department=x-ray&limit=1",
         "{\"doctor_id\": 77, \"start_time\": \"2027-03-02T09:30:00+09:00\"}"},
        {"UPDATE hospital SET time_zone = 'America/New_York'",
         "/availability?from=2027-03-02&to=2027-03-02&treatment_id=1&department=x-ray&limit=1",
         "\"2027-03-02T09:30:00-05:00\""},
        {"DELETE FROM doctor WHERE id = 77",
         "/availability?from=2027-03-02&to=2027-03-02&treatment_id=1&department=x-ray&limit=1",
         "{\"items\": []}"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct answer before = patient_api("GET", changes[i].path, NULL, NULL);
        cr_expect(!strstr(before.text, changes[i].now), "before %s", changes[i].change);
        sql("%s", changes[i].change);
        struct answer after = patient_api("GET", changes[i].path, NULL, NULL);
        cr_expect(strstr(after.text, changes[i].now), "%s: %s", changes[i].change, after.text);
    }
}

Test(offer, what_is_not_committed_does_not_count_and_nobody_waits_for_it)
{
    PGconn *owner = connect_owner();
    run(owner, "BEGIN; UPDATE treatment SET duration_minutes = 75 WHERE id = 2;"
               " UPDATE doctor SET name = 'Another' WHERE id = 2");
    expect_answer(patient_api("GET", day_of_kim, NULL, NULL), 200, "");
    book(1, 1, 1, "2027-03-02T10:00");
    struct answer still = patient_api(
        "GET", "/availability/1/availability?date=2027-03-02&treatment_id=2", NULL, NULL);
    cr_expect_str_eq(at(&still, "/duration_minutes"), "45");
    run(owner, "COMMIT");
    struct answer now = patient_api(
        "GET", "/availability/1/availability?date=2027-03-02&treatment_id=2", NULL, NULL);
    cr_expect_str_eq(at(&now, "/duration_minutes"), "75");
    PQfinish(owner);
}

Test(offer, while_it_is_the_same_it_is_not_read_again)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_divert_database(detour_open());
    clinic_start_worker(PATIENT_POOL);
    expect_answer(patient_api("GET", day_of_kim, NULL, NULL), 200, "");
    int before = detour_executed();
    for (int i = 0; i < 10; i++)
        expect_answer(patient_api("GET", day_of_kim, NULL, NULL), 200, "");
    cr_expect_eq(detour_executed() - before, 10);
}

static _Atomic int readers_at_work, answers;

/* How many answers had something of two states. */
static void *read_often(void *mixed)
{
    for (int i = 0; i < 400; i++) {
        struct answer day = patient_api("GET", day_of_kim, NULL, NULL);
        bool late = strstr(day.text, "\"times\": [\"10:00\"") != NULL;
        bool lasting = strstr(day.text, "\"duration_minutes\": 60") != NULL;
        if (day.status != 200)
            fprintf(stderr, "status %d\n", day.status);
        if (day.status != 200 || late != lasting)
            atomic_fetch_add((_Atomic int *)mixed, 1);
        atomic_fetch_add(&answers, 1);
    }
    atomic_fetch_sub(&readers_at_work, 1);
    return NULL;
}

/* The hospital opens at ten when the treatment takes an hour, else at nine; it changes with every
 * second answer. */
Test(offer, no_answer_is_made_of_two_states, .timeout = 60)
{
    enum { READERS = 4 };
    pthread_t readers[READERS];
    _Atomic int mixed = 0;
    int changes = 0;
    PGconn *owner = connect_owner();
    atomic_store(&readers_at_work, READERS);
    for (int i = 0; i < READERS; i++)
        cr_assert_eq(pthread_create(&readers[i], NULL, read_often, &mixed), 0);
    for (; atomic_load(&readers_at_work) > 0; changes++) {
        while (atomic_load(&readers_at_work) > 0 && atomic_load(&answers) < 2 * changes)
            sched_yield();
        run(owner, changes % 2
                       ? "BEGIN; UPDATE treatment SET duration_minutes = 30 WHERE id = 1;"
                         " UPDATE hospital SET opens_at = '09:00'; COMMIT"
                       : "BEGIN; UPDATE hospital SET opens_at = '10:00';"
                         " UPDATE treatment SET duration_minutes = 60 WHERE id = 1; COMMIT");
    }
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    PQfinish(owner);
    cr_expect_eq(mixed, 0, "%d answers of two states", mixed);
    cr_expect_gt(changes, 10);
}
