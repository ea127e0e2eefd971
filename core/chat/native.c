#include "chat/native.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/hello.h"
#include "chat/session.h"
#include "net/timeout.h"

#include <errno.h>

/* ---- The link ----------------------------------------------------------------------------- */

static void link_send(struct link *link, struct slice json, enum send_class send_class)
{
    if (websocket_send(websocket_of(link->conn), WS_OP_TEXT, json, send_class) == -ENOMEM)
        conn_abort(link->conn);
}

static void link_close(struct link *link, unsigned code, const char *reason)
{
    websocket_close(websocket_of(link->conn), code, reason);
}

static void link_hold(struct link *link)
{
    conn_hold(link->conn);
}

static void link_release(struct link *link)
{
    websocket_release(websocket_of(link->conn));
}

static void link_logged_in(struct link *link)
{
    websocket_set_deadline(websocket_of(link->conn), NULL);
}

static void link_login_later(struct link *link)
{
    struct websocket *ws = websocket_of(link->conn);
    const struct native_endpoint *native = ws->endpoint->arg;

    websocket_set_deadline(ws, native->login_timeout);
}

static const struct link_ops link_ops = {
    .send = link_send,
    .close = link_close,
    .hold = link_hold,
    .release = link_release,
    .logged_in = link_logged_in,
    .login_later = link_login_later,
};

/* ---- The WebSocket ------------------------------------------------------------------------ */

static void on_open(struct websocket *ws, struct http_exchange *exchange)
{
    struct native_endpoint *native = ws->endpoint->arg;

    (void)exchange;
    session_init(ws->data, native->hub, &link_ops, ws->conn);
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
    log_debug(conn_name(ws->conn), "closed with %u", code);
    session_deinit(ws->data, link_ends_for_good(code));
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
    struct frame *frame = NULL;
    struct buf hello;

    if (hello_write(hub, &hello) == 0)
        frame = websocket_frame(WS_OP_TEXT, buf_slice(&hello));
    buf_deinit(&hello);
    return frame;
}

int native_init(struct native_endpoint *native, struct hub *hub)
{
    *native = (struct native_endpoint){
        .ws = {.path = "/ws",
               .subprotocol = "chatd.v1",
               .ops = &ws_ops,
               .data_bytes = sizeof(struct session),
               .arg = native},
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
