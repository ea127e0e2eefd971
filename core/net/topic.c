#include "net/topic.h"

#include <errno.h>
#include <stdlib.h>

/* The connection's side of a subscription: where it stands in the topic. */
struct subscription {
    struct subscription *next;
    struct topic *topic;
    uint32_t index;
};

void topic_init(struct topic *topic)
{
    *topic = (struct topic){0};
}

static struct subscription **find(struct conn *conn, const struct topic *topic)
{
    struct subscription **at = &conn->subscriptions;

    while (*at != NULL && (*at)->topic != topic)
        at = &(*at)->next;
    return at;
}

/* The last subscriber takes the place of the one that goes. */
static void remove_at(struct topic *topic, uint32_t index)
{
    topic->subscribers[index] = topic->subscribers[--topic->n];
    topic->subscribers[index].subscription->index = index;
}

void topic_deinit(struct topic *topic)
{
    while (topic->n > 0)
        topic_unsubscribe(topic, topic->subscribers[topic->n - 1].conn);
    free(topic->subscribers);
    topic_init(topic);
}

static int reserve(struct topic *topic)
{
    if (topic->n < topic->cap)
        return 0;
    uint32_t cap = topic->cap > 0 ? topic->cap * 2 : 4;
    struct subscriber *grown = realloc(topic->subscribers, cap * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    topic->subscribers = grown;
    topic->cap = cap;
    return 0;
}

int topic_subscribe(struct topic *topic, struct conn *conn, const void *owner)
{
    if (conn->state != CONN_OPEN)
        return -EPIPE;
    if (*find(conn, topic) != NULL)
        return 0;
    if (reserve(topic) != 0)
        return -ENOMEM;
    struct subscription *subscription = malloc(sizeof(*subscription));
    if (subscription == NULL)
        return -ENOMEM;
    *subscription =
        (struct subscription){.next = conn->subscriptions, .topic = topic, .index = topic->n};
    conn->subscriptions = subscription;
    topic->subscribers[topic->n++] =
        (struct subscriber){.conn = conn, .owner = owner, .subscription = subscription};
    return 0;
}

void topic_unsubscribe(struct topic *topic, struct conn *conn)
{
    struct subscription **at = find(conn, topic);
    struct subscription *subscription = *at;

    if (subscription == NULL)
        return;
    *at = subscription->next;
    remove_at(topic, subscription->index);
    free(subscription);
}

void conn_unsubscribe_all(struct conn *conn)
{
    while (conn->subscriptions != NULL)
        topic_unsubscribe(conn->subscriptions->topic, conn);
}

void topic_publish(struct topic *topic, struct frame *frame, enum send_class send_class,
                   const void *except_owner)
{
    /* Backwards, for a connection that fails unsubscribes itself and the last one, which has had
     * its frame already, takes its place. */
    for (uint32_t i = topic->n; i-- > 0;) {
        const struct subscriber *to = &topic->subscribers[i];
        if (except_owner == NULL || to->owner != except_owner)
            (void)conn_send(to->conn, frame, send_class);
    }
}
