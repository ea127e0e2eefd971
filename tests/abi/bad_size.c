/* Says that its definition is shorter than the first version's. */
#include "chatd-module.h"

/* Without CHATD_MODULE(), which would set the member rightly. */
extern CHATD_EXPORT const struct chatd_module_def chatd_module;
CHATD_EXPORT const struct chatd_module_def chatd_module = {
    .magic = CHATD_MODULE_MAGIC,
    .major = CHATD_ABI_MAJOR,
    .minor = CHATD_ABI_MINOR,
    .size = 24,
    .name = "bad_size",
    .version = "1.0",
};
