#include "net/topic.h"

#include <errno.h>
#include <stdlib.h>

enum {
    /* More than this does not gather in a turn. */
    WAITING_MAX = 64,
    WAITING_BYTES_MAX = 64 * 1024,
};

struct published {
    struct frame *frame;
    const void *except_owner;
    enum send_class send_class;
};

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

/* ---- Delivery ----------------------------------------------------------------------------- */

static bool is_excepted(const struct published *published, const struct subscriber *to)
{
    return published->except_owner != NULL && published->except_owner == to->owner;
}

/* One by one, what this subscriber does not have yet. `to` is a copy: a connection that fails
 * unsubscribes itself. */
static void deliver(const struct topic *topic, const struct subscriber *to)
{
    for (uint32_t i = to->from; i < topic->n_waiting; i++) {
        const struct published *published = &topic->waiting[i];
        if (!is_excepted(published, to))
            (void)conn_queue(to->conn, published->frame, published->send_class);
    }
}

static bool gets_all(const struct topic *topic, const struct subscriber *to)
{
    if (to->from > 0)
        return false;
    for (uint32_t i = 0; i < topic->n_waiting; i++)
        if (is_excepted(&topic->waiting[i], to))
            return false;
    return true;
}

/* What waits as one frame; NULL without memory. */
static struct frame *join_waiting(const struct topic *topic)
{
    size_t n = 0;

    if (topic->n_waiting == 1)
        return frame_ref(topic->waiting[0].frame);
    struct frame *joined = frame_new(topic->waiting_bytes);
    for (uint32_t i = 0; joined != NULL && i < topic->n_waiting; i++) {
        const struct frame *frame = topic->waiting[i].frame;
        memcpy(joined->data + n, frame->data, frame->n);
        n += frame->n;
    }
    return joined;
}

static void forget_waiting(struct topic *topic)
{
    for (uint32_t i = 0; i < topic->n_waiting; i++)
        frame_unref(topic->waiting[i].frame);
    free(topic->waiting);
    topic->waiting = NULL;
    topic->n_waiting = 0;
    topic->waiting_cap = 0;
    topic->waiting_bytes = 0;
}

static void topic_flush(struct topic *topic)
{
    if (topic->n_waiting == 0)
        return;
    struct frame *joined = join_waiting(topic);
    /* Backwards, for a connection that fails unsubscribes itself and the last one, which has had
     * its frames already, takes its place. */
    for (uint32_t i = topic->n; i-- > 0;) {
        struct subscriber to = topic->subscribers[i];
        topic->subscribers[i].from = 0;
        /* A joined frame has no class: who has room for all of it needs none. */
        if (joined != NULL && conn_pending(to.conn) == 0 && gets_all(topic, &to))
            (void)conn_queue(to.conn, joined, SEND_BOUNDED);
        else
            deliver(topic, &to);
    }
    frame_unref(joined);
    forget_waiting(topic);
}

/* ---- The topics to flush, in the order of the first frame of each ------------------------- */

static void enter_queue(struct topic *topic, struct loop *loop)
{
    if (topic->queued_on != NULL)
        return;
    topic->queued_on = loop;
    topic->next_to_flush = NULL;
    *loop->last_to_publish = topic;
    loop->last_to_publish = &topic->next_to_flush;
}

static void leave_queue(struct topic *topic)
{
    struct loop *loop = topic->queued_on;

    if (loop == NULL)
        return;
    struct topic **at = &loop->to_publish;
    while (*at != topic)
        at = &(*at)->next_to_flush;
    *at = topic->next_to_flush;
    if (*at == NULL)
        loop->last_to_publish = at;
    topic->queued_on = NULL;
}

void topic_flush_all(struct loop *loop)
{
    while (loop->to_publish != NULL) {
        struct topic *topic = loop->to_publish;
        leave_queue(topic);
        topic_flush(topic);
    }
}

static void catch_up(struct topic *topic, uint32_t index)
{
    const struct subscriber to = topic->subscribers[index];

    topic->subscribers[index].from = topic->n_waiting;
    deliver(topic, &to);
}

void conn_catch_up(struct conn *conn)
{
    const struct subscription *next;

    for (const struct subscription *at = conn->subscriptions; at != NULL; at = next) {
        next = at->next;
        if (at->topic->n_waiting > 0)
            catch_up(at->topic, at->index);
        if (conn->state != CONN_OPEN)
            return;
    }
}

/* ---- Subscriptions ------------------------------------------------------------------------ */

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
    leave_queue(topic);
    forget_waiting(topic);
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
    topic->subscribers[topic->n++] = (struct subscriber){
        .conn = conn, .owner = owner, .subscription = subscription, .from = topic->n_waiting};
    return 0;
}

void topic_unsubscribe(struct topic *topic, struct conn *conn)
{
    struct subscription *subscription = *find(conn, topic);

    if (subscription == NULL)
        return;
    if (topic->n_waiting > 0)
        catch_up(topic, subscription->index);
    /* The connection may have failed, and ended its subscriptions itself. */
    struct subscription **at = find(conn, topic);
    subscription = *at;
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

/* ---- Publishing --------------------------------------------------------------------------- */

static int wait_for_flush(struct topic *topic, const struct published *published)
{
    if (topic->n_waiting == topic->waiting_cap) {
        uint32_t cap = topic->waiting_cap > 0 ? topic->waiting_cap * 4 : 4;
        struct published *grown = realloc(topic->waiting, cap * sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        topic->waiting = grown;
        topic->waiting_cap = cap;
    }
    topic->waiting[topic->n_waiting++] = *published;
    topic->waiting_bytes += published->frame->n;
    frame_ref(published->frame);
    return 0;
}

void topic_publish(struct topic *topic, struct frame *frame, enum send_class send_class,
                   const void *except_owner)
{
    const struct published published = {frame, except_owner, send_class};

    if (topic->n == 0)
        return;
    if (topic->n_waiting == WAITING_MAX || topic->waiting_bytes + frame->n > WAITING_BYTES_MAX)
        topic_flush(topic);
    if (wait_for_flush(topic, &published) != 0) {
        /* Without memory nothing can wait. */
        topic_flush(topic);
        for (uint32_t i = topic->n; i-- > 0;)
            if (!is_excepted(&published, &topic->subscribers[i]))
                (void)conn_queue(topic->subscribers[i].conn, frame, send_class);
        return;
    }
    enter_queue(topic, topic->subscribers[0].conn->loop);
}
