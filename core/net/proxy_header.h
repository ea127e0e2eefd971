/* The header of the PROXY protocol, versions 1 and 2, by which a proxy tells whose connection it
 * passes on (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt). Pure. */
#ifndef CHATD_NET_PROXY_HEADER_H
#define CHATD_NET_PROXY_HEADER_H

#include "net/address.h"

/* The longest header that is accepted; version 2 may have up to 4 KiB of further data (2.2). */
enum { PROXY_HEADER_MAX = 16 + 4096 };

/* How many bytes behind these `n`, which begin a header, belong to it at least: not one more may be
 * read before TLS begins. 0 when the header is complete, -EPROTO when it is none. Without any, it
 * answers the length of the shortest one. */
int proxy_header_lacks(const char *p, size_t n);

/* The client that a complete header names. False when it names none (UNKNOWN, LOCAL, and addresses
 * that are not of TCP over IP): then the connection is the proxy's own. */
bool proxy_header_client(const char *p, size_t n, struct address *out);

#endif
