/* A TCP connection: input goes up, frames go out through a bounded outbox.
 *
 * A connection belongs to its loop. Whoever uses it puts callbacks and a pointer on it; after
 * conn_close() it may still be named until `on_closed`, but neither sends nor receives. */
#ifndef CHATD_NET_CONN_H
#define CHATD_NET_CONN_H

#include "base/slice.h"
#include "net/address.h"
#include "net/frame.h"
#include "net/loop.h"

struct tls;
struct tls_context;

struct conn_ops {
    /* Bytes came in; the callback may change those that it uses. Answers how many that are. The
     * rest is offered again in the next turn, so that others have theirs, or in a later one, when
     * the outbox has been written. Nothing more is read until it is used. */
    size_t (*on_input)(struct conn *conn, char *p, size_t n);
    /* The peer will send no more. Nothing is closed by itself. */
    void (*on_eof)(struct conn *conn);
    /* The timeout set with conn_set_timeout() is over. */
    void (*on_timeout)(struct conn *conn);
    /* A SEND_BOUNDED frame did not fit in the outbox: the peer reads too slowly, and the connection
     * has to be closed. Its subscriptions have ended. */
    void (*on_overflow)(struct conn *conn);
    /* The peer sent an HTTP request where TLS was expected: the connection is plain now, for an
     * answer, and is closed afterwards. NULL when there is none. */
    void (*on_plain)(struct conn *conn);
    /* The last call, at the end of the turn in which the connection was closed by either side.
     * Free what hangs on it. */
    void (*on_closed)(struct conn *conn);
    /* When there is one, it reads from the socket itself, and nothing else is called for input. */
    void (*on_readable)(struct conn *conn);
    /* A detached connection: frames wait for conn_next_output(). */
    void (*on_waiting)(struct conn *conn);
};

/* Frames that wait; the first one may be written in part. */
struct outbox {
    struct frame **frames; /* a ring, or `inline_frames`; `cap` is a power of two */
    struct frame *inline_frames[2];
    uint32_t first;
    uint32_t n;
    uint32_t cap;
    uint32_t written; /* of the first frame */
    size_t bytes;     /* left to write */
};

enum conn_state {
    CONN_OPEN,
    CONN_FLUSHING,  /* closed above; the outbox is being written */
    CONN_LINGERING, /* shut down for writing; what the peer still sends is thrown away */
    CONN_ENDED,
};

/* In front stands what every frame to a connection needs. */
struct conn {
    ev_io io;
    struct conn *flush_next;
    struct loop *loop;
    struct outbox out;
    struct tls *tls;   /* NULL: plain */
    struct rest *rest; /* input that on_input did not use */
    uint8_t state;
    bool eof : 1;
    bool flush_queued : 1;
    bool end_queued : 1;
    bool told_closed : 1;
    bool overflow : 1;
    bool held : 1;
    bool counted : 1;  /* in the account of `peer` */
    bool detached : 1; /* without a socket */
    struct address peer;
    const struct conn_ops *ops;
    void *data;
    const struct encoding *encoding; /* of messages to it; set before it subscribes to topics */
    struct subscription *subscriptions;
    struct timeout *timeout;
    int64_t timeout_at;
    struct conn *timeout_prev;
    struct conn *timeout_next;
    struct conn *prev;
    struct conn *next;
    struct conn *end_next;
};

/* Takes the socket over, which is non-blocking. -ENOMEM, and the socket stays the caller's. */
int conn_new(struct loop *loop, int fd, const struct address *peer, const struct conn_ops *ops,
             void *data, struct conn **out);

/* A connection without a socket, for a peer that fetches what waits for him: frames stay in the
 * outbox, within its limits, until they are taken with conn_next_output(). conn_close() is
 * conn_abort(). -EAGAIN when there are as many already as connections may be, -EDQUOT as
 * conn_set_peer(), -ENOMEM. */
int conn_new_detached(struct loop *loop, const struct address *peer, const struct conn_ops *ops,
                      void *data, struct conn **out);

/* Expects TLS from the peer, before anything was read. -ENOMEM, and the connection has to be ended.
 */
int conn_start_tls(struct conn *conn, struct tls_context *context);

/* Whose connection it is: that of `peer`, with whom a proxy may stand in between. `limited`: it
 * counts as one of his, see loop->quotas. -EDQUOT when he has too many; nothing is changed then. */
int conn_set_peer(struct conn *conn, const struct address *peer, bool limited);

/* Another user of the connection: an HTTP connection becomes a WebSocket. */
void conn_set_ops(struct conn *conn, const struct conn_ops *ops, void *data);

enum send_class {
    SEND_ALWAYS,    /* queued whatever waits: answers that the sender bounds itself */
    SEND_BOUNDED,   /* calls on_overflow when the outbox would exceed loop->outbox_limit */
    SEND_EPHEMERAL, /* dropped when the outbox is half full */
};

/* Do all outboxes together hold more than loop->outbox_memory_limit? Then SEND_BOUNDED and
 * SEND_EPHEMERAL have room only where nothing waits. */
bool conn_memory_is_short(const struct loop *loop);

/* Queues a reference to the frame; it is written at the end of the turn. 0, -EPIPE on a closed
 * connection, -ENOBUFS on overflow or when the frame was dropped, -ENOMEM (the connection is
 * closed then, for its stream would have a hole). */
int conn_send(struct conn *conn, struct frame *frame, enum send_class send_class);

/* For topic.c: the same, without a look at what was published before. */
int conn_queue(struct conn *conn, struct frame *frame, enum send_class send_class);

/* What a detached connection has to send next, up to a whole frame; empty when nothing waits. And
 * how much of it was taken. */
struct slice conn_next_output(struct conn *conn);
void conn_take_output(struct conn *conn, size_t n);

/* How many bytes wait to be written. */
size_t conn_pending(const struct conn *conn);

/* Input is not offered until conn_release(): what on_input leaves unused now stays. An end of the
 * input is told as long as nothing waits in front of it. */
void conn_hold(struct conn *conn);
void conn_release(struct conn *conn);

/* Throws away what waits, but for a frame that is written in part. */
void conn_discard_output(struct conn *conn);

/* Ends the connection: what waits is written, TCP shut down, and input thrown away until the peer
 * closes too or loop->close_timeout is over, so that no reset swallows what was sent last. */
void conn_close(struct conn *conn);

/* Ends the connection at the end of the turn, with all that waits. */
void conn_abort(struct conn *conn);

/* "192.0.2.1:5000", for the log. One of four static buffers, reused in turn. */
const char *conn_name(const struct conn *conn);

/* For the loop. */
void conn_flush_all(struct loop *loop);
void conn_resume_all(struct loop *loop);
void conn_end_all(struct loop *loop);
void conn_timed_out(struct conn *conn);

#endif
