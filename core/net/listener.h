/* Listening sockets. */
#ifndef CHATD_NET_LISTENER_H
#define CHATD_NET_LISTENER_H

#include "net/address.h"
#include "net/loop.h"

/* A connection was accepted: the socket is non-blocking and the callback's to close. */
typedef void listener_fn(void *arg, int fd, const struct address *peer);

struct listener;

/* Listens on every address that `text` ("HOST:PORT") stands for. What goes wrong is logged; a
 * negative errno then. Freed by listener_free(). */
int listener_new(struct loop *loop, const char *text, listener_fn *on_accept, void *arg,
                 struct listener **out);
void listener_free(struct listener *listener);

#endif
