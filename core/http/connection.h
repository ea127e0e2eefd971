/* An HTTP connection: requests in, answers out, until it closes or becomes a WebSocket. */
#ifndef CHATD_HTTP_CONNECTION_H
#define CHATD_HTTP_CONNECTION_H

#include "http/server.h"

/* Takes an accepted socket over. -ENOMEM, and the socket stays the caller's. */
int http_connection_new(struct http_server *server, int fd, const struct address *peer,
                        const struct listen_entry *entry);

/* After the answer: the exchange is freed, and the connection waits for its next request. */
void http_connection_reuse(struct http_exchange *exchange);

#endif
