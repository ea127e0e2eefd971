/* What is told of a room. */
#include "chat/client.h"
#include "chat/event.h"

#include <errno.h>

enum { JOINED_MAX = 16 << 20, KICKED_MAX = 8192 };

void room_log(struct room *room, const struct logged_event *event)
{
    const struct config *config = room->hub->config;
    const struct event_log_limits limits = {
        .events = (size_t)config->replay_events.number,
        .bytes = (size_t)config->replay_bytes.number,
        .total_bytes = (size_t)config->replay_memory.number,
    };

    event_log_add(&room->log, &limits, event);
}

void room_put_topic(const struct room *room, struct json_writer *w)
{
    if (room->topic_text != NULL && room->topic_text[0] != '\0')
        json_put_str(w, "topic", slice_str(room->topic_text));
}

/* What stands in the answers to joins, and in the rooms of a welcome, and is not for modules. */
static const char *const own_members[] = {
    "id", "room", "epoch", "seq", "count", "topic", "recovered", "missed", "with", NULL,
};

void room_put_state(struct room *room, struct user *user, int64_t seq, struct json_writer *w)
{
    struct hub *hub = room->hub;

    json_put_str(w, "room", slice_str(room->name));
    json_put_str(w, "epoch", slice_str(room->epoch));
    json_put_int(w, "seq", seq);
    json_put_int(w, "count", room->n_members);
    room_put_topic(room, w);
    if (room->two != NULL)
        direct_put_other(room, user, w);
    if (!hub_hooked(hub, HOOK_ROOM_STATE))
        return;
    struct json *more = json_object();
    if (more == NULL)
        return;
    hub->ops->room_state(hub->ops_arg, user, room, more);
    json_put_members(w, more, own_members);
    json_free(more);
}

void room_publish(struct room *room, struct slice json, enum send_class send_class,
                  const struct user *except)
{
    topic_publish(&room->topic, json, send_class, except);
}

int room_set_topic(struct event *event, const char *text)
{
    struct json *fields = json_object();
    int err = fields != NULL ? json_set_str(fields, "topic", slice_str(text)) : -ENOMEM;

    event->type = "topic";
    event->topic = text;
    if (err == 0)
        err = event_publish(event, fields, NULL);
    json_free(fields);
    return err == -EINPROGRESS ? 0 : err;
}

static bool has_others(const struct user *user, const struct client *except)
{
    const struct client *first = user->clients;

    return first != NULL && (first != except || first->next != NULL);
}

static void send_to_others(struct user *user, const struct client *except, struct slice json)
{
    for (struct client *client = user->clients; client != NULL; client = client->next)
        if (client != except)
            client_send(client, json, SEND_BOUNDED);
}

void room_tell_joined(struct member *member, const struct client *except)
{
    struct buf out;

    if (!has_others(member->user, except))
        return;
    buf_init(&out, JOINED_MAX);
    struct json_writer w = json_begin(&out, "joined");
    room_put_state(member->room, member->user, member->room->seq, &w);
    if (json_end(&w) == 0)
        send_to_others(member->user, except, buf_slice(&out));
    buf_deinit(&out);
}

void room_tell_left(const struct room *room, struct user *user, const struct client *except)
{
    struct buf out;

    if (!has_others(user, except))
        return;
    buf_init(&out, KICKED_MAX);
    struct json_writer w = json_begin(&out, "left");
    json_put_str(&w, "room", slice_str(room->name));
    if (json_end(&w) == 0)
        send_to_others(user, except, buf_slice(&out));
    buf_deinit(&out);
}

static void tell_kicked(struct user *user, const struct room *room, const char *reason)
{
    struct buf out;

    buf_init(&out, KICKED_MAX);
    struct json_writer w = json_begin(&out, "kicked");
    json_put_str(&w, "room", slice_str(room->name));
    json_put_str(&w, "reason", slice_str(reason));
    if (json_end(&w) == 0)
        user_send(user, buf_slice(&out), SEND_BOUNDED);
    buf_deinit(&out);
}

void room_kick(struct member *member, const char *reason)
{
    tell_kicked(member->user, member->room, reason);
    room_leave(member);
}
