/*
 * WebSockets that begin as requests at an HTTP path, /both/, at once or (/both/later) 50 ms later;
 * and one at a path of its own, /socket.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_http_api *http;
static const struct chatd_websocket_api *websocket;

static chatd_id upgraded;

static void say(struct chatd_self *self, struct chatd_ws *ws, const char *text)
{
    websocket->send(self, ws, 0, text, strlen(text));
}

/* ---- WebSockets --------------------------------------------------------------------------- */

static void on_open(struct chatd_self *self, struct chatd_ws *ws)
{
    struct chatd_request *request = websocket->request(ws);
    char text[4096];

    snprintf(text, sizeof(text), "%s?%s %s %d %s", http->path(request).p, http->query(request).p,
             http->header(request, "Upgrade").p, http->id(request) == upgraded,
             http->address(request).p);
    say(self, ws, text);
    if (http->by_id(self, http->id(request)) != NULL ||
        http->respond(self, request, 200, NULL, "", 0) == 0 || http->upgrade(self, request) == 0)
        abort();
}

/* "1010": closes with it. */
static void on_message(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data,
                       size_t n)
{
    char text[64] = "";
    unsigned code;

    (void)binary;
    memcpy(text, data, n < sizeof(text) ? n : sizeof(text) - 1);
    if (websocket->request(ws) != NULL)
        abort();
    if (strcmp(text, "bad reason") == 0)
        snprintf(text, sizeof(text), "%d", websocket->close(self, ws, 1000, "\xff"));
    else if (sscanf(text, "%u", &code) == 1)
        snprintf(text, sizeof(text), "%d", websocket->close(self, ws, code, NULL));
    say(self, ws, text);
}

static void on_close(struct chatd_self *self, struct chatd_ws *ws, unsigned code)
{
    (void)ws;
    chatd->log(self, CHATD_LOG_INFO, "closed %u", code);
}

static const struct chatd_ws_ops ws_ops = {
    .size = sizeof(ws_ops),
    .max_message = 100,
    .subprotocol = "both.v1",
    .open = on_open,
    .message = on_message,
    .close = on_close,
};

/* ---- Requests ----------------------------------------------------------------------------- */

static void upgrade(struct chatd_self *self, struct chatd_request *request)
{
    int err = http->upgrade(self, request);

    if (err != -EINVAL && http->upgrade(self, request) != -EALREADY)
        abort();
    chatd->log(self, CHATD_LOG_INFO, "upgrade: %d", err);
}

static void on_timer(struct chatd_self *self, void *arg)
{
    struct chatd_request *request = http->by_id(self, upgraded);

    (void)arg;
    if (request != NULL)
        upgrade(self, request);
}

static void on_request(struct chatd_self *self, struct chatd_request *request)
{
    upgraded = http->id(request);
    if (strcmp(http->path(request).p, "/both/poll") == 0)
        http->respond(self, request, 200, NULL, "poll", 4);
    else if (strcmp(http->path(request).p, "/both/later") == 0)
        chatd->timer_start(self, 50, 0, on_timer, NULL);
    else
        upgrade(self, request);
}

static void on_plain(struct chatd_self *self, struct chatd_request *request)
{
    upgrade(self, request);
    http->respond(self, request, 200, NULL, "plain", 5);
}

static void on_gone(struct chatd_self *self, chatd_id id)
{
    (void)id;
    chatd->log(self, CHATD_LOG_INFO, "gone");
}

/* ---- The module --------------------------------------------------------------------------- */

static const struct chatd_option options[] = {
    CHATD_OPTION("path", CHATD_STRING, "/socket", "of the WebSocket that is no request"),
    CHATD_OPTION("subprotocol", CHATD_STRING, "both.v1", "of that"),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    static const struct chatd_http_ops both = {
        .size = sizeof(both), .request = on_request, .gone = on_gone, .websocket = &ws_ops};
    static const struct chatd_http_ops plain = {.size = sizeof(plain), .request = on_plain};
    struct chatd_ws_ops own = ws_ops;

    http = chatd->iface(self, "http", 1);
    websocket = chatd->iface(self, "websocket", 1);
    if (http == NULL || websocket == NULL)
        return -1;
    own.subprotocol = chatd->option_str(self, "subprotocol").p;
    int err = http->serve(self, "/both/", &both);
    if (err == 0)
        err = http->serve(self, "/plain", &plain);
    if (err == 0)
        err = websocket->serve(self, chatd->option_str(self, "path").p, &own);
    return err;
}

CHATD_MODULE(.name = "upgrader", .version = "1.0", .about = "makes WebSockets of requests",
             .api = &chatd, .options = options, .init = init);
