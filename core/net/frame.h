/* A frame: immutable bytes, ready for the wire, shared by all outboxes that they wait in. */
#ifndef CHATD_NET_FRAME_H
#define CHATD_NET_FRAME_H

#include "base/slice.h"

#include <stdint.h>

struct frame {
    uint32_t refs;
    uint32_t n;
    uint32_t queued; /* in how many outboxes it waits */
    char data[];
};

/* A frame of `n` bytes with one reference, to be filled in before it is shared. NULL without
 * memory or when `n` does not fit in 32 bits. */
struct frame *frame_new(size_t n);

/* A frame with the bytes of `head` and `body`. */
struct frame *frame_join(struct slice head, struct slice body);

struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame);

/* How messages become frames for a connection. All connections with the same encoding share the
 * frame of a message, so one is to stand for as many of them as can be; the layer above embeds it
 * in what it needs to know. */
struct encoding {
    /* The frame of a message with this payload; NULL without memory, or when these connections do
     * not get it. */
    struct frame *(*make)(const struct encoding *encoding, struct slice payload);
};

#endif
