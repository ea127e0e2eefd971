#include "http/server.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/connection.h"

#include <errno.h>
#include <unistd.h>

static bool is_full(struct http_server *server)
{
    struct loop *loop = server->loop;

    if (loop->n_conns < loop->max_conns)
        return false;
    if (log_may_repeat(&server->next_full_ms, loop_now_ms(loop)))
        log_warn("server", "refusing connections: there are %zu", loop->n_conns);
    return true;
}

void http_server_accept(void *arg, int fd, const struct address *peer,
                        const struct listen_entry *entry)
{
    struct http_server *server = arg;

    if (server->shutting_down || is_full(server)) {
        counter_add(COUNT_REFUSED_CONNECTIONS);
        close(fd);
        return;
    }
    if (http_connection_new(server, fd, peer, entry) != 0)
        close(fd);
}

int http_server_init(struct http_server *server, struct loop *loop, const struct config *config)
{
    *server = (struct http_server){
        .loop = loop,
        .config = config,
        .request_timeout = timeout_new(loop, config->http_timeout.number),
        .keepalive_timeout = timeout_new(loop, config->keepalive_timeout.number),
        .websocket.ping = timeout_new(loop, config->ping_interval.number),
        .websocket.pong = timeout_new(loop, config->ping_timeout.number),
        .websocket.message_ms = config->message_timeout.number,
    };
    if (server->request_timeout == NULL || server->keepalive_timeout == NULL ||
        server->websocket.ping == NULL || server->websocket.pong == NULL)
        return -ENOMEM;
    return 0;
}

void http_server_deinit(struct http_server *server)
{
    HASH_CLEAR(hh, server->endpoints);
    static_free(server->files);
    address_ranges_deinit(&server->trusted_proxies);
    compression_deinit(&server->compression);
    tls_context_unref(server->tls);
}

void http_server_set_tls(struct http_server *server, struct tls_context *context)
{
    tls_context_unref(server->tls);
    server->tls = context;
}

int http_server_configure(struct http_server *server, const struct config *config)
{
    struct address_ranges trusted;
    int err = address_ranges_read(&config->trusted_proxies, "trusted_proxies", "config", &trusted);

    if (err != 0)
        return err;
    struct static_files *files =
        static_load(config->web_root.text, (size_t)config->max_web_file.number);
    if (files == NULL) {
        address_ranges_deinit(&trusted);
        return -ENOMEM;
    }
    address_ranges_deinit(&server->trusted_proxies);
    server->trusted_proxies = trusted;
    static_free(server->files);
    server->files = files;
    server->config = config;
    timeout_set(server->request_timeout, config->http_timeout.number);
    timeout_set(server->keepalive_timeout, config->keepalive_timeout.number);
    timeout_set(server->websocket.ping, config->ping_interval.number);
    timeout_set(server->websocket.pong, config->ping_timeout.number);
    server->websocket.message_ms = config->message_timeout.number;
    compression_configure(&server->compression, config);
    return 0;
}

const struct ws_endpoint *http_server_endpoint(const struct http_server *server, struct slice path)
{
    struct ws_endpoint *endpoint = NULL;

    HASH_FIND(hh, server->endpoints, path.p, path.n, endpoint);
    return endpoint;
}

int http_server_add_endpoint(struct http_server *server, struct ws_endpoint *endpoint)
{
    if (http_server_endpoint(server, slice_str(endpoint->path)) != NULL)
        return -EEXIST;
    HASH_ADD_KEYPTR(hh, server->endpoints, endpoint->path, strlen(endpoint->path), endpoint);
    return 0;
}

void http_server_remove_endpoint(struct http_server *server, struct ws_endpoint *endpoint)
{
    HASH_DEL(server->endpoints, endpoint);
}

void http_server_shut_down(struct http_server *server)
{
    server->shutting_down = true;
    for (struct conn *conn = server->loop->conns; conn != NULL; conn = conn->next) {
        struct websocket *ws = websocket_of(conn);
        if (ws != NULL && conn->data != NULL)
            websocket_close(ws, 1001, "the server is going away");
        else
            conn_close(conn);
    }
}
