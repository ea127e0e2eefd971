/* Fails to initialise. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static int init(struct chatd_self *self)
{
    chatd->log(self, CHATD_LOG_ERROR, "init says no");
    return -1;
}

static void fini(struct chatd_self *self)
{
    chatd->log(self, CHATD_LOG_ERROR, "fini without init");
}

CHATD_MODULE(.name = "bad_init", .version = "1.0", .api = &chatd, .init = init, .fini = fini);
