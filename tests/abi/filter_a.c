/* One of two filters that say in what order they run: adds its letter to the text. */
#include "chatd-module.h"

#include <string.h>

static const struct chatd_api *chatd;

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    char text[100];
    struct chatd_str old = chatd->msg_text(msg);
    if (old.n >= sizeof(text))
        return CHATD_PASS;
    memcpy(text, old.p, old.n);
    text[old.n] = 'a';
    chatd->msg_set_text(self, msg, text, old.n + 1);
    return CHATD_PASS;
}

static const struct chatd_hook hooks[] = {CHATD_ON_MESSAGE(on_message, 0), CHATD_END};

CHATD_MODULE(.name = "filter_a", .version = "1.0", .about = "adds a", .api = &chatd,
             .hooks = hooks);
