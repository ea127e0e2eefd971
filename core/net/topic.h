/* Topics: frames for many connections at once. The layer above names a topic; who subscribes, and
 * the walk over them, is the business of this layer only. */
#ifndef CHATD_NET_TOPIC_H
#define CHATD_NET_TOPIC_H

#include "net/conn.h"

struct subscriber {
    struct conn *conn;
    const void *owner;
    struct subscription *subscription;
};

struct topic {
    struct subscriber *subscribers; /* in no order */
    uint32_t n;
    uint32_t cap;
};

void topic_init(struct topic *topic);

/* Ends all subscriptions. */
void topic_deinit(struct topic *topic);

/* Subscribes the connection; `owner` marks it for topic_publish(). Twice is once. -ENOMEM; -EPIPE
 * on a closed connection. */
int topic_subscribe(struct topic *topic, struct conn *conn, const void *owner);
void topic_unsubscribe(struct topic *topic, struct conn *conn);

/* Sends the frame to all subscribers but those of this owner (NULL: to all). */
void topic_publish(struct topic *topic, struct frame *frame, enum send_class send_class,
                   const void *except_owner);

/* For conn.c. */
void conn_unsubscribe_all(struct conn *conn);

#endif
