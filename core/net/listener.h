/* Listening sockets. */
#ifndef CHATD_NET_LISTENER_H
#define CHATD_NET_LISTENER_H

#include "net/address.h"
#include "net/loop.h"

/* A host name of 255 bytes (RFC 1035 2.3.4) and a port. */
enum { LISTEN_ADDRESS_BYTES = 264 };

/* An entry of `listen` in chatd.conf: an address, and the words behind it. */
struct listen_entry {
    char address[LISTEN_ADDRESS_BYTES]; /* as address_resolve() reads it */
    bool tls;
    bool proxy; /* connections begin with a header of the PROXY protocol */
};

/* Reads "HOST:PORT [tls] [proxy]". Answers NULL, or why not: `*out` is untouched then. */
const char *listen_entry_read(const char *text, struct listen_entry *out);

/* A connection was accepted on a socket of this entry: it is non-blocking and the callback's to
 * close. */
typedef void listener_fn(void *arg, int fd, const struct address *peer,
                         const struct listen_entry *entry);

struct listener;

/* Listens on every address that the entry stands for. What goes wrong is logged; a negative errno
 * then. Freed by listener_free(). */
int listener_new(struct loop *loop, const struct listen_entry *entry, listener_fn *on_accept,
                 void *arg, struct listener **out);
void listener_free(struct listener *listener);

#endif
