/*
 * Problems: every "no" that this system can say, as RFC 9457 problem details.
 *
 * A fallible function returns `const struct problem *`; NULL means go on. Whoever gets one passes
 * it up untouched, and the worker writes it as application/problem+json. Titles are sentences for a
 * patient or a colleague at the desk, and never carry personal data.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "arena.h"

/* What is wrong with one field of the input. */
struct field_error {
    const char *field;
    const char *code;
    const char *detail;
    const struct field_error *next;
};

struct problem {
    int status; /* HTTP status code */
    const char *code;
    const char *title;
    const char *detail; /* NULL: the title says it all */
    const struct field_error *errors;
    int retry_after; /* seconds; 0: nothing is said about it */
};

/* code, status, title */
#define PROBLEMS(X)                                                                                \
    X(malformed_json, 400, "The request body is not valid JSON.")                                  \
    X(bad_request, 400, "The request cannot be read.")                                             \
    X(unauthenticated, 401, "Please log in.")                                                      \
    X(bad_credentials, 401, "The login or the password is wrong.")                                 \
    X(forbidden, 403, "Your role does not allow this.")                                            \
    X(not_found, 404, "There is nothing here.")                                                    \
    X(method_not_allowed, 405, "This address does not support that method.")                       \
    X(doctor_busy, 409, "The doctor already has an appointment at that time.")                     \
    X(patient_busy, 409, "The patient already has an appointment at that time.")                   \
    X(slot_full, 409, "The hospital has no room left at that time.")                               \
    X(duplicate, 409, "This exists already.")                                                      \
    X(in_use, 409, "This is still needed as it is.")                                               \
    X(illegal_transition, 409, "An appointment in this status cannot change to that one.")         \
    X(idempotency_key_in_use, 409, "The same request is being carried out at this moment.")        \
    X(stale_version, 412, "Somebody has changed this in the meantime.")                            \
    X(too_large, 413, "The request body is larger than 64 KiB.")                                   \
    X(unsupported_media_type, 415, "Send the body as application/json.")                           \
    X(invalid, 422, "Some of the input is not acceptable.")                                        \
    X(doctor_inactive, 422, "This doctor takes no appointments at present.")                       \
    X(treatment_inactive, 422, "This treatment is not offered at present.")                        \
    X(not_quarter_hour, 422, "Appointments start on the quarter-hour.")                            \
    X(nonexistent_time, 422, "The clocks skip that time on that day.")                             \
    X(in_the_past, 422, "That time has passed.")                                                   \
    X(too_soon, 422, "That is too short a notice.")                                                \
    X(too_far, 422, "That is further ahead than appointments can be made.")                        \
    X(closed, 422, "The hospital is closed on that day.")                                          \
    X(lunch_time, 422, "The hospital has its lunch break at that time.")                           \
    X(outside_hours, 422, "The hospital is closed at that time of day.")                           \
    X(no_slot, 422, "The hospital offers no slot at that time.")                                   \
    X(doctor_away, 422, "The doctor is away on that day.")                                         \
    X(idempotency_key_reused, 422, "This Idempotency-Key was given to another request.")           \
    X(too_many_requests, 429, "That was too often; please wait a moment.")                         \
    X(internal_error, 500, "Something went wrong on our side.")                                    \
    X(unavailable, 503, "The service is unavailable for a moment; please try again.")

#define PROBLEM_DECLARE(CODE, STATUS, TITLE) extern const struct problem problem_##CODE;
PROBLEMS(PROBLEM_DECLARE)
#undef PROBLEM_DECLARE

/* `kind` with a detail of its own. Lives in the arena. */
const struct problem *problem_detail(struct arena *arena, const struct problem *kind,
                                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* `kind` about one field. Lives in the arena. */
const struct problem *problem_field(struct arena *arena, const struct problem *kind,
                                    const char *field, const char *code, const char *detail);

/* `too_many_requests`, until so many seconds have passed. Lives in the arena. */
const struct problem *problem_wait(struct arena *arena, int seconds);

#endif
