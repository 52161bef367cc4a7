#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "worker.h"

const struct token_key fuzz_key = {"what signs the tokens of the fuzz targets", "staff"};

/* NOLINTNEXTLINE(readability-non-const-parameter): it is libFuzzer's */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    fuzz_open();
    return 0;
}

void broken_promise(const char *promise, ...)
{
    va_list arguments;
    va_start(arguments, promise);
    fputs("broken promise: ", stderr);
    vfprintf(stderr, promise, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

/* The pools' programs are linked in under these names; each hands its pool to worker_run(). */
int patient_api_main(int count, char **arguments);
int admin_api_main(int count, char **arguments);

static struct pool *wanted;

int worker_run(const struct pool *pool, int count, char **arguments)
{
    (void)count, (void)arguments;
    *wanted = *pool;
    return EXIT_SUCCESS;
}

struct pool patient_pool(void)
{
    struct pool pool;
    wanted = &pool;
    patient_api_main(1, NULL);
    return pool;
}

struct pool admin_pool(void)
{
    struct pool pool;
    wanted = &pool;
    admin_api_main(1, NULL);
    return pool;
}
