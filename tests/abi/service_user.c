/* Uses the service "greeting 1", and needs what NEED says. */
#include "chatd-module.h"

#include <string.h>

static const struct chatd_api *chatd;
static const struct greeting {
    const char *(*greet)(void);
} * greeting;

static void on_service(struct chatd_self *self, const char *name, const void *table, void *arg)
{
    greeting = table;
    chatd->log(self, CHATD_LOG_INFO, "service %s is %s, %s", name, table != NULL ? "there" : "gone",
               (const char *)arg);
}

static int on_greet(struct chatd_self *self, struct chatd_call *call)
{
    const char *text = greeting != NULL ? greeting->greet() : "nobody greets";

    chatd->call_reply(self, call, text, strlen(text));
    return CHATD_ACCEPT;
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    (void)saved;
    greeting = chatd->service_use(self, "greeting", 1, on_service, (void *)"it says");
    return chatd->service_use(self, "greeting", 2, NULL, NULL) == NULL ? 0 : -1;
}

static const struct chatd_command commands[] = {CHATD_COMMAND("greet", "", "", on_greet),
                                                CHATD_END};

#ifndef NEED
#define NEED NULL
#endif

static const char *const needs[] = {NEED, NULL};

CHATD_MODULE(.name = "service_user", .version = "1.0", .about = "uses", .api = &chatd,
             .commands = commands, .needs = needs, .start = start);
