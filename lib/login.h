/*
 * Logins: a person proves who they are and is given tokens until the login ends.
 *
 * The library knows refresh tokens, which it keeps as digests and lets be used once; access tokens
 * are the workers' affair (fcgi/token.h).
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "db.h"
#include "form.h"
#include "secret.h"

/* What somebody sends to become a patient. */
struct registration {
    const char *name;
    const char *phone;
    const char *password;
};
extern const struct form registration_form;

struct patient_credentials {
    const char *phone;
    const char *password;
};
extern const struct form patient_credentials_form;

struct staff_credentials {
    const char *email;
    const char *password;
};
extern const struct form staff_credentials_form;

struct refresh {
    const char *refresh_token; /* NULL: not sent in this way */
};
extern const struct form refresh_form;

/* A login that stands: whose it is, and what continues it. */
struct login {
    int64_t id;
    int64_t person_id;
    const char *role;   /* of staff; NULL for a patient */
    const char *person; /* the person's document */
    const char *refresh_token;
};

/* Patients and staff log in alike, each by what is unique to them. */
struct login_kind;
extern const struct login_kind login_of_patient; /* by telephone number */
extern const struct login_kind login_of_staff;   /* by e-mail address */

/* What a login is tried with. Attempts are counted by name and by address
 * (sql/013_login_limits.sql); names are kept as digests, which say nothing without `our_key`. A
 * login of the same person that began earlier shows that a device is theirs, from which they get in
 * whatever others try. */
struct attempt {
    const char *name;
    const char *password;
    const char *address; /* whence; NULL: not known */
    const char *our_key;
    int64_t earlier_login; /* whose access token came along, perhaps anybody's; NOT_GIVEN: none */
};

/* Logs in whoever has that name and password. The refresh token is good for `refresh_days`.
 * Refused: `bad_credentials`, whichever of the two is wrong; `too_many_requests`, the password not
 * having been looked at; `unavailable`. Nothing tells whether there is somebody of that name. */
const struct problem *login_with_password(struct db *db, const struct login_kind *kind,
                                          struct hashing *hashing, const struct attempt *attempt,
                                          int refresh_days, struct login *login);

/* Makes a patient and logs them in, both or neither. Refused: `duplicate` when the number is
 * registered; `too_many_requests` from that address; `unavailable`. */
const struct problem *login_register(struct db *db, struct hashing *hashing,
                                     const struct registration *registration, const char *address,
                                     int refresh_days, struct login *login);

/* Spends a refresh token for the next one. A token that was spent before ends its login. Refused:
 * `unauthenticated`. */
const struct problem *login_refresh(struct db *db, const struct login_kind *kind,
                                    const struct refresh *refresh, int refresh_days,
                                    struct login *login);

/* Ends a login: its refresh tokens are good no more. */
const struct problem *login_end(struct db *db, int64_t login_id);

/* The role that a staff member has now, whatever it was when they logged in. Refused:
 * `unauthenticated` when they have left, or when that login has ended. */
const struct problem *login_role_of_staff(struct db *db, int64_t staff_id, int64_t login_id,
                                          const char **role);

#endif
