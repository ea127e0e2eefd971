/* Provides the service "greeting 1". */
#include "chatd-module.h"

#ifndef GREETING
#define GREETING "hello"
#endif

#ifndef NAME
#define NAME "service_provider"
#endif

static const struct chatd_api *chatd;

static const char *greet(void)
{
    return GREETING;
}

static const struct greeting {
    const char *(*greet)(void);
} greeting = {greet};

static int init(struct chatd_self *self)
{
    return chatd->service_provide(self, "greeting", 1, &greeting);
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    chatd->log(self, CHATD_LOG_INFO, "provider stops");
}

CHATD_MODULE(.name = NAME, .version = "1.0", .about = "provides", .api = &chatd, .init = init,
             .stop = stop);
