/* Has another name than its file. */
#include "chatd-module.h"

/* What stands in its tables may not be looked at any more once it was refused and closed. */
static const char *const features[] = {"somebody", NULL};

CHATD_MODULE(.name = "somebody_else", .version = "1.0", .features = features);
