/* Answering a request that carries an Idempotency-Key: carried out once, answered alike each time
 * (draft-ietf-httpapi-idempotency-key-header). */
#ifndef ONCE_H
#define ONCE_H

#include "route.h"

/*
 * Answers with what is kept for the key; else lets `carry_out` answer, and keeps that answer, also
 * a refusal, with what was written. What is our own failure is not kept. Refused: `bad_request`
 * when the key is none; `idempotency_key_reused`; `idempotency_key_in_use`.
 */
const struct problem *answer_once(struct request *request, struct reply *reply, handler *carry_out);

#endif
