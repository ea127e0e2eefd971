/*
 * echo: a WebSocket endpoint that returns every message as it came.
 *
 * For conformance suites (Autobahn) and for load tests: nobody logs in here, and it has nothing to
 * do with the chat.
 */
#include <chatd-module.h>

#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_websocket_api *websocket;

static void on_message(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data,
                       size_t n)
{
    /* The server takes no more from whoever does not read his echo. */
    websocket->send(self, ws, binary, data, n);
}

static const struct chatd_option options[] = {
    CHATD_OPTION("path", CHATD_STRING, "/echo", "where it is served"),
    CHATD_OPTION_RANGE("max_message", CHATD_SIZE, "1M", 1, 64 << 20,
                       "longer messages close the connection"),
    CHATD_END,
};

static int check(struct chatd_self *self)
{
    if (chatd->option_str(self, "path").p[0] != '/')
        return chatd->option_error(self, "path", "must begin with a slash");
    return 0;
}

static int init(struct chatd_self *self)
{
    const char *path = chatd->option_str(self, "path").p;
    const struct chatd_ws_ops ops = {
        .size = sizeof(ops),
        .max_message = (size_t)chatd->option_int(self, "max_message"),
        .message = on_message,
    };

    websocket = chatd->iface(self, "websocket", 1);
    if (websocket == NULL)
        return -1;
    int err = websocket->serve(self, path, &ops);
    if (err != 0)
        return chatd->option_error(self, "path", "\"%s\": %s", path, strerror(-err));
    return 0;
}

CHATD_MODULE(.name = "echo", .version = "1.0", .about = "returns WebSocket messages", .api = &chatd,
             .options = options, .check = check, .init = init);
