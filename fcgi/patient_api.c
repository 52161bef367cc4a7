/* The patient pool: what patients, and those who want to be, may ask for. */
#include "appointment.h"
#include "availability.h"
#include "doctor.h"
#include "endpoints.h"
#include "login.h"
#include "patient.h"
#include "status.h"
#include "treatment.h"
#include "worker.h"

static const struct route routes[] = {
    {"POST", "/auth/patient/register", ROLE_ANYONE, patients_register, .success = 201,
     .body = &registration_form, .also = {409}},
    {"POST", "/auth/patient/login", ROLE_ANYONE, logins_start_patient, .success = 200,
     .body = &patient_credentials_form, .of = &login_of_patient, .also = {401}},
    {"POST", "/auth/patient/refresh", ROLE_ANYONE, logins_refresh, .success = 200,
     .body = &refresh_form, .body_optional = true, .of = &login_of_patient, .also = {401}},
    {"POST", "/auth/patient/logout", ROLE_PATIENT, logins_end, .success = 204},
    {"GET", "/me", ROLE_PATIENT, patients_me, .success = 200},
    {"PATCH", "/me", ROLE_PATIENT, patients_correct_me, .success = 200,
     .body = &own_correction_form, .also = {409}},

    {"GET", "/hospital", ROLE_ANYONE, hospital_show, .success = 200},
    {"GET", "/doctors", ROLE_ANYONE, offerings_list, .success = 200, .tagged = true,
     .query = &doctor_offering_form, .of = &doctor_offering},
    {"GET", "/doctors/{id}", ROLE_ANYONE, offerings_find, .success = 200, .tagged = true,
     .of = &doctor_offering},
    {"GET", "/treatments", ROLE_ANYONE, offerings_list, .success = 200, .tagged = true,
     .query = &treatment_offering_form, .of = &treatment_offering},
    {"GET", "/treatments/{id}", ROLE_ANYONE, offerings_find, .success = 200, .tagged = true,
     .of = &treatment_offering},
    {"GET", "/availability/{doctor_id}/availability", ROLE_ANYONE_OR_PATIENT, availabilities_day,
     .success = 200, .tagged = true, .query = &availability_query_form, .also = {409, 422}},
    {"GET", "/availability", ROLE_ANYONE_OR_PATIENT, availabilities_find, .success = 200,
     .tagged = true, .query = &availability_search_form, .also = {404, 409, 422}},
    {"GET", "/availability/days", ROLE_ANYONE_OR_PATIENT, availabilities_days, .success = 200,
     .tagged = true, .query = &availability_days_form, .also = {404, 409, 422}},

    {"POST", "/appointments", ROLE_PATIENT, appointments_book, .success = 201,
     .body = &booking_form, .also = {409}},
    {"GET", "/appointments", ROLE_PATIENT, appointments_list_own, .success = 200, .tagged = true,
     .query = &own_appointments_form},
    {"GET", "/appointments/{id}", ROLE_PATIENT, appointments_find, .success = 200, .tagged = true},
    {"PATCH", "/appointments/{id}", ROLE_PATIENT, appointments_move, .success = 200,
     .body = &move_form, .also = {409, 412}},
    {"PATCH", "/appointments/{id}/cancel", ROLE_PATIENT, appointments_cancel, .success = 200,
     .body = &cancellation_form, .body_optional = true, .also = {409, 412}},

    {"GET", "/health", ROLE_ANYONE, health_show, .success = 200},
    {0},
};

int main(int count, char **arguments)
{
    const struct pool pool = {
        .name = "patient",
        .prefix = "/api/v1/patient",
        .audience = "patient",
        .reader = READER_PATIENT,
        .routes = routes,
    };
    return worker_run(&pool, count, arguments);
}
