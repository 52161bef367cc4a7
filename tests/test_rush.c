/* The two promises while many people want the same thing at once. */
#include "clinic.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void open_with_more_workers(void)
{
    clinic_open();
    clinic_start_worker(PATIENT_POOL);
}

TestSuite(rush, .init = open_with_more_workers, .fini = clinic_close);

enum { MOST = 256 };

struct rush {
    int statuses[MOST];
    const char *id;
};

static int count_of(const struct rush *rush, int count, int status)
{
    int found = 0;
    for (int i = 0; i < count; i++)
        found += rush->statuses[i] == status;
    return found;
}

/* Workers try again after a deadlock, so only PostgreSQL's count tells; it is complete once the
 * workers' sessions have ended. */
static void expect_no_deadlock(void)
{
    clinic_stop_workers(PATIENT_POOL);
    clinic_stop_workers(ADMIN_POOL);
    while (atoi(sql("SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = 'hospital'")) > 0)
        ;
    cr_expect_str_eq(sql("SELECT deadlocks FROM pg_stat_database"
                         " WHERE datname = current_database()"),
                     "0");
}

/* The counters and the doctors' days say what a recount says, and nothing overlaps. */
static void expect_promises_kept(void)
{
    cr_expect_str_eq(
        sql("WITH recount AS ("
            "    SELECT doctor_id, lower(during)::date AS day, bit_or(quarters_touched(during)) AS busy"
            "      FROM appointment"
            "     WHERE status <> 'cancelled' GROUP BY 1, 2)"
            " SELECT count(*) FROM doctor_day d FULL JOIN recount r USING (doctor_id, day)"
            "  WHERE d.busy IS DISTINCT FROM coalesce(r.busy, B'0'::bit(96))"),
        "0");
    cr_expect_str_eq(
        sql("WITH recount AS ("
            "    SELECT half_hour::date AS day, half_hour::time AS start_time, count(*) AS booked"
            "      FROM appointment, half_hours_touched(during) AS half_hour"
            "     WHERE status <> 'cancelled' GROUP BY 1, 2)"
            " SELECT count(*) FROM slot_day FULL JOIN recount USING (day, start_time)"
            "  WHERE coalesce(slot_day.booked, 0) <> coalesce(recount.booked, 0)"
            "     OR recount.booked > slot_day.capacity + slot_day.allowed"),
        "0");
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment a JOIN appointment b"
                         "    ON a.id < b.id AND a.during && b.during"
                         "   AND (a.doctor_id = b.doctor_id OR a.patient_id = b.patient_id)"
                         " WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'"),
                     "0");
    expect_no_deadlock();
}

static void book_the_same_time(int number, void *shared)
{
    struct rush *rush = shared;
    rush->statuses[number] = book(number + 1, 1, 1, "2027-03-02T10:15").status;
}

Test(rush, of_64_who_want_one_time_one_gets_it)
{
    struct rush rush = {0};
    at_once(64, book_the_same_time, &rush);
    cr_expect_eq(count_of(&rush, 64, 201), 1);
    cr_expect_eq(count_of(&rush, 64, 409), 63);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "1");
    expect_promises_kept();
}

/* Ten half-hours, twenty doctors who are all free: only the room is short. */
static void book_some_room(int number, void *shared)
{
    static const char *const starts[] = {"09:00", "09:30", "10:00", "10:30", "11:00",
                                         "13:00", "13:30", "14:00", "14:30", "15:00"};
    struct rush *rush = shared;
    const char *start = text("2027-03-02T%s", starts[number % 10]);
    rush->statuses[number] = book(number + 1, 5 + number / 10, 1, start).status;
}

Test(rush, two_hundred_who_want_thirty_places_get_thirty)
{
    struct rush rush = {0};
    sql("INSERT INTO doctor (name, department)"
        " SELECT 'Doctor ' || n, 'surgery' FROM generate_series(1, 20) AS n");
    at_once(200, book_some_room, &rush);
    cr_expect_eq(count_of(&rush, 200, 201), 30);
    cr_expect_eq(count_of(&rush, 200, 409), 170);
    cr_expect_str_eq(sql("SELECT count(*) || ' ' || min(booked) || ' ' || max(booked)"
                         "  FROM slot_day"),
                     "10 3 3");
    expect_promises_kept();
}

static void cancel_the_same(int number, void *shared)
{
    struct rush *rush = shared;
    rush->statuses[number] =
        patient_api("PATCH", text("/appointments/%s/cancel", rush->id), patient_token(1), NULL)
            .status;
}

Test(rush, many_cancellations_of_one_appointment_count_once)
{
    struct answer booked = book(1, 1, 2, "2027-03-02T10:15");
    struct rush rush = {.id = at(&booked, "/id")};
    at_once(16, cancel_the_same, &rush);
    cr_expect_eq(count_of(&rush, 16, 200), 16);
    cr_expect_str_eq(sql("SELECT version FROM appointment"), "2");
    expect_promises_kept();
}

/* Books, cancels and leads through the day whatever comes to hand, each by its own dice. */
static void do_anything(int number, void *shared)
{
    (void)shared;
    unsigned dice = (unsigned)number + 1;
    for (int i = 0; i < 40; i++) {
        int64_t patient = 1 + rand_r(&dice) % 12;
        const char *start =
            text("2027-03-02T%02d:%02d", 9 + rand_r(&dice) % 9, rand_r(&dice) % 4 * 15);
        struct answer booked = book(patient, 1 + rand_r(&dice) % 3, 1 + rand_r(&dice) % 3, start);
        if (booked.status == 201 && rand_r(&dice) % 2)
            patient_api("PATCH", text("/appointments/%s/cancel", at(&booked, "/id")),
                        patient_token(patient), NULL);
        cr_expect(booked.status == 201 || booked.status == 409 || booked.status == 422, "%d %s",
                  booked.status, booked.text);
    }
}

Test(rush, a_storm_of_bookings_and_cancellations_keeps_both_promises)
{
    at_once(12, do_anything, NULL);
    cr_expect_neq(atoi(sql("SELECT count(*) FROM appointment")), 0);
    expect_promises_kept();
}

static void book_each_doctor(int number, void *shared)
{
    struct rush *rush = shared;
    rush->statuses[number] = book(1, number % 3 + 1, 1, "2027-03-02T10:00").status;
}

Test(rush, a_patient_who_wants_all_doctors_at_once_gets_one)
{
    for (int round = 0; round < 5; round++) {
        struct rush rush = {0};
        sql("DELETE FROM appointment");
        at_once(12, book_each_doctor, &rush);
        cr_expect_eq(count_of(&rush, 12, 201), 1);
        cr_expect_eq(count_of(&rush, 12, 409), 11);
    }
    expect_promises_kept();
}

static void book_with_kim(int number, void *shared)
{
    struct rush *rush = shared;
    rush->statuses[number] =
        number == 8 ? admin_api("DELETE", "/doctors/1", staff_token("admin"), NULL).status
                    : book(number + 1, 1, 1, text("2027-03-02T%02d:00", 9 + number)).status;
}

Test(rush, a_doctor_is_never_both_hidden_and_booked)
{
    for (int round = 0; round < 5; round++) {
        struct rush rush = {0};
        sql("DELETE FROM appointment");
        sql("UPDATE doctor SET is_active = true");
        at_once(9, book_with_kim, &rush);
        bool hidden = rush.statuses[8] == 204;
        cr_expect(hidden || rush.statuses[8] == 409, "%d", rush.statuses[8]);
        cr_expect_eq(hidden, count_of(&rush, 8, 201) == 0, "%d booked, hiding answered %d",
                     count_of(&rush, 8, 201), rush.statuses[8]);
    }
    expect_no_deadlock();
}

struct second {
    const char *hides; /* what is hidden; NULL: a booking */
    struct answer answer;
};

static void *come_second(void *shared)
{
    struct second *second = shared;
    second->answer = second->hides ? admin_api("DELETE", second->hides, staff_token("admin"), NULL)
                                   : book(1, 1, 1, "2027-03-02T10:00");
    return NULL;
}

static struct answer while_under_way(const char *first, const char *hides)
{
    struct second second = {.hides = hides};
    pthread_t thread;
    sql("BEGIN");
    sql("%s", first);
    cr_assert_eq(pthread_create(&thread, NULL, come_second, &second), 0);
    clinic_await_locks(1);
    sql("COMMIT");
    pthread_join(thread, NULL);
    return second.answer;
}

/* The two orders made certain. */
Test(rush, of_booking_and_hiding_the_second_sees_the_first)
{
    static const struct {
        const char *table, *path, *code;
    } rows[] = {{"doctor", "/doctors/1", "doctor_inactive"},
                {"treatment", "/treatments/1", "treatment_inactive"}};
    for (int i = 0; i < 2; i++) {
        expect_answer(
            while_under_way("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
                            " VALUES (1, 1, 1, '[2027-03-02 10:00, 2027-03-02 10:30)')",
                            rows[i].path),
            409, "in_use");
        sql("DELETE FROM appointment");
        expect_answer(
            while_under_way(text("UPDATE %s SET is_active = false WHERE id = 1", rows[i].table),
                            NULL),
            422, rows[i].code);
        sql("UPDATE %s SET is_active = true WHERE id = 1", rows[i].table);
    }
}

static void *book_two_slots(void *answer)
{
    *(struct answer *)answer = book(1, 1, 2, "2027-03-02T10:00");
    return NULL;
}

/* Whoever waits for the first slot holds no later one: closures count on it. */
Test(rush, slots_are_locked_in_time_order)
{
    pthread_t thread;
    struct answer booked;
    sql("SELECT slot_day_open('[2027-03-02 10:00, 2027-03-02 11:00)')");
    sql("BEGIN");
    sql("SELECT FROM slot_day WHERE start_time = '10:00' FOR UPDATE");
    cr_assert_eq(pthread_create(&thread, NULL, book_two_slots, &booked), 0);
    clinic_await_locks(1);
    sql("SELECT FROM slot_day WHERE start_time = '10:30' FOR UPDATE NOWAIT");
    sql("COMMIT");
    pthread_join(thread, NULL);
    expect_answer(booked, 201, "");
}

/* Appointments 1 and 2, of Kim and of Lee, each to the other doctor and another time. */
static void move_to_the_other_doctor(int number, void *shared)
{
    (void)shared;
    for (int i = 0; i < 20; i++) {
        struct answer moved =
            admin_api("PATCH", text("/appointments/%d", number + 1), staff_token("desk"),
                      text("{\"start_time\": \"2027-03-02T%02d:00\", \"doctor_id\": %d}",
                           9 + number * 4 + i % 2, 1 + (number + i + 1) % 2));
        expect_answer(moved, 200, "");
    }
}

/* They share no slot, so only the order in which doctors' days are locked keeps them apart. */
Test(rush, two_who_exchange_doctors_at_other_times_never_deadlock)
{
    expect_answer(book(1, 1, 1, "2027-03-02T10:00"), 201, "");
    expect_answer(book(2, 2, 1, "2027-03-02T14:00"), 201, "");
    at_once(2, move_to_the_other_doctor, NULL);
    expect_promises_kept();
}

/* Patient number + 1 has an appointment at 9:00 with doctor number + 1, and all want Kim at 15:00.
 */
static void move_to_the_same_time(int number, void *shared)
{
    struct rush *rush = shared;
    rush->statuses[number] =
        patient_api("PATCH", text("/appointments/%d", number + 1), patient_token(number + 1),
                    "{\"start_time\": \"2027-03-02T15:00\", \"doctor_id\": 1}")
            .status;
}

Test(rush, of_many_who_move_to_one_time_one_gets_it_and_the_others_keep_theirs)
{
    enum { MOVERS = 24 };
    struct rush rush = {0};
    sql("UPDATE hospital_slot SET max_capacity = 100");
    sql("INSERT INTO doctor (name, department) SELECT 'D' || n, 'x' FROM generate_series(5, 24) n");
    sql("UPDATE doctor SET is_active = true");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " SELECT n, n, 1, '[2027-03-02 09:00, 2027-03-02 09:30)' FROM generate_series(1, 24) AS n"
        "  ORDER BY n");
    at_once(MOVERS, move_to_the_same_time, &rush);
    cr_expect_eq(count_of(&rush, MOVERS, 200), 1);
    cr_expect_eq(count_of(&rush, MOVERS, 409), MOVERS - 1);
    cr_expect_str_eq(sql("SELECT count(*) FILTER (WHERE lower(during)::time = '09:00') || ' ' ||"
                         "       count(*) FILTER (WHERE lower(during)::time = '15:00')"
                         "  FROM appointment"),
                     "23 1");
    expect_promises_kept();
}

/* 1 is at 9:00 and wants 14:00, where 2 is, who wants 9:00; and again, as often as it takes. */
static void swap_places(int number, void *shared)
{
    struct rush *rush = shared;
    const char *start = number % 2 ? "09:00" : "14:00";
    rush->statuses[number] = patient_api("PATCH", text("/appointments/%d", number % 2 + 1),
                                         patient_token(number % 2 + 1),
                                         text("{\"start_time\": \"2027-03-02T%s\"}", start))
                                 .status;
}

Test(rush, two_who_swap_places_both_stay_where_they_are)
{
    for (int round = 0; round < 10; round++) {
        struct rush rush = {0};
        sql("DELETE FROM appointment");
        sql("ALTER SEQUENCE appointment_id_seq RESTART");
        sql("ALTER TABLE appointment_history DISABLE TRIGGER USER");
        sql("DELETE FROM appointment_history");
        expect_answer(book(1, 1, 1, "2027-03-02T09:00"), 201, "");
        expect_answer(book(2, 1, 1, "2027-03-02T14:00"), 201, "");
        at_once(16, swap_places, &rush);
        cr_expect_eq(count_of(&rush, 16, 409), 16);
        cr_expect_str_eq(sql("SELECT string_agg(lower(during)::time::text, ' ' ORDER BY id)"
                             "  FROM appointment"),
                         "09:00:00 14:00:00");
    }
    expect_promises_kept();
}

static void move_or_cancel(int number, void *shared)
{
    struct rush *rush = shared;
    rush->statuses[number] =
        number % 2 ? patient_api("PATCH", text("/appointments/%s/cancel", rush->id),
                                 patient_token(1), NULL)
                         .status
                   : patient_api("PATCH", text("/appointments/%s", rush->id), patient_token(1),
                                 text("{\"start_time\": \"2027-03-02T%d:00\"}", 13 + number / 2))
                         .status;
}

Test(rush, a_move_that_races_a_cancellation_neither_revives_nor_doubles)
{
    for (int round = 0; round < 10; round++) {
        struct rush rush = {0};
        struct answer booked = book(1, 1, 1, "2027-03-02T16:00");
        rush.id = at(&booked, "/id");
        at_once(6, move_or_cancel, &rush);
        for (int i = 0; i < 6; i++)
            cr_expect(rush.statuses[i] == 200 || (i % 2 == 0 && rush.statuses[i] == 409), "%d",
                      rush.statuses[i]);
        cr_expect_str_eq(sql("SELECT status FROM appointment WHERE id = %s", rush.id), "cancelled");
        cr_expect_str_eq(sql("SELECT count(*) = max(version) FROM appointment_history"
                             " WHERE appointment_id = %s",
                             rush.id),
                         "t");
    }
    cr_expect_str_eq(sql("SELECT sum(booked) FROM slot_day"), "0");
    expect_promises_kept();
}

/* Everybody moves anywhere, within one morning of three doctors. */
static void move_about(int number, void *shared)
{
    (void)shared;
    unsigned dice = (unsigned)number + 7;
    for (int i = 0; i < 15; i++) {
        int minute = rand_r(&dice) % 11 * 15;
        struct answer moved = patient_api(
            "PATCH", text("/appointments/%d", number + 1), patient_token(number + 1),
            text("{\"start_time\": \"2027-03-0%dT%02d:%02d\", \"doctor_id\": %d}",
                 2 + rand_r(&dice) % 2 * 2, 9 + minute / 60, minute % 60, 1 + rand_r(&dice) % 3));
        cr_expect(moved.status == 200 || moved.status == 409, "%s", moved.text);
    }
}

Test(rush, a_storm_of_moves_keeps_both_promises)
{
    enum { MOVERS = 16 };
    for (int i = 0; i < MOVERS; i++)
        expect_answer(
            book(i + 1, 1 + i % 3, 1, text("2027-03-02T1%d:%02d", 3 + i / 6, i / 3 % 2 * 30)), 201,
            "");
    at_once(MOVERS, move_about, NULL);
    cr_expect_str_eq(sql("SELECT count(*) FROM appointment"), "16");
    expect_promises_kept();
}

/* Rivals in psql, who ask no rule first: three doctors and one morning, straight into the guards.
 */
static void insert_on_three_doctors(int number, void *shared)
{
    int *deadlocks = shared;
    unsigned dice = (unsigned)number + 1;
    PGconn *own = PQconnectdb(clinic_url());
    for (int i = 0; i < 40; i++) {
        int start = rand_r(&dice) % 9 * 15;
        PGresult *result = PQexec(
            own, text("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
                      " VALUES (%d, %d, 1, tsrange('2027-03-02 09:00'::timestamp + '%d minutes',"
                      "                            '2027-03-02 09:00'::timestamp + '%d minutes'))",
                      1 + rand_r(&dice) % 3, 1 + number * 16 + i % 16, start,
                      start + 30 + rand_r(&dice) % 3 * 15));
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        deadlocks[number] += state && strcmp(state, "40P01") == 0;
        PQclear(result);
        /* One at a time: several rows of a statement are locked in no order. */
        PQclear(PQexec(own, text("DELETE FROM appointment WHERE id ="
                                 "    (SELECT min(id) FROM appointment WHERE patient_id = %d)",
                                 1 + number * 16 + rand_r(&dice) % 16)));
    }
    PQfinish(own);
}

Test(rush, rivals_queue_on_the_slots_and_never_deadlock)
{
    int deadlocks[16] = {0};
    at_once(16, insert_on_three_doctors, deadlocks);
    for (int i = 0; i < 16; i++)
        cr_expect_eq(deadlocks[i], 0);
    expect_promises_kept();
}
