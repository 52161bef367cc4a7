/* The admin pool: what the hospital's staff may ask for. */
#include "access.h"
#include "appointment.h"
#include "availability.h"
#include "closure.h"
#include "doctor.h"
#include "endpoints.h"
#include "history.h"
#include "hospital.h"
#include "login.h"
#include "patient.h"
#include "slot.h"
#include "staff.h"
#include "statistics.h"
#include "status.h"
#include "treatment.h"
#include "worker.h"

static const struct route routes[] = {
    {"POST", "/auth/login", ROLE_ANYONE, logins_start_staff, .success = 200,
     .body = &staff_credentials_form, .of = &login_of_staff, .also = {401}},
    {"POST", "/auth/refresh", ROLE_ANYONE, logins_refresh, .success = 200, .body = &refresh_form,
     .body_optional = true, .of = &login_of_staff, .also = {401}},
    {"POST", "/auth/logout", ROLE_VIEWER, logins_end, .success = 204},

    {"GET", "/me", ROLE_VIEWER, staff_me, .success = 200},

    {"GET", "/doctors", ROLE_VIEWER, catalogues_list, .success = 200, .tagged = true,
     .query = &doctor_filter_form, .of = &doctor_catalogue},
    {"POST", "/doctors", ROLE_ADMIN, catalogues_create, .success = 201, .body = &doctor_form,
     .of = &doctor_catalogue},
    {"GET", "/doctors/{id}", ROLE_VIEWER, catalogues_find, .success = 200, .tagged = true,
     .of = &doctor_catalogue},
    {"PUT", "/doctors/{id}", ROLE_ADMIN, catalogues_replace, .success = 200, .body = &doctor_form,
     .of = &doctor_catalogue, .also = {409}},
    {"DELETE", "/doctors/{id}", ROLE_ADMIN, catalogues_hide, .success = 204,
     .of = &doctor_catalogue, .also = {409}},

    {"GET", "/treatments", ROLE_VIEWER, catalogues_list, .success = 200, .tagged = true,
     .query = &treatment_filter_form, .of = &treatment_catalogue},
    {"POST", "/treatments", ROLE_ADMIN, catalogues_create, .success = 201, .body = &treatment_form,
     .of = &treatment_catalogue, .also = {409}},
    {"GET", "/treatments/{id}", ROLE_VIEWER, catalogues_find, .success = 200, .tagged = true,
     .of = &treatment_catalogue},
    {"PUT", "/treatments/{id}", ROLE_ADMIN, catalogues_replace, .success = 200,
     .body = &treatment_form, .of = &treatment_catalogue, .also = {409}},
    {"DELETE", "/treatments/{id}", ROLE_ADMIN, catalogues_hide, .success = 204,
     .of = &treatment_catalogue, .also = {409}},

    {"GET", "/hospital-slots", ROLE_VIEWER, catalogues_list, .success = 200, .tagged = true,
     .query = &slot_filter_form, .of = &slot_catalogue},
    {"POST", "/hospital-slots", ROLE_ADMIN, catalogues_create, .success = 201, .body = &slot_form,
     .of = &slot_catalogue, .also = {409}},
    {"GET", "/hospital-slots/{id}", ROLE_VIEWER, catalogues_find, .success = 200, .tagged = true,
     .of = &slot_catalogue},
    {"PUT", "/hospital-slots/{id}", ROLE_ADMIN, catalogues_replace, .success = 200,
     .body = &slot_form, .of = &slot_catalogue, .also = {409}},
    {"DELETE", "/hospital-slots/{id}", ROLE_ADMIN, catalogues_hide, .success = 204,
     .of = &slot_catalogue, .also = {409}},

    {"GET", "/closures", ROLE_VIEWER, catalogues_list, .success = 200, .tagged = true,
     .query = &closure_filter_form, .of = &closure_catalogue},
    {"POST", "/closures", ROLE_ADMIN, catalogues_create, .success = 201, .body = &closure_form,
     .of = &closure_catalogue, .also = {409}},
    {"GET", "/closures/{id}", ROLE_VIEWER, catalogues_find, .success = 200, .tagged = true,
     .of = &closure_catalogue},
    {"DELETE", "/closures/{id}", ROLE_ADMIN, catalogues_hide, .success = 204,
     .of = &closure_catalogue},

    {"GET", "/availability/{doctor_id}/availability", ROLE_VIEWER, availabilities_day,
     .success = 200, .tagged = true, .query = &desk_availability_query_form,
     .also = {403, 409, 422}},
    {"GET", "/availability", ROLE_VIEWER, availabilities_find, .success = 200, .tagged = true,
     .query = &desk_availability_search_form, .also = {403, 404, 409, 422}},
    {"GET", "/availability/days", ROLE_VIEWER, availabilities_days, .success = 200, .tagged = true,
     .query = &desk_availability_days_form, .also = {403, 404, 409, 422}},

    {"GET", "/appointments", ROLE_VIEWER, appointments_list, .success = 200, .tagged = true,
     .query = &appointments_form},
    {"POST", "/appointments", ROLE_DESK, appointments_book, .success = 201,
     .body = &desk_booking_form, .also = {409}},
    {"GET", "/appointments/{id}", ROLE_VIEWER, appointments_find, .success = 200, .tagged = true},
    {"PATCH", "/appointments/{id}", ROLE_DESK, appointments_move, .success = 200,
     .body = &desk_move_form, .also = {409, 412}},
    {"GET", "/appointments/{id}/history", ROLE_VIEWER, appointments_history, .success = 200,
     .tagged = true, .query = &history_form},
    {"PATCH", "/appointments/{id}/status", ROLE_DESK, appointments_set_status, .success = 200,
     .body = &status_change_form, .also = {409, 412}},

    {"GET", "/patients", ROLE_DESK, patients_list, .success = 200, .query = &patients_form},
    {"POST", "/patients", ROLE_DESK, patients_create, .success = 201, .body = &admission_form,
     .also = {409}},
    {"GET", "/patients/{id}", ROLE_DESK, patients_find, .success = 200},
    {"PATCH", "/patients/{id}", ROLE_DESK, patients_correct, .success = 200,
     .body = &correction_form, .also = {409}},

    {"GET", "/staff", ROLE_VIEWER, catalogues_list, .success = 200, .query = &staff_filter_form,
     .of = &staff_catalogue},
    {"POST", "/staff", ROLE_ADMIN, staff_hire, .success = 201, .body = &employment_form,
     .also = {409}},
    {"GET", "/staff/{id}", ROLE_VIEWER, catalogues_find, .success = 200, .of = &staff_catalogue},
    {"PUT", "/staff/{id}", ROLE_ADMIN, staff_change, .success = 200, .body = &employment_again_form,
     .also = {409}},
    {"DELETE", "/staff/{id}", ROLE_ADMIN, catalogues_hide, .success = 204, .of = &staff_catalogue,
     .also = {409}},

    {"GET", "/hospital", ROLE_VIEWER, hospital_show, .success = 200, .tagged = true},
    {"PUT", "/hospital", ROLE_ADMIN, hospital_set, .success = 200, .body = &hospital_form},
    {"GET", "/stats", ROLE_VIEWER, statistics_show, .success = 200,
     .query = &statistics_query_form},
    {"GET", "/access-log", ROLE_ADMIN, accesses_list, .success = 200, .query = &access_form},

    {"GET", "/health", ROLE_ANYONE, health_show, .success = 200},
    {0},
};

int main(int count, char **arguments)
{
    const struct pool pool = {
        .name = "admin",
        .prefix = "/api/v1/admin",
        .audience = "staff",
        .reader = READER_ADMIN,
        .routes = routes,
    };
    return worker_run(&pool, count, arguments);
}
