/* A WebSocket client in the same process, at the other end of a pair of sockets. */
#ifndef CHATD_TEST_PEER_H
#define CHATD_TEST_PEER_H

#include "base/buf.h"
#include "http/server.h"

struct peer {
    int fd;
    struct buf input; /* what is no whole frame yet */
    unsigned closed;  /* 0: not; the code */
};

/* Called for each text message. */
typedef void peer_message_fn(void *arg, struct slice text);

/* Connects to an endpoint. -errno. */
int peer_init(struct peer *peer, struct http_server *http, const struct ws_endpoint *endpoint);
void peer_deinit(struct peer *peer);

/* Queues a text message in the socket. -EAGAIN when that is full, -ENOMEM. */
int peer_send(struct peer *peer, struct slice text);

/* Takes what has come. Answers whether something has. */
bool peer_receive(struct peer *peer, peer_message_fn *fn, void *arg);

#endif
