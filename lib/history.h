/* The history of an appointment: each change of it, by whom and why. It is written by the schema
 * (sql/006_history.sql), so that nothing escapes it. */
#ifndef HISTORY_H
#define HISTORY_H

#include "actor.h"
#include "form.h"

extern const struct form history_form;

/* For staff: a page of an appointment's changes, the first one first; `filter` was read through
 * history_form. Refused: `not_found`. */
const struct problem *history_list(struct db *db, const struct actor *actor, int64_t appointment_id,
                                   const void *filter, struct document *list);

#endif
