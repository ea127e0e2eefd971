/* Needs functions that a later version of the server has. */
#include "chatd-module.h"

CHATD_MODULE(.need_minor = CHATD_ABI_MINOR + 1, .name = "bad_minor", .version = "1.0");
