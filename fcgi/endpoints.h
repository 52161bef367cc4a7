/*
 * Every endpoint's handler, by noun; each noun has the file of its name. Handlers read like a
 * receptionist's steps: what was asked has been read (route.h), so they do it, and answer.
 */
#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include "route.h"

/* accesses.c */
handler accesses_list;

/* appointments.c: a patient's own, or, for staff, anybody's */
handler appointments_book, appointments_move, appointments_find;
handler appointments_list_own, appointments_cancel;                       /* patients */
handler appointments_list, appointments_set_status, appointments_history; /* staff */

/* availabilities.c */
handler availabilities_day, availabilities_find, availabilities_days;

/* catalogues.c: doctors, treatments, slots and closures; the route's `of` names the catalogue */
handler catalogues_list, catalogues_find, catalogues_create, catalogues_replace, catalogues_hide;
handler offerings_list, offerings_find; /* patients; `of` names what is offered of a catalogue */

/* health.c */
handler health_show;

/* hospital.c */
handler hospital_show, hospital_set;

/* logins.c: the route's `of` names the login_kind, patients or staff */
handler logins_start_patient, logins_start_staff, logins_refresh, logins_end;

/* metrics.c */
handler metrics_show;

/* patients.c */
handler patients_register, patients_me, patients_correct_me;             /* patients */
handler patients_list, patients_find, patients_create, patients_correct; /* staff */

/* staff.c: what a catalogue cannot do, for it concerns the caller, or there are passwords in it */
handler staff_me, staff_hire, staff_change;

/* statistics.c */
handler statistics_show;

#endif
