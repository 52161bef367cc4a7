#include "login.h"

#include <string.h>

#include "actor.h"
#include "patient.h"
#include "staff.h"

static const struct field registration_fields[] = {
    {.name = "name",
     .kind = FIELD_LINE,
     .required = true,
     .least = 1,
     .most = 100,
     .offset = offsetof(struct registration, name)},
    {.name = "phone",
     .kind = FIELD_PHONE,
     .required = true,
     .offset = offsetof(struct registration, phone)},
    {.name = "password",
     .kind = FIELD_PASSWORD,
     .required = true,
     .least = 8,
     .most = 128,
     .offset = offsetof(struct registration, password)},
};
const struct form registration_form = FORM(struct registration, registration_fields);

static const struct field patient_fields[] = {
    {.name = "phone",
     .kind = FIELD_PHONE,
     .required = true,
     .offset = offsetof(struct patient_credentials, phone)},
    {.name = "password",
     .kind = FIELD_PASSWORD,
     .required = true,
     .least = 1,
     .most = 128,
     .offset = offsetof(struct patient_credentials, password)},
};
const struct form patient_credentials_form = FORM(struct patient_credentials, patient_fields);

static const struct field staff_fields[] = {
    {.name = "email",
     .kind = FIELD_EMAIL,
     .required = true,
     .offset = offsetof(struct staff_credentials, email)},
    {.name = "password",
     .kind = FIELD_PASSWORD,
     .required = true,
     .least = 1,
     .most = 128,
     .offset = offsetof(struct staff_credentials, password)},
};
const struct form staff_credentials_form = FORM(struct staff_credentials, staff_fields);

static const struct field refresh_fields[] = {
    {.name = "refresh_token",
     .kind = FIELD_LINE,
     .least = 1,
     .most = 128,
     .offset = offsetof(struct refresh, refresh_token)},
};
const struct form refresh_form = FORM(struct refresh, refresh_fields);

#define REFRESHED(OF_PATIENT)                                                                      \
    "login_refresh(" OF_PATIENT                                                                    \
    ", $1::bytea, $2::bytea, now() + make_interval(days => $3::integer))"

/* The part of a statement that starts a login: PERSON yields the id for COLUMN; DIGEST and DAYS are
 * the parameters of its refresh token, ADDRESS whence it comes. */
#define STARTED(COLUMN, PERSON, DIGEST, DAYS, ADDRESS)                                             \
    " started AS ("                                                                                \
    "    INSERT INTO login (" COLUMN ", network)"                                                  \
    "    SELECT id, login_network(" ADDRESS "::inet) FROM (" PERSON ") AS person RETURNING id),"   \
    " token AS ("                                                                                  \
    "    INSERT INTO refresh_token (digest, login_id, expires_at)"                                 \
    "    SELECT " DIGEST "::bytea, id, now() + make_interval(days => " DAYS "::integer)"           \
    "      FROM started)"

/* Whom PERSON joins to what was asked for, if anybody, and whether they may try. Not marked as
 * writing, so that it commits at once, whatever becomes of the request; to be counted twice, where
 * the connection was lost, hurts nobody. */
#define FOUND(OF_PATIENT, PERSON)                                                                  \
    "SELECT attempt.admitted, attempt.wait, attempt.known, attempt.device,"                        \
    "       person.id, person.password_hash"                                                       \
    "  FROM (SELECT $1 AS name) AS asked"                                                          \
    "  LEFT JOIN " PERSON " CROSS JOIN LATERAL login_admit(" OF_PATIENT                            \
    ", person.id, $2::bytea, $3::inet, $4::bigint) AS attempt"

/*
 * find:    (what is unique to them, its digest, address, earlier login) -> whether they may try,
 *          seconds to wait, whether they are known there, the earlier login if it has paid, person,
 *          password hash
 * start:   (person, digest of the refresh token, days it is good for, password hash, digest of what
 *          is unique to them, address, whether they were known there, the earlier login that has
 *          paid) -> login, unless the password has been changed since or the person has left;
 *          whoever changes it waits until the login is there, and ends it
 * refresh: (digest that was shown, digest of the next, days it is good for) -> login
 * where a login is: its id, the person's id, role and document.
 */
struct login_kind {
    struct statement find, start, refresh;
};

#define FORGIVEN ", login_forgive($5::bytea, $6::inet, $7::boolean, $8::bigint)"

#define PATIENT_STARTED                                                                            \
    STARTED("patient_id",                                                                          \
            "SELECT id FROM patient"                                                               \
            " WHERE id = $1::bigint AND password_hash = $4 FOR SHARE",                             \
            "$2", "$3", "$6")
#define PATIENT_REFRESHED REFRESHED("true")
#define PATIENTS_LOGIN    ".id, p.id, NULL, " PATIENT_DOCUMENT("p")

const struct login_kind login_of_patient = {
    .find = {.name = "login_find_patient",
             .parameters = 4,
             .sql = FOUND("true", "patient person ON person.phone = asked.name")},
    .start = {.name = "login_start_patient",
              .parameters = 8,
              .writes = true,
              .sql = "WITH" PATIENT_STARTED " SELECT started" PATIENTS_LOGIN FORGIVEN
                     "   FROM started JOIN patient p ON p.id = $1::bigint"},
    .refresh = {.name = "login_refresh_patient",
                .parameters = 3,
                .writes = true,
                .sql = "SELECT l" PATIENTS_LOGIN "  FROM " PATIENT_REFRESHED
                       " l JOIN patient p ON p.id = l.patient_id"},
};

#define STAFF_STARTED                                                                              \
    STARTED("staff_id",                                                                            \
            "SELECT id FROM staff"                                                                 \
            " WHERE id = $1::bigint AND password_hash = $4 AND is_active FOR SHARE",               \
            "$2", "$3", "$6")
#define STAFF_REFRESHED REFRESHED("false")
#define STAFFS_LOGIN    ".id, s.id, s.role, " STAFF_DOCUMENT("s")

const struct login_kind login_of_staff = {
    .find = {.name = "login_find_staff",
             .parameters = 4,
             .sql =
                 FOUND("false", "staff person ON person.email = asked.name AND person.is_active")},
    .start = {.name = "login_start_staff",
              .parameters = 8,
              .writes = true,
              .sql = "WITH" STAFF_STARTED " SELECT started" STAFFS_LOGIN FORGIVEN
                     "   FROM started JOIN staff s ON s.id = $1::bigint"},
    .refresh = {.name = "login_refresh_staff",
                .parameters = 3,
                .writes = true,
                .sql = "SELECT l" STAFFS_LOGIN "  FROM " STAFF_REFRESHED
                       " l JOIN staff s ON s.id = l.staff_id AND s.is_active"},
};

/* Runs a statement that answers a login whose refresh token is `token`. Refused: `unauthenticated`
 * when it answers none. */
static const struct problem *obtain(struct db *db, const struct statement *statement,
                                    const char *const *parameters, const char *token,
                                    struct login *login)
{
    const struct rows *rows;
    const struct problem *problem = db_run(db, statement, parameters, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0)
        return &problem_unauthenticated;
    *login = (struct login){
        .id = rows_integer(rows, 0, 0),
        .person_id = rows_integer(rows, 0, 1),
        .role = rows_null(rows, 0, 2) ? NULL : rows_text(rows, 0, 2),
        .person = rows_text(rows, 0, 3),
        .refresh_token = token,
    };
    return NULL;
}

static const struct statement admit_registration = {
    .name = "login_admit_registration",
    .parameters = 1,
    .sql = "SELECT admitted, wait FROM login_admit(true, NULL, NULL, $1::inet, NULL)",
};

#define REGISTRATION_STARTED STARTED("patient_id", "SELECT id FROM p", "$4", "$5", "$6")

static const struct statement register_patient = {
    .name = "login_register",
    .parameters = 6,
    .writes = true,
    .sql = "WITH p AS ("
           "    INSERT INTO patient (name, phone, password_hash)"
           "    VALUES ($1, $2, $3) RETURNING id, name, phone)," REGISTRATION_STARTED
           " SELECT started" PATIENTS_LOGIN " FROM started, p",
};

const struct problem *login_register(struct db *db, struct hashing *hashing,
                                     const struct registration *registration, const char *address,
                                     int refresh_days, struct login *login)
{
    const struct rows *rows;
    const char *hash, *whence = actor_address(address);
    const struct problem *problem =
        db_run(db, &admit_registration, (const char *[]){whence}, &rows);
    if (problem)
        return problem;
    if (!rows_boolean(rows, 0, 0))
        return problem_wait(db->arena, (int)rows_integer(rows, 0, 1));
    problem = password_hash(hashing, db->arena, registration->password, &hash);
    if (problem)
        return problem;
    const char *token = secret_new(db->arena);
    const char *parameters[] = {registration->name,
                                registration->phone,
                                hash,
                                secret_digest(db->arena, token),
                                db_integer(db, refresh_days),
                                whence};
    return obtain(db, &register_patient, parameters, token, login);
}

/* Nobody has looked at the password: not marked as writing for the same reason as above. */
static const struct statement forgive_attempt = {
    .name = "login_forgive",
    .parameters = 4,
    .sql = "SELECT login_forgive($1::bytea, $2::inet, $3::boolean, $4::bigint)",
};

/* The columns of what `find` answers. */
enum { ADMITTED, WAIT, KNOWN, DEVICE, PERSON, HASH };

static const char *text_or_null(const struct rows *found, int column)
{
    return rows_null(found, 0, column) ? NULL : rows_text(found, 0, column);
}

/* Looks at the password of whom `found` has. Whoever is not found has no hash, which takes as long
 * to check and is refused alike. */
static const struct problem *check_password(struct db *db, struct hashing *hashing,
                                            const struct rows *found, const struct attempt *attempt,
                                            const char *account)
{
    int wait = (int)rows_integer(found, 0, WAIT);
    if (!rows_boolean(found, 0, ADMITTED))
        return problem_wait(db->arena, wait);
    const struct problem *problem =
        password_check(hashing, text_or_null(found, HASH), attempt->password);
    if (problem == &problem_unavailable) {
        const struct rows *nothing;
        const char *price[] = {account, actor_address(attempt->address), rows_text(found, 0, KNOWN),
                               text_or_null(found, DEVICE)};
        db_run(db, &forgive_attempt, price, &nothing);
    }
    /* Only the owner may come in: others hear what they would hear about any account. */
    return problem == &problem_bad_credentials && wait ? problem_wait(db->arena, wait) : problem;
}

/* The name's digest, of patients another one than of staff. */
static const char *digest_of(struct db *db, const struct login_kind *kind,
                             const struct attempt *attempt)
{
    const struct piece pieces[] = {
        {kind->find.name, strlen(kind->find.name)},
        {attempt->name, strlen(attempt->name)},
    };
    return secret_fingerprint(db->arena, attempt->our_key, pieces, 2).digest;
}

const struct problem *login_with_password(struct db *db, const struct login_kind *kind,
                                          struct hashing *hashing, const struct attempt *attempt,
                                          int refresh_days, struct login *login)
{
    const struct rows *found;
    const char *account = digest_of(db, kind, attempt), *address = actor_address(attempt->address);
    const char *asked[] = {attempt->name, account, address,
                           db_integer_or_null(db, attempt->earlier_login)};
    const struct problem *problem = db_run(db, &kind->find, asked, &found);
    if (!problem)
        problem = check_password(db, hashing, found, attempt, account);
    if (problem)
        return problem;
    const char *token = secret_new(db->arena);
    const char *parameters[] = {rows_text(found, 0, PERSON),
                                secret_digest(db->arena, token),
                                db_integer(db, refresh_days),
                                rows_text(found, 0, HASH),
                                account,
                                address,
                                rows_text(found, 0, KNOWN),
                                text_or_null(found, DEVICE)};
    problem = obtain(db, &kind->start, parameters, token, login);
    return problem == &problem_unauthenticated ? &problem_bad_credentials : problem;
}

const struct problem *login_refresh(struct db *db, const struct login_kind *kind,
                                    const struct refresh *refresh, int refresh_days,
                                    struct login *login)
{
    const char *token = secret_new(db->arena);
    const char *parameters[] = {secret_digest(db->arena, refresh->refresh_token),
                                secret_digest(db->arena, token), db_integer(db, refresh_days)};
    return obtain(db, &kind->refresh, parameters, token, login);
}

static const struct statement end_login = {
    .name = "login_end",
    .parameters = 1,
    .writes = true,
    .sql = "UPDATE login SET ended_at = now() WHERE id = $1::bigint AND ended_at IS NULL",
};

const struct problem *login_end(struct db *db, int64_t login_id)
{
    const struct rows *rows;
    return db_run(db, &end_login, (const char *[]){db_integer(db, login_id)}, &rows);
}

static const struct statement role_of_staff = {
    .name = "login_role_of_staff",
    .parameters = 2,
    .sql = "SELECT role"
           "  FROM staff"
           " WHERE id = $1::bigint AND is_active"
           "   AND NOT EXISTS (SELECT FROM login"
           "                    WHERE login.id = $2::bigint AND staff_id = $1::bigint"
           "                      AND ended_at IS NOT NULL)",
};

const struct problem *login_role_of_staff(struct db *db, int64_t staff_id, int64_t login_id,
                                          const char **role)
{
    const struct rows *rows;
    const char *parameters[] = {db_integer(db, staff_id), db_integer(db, login_id)};
    const struct problem *problem = db_run(db, &role_of_staff, parameters, &rows);
    if (problem)
        return problem;
    if (rows_count(rows) == 0)
        return &problem_unauthenticated;
    *role = rows_text(rows, 0, 0);
    return NULL;
}
