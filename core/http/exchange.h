/* A request and its answer: one at a time on each connection.
 *
 * It begins with the first byte of the request. What asks for a file is answered when it is there;
 * what goes to an endpoint waits for the answer of the layer above, at once or later, and so do
 * the requests behind it. */
#ifndef CHATD_HTTP_EXCHANGE_H
#define CHATD_HTTP_EXCHANGE_H

#include "http/body.h"
#include "http/parser.h"
#include "http/server.h"
#include "net/timer.h"

enum http_exchange_state {
    EXCHANGE_ARRIVING,
    EXCHANGE_JUDGED,   /* the layer above decides whether it goes on */
    EXCHANGE_WAITING,  /* for its endpoint's answer */
    EXCHANGE_ANSWERED, /* and about to end */
};

struct http_exchange {
    struct http_server *server;
    struct conn *conn;
    const struct http_endpoint *endpoint; /* what answers; NULL: a file or a WebSocket */
    const struct ws_endpoint *websocket;  /* what the connection is to become */
    void *data;                           /* of the layer above */
    struct http_parser parser;
    struct http_body decoder;
    struct buf path;         /* decoded; empty when it is none */
    struct buf content;      /* of the body, for an endpoint */
    struct timer timer;      /* for the answer */
    struct address tcp_peer; /* while conn->peer is the client that a proxy names */
    enum http_exchange_state state;
    bool is_proxy; /* that peer is a trusted one */
    bool in_body;  /* the head is complete */
    bool https;    /* the client uses TLS, to us or to a trusted proxy */
    bool keep_alive;
};

/* NULL without memory. */
struct http_exchange *http_exchange_new(struct http_server *server, struct conn *conn);

/* When it was not answered, its endpoint is told. */
void http_exchange_free(struct http_exchange *exchange);

/* The exchange of this connection; NULL when none has begun. */
struct http_exchange *http_exchange_of(struct conn *conn);

/* Keeps a piece of the body. 0, or the status to refuse the request with; `*why` says why. */
int http_exchange_keep(struct http_exchange *exchange, struct slice content, const char **why);

/* The whole request is there: it goes to its endpoint or becomes a WebSocket, when the layer above
 * lets it. The exchange may have ended when this returns. */
void http_exchange_arrived(struct http_exchange *exchange);

enum http_verdict {
    HTTP_PASS,
    HTTP_DENY, /* 403 */
    HTTP_DROP, /* the connection ends without an answer */
};

/* The decision about a request that on_arrived() was called for, from there or later. `why` is for
 * HTTP_DENY. The exchange may have ended when this returns. */
void http_request_continue(struct http_exchange *exchange, enum http_verdict verdict,
                           const char *why);

/* The answer of an endpoint. `extra` are lines of http_fields_add(). It ends with
 * http_exchange_finish(), which the caller calls when nobody looks at the request any more.
 * -EALREADY when it does not wait for an answer, -EPIPE when the connection is closed, -EINVAL for
 * a status that is none (200 to 599) or has no body, -ENOMEM. */
int http_exchange_respond(struct http_exchange *exchange, int status, struct slice extra,
                          struct slice body);
void http_exchange_finish(struct http_exchange *exchange);

/* The other answer: the connection becomes a WebSocket, in http_exchange_finish(). -EALREADY and
 * -EPIPE as above. -EPROTO when it cannot: the request was refused; that was the answer, and
 * http_exchange_finish() is to be called, too. */
int http_exchange_upgrade(struct http_exchange *exchange, const struct ws_endpoint *endpoint);

/* The peer has gone, or is not to wait any longer: who has not answered yet is told. */
void http_exchange_lose(struct http_exchange *exchange);

/* Answers with 503 what was not answered yet. `tell`: as http_exchange_lose() does. */
void http_exchange_abandon(struct http_exchange *exchange, const char *why, bool tell);

#endif
