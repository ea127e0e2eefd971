#include "base/random.h"

#include "base/log.h"

#include <assert.h>
#include <openssl/rand.h>
#include <stdlib.h>

void random_bytes(void *out, size_t n)
{
    if (RAND_bytes(out, (int)n) == 1)
        return;
    log_error("random", "the system's random generator failed");
    abort();
}

void random_hex(char *out, size_t digits)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[32];

    assert(digits % 2 == 0 && digits / 2 <= sizeof(bytes));
    random_bytes(bytes, digits / 2);
    for (size_t i = 0; i < digits; i++)
        out[i] = hex[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
    out[digits] = '\0';
}
