/* Refuses its options. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static int check(struct chatd_self *self)
{
    return chatd->option_error(self, "colour", "\"%s\" does not suit", "green");
}

static const struct chatd_option options[] = {
    CHATD_OPTION("colour", CHATD_STRING, "green", "a colour"),
    CHATD_END,
};

CHATD_MODULE(.name = "bad_check", .version = "1.0", .api = &chatd, .options = options,
             .check = check);
