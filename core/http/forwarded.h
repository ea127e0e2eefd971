/* Who a request comes from when proxies stand in between: Forwarded (RFC 7239), or the older
 * X-Forwarded-For and X-Forwarded-Proto. Pure. */
#ifndef CHATD_HTTP_FORWARDED_H
#define CHATD_HTTP_FORWARDED_H

#include "http/request.h"
#include "net/address.h"

/* What a request from a trusted peer says of its client. The chain is believed from its end as far
 * as the proxies in it are trusted: the first one that is not is the client. Where it is malformed,
 * "unknown" or obfuscated (RFC 7239 6), it ends. Forwarded wins over X-Forwarded-For.
 *
 * `*client` is `*peer` when nothing can be believed; `*https` whether the client is said to use
 * TLS. */
void forwarded_read(const struct http_request *request, const struct address *peer,
                    const struct address_ranges *trusted, struct address *client, bool *https);

#endif
