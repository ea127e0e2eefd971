/* Who a request comes from when proxies stand in between: X-Forwarded-For and X-Forwarded-Proto, or
 * the standard's Forwarded (RFC 7239). Pure. */
#ifndef CHATD_HTTP_FORWARDED_H
#define CHATD_HTTP_FORWARDED_H

#include "http/request.h"
#include "net/address.h"

/* The fields that the proxies write. Only those are looked at: the others pass through them as the
 * client sent them. */
enum forwarded_by { FORWARDED_BY_X_FORWARDED_FOR, FORWARDED_BY_FORWARDED };

/* What a request from a trusted peer says of its client. The chain is believed from its end as far
 * as the proxies in it are trusted: the first one that is not is the client. Where it is malformed,
 * "unknown" or obfuscated (RFC 7239 6), it ends.
 *
 * `*client` is `*peer` when nothing can be believed; `*https` whether the client is said to use
 * TLS. */
void forwarded_read(const struct http_request *request, enum forwarded_by by,
                    const struct address *peer, const struct address_ranges *trusted,
                    struct address *client, bool *https);

#endif
