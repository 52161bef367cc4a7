/*
 * Every endpoint's handler, by noun; each noun has the file of its name. Handlers read like a
 * receptionist's steps: what was asked has been read (route.h), so they do it, and answer.
 */
#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include "route.h"

/* appointments.c: a patient's own, or, for staff, anybody's */
handler appointments_book, appointments_move, appointments_find;
handler appointments_list_own, appointments_cancel;                       /* patients */
handler appointments_list, appointments_set_status, appointments_history; /* staff */

/* availabilities.c */
handler availabilities_day, availabilities_find;

/* catalogues.c: doctors, treatments, slots and closures; the route's `of` names the catalogue */
handler catalogues_list, catalogues_find, catalogues_create, catalogues_replace, catalogues_hide;

/* health.c */
handler health_show;

/* logins.c: the route's `of` names the login_kind, patients or staff */
handler logins_start_patient, logins_start_staff, logins_refresh, logins_end;

/* patients.c */
handler patients_register, patients_me, patients_list;

/* statistics.c */
handler statistics_show;

#endif
