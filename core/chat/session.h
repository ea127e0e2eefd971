/* Somebody who speaks chatd.v1 (doc/protocol.md): requests in, answers and events out. */
#ifndef CHATD_CHAT_SESSION_H
#define CHATD_CHAT_SESSION_H

#include "chat/hub.h"
#include "chat/link.h"

struct session {
    struct link link;
    struct hub *hub;
    struct client *client;    /* NULL before the login */
    struct request *requests; /* those that wait, for a verdict or to be stored */
    struct request *held;     /* the one of them that its successors wait behind */
    int64_t turn_ms;          /* to log in; see chat/turns.h */
    uint32_t n_requests;
    uint32_t bad_requests; /* in a row */
};

void session_init(struct session *session, struct hub *hub, const struct link_ops *ops,
                  struct conn *conn);
/* `for_good`: the peer will not come back, see client_free(). */
void session_deinit(struct session *session, bool for_good);

/* A request: JSON text, or what should have been. */
void session_input(struct session *session, struct slice text);

/* The same of a request that was read already, which is taken over. */
void session_request(struct session *session, struct json *json);

#endif
