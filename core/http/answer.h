/* What the server answers to a request: a file, or a WebSocket. */
#ifndef CHATD_HTTP_ANSWER_H
#define CHATD_HTTP_ANSWER_H

#include "http/request.h"
#include "http/server.h"

/* `path` is that of the request, decoded; empty when it cannot be. */

/* Does the request ask for a file that there is, with a method that reads it? */
bool http_has_file(struct http_server *server, const struct http_request *request,
                   struct slice path);

/* Queues the file that the request asks for, or why there is none. Without keep_alive the caller
 * closes the connection afterwards. */
void http_answer_file(struct http_server *server, struct conn *conn,
                      const struct http_request *request, struct slice path, bool keep_alive);

/* Queues the answer to a request at the path of an endpoint; `https` says whether its client uses
 * TLS. True when the connection is to become
 * a WebSocket with this compression, whose owner is the caller; else it was refused, and the caller
 * closes it. */
bool http_answer_upgrade(struct http_server *server, struct conn *conn,
                         const struct http_request *request, bool https,
                         const struct ws_endpoint *endpoint,
                         struct websocket_compression *compression);

#endif
