/* What is offered to who moves an appointment, and to the desk, is what they are accepted with. */
#include "clinic.h"

#include <stdlib.h>
#include <string.h>

TestSuite(applicant, .init = clinic_open, .fini = clinic_close);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

static struct answer as(enum pool_name pool, int64_t patient, const char *method, const char *path,
                        const char *body)
{
    return pool == PATIENT_POOL ? patient_api(method, path, patient_token(patient), body)
                                : admin_api(method, path, staff_token("desk"), body);
}

static bool offers(const struct answer *answer, const char *time)
{
    return strstr(at(answer, "/times"), text("\"%s\"", time)) != NULL;
}

/* Why a start is said to be refused; "(nothing)": it is not. */
static const char *explained(const struct answer *answer, const char *time)
{
    for (size_t i = 0; i < length_at(answer, "/refused"); i++)
        if (strcmp(at(answer, text("/refused/%zu/time", i)), time) == 0)
            return at(answer, text("/refused/%zu/code", i));
    return "(nothing)";
}

/* Fills two days at random; the hospital wants an hour's notice, and the first has begun. */
static void crowd(unsigned *dice)
{
    for (int i = 0; i < 45; i++)
        book(3 + rand_r(dice) % 20, 1 + rand_r(dice) % 3, 1 + rand_r(dice) % 3,
             text("2027-03-0%dT%02d:%02d", 2 + i % 2, 9 + rand_r(dice) % 9, rand_r(dice) % 4 * 15));
    sql("UPDATE slot_day SET capacity = greatest(booked, 1) WHERE random() < 0.5");
    sql("UPDATE treatment SET duration_minutes = 60 WHERE id = 1");
    sql("UPDATE hospital SET min_notice_minutes = 60");
    clinic_set_clock("2027-03-02 09:07");
}

/* What is sought: a doctor, a treatment and a day, perhaps for an appointment that is there. */
struct sought {
    enum pool_name pool;
    int64_t doctor, treatment, patient, moving;
    const char *date;
};

static struct answer offered(const struct sought *sought)
{
    const char *whose = sought->moving ? text("&moving=%lld", (long long)sought->moving)
                        : sought->pool == ADMIN_POOL
                            ? text("&patient_id=%lld", (long long)sought->patient)
                            : "";
    struct answer answer =
        as(sought->pool, sought->patient, "GET",
           text("/availability/%lld/availability?date=%s&treatment_id=%lld&explain=true%s",
                (long long)sought->doctor, sought->date, (long long)sought->treatment, whose),
           NULL);
    expect_answer(answer, 200, "");
    return answer;
}

/* Books or moves to a time of the day. */
static struct answer take(const struct sought *sought, const char *time)
{
    const char *whom = sought->pool == ADMIN_POOL && !sought->moving
                           ? text("\"patient_id\": %lld, ", (long long)sought->patient)
                           : "";
    const char *body =
        text("{%s\"doctor_id\": %lld, \"treatment_id\": %lld, \"start_time\": \"%sT%s\"}", whom,
             (long long)sought->doctor, (long long)sought->treatment, sought->date, time);
    const char *path = text("/appointments/%lld", (long long)sought->moving);
    return as(sought->pool, sought->patient, sought->moving ? "PATCH" : "POST",
              sought->moving ? path : "/appointments", body);
}

/* Puts back what was taken. */
static void undo(const struct sought *sought, const struct answer *taken, const char *before)
{
    if (sought->moving)
        sql("UPDATE appointment SET (doctor_id, treatment_id, during) = (%s) WHERE id = %lld",
            before, (long long)sought->moving);
    else
        sql("DELETE FROM appointment WHERE id = %s", at(taken, "/id"));
}

static void try_each_quarter(const struct sought *sought)
{
    const char *before = sql("SELECT concat_ws(', ', doctor_id, treatment_id,"
                             "                 quote_literal(during) || '::tsrange')"
                             "  FROM appointment WHERE id = %lld",
                             (long long)sought->moving);
    struct answer offer = offered(sought);
    for (int quarter = 0; quarter < 96; quarter++) {
        const char *time = text("%02d:%02d", quarter / 4, quarter % 4 * 15);
        struct answer taken = take(sought, time);
        bool accepted = taken.status < 300, open = quarter >= 9 * 4 && quarter < 18 * 4;
        const char *about =
            text("%s for %lld moving %lld to doctor %lld, treatment %lld, %s %s",
                 sought->pool == ADMIN_POOL ? "the desk" : "a patient", (long long)sought->patient,
                 (long long)sought->moving, (long long)sought->doctor, (long long)sought->treatment,
                 sought->date, time);
        cr_expect_eq(accepted, offers(&offer, time), "%s: offered %d, answered %d %s", about,
                     offers(&offer, time), taken.status, at(&taken, "/code"));
        cr_expect_str_eq(explained(&offer, time), open ? at(&taken, "/code") : "(nothing)", "%s",
                         about);
        if (accepted)
            undo(sought, &taken, before);
    }
}

/* A wish to move any appointment that is still to come; every third keeps doctor and treatment. */
static struct sought any_move(int number, unsigned *dice)
{
    struct sought sought = {
        .pool = number % 2 ? ADMIN_POOL : PATIENT_POOL,
        .doctor = 1 + rand_r(dice) % 3,
        .treatment = 1 + rand_r(dice) % 3,
        .moving = atoll(sql("SELECT id FROM appointment WHERE lower(during) > '2027-03-02 09:07'"
                            " ORDER BY random() LIMIT 1")),
        .date = text("2027-03-0%d", 2 + rand_r(dice) % 2),
    };
    const char *of = text("FROM appointment WHERE id = %lld", (long long)sought.moving);
    sought.patient = atoll(sql("SELECT patient_id %s", of));
    if (number % 3 == 0) {
        sought.doctor = atoll(sql("SELECT doctor_id %s", of));
        sought.treatment = atoll(sql("SELECT treatment_id %s", of));
        sought.date = sql("SELECT lower(during)::date %s", of);
    }
    return sought;
}

Test(applicant, what_is_offered_for_a_move_is_where_it_may_be_moved, .timeout = 120)
{
    unsigned dice = 20270302;
    sql("SELECT setseed(0.3)");
    crowd(&dice);
    for (int i = 0; i < 12; i++) {
        struct sought sought = any_move(i, &dice);
        try_each_quarter(&sought);
    }
}

Test(applicant, what_is_offered_to_the_desk_is_what_it_may_book, .timeout = 120)
{
    unsigned dice = 5;
    sql("SELECT setseed(0.5)");
    crowd(&dice);
    for (int i = 0; i < 4; i++) {
        struct sought sought = {
            .pool = ADMIN_POOL,
            .patient = 3 + rand_r(&dice) % 20,
            .doctor = 1 + rand_r(&dice) % 3,
            .treatment = 1 + rand_r(&dice) % 3,
            .date = text("2027-03-0%d", 2 + i % 2),
        };
        try_each_quarter(&sought);
    }
}

/* Doctor 1's whole day, and the only place of a slot, are one appointment's. */
static void fill_a_day(void)
{
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during) VALUES"
        " (1, 1, 1, '[2027-03-02 09:00, 2027-03-02 12:00)'),"
        " (1, 1, 1, '[2027-03-02 13:00, 2027-03-02 18:00)')");
    sql("UPDATE slot_day SET capacity = 1");
}

Test(applicant, searches_and_days_offer_a_move_the_same_as_a_single_day)
{
    static const char query[] = "treatment_id=2&doctor_id=1&from=2027-03-01&to=2027-03-03";
    static const char single[] = "treatment_id=2&doctor_id=1&from=2027-03-02&to=2027-03-02";
    fill_a_day();
    for (int pool = PATIENT_POOL; pool <= ADMIN_POOL; pool++) {
        struct sought sought = {pool, 1, 2, 1, 1, "2027-03-02"};
        struct answer day = offered(&sought);
        struct answer found = as(pool, 1, "GET", text("/availability?%s&moving=1", single), NULL);
        struct answer days =
            as(pool, 1, "GET", text("/availability/days?%s&moving=1", query), NULL);
        struct answer booking = as(pool, 1, "GET", text("/availability/days?%s", query), NULL);
        cr_expect_eq(length_at(&day, "/times"), 10);
        cr_expect_eq(length_at(&found, "/items"), 10, "%s", found.text);
        cr_expect_eq(length_at(&days, "/items"), 3, "%s", days.text);
        cr_expect_eq(number_at(&days, "/items/1/count"), 10);
        cr_expect_str_eq(at(&days, "/items/1/first"), at(&found, "/items/0/start_time"));
        cr_expect_eq(length_at(&booking, "/items"), 2, "%s", booking.text);
    }
}

Test(applicant, a_move_that_keeps_its_treatment_keeps_its_length)
{
    book(1, 1, 1, "2027-03-02T10:00");
    sql("UPDATE treatment SET duration_minutes = 90 WHERE id = 1");
    struct sought sought = {PATIENT_POOL, 1, 1, 1, 1, "2027-03-02"};
    struct answer move = offered(&sought);
    cr_expect_eq(number_at(&move, "/duration_minutes"), 30);
    cr_expect(offers(&move, "17:30"));
    sought.moving = 0;
    struct answer booking = offered(&sought);
    cr_expect_eq(number_at(&booking, "/duration_minutes"), 90);
    cr_expect(!offers(&booking, "17:30"));
}

Test(applicant, notice_binds_patients_and_the_desk_says_whose_time_counts)
{
    sql("UPDATE hospital SET min_notice_minutes = 1440");
    sql("INSERT INTO appointment (doctor_id, patient_id, treatment_id, during)"
        " VALUES (2, 1, 1, '[2027-03-01 14:00, 2027-03-01 14:30)')");
    struct sought sought = {PATIENT_POOL, 1, 1, 1, 0, "2027-03-01"};
    struct answer own = offered(&sought);
    cr_expect_eq(length_at(&own, "/times"), 0);
    sought.pool = ADMIN_POOL;
    struct answer desk = offered(&sought);
    cr_expect(offers(&desk, "13:30") && !offers(&desk, "14:00") && offers(&desk, "14:30"));
    struct answer viewer =
        admin_api("GET", "/availability/1/availability?date=2027-03-01&treatment_id=1",
                  staff_token("viewer"), NULL);
    cr_expect(offers(&viewer, "14:00"));
}

/* Appointment 1 is patient 1's and stands; 2 is over; 3 is tomorrow morning. */
static const struct {
    enum pool_name pool;
    const char *role, *query;
    int status;
    const char *code, *notes;
} refusals[] = {
    {PATIENT_POOL, "", "moving=1", 401, "unauthenticated", "0"},
    {PATIENT_POOL, "1", "moving=1", 200, "", "0"},
    {PATIENT_POOL, "2", "moving=1", 404, "not_found", "0"},
    {PATIENT_POOL, "1", "moving=99", 404, "not_found", "0"},
    {PATIENT_POOL, "1", "moving=x", 400, "bad_request", "0"},
    {PATIENT_POOL, "1", "patient_id=1", 400, "bad_request", "0"},
    {PATIENT_POOL, "1", "moving=2", 409, "illegal_transition", "0"},
    {PATIENT_POOL, "1", "moving=3", 422, "too_soon", "0"},
    {ADMIN_POOL, "viewer", "", 200, "", "0"},
    {ADMIN_POOL, "viewer", "moving=1", 403, "forbidden", "0"},
    {ADMIN_POOL, "viewer", "patient_id=1", 403, "forbidden", "0"},
    {ADMIN_POOL, "desk", "", 200, "", "0"},
    {ADMIN_POOL, "desk", "moving=1", 200, "", "1"},
    {ADMIN_POOL, "desk", "moving=3", 200, "", "1"},
    {ADMIN_POOL, "desk", "patient_id=1", 200, "", "1"},
    {ADMIN_POOL, "desk", "moving=2", 409, "illegal_transition", "0"},
    {ADMIN_POOL, "desk", "moving=99", 404, "not_found", "0"},
    {ADMIN_POOL, "desk", "patient_id=99999", 422, "invalid", "0"},
};

static const char *token_for(enum pool_name pool, const char *role)
{
    if (pool == ADMIN_POOL)
        return staff_token(role);
    return *role ? patient_token(atoll(role)) : NULL;
}

Test(applicant, who_may_ask_for_whom_and_what_is_noted)
{
    static const char *const paths[] = {
        "/availability/2/availability?treatment_id=1&date=2027-03-04&",
        "/availability?treatment_id=1&from=2027-03-04&to=2027-03-04&",
        "/availability/days?treatment_id=1&from=2027-03-04&to=2027-03-04&",
    };
    sql("UPDATE hospital SET cancel_notice_minutes = 2000");
    book(1, 1, 1, "2027-03-10T10:00");
    book(1, 1, 1, "2027-03-11T10:00");
    sql("UPDATE appointment SET status = 'cancelled' WHERE id = 2");
    book(1, 1, 1, "2027-03-02T10:00");
    for (size_t i = 0; i < COUNT(refusals) * COUNT(paths); i++) {
        size_t row = i / COUNT(paths);
        const char *path = text("%s%s", paths[i % COUNT(paths)], refusals[row].query);
        const char *before = sql("SELECT count(*) FROM access");
        const char *token = token_for(refusals[row].pool, refusals[row].role);
        struct answer answer = refusals[row].pool == PATIENT_POOL
                                   ? patient_api("GET", path, token, NULL)
                                   : admin_api("GET", path, token, NULL);
        cr_expect(answer.status == refusals[row].status &&
                      (answer.status == 200 || !strcmp(at(&answer, "/code"), refusals[row].code)),
                  "%s as '%s': %d %s", path, refusals[row].role, answer.status, answer.text);
        cr_expect_str_eq(sql("SELECT count(*) - %s FROM access", before), refusals[row].notes,
                         "%s as '%s'", path, refusals[row].role);
    }
}
