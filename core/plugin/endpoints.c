#include "plugin/endpoints.h"

#include "base/log.h"
#include "http/path.h"
#include "http/request.h"
#include "plugin/activation.h"
#include "plugin/links.h"
#include "plugin/requests.h"
#include "plugin/table.h"
#include "plugin/thread.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 1 << 30, SUBPROTOCOL_MAX = 100 };

struct module_endpoint {
    struct ws_endpoint ws;
    struct module_endpoint *next;
    struct chatd_self *self; /* NULL: the module has ended, and its connections are closing */
    struct chatd_ws_ops ops;
    struct chatd_ws *connections;
    char *path;
    bool served; /* by itself; else it is for the requests at an HTTP path */
};

/* A connection to such an endpoint. */
struct chatd_ws {
    struct websocket *ws;
    struct module_endpoint *endpoint;
    struct chatd_ws *prev; /* of the same endpoint */
    struct chatd_ws *next;
    struct http_exchange *exchange; /* that it came from, in open() */
    struct chatd_link *link;        /* that goes by it; NULL for none */
    uint64_t id;
    bool answering; /* its message is with the module */
};

/* ---- From the connection to the module ---------------------------------------------------- */

static void endpoint_free(struct module_endpoint *endpoint)
{
    free(endpoint->path);
    free(endpoint);
}

static void add_connection(struct chatd_ws *handle)
{
    struct module_endpoint *endpoint = handle->endpoint;

    handle->next = endpoint->connections;
    if (handle->next != NULL)
        handle->next->prev = handle;
    endpoint->connections = handle;
}

static void remove_connection(struct chatd_ws *handle)
{
    struct module_endpoint *endpoint = handle->endpoint;

    if (handle->prev != NULL)
        handle->prev->next = handle->next;
    else
        endpoint->connections = handle->next;
    if (handle->next != NULL)
        handle->next->prev = handle->prev;
    if (endpoint->self == NULL && endpoint->connections == NULL)
        endpoint_free(endpoint);
}

static void on_open(struct websocket *ws, struct http_exchange *exchange)
{
    struct module_endpoint *endpoint = ws->endpoint->arg;
    struct idmap *ids = &endpoint->self->plugins->hub->ids;
    struct chatd_ws *handle = ws->data;
    struct activation activation;

    *handle = (struct chatd_ws){.ws = ws, .endpoint = endpoint};
    handle->id = idmap_add(ids, ID_WEBSOCKET, handle);
    add_connection(handle);
    if (endpoint->ops.open == NULL)
        return;
    activation_begin(&activation, endpoint->self, "websocket open");
    handle->exchange = exchange;
    endpoint->ops.open(endpoint->self, handle);
    handle->exchange = NULL;
    activation_end(&activation);
}

static void on_message(struct websocket *ws, bool binary, char *p, size_t n)
{
    struct chatd_ws *handle = ws->data;
    struct module_endpoint *endpoint = handle->endpoint;
    struct activation activation;

    if (endpoint->self == NULL || endpoint->ops.message == NULL)
        return;
    activation_begin(&activation, endpoint->self, "websocket message");
    handle->answering = true;
    endpoint->ops.message(endpoint->self, handle, binary, p, n);
    handle->answering = false;
    activation_end(&activation);
}

static void on_close(struct websocket *ws, unsigned code)
{
    struct chatd_ws *handle = ws->data;
    struct module_endpoint *endpoint = handle->endpoint;
    struct activation activation;

    if (endpoint->self != NULL && endpoint->ops.close != NULL) {
        activation_begin(&activation, endpoint->self, "websocket close");
        endpoint->ops.close(endpoint->self, handle, code);
        activation_end(&activation);
    }
    if (handle->link != NULL)
        links_lost(handle->link, code);
    if (endpoint->self != NULL)
        idmap_remove(&endpoint->self->plugins->hub->ids, handle->id);
    remove_connection(handle);
}

static const struct websocket_ops ws_ops = {
    .on_open = on_open,
    .on_message = on_message,
    .on_close = on_close,
};

struct websocket *endpoints_websocket(const struct chatd_ws *ws)
{
    return ws->ws;
}

struct chatd_link *endpoints_link(const struct chatd_ws *ws)
{
    return ws->link;
}

void endpoints_set_link(struct chatd_ws *ws, struct chatd_link *link,
                        const struct encoding *encoding)
{
    ws->link = link;
    ws->ws->conn->encoding = encoding != NULL ? encoding : &ws->ws->encoding->encoding;
}

/* ---- For modules -------------------------------------------------------------------------- */

/* The one at this path that the module before this one had, with its connections. */
static struct module_endpoint *inherit(struct chatd_self *self, const char *path)
{
    struct module_endpoint **at = &self->inherited_endpoints;

    while (*at != NULL && strcmp((*at)->path, path) != 0)
        at = &(*at)->next;
    struct module_endpoint *endpoint = *at;
    if (endpoint != NULL)
        *at = endpoint->next;
    return endpoint;
}

static struct module_endpoint *endpoint_new(const char *path)
{
    struct module_endpoint *endpoint = calloc(1, sizeof(*endpoint));

    if (endpoint == NULL)
        return NULL;
    endpoint->path = strdup(path);
    if (endpoint->path == NULL) {
        free(endpoint);
        return NULL;
    }
    endpoint->ws = (struct ws_endpoint){.path = endpoint->path,
                                        .ops = &ws_ops,
                                        .data_bytes = sizeof(struct chatd_ws),
                                        .arg = endpoint};
    return endpoint;
}

static bool is_subprotocol(const char *name)
{
    return name == NULL || (strlen(name) <= SUBPROTOCOL_MAX && http_is_token(slice_str(name)));
}

int endpoints_add(struct chatd_self *self, const char *path, const struct chatd_ws_ops *ops,
                  const struct ws_endpoint **out)
{
    struct chatd_ws_ops copy;
    int err = table_take(self, "WebSocket ops", &copy, sizeof(copy),
                         TABLE_LEAST(struct chatd_ws_ops, close), ops);

    if (err != 0)
        return err;
    if (copy.max_message > MESSAGE_MAX || !is_subprotocol(copy.subprotocol))
        return -EINVAL;
    if (copy.max_message == 0)
        copy.max_message = (size_t)self->plugins->config->max_message_bytes.number;
    struct module_endpoint *endpoint = inherit(self, path);
    if (endpoint == NULL)
        endpoint = endpoint_new(path);
    if (endpoint == NULL)
        return -ENOMEM;
    endpoint->self = self;
    endpoint->ops = copy;
    endpoint->served = false;
    endpoint->ws.max_message = copy.max_message;
    endpoint->ws.subprotocol = copy.subprotocol;
    endpoint->next = self->endpoints;
    self->endpoints = endpoint;
    *out = &endpoint->ws;
    return 0;
}

static int serve(struct chatd_self *self, const char *path, const struct chatd_ws_ops *ops)
{
    SERVERS_THREAD_ONLY("websocket.serve", -EPERM);
    struct http_server *http = self->plugins->http;
    const struct ws_endpoint *added;

    if (!self->plugins->registering)
        return -EPERM;
    if (!http_path_is_plain(slice_str(path)))
        return -EINVAL;
    if (http_server_has_path(http, path)) {
        log_error(self->where, "module %s: another endpoint is at %s already", self->name, path);
        return -EEXIST;
    }
    int err = endpoints_add(self, path, ops, &added);
    if (err != 0)
        return err;
    self->endpoints->served = true;
    return http_server_add_websocket(http, &self->endpoints->ws);
}

/* Its connections outlive the module, for as long as they take to close. */
static void end_endpoint(struct module_endpoint *endpoint)
{
    struct idmap *ids = &endpoint->self->plugins->hub->ids;

    endpoint->self = NULL;
    if (endpoint->connections == NULL) {
        endpoint_free(endpoint);
        return;
    }
    for (struct chatd_ws *handle = endpoint->connections; handle != NULL; handle = handle->next) {
        idmap_remove(ids, handle->id);
        websocket_close(handle->ws, 1012, "the module that answered here has ended");
    }
}

static void end_all(struct module_endpoint **endpoints)
{
    while (*endpoints != NULL) {
        struct module_endpoint *endpoint = *endpoints;
        *endpoints = endpoint->next;
        end_endpoint(endpoint);
    }
}

static void pass_on(struct module_endpoint **endpoints, struct chatd_self *heir)
{
    while (*endpoints != NULL) {
        struct module_endpoint *endpoint = *endpoints;
        *endpoints = endpoint->next;
        endpoint->self = heir;
        endpoint->next = heir->inherited_endpoints;
        heir->inherited_endpoints = endpoint;
    }
}

void endpoints_end_inherited(struct chatd_self *self)
{
    end_all(&self->inherited_endpoints);
}

void endpoints_end(struct chatd_self *self, struct chatd_self *heir)
{
    for (struct module_endpoint *at = self->endpoints; at != NULL; at = at->next)
        if (at->served)
            http_server_remove_websocket(self->plugins->http, &at->ws);
    if (heir != NULL) {
        pass_on(&self->endpoints, heir);
        pass_on(&self->inherited_endpoints, heir);
    }
    end_all(&self->endpoints);
    end_all(&self->inherited_endpoints);
}

const char *endpoints_path(const struct chatd_self *self, size_t i)
{
    const struct module_endpoint *endpoint = self->endpoints;

    while (endpoint != NULL && (!endpoint->served || i-- > 0))
        endpoint = endpoint->next;
    return endpoint != NULL ? endpoint->path : NULL;
}

static chatd_id id_of(struct chatd_ws *ws)
{
    SERVERS_THREAD_ONLY("websocket.id", 0);
    return ws->id;
}

static struct chatd_request *request_of(struct chatd_ws *ws)
{
    SERVERS_THREAD_ONLY("websocket.request", NULL);
    return ws->exchange != NULL ? requests_of(ws->exchange) : NULL;
}

static struct chatd_ws *by_id(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("websocket.by_id", NULL);
    struct chatd_ws *ws = idmap_get(&self->plugins->hub->ids, ID_WEBSOCKET, id);

    return ws != NULL && ws->endpoint->self == self ? ws : NULL;
}

/* An answer may exceed the limit: no further message is taken from the peer until it is written. */
static enum send_class send_class(const struct chatd_ws *ws)
{
    const struct conn *conn = ws->ws->conn;
    bool bounds_itself = ws->answering && conn_pending(conn) <= conn->loop->outbox_limit &&
                         !conn_memory_is_short(conn->loop);

    return bounds_itself ? SEND_ALWAYS : SEND_BOUNDED;
}

static int send_message(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data,
                        size_t n)
{
    SERVERS_THREAD_ONLY("websocket.send", -EPERM);
    (void)self;
    if (!binary && !utf8_valid(slice_of(data, n)))
        return -EINVAL;
    return websocket_send(ws->ws, binary ? WS_OP_BINARY : WS_OP_TEXT, slice_of(data, n),
                          send_class(ws));
}

static int close_ws(struct chatd_self *self, struct chatd_ws *ws, unsigned code, const char *reason)
{
    SERVERS_THREAD_ONLY("websocket.close", -EPERM);
    (void)self;
    if (reason == NULL)
        reason = "";
    /* 1010 is for clients (RFC 6455 7.4.1). */
    if (!ws_close_code_valid(code) || code == 1010 || !utf8_valid(slice_str(reason)))
        return -EINVAL;
    websocket_close(ws->ws, code, reason);
    return 0;
}

const struct chatd_websocket_api endpoints_api = {
    .size = sizeof(struct chatd_websocket_api),
    .serve = serve,
    .id = id_of,
    .by_id = by_id,
    .request = request_of,
    .send = send_message,
    .close = close_ws,
};
