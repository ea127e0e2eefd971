/* Has a command that probe has already. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static int on_command(struct chatd_self *self, struct chatd_call *call)
{
    (void)self, (void)call;
    return CHATD_ACCEPT;
}

static const struct chatd_command commands[] = {
    CHATD_COMMAND("probe", "", "a second one", on_command),
    CHATD_END,
};

CHATD_MODULE(.name = "bad_command", .version = "1.0", .api = &chatd, .commands = commands);
