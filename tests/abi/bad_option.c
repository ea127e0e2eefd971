/* Has an option whose default is not of its type. */
#include "chatd-module.h"

static const struct chatd_api *chatd;
static const struct chatd_option options[] = {
    CHATD_OPTION("many", CHATD_INT, "lots", "a number"),
    CHATD_END,
};

CHATD_MODULE(.name = "bad_option", .version = "1.0", .api = &chatd, .options = options);
