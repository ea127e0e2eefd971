/* 64 filters that let every message pass: what is left is what filters cost the server. */
#include <chatd-module.h>

static const struct chatd_api *chatd;

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)self;
    (void)msg;
    return CHATD_PASS;
}

#define ONE CHATD_ON_MESSAGE(on_message, 0)
#define FOUR ONE, ONE, ONE, ONE
#define SIXTEEN FOUR, FOUR, FOUR, FOUR

static const struct chatd_hook hooks[] = {SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN, CHATD_END};

CHATD_MODULE(.name = "filter", .version = "1.0", .about = "lets messages pass", .api = &chatd,
             .hooks = hooks);
