/* Has another name than its file. */
#include "chatd-module.h"

CHATD_MODULE(.name = "somebody_else", .version = "1.0");
