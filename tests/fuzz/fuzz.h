/*
 * What the fuzz targets share. Each target is one file, fuzz_TARGET.c, with fuzz_open()
 * and libFuzzer's LLVMFuzzerTestOneInput(): `make fuzz` links it with libFuzzer, `make test` with
 * replay.c, which gives it what the corpus holds.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route.h"

/* What a target does once, before it is given anything. */
void fuzz_open(void);

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process with the sentence, unless what is promised holds. */
#define must(HOLDS, ...) ((HOLDS) ? (void)0 : broken_promise(__VA_ARGS__))
_Noreturn void broken_promise(const char *promise, ...) __attribute__((format(printf, 1, 2)));

/* The pools as their programs have them, with every route and form. */
struct pool patient_pool(void);
struct pool admin_pool(void);

/* The time that tokens are made and read at, and what signs them. */
enum { FUZZ_NOW = 1800000000 };
extern const struct token_key fuzz_key;

#endif
