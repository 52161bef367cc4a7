/* Whole requests to the patient pool: parameters and body, from the socket to the answer. */
#include "requests.h"

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    requests_open(patient_pool());
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    requests_try(data, size);
    return 0;
}
