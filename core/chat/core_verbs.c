#include "chat/core_verbs.h"

#include "base/counters.h"
#include "chat/command.h"
#include "chat/limits.h"
#include "chat/sending.h"
#include "chat/verb.h"

#include <stdlib.h>

/* ---- join, leave, rooms ------------------------------------------------------------------- */

static enum verdict answer_join(struct call *call, enum verdict verdict)
{
    if (verdict != VERDICT_PASS)
        return verdict;
    struct member *member = call->joining.member;
    room_put_state(member->room, call->client->user, member->room->seq, call->answer);
    if (call->joining.is_new)
        room_tell_joined(member, call->client);
    return VERDICT_ACCEPT;
}

static struct call *call_of_joining(struct joining *joining)
{
    return (struct call *)((char *)joining - offsetof(struct call, joining));
}

static void on_joined(struct joining *joining, enum verdict verdict)
{
    struct call *call = call_of_joining(joining);

    call->done(call, answer_join(call, verdict));
}

static void cancel_join(struct call *call)
{
    room_join_cancel(&call->joining);
}

static enum verdict join(struct call *call, struct slice name)
{
    call->joining = (struct joining){.subject.denial = &call->denial,
                                     .user = call->client->user,
                                     .client = call->client,
                                     .json = call->json,
                                     .done = on_joined};
    call->cancel = cancel_join;
    return answer_join(call, room_join(&call->joining, name));
}

static enum verdict on_join(void *arg, struct call *call)
{
    struct slice name = call_string(call, "room");

    (void)arg;
    return name.p != NULL ? join(call, name) : VERDICT_DENY;
}

/* With somebody who is here, or was when the room was made. */
static enum verdict on_dm(void *arg, struct call *call)
{
    const struct user *user = call->client->user;
    struct slice id = call_string(call, "user");
    struct hub *hub = call->hub;
    char name[DIRECT_NAME_BYTES + 1];

    (void)arg;
    if (id.p == NULL)
        return VERDICT_DENY;
    if (!hub->config->direct_messages.number)
        return deny(&call->denial, "forbidden", "there are no direct messages on this server");
    if (!user_is_public_id(id) || slice_eq(id, slice_str(user->public_id)))
        return deny(&call->denial, "bad_request", "user is nobody to talk to");
    direct_name(id.p, user->public_id, name);
    return join(call, slice_str(name));
}

static enum verdict on_leave(void *arg, struct call *call)
{
    (void)arg;
    json_put_str(call->answer, "room", slice_str(call->room->name));
    room_tell_left(call->room, call->client->user, call->client);
    room_leave(room_member(call->room, call->client->user));
    return VERDICT_ACCEPT;
}

static enum verdict on_rooms(void *arg, struct call *call)
{
    struct json_writer *w = call->answer;
    struct room *room;
    struct room *next;

    (void)arg;
    json_put_array(w, "rooms");
    HASH_ITER (hh, call->hub->rooms, room, next) {
        if (room->two != NULL)
            continue;
        json_item_object(w);
        json_put_str(w, "room", slice_str(room->name));
        json_put_int(w, "count", room->n_members);
        room_put_topic(room, w);
        json_end_object(w);
    }
    json_end_array(w);
    return VERDICT_ACCEPT;
}

static enum verdict on_ping(void *arg, struct call *call)
{
    (void)arg;
    (void)call;
    return VERDICT_ACCEPT;
}

/* The first login is what makes the client that calls verbs. */
static enum verdict on_login(void *arg, struct call *call)
{
    (void)arg;
    return deny(&call->denial, "conflict", "you are logged in already");
}

enum { LIMITS_EVERY_MS = 10000 };

static const struct {
    struct verb verb;
    size_t limit; /* the key of struct config that limits it; 0 for none */
} verbs[] = {
    {{.type = "login", .fn = on_login}, 0},
    {{.type = "join", .fn = on_join}, offsetof(struct config, max_joins)},
    {{.type = "leave", .flags = VERB_ROOM, .fn = on_leave}, 0},
    {{.type = "rooms", .fn = on_rooms}, offsetof(struct config, max_room_lists)},
    {{.type = "dm", .fn = on_dm}, offsetof(struct config, max_joins)},
    {{.type = "message", .flags = VERB_ROOM, .fn = sending_on_message},
     offsetof(struct config, max_messages)},
    {{.type = "ping", .fn = on_ping}, 0},
};

int core_verbs_add(struct hub *hub)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct verb verb = verbs[i].verb;
        verb.owner = "the core";
        if (verbs[i].limit != 0) {
            verb.configured =
                (const struct option_value *)((const char *)hub->config + verbs[i].limit);
            verb.every_ms = LIMITS_EVERY_MS;
        }
        int err = verb_add(hub, &verb, NULL);
        if (err != 0)
            return err;
    }
    return 0;
}
