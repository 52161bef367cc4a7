/* Generated requests: tests/attack/run.py sends them straight to the workers, and holds each answer
 * against the OpenAPI document. ATTACK_SEED asks the same ones again, ATTACK_REQUESTS says how
 * many. */
#include "clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

TestSuite(attack, .init = clinic_open, .fini = clinic_close_alive);

/* The sanitizers' workers are slower, and half as many let them see every endpoint and kind. */
#ifdef __SANITIZE_ADDRESS__
enum { REQUESTS = 10000 };
#else
enum { REQUESTS = 20000 };
#endif
enum { HOUR = 3600 };

/* An environment variable's number; what it is otherwise. */
static unsigned long chosen(const char *name, unsigned long otherwise)
{
    const char *value = getenv(name);
    return value ? strtoul(value, NULL, 10) : otherwise;
}

static unsigned long any_seed(void)
{
    unsigned seed;
    cr_assert_eq(getrandom(&seed, sizeof seed, 0), sizeof seed);
    return seed;
}

static const struct caller_row {
    const char *name;
    enum pool_name pool;
    const char *role;
    int person, seconds; /* for which the token is good */
} callers[] = {
    {"patient 1", PATIENT_POOL, "patient", 1, HOUR},
    {"patient 2", PATIENT_POOL, "patient", 2, HOUR},
    {"expired patient", PATIENT_POOL, "patient", 1, -1},
    {"viewer", ADMIN_POOL, "viewer", 3, HOUR},
    {"desk", ADMIN_POOL, "desk", 2, HOUR},
    {"admin", ADMIN_POOL, "admin", 1, HOUR},
    {"expired admin", ADMIN_POOL, "admin", 1, -1},
};

static const char *write_plan(void)
{
    static const char *const pool_names[] = {"\"patient\"", "\"admin\""};
    const char *path = text("%s/plan.json", clinic_directory());
    FILE *plan = fopen(path, "w");
    cr_assert(plan);
    fprintf(plan, "{\"document\": \"nginx/openapi.json\", \"seed\": %lu, \"requests\": %lu,\n",
            chosen("ATTACK_SEED", any_seed()), chosen("ATTACK_REQUESTS", REQUESTS));
    fprintf(plan, " \"sockets\": {\"patient\": \"%s\", \"admin\": \"%s\"},\n",
            clinic_socket(PATIENT_POOL), clinic_socket(ADMIN_POOL));
    fprintf(plan, " \"callers\": [{\"name\": \"nobody\", \"pool\": null, \"person\": null,"
                  " \"token\": null}");
    for (size_t i = 0; i < sizeof callers / sizeof *callers; i++) {
        const struct caller_row *row = &callers[i];
        fprintf(plan, ",\n  {\"name\": \"%s\", \"pool\": %s, \"person\": %d, \"token\": \"%s\"}",
                row->name, row->seconds > 0 ? pool_names[row->pool] : "null", row->person,
                clinic_token(row->pool, row->role, row->person, row->seconds));
    }
    fprintf(plan, "]}\n");
    fclose(plan);
    return path;
}

/* What tests/attack/generate.py sets in fields that no form asks for, and what would be odd. */
static const char *const stains[] = {
    "SELECT count(*) FROM appointment WHERE id = 424242 OR price = 31337 OR version = 4242",
    "SELECT count(*) FROM appointment WHERE created_at < '2000-01-01' OR status_reason = 'mass'",
    "SELECT count(*) FROM patient WHERE id = 424242 OR password_hash = '$mass'",
    "SELECT count(*) FROM staff WHERE id = 424242 OR password_hash = '$mass'",
    "SELECT count(*) FROM treatment WHERE id = 424242 OR price = 31337",
    "SELECT count(*) FROM access WHERE address = '192.0.2.1' AND staff_id NOT IN (1, 2, 3)",
};

/* What a worker writes when PostgreSQL could not read a value that the forms had let through, and
 * what may stand in no line at all. */
static const char *const never_logged[] = {"\"sqlstate\":\"22", "\"sqlstate\":\"42", "kanari",
                                           "eyJ", "internal_error"};

Test(attack, every_answer_to_generated_requests_is_documented, .timeout = 1200)
{
    const char *plan = write_plan();
    int ended = system(text("/usr/bin/python3 -B tests/attack/run.py %s >&2", plan));
    cr_expect_eq(ended, 0, "see above what it found");
    for (size_t i = 0; i < sizeof stains / sizeof *stains; i++)
        cr_expect_str_eq(sql("%s", stains[i]), "0", "%s", stains[i]);
    for (size_t i = 0; i < sizeof never_logged / sizeof *never_logged; i++)
        cr_expect_neq(system(text("grep -F -m 3 -e '%s' %s/*-api.log >&2", never_logged[i],
                                  clinic_directory())),
                      0, "%s is in a worker's log", never_logged[i]);
}
