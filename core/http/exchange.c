#include "http/exchange.h"

#include "base/counters.h"
#include "http/answer.h"
#include "http/connection.h"
#include "http/response.h"
#include "net/timeout.h"

#include <errno.h>
#include <stdlib.h>

static void on_time_over(void *arg);

/* ---- Life --------------------------------------------------------------------------------- */

struct http_exchange *http_exchange_new(struct http_server *server, struct conn *conn)
{
    const struct config *config = server->config;
    struct http_exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    exchange->server = server;
    exchange->conn = conn;
    exchange->tcp_peer = conn->peer;
    exchange->https = conn->tls != NULL;
    timer_init(&exchange->timer, server->loop, on_time_over, exchange);
    http_parser_init(&exchange->parser, &(struct http_limits){
                                            .max_line_bytes = (size_t)config->max_http_line.number,
                                            .max_head_bytes = (size_t)config->max_http_head.number,
                                            .max_fields = (size_t)config->max_http_fields.number,
                                        });
    return exchange;
}

void http_exchange_free(struct http_exchange *exchange)
{
    http_exchange_lose(exchange);
    if (exchange->data != NULL)
        exchange->server->ops->on_end(exchange);
    timer_stop(&exchange->timer);
    exchange->server->request_bytes -= exchange->content.n;
    http_parser_deinit(&exchange->parser);
    buf_deinit(&exchange->path);
    buf_deinit(&exchange->content);
    free(exchange);
}

/* ---- The request -------------------------------------------------------------------------- */

int http_exchange_keep(struct http_exchange *exchange, struct slice content, const char **why)
{
    struct http_server *server = exchange->server;

    if (server->request_bytes + content.n > (size_t)server->config->request_memory.number) {
        counter_add(COUNT_REQUEST_MEMORY);
        *why = "too much waits for an answer";
        return 503;
    }
    if (buf_append_slice(&exchange->content, content) != 0) {
        *why = "out of memory";
        return 503;
    }
    server->request_bytes += content.n;
    return 0;
}

/* ---- The answer --------------------------------------------------------------------------- */

static bool has_body(int status)
{
    return status != 204 && status != 205 && status != 304;
}

static void set_answered(struct http_exchange *exchange)
{
    exchange->state = EXCHANGE_ANSWERED;
    exchange->keep_alive = exchange->parser.request.keep_alive && !exchange->server->shutting_down;
    timer_stop(&exchange->timer);
}

static bool is_head(const struct http_exchange *exchange)
{
    return slice_eq(exchange->parser.request.method, SLICE("HEAD"));
}

int http_exchange_respond(struct http_exchange *exchange, int status, struct slice extra,
                          struct slice body)
{
    if (exchange->state != EXCHANGE_WAITING)
        return -EALREADY;
    if (exchange->conn->state != CONN_OPEN)
        return -EPIPE;
    if (status < 200 || status > 599 || (body.n > 0 && !has_body(status)))
        return -EINVAL;
    struct frame *frame = frame_join(body, SLICE(""));
    if (frame == NULL)
        return -ENOMEM;
    set_answered(exchange);
    const struct http_response response = {
        .status = status,
        .extra = extra,
        .body = frame,
        .head_only = is_head(exchange),
        .keep_alive = exchange->keep_alive,
    };
    /* What fails here ends the connection. */
    (void)http_respond(exchange->conn, &response);
    frame_unref(frame);
    return 0;
}

/* Errors of an upgrade are always the last answer. */
static void answer_error(struct http_exchange *exchange, int status, const char *why)
{
    set_answered(exchange);
    if (exchange->websocket != NULL)
        exchange->keep_alive = false;
    exchange->websocket = NULL;
    (void)http_respond_error(exchange->conn, status, why, SLICE(""), exchange->keep_alive,
                             is_head(exchange));
    http_exchange_finish(exchange);
}

int http_exchange_upgrade(struct http_exchange *exchange, const struct ws_endpoint *endpoint)
{
    struct ws_upgrade upgrade;

    if (exchange->state != EXCHANGE_WAITING)
        return -EALREADY;
    if (exchange->conn->state != CONN_OPEN)
        return -EPIPE;
    set_answered(exchange);
    exchange->keep_alive = false;
    if (!http_check_upgrade(exchange->server, exchange->conn, &exchange->parser.request,
                            exchange->https, endpoint, &upgrade))
        return -EPROTO;
    exchange->websocket = endpoint;
    return 0;
}

static void become_websocket(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    struct conn *conn = exchange->conn;
    struct ws_upgrade upgrade;

    if (!http_check_upgrade(server, conn, &exchange->parser.request, exchange->https,
                            exchange->websocket, &upgrade)) {
        conn_close(conn);
        return;
    }
    const struct websocket_compression compression =
        http_accept_upgrade(server, conn, exchange->websocket, &upgrade);
    if (conn->held)
        conn_release(conn);
    if (websocket_new(conn, exchange->websocket, &server->websocket, &compression, exchange) != 0) {
        conn_abort(conn);
        return;
    }
    http_exchange_free(exchange);
}

void http_exchange_finish(struct http_exchange *exchange)
{
    if (exchange->conn->state != CONN_OPEN)
        return; /* its end frees it */
    if (exchange->websocket != NULL)
        become_websocket(exchange);
    else if (exchange->keep_alive)
        http_connection_reuse(exchange);
    else
        conn_close(exchange->conn);
}

/* ---- Decisions ---------------------------------------------------------------------------- */

void http_exchange_arrived(struct http_exchange *exchange)
{
    struct ws_upgrade upgrade;

    if (exchange->websocket != NULL &&
        !http_check_upgrade(exchange->server, exchange->conn, &exchange->parser.request,
                            exchange->https, exchange->websocket, &upgrade)) {
        conn_close(exchange->conn);
        return;
    }
    exchange->state = EXCHANGE_JUDGED;
    conn_set_timeout(exchange->conn, NULL);
    conn_hold(exchange->conn);
    exchange->server->ops->on_arrived(exchange);
}

static void go_on(struct http_exchange *exchange)
{
    if (exchange->websocket != NULL) {
        set_answered(exchange);
        http_exchange_finish(exchange);
        return;
    }
    exchange->state = EXCHANGE_WAITING;
    timer_start(&exchange->timer, exchange->endpoint->timeout_ms, 0);
    exchange->server->ops->on_request(exchange);
}

void http_request_continue(struct http_exchange *exchange, enum http_verdict verdict,
                           const char *why)
{
    if (exchange->conn->state != CONN_OPEN)
        return; /* its end frees it */
    switch (verdict) {
    case HTTP_PASS:
        go_on(exchange);
        break;
    case HTTP_DENY:
        if (exchange->websocket != NULL)
            counter_add(COUNT_WS_REFUSED);
        answer_error(exchange, 403, why);
        break;
    case HTTP_DROP:
        conn_abort(exchange->conn);
        break;
    }
}

/* ---- No answer ---------------------------------------------------------------------------- */

void http_exchange_lose(struct http_exchange *exchange)
{
    if (exchange->state != EXCHANGE_WAITING)
        return;
    set_answered(exchange);
    exchange->server->ops->on_gone(exchange);
}

static void on_time_over(void *arg)
{
    struct http_exchange *exchange = arg;

    counter_add(COUNT_REQUEST_TIMEOUTS);
    http_exchange_lose(exchange);
    answer_error(exchange, 504, "there was no answer in time");
}

void http_exchange_abandon(struct http_exchange *exchange, const char *why, bool tell)
{
    if (exchange->state == EXCHANGE_ANSWERED)
        return;
    /* The rest of the request may still come. */
    if (exchange->state == EXCHANGE_ARRIVING)
        exchange->parser.request.keep_alive = false;
    if (tell)
        http_exchange_lose(exchange);
    answer_error(exchange, 503, why);
}
