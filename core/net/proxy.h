/* Connections that begin with a header of the PROXY protocol. */
#ifndef CHATD_NET_PROXY_H
#define CHATD_NET_PROXY_H

#include "net/conn.h"

/* Reads the header before the connection's present user, or its TLS, gets to see anything, and puts
 * the client that it names in the place of the peer. Without a proper header the connection ends;
 * the timeout that runs bounds it. To be called on a new connection. -ENOMEM. */
int proxy_expect(struct conn *conn);

#endif
