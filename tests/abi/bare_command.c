/* A command that says nothing about itself, which is allowed. */
#include "chatd-module.h"

static int on_bare(struct chatd_self *self, struct chatd_call *call)
{
    (void)self;
    (void)call;
    return CHATD_ACCEPT;
}

static const struct chatd_command commands[] = {CHATD_COMMAND("bare", NULL, NULL, on_bare),
                                                CHATD_END};

CHATD_MODULE(.name = "bare_command", .version = "1.0", .commands = commands);
