/* Serves a path that the server itself has. */
#include "chatd-module.h"

static const struct chatd_api *chatd;
static const struct chatd_ws_ops ops = {.size = sizeof(ops)};

static int init(struct chatd_self *self)
{
    const struct chatd_websocket_api *websocket = chatd->iface(self, "websocket", 1);
    return websocket == NULL ? -1 : websocket->serve(self, "/ws", &ops);
}

CHATD_MODULE(.name = "bad_endpoint", .version = "1.0", .api = &chatd, .init = init);
