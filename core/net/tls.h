/* The server's side of one TLS connection (RFC 8446, RFC 5246) over a non-blocking socket. The
 * handshake is part of the first reads and writes. */
#ifndef CHATD_NET_TLS_H
#define CHATD_NET_TLS_H

#include "base/slice.h"
#include "net/tls_context.h"

#include <sys/types.h>

struct tls;

/* The socket stays the caller's. NULL without memory. */
struct tls *tls_new(struct tls_context *context, int fd);
void tls_free(struct tls *tls);

/* Reads up to `n` bytes, at least TLS_RECORD_BYTES: what has arrived of whole records, so that
 * nothing stays behind that the socket would not announce. 0 at the end, be it announced or not;
 * -EAGAIN; -EPROTOTYPE when the peer sent an HTTP request instead of a handshake (the socket may be
 * written to as it is, then); -EPROTO when TLS failed, and the peer was told why. */
enum { TLS_RECORD_BYTES = 16384 };
ssize_t tls_read(struct tls *tls, char *p, size_t n);

/* Writes one record. How much of `part` that was; -EAGAIN, and `part` must come again, longer
 * perhaps; -EPIPE when nothing can be written any more. */
ssize_t tls_write(struct tls *tls, struct slice part);

/* How many bytes have to come again, for some of them are encrypted already. */
size_t tls_committed(const struct tls *tls);

/* Tells the peer that no more comes (close_notify). 0, or -EAGAIN to be called again. A connection
 * that failed or is not set up has nothing to tell. */
int tls_shutdown(struct tls *tls);

/* The events of the socket (EV_READ, EV_WRITE) to wait for in order to go on reading and writing:
 * a handshake reads for writing, and the other way round. */
int tls_events(const struct tls *tls, bool reading, bool writing);

/* Did the last read find the end, or an error, behind what it answered? The socket does not
 * announce it again. */
bool tls_has_ended(const struct tls *tls);

/* Is the handshake over? If it has failed, why? */
bool tls_is_established(const struct tls *tls);
const char *tls_why(const struct tls *tls);

#endif
