#include "http/server.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/parser.h"
#include "http/path.h"
#include "http/response.h"
#include "http/upgrade.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* More than this waiting to be written: the next pipelined request waits, too. */
    PIPELINE_BYTES = 256 * 1024,
    EXTRA_MAX = 512,
    /* How often a bad request is logged, at the most. */
    COMPLAINT_MS = 1000,
};

/* A connection in the middle of a request; between two requests it has nothing but the server. */
struct http_conn {
    struct http_server *server;
    struct conn *conn;
    struct http_parser parser;
};

static const struct conn_ops idle_ops;
static const struct conn_ops request_ops;

/* ---- Requests for files ------------------------------------------------------------------- */

/* A weak entity tag compares by its text (RFC 9110 13.1.2). */
static bool etag_matches(const struct http_request *request, const char *etag)
{
    struct http_list list;
    struct slice tag;

    http_list_init(&list, request, "If-None-Match");
    while (http_list_next(&list, &tag)) {
        if (slice_has_prefix(tag, SLICE("W/")))
            tag = slice_of(tag.p + 2, tag.n - 2);
        if (slice_eq(tag, SLICE("*")) || slice_eq(tag, slice_str(etag)))
            return true;
    }
    return false;
}

static const struct static_file *find_file(struct http_server *server, struct slice raw_path)
{
    const struct static_file *file = NULL;
    struct buf path;

    buf_init(&path, raw_path.n);
    if (http_path_decode(raw_path, &path) == 0)
        file = static_find(server->files, buf_slice(&path));
    buf_deinit(&path);
    return file;
}

static void serve_file(struct http_conn *http, const struct http_request *request, bool keep_alive)
{
    bool head = slice_eq(request->method, SLICE("HEAD"));

    if (!head && !slice_eq(request->method, SLICE("GET"))) {
        (void)http_respond_error(http->conn, 405, "only GET and HEAD are served here",
                                 SLICE("Allow: GET, HEAD\r\n"), keep_alive, false);
        return;
    }
    const struct static_file *file = find_file(http->server, request->path);
    if (file == NULL) {
        (void)http_respond_error(http->conn, 404, "there is nothing here", SLICE(""), keep_alive,
                                 head);
        return;
    }
    bool unchanged = etag_matches(request, file->etag);
    const struct http_response response = {
        .status = unchanged ? 304 : 200,
        .type = unchanged ? SLICE("") : slice_str(file->type),
        .etag = slice_str(file->etag),
        .extra = SLICE("Cache-Control: no-cache\r\n"),
        .body = unchanged ? NULL : file->body,
        .head_only = head,
        .keep_alive = keep_alive,
    };
    (void)http_respond(http->conn, &response);
}

/* ---- Upgrades ----------------------------------------------------------------------------- */

static bool origin_allowed(const struct http_server *server, const struct http_request *request,
                           struct slice origin)
{
    const struct option_value *allowed = &server->config->allowed_origins;

    /* Only browsers send it, and only they carry somebody else's intentions. */
    if (origin.p == NULL)
        return true;
    return http_origin_allowed(origin, request->host, false, (const char *const *)allowed->items,
                               allowed->n_items);
}

static void refuse_upgrade(struct http_conn *http, int status, const char *why, struct slice extra)
{
    counter_add(COUNT_WS_REFUSED);
    log_debug(conn_name(http->conn), "upgrade refused: %s (origin %s)", why,
              log_escape(http_request_field(&http->parser.request, "Origin")));
    (void)http_respond_error(http->conn, status, why, extra, false, false);
}

static void accept_upgrade(struct http_conn *http, const struct ws_endpoint *endpoint,
                           const struct ws_upgrade *upgrade, bool with_subprotocol)
{
    char extra[EXTRA_MAX];

    snprintf(extra, sizeof(extra),
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s%s%s",
             upgrade->accept, with_subprotocol ? "Sec-WebSocket-Protocol: " : "",
             with_subprotocol ? endpoint->subprotocol : "", with_subprotocol ? "\r\n" : "");
    const struct http_response response = {.status = 101, .extra = slice_str(extra)};
    (void)http_respond(http->conn, &response);
}

/* Answers an upgrade request; true when the connection is to become a WebSocket. */
static bool answer_upgrade(struct http_conn *http, const struct http_request *request,
                           const struct ws_endpoint *endpoint)
{
    struct ws_upgrade upgrade;
    int status = ws_upgrade_check(request, &upgrade);

    if (status != 0) {
        refuse_upgrade(http, status, upgrade.reason, upgrade.extra);
        return false;
    }
    if (!origin_allowed(http->server, request, upgrade.origin)) {
        refuse_upgrade(http, 403, "this origin is not in allowed_origins", SLICE(""));
        return false;
    }
    bool offered = upgrade.n_protocols > 0 && endpoint->subprotocol != NULL;
    if (offered && !ws_upgrade_offers(request, endpoint->subprotocol)) {
        char why[128];
        snprintf(why, sizeof(why), "the subprotocol supported here is %s", endpoint->subprotocol);
        refuse_upgrade(http, 400, why, SLICE(""));
        return false;
    }
    if (http->server->shutting_down) {
        refuse_upgrade(http, 503, "the server is going away", SLICE(""));
        return false;
    }
    accept_upgrade(http, endpoint, &upgrade, offered);
    return true;
}

/* ---- The connection ----------------------------------------------------------------------- */

static struct http_conn *http_conn_new(struct http_server *server, struct conn *conn)
{
    const struct config *config = server->config;
    struct http_conn *http = calloc(1, sizeof(*http));

    if (http == NULL)
        return NULL;
    http->server = server;
    http->conn = conn;
    http_parser_init(&http->parser, &(struct http_limits){
                                        .max_line_bytes = (size_t)config->max_http_line.number,
                                        .max_head_bytes = (size_t)config->max_http_head.number,
                                        .max_fields = (size_t)config->max_http_fields.number,
                                    });
    return http;
}

static void http_conn_free(struct http_conn *http)
{
    http_parser_deinit(&http->parser);
    free(http);
}

static const struct ws_endpoint *find_endpoint(const struct http_server *server, struct slice path)
{
    struct ws_endpoint *endpoint = NULL;

    HASH_FIND(hh, server->endpoints, path.p, path.n, endpoint);
    return endpoint;
}

/* Answers a request; the endpoint when the connection is to become a WebSocket. */
static const struct ws_endpoint *answer(struct http_conn *http, const struct http_request *request)
{
    const struct ws_endpoint *endpoint = find_endpoint(http->server, request->path);
    bool has_body = request->chunked || request->content_length > 0;
    bool keep_alive = request->keep_alive && !has_body && !http->server->shutting_down;

    counter_add(COUNT_HTTP_REQUESTS);
    if (endpoint != NULL) {
        if (answer_upgrade(http, request, endpoint))
            return endpoint;
        keep_alive = false;
    } else if (has_body) {
        /* Nothing here takes a body, and what is not read could pass for the next request. */
        (void)http_respond_error(http->conn, 413, "no request body is accepted here", SLICE(""),
                                 false, slice_eq(request->method, SLICE("HEAD")));
    } else {
        serve_file(http, request, keep_alive);
    }
    if (!keep_alive)
        conn_close(http->conn);
    return NULL;
}

static void become_idle(struct conn *conn, struct http_server *server)
{
    conn_set_ops(conn, &idle_ops, server);
    conn_set_timeout(conn, server->keepalive_timeout);
}

static void become_websocket(struct conn *conn, struct http_server *server,
                             const struct ws_endpoint *endpoint)
{
    conn_set_ops(conn, &idle_ops, server);
    if (websocket_new(conn, endpoint, &server->websocket) != 0)
        conn_abort(conn);
}

/* The request that is arriving; it begins with the first byte. NULL without memory. */
static struct http_conn *request_of(struct conn *conn)
{
    if (conn->ops == &request_ops)
        return conn->data;
    struct http_server *server = conn->data;
    struct http_conn *http = http_conn_new(server, conn);
    if (http == NULL)
        return NULL;
    conn_set_ops(conn, &request_ops, http);
    conn_set_timeout(conn, server->request_timeout);
    return http;
}

static void fail(struct http_conn *http)
{
    const struct http_parser *parser = &http->parser;

    struct http_server *server = http->server;
    int64_t now = loop_now_ms(server->loop);

    counter_add(COUNT_HTTP_BAD_REQUESTS);
    /* Peers may not fill the log: the first one in a while stands for all. */
    if (server->last_complaint_ms == 0 || now - server->last_complaint_ms >= COMPLAINT_MS) {
        server->last_complaint_ms = now;
        log_info(conn_name(http->conn), "bad request: %s", parser->reason);
    }
    (void)http_respond_error(http->conn, parser->status, parser->reason, SLICE(""), false, false);
    conn_close(http->conn);
}

/* A request is complete and answered: what the connection is now. */
static void end_request(struct http_conn *http, const struct ws_endpoint *endpoint)
{
    struct conn *conn = http->conn;
    struct http_server *server = http->server;

    if (conn->state != CONN_OPEN)
        return;
    http_conn_free(http);
    if (endpoint != NULL)
        become_websocket(conn, server, endpoint);
    else
        become_idle(conn, server);
}

static size_t on_input(struct conn *conn, char *p, size_t n)
{
    size_t at = 0;

    while (at < n && conn->state == CONN_OPEN) {
        size_t used = 0;
        if (conn_pending(conn) > PIPELINE_BYTES)
            return at;
        struct http_conn *http = request_of(conn);
        if (http == NULL) {
            conn_abort(conn);
            return n;
        }
        enum http_result result = http_parser_feed(&http->parser, p + at, n - at, &used);
        at += used;
        if (result == HTTP_FAIL)
            fail(http);
        if (result != HTTP_HEAD)
            return n;
        end_request(http, answer(http, &http->parser.request));
        struct websocket *ws = websocket_of(conn);
        if (ws != NULL)
            return conn->state == CONN_OPEN ? at + websocket_input(ws, p + at, n - at) : n;
    }
    return n;
}

static void on_eof(struct conn *conn)
{
    conn_close(conn);
}

static void on_idle_timeout(struct conn *conn)
{
    counter_add(COUNT_HTTP_TIMEOUTS);
    conn_close(conn);
}

static void on_request_timeout(struct conn *conn)
{
    counter_add(COUNT_HTTP_TIMEOUTS);
    (void)http_respond_error(conn, 408, "the request did not arrive in time", SLICE(""), false,
                             false);
    conn_close(conn);
}

/* All responses are sent whatever waits; on_input() is what holds back. */
static void on_overflow(struct conn *conn)
{
    conn_abort(conn);
}

static void on_idle_closed(struct conn *conn)
{
    conn->data = NULL;
}

static void on_request_closed(struct conn *conn)
{
    http_conn_free(conn->data);
    conn->data = NULL;
}

static const struct conn_ops idle_ops = {
    .on_input = on_input,
    .on_eof = on_eof,
    .on_timeout = on_idle_timeout,
    .on_overflow = on_overflow,
    .on_closed = on_idle_closed,
};

static const struct conn_ops request_ops = {
    .on_input = on_input,
    .on_eof = on_eof,
    .on_timeout = on_request_timeout,
    .on_overflow = on_overflow,
    .on_closed = on_request_closed,
};

/* ---- The server --------------------------------------------------------------------------- */

void http_server_accept(void *arg, int fd, const struct address *peer)
{
    struct http_server *server = arg;
    struct conn *conn;

    if (server->shutting_down || server->loop->n_conns >= server->loop->max_conns) {
        counter_add(COUNT_REFUSED_CONNECTIONS);
        close(fd);
        return;
    }
    if (conn_new(server->loop, fd, peer, &idle_ops, server, &conn) != 0) {
        close(fd);
        return;
    }
    conn_set_timeout(conn, server->request_timeout);
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
}

int http_server_configure(struct http_server *server, const struct config *config)
{
    struct static_files *files =
        static_load(config->web_root.text, (size_t)config->max_web_file.number);

    if (files == NULL)
        return -ENOMEM;
    static_free(server->files);
    server->files = files;
    server->config = config;
    timeout_set(server->request_timeout, config->http_timeout.number);
    timeout_set(server->keepalive_timeout, config->keepalive_timeout.number);
    timeout_set(server->websocket.ping, config->ping_interval.number);
    timeout_set(server->websocket.pong, config->ping_timeout.number);
    return 0;
}

int http_server_add_endpoint(struct http_server *server, struct ws_endpoint *endpoint)
{
    if (find_endpoint(server, slice_str(endpoint->path)) != NULL)
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
