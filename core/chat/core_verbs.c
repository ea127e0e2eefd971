#include "chat/core_verbs.h"

#include "base/counters.h"
#include "chat/command.h"
#include "chat/limits.h"
#include "chat/verb.h"

#include <stdlib.h>

/* ---- join, leave, rooms ------------------------------------------------------------------- */

static enum verdict answer_join(struct call *call, enum verdict verdict)
{
    if (verdict != VERDICT_PASS)
        return verdict;
    room_put_state(call->joining.member->room, call->client->user, call->answer);
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

static enum verdict on_join(void *arg, struct call *call)
{
    struct slice name = call_string(call, "room");

    (void)arg;
    if (name.p == NULL)
        return VERDICT_DENY;
    call->joining = (struct joining){.subject.denial = &call->denial,
                                     .user = call->client->user,
                                     .client = call->client,
                                     .json = call->json,
                                     .done = on_joined};
    call->cancel = cancel_join;
    return answer_join(call, room_join(&call->joining, name));
}

static enum verdict on_leave(void *arg, struct call *call)
{
    (void)arg;
    json_put_str(call->answer, "room", slice_str(call->room->name));
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
        json_item_object(w);
        json_put_str(w, "room", slice_str(room->name));
        json_put_int(w, "count", room->n_members);
        room_put_topic(room, w);
        json_end_object(w);
    }
    json_end_array(w);
    return VERDICT_ACCEPT;
}

/* ---- message ------------------------------------------------------------------------------ */

static enum verdict read_message(struct call *call, struct message *message)
{
    const struct json *cid = json_get(call->json, "cid");
    const struct json *reply_to = json_get(call->json, "reply_to");

    message->text = call_string(call, "text");
    if (message->text.p == NULL)
        return VERDICT_DENY;
    if (cid != NULL) {
        const char *text = json_str(cid);
        if (text == NULL || text[0] == '\0' || strlen(text) > CID_MAX)
            return deny(&call->denial, "bad_request", "cid is no string of 1 to %d bytes", CID_MAX);
        message->cid = slice_str(text);
    }
    if (reply_to != NULL && (!json_int(reply_to, &message->reply_to) || message->reply_to < 1))
        return deny(&call->denial, "bad_request", "reply_to is no message of this room");
    return VERDICT_PASS;
}

static enum verdict answer_message(struct call *call, enum verdict verdict)
{
    const struct message *message = &call->message;

    if (verdict == VERDICT_DENY || verdict == VERDICT_PENDING)
        return verdict;
    json_put_str(call->answer, "room", slice_str(message->room->name));
    if (verdict == VERDICT_PASS) {
        json_put_int(call->answer, "seq", message->seq);
        json_put_int(call->answer, "ts", message->ts);
    }
    return VERDICT_ACCEPT;
}

static struct call *call_of_message(struct message *message)
{
    return (struct call *)((char *)message - offsetof(struct call, message));
}

static void on_message_sent(struct message *message, enum verdict verdict)
{
    struct call *call = call_of_message(message);

    call->done(call, answer_message(call, verdict));
}

static void cancel_message(struct call *call)
{
    message_deinit(&call->message);
}

/* A text that begins with a slash is a command; a second slash makes it a text again. */
static enum verdict on_message(void *arg, struct call *call)
{
    struct message *message = &call->message;

    (void)arg;
    *message = (struct message){.subject.denial = &call->denial,
                                .room = call->room,
                                .user = call->client->user,
                                .done = on_message_sent};
    if (read_message(call, message) != VERDICT_PASS)
        return VERDICT_DENY;
    if (message->text.n > 0 && message->text.p[0] == '/') {
        message->text = slice_of(message->text.p + 1, message->text.n - 1);
        if (message->text.n == 0 || message->text.p[0] != '/') {
            json_put_str(call->answer, "room", slice_str(call->room->name));
            return command_call(call, message->text);
        }
    }
    call->cancel = cancel_message;
    return answer_message(call, message_send(message));
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
    {{.type = "message", .flags = VERB_ROOM, .fn = on_message},
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
