#include "http/connection.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/forwarded.h"
#include "http/path.h"
#include "http/response.h"
#include "net/proxy.h"
#include "net/timeout.h"

enum {
    /* More than this waiting to be written: the next pipelined request waits, too. */
    PIPELINE_BYTES = 256 * 1024,
};

static const struct conn_ops idle_ops;
static const struct conn_ops request_ops;

/* ---- Life --------------------------------------------------------------------------------- */

/* The request that is arriving; it begins with the first byte. NULL without memory. */
static struct http_exchange *begin(struct conn *conn)
{
    struct http_exchange *exchange = http_exchange_of(conn);

    if (exchange != NULL)
        return exchange;
    struct http_server *server = conn->data;
    exchange = http_exchange_new(server, conn);
    if (exchange == NULL)
        return NULL;
    conn_set_ops(conn, &request_ops, exchange);
    conn_set_timeout(conn, server->request_timeout);
    return exchange;
}

struct http_exchange *http_exchange_of(struct conn *conn)
{
    return conn->ops == &request_ops ? conn->data : NULL;
}

void http_connection_reuse(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    struct conn *conn = exchange->conn;

    /* The next request may be somebody else's. */
    if (exchange->is_proxy)
        (void)conn_set_peer(conn, &exchange->tcp_peer, false);
    conn_set_ops(conn, &idle_ops, server);
    conn_set_timeout(conn, server->keepalive_timeout);
    http_exchange_free(exchange);
    if (conn->held)
        conn_release(conn);
}

/* ---- Requests ----------------------------------------------------------------------------- */

/* Ends the connection: what may still come could be taken for another request. */
static void refuse(struct http_exchange *exchange, int status, const char *reason)
{
    bool head_only = slice_eq(exchange->parser.request.method, SLICE("HEAD"));

    (void)http_respond_error(exchange->conn, status, reason, SLICE(""), false, head_only);
    conn_close(exchange->conn);
}

static void fail(struct http_exchange *exchange, int status, const char *reason)
{
    struct http_server *server = exchange->server;

    counter_add(status == 413 ? COUNT_HTTP_TOO_LARGE : COUNT_HTTP_BAD_REQUESTS);
    if (log_may_repeat(&server->next_complaint_ms, loop_now_ms(server->loop)))
        log_info(conn_name(exchange->conn), "bad request: %s", reason);
    refuse(exchange, status, reason);
}

static void answer(struct http_exchange *exchange, bool keep_alive)
{
    http_answer_file(exchange->server, exchange->conn, &exchange->parser.request,
                     buf_slice(&exchange->path), keep_alive);
    if (keep_alive)
        http_connection_reuse(exchange);
    else
        conn_close(exchange->conn);
}

static void on_body_result(struct http_exchange *exchange, enum http_body_result result)
{
    if (result == BODY_FAIL)
        fail(exchange, exchange->decoder.status, exchange->decoder.reason);
    else if (result == BODY_END && exchange->endpoint != NULL)
        http_exchange_arrived(exchange);
    else if (result == BODY_END)
        answer(exchange, exchange->parser.request.keep_alive && !exchange->server->shutting_down);
}

/* Only endpoints have a use for a body: for files it is read, so that the next request can be told
 * from it. */
static bool take_content(struct http_exchange *exchange, struct slice content)
{
    const char *why = "";
    int status = exchange->endpoint != NULL ? http_exchange_keep(exchange, content, &why) : 0;

    if (status != 0)
        refuse(exchange, status, why);
    return status == 0;
}

static size_t take_body(struct http_exchange *exchange, const char *p, size_t n)
{
    size_t at = 0;
    enum http_body_result result;

    do {
        struct slice content;
        size_t used;
        result = http_body_next(&exchange->decoder, p + at, n - at, &used, &content);
        at += used;
        if (result == BODY_PART && !take_content(exchange, content))
            return at;
    } while (result == BODY_PART);
    on_body_result(exchange, result);
    return at;
}

/* RFC 9110 10.1.1. */
enum expectation { EXPECTS_NOTHING, EXPECTS_CONTINUE, EXPECTS_UNKNOWN };

static enum expectation expectation_of(const struct http_request *request)
{
    enum expectation expectation = EXPECTS_NOTHING;
    struct http_list list;
    struct slice item;

    if (request->minor == 0)
        return EXPECTS_NOTHING;
    http_list_init(&list, request, "Expect");
    while (http_list_next(&list, &item)) {
        if (slice_ieq(item, SLICE("100-continue")))
            expectation = EXPECTS_CONTINUE;
        else if (item.n > 0)
            return EXPECTS_UNKNOWN;
    }
    return expectation;
}

/* The client waits with its body until it is told that it is wanted. When the answer is an error
 * anyway, it is not; and as it may come all the same, the connection ends. */
static void meet_expectation(struct http_exchange *exchange)
{
    if (exchange->endpoint != NULL ||
        http_has_file(exchange->server, &exchange->parser.request, buf_slice(&exchange->path)))
        http_respond_continue(exchange->conn);
    else
        answer(exchange, false);
}

static void begin_body(struct http_exchange *exchange, bool expects_continue)
{
    const struct config *config = exchange->server->config;
    size_t max = (size_t)config->max_http_body.number;
    struct slice content;
    size_t used;

    if (exchange->endpoint != NULL && exchange->endpoint->max_body != 0)
        max = exchange->endpoint->max_body;
    buf_init(&exchange->content, max);
    http_body_init(&exchange->decoder, &exchange->parser.request,
                   &(struct http_body_limits){
                       .max_content_bytes = max,
                       .max_extra_bytes = (size_t)config->max_http_head.number,
                   });
    exchange->in_body = true;
    enum http_body_result result = http_body_next(&exchange->decoder, NULL, 0, &used, &content);
    if (result == BODY_MORE && expects_continue)
        meet_expectation(exchange);
    else
        on_body_result(exchange, result);
}

/* From here on, the log and all limits know the client and not the proxy. False when that client
 * has too many connections. */
static bool find_client(struct http_exchange *exchange)
{
    const struct address_ranges *trusted = &exchange->server->trusted_proxies;
    struct address client;
    bool https;

    exchange->is_proxy = address_is_in(&exchange->tcp_peer, trusted);
    if (!exchange->is_proxy)
        return true;
    forwarded_read(&exchange->parser.request,
                   (enum forwarded_by)exchange->server->config->forwarded_by.number,
                   &exchange->tcp_peer, trusted, &client, &https);
    exchange->https = exchange->https || https;
    return conn_set_peer(exchange->conn, &client, true) == 0;
}

static void refuse_client(struct http_exchange *exchange)
{
    (void)http_respond_error(exchange->conn, 429, "too many connections of this address",
                             SLICE("Retry-After: 1\r\n"), false,
                             slice_eq(exchange->parser.request.method, SLICE("HEAD")));
    conn_close(exchange->conn);
}

static void on_head(struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->parser.request;
    enum expectation expectation = expectation_of(request);

    counter_add(COUNT_HTTP_REQUESTS);
    buf_init(&exchange->path, request->path.n);
    (void)http_path_decode(request->path, &exchange->path);
    struct slice path = buf_slice(&exchange->path);
    exchange->websocket = http_server_websocket(exchange->server, path);
    if (exchange->websocket == NULL)
        exchange->endpoint = http_server_endpoint(exchange->server, path);
    if (!find_client(exchange))
        refuse_client(exchange);
    else if (expectation == EXPECTS_UNKNOWN)
        fail(exchange, 417, "unknown expectation");
    else if (exchange->websocket != NULL)
        http_exchange_arrived(exchange);
    else
        begin_body(exchange, expectation == EXPECTS_CONTINUE);
}

static size_t take_head(struct http_exchange *exchange, const char *p, size_t n)
{
    size_t used;

    switch (http_parser_feed(&exchange->parser, p, n, &used)) {
    case HTTP_MORE:
        break;
    case HTTP_HEAD:
        on_head(exchange);
        break;
    case HTTP_FAIL:
        fail(exchange, exchange->parser.status, exchange->parser.reason);
        break;
    }
    return used;
}

/* Takes input up to the end of the head or the body. */
static size_t take(struct conn *conn, const char *p, size_t n)
{
    struct http_exchange *exchange = begin(conn);

    if (exchange == NULL) {
        conn_abort(conn);
        return n;
    }
    return exchange->in_body ? take_body(exchange, p, n) : take_head(exchange, p, n);
}

/* ---- Callbacks ---------------------------------------------------------------------------- */

static size_t on_input(struct conn *conn, char *p, size_t n)
{
    size_t at = 0;

    while (at < n && conn->state == CONN_OPEN) {
        struct websocket *ws = websocket_of(conn);
        if (ws != NULL)
            return at + websocket_input(ws, p + at, n - at);
        if (conn->held || conn_pending(conn) > PIPELINE_BYTES)
            return at;
        at += take(conn, p + at, n - at);
    }
    return n;
}

static void on_eof(struct conn *conn)
{
    struct http_exchange *exchange = http_exchange_of(conn);

    /* Whether he only ends his side nobody can tell. */
    if (exchange != NULL)
        http_exchange_lose(exchange);
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
    refuse(conn->data, 408, "the request did not arrive in time");
}

/* All responses are sent whatever waits; on_input() is what holds back. */
static void on_overflow(struct conn *conn)
{
    conn_abort(conn);
}

/* RFC 9110 15.5.1: what nginx answers, too. */
static void on_plain(struct conn *conn)
{
    (void)http_respond_error(conn, 400, "the plain HTTP request was sent to an HTTPS port",
                             SLICE(""), false, false);
}

static void on_idle_closed(struct conn *conn)
{
    conn->data = NULL;
}

static void on_request_closed(struct conn *conn)
{
    http_exchange_free(conn->data);
    conn->data = NULL;
}

static const struct conn_ops idle_ops = {
    .on_input = on_input,
    .on_eof = on_eof,
    .on_timeout = on_idle_timeout,
    .on_overflow = on_overflow,
    .on_plain = on_plain,
    .on_closed = on_idle_closed,
};

static const struct conn_ops request_ops = {
    .on_input = on_input,
    .on_eof = on_eof,
    .on_timeout = on_request_timeout,
    .on_overflow = on_overflow,
    .on_closed = on_request_closed,
};

int http_connection_new(struct http_server *server, int fd, const struct address *peer,
                        const struct listen_entry *entry)
{
    /* Whose connections a proxy passes on shows later. */
    bool limited = !entry->proxy && !address_is_in(peer, &server->trusted_proxies);
    struct conn *conn;
    int err = conn_new(server->loop, fd, peer, &idle_ops, server, &conn);

    if (err != 0)
        return err;
    conn_set_timeout(conn, server->request_timeout);
    if ((entry->proxy && proxy_expect(conn) != 0) ||
        (entry->tls && conn_start_tls(conn, server->tls) != 0) ||
        conn_set_peer(conn, peer, limited) != 0)
        conn_abort(conn);
    return 0;
}
