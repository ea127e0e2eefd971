/* A filter that lets every message pass: what is left is what a filter costs the server. */
#include <chatd-module.h>

static const struct chatd_api *chatd;

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)self;
    (void)msg;
    return CHATD_PASS;
}

static const struct chatd_hook hooks[] = {CHATD_ON_MESSAGE(on_message, 0), CHATD_END};

CHATD_MODULE(.name = FILTER, .version = "1.0", .about = "lets messages pass", .api = &chatd,
             .hooks = hooks);
