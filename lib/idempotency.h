/*
 * Doing once what is asked for twice: whoever gives a request a key may repeat it, when an answer
 * was lost, and is given the first answer again.
 *
 * The answer is kept in the transaction of what was written, so there is never one without the
 * other (sql/004_idempotency.sql). It may hold tokens and names, so it is kept sealed, and only the
 * repeated request opens it.
 */
#ifndef IDEMPOTENCY_H
#define IDEMPOTENCY_H

#include "db.h"
#include "secret.h"

/* A request under a key: whose, and what was asked. */
struct errand {
    const char *caller;
    const char *key;
    struct fingerprint fingerprint;
    struct fingerprint also; /* as another worker may have taken it; its digest NULL: as none has */
};

/* What is kept of an answer. */
struct kept_answer {
    int status; /* 0: none is kept */
    const char *location;
    int64_t version;
    const char *body; /* NULL: it had none */
    size_t length;
};

/* The answer that is kept for the errand. Refused: `idempotency_key_reused` when the key was given
 * to another request. */
const struct problem *idempotency_find(struct db *db, const struct errand *errand,
                                       struct kept_answer *answer);

/* Makes the request's writes one transaction that alone carries the errand out. The first write is
 * then refused with `idempotency_key_in_use` when somebody else is doing or has done so. */
void idempotency_begin(struct db *db, const struct errand *errand);

/* Commits what was written, together with the answer. Refused: `idempotency_key_in_use` when there
 * is an answer by now; `unavailable`. */
const struct problem *idempotency_keep(struct db *db, const struct errand *errand,
                                       const struct kept_answer *answer);

#endif
