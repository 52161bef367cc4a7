/*
 * What the hospital offers, and when it does not: doctors, treatments, slots and closures. They
 * differ in their fields and their statements, which each noun's file declares; the verbs are the
 * same for all. One that a noun does not have has no statement, and no route.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "db.h"
#include "form.h"

struct catalogue {
    const char *unique;       /* the constraint that create violates when it answers no row */
    struct statement list;    /* (the filter's fields) -> document */
    struct statement find;    /* (id) -> document */
    struct statement create;  /* (the form's fields) -> document, id */
    struct statement replace; /* (id, the form's fields) -> document */
    struct statement hide;    /* (id) -> anything */
};

/* What patients see of a catalogue: the entries that are active, as workers remember them
 * (offer.h). */
struct offering {
    const struct problem *(*list)(struct db *db, const void *filter, struct document *list);
    const struct problem *(*find)(struct db *db, int64_t id, struct document *found);
};

/* A page of what passes the filter. */
const struct problem *offering_list(struct db *db, const struct offering *offering,
                                    const void *filter, struct document *list);

/* Refused: `not_found`. */
const struct problem *offering_find(struct db *db, const struct offering *offering, int64_t id,
                                    struct document *found);

/* A page of what passes the filter. */
const struct problem *catalogue_list(struct db *db, const struct catalogue *catalogue,
                                     const struct form *form, const void *filter,
                                     struct document *list);

/* Refused: `not_found`. */
const struct problem *catalogue_find(struct db *db, const struct catalogue *catalogue, int64_t id,
                                     struct document *found);

/* A new entry as read through `form`. Refused: `duplicate`; `invalid` where the fields do not fit
 * each other. */
const struct problem *catalogue_create(struct db *db, const struct catalogue *catalogue,
                                       const struct form *form, const void *entry,
                                       struct document *created);

/* Replaces all fields. Refused: `not_found`; `in_use` when that would hide or shrink what future
 * appointments need; what catalogue_create() refuses. */
const struct problem *catalogue_replace(struct db *db, const struct catalogue *catalogue,
                                        int64_t id, const struct form *form, const void *entry,
                                        struct document *replaced);

/* Makes the entry inactive; past appointments keep it. Refused: `not_found`, `in_use`. */
const struct problem *catalogue_hide(struct db *db, const struct catalogue *catalogue, int64_t id);

#endif
