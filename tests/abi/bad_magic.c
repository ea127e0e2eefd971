/* Exports the symbol, but it is something else. */
#include "chatd-module.h"

/* Without CHATD_MODULE(), which would set the member rightly. */
extern CHATD_EXPORT const struct chatd_module_def chatd_module;
CHATD_EXPORT const struct chatd_module_def chatd_module = {
    .magic = 0x12345678u,
    .major = CHATD_ABI_MAJOR,
    .size = sizeof(struct chatd_module_def),
    .name = "bad_magic",
    .version = "1.0",
};
