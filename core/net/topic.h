/* Topics: frames for many connections at once. The layer above names a topic; who subscribes, and
 * the walk over them, is the business of this layer only.
 *
 * What is published in one turn of the loop is put into the outboxes at its end, as one frame for
 * all who get the same. A message is encoded once for each encoding that subscribers have. Nobody
 * sees a difference: what is sent to a connection itself (conn_send()), and the end of its
 * subscription, come behind what was published before. */
#ifndef CHATD_NET_TOPIC_H
#define CHATD_NET_TOPIC_H

#include "net/conn.h"

struct subscriber {
    struct conn *conn;
    const void *owner;
    struct subscription *subscription;
    uint32_t from; /* the first of topic->waiting that it does not have yet */
};

/* The subscribers with one encoding; those with other encodings stand in topics of their own, which
 * the first one owns. */
struct topic {
    const struct encoding *encoding; /* NULL until somebody subscribes */
    struct topic *next_encoding;
    struct subscriber *subscribers; /* in no order */
    uint32_t n;
    uint32_t cap;
    uint32_t n_waiting;
    uint32_t waiting_cap;
    size_t waiting_bytes;
    struct published *waiting; /* published in this turn */
    struct loop *queued_on;    /* to be flushed at its end */
    struct topic *next_to_flush;
};

void topic_init(struct topic *topic);

/* Ends all subscriptions. */
void topic_deinit(struct topic *topic);

/* Subscribes the connection; `owner` marks it for topic_publish(). Twice is once. -ENOMEM; -EPIPE
 * on a closed connection. */
int topic_subscribe(struct topic *topic, struct conn *conn, const void *owner);
void topic_unsubscribe(struct topic *topic, struct conn *conn);

/* Sends a message to all who subscribe now, but those of this owner (NULL: to all). Those for whom
 * there is no memory do not get it. */
void topic_publish(struct topic *topic, struct slice payload, enum send_class send_class,
                   const void *except_owner);

/* The same, with a frame for each encoding that `make` makes, or NULL where it is not for those
 * connections. */
void topic_publish_made(struct topic *topic,
                        struct frame *(*make)(void *arg, const struct encoding *encoding),
                        void *arg, enum send_class send_class, const void *except_owner);

/* Sends a message at once, and only to those subscriptions for whose owners `wants` answers true.
 * It must not change subscriptions. */
void topic_publish_selected(struct topic *topic, struct slice payload, enum send_class send_class,
                            bool (*wants)(void *arg, const void *owner), void *arg);

/* For conn.c and loop.c: ends all subscriptions; puts into the outbox of a connection, or of all,
 * what was published. */
void conn_unsubscribe_all(struct conn *conn);
void conn_catch_up(struct conn *conn);
void topic_flush_all(struct loop *loop);

#endif
