/* The native endpoint: chatd.v1, JSON over a WebSocket at /ws (doc/protocol.md). */
#ifndef CHATD_CHAT_NATIVE_H
#define CHATD_CHAT_NATIVE_H

#include "chat/hub.h"
#include "http/websocket.h"

struct native_endpoint {
    struct ws_endpoint ws;
    struct hub *hub;
    struct timeout *login_timeout;
    struct frame *hello;
};

/* -ENOMEM. The endpoint has to be added to the HTTP server by the caller. */
int native_init(struct native_endpoint *native, struct hub *hub);
void native_deinit(struct native_endpoint *native);

/* To be called when the configuration or the list of features has changed. -ENOMEM. */
int native_configure(struct native_endpoint *native);

#endif
