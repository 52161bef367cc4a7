#include "catalogue.h"

#include <string.h>

#include "refusal.h"

const struct problem *offering_list(struct db *db, const struct offering *offering,
                                    const void *filter, struct document *list)
{
    return offering->list(db, filter, list);
}

const struct problem *offering_find(struct db *db, const struct offering *offering, int64_t id,
                                    struct document *found)
{
    return offering->find(db, id, found);
}

const struct problem *catalogue_list(struct db *db, const struct catalogue *catalogue,
                                     const struct form *form, const void *filter,
                                     struct document *list)
{
    const char **parameters = form_parameters(db->arena, form, filter);
    return db_document(db, &catalogue->list, parameters, list);
}

const struct problem *catalogue_find(struct db *db, const struct catalogue *catalogue, int64_t id,
                                     struct document *found)
{
    return db_document(db, &catalogue->find, (const char *[]){db_integer(db, id)}, found);
}

const struct problem *catalogue_create(struct db *db, const struct catalogue *catalogue,
                                       const struct form *form, const void *entry,
                                       struct document *created)
{
    const char **parameters = form_parameters(db->arena, form, entry);
    const struct problem *problem = db_document(db, &catalogue->create, parameters, created);
    return problem == &problem_not_found ? refusal_by_constraint(db->arena, catalogue->unique)
                                         : problem;
}

const struct problem *catalogue_replace(struct db *db, const struct catalogue *catalogue,
                                        int64_t id, const struct form *form, const void *entry,
                                        struct document *replaced)
{
    const char **parameters = arena_alloc(db->arena, (form->count + 1) * sizeof *parameters);
    parameters[0] = db_integer(db, id);
    memcpy(parameters + 1, form_parameters(db->arena, form, entry),
           form->count * sizeof *parameters);
    return db_document(db, &catalogue->replace, parameters, replaced);
}

const struct problem *catalogue_hide(struct db *db, const struct catalogue *catalogue, int64_t id)
{
    struct document hidden;
    return db_document(db, &catalogue->hide, (const char *[]){db_integer(db, id)}, &hidden);
}
