/* The web side of a port: HTTP requests, static files, and the way to WebSocket endpoints. */
#ifndef CHATD_HTTP_SERVER_H
#define CHATD_HTTP_SERVER_H

#include "base/config.h"
#include "http/static.h"
#include "http/websocket.h"
#include "net/listener.h"
#include "net/tls_context.h"

struct http_server {
    struct loop *loop;
    const struct config *config; /* borrowed; replaced on reload */
    struct static_files *files;
    struct tls_context *tls;       /* for ports with TLS; NULL: there are none */
    struct ws_endpoint *endpoints; /* by path */
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

/* What is served at this path; NULL: no WebSocket. */
const struct ws_endpoint *http_server_endpoint(const struct http_server *server, struct slice path);

/* Serves WebSocket connections at endpoint->path. The endpoint is the caller's and lives as long
 * as the server. -EEXIST when the path is taken. */
int http_server_add_endpoint(struct http_server *server, struct ws_endpoint *endpoint);
void http_server_remove_endpoint(struct http_server *server, struct ws_endpoint *endpoint);

/* Takes an accepted socket over (listener_fn). */
void http_server_accept(void *server, int fd, const struct address *peer,
                        const struct listen_entry *entry);

/* Closes every WebSocket with 1001, every other connection when its answer is written, and new
 * ones at once. */
void http_server_shut_down(struct http_server *server);

#endif
