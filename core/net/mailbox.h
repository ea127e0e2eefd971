/* A way into the loop for other threads. */
#ifndef CHATD_NET_MAILBOX_H
#define CHATD_NET_MAILBOX_H

#include "net/loop.h"

struct letter {
    struct letter *next;
    const void *sender;                     /* for mailbox_forget() */
    void (*deliver)(struct letter *letter); /* on the loop; frees it */
};

struct mailbox;

/* At most `max` letters wait. NULL without memory. */
struct mailbox *mailbox_new(struct loop *loop, size_t max);

/* Frees the letters that wait, too. */
void mailbox_free(struct mailbox *mailbox);

/* From any thread. -EAGAIN when too many wait; the letter stays the caller's then. */
int mailbox_post(struct mailbox *mailbox, struct letter *letter);

/* Frees, undelivered, what this sender has posted. */
void mailbox_forget(struct mailbox *mailbox, const void *sender);

#endif
