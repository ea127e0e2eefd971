/* Returns what is no verdict: from a filter, a verb and a command. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)self, (void)msg;
    return 4711;
}

static int on_call(struct chatd_self *self, struct chatd_call *call)
{
    (void)self, (void)call;
    return -1;
}

static const struct chatd_hook hooks[] = {CHATD_ON_MESSAGE(on_message, 0), CHATD_END};
static const struct chatd_verb verbs[] = {CHATD_VERB("odd", 0, 10, 1000, on_call), CHATD_END};
static const struct chatd_command commands[] = {
    CHATD_COMMAND("odd", "", "answers oddly", on_call),
    CHATD_END,
};

CHATD_MODULE(.name = "bad_verdict", .version = "1.0", .api = &chatd, .hooks = hooks, .verbs = verbs,
             .commands = commands);
