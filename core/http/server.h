/* The web side of a port: HTTP requests, static files, and the way to WebSocket endpoints. */
#ifndef CHATD_HTTP_SERVER_H
#define CHATD_HTTP_SERVER_H

#include "base/config.h"
#include "http/static.h"
#include "http/websocket.h"
#include "net/listener.h"
#include "net/tls_context.h"

struct http_exchange;

/* What the layer above answers itself, at a path. */
struct http_endpoint {
    struct http_endpoint *next;
    const char *path;   /* decoded; with a '/' at its end: everything below it, too */
    size_t max_body;    /* 0: max_http_body */
    int64_t timeout_ms; /* for the answer */
    void *arg;
};

/* The layer above; see http/exchange.h. */
struct http_server_ops {
    /* May it go to its endpoint or become a WebSocket? To be decided with http_request_continue(),
     * at once or later. */
    void (*on_arrived)(struct http_exchange *exchange);
    /* To be answered with http_exchange_respond(). */
    void (*on_request)(struct http_exchange *exchange);
    /* It need not be answered any more. */
    void (*on_gone)(struct http_exchange *exchange);
    /* The last call, when exchange->data is not NULL. */
    void (*on_end)(struct http_exchange *exchange);
};

struct http_server {
    struct loop *loop;
    const struct config *config; /* borrowed; replaced on reload */
    struct static_files *files;
    struct tls_context *tls;          /* for ports with TLS; NULL: there are none */
    struct ws_endpoint *ws_endpoints; /* by path */
    struct http_endpoint *endpoints;
    const struct http_server_ops *ops;
    void *ops_arg;
    size_t request_bytes; /* of bodies that are kept for endpoints */
    struct timeout *request_timeout;
    struct timeout *keepalive_timeout;
    struct websocket_timeouts websocket;
    struct compression compression;
    struct address_ranges trusted_proxies;
    int64_t next_complaint_ms;
    int64_t next_full_ms;
    bool shutting_down;
};

/* -ENOMEM. */
int http_server_init(struct http_server *server, struct loop *loop, const struct config *config);
void http_server_deinit(struct http_server *server);

/* Takes over a new configuration, and reads the files under web_root again. -ENOMEM or -EINVAL
 * (logged), and the old one stays. */
int http_server_configure(struct http_server *server, const struct config *config);

/* The certificates for connections from now on. Takes the reference over. */
void http_server_set_tls(struct http_server *server, struct tls_context *context);

/* The WebSocket endpoint at this path, which is decoded; NULL: none. */
const struct ws_endpoint *http_server_websocket(const struct http_server *server,
                                                struct slice path);

/* The endpoint at this path, or the nearest one above it; NULL: none. */
const struct http_endpoint *http_server_endpoint(const struct http_server *server,
                                                 struct slice path);

/* Is there an endpoint of either kind with exactly this path? */
bool http_server_has_path(const struct http_server *server, const char *path);

/* Serves WebSocket connections at endpoint->path. The endpoint is the caller's. -EEXIST when the
 * path is taken by either kind. */
int http_server_add_websocket(struct http_server *server, struct ws_endpoint *endpoint);
void http_server_remove_websocket(struct http_server *server, struct ws_endpoint *endpoint);

/* The same for requests. The end of the endpoint answers those that wait there with 503; it is not
 * told of them. */
int http_server_add_endpoint(struct http_server *server, struct http_endpoint *endpoint);
void http_server_remove_endpoint(struct http_server *server, struct http_endpoint *endpoint);

/* Takes an accepted socket over (listener_fn). */
void http_server_accept(void *server, int fd, const struct address *peer,
                        const struct listen_entry *entry);

/* Closes every WebSocket with 1001, every other connection when its answer is written, and new
 * ones at once. */
void http_server_shut_down(struct http_server *server);

#endif
