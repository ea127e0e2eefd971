/* Ways into a room. */
#include "base/counters.h"
#include "chat/client.h"
#include "chat/room.h"

#include <errno.h>
#include <fnmatch.h>

static enum verdict check_join(const struct joining *joining)
{
    const struct config *config = joining->room->hub->config;
    const struct user *user = joining->user;
    struct denial *denial = joining->subject.denial;

    if (joining->room->two != NULL && !direct_is_of(joining->room, user))
        return deny(denial, "forbidden", "this room is for two others");
    if (joining->room->two != NULL
            ? user->n_direct < (size_t)config->max_direct_rooms.number
            : user->n_memberships < (size_t)config->max_rooms_per_user.number)
        return VERDICT_PASS;
    counter_add(COUNT_OVER_LIMIT);
    return deny(denial, "forbidden", "you are in as many rooms as one may be");
}

static struct member *join(struct room *room, struct user *user)
{
    struct hub *hub = room->hub;
    struct member *member = member_new(room, user);

    if (member == NULL)
        return NULL;
    if (hub_hooked(hub, HOOK_JOINED))
        hub->ops->joined(hub->ops_arg, user, room);
    user_changed(user);
    return member;
}

/* The filters have decided. */
static enum verdict finish_join(struct joining *joining, enum verdict verdict)
{
    struct denial *denial = joining->subject.denial;

    /* Nobody can be in a room without knowing it: a dropped join is a denied one. */
    if (verdict == VERDICT_DROP)
        return deny(denial, "forbidden", "you may not join this room");
    if (verdict != VERDICT_PASS)
        return verdict;
    joining->member = join(joining->room, joining->user);
    if (joining->member == NULL)
        return deny(denial, "unavailable", "the server is out of memory");
    joining->is_new = true;
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

/* By people, by joining it. */
static bool may_be_made(const struct hub *hub, struct slice name)
{
    const struct option_value *patterns = &hub->config->new_rooms;
    bool may = false;

    if (direct_is_name(name))
        return hub->config->direct_messages.number;
    for (size_t i = 0; !may && i < patterns->n_items; i++)
        may = fnmatch(patterns->items[i], name.p, 0) == 0;
    return may;
}

enum verdict room_join(struct joining *joining, struct slice name)
{
    struct user *user = joining->user;
    struct room *room = room_find(user->hub, name);

    joining->member = room != NULL ? room_member(room, user) : NULL;
    if (room == NULL && user->bot_of == NULL && !may_be_made(user->hub, name)) {
        deny(joining->subject.denial, "not_found", "there is no such room");
        return VERDICT_DENY;
    }
    if (room == NULL && direct_is_name(name) && !direct_may_begin(user->hub, name, user)) {
        deny(joining->subject.denial, "not_found", "there is no such user");
        return VERDICT_DENY;
    }
    if (room == NULL)
        room = room_new(user->hub, name, joining->subject.denial);
    if (room == NULL)
        return VERDICT_DENY;
    joining->room = room;
    if (joining->member != NULL) {
        joining->member->was_brought = false;
        return VERDICT_PASS;
    }
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
/* ---- Without being asked ------------------------------------------------------------------ */

struct member *room_rejoin(struct user *user, struct slice name, int64_t since)
{
    struct room *room = room_find(user->hub, name);
    struct denial denial;

    if (room == NULL)
        room = room_new(user->hub, name, &denial);
    if (room == NULL || room_member(room, user) != NULL)
        return NULL;
    room_hold(room);
    struct member *member = member_new(room, user);
    if (member != NULL && since >= 0) {
        member->since_seq = since < room->seq ? since : room->seq;
        member->is_back = true;
    }
    room_release(room);
    return member;
}

int room_bring(struct room *room, struct user *user)
{
    struct member *member = join(room, user);

    if (member == NULL)
        return -ENOMEM;
    member->was_brought = true;
    room_tell_joined(member, NULL);
    return 0;
}
