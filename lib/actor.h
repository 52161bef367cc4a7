/* Who acts: a patient for themselves, or a member of staff for anybody. */
#ifndef ACTOR_H
#define ACTOR_H

#include "db.h"

struct actor {
    int64_t patient_id;  /* NOT_GIVEN: it is staff */
    int64_t staff_id;    /* NOT_GIVEN: it is a patient */
    const char *action;  /* what they ask for, without any number or name in it */
    const char *address; /* whence; NULL: not known */
};

/* The address, if it is one that PostgreSQL can read as inet; else NULL: not known. */
const char *actor_address(const char *address);

/* The actor as SQL's `visitor`, for access_note(); NULL for a patient, whose own data they are. */
const char *actor_visitor(struct db *db, const struct actor *actor);

#endif
