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

/* The part of the topic that has the subscribers with this encoding, NULL without one. */
static struct topic *part_of(struct topic *topic, const struct encoding *encoding)
{
    while (topic != NULL && topic->encoding != encoding)
        topic = topic->next_encoding;
    return topic;
}

static struct topic *add_part(struct topic *topic, const struct encoding *encoding)
{
    struct topic *part = topic;

    if (topic->encoding != NULL) {
        part = calloc(1, sizeof(*part));
        if (part == NULL)
            return NULL;
        part->next_encoding = topic->next_encoding;
        topic->next_encoding = part;
    }
    part->encoding = encoding;
    return part;
}

static struct subscription **find(struct conn *conn, const struct topic *part)
{
    struct subscription **at = &conn->subscriptions;

    while (*at != NULL && (*at)->topic != part)
        at = &(*at)->next;
    return at;
}

/* The last subscriber takes the place of the one that goes. */
static void remove_at(struct topic *topic, uint32_t index)
{
    topic->subscribers[index] = topic->subscribers[--topic->n];
    topic->subscribers[index].subscription->index = index;
}

static void part_unsubscribe(struct topic *part, struct conn *conn)
{
    struct subscription *subscription = *find(conn, part);

    if (subscription == NULL)
        return;
    if (part->n_waiting > 0)
        catch_up(part, subscription->index);
    /* The connection may have failed, and ended its subscriptions itself. */
    struct subscription **at = find(conn, part);
    subscription = *at;
    if (subscription == NULL)
        return;
    *at = subscription->next;
    remove_at(part, subscription->index);
    free(subscription);
}

static void part_deinit(struct topic *part)
{
    while (part->n > 0)
        part_unsubscribe(part, part->subscribers[part->n - 1].conn);
    leave_queue(part);
    forget_waiting(part);
    free(part->subscribers);
}

void topic_deinit(struct topic *topic)
{
    while (topic->next_encoding != NULL) {
        struct topic *part = topic->next_encoding;
        topic->next_encoding = part->next_encoding;
        part_deinit(part);
        free(part);
    }
    part_deinit(topic);
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
    struct topic *part = part_of(topic, conn->encoding);

    if (conn->state != CONN_OPEN)
        return -EPIPE;
    if (part != NULL && *find(conn, part) != NULL)
        return 0;
    if (part == NULL)
        part = add_part(topic, conn->encoding);
    if (part == NULL || reserve(part) != 0)
        return -ENOMEM;
    struct subscription *subscription = malloc(sizeof(*subscription));
    if (subscription == NULL)
        return -ENOMEM;
    *subscription =
        (struct subscription){.next = conn->subscriptions, .topic = part, .index = part->n};
    conn->subscriptions = subscription;
    part->subscribers[part->n++] = (struct subscriber){
        .conn = conn, .owner = owner, .subscription = subscription, .from = part->n_waiting};
    return 0;
}

void topic_unsubscribe(struct topic *topic, struct conn *conn)
{
    struct topic *part = part_of(topic, conn->encoding);

    if (part != NULL)
        part_unsubscribe(part, conn);
}

void conn_unsubscribe_all(struct conn *conn)
{
    while (conn->subscriptions != NULL)
        part_unsubscribe(conn->subscriptions->topic, conn);
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

static void part_publish(struct topic *part, struct frame *frame, enum send_class send_class,
                         const void *except_owner)
{
    const struct published published = {frame, except_owner, send_class};
    struct loop *loop = part->subscribers[0].conn->loop;

    if (part->n_waiting == WAITING_MAX || part->waiting_bytes + frame->n > WAITING_BYTES_MAX)
        topic_flush(part);
    if (wait_for_flush(part, &published) != 0) {
        /* Without memory nothing can wait. */
        topic_flush(part);
        for (uint32_t i = part->n; i-- > 0;)
            if (!is_excepted(&published, &part->subscribers[i]))
                (void)conn_queue(part->subscribers[i].conn, frame, send_class);
        return;
    }
    enter_queue(part, loop);
}

void topic_publish_made(struct topic *topic,
                        struct frame *(*make)(void *arg, const struct encoding *encoding),
                        void *arg, enum send_class send_class, const void *except_owner)
{
    for (; topic != NULL; topic = topic->next_encoding) {
        if (topic->n == 0)
            continue;
        struct frame *frame = make(arg, topic->encoding);
        if (frame != NULL)
            part_publish(topic, frame, send_class, except_owner);
        frame_unref(frame);
    }
}

static struct frame *make_frame(void *arg, const struct encoding *encoding)
{
    return encoding->make(encoding, *(struct slice *)arg);
}

void topic_publish(struct topic *topic, struct slice payload, enum send_class send_class,
                   const void *except_owner)
{
    topic_publish_made(topic, make_frame, &payload, send_class, except_owner);
}

void topic_publish_selected(struct topic *topic, struct slice payload, enum send_class send_class,
                            bool (*wants)(void *arg, const void *owner), void *arg)
{
    for (; topic != NULL; topic = topic->next_encoding) {
        struct frame *frame = NULL;
        topic_flush(topic);
        for (uint32_t i = topic->n; i-- > 0;) {
            if (!wants(arg, topic->subscribers[i].owner))
                continue;
            if (frame == NULL)
                frame = topic->encoding->make(topic->encoding, payload);
            if (frame == NULL)
                break;
            (void)conn_queue(topic->subscribers[i].conn, frame, send_class);
        }
        frame_unref(frame);
    }
}
