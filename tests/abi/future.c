/* Built with a header that comes after this one: its structs are longer, the rest is zero or not,
 * as FUTURE_USED says. */
#include "chatd-module.h"

#ifndef FUTURE_USED
#define FUTURE_USED 0
#endif

struct future_def {
    struct chatd_module_def def;
    long appended;
};

extern CHATD_EXPORT const struct future_def chatd_module;
CHATD_EXPORT const struct future_def chatd_module = {
    .def = {.magic = CHATD_MODULE_MAGIC,
            .major = CHATD_ABI_MAJOR,
            .size = sizeof(struct future_def),
            .name = FUTURE_USED ? "bad_future" : "future",
            .version = "1.0"},
    .appended = FUTURE_USED,
};
