#include "chat/native.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/session.h"

#include <config.h>
#include <errno.h>

enum {
    PROTOCOL_VERSION = 1,
    HELLO_MAX = 8192,
};

/* ---- The WebSocket ------------------------------------------------------------------------ */

static void on_open(struct websocket *ws, struct http_exchange *exchange)
{
    struct native_endpoint *native = ws->endpoint->arg;

    (void)exchange;
    ws->data = session_new(native->hub, ws);
    if (ws->data == NULL) {
        conn_abort(ws->conn);
        return;
    }
    websocket_set_deadline(ws, native->login_timeout);
    (void)websocket_send_frame(ws, native->hello, SEND_BOUNDED);
}

static void on_message(struct websocket *ws, bool binary, char *p, size_t n)
{
    if (binary)
        websocket_close(ws, 1003, "text only");
    else
        session_input(ws->data, slice_of(p, n));
}

static void on_deadline(struct websocket *ws)
{
    counter_add(COUNT_LOGIN_TIMEOUTS);
    websocket_close(ws, 1008, "no login in time");
}

static void on_close(struct websocket *ws, unsigned code)
{
    if (ws->data == NULL)
        return;
    log_debug(conn_name(ws->conn), "closed with %u", code);
    session_free(ws->data);
}

static const struct websocket_ops ws_ops = {
    .on_open = on_open,
    .on_message = on_message,
    .on_deadline = on_deadline,
    .on_close = on_close,
};

/* ---- The endpoint ------------------------------------------------------------------------- */

static struct frame *make_hello(const struct hub *hub)
{
    const struct config *config = hub->config;
    struct frame *frame = NULL;
    struct buf out;

    buf_init(&out, HELLO_MAX);
    struct json_writer w = json_begin(&out, "hello");
    json_put_str(&w, "server", SLICE("chatd/" PACKAGE_VERSION));
    json_put_int(&w, "protocol", PROTOCOL_VERSION);
    json_put_int(&w, "ping_interval", config->ping_interval.number);
    json_put_object(&w, "limits");
    json_put_int(&w, "message_bytes", config->max_text_bytes.number);
    json_put_int(&w, "nick_bytes", config->max_nick_bytes.number);
    json_end_object(&w);
    json_put_array(&w, "auth");
    if (config->allow_guests.number)
        json_item_str(&w, SLICE("guest"));
    for (size_t i = 0; i < hub->auth.n; i++)
        json_item_str(&w, slice_str(hub->auth.names[i]));
    json_end_array(&w);
    json_put_array(&w, "features");
    for (size_t i = 0; i < hub->features.n; i++)
        json_item_str(&w, slice_str(hub->features.names[i]));
    json_end_array(&w);
    if (json_end(&w) == 0)
        frame = websocket_frame(WS_OP_TEXT, buf_slice(&out));
    buf_deinit(&out);
    return frame;
}

int native_init(struct native_endpoint *native, struct hub *hub)
{
    *native = (struct native_endpoint){
        .ws = {.path = "/ws", .subprotocol = "chatd.v1", .ops = &ws_ops, .arg = native},
        .hub = hub,
        .login_timeout = timeout_new(hub->loop, hub->config->login_timeout.number),
    };
    if (native->login_timeout == NULL)
        return -ENOMEM;
    return native_configure(native);
}

int native_configure(struct native_endpoint *native)
{
    const struct config *config = native->hub->config;
    struct frame *hello = make_hello(native->hub);

    if (hello == NULL)
        return -ENOMEM;
    frame_unref(native->hello);
    native->hello = hello;
    native->ws.max_message = (size_t)config->max_message_bytes.number;
    timeout_set(native->login_timeout, config->login_timeout.number);
    return 0;
}

void native_deinit(struct native_endpoint *native)
{
    frame_unref(native->hello);
}
