/*
 * A clinic for one test: a database of its own, cloned from what tests/clinic.sql describes, and
 * real workers of both pools on private sockets. TestSuite(name, .init = clinic_open, .fini =
 * clinic_close) gives one to each test of a suite. It is always Monday, 2027-03-01, 08:00.
 *
 * Every answer is checked against the route tables: a status that the route does not declare fails
 * the test.
 */
#ifndef CLINIC_H
#define CLINIC_H

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

void clinic_open(void);
void clinic_close(void);

/* What a .fini expects: Criterion lets a test pass whose teardown merely asserts, so this makes
 * clinic_close() abort, which does fail it. */
void clinic_expect(bool holds, const char *otherwise);

/* clinic_close(), after both pools' workers, which nobody restarts, have answered once more. */
void clinic_close_alive(void);

enum pool_name { PATIENT_POOL, ADMIN_POOL };

/* The directory with the workers' sockets and logs, and the sockets themselves. */
const char *clinic_directory(void);
const char *clinic_socket(enum pool_name pool);

/* The connection string of this clinic's database, for its owner, whose password PGPASSWORD is; and
 * for a pool, by its role. */
const char *clinic_url(void);
const char *clinic_pool_url(enum pool_name pool);

/* The pool's route table, as its program prints it; needs no open clinic. */
struct json_object *clinic_routes(enum pool_name pool);

/* Environment for workers that are started from now on; NULL takes it back. */
void clinic_set(const char *name, const char *value);

/* One more worker on the pool's socket, which ends with the thread that calls this; its process id.
 */
int clinic_start_worker(enum pool_name pool);

/* Stops all workers of a pool with SIGTERM; each must exit with 0. */
void clinic_stop_workers(enum pool_name pool);

/* Kills all workers of a pool, as a power cut would. */
void clinic_kill_workers(enum pool_name pool);

/* Workers that are started from now on reach the database through a socket in that directory; NULL:
 * directly. */
void clinic_divert_database(const char *directory);

/* The directory of PostgreSQL's own socket. */
const char *clinic_cluster(void);

/* Makes PostgreSQL refuse this clinic's database, and accept it again. */
void clinic_close_database(void);
void clinic_open_database(void);

/* Returns once that many of the workers' statements wait for a lock; fails when they never do. */
void clinic_await_locks(int count);

/* What came back. Lives until the test ends. */
struct answer {
    int status;
    const char *head;         /* the header lines */
    const char *text;         /* the body */
    struct json_object *json; /* the body read; NULL: it is no JSON */
};

/* Asks a worker, straight through FastCGI. `path` is below the pool's prefix and may have a query;
 * token and body may be NULL. May be called by many threads. */
struct answer patient_api(const char *method, const char *path, const char *token,
                          const char *body);
struct answer admin_api(const char *method, const char *path, const char *token, const char *body);

/* The same with further FastCGI parameters, NAME, VALUE, ..., NULL, which come last and win. */
struct answer ask(enum pool_name pool, const char *method, const char *path, const char *token,
                  const char *body, size_t length, const char *const extra[]);

/* The same with an Idempotency-Key. */
struct answer ask_with_key(enum pool_name pool, const char *method, const char *path,
                           const char *token, const char *body, const char *key);

/* A header's value, whatever its case; NULL: it is not there. */
const char *header(const struct answer *answer, const char *name);

/* What stands at a JSON pointer (RFC 6901), as text; "(nothing)" when there is nothing. */
const char *at(const struct answer *answer, const char *pointer);
int64_t number_at(const struct answer *answer, const char *pointer);
size_t length_at(const struct answer *answer, const char *pointer);

/* Access tokens as a login gives them, without its cost. Roles: "admin", "desk", "viewer". */
const char *patient_token(int64_t patient_id);
const char *staff_token(const char *role);

/* A pool's access token for that person in that role, good for so many seconds, or expired. */
const char *clinic_token(enum pool_name pool, const char *role, int64_t person, int seconds);

/* What the pool signs its access tokens with. */
const char *clinic_secret(enum pool_name pool);

/* Text that lives until the test ends. */
const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs SQL as the owner; the first column of the first row, "" when there is none. */
const char *sql(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs SQL that must fail: the name of the constraint, or else the SQLSTATE. */
const char *sql_refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The body of a booking. */
const char *booking_body(int64_t doctor_id, int64_t treatment_id, const char *start);

/* Lets it be another time of the hospital's clock, such as "2027-03-02 10:01". */
void clinic_set_clock(const char *now);

/* Books as a patient; the answer of POST /appointments. `start` such as "2027-03-02T10:15". */
struct answer book(int64_t patient_id, int64_t doctor_id, int64_t treatment_id, const char *start);

/* Fails the test unless the answer has that status and, for problems, that code. */
#define expect_answer(ANSWER, STATUS, CODE)                                                        \
    do {                                                                                           \
        struct answer expected_answer = (ANSWER);                                                  \
        cr_expect(expected_answer.status == (STATUS) &&                                            \
                      (!(CODE)[0] || strcmp(at(&expected_answer, "/code"), (CODE)) == 0),          \
                  "%s: expected %d %s, got %d %s", #ANSWER, (STATUS), (CODE),                      \
                  expected_answer.status, expected_answer.text);                                   \
    } while (0)

/* Fails the test unless the answer is a whole problem document of that status and code: what RFC
 * 9457 names, and the request id that X-Request-Id has too. `about` says what was asked. */
void expect_problem(const char *about, struct answer answer, int status, const char *code);

/* Fails the test unless the text is that JSON document, which may be written with ' for ". */
void expect_document(const char *got, const char *document);

/* Runs `work` in `count` threads that start together. */
void at_once(int count, void (*work)(int number, void *shared), void *shared);

/* Bytes for a body, which may hold NULs. */
struct bytes {
    const char *text;
    size_t length;
};
#define BYTES(LITERAL)                                                                             \
    {                                                                                              \
        LITERAL, sizeof(LITERAL) - 1                                                               \
    }

#endif
