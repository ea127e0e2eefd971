#include "http/connection.h"

#include "base/counters.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/body.h"
#include "http/forwarded.h"
#include "http/parser.h"
#include "http/response.h"
#include "net/proxy.h"

#include <stdlib.h>

enum {
    /* More than this waiting to be written: the next pipelined request waits, too. */
    PIPELINE_BYTES = 256 * 1024,
};

/* A connection in the middle of a request; between two requests it has nothing but the server. */
struct http_conn {
    struct http_server *server;
    struct conn *conn;
    struct http_parser parser;
    struct http_body body;
    struct address tcp_peer; /* while conn->peer is the client that a proxy names */
    bool is_proxy;           /* that peer is a trusted one */
    bool in_body;            /* the head is complete */
    bool https;              /* the client uses TLS, to us or to a trusted proxy */
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
    http->tcp_peer = conn->peer;
    http->https = conn->tls != NULL;
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

static void become_idle(struct http_conn *http)
{
    struct http_server *server = http->server;

    /* The next request may be somebody else's. */
    if (http->is_proxy)
        (void)conn_set_peer(http->conn, &http->tcp_peer, false);
    conn_set_ops(http->conn, &idle_ops, server);
    conn_set_timeout(http->conn, server->keepalive_timeout);
    http_conn_free(http);
}

static void become_websocket(struct http_conn *http, const struct ws_endpoint *endpoint,
                             const struct websocket_compression *compression)
{
    struct http_server *server = http->server;
    struct conn *conn = http->conn;

    conn_set_ops(conn, &idle_ops, server);
    http_conn_free(http);
    if (websocket_new(conn, endpoint, &server->websocket, compression) != 0)
        conn_abort(conn);
}

/* ---- Requests ----------------------------------------------------------------------------- */

/* Ends the connection: what may still come could be taken for another request. */
static void refuse(struct http_conn *http, int status, const char *reason)
{
    bool head_only = slice_eq(http->parser.request.method, SLICE("HEAD"));

    (void)http_respond_error(http->conn, status, reason, SLICE(""), false, head_only);
    conn_close(http->conn);
}

static void fail(struct http_conn *http, int status, const char *reason)
{
    struct http_server *server = http->server;

    counter_add(status == 413 ? COUNT_HTTP_TOO_LARGE : COUNT_HTTP_BAD_REQUESTS);
    if (log_may_repeat(&server->next_complaint_ms, loop_now_ms(server->loop)))
        log_info(conn_name(http->conn), "bad request: %s", reason);
    refuse(http, status, reason);
}

static void answer(struct http_conn *http, bool keep_alive)
{
    http_answer_file(http->server, http->conn, &http->parser.request, keep_alive);
    if (keep_alive)
        become_idle(http);
    else
        conn_close(http->conn);
}

static void upgrade(struct http_conn *http, const struct ws_endpoint *endpoint)
{
    struct websocket_compression compression;

    if (http_answer_upgrade(http->server, http->conn, &http->parser.request, http->https, endpoint,
                            &compression))
        become_websocket(http, endpoint, &compression);
    else
        conn_close(http->conn);
}

static void on_body_result(struct http_conn *http, enum http_body_result result)
{
    if (result == BODY_FAIL)
        fail(http, http->body.status, http->body.reason);
    else if (result == BODY_END)
        answer(http, http->parser.request.keep_alive && !http->server->shutting_down);
}

/* Nothing here has a use for a body: it is read, so that the next request can be told from it. */
static size_t take_body(struct http_conn *http, const char *p, size_t n)
{
    size_t at = 0;
    enum http_body_result result;

    do {
        struct slice content;
        size_t used;
        result = http_body_next(&http->body, p + at, n - at, &used, &content);
        at += used;
    } while (result == BODY_PART);
    on_body_result(http, result);
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
static void meet_expectation(struct http_conn *http)
{
    if (http_has_file(http->server, &http->parser.request))
        http_respond_continue(http->conn);
    else
        answer(http, false);
}

static void begin_body(struct http_conn *http, bool expects_continue)
{
    const struct config *config = http->server->config;
    struct slice content;
    size_t used;

    http_body_init(&http->body, &http->parser.request,
                   &(struct http_body_limits){
                       .max_content_bytes = (uint64_t)config->max_http_body.number,
                       .max_extra_bytes = (size_t)config->max_http_head.number,
                   });
    http->in_body = true;
    enum http_body_result result = http_body_next(&http->body, NULL, 0, &used, &content);
    if (result == BODY_MORE && expects_continue)
        meet_expectation(http);
    else
        on_body_result(http, result);
}

/* From here on, the log and all limits know the client and not the proxy. False when that client
 * has too many connections. */
static bool find_client(struct http_conn *http)
{
    const struct address_ranges *trusted = &http->server->trusted_proxies;
    struct address client;
    bool https;

    http->is_proxy = address_is_in(&http->tcp_peer, trusted);
    if (!http->is_proxy)
        return true;
    forwarded_read(&http->parser.request,
                   (enum forwarded_by)http->server->config->forwarded_by.number, &http->tcp_peer,
                   trusted, &client, &https);
    http->https = http->https || https;
    return conn_set_peer(http->conn, &client, true) == 0;
}

static void refuse_client(struct http_conn *http)
{
    (void)http_respond_error(http->conn, 429, "too many connections of this address",
                             SLICE("Retry-After: 1\r\n"), false,
                             slice_eq(http->parser.request.method, SLICE("HEAD")));
    conn_close(http->conn);
}

static void on_head(struct http_conn *http)
{
    const struct http_request *request = &http->parser.request;
    const struct ws_endpoint *endpoint = http_server_endpoint(http->server, request->path);
    enum expectation expectation = expectation_of(request);

    counter_add(COUNT_HTTP_REQUESTS);
    if (!find_client(http))
        refuse_client(http);
    else if (expectation == EXPECTS_UNKNOWN)
        fail(http, 417, "unknown expectation");
    else if (endpoint != NULL)
        upgrade(http, endpoint);
    else
        begin_body(http, expectation == EXPECTS_CONTINUE);
}

static size_t take_head(struct http_conn *http, const char *p, size_t n)
{
    size_t used;

    switch (http_parser_feed(&http->parser, p, n, &used)) {
    case HTTP_MORE:
        break;
    case HTTP_HEAD:
        on_head(http);
        break;
    case HTTP_FAIL:
        fail(http, http->parser.status, http->parser.reason);
        break;
    }
    return used;
}

/* Takes input up to the end of the head or the body. */
static size_t take(struct conn *conn, const char *p, size_t n)
{
    struct http_conn *http = request_of(conn);
    if (http == NULL) {
        conn_abort(conn);
        return n;
    }
    return http->in_body ? take_body(http, p, n) : take_head(http, p, n);
}

/* ---- Callbacks ---------------------------------------------------------------------------- */

static size_t on_input(struct conn *conn, char *p, size_t n)
{
    size_t at = 0;

    while (at < n && conn->state == CONN_OPEN) {
        struct websocket *ws = websocket_of(conn);
        if (ws != NULL)
            return at + websocket_input(ws, p + at, n - at);
        if (conn_pending(conn) > PIPELINE_BYTES)
            return at;
        at += take(conn, p + at, n - at);
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
    http_conn_free(conn->data);
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
