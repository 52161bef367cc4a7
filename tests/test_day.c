/*
 * Two long days through the gateway: a patient's, from the first look to the next visit, and an
 * admin's, with the desk at work meanwhile. A step is what somebody does, and what the others then
 * see of it. What each rule refuses in all its cases is told by the tests of that rule.
 */
#include "gateway.h"

#include <inttypes.h>
#include <string.h>

TestSuite(day, .init = gateway_open, .fini = gateway_close, .timeout = 120);

#define COUNT(TABLE) (sizeof(TABLE) / sizeof *(TABLE))

/* Whom and what tests/clinic.sql has, by id. */
enum { KIM = 1, LEE, PARK };
enum { CONSULTATION = 1, LASER };
enum { HONG = 1, SHIN, CROWD_3, CROWD_4 };

/* Somebody who has logged in. */
struct person {
    int64_t id;
    const char *token, *refresh_token;
};

/* JSON that is written with ' for ". */
static const char *json(const char *written)
{
    char *made = strdup(written);
    for (char *quote = strchr(made, '\''); quote; quote = strchr(quote, '\''))
        *quote = '"';
    return made;
}

/* What the patient pool answers. The body may be written with ' for ", who and body may be NULL. */
static struct answer as_patient(const struct person *who, const char *method, const char *path,
                                const char *body)
{
    return gateway_json(method, text("/api/v1/patient%s", path), who ? who->token : NULL,
                        body ? json(body) : NULL);
}

/* The same of the admin pool. */
static struct answer as_staff(const struct person *who, const char *method, const char *path,
                              const char *body)
{
    return gateway_json(method, text("/api/v1/admin%s", path), who ? who->token : NULL,
                        body ? json(body) : NULL);
}

/* The same of the patient pool, with one more header. */
static struct answer as_patient_with(const char *extra, const struct person *who,
                                     const char *method, const char *path, const char *body)
{
    const char *headers[] = {extra, "Content-Type: application/json",
                             who ? text("Authorization: Bearer %s", who->token) : NULL, NULL};
    body = json(body);
    return gateway_ask(method, text("/api/v1/patient%s", path), headers, body, strlen(body));
}

/* Fails the test unless the second answer is the first once more. */
static void expect_replay(const struct answer *first, const struct answer *again)
{
    const char *replayed = header(again, "Idempotent-Replayed");
    cr_expect_null(header(first, "Idempotent-Replayed"));
    cr_expect(replayed && strcmp(replayed, "true") == 0, "%s", again->head);
    cr_expect_eq(again->status, first->status);
    cr_expect_str_eq(again->text, first->text);
}

/* Fails the test at once unless what the next steps need is there. */
static void need(const struct answer *answer)
{
    cr_assert_eq(answer->status / 100, 2, "%d %s", answer->status, answer->text);
}

/* Whom a login has let in; `kind` is "patient" or "staff". */
static struct person person_in(const struct answer *login, const char *kind)
{
    need(login);
    return (struct person){.id = number_at(login, text("/%s/id", kind)),
                           .token = at(login, "/access_token"),
                           .refresh_token = at(login, "/refresh_token")};
}

static struct answer log_in_patient(const char *phone)
{
    return as_patient(NULL, "POST", "/auth/patient/login",
                      text("{'phone': '%s', 'password': 'clinic-demo'}", phone));
}

static struct answer log_in_staff(const char *email, const char *password)
{
    return as_staff(NULL, "POST", "/auth/login",
                    text("{'email': '%s', 'password': '%s'}", email, password));
}

static struct person member_of_staff(const char *email)
{
    struct answer login = log_in_staff(email, "clinic-demo");
    return person_in(&login, "staff");
}

/* Where an appointment is, in both pools. */
static const char *path_of(const struct answer *appointment)
{
    need(appointment);
    return text("/appointments/%s", at(appointment, "/id"));
}

/* What somebody, or with NULL anybody, is told of a start such as "2027-03-02T10:15": "free", the
 * code of the rule that refuses it, or "not open" outside opening hours. */
static const char *told(const struct person *who, int64_t doctor_id, int64_t treatment_id,
                        const char *start)
{
    const char *time = start + strlen("2027-03-02T");
    struct answer day = as_patient(who, "GET",
                                   text("/availability/%" PRId64 "/availability?date=%.10s"
                                        "&treatment_id=%" PRId64 "&explain=true",
                                        doctor_id, start, treatment_id),
                                   NULL);
    need(&day);
    for (size_t i = 0; i < length_at(&day, "/times"); i++)
        if (strcmp(at(&day, text("/times/%zu", i)), time) == 0)
            return "free";
    for (size_t i = 0; i < length_at(&day, "/refused"); i++)
        if (strcmp(at(&day, text("/refused/%zu/time", i)), time) == 0)
            return at(&day, text("/refused/%zu/code", i));
    return "not open";
}

/* --- A patient's whole visit ------------------------------------------------------------------ */

static void patient_sees_what_is_offered(void)
{
    struct answer doctors = as_patient(NULL, "GET", "/doctors", NULL);
    expect_answer(doctors, 200, "");
    cr_expect_eq(number_at(&doctors, "/total"), 3, "Choi takes nobody: %s", doctors.text);
    struct answer skin = as_patient(NULL, "GET", "/doctors?department=dermatology", NULL);
    cr_expect_eq(number_at(&skin, "/total"), 2);
    struct answer treatments = as_patient(NULL, "GET", "/treatments", NULL);
    expect_answer(treatments, 200, "");
    cr_expect_eq(number_at(&treatments, "/total"), 3, "%s", treatments.text);
    cr_expect_str_eq(at(&treatments, "/items/1/name"), "laser");
    cr_expect_str_eq(at(&treatments, "/items/1/duration_minutes"), "45");
    cr_expect_str_eq(at(&treatments, "/items/1/price"), "120000");

    struct answer earliest = as_patient(
        NULL, "GET", "/availability?treatment_id=2&from=2027-03-01&to=2027-03-14&limit=4", NULL);
    expect_document(earliest.text,
                    "{'items': [{'doctor_id': 1, 'start_time': '2027-03-01T09:00:00+09:00'},"
                    "           {'doctor_id': 2, 'start_time': '2027-03-01T09:00:00+09:00'},"
                    "           {'doctor_id': 3, 'start_time': '2027-03-01T09:00:00+09:00'},"
                    "           {'doctor_id': 1, 'start_time': '2027-03-01T09:15:00+09:00'}]}");
}

/* On Wednesdays the hospital has no slot at 10:30. */
static void patient_sees_why_a_time_is_not_offered(void)
{
    struct answer day = as_patient(
        NULL, "GET", "/availability/1/availability?date=2027-03-03&treatment_id=2&explain=true",
        NULL);
    expect_answer(day, 200, "");
    cr_expect_eq(length_at(&day, "/times") + length_at(&day, "/refused"), (size_t)9 * 4,
                 "each quarter from 09:00 to 18:00: %s", day.text);
    static const struct {
        const char *time, *told;
    } rows[] = {{"09:00", "free"},          {"09:45", "free"},       {"10:00", "no_slot"},
                {"11:15", "free"},          {"11:30", "lunch_time"}, {"13:00", "free"},
                {"17:30", "outside_hours"}, {"18:00", "not open"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(told(NULL, KIM, LASER, text("2027-03-03T%s", rows[i].time)), rows[i].told,
                         "%s", rows[i].time);
}

/* The first answer was slow, so the page asked again. */
static struct person patient_registers_twice(void)
{
    const char *key = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324";
    const char *form = "{'name': 'Nari', 'phone': '010-8888-1111', 'password': 'clinic-demo'}";
    struct answer first = as_patient_with(key, NULL, "POST", "/auth/patient/register", form);
    expect_answer(first, 201, "");
    struct answer again = as_patient_with(key, NULL, "POST", "/auth/patient/register", form);
    expect_replay(&first, &again);
    expect_answer(as_patient(NULL, "POST", "/auth/patient/register", form), 409, "duplicate");
    struct person nari = person_in(&again, "patient");
    struct answer me = as_patient(&nari, "GET", "/me", NULL);
    expect_document(me.text,
                    text("{'id': %" PRId64 ", 'name': 'Nari', 'phone': '01088881111'}", nari.id));
    return nari;
}

static const char *patient_books_and_loses_the_answer(const struct person *nari)
{
    const char *key = "Idempotency-Key: first-visit";
    const char *wish = booking_body(KIM, LASER, "2027-03-02T10:15");
    struct answer lost = as_patient_with(key, nari, "POST", "/appointments", wish);
    expect_answer(lost, 201, "");
    struct answer booked = as_patient_with(key, nari, "POST", "/appointments", wish);
    expect_replay(&lost, &booked);
    expect_answer(as_patient_with(key, nari, "POST", "/appointments",
                                  booking_body(KIM, LASER, "2027-03-02T15:00")),
                  422, "idempotency_key_reused");
    cr_expect_str_eq(at(&booked, "/doctor/name"), "Kim");
    cr_expect_str_eq(at(&booked, "/patient/name"), "Nari");
    cr_expect_str_eq(at(&booked, "/end_time"), "2027-03-02T11:00:00+09:00");
    cr_expect_str_eq(at(&booked, "/status"), "pending");
    cr_expect_str_eq(at(&booked, "/visit_type"), "first");
    struct answer mine = as_patient(nari, "GET", "/appointments", NULL);
    cr_expect_eq(number_at(&mine, "/total"), 1, "%s", mine.text);
    cr_expect_str_eq(at(&mine, "/items/0/id"), at(&booked, "/id"));
    return path_of(&booked);
}

static void another_patient_finds_it_taken(const struct person *nari, const struct person *shin,
                                           const char *visit)
{
    cr_expect_str_eq(told(NULL, KIM, LASER, "2027-03-02T09:30"), "free");
    cr_expect_str_eq(told(NULL, KIM, LASER, "2027-03-02T09:45"), "doctor_busy");
    cr_expect_str_eq(told(NULL, KIM, LASER, "2027-03-02T10:15"), "doctor_busy");
    cr_expect_str_eq(told(NULL, KIM, LASER, "2027-03-02T11:00"), "free");
    cr_expect_str_eq(told(nari, LEE, LASER, "2027-03-02T10:15"), "patient_busy");
    cr_expect_str_eq(told(shin, LEE, LASER, "2027-03-02T10:15"), "free");
    expect_answer(
        as_patient(shin, "POST", "/appointments", booking_body(KIM, LASER, "2027-03-02T10:15")),
        409, "doctor_busy");
    expect_answer(as_patient(shin, "GET", visit, NULL), 404, "not_found");
    expect_answer(as_patient(shin, "PATCH", text("%s/cancel", visit), NULL), 404, "not_found");
}

static void patient_changes_number(const struct person *nari, const struct person *desk,
                                   const char *visit)
{
    struct answer me = as_patient(nari, "PATCH", "/me", "{'phone': '010 8888 2222'}");
    expect_answer(me, 200, "");
    cr_expect_str_eq(at(&me, "/phone"), "01088882222");
    struct answer seen = as_staff(desk, "GET", visit, NULL);
    cr_expect_str_eq(at(&seen, "/patient/phone"), "01088882222", "where the desk calls");
    expect_answer(log_in_patient("010-8888-1111"), 401, "bad_credentials");
    expect_answer(log_in_patient("010-8888-2222"), 200, "");
}

/* She has the page open twice: what the first one has changed, the second one has not seen. */
static void patient_moves_it(const struct person *nari, const struct person *shin,
                             const char *visit)
{
    const char *to_wednesday = "{'start_time': '2027-03-03T09:00'}";
    struct answer seen = as_patient(nari, "GET", visit, NULL);
    const char *seen_version = text("If-Match: %s", header(&seen, "ETag"));
    struct answer noted = as_patient_with(seen_version, nari, "PATCH", visit, "{'memo': 'a rash'}");
    expect_answer(noted, 200, "");
    expect_answer(as_patient_with(seen_version, nari, "PATCH", visit, to_wednesday), 412,
                  "stale_version");
    cr_expect_str_eq(told(shin, KIM, LASER, "2027-03-02T10:15"), "doctor_busy");

    struct answer moved = as_patient_with(text("If-Match: %s", header(&noted, "ETag")), nari,
                                          "PATCH", visit, to_wednesday);
    expect_answer(moved, 200, "");
    cr_expect_str_eq(at(&moved, "/start_time"), "2027-03-03T09:00:00+09:00");
    cr_expect_str_eq(at(&moved, "/memo"), "a rash");
    cr_expect_str_eq(told(shin, KIM, LASER, "2027-03-03T09:00"), "doctor_busy");
    cr_expect_str_eq(told(shin, KIM, LASER, "2027-03-02T10:15"), "free");
    expect_answer(
        as_patient(shin, "POST", "/appointments", booking_body(KIM, LASER, "2027-03-02T10:15")),
        201, "");
}

static void patient_books_another_and_cancels_it(const struct person *nari,
                                                 const struct person *shin)
{
    struct answer booked = as_patient(nari, "POST", "/appointments",
                                      booking_body(PARK, CONSULTATION, "2027-03-02T15:00"));
    expect_answer(booked, 201, "");
    cr_expect_str_eq(told(shin, PARK, CONSULTATION, "2027-03-02T15:00"), "doctor_busy");
    const char *cancel = text("%s/cancel", path_of(&booked));
    struct answer cancelled = as_patient(nari, "PATCH", cancel, "{'reason': 'a cold'}");
    expect_answer(cancelled, 200, "");
    cr_expect_str_eq(at(&cancelled, "/status"), "cancelled");
    struct answer again = as_patient(nari, "PATCH", cancel, NULL);
    expect_answer(again, 200, "");
    cr_expect_str_eq(again.text, cancelled.text);
    cr_expect_str_eq(told(shin, PARK, CONSULTATION, "2027-03-02T15:00"), "free");
}

static void patient_comes_and_is_treated(const struct person *nari, const struct person *desk,
                                         const char *visit)
{
    static const struct {
        const char *clock, *status;
    } rows[] = {{"2027-03-02 17:00", "confirmed"},
                {"2027-03-03 08:55", "arrived"},
                {"2027-03-03 09:40", "completed"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        clinic_set_clock(rows[i].clock);
        expect_answer(as_staff(desk, "PATCH", text("%s/status", visit),
                               text("{'status': '%s'}", rows[i].status)),
                      200, "");
        struct answer seen = as_patient(nari, "GET", visit, NULL);
        cr_expect_str_eq(at(&seen, "/status"), rows[i].status);
    }
    expect_answer(as_patient(nari, "PATCH", text("%s/cancel", visit), NULL), 409,
                  "illegal_transition");
}

/* Her access token has run out, so the page gets another; then she takes the earliest that Kim
 * has, just as it is offered. */
static void patient_books_a_return_visit(struct person *nari, const char *visit)
{
    struct answer login = as_patient(NULL, "POST", "/auth/patient/refresh",
                                     text("{'refresh_token': '%s'}", nari->refresh_token));
    expect_answer(login, 200, "");
    *nari = person_in(&login, "patient");
    struct answer earliest = as_patient(
        nari, "GET",
        "/availability?treatment_id=2&doctor_id=1&from=2027-03-03&to=2027-03-16&limit=1", NULL);
    cr_expect_str_eq(at(&earliest, "/items/0/start_time"), "2027-03-03T09:45:00+09:00");
    struct answer booked =
        as_patient(nari, "POST", "/appointments",
                   booking_body(KIM, LASER, at(&earliest, "/items/0/start_time")));
    expect_answer(booked, 201, "");
    cr_expect_str_eq(at(&booked, "/visit_type"), "return");
    struct answer before = as_patient(nari, "GET", visit, NULL);
    cr_expect_str_eq(at(&before, "/visit_type"), "first", "what it was stays");
    struct answer mine = as_patient(nari, "GET", "/appointments", NULL);
    cr_expect_eq(number_at(&mine, "/total"), 3, "%s", mine.text);
    cr_expect_str_eq(at(&mine, "/items/0/id"), at(&booked, "/id"), "the latest comes first");
}

static void patient_logs_out(const struct person *nari)
{
    expect_answer(as_patient(nari, "POST", "/auth/patient/logout", NULL), 204, "");
    expect_answer(as_patient(NULL, "POST", "/auth/patient/refresh",
                             text("{'refresh_token': '%s'}", nari->refresh_token)),
                  401, "unauthenticated");
}

Test(day, a_patients_whole_visit)
{
    patient_sees_what_is_offered();
    patient_sees_why_a_time_is_not_offered();
    struct person nari = patient_registers_twice();
    const char *visit = patient_books_and_loses_the_answer(&nari);

    struct answer login = log_in_patient("010-2222-3333");
    struct person shin = person_in(&login, "patient");
    another_patient_finds_it_taken(&nari, &shin, visit);

    struct person desk = member_of_staff("desk@example.com");
    patient_changes_number(&nari, &desk, visit);
    patient_moves_it(&nari, &shin, visit);
    patient_books_another_and_cancels_it(&nari, &shin);
    patient_comes_and_is_treated(&nari, &desk, visit);
    patient_books_a_return_visit(&nari, visit);
    patient_logs_out(&nari);
}

/* --- An admin's whole day --------------------------------------------------------------------- */

/* Who takes part, and what there is by now. Thursday, 2027-03-04, is the day that is led. */
struct scene {
    struct person ada, eve, vic; /* admin, desk, viewer */
    struct person hong, shin;    /* patients who use the pages */
    int64_t yoon, peel, moon;    /* a doctor, a treatment, a patient who only ever telephones */
    const char *slot;            /* on Thursdays at 10:00, for two people */
    const char *moons, *hongs, *shins, *crowds; /* appointments on Thursday */
};

static struct scene scene_open(void)
{
    struct scene scene = {.ada = member_of_staff("admin@example.com")};
    scene.vic = member_of_staff("viewer@example.com");
    scene.hong = (struct person){.id = HONG, .token = patient_token(HONG)};
    scene.shin = (struct person){.id = SHIN, .token = patient_token(SHIN)};
    return scene;
}

static void admin_sets_the_hours(const struct scene *scene)
{
    cr_expect_str_eq(told(NULL, KIM, CONSULTATION, "2027-03-04T12:00"), "lunch_time");
    cr_expect_str_eq(told(NULL, KIM, CONSULTATION, "2027-03-04T17:00"), "free");
    struct answer set =
        as_staff(&scene->ada, "PUT", "/hospital",
                 "{'name': 'Clear Skin', 'time_zone': 'Asia/Seoul', 'opens_at': '09:00',"
                 " 'closes_at': '17:00', 'lunch_start': '12:30', 'lunch_end': '13:30',"
                 " 'min_notice_minutes': 0, 'max_days_ahead': 180, 'cancel_notice_minutes': 0}");
    expect_answer(set, 200, "");
    struct answer shown = as_staff(&scene->vic, "GET", "/hospital", NULL);
    cr_expect_str_eq(shown.text, set.text);
    cr_expect_str_eq(told(NULL, KIM, CONSULTATION, "2027-03-04T12:00"), "free");
    cr_expect_str_eq(told(NULL, KIM, CONSULTATION, "2027-03-04T13:00"), "lunch_time");
    cr_expect_str_eq(told(NULL, KIM, CONSULTATION, "2027-03-04T16:45"), "outside_hours");
    cr_expect_str_eq(told(NULL, KIM, CONSULTATION, "2027-03-04T17:00"), "not open");
    expect_answer(as_patient(&scene->hong, "POST", "/appointments",
                             booking_body(KIM, CONSULTATION, "2027-03-04T17:00")),
                  422, "outside_hours");
}

static void admin_adds_a_doctor_a_treatment_and_a_slot(struct scene *scene)
{
    const char *slot = "{'start_time': '10:00', 'end_time': '10:30', 'max_capacity': 2,"
                       " 'day_of_week': 4}";
    struct answer doctor =
        as_staff(&scene->ada, "POST", "/doctors", "{'name': 'Yoon', 'department': 'dermatology'}");
    struct answer treatment = as_staff(&scene->ada, "POST", "/treatments",
                                       "{'name': 'peel', 'duration_minutes': 60, 'price': 90000}");
    struct answer thursdays = as_staff(&scene->ada, "POST", "/hospital-slots", slot);
    expect_answer(as_staff(&scene->ada, "POST", "/hospital-slots", slot), 409, "duplicate");
    expect_answer(doctor, 201, "");
    expect_answer(treatment, 201, "");
    expect_answer(thursdays, 201, "");
    scene->yoon = number_at(&doctor, "/id");
    scene->peel = number_at(&treatment, "/id");
    scene->slot = text("/hospital-slots/%s", at(&thursdays, "/id"));

    struct answer doctors = as_patient(NULL, "GET", "/doctors?department=dermatology", NULL);
    cr_expect_str_eq(at(&doctors, "/items/2/name"), "Yoon");
    struct answer treatments = as_patient(NULL, "GET", "/treatments", NULL);
    cr_expect_str_eq(at(&treatments, "/items/3/name"), "peel");
    cr_expect_str_eq(told(NULL, scene->yoon, scene->peel, "2027-03-04T10:00"), "free");
}

#define EVES_PASSWORD "correct horse"

static void admin_hires_for_the_desk(struct scene *scene)
{
    struct answer hired = as_staff(&scene->ada, "POST", "/staff",
                                   "{'name': 'Eve', 'email': 'Eve@example.com', 'role': 'desk',"
                                   " 'password': '" EVES_PASSWORD "'}");
    expect_answer(hired, 201, "");
    struct answer login = log_in_staff("eve@example.com", EVES_PASSWORD);
    expect_answer(login, 200, "");
    cr_expect_str_eq(at(&login, "/staff"), at(&hired, ""));
    scene->eve = person_in(&login, "staff");
    expect_answer(as_staff(&scene->eve, "GET", "/patients", NULL), 200, "");
    expect_answer(as_staff(&scene->eve, "DELETE", "/staff/3", NULL), 403, "forbidden");
}

static void desk_keeps_the_patients(struct scene *scene)
{
    const char *moon = "{'name': 'Moon Jin', 'phone': '010-5555-6666'}";
    struct answer by_name = as_staff(&scene->eve, "GET", "/patients?q=hon", NULL);
    expect_answer(by_name, 200, "");
    cr_expect_str_eq(at(&by_name, "/items/0/name"), "Hong");
    struct answer by_number = as_staff(&scene->eve, "GET", "/patients?q=1234-5678", NULL);
    cr_expect_str_eq(at(&by_number, "/items"), at(&by_name, "/items"));

    struct answer made = as_staff(&scene->eve, "POST", "/patients", moon);
    expect_answer(made, 201, "");
    expect_answer(as_staff(&scene->eve, "POST", "/patients", moon), 409, "duplicate");
    scene->moon = number_at(&made, "/id");
    struct answer corrected =
        as_staff(&scene->eve, "PATCH", text("/patients/%" PRId64, scene->moon),
                 "{'phone': '010-5555-7777'}");
    expect_answer(corrected, 200, "");
    expect_document(
        corrected.text,
        text("{'id': %" PRId64 ", 'name': 'Moon Jin', 'phone': '01055557777'}", scene->moon));
    struct answer old_number = as_staff(&scene->eve, "GET", "/patients?q=5555-6666", NULL);
    cr_expect_eq(number_at(&old_number, "/total"), 0);
    struct answer found = as_staff(&scene->eve, "GET", "/patients?q=moon", NULL);
    cr_expect_str_eq(at(&found, "/items/0/phone"), "01055557777");
}

/* `rest` is NULL, or more members of the body. */
static struct answer desk_books(const struct scene *scene, int64_t patient_id, int64_t doctor_id,
                                int64_t treatment_id, const char *start, const char *rest)
{
    return as_staff(&scene->eve, "POST", "/appointments",
                    text("{'patient_id': %" PRId64 ", 'doctor_id': %" PRId64
                         ", 'treatment_id': %" PRId64 ", 'start_time': '%s'%s}",
                         patient_id, doctor_id, treatment_id, start, rest ? rest : ""));
}

static void desk_books_and_moves(struct scene *scene)
{
    struct answer booked = desk_books(scene, scene->moon, scene->yoon, scene->peel,
                                      "2027-03-04T09:00", ", 'memo': 'by telephone'");
    expect_answer(booked, 201, "");
    cr_expect_str_eq(at(&booked, "/patient/phone"), "01055557777");
    scene->moons = path_of(&booked);
    cr_expect_str_eq(told(NULL, scene->yoon, scene->peel, "2027-03-04T09:00"), "doctor_busy");
    struct answer moved =
        as_staff(&scene->eve, "PATCH", scene->moons, "{'start_time': '2027-03-04T10:00'}");
    expect_answer(moved, 200, "");
    cr_expect_str_eq(at(&moved, "/end_time"), "2027-03-04T11:00:00+09:00");
    cr_expect_str_eq(told(NULL, scene->yoon, scene->peel, "2027-03-04T09:00"), "free");
    cr_expect_str_eq(told(NULL, scene->yoon, scene->peel, "2027-03-04T10:00"), "doctor_busy");

    struct answer hongs = desk_books(scene, HONG, KIM, CONSULTATION, "2027-03-04T10:00", NULL);
    scene->hongs = path_of(&hongs);
    struct answer seen = as_patient(&scene->hong, "GET", scene->hongs, NULL);
    cr_expect_str_eq(seen.text, hongs.text, "he finds it among his own");
    struct answer crowds = desk_books(scene, CROWD_3, PARK, CONSULTATION, "2027-03-04T15:00", NULL);
    scene->crowds = path_of(&crowds);
    expect_answer(as_patient(&scene->hong, "POST", "/appointments",
                             booking_body(PARK, CONSULTATION, "2027-03-04T16:00")),
                  201, "");
}

#define EMERGENCY ", 'override': {'reason': 'an emergency'}"

/* 10:00 has its two people by now. */
static void desk_overbooks_on_record(struct scene *scene)
{
    const char *ten = "2027-03-04T10:00";
    cr_expect_str_eq(told(&scene->shin, LEE, LASER, ten), "slot_full");
    expect_answer(as_patient(&scene->shin, "POST", "/appointments", booking_body(LEE, LASER, ten)),
                  409, "slot_full");
    expect_answer(desk_books(scene, SHIN, LEE, LASER, ten, NULL), 409, "slot_full");
    struct answer booked = desk_books(scene, SHIN, LEE, LASER, ten, EMERGENCY);
    expect_answer(booked, 201, "");
    scene->shins = path_of(&booked);
    struct answer history = as_staff(&scene->vic, "GET", text("%s/history", scene->shins), NULL);
    cr_expect_str_eq(at(&history, "/items/0/override"), "an emergency");
    cr_expect_str_eq(at(&history, "/items/0/by/name"), "Eve");
    expect_answer(desk_books(scene, CROWD_3, KIM, CONSULTATION, ten, EMERGENCY), 409,
                  "doctor_busy");
    expect_answer(desk_books(scene, SHIN, PARK, CONSULTATION, ten, EMERGENCY), 409, "patient_busy");
}

static void viewer_looks_and_changes_nothing(const struct scene *scene)
{
    const struct {
        const char *method, *path, *body;
    } rows[] = {
        {"POST", "/appointments", "{}"},
        {"PATCH", scene->moons, "{'memo': 'x'}"},
        {"PATCH", text("%s/status", scene->moons), "{'status': 'cancelled'}"},
        {"GET", "/patients", NULL},
        {"POST", "/patients", "{}"},
        {"POST", "/closures", "{}"},
        {"PUT", "/hospital", "{}"},
        {"PUT", scene->slot, "{}"},
        {"DELETE", "/doctors/1", NULL},
        {"DELETE", "/treatments/1", NULL},
        {"DELETE", "/staff/3", NULL},
    };
    struct answer day =
        as_staff(&scene->vic, "GET", "/appointments?from=2027-03-04&to=2027-03-04", NULL);
    expect_answer(day, 200, "");
    cr_expect_eq(number_at(&day, "/total"), 5, "%s", day.text);
    struct answer before = as_staff(&scene->vic, "GET", scene->moons, NULL);
    expect_answer(before, 200, "");
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_answer(as_staff(&scene->vic, rows[i].method, rows[i].path, rows[i].body), 403,
                      "forbidden");
    struct answer after = as_staff(&scene->vic, "GET", scene->moons, NULL);
    cr_expect_str_eq(after.text, before.text);
}

/* The last part of a path. */
static const char *id_in(const char *path)
{
    return strrchr(path, '/') + 1;
}

static void admin_cannot_lower_the_room_under_who_is_booked(const struct scene *scene)
{
    struct answer before = as_staff(&scene->vic, "GET", scene->slot, NULL);
    struct answer refused = as_staff(
        &scene->ada, "PUT", scene->slot,
        "{'start_time': '10:00', 'end_time': '10:30', 'max_capacity': 1, 'day_of_week': 4}");
    expect_answer(refused, 409, "in_use");
    cr_expect_str_eq(at(&refused, "/detail"),
                     text("3 appointments stand in the way: %s, %s, %s.", id_in(scene->moons),
                          id_in(scene->hongs), id_in(scene->shins)));
    struct answer after = as_staff(&scene->vic, "GET", scene->slot, NULL);
    cr_expect_str_eq(after.text, before.text);
}

static void admin_cannot_dismiss_a_doctor_who_is_booked(const struct scene *scene)
{
    const char *doctor = text("/doctors/%" PRId64, scene->yoon);
    struct answer refused = as_staff(&scene->ada, "DELETE", doctor, NULL);
    expect_answer(refused, 409, "in_use");
    cr_expect_str_eq(at(&refused, "/detail"),
                     text("1 appointment stands in the way: %s.", id_in(scene->moons)));
    expect_answer(as_patient(NULL, "GET", doctor, NULL), 200, "");
}

static void admin_closes_a_day(const struct scene *scene)
{
    const char *friday = "{'from': '2027-03-05', 'to': '2027-03-05', 'reason': 'a holiday'}";
    struct answer first = desk_books(scene, CROWD_3, KIM, LASER, "2027-03-05T10:00", NULL);
    struct answer second = desk_books(scene, CROWD_4, LEE, LASER, "2027-03-05T14:00", NULL);
    struct answer refused = as_staff(&scene->ada, "POST", "/closures", friday);
    expect_answer(refused, 409, "in_use");
    cr_expect_str_eq(at(&refused, "/detail"), text("2 appointments stand in the way: %s, %s.",
                                                   at(&first, "/id"), at(&second, "/id")));
    cr_expect_str_eq(told(NULL, KIM, LASER, "2027-03-05T15:00"), "free", "it is open still");

    expect_answer(
        as_staff(&scene->eve, "PATCH", path_of(&first), "{'start_time': '2027-03-08T10:00'}"), 200,
        "");
    expect_answer(
        as_staff(&scene->eve, "PATCH", path_of(&second), "{'start_time': '2027-03-08T14:00'}"), 200,
        "");
    expect_answer(as_staff(&scene->ada, "POST", "/closures", friday), 201, "");
    struct answer found =
        as_patient(NULL, "GET", "/availability?treatment_id=1&from=2027-03-05&to=2027-03-05", NULL);
    cr_expect_eq(length_at(&found, "/items"), 0, "%s", found.text);
    cr_expect_str_eq(told(NULL, KIM, LASER, "2027-03-05T15:00"), "closed");
    expect_answer(as_patient(&scene->hong, "POST", "/appointments",
                             booking_body(KIM, LASER, "2027-03-05T15:00")),
                  422, "closed");
    expect_answer(desk_books(scene, HONG, KIM, LASER, "2027-03-05T15:00", EMERGENCY), 422,
                  "closed");
}

static void a_doctor_takes_a_day_off(const struct scene *scene)
{
    const char *start = "2027-03-09T10:00";
    struct answer off =
        as_staff(&scene->ada, "POST", "/closures",
                 text("{'from': '2027-03-09', 'to': '2027-03-09', 'doctor_id': %d}", LEE));
    expect_answer(off, 201, "");
    cr_expect_str_eq(told(NULL, LEE, LASER, start), "doctor_away");
    cr_expect_str_eq(told(NULL, KIM, LASER, start), "free");
    expect_answer(
        as_patient(&scene->hong, "POST", "/appointments", booking_body(LEE, LASER, start)), 422,
        "doctor_away");
    expect_answer(as_staff(&scene->ada, "DELETE", text("/closures/%s", at(&off, "/id")), NULL), 204,
                  "");
    cr_expect_str_eq(told(NULL, LEE, LASER, start), "free", "and comes in after all");
}

static void desk_leads_through_the_day(const struct scene *scene)
{
    const struct {
        const char *clock;
        const struct person *who;
        const char *appointment, *status;
        int answer;
    } rows[] = {
        {"09:30", &scene->eve, scene->moons, "arrived", 409}, /* not confirmed */
        {"09:30", &scene->eve, scene->moons, "confirmed", 200},
        {"09:30", &scene->eve, scene->hongs, "confirmed", 200},
        {"09:30", &scene->eve, scene->shins, "confirmed", 200},
        {"09:50", &scene->eve, scene->moons, "arrived", 200},
        {"09:59", &scene->eve, scene->shins, "no_show", 409}, /* he may still come */
        {"10:30", &scene->eve, scene->shins, "no_show", 200},
        {"10:30", &scene->eve, scene->hongs, "completed", 200}, /* he walked right in */
        {"11:00", &scene->ada, scene->moons, "completed", 200},
        {"11:00", &scene->eve, scene->moons, "cancelled", 409}, /* it is over */
        {"11:00", &scene->eve, scene->crowds, "cancelled", 200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        clinic_set_clock(text("2027-03-04 %s", rows[i].clock));
        struct answer answer =
            as_staff(rows[i].who, "PATCH", text("%s/status", rows[i].appointment),
                     text("{'status': '%s'}", rows[i].status));
        cr_expect_eq(answer.status, rows[i].answer, "%zu: %s", i, answer.text);
        cr_expect_str_eq(at(&answer, rows[i].answer == 200 ? "/status" : "/code"),
                         rows[i].answer == 200 ? rows[i].status : "illegal_transition");
    }
    struct answer hongs = as_patient(&scene->hong, "GET", scene->hongs, NULL);
    cr_expect_str_eq(at(&hongs, "/status"), "completed");
    struct answer shins = as_patient(&scene->shin, "GET", scene->shins, NULL);
    cr_expect_str_eq(at(&shins, "/status"), "no_show");
    cr_expect_str_eq(told(NULL, PARK, CONSULTATION, "2027-03-04T15:00"), "free", "once cancelled");
}

static void statistics_add_up(const struct scene *scene)
{
    struct answer day = as_staff(&scene->vic, "GET", "/stats?from=2027-03-04&to=2027-03-04", NULL);
    expect_answer(day, 200, "");
    cr_expect_eq(number_at(&day, "/total"), 5, "%s", day.text);
    expect_document(at(&day, "/by_status"), "{'pending': 1, 'confirmed': 0, 'arrived': 0,"
                                            " 'completed': 2, 'cancelled': 1, 'no_show': 1}");
    expect_document(at(&day, "/by_day"), "[{'date': '2027-03-04', 'count': 5}]");
    expect_document(at(&day, "/by_hour"), "[{'hour': '10:00', 'count': 3},"
                                          " {'hour': '15:00', 'count': 1},"
                                          " {'hour': '16:00', 'count': 1}]");
    expect_document(at(&day, "/by_doctor"),
                    text("[{'doctor_id': 1, 'name': 'Kim', 'count': 1},"
                         " {'doctor_id': 2, 'name': 'Lee', 'count': 1},"
                         " {'doctor_id': 3, 'name': 'Park', 'count': 2},"
                         " {'doctor_id': %" PRId64 ", 'name': 'Yoon', 'count': 1}]",
                         scene->yoon));
    expect_document(
        at(&day, "/by_treatment"),
        text("[{'treatment_id': 1, 'name': 'consultation', 'count': 3, 'revenue': 20000},"
             " {'treatment_id': 2, 'name': 'laser', 'count': 1, 'revenue': 0},"
             " {'treatment_id': %" PRId64 ", 'name': 'peel', 'count': 1, 'revenue': 90000}]",
             scene->peel));
    cr_expect_str_eq(at(&day, "/no_show_rate"), "0.3333");
}

static void history_tells_who_did_what(const struct scene *scene)
{
    struct answer history = as_staff(&scene->vic, "GET", text("%s/history", scene->moons), NULL);
    expect_answer(history, 200, "");
    const char *story = "";
    for (size_t i = 0; i < length_at(&history, "/items"); i++)
        story = text("%s%s %s %.16s, ", story, at(&history, text("/items/%zu/by/name", i)),
                     at(&history, text("/items/%zu/to/status", i)),
                     at(&history, text("/items/%zu/to/start_time", i)));
    cr_expect_str_eq(story, "Eve pending 2027-03-04T09:00, "
                            "Eve pending 2027-03-04T10:00, "
                            "Eve confirmed 2027-03-04T10:00, "
                            "Eve arrived 2027-03-04T10:00, "
                            "Ada completed 2027-03-04T10:00, ");
}

/* The last to look was Vic, at the history; the first was Eve, who wrote the name down. */
static void admin_sees_who_looked_at_a_patient(const struct scene *scene)
{
    const char *log = text("/access-log?patient_id=%" PRId64, scene->moon);
    struct answer all = as_staff(&scene->ada, "GET", log, NULL);
    expect_answer(all, 200, "");
    cr_expect_str_eq(at(&all, "/items/0/staff/name"), "Vic");
    cr_expect_str_eq(at(&all, "/items/0/action"), "GET /appointments/{id}/history");
    cr_expect_str_eq(at(&all, "/items/0/address"), "127.0.0.1");
    struct answer eves =
        as_staff(&scene->ada, "GET", text("%s&staff_id=%" PRId64, log, scene->eve.id), NULL);
    const char *first = text("/items/%zu", length_at(&eves, "/items") - 1);
    cr_expect_str_eq(at(&eves, text("%s/staff/name", first)), "Eve");
    cr_expect_str_eq(at(&eves, text("%s/action", first)), "POST /patients");
    expect_answer(as_staff(&scene->vic, "GET", log, NULL), 403, "forbidden");
}

static void a_doctor_leaves_when_the_work_is_done(const struct scene *scene)
{
    const char *doctor = text("/doctors/%" PRId64, scene->yoon);
    expect_answer(as_staff(&scene->ada, "DELETE", doctor, NULL), 204, "");
    expect_answer(as_patient(NULL, "GET", doctor, NULL), 404, "not_found");
    expect_answer(as_patient(&scene->hong, "POST", "/appointments",
                             booking_body(scene->yoon, scene->peel, "2027-03-08T10:00")),
                  422, "doctor_inactive");
    struct answer done = as_staff(&scene->vic, "GET", scene->moons, NULL);
    cr_expect_str_eq(at(&done, "/doctor/name"), "Yoon");
}

static void the_desk_member_is_let_go(const struct scene *scene)
{
    const char *eve = text("/staff/%" PRId64, scene->eve.id);
    expect_answer(as_staff(&scene->ada, "DELETE", eve, NULL), 204, "");
    struct answer shown = as_staff(&scene->ada, "GET", eve, NULL);
    cr_expect_str_eq(at(&shown, "/is_active"), "false");
    expect_answer(log_in_staff("eve@example.com", EVES_PASSWORD), 401, "bad_credentials");
    expect_answer(as_staff(NULL, "POST", "/auth/refresh",
                           text("{'refresh_token': '%s'}", scene->eve.refresh_token)),
                  401, "unauthenticated");
}

Test(day, an_admins_whole_day)
{
    struct scene scene = scene_open();
    admin_sets_the_hours(&scene);
    admin_adds_a_doctor_a_treatment_and_a_slot(&scene);
    admin_hires_for_the_desk(&scene);

    desk_keeps_the_patients(&scene);
    desk_books_and_moves(&scene);
    desk_overbooks_on_record(&scene);
    viewer_looks_and_changes_nothing(&scene);

    admin_cannot_lower_the_room_under_who_is_booked(&scene);
    admin_cannot_dismiss_a_doctor_who_is_booked(&scene);
    admin_closes_a_day(&scene);
    a_doctor_takes_a_day_off(&scene);

    desk_leads_through_the_day(&scene);
    statistics_add_up(&scene);
    history_tells_who_did_what(&scene);
    admin_sees_who_looked_at_a_patient(&scene);
    a_doctor_leaves_when_the_work_is_done(&scene);
    the_desk_member_is_let_go(&scene);
}
