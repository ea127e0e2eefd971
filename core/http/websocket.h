/* A connection after the upgrade: frames in, whole messages up; frames down, with pings, limits
 * and the close handshake (RFC 6455). */
#ifndef CHATD_HTTP_WEBSOCKET_H
#define CHATD_HTTP_WEBSOCKET_H

#include "base/hash.h"
#include "http/compression.h"
#include "net/conn.h"
#include "net/topic.h"
#include "ws/frame.h"

struct http_exchange;
struct websocket;

struct websocket_ops {
    /* `exchange` is the request that became this; it ends when the callback returns. */
    void (*on_open)(struct websocket *ws, struct http_exchange *exchange);
    /* A whole message; text is valid UTF-8. The callback may change the bytes. */
    void (*on_message)(struct websocket *ws, bool binary, char *p, size_t n);
    /* The deadline set with websocket_set_deadline() is over. */
    void (*on_deadline)(struct websocket *ws);
    /* The last call. `code` is what either side closed with (1006: neither did). */
    void (*on_close)(struct websocket *ws, unsigned code);
};

/* What is served at a path. */
struct ws_endpoint {
    UT_hash_handle hh;
    const char *path;
    const char *subprotocol; /* the one it speaks; NULL: none, and what is offered is ignored */
    size_t max_message;
    const struct websocket_ops *ops;
    size_t data_bytes; /* of the endpoint's own, for each connection */
    void *arg;
};

struct websocket_timeouts {
    struct timeout *ping; /* silence after which a ping is sent */
    struct timeout *pong; /* silence after that which ends the connection */
    int64_t message_ms;   /* from the first byte of a message to its last one */
};

struct websocket {
    struct conn *conn;
    const struct ws_endpoint *endpoint;
    const struct websocket_timeouts *timeouts;
    const struct websocket_encoding *encoding; /* of what is sent to it alone */
    void *data; /* the endpoint's: data_bytes of them, zeros at first */
    struct ws_decoder decoder;
    int64_t message_since_ms; /* when the message that is coming in began; 0: none is */
    uint16_t close_code;
    bool closing;
    bool deadline;
    bool pinged; /* a ping was sent since the last input */
};

/* Close codes of chatd's own; see doc/protocol.md. */
enum {
    WS_CLOSE_SLOW_READER = 4000,
    WS_CLOSE_PING_TIMEOUT = 4001,
    WS_CLOSE_SLOW_SENDER = 4002,
};

/* Makes a WebSocket of a connection whose handshake, `exchange`, was answered, and opens it. Takes
 * over the compression in any case. -ENOMEM, and the connection stays as it was. */
int websocket_new(struct conn *conn, const struct ws_endpoint *endpoint,
                  const struct websocket_timeouts *timeouts,
                  const struct websocket_compression *compression, struct http_exchange *exchange);

/* The WebSocket of this connection, NULL when it is none. */
struct websocket *websocket_of(struct conn *conn);

/* Input that came with the handshake (as on_input of struct conn_ops). */
size_t websocket_input(struct websocket *ws, char *p, size_t n);

/* Sends a frame that was made before, plain. Errors as conn_send(). */
int websocket_send_frame(struct websocket *ws, struct frame *frame, enum send_class send_class);

/* Sends a message in the connection's own encoding. Errors as conn_send(); -ENOMEM without memory
 * for the frame, too. */
int websocket_send(struct websocket *ws, enum ws_opcode opcode, struct slice payload,
                   enum send_class send_class);

/* Sends a Close frame and ends the connection; on_close follows at the end of the turn. `reason`
 * is cut to the 123 bytes that fit. */
void websocket_close(struct websocket *ws, unsigned code, const char *reason);

/* Takes messages again after conn_hold(). */
void websocket_release(struct websocket *ws);

/* Calls on_deadline when this class's time is over, whatever comes in until then, instead of
 * sending pings; NULL returns to pings. */
void websocket_set_deadline(struct websocket *ws, struct timeout *timeout);

#endif
