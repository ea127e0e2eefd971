/* What the server answers to a request: a file, or a WebSocket. */
#ifndef CHATD_HTTP_ANSWER_H
#define CHATD_HTTP_ANSWER_H

#include "http/request.h"
#include "http/server.h"
#include "http/upgrade.h"

/* `path` is that of the request, decoded; empty when it cannot be. */

/* Does the request ask for a file that there is, with a method that reads it? */
bool http_has_file(struct http_server *server, const struct http_request *request,
                   struct slice path);

/* Queues the file that the request asks for, or why there is none. Without keep_alive the caller
 * closes the connection afterwards. */
void http_answer_file(struct http_server *server, struct conn *conn,
                      const struct http_request *request, struct slice path, bool keep_alive);

/* May the request become a WebSocket of this endpoint? `https` says whether its client uses TLS.
 * Else why not is queued, and the caller closes the connection. */
bool http_check_upgrade(struct http_server *server, struct conn *conn,
                        const struct http_request *request, bool https,
                        const struct ws_endpoint *endpoint, struct ws_upgrade *upgrade);

/* Queues the answer to a checked one. The compression is the caller's. */
struct websocket_compression http_accept_upgrade(struct http_server *server, struct conn *conn,
                                                 const struct ws_endpoint *endpoint,
                                                 const struct ws_upgrade *upgrade);

#endif
