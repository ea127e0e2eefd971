/* A connection that speaks chatd.v1 (doc/protocol.md): requests in, answers and events out. */
#ifndef CHATD_CHAT_SESSION_H
#define CHATD_CHAT_SESSION_H

#include "chat/hub.h"
#include "http/websocket.h"

struct session {
    struct websocket *ws;
    struct hub *hub;
    struct client *client;   /* NULL before the login */
    struct request *request; /* the one that waits for a verdict; its successors wait behind it */
    uint32_t bad_requests;   /* in a row */
};

/* NULL without memory. */
struct session *session_new(struct hub *hub, struct websocket *ws);
void session_free(struct session *session);

/* A text message of the peer. */
void session_input(struct session *session, struct slice text);

#endif
