/* Keeps messages that begin with "not for NICK" from that user. */
#include "chatd-module.h"

#include <string.h>

static const struct chatd_api *chatd;

static int on_deliver(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to)
{
    static const char begin[] = "not for ";
    const char *text = chatd->msg_text(msg).p;

    (void)self;
    if (strncmp(text, begin, strlen(begin)) != 0)
        return CHATD_PASS;
    return strcmp(text + strlen(begin), chatd->user_nick(to).p) == 0 ? CHATD_DROP : CHATD_PASS;
}

static const struct chatd_hook hooks[] = {CHATD_ON_DELIVER(on_deliver, 0), CHATD_END};

CHATD_MODULE(.name = "hider", .version = "1.0", .about = "hides messages", .api = &chatd,
             .hooks = hooks);
