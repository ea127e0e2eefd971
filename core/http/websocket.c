#include "http/websocket.h"

#include "base/counters.h"
#include "base/log.h"
#include "net/timeout.h"

#include <errno.h>
#include <stdlib.h>

enum {
    REASON_MAX = 123,
    /* So many messages and control frames of one peer; then the others have their turn. */
    EVENTS_PER_TURN = 64,
};

static const struct conn_ops conn_ops;

int websocket_send_frame(struct websocket *ws, struct frame *frame, enum send_class send_class)
{
    if (ws->closing)
        return -EPIPE;
    return conn_send(ws->conn, frame, send_class);
}

int websocket_send(struct websocket *ws, enum ws_opcode opcode, struct slice payload,
                   enum send_class send_class)
{
    struct frame *frame = websocket_encode(ws->encoding, opcode, payload);

    if (frame == NULL)
        return -ENOMEM;
    int err = websocket_send_frame(ws, frame, send_class);
    frame_unref(frame);
    return err;
}

/* A control frame, which is small and answers one of the peer's: not subject to the outbox limit,
 * but to what a peer that only asks can make pile up. */
static void send_control(struct websocket *ws, enum ws_opcode opcode, struct slice payload)
{
    struct frame *frame = websocket_frame(opcode, payload);

    if (frame == NULL) {
        conn_abort(ws->conn);
        return;
    }
    (void)conn_send(ws->conn, frame, SEND_BOUNDED);
    frame_unref(frame);
}

void websocket_close(struct websocket *ws, unsigned code, const char *reason)
{
    char payload[2 + REASON_MAX];
    size_t n = 0;

    if (ws->closing)
        return;
    ws->closing = true;
    ws->close_code = (uint16_t)code;
    if (code != 1005) {
        struct slice text = slice_str(reason);
        payload[0] = (char)(code >> 8);
        payload[1] = (char)(code & 0xff);
        if (text.n > REASON_MAX)
            text.n = utf8_cut(text.p, REASON_MAX);
        memcpy(payload + 2, text.p, text.n);
        n = 2 + text.n;
    }
    struct frame *frame = websocket_frame(WS_OP_CLOSE, slice_of(payload, n));
    if (frame != NULL) {
        (void)conn_send(ws->conn, frame, SEND_ALWAYS);
        frame_unref(frame);
    }
    conn_close(ws->conn);
}

static void touch(struct websocket *ws)
{
    ws->pinged = false;
    if (!ws->deadline && !ws->closing)
        conn_set_timeout(ws->conn, ws->timeouts->ping);
}

void websocket_set_deadline(struct websocket *ws, struct timeout *timeout)
{
    ws->deadline = timeout != NULL;
    if (timeout != NULL)
        conn_set_timeout(ws->conn, timeout);
    else
        touch(ws);
}

void websocket_release(struct websocket *ws)
{
    touch(ws);
    conn_release(ws->conn);
}

static void on_fail(struct websocket *ws, const struct ws_event *event)
{
    counter_add(event->close_code == 1009   ? COUNT_WS_TOO_LARGE
                : event->close_code == 1013 ? COUNT_DEFLATE_NO_MEMORY
                                            : COUNT_WS_FAILED);
    log_debug(conn_name(ws->conn), "closing with %u: %s", event->close_code, event->reason);
    websocket_close(ws, event->close_code, event->reason);
}

static void on_event(struct websocket *ws, enum ws_status status, struct ws_event *event)
{
    switch (status) {
    case WS_MORE:
    case WS_PONG:
        break;
    case WS_MESSAGE:
        ws->endpoint->ops->on_message(ws, event->opcode == WS_OP_BINARY, event->payload,
                                      event->payload_bytes);
        break;
    case WS_PING:
        send_control(ws, WS_OP_PONG, slice_of(event->payload, event->payload_bytes));
        break;
    case WS_CLOSE:
        websocket_close(ws, event->close_code, "");
        break;
    case WS_FAIL:
        on_fail(ws, event);
        break;
    }
}

/* What answers this peer has not fetched yet is more than may wait: its next requests do, too. Held
 * messages do not hold up control frames in front of them: a Close is to be seen at once. */
static bool must_wait(const struct websocket *ws, const char *p)
{
    if (ws->conn->held && !ws_decoder_at_control(&ws->decoder, p))
        return true;
    return ws->conn->overflow || conn_pending(ws->conn) > ws->conn->loop->outbox_limit;
}

/* Called after each input: only a peer that goes on sending, but slowly, gets this far; one that
 * stops answers no ping. */
static void limit_message_time(struct websocket *ws)
{
    int64_t now_ms = loop_now_ms(ws->conn->loop);

    if (ws->closing)
        return;
    if (!ws_decoder_has_begun(&ws->decoder)) {
        ws->message_since_ms = 0;
    } else if (ws->message_since_ms == 0) {
        ws->message_since_ms = now_ms;
    } else if (now_ms - ws->message_since_ms > ws->timeouts->message_ms) {
        counter_add(COUNT_MESSAGE_TIMEOUTS);
        log_debug(conn_name(ws->conn), "sends a message too slowly");
        websocket_close(ws, WS_CLOSE_SLOW_SENDER, "the message came too slowly");
    }
}

size_t websocket_input(struct websocket *ws, char *p, size_t n)
{
    size_t at = 0;
    int events = 0;
    enum ws_status status;

    touch(ws);
    do {
        struct ws_event event;
        size_t used = 0;
        if (at < n && (must_wait(ws, p + at) || events++ == EVENTS_PER_TURN))
            return at;
        status = ws_decoder_next(&ws->decoder, p + at, n - at, &used, &event);
        at += used;
        if (status == WS_MESSAGE)
            ws->message_since_ms = 0;
        on_event(ws, status, &event);
    } while (status != WS_MORE && !ws->closing && ws->conn->state == CONN_OPEN);
    limit_message_time(ws);
    return n;
}

static size_t on_input(struct conn *conn, char *p, size_t n)
{
    return websocket_input(conn->data, p, n);
}

static void on_eof(struct conn *conn)
{
    conn_close(conn);
}

static void on_timeout(struct conn *conn)
{
    struct websocket *ws = conn->data;

    if (ws->deadline) {
        ws->endpoint->ops->on_deadline(ws);
        return;
    }
    if (conn->held) {
        touch(ws);
        return;
    }
    if (ws->pinged) {
        counter_add(COUNT_PING_TIMEOUTS);
        websocket_close(ws, WS_CLOSE_PING_TIMEOUT, "ping timeout");
        return;
    }
    ws->pinged = true;
    conn_set_timeout(conn, ws->timeouts->pong);
    /* While its input waits, a pong would, too. */
    if (conn->rest == NULL)
        send_control(ws, WS_OP_PING, SLICE(""));
}

static void on_overflow(struct conn *conn)
{
    struct websocket *ws = conn->data;

    counter_add(COUNT_SLOW_READERS);
    log_info(conn_name(conn), "reads too slowly: %zu bytes wait", conn_pending(conn));
    conn_discard_output(conn);
    websocket_close(ws, WS_CLOSE_SLOW_READER, "slow reader");
}

static void on_closed(struct conn *conn)
{
    struct websocket *ws = conn->data;

    ws->endpoint->ops->on_close(ws, ws->closing ? ws->close_code : 1006);
    ws_decoder_deinit(&ws->decoder);
    free(ws);
    conn->data = NULL;
}

static const struct conn_ops conn_ops = {
    .on_input = on_input,
    .on_eof = on_eof,
    .on_timeout = on_timeout,
    .on_overflow = on_overflow,
    .on_closed = on_closed,
};

int websocket_new(struct conn *conn, const struct ws_endpoint *endpoint,
                  const struct websocket_timeouts *timeouts,
                  const struct websocket_compression *compression, struct http_exchange *exchange)
{
    struct websocket *ws = calloc(1, sizeof(*ws) + endpoint->data_bytes);

    if (ws == NULL) {
        ws_inflater_free(compression->inflater);
        return -ENOMEM;
    }
    ws->conn = conn;
    ws->endpoint = endpoint;
    ws->timeouts = timeouts;
    ws->data = ws + 1;
    ws->encoding = compression->encoding;
    conn->encoding = &ws->encoding->encoding;
    ws_decoder_init(&ws->decoder, endpoint->max_message, compression->inflater);
    conn_set_ops(conn, &conn_ops, ws);
    counter_add(COUNT_WS_OPENED);
    touch(ws);
    endpoint->ops->on_open(ws, exchange);
    return 0;
}

struct websocket *websocket_of(struct conn *conn)
{
    return conn->ops == &conn_ops ? conn->data : NULL;
}
