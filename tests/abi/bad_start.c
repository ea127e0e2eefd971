/* Fails to start, with a command and a hook that must not be called then. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    (void)saved;
    chatd->log(self, CHATD_LOG_ERROR, "start says no");
    return -1;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    chatd->log(self, CHATD_LOG_ERROR, "stop without start");
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)msg;
    return chatd->deny(self, "forbidden", "a module that has not started");
}

static int on_command(struct chatd_self *self, struct chatd_call *call)
{
    (void)self, (void)call;
    return CHATD_ACCEPT;
}

static const struct chatd_hook hooks[] = {CHATD_ON_MESSAGE(on_message, 0), CHATD_END};
static const struct chatd_command commands[] = {
    CHATD_COMMAND("unstarted", "", "never", on_command),
    CHATD_END,
};

CHATD_MODULE(.name = "bad_start", .version = "1.0", .api = &chatd, .hooks = hooks,
             .commands = commands, .start = start, .stop = stop);
