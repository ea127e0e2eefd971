#include "http/server.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/exchange.h"
#include "net/timeout.h"

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
    HASH_CLEAR(hh, server->ws_endpoints);
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

/* ---- Endpoints ---------------------------------------------------------------------------- */

const struct ws_endpoint *http_server_websocket(const struct http_server *server, struct slice path)
{
    struct ws_endpoint *endpoint = NULL;

    if (path.n > 0)
        HASH_FIND(hh, server->ws_endpoints, path.p, path.n, endpoint);
    return endpoint;
}

static bool serves(const struct http_endpoint *endpoint, struct slice path)
{
    struct slice own = slice_str(endpoint->path);

    return own.p[own.n - 1] == '/' ? slice_has_prefix(path, own) : slice_eq(path, own);
}

const struct http_endpoint *http_server_endpoint(const struct http_server *server,
                                                 struct slice path)
{
    const struct http_endpoint *best = NULL;

    for (const struct http_endpoint *at = server->endpoints; at != NULL; at = at->next)
        if (serves(at, path) && (best == NULL || strlen(at->path) > strlen(best->path)))
            best = at;
    return best;
}

bool http_server_has_path(const struct http_server *server, const char *path)
{
    const struct http_endpoint *at = server->endpoints;

    while (at != NULL && strcmp(at->path, path) != 0)
        at = at->next;
    return at != NULL || http_server_websocket(server, slice_str(path)) != NULL;
}

int http_server_add_websocket(struct http_server *server, struct ws_endpoint *endpoint)
{
    if (http_server_has_path(server, endpoint->path))
        return -EEXIST;
    HASH_ADD_KEYPTR(hh, server->ws_endpoints, endpoint->path, strlen(endpoint->path), endpoint);
    return 0;
}

/* Ends what has not been answered yet and goes to one of them. */
static void abandon_all(const struct http_server *server, const struct http_endpoint *endpoint,
                        const struct ws_endpoint *websocket)
{
    for (struct conn *conn = server->loop->conns; conn != NULL; conn = conn->next) {
        struct http_exchange *exchange = http_exchange_of(conn);
        bool goes_there =
            exchange != NULL && ((endpoint != NULL && exchange->endpoint == endpoint) ||
                                 (websocket != NULL && exchange->websocket == websocket));
        if (!goes_there)
            continue;
        exchange->endpoint = NULL;
        http_exchange_abandon(exchange, "what answered here has ended", false);
    }
}

void http_server_remove_websocket(struct http_server *server, struct ws_endpoint *endpoint)
{
    HASH_DEL(server->ws_endpoints, endpoint);
    abandon_all(server, NULL, endpoint);
}

int http_server_add_endpoint(struct http_server *server, struct http_endpoint *endpoint)
{
    if (http_server_has_path(server, endpoint->path))
        return -EEXIST;
    endpoint->next = server->endpoints;
    server->endpoints = endpoint;
    return 0;
}

void http_server_remove_endpoint(struct http_server *server, struct http_endpoint *endpoint)
{
    struct http_endpoint **at = &server->endpoints;

    while (*at != endpoint)
        at = &(*at)->next;
    *at = endpoint->next;
    abandon_all(server, endpoint, NULL);
}

/* ---- The end ------------------------------------------------------------------------------ */

static void shut_down(struct conn *conn)
{
    struct websocket *ws = websocket_of(conn);
    struct http_exchange *exchange = http_exchange_of(conn);

    if (ws != NULL) {
        websocket_close(ws, 1001, "the server is going away");
    } else if (exchange != NULL && exchange->state != EXCHANGE_ARRIVING) {
        http_exchange_abandon(exchange, "the server is going away", true);
    } else {
        conn_close(conn);
    }
}

void http_server_shut_down(struct http_server *server)
{
    server->shutting_down = true;
    for (struct conn *conn = server->loop->conns; conn != NULL; conn = conn->next)
        shut_down(conn);
}
