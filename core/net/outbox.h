/* The queue of frames that wait for a socket. */
#ifndef CHATD_NET_OUTBOX_H
#define CHATD_NET_OUTBOX_H

#include "net/conn.h"

void outbox_init(struct outbox *out);
void outbox_deinit(struct outbox *out);

/* The bytes of all frames that wait in any outbox, each counted once, and of the queues. */
size_t outbox_memory(void);

/* Takes a reference. -ENOMEM. */
int outbox_push(struct outbox *out, struct frame *frame);

/* Writes as much as the socket takes, through TLS unless that is NULL. 0 when all is written,
 * -EAGAIN when the socket is full, another negative errno when it is broken. */
int outbox_write(struct outbox *out, int fd, struct tls *tls);

/* What is left of the first frame; empty when none waits. And the end of its first `n` bytes. */
struct slice outbox_first(struct outbox *out);
void outbox_consume(struct outbox *out, size_t n);

/* Drops all frames but one that is written in part, and those that the next `committed` bytes are
 * of. */
void outbox_discard(struct outbox *out, size_t committed);

#endif
