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
    hub->n_rooms -= room->two == NULL;
    idmap_remove(&hub->ids, room->id);
    topic_deinit(&room->topic);
    event_log_clear(&room->log);
    cid_window_free(room->cids);
    hub_free_slots(hub, ID_ROOM, room->slots);
    direct_free(room->two);
    free(room->topic_text);
    free(room->name);
    free(room);
}

/* What was stored of it is restored. */
static void begin(struct room *room)
{
    struct hub *hub = room->hub;

    if (hub->store == NULL)
        return;
    room->beginning = true;
    hub->store->room(hub->store_arg, room);
    room->beginning = false;
}

struct room *room_new(struct hub *hub, struct slice name, struct denial *denial)
{
    const size_t most =
        direct_is_name(name) ? DIRECT_NAME_BYTES : (size_t)hub->config->max_room_bytes.number;
    const char *why = room_name_check(name, most);

    struct two *two = NULL;

    if (why == NULL && direct_is_name(name) && direct_new(name, &two) == -EINVAL)
        why = "it is kept for direct messages";
    if (why != NULL) {
        deny(denial, "bad_request", "this name of a room cannot be used: %s", why);
        return NULL;
    }
    if (two == NULL && hub->n_rooms >= (size_t)hub->config->max_rooms.number) {
        counter_add(COUNT_OVER_LIMIT);
        deny(denial, "unavailable", "the server has no place for another room");
        direct_free(two);
        return NULL;
    }
    struct room *room = calloc(1, sizeof(*room));
    if (room == NULL)
        goto fail;
    room->hub = hub;
    room->last_storing = &room->storing;
    topic_init(&room->topic);
    random_hex(room->epoch, EPOCH_DIGITS);
    room->name = strndup(name.p, name.n);
    room->cids = cid_window_new((size_t)hub->config->cid_window.number);
    room->id = idmap_add(&hub->ids, ID_ROOM, room);
    room->two = two;
    if (room->name == NULL || room->cids == NULL || room->id == 0 ||
        direct_is_name(name) != (two != NULL))
        goto fail_room;
    HASH_ADD_KEYPTR(hh, hub->rooms, room->name, name.n, room);
    hub->n_rooms += two == NULL;
    begin(room);
    return room;

fail_room:
    idmap_remove(&hub->ids, room->id);
    cid_window_free(room->cids);
    free(room->name);
    free(room);
fail:
    direct_free(two);
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
    if (room->two != NULL)
        user->n_direct++;
    else
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
    if (room->two != NULL)
        user->n_direct--;
    else
        user->n_memberships--;
}

/* The link of a session that is just breaking refuses; its client ends in this turn anyway. */
static void subscribe(struct room *room, struct user *user)
{
    for (struct client *client = user->clients; client != NULL; client = client->next)
        (void)topic_subscribe(&room->topic, client->link->conn, user);
}

struct member *member_new(struct room *room, struct user *user)
{
    struct member *member = calloc(1, sizeof(*member));

    if (member == NULL)
        return NULL;
    member->user = user;
    member->room = room;
    member->since_seq = room->seq;
    member->asked_from = room->numbered;
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
int64_t member_since(const struct member *member)
{
    return member->is_back ? member->since_seq : member->asked_from;
}

bool room_has_been(struct hub *hub, struct slice name)
{
    struct room *room = room_find(hub, name);
    struct denial denial;

    if (room == NULL)
        room = hub->store != NULL ? room_new(hub, name, &denial) : NULL;
    if (room == NULL)
        return false;
    bool has = room->seq > 0 || room->n_members > 0;
    free_when_unused(room);
    return has;
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
    if (room->two != NULL)
        direct_remember(room, member->user);
    remove_member(member);
    user_changed(member->user);
    idmap_remove(&hub->ids, member->id);
    hub_free_slots(hub, ID_MEMBER, member->slots);
    free(member);
    free_when_unused(room);
    hub_leave(hub);
}
/* ---- What was stored ---------------------------------------------------------------------- */

int room_restore(struct room *room, struct slice epoch, int64_t seq, struct slice topic)
{
    if (!room->beginning)
        return -EPERM;
    if (epoch.n != EPOCH_DIGITS || !slice_is_hex(epoch) || seq < 0 || seq > JSON_INT_MAX ||
        !utf8_valid_text(topic))
        return -EINVAL;
    char *text = topic.n > 0 ? strndup(topic.p, topic.n) : NULL;
    if (topic.n > 0 && text == NULL)
        return -ENOMEM;
    memcpy(room->epoch, epoch.p, EPOCH_DIGITS);
    free(room->topic_text);
    room->topic_text = text;
    room->seq = seq;
    room->numbered = seq;
    return 0;
}

/* Most events are about nothing, and need not be read. */
static int64_t target_of(struct slice json)
{
    if (strstr(json.p, "\"target\"") == NULL)
        return 0;
    struct json *event = json_parse(json);
    int64_t target = event_target(event);
    json_free(event);
    return target;
}

void room_restore_event(struct room *room, const struct restored_event *event)
{
    const struct cid_keep keep = {
        .since_ts = event->ts - room->hub->config->resume_window.number,
        .total_bytes = (size_t)room->hub->config->replay_memory.number,
    };

    if (event->ts > room->numbered_ts)
        room->numbered_ts = event->ts;
    /* What was said since the room began stays. */
    if (event->json.n > 0 && event_log_last(&room->log) < event->seq)
        room_log(room, &(struct logged_event){
                           .seq = event->seq,
                           .target = target_of(event->json),
                           .json = event->json,
                           .cid = event->cid,
                           .from = user_public_number(event->from),
                           .hidden_from = event->hidden_from,
                           .n_hidden_from = event->n_hidden_from,
                       });
    /* Also of somebody who is not there: he may come back and send it again. */
    if (user_is_public_id(event->from) && event->cid.n > 0)
        cid_window_add(room->cids, event->from.p, event->cid, event->seq, event->ts, &keep);
}

bool room_has_bots_only(const struct room *room)
{
    bool only = room->numbered == 0;

    for (const struct member *at = room->members; only && at != NULL; at = at->room_next)
        only = at->user->bot_of != NULL;
    return only;
}

void room_begin_again(struct room *room)
{
    begin(room);
}
