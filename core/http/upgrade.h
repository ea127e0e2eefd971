/* The opening handshake of a WebSocket, the server's side (RFC 6455 4.2): is this request one, what
 * does it offer, and may its origin connect? Pure: the answer is the caller's to write. */
#ifndef CHATD_HTTP_UPGRADE_H
#define CHATD_HTTP_UPGRADE_H

#include "http/parser.h"
#include "ws/deflate.h"

enum { WS_ACCEPT_BYTES = 28 };

struct ws_upgrade {
    /* After success. */
    char accept[WS_ACCEPT_BYTES + 1]; /* Sec-WebSocket-Accept, NUL-terminated */
    struct slice origin;              /* {NULL, 0} when the client sent none: it is no browser */
    size_t n_protocols;               /* that it offers; each a token, none twice */
    struct ws_deflate_offer deflate;  /* the first valid offer of permessage-deflate, if any */
    /* After failure; both static. */
    const char *reason; /* for a person */
    struct slice extra; /* header lines, each with CRLF, that an answer with this status needs */
};

/* Checks the request. 0, or the HTTP status to refuse it with: 400 malformed, 405 not a GET, 426
 * no upgrade to WebSocket, or to a version other than 13 (4.4). Fills `out` accordingly; its
 * slices are those of the request. */
int ws_upgrade_check(const struct http_request *request, struct ws_upgrade *out);

/* Is this subprotocol (case-sensitive) among those that the request offers (RFC 6455 1.9)? */
bool ws_upgrade_offers(const struct http_request *request, const char *protocol);

/* May a page of this origin (RFC 6454 7) connect? `allowed` has `n` entries, one of which must
 * match:
 * - "*": every origin, "null" and malformed ones too;
 * - "same": an http or https origin with the host and port of `host` (the request's; see struct
 *   http_request). A port that is missing there is the default one: 443 when `tls` says that the
 *   request came over TLS, else that of the origin's scheme, for TLS may end at a proxy. Over TLS
 *   the origin must be https, too;
 * - else the origin itself, scheme://host[:port], spelt the way browsers do: no path, no default
 *   port.
 * Case-insensitive. A request without Origin is not asked about here. */
bool http_origin_allowed(struct slice origin, struct slice host, bool tls,
                         const char *const *allowed, size_t n);

#endif
