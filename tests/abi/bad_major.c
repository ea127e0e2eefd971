/* Built for an ABI that comes after this one. */
#include "chatd-module.h"

/* Without CHATD_MODULE(), which would set the member rightly. */
extern CHATD_EXPORT const struct chatd_module_def chatd_module;
CHATD_EXPORT const struct chatd_module_def chatd_module = {
    .magic = CHATD_MODULE_MAGIC,
    .major = CHATD_ABI_MAJOR + 1,
    .size = sizeof(struct chatd_module_def),
    .name = "bad_major",
    .version = "1.0",
};
