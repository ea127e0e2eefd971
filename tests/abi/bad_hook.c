/* Hooks a point that this server does not have. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static void on_something(struct chatd_self *self)
{
    (void)self;
}

static const struct chatd_hook hooks[] = {
    {sizeof(struct chatd_hook), 999, 0, (chatd_fn)on_something},
    CHATD_END,
};

CHATD_MODULE(.name = "bad_hook", .version = "1.0", .api = &chatd, .hooks = hooks);
