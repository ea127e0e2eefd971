#include "chat/room.h"

#include "base/counters.h"
#include "base/random.h"
#include "chat/cid_window.h"
#include "chat/client.h"
#include "chat/event.h"
#include "chat/nick.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

enum { KICKED_MAX = 8192 };

struct room *room_find(struct hub *hub, struct slice name)
{
    struct room *room = NULL;

    HASH_FIND(hh, hub->rooms, name.p, name.n, room);
    return room;
}

struct room *room_by_id(struct hub *hub, uint64_t id)
{
    return idmap_get(&hub->ids, ID_ROOM, id);
}

struct member *room_member(struct room *room, struct user *user)
{
    /* A user is in few rooms; a room may have very many members. */
    struct member *member = user->memberships;

    while (member != NULL && member->room != room)
        member = member->user_next;
    return member;
}

static void room_free(struct room *room)
{
    struct hub *hub = room->hub;

    HASH_DEL(hub->rooms, room);
    idmap_remove(&hub->ids, room->id);
    topic_deinit(&room->topic);
    event_log_clear(&room->log);
    cid_window_free(room->cids);
    hub_free_slots(hub, ID_ROOM, room->slots);
    free(room->topic_text);
    free(room->name);
    free(room);
}

static struct room *room_new(struct hub *hub, struct slice name, struct denial *denial)
{
    const char *why = room_name_check(name, (size_t)hub->config->max_room_bytes.number);

    if (why != NULL) {
        deny(denial, "bad_request", "this name of a room cannot be used: %s", why);
        return NULL;
    }
    if (HASH_COUNT(hub->rooms) >= (size_t)hub->config->max_rooms.number) {
        counter_add(COUNT_OVER_LIMIT);
        deny(denial, "unavailable", "the server has no place for another room");
        return NULL;
    }
    struct room *room = calloc(1, sizeof(*room));
    if (room == NULL)
        goto fail;
    room->hub = hub;
    topic_init(&room->topic);
    random_hex(room->epoch, EPOCH_DIGITS);
    room->name = strndup(name.p, name.n);
    room->cids = cid_window_new((size_t)hub->config->cid_window.number);
    room->id = idmap_add(&hub->ids, ID_ROOM, room);
    if (room->name == NULL || room->cids == NULL || room->id == 0)
        goto fail_room;
    HASH_ADD_KEYPTR(hh, hub->rooms, room->name, name.n, room);
    return room;

fail_room:
    idmap_remove(&hub->ids, room->id);
    cid_window_free(room->cids);
    free(room->name);
    free(room);
fail:
    deny(denial, "unavailable", "the server is out of memory");
    return NULL;
}

static void add_member(struct member *member)
{
    struct room *room = member->room;
    struct user *user = member->user;

    member->room_prev = room->last_member;
    if (member->room_prev != NULL)
        member->room_prev->room_next = member;
    else
        room->members = member;
    room->last_member = member;
    room->n_members++;
    member->user_next = user->memberships;
    user->memberships = member;
    user->n_memberships++;
}

static void remove_member(struct member *member)
{
    struct room *room = member->room;
    struct user *user = member->user;
    struct member **at = &user->memberships;

    if (member->room_prev != NULL)
        member->room_prev->room_next = member->room_next;
    else
        room->members = member->room_next;
    if (member->room_next != NULL)
        member->room_next->room_prev = member->room_prev;
    else
        room->last_member = member->room_prev;
    room->n_members--;
    while (*at != member)
        at = &(*at)->user_next;
    *at = member->user_next;
    user->n_memberships--;
}

/* The link of a session that is just breaking refuses; its client ends in this turn anyway. */
static void subscribe(struct room *room, struct user *user)
{
    for (struct client *client = user->clients; client != NULL; client = client->next)
        (void)topic_subscribe(&room->topic, client->link->conn, user);
}

static struct member *member_new(struct room *room, struct user *user)
{
    struct member *member = calloc(1, sizeof(*member));

    if (member == NULL)
        return NULL;
    member->user = user;
    member->room = room;
    member->since_seq = room->seq;
    member->id = idmap_add(&room->hub->ids, ID_MEMBER, member);
    if (member->id == 0) {
        free(member);
        return NULL;
    }
    add_member(member);
    subscribe(room, user);
    return member;
}

void room_hold(struct room *room)
{
    room->holds++;
}

static void free_when_unused(struct room *room)
{
    if (room->n_members == 0 && room->holds == 0)
        room_free(room);
}

void room_release(struct room *room)
{
    room->holds--;
    free_when_unused(room);
}

static enum verdict check_join(const struct joining *joining)
{
    const struct hub *hub = joining->room->hub;

    if (joining->user->n_memberships < (size_t)hub->config->max_rooms_per_user.number)
        return VERDICT_PASS;
    counter_add(COUNT_OVER_LIMIT);
    return deny(joining->subject.denial, "forbidden", "you are in as many rooms as one may be");
}

/* The filters have decided. */
static enum verdict finish_join(struct joining *joining, enum verdict verdict)
{
    struct hub *hub = joining->room->hub;
    struct denial *denial = joining->subject.denial;

    /* Nobody can be in a room without knowing it: a dropped join is a denied one. */
    if (verdict == VERDICT_DROP)
        return deny(denial, "forbidden", "you may not join this room");
    if (verdict != VERDICT_PASS)
        return verdict;
    joining->member = member_new(joining->room, joining->user);
    if (joining->member == NULL)
        return deny(denial, "unavailable", "the server is out of memory");
    if (hub_hooked(hub, HOOK_JOINED))
        hub->ops->joined(hub->ops_arg, joining->user, joining->room);
    return VERDICT_PASS;
}

/* Meanwhile another session of the user may have joined. */
static void on_join_decided(struct subject *subject, enum verdict verdict)
{
    struct joining *joining = (struct joining *)subject;
    struct room *room = joining->room;

    joining->member = room_member(room, joining->user);
    if (joining->member != NULL)
        verdict = VERDICT_PASS;
    else {
        if (verdict == VERDICT_PASS)
            verdict = check_join(joining);
        verdict = finish_join(joining, verdict);
    }
    joining->done(joining, verdict);
    room_release(room);
}

enum verdict room_join(struct joining *joining, struct slice name)
{
    struct user *user = joining->user;
    struct room *room = room_find(user->hub, name);

    joining->member = room != NULL ? room_member(room, user) : NULL;
    if (room == NULL)
        room = room_new(user->hub, name, joining->subject.denial);
    if (room == NULL)
        return VERDICT_DENY;
    joining->room = room;
    if (joining->member != NULL)
        return VERDICT_PASS;
    joining->subject.point = HOOK_JOIN;
    joining->subject.decided = on_join_decided;
    room_hold(room);
    enum verdict verdict = check_join(joining);
    if (verdict == VERDICT_PASS)
        verdict = hub_filter(user->hub, &joining->subject);
    if (verdict == VERDICT_PENDING)
        return verdict;
    verdict = finish_join(joining, verdict);
    room_release(room);
    return verdict;
}

void room_join_cancel(struct joining *joining)
{
    if (joining->subject.waits_on == NULL)
        return;
    hub_forget(joining->user->hub, &joining->subject);
    room_release(joining->room);
}

void room_leave(struct member *member)
{
    struct room *room = member->room;
    struct hub *hub = room->hub;

    hub_enter(hub);
    if (hub_hooked(hub, HOOK_LEFT))
        hub->ops->left(hub->ops_arg, member->user, room);
    for (struct client *client = member->user->clients; client != NULL; client = client->next)
        topic_unsubscribe(&room->topic, client->link->conn);
    remove_member(member);
    idmap_remove(&hub->ids, member->id);
    hub_free_slots(hub, ID_MEMBER, member->slots);
    free(member);
    free_when_unused(room);
    hub_leave(hub);
}

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
    "id", "room", "epoch", "seq", "count", "topic", "recovered", "missed", NULL,
};

void room_put_state(struct room *room, struct user *user, struct json_writer *w)
{
    struct hub *hub = room->hub;

    json_put_str(w, "room", slice_str(room->name));
    json_put_str(w, "epoch", slice_str(room->epoch));
    json_put_int(w, "seq", room->seq);
    json_put_int(w, "count", room->n_members);
    room_put_topic(room, w);
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

int room_set_topic(struct event *event, struct slice text)
{
    struct room *room = event->room;

    if (text.n > (size_t)room->hub->config->max_topic_bytes.number || !utf8_valid_text(text))
        return -EINVAL;
    char *copy = strndup(text.p, text.n);
    struct json *fields = json_object();
    int err = copy != NULL && fields != NULL ? json_set_str(fields, "topic", text) : -ENOMEM;
    event->type = "topic";
    if (err == 0)
        err = event_publish(event, fields);
    json_free(fields);
    if (err != 0) {
        free(copy);
        return err;
    }
    free(room->topic_text);
    room->topic_text = copy;
    return 0;
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
