#include "chat/room.h"

#include "base/counters.h"
#include "base/random.h"
#include "chat/cid_window.h"
#include "chat/client.h"
#include "chat/nick.h"

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

static void free_slots(struct hub *hub, enum id_kind kind, void **slots)
{
    if (slots != NULL)
        hub->ops->free_slots(hub->ops_arg, kind, slots);
}

static void room_free(struct room *room)
{
    struct hub *hub = room->hub;

    HASH_DEL(hub->rooms, room);
    idmap_remove(&hub->ids, room->id);
    topic_deinit(&room->topic);
    cid_window_free(room->cids);
    free_slots(hub, ID_ROOM, room->slots);
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
        (void)client->link_ops->subscribe(client->link, &room->topic, user);
}

static struct member *member_new(struct room *room, struct user *user)
{
    struct member *member = calloc(1, sizeof(*member));

    if (member == NULL)
        return NULL;
    member->user = user;
    member->room = room;
    member->id = idmap_add(&room->hub->ids, ID_MEMBER, member);
    if (member->id == 0) {
        free(member);
        return NULL;
    }
    add_member(member);
    subscribe(room, user);
    return member;
}

static enum verdict may_join(struct hub *hub, struct user *user, struct room *room,
                             struct denial *denial)
{
    if (user->n_memberships >= (size_t)hub->config->max_rooms_per_user.number) {
        counter_add(COUNT_OVER_LIMIT);
        return deny(denial, "forbidden", "you are in as many rooms as one may be");
    }
    if (!hub_hooked(hub, HOOK_JOIN))
        return VERDICT_PASS;
    enum verdict verdict = hub->ops->join(hub->ops_arg, user, room, denial);
    /* Nobody can be in a room without knowing it: a dropped join is a denied one. */
    return verdict == VERDICT_DROP ? deny(denial, "forbidden", "you may not join this room")
                                   : verdict;
}

struct member *room_join(struct hub *hub, struct user *user, struct slice name,
                         struct denial *denial)
{
    struct room *room = room_find(hub, name);
    struct member *member = room != NULL ? room_member(room, user) : NULL;

    if (member != NULL)
        return member;
    if (room == NULL)
        room = room_new(hub, name, denial);
    if (room == NULL)
        return NULL;
    if (may_join(hub, user, room, denial) == VERDICT_PASS) {
        member = member_new(room, user);
        if (member == NULL)
            deny(denial, "unavailable", "the server is out of memory");
    }
    if (member != NULL && hub_hooked(hub, HOOK_JOINED))
        hub->ops->joined(hub->ops_arg, user, room);
    if (room->n_members == 0)
        room_free(room);
    return member;
}

void room_leave(struct member *member)
{
    struct room *room = member->room;
    struct hub *hub = room->hub;

    hub_enter(hub);
    if (hub_hooked(hub, HOOK_LEFT))
        hub->ops->left(hub->ops_arg, member->user, room);
    for (struct client *client = member->user->clients; client != NULL; client = client->next)
        client->link_ops->unsubscribe(client->link, &room->topic);
    remove_member(member);
    idmap_remove(&hub->ids, member->id);
    free_slots(hub, ID_MEMBER, member->slots);
    free(member);
    if (room->n_members == 0)
        room_free(room);
    hub_leave(hub);
}

void room_publish(struct room *room, struct slice json, enum send_class send_class,
                  const struct user *except)
{
    topic_publish(&room->topic, json, send_class, except);
}
