/* Whole requests to the patient pool: parameters and body, from the socket to the answer. */
#include "requests.h"

void fuzz_open(void)
{
    requests_open(patient_pool());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    requests_try(data, size);
    return 0;
}
