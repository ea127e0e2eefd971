/* A bot that answers every message it hears of with one of its own. CHATTERBOX is its name: two of
 * them in one room must not talk for ever. */
#include "chatd-module.h"

#include <string.h>

static const struct chatd_api *chatd;
static chatd_id bot;

static int init(struct chatd_self *self)
{
    bot = chatd->bot_new(self, CHATTERBOX);
    return bot == 0;
}

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    chatd->say(self, bot, chatd->msg_room(msg), CHATTERBOX " agrees", strlen(CHATTERBOX " agrees"));
}

static const struct chatd_hook hooks[] = {CHATD_ON_SENT(on_sent, 0), CHATD_END};

CHATD_MODULE(.name = CHATTERBOX, .version = "1.0", .api = &chatd, .hooks = hooks, .init = init);
