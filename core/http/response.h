/* HTTP responses. */
#ifndef CHATD_HTTP_RESPONSE_H
#define CHATD_HTTP_RESPONSE_H

#include "base/buf.h"
#include "net/conn.h"

/* What a response says; zero means "leave it out". */
struct http_response {
    int status;
    struct slice type;  /* Content-Type */
    struct slice etag;  /* quoted */
    struct slice extra; /* further header lines, each with its CRLF; those for security that have
                           the same name are left out */
    struct frame *body; /* borrowed; a reference is taken */
    bool head_only;     /* the answer to HEAD: Content-Length without the body */
    bool keep_alive;
};

/* Queues the response. Without keep_alive the caller closes the connection afterwards. Errors as
 * conn_send(). */
int http_respond(struct conn *conn, const struct http_response *response);

/* A short text/plain response that explains an error. */
int http_respond_error(struct conn *conn, int status, const char *why, struct slice extra,
                       bool keep_alive, bool head_only);

/* Tells a client that waits with its body to send it (RFC 9110 15.2.1); the response follows.
 * Without memory the connection is aborted. */
void http_respond_continue(struct conn *conn);

const char *http_reason(int status);

/* Lines for `extra` of a response that somebody else thinks up; to be freed as a buf. */
void http_fields_init(struct buf *lines);

/* Appends one. -EINVAL when it is none (RFC 9110 5.5), or one that every response has anyway:
 * Connection, Content-Length, Date, Transfer-Encoding. -EMSGSIZE when all of them are too long (8
 * KiB), -ENOMEM; nothing is appended then. */
int http_fields_add(struct buf *lines, struct slice name, struct slice value);

#endif
