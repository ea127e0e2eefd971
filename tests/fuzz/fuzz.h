/* The entry point of every fuzz target, as libFuzzer calls it, and what the targets share. */
#ifndef CHATD_TESTS_FUZZ_H
#define CHATD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* As assert(), whatever NDEBUG says: ends the process, which is how a target reports. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
