/* Was built when 0.x was another interface. */
#include "chatd-module.h"

#undef CHATD_ABI_MINOR
#define CHATD_ABI_MINOR 1

CHATD_MODULE(.name = "bad_old", .version = "1.0");
