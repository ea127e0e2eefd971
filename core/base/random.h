/* Unguessable values from libcrypto's generator. The process is aborted when the system has no
 * randomness to give, for nothing could be trusted then. */
#ifndef CHATD_BASE_RANDOM_H
#define CHATD_BASE_RANDOM_H

#include <stddef.h>

void random_bytes(void *out, size_t n);

/* Fills `out` with `digits` random hexadecimal digits and a NUL: 4 bits of entropy each. `digits`
 * is even and at most 64. */
void random_hex(char *out, size_t digits);

#endif
