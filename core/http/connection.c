#include "http/connection.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/parser.h"
#include "http/response.h"

#include <stdlib.h>

enum {
    /* More than this waiting to be written: the next pipelined request waits, too. */
    PIPELINE_BYTES = 256 * 1024,
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

/* ---- Life --------------------------------------------------------------------------------- */

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

/* ---- Requests ----------------------------------------------------------------------------- */

/* Answers a request; the endpoint when the connection is to become a WebSocket. */
static const struct ws_endpoint *answer(struct http_conn *http, const struct http_request *request)
{
    const struct ws_endpoint *endpoint = http_server_endpoint(http->server, request->path);
    bool has_body = request->chunked || request->content_length > 0;
    bool keep_alive = request->keep_alive && !has_body && !http->server->shutting_down;

    counter_add(COUNT_HTTP_REQUESTS);
    if (endpoint != NULL) {
        if (http_answer_upgrade(http->server, http->conn, request, endpoint))
            return endpoint;
        keep_alive = false;
    } else if (has_body) {
        /* Nothing here takes a body, and what is not read could pass for the next request. */
        (void)http_respond_error(http->conn, 413, "no request body is accepted here", SLICE(""),
                                 false, slice_eq(request->method, SLICE("HEAD")));
    } else {
        http_answer_file(http->server, http->conn, request, keep_alive);
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

/* ---- Callbacks ---------------------------------------------------------------------------- */

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

int http_connection_new(struct http_server *server, int fd, const struct address *peer)
{
    struct conn *conn;
    int err = conn_new(server->loop, fd, peer, &idle_ops, server, &conn);

    if (err == 0)
        conn_set_timeout(conn, server->request_timeout);
    return err;
}
