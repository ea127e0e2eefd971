/*
 * Calls what chatd-module.h 0.10 added, driven by verbs: each answers with `result`, what the
 * function answered, and with what else there is to see.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

static const char *field_str(struct chatd_call *call, const char *name, const char *fallback)
{
    return json->str(json->get(chatd->call_json(call), name), fallback);
}

static int64_t field_int(struct chatd_call *call, const char *name, int64_t fallback)
{
    return json->integer(json->get(chatd->call_json(call), name), fallback);
}

static int answer_int(struct chatd_self *self, struct chatd_call *call, const char *name,
                      int64_t value)
{
    struct chatd_json *fields = json->object();

    json->set_int(fields, name, value);
    chatd->call_answer(self, call, fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

/* ---- Events of calls ---------------------------------------------------------------------- */

/* {"event", "fields", "text", "bytes", "times"}: the text, or so many bytes of it, so many times.
 */
static int publish(struct chatd_self *self, struct chatd_call *call)
{
    const char *text = field_str(call, "text", NULL);
    size_t n = text != NULL ? strlen(text) : 0;
    int err = 0;

    n = (size_t)field_int(call, "bytes", (int64_t)n);
    for (int64_t i = field_int(call, "times", 1); i > 0; i--)
        err = chatd->call_event(self, call, field_str(call, "event", ""),
                                json->get(chatd->call_json(call), "fields"), text, n);
    return answer_int(self, call, "result", err);
}

static int verdict_of(struct chatd_call *call)
{
    return (int)field_int(call, "verdict", CHATD_ACCEPT);
}

static int on_publish(struct chatd_self *self, struct chatd_call *call)
{
    publish(self, call);
    return verdict_of(call);
}

static void on_time(struct chatd_self *self, void *arg)
{
    chatd_id token = (chatd_id)(uintptr_t)arg;
    struct chatd_call *call = chatd->pending_call(self, token);

    if (call == NULL) {
        chatd->log(self, CHATD_LOG_INFO, "the call is gone");
        return;
    }
    publish(self, call);
    chatd->resume(self, token, verdict_of(call), "late", "not now");
}

/* The same, `after` milliseconds. */
static int on_publish_later(struct chatd_self *self, struct chatd_call *call)
{
    chatd_id token = chatd->defer(self, 5000, CHATD_DENY);

    chatd->timer_start(self, field_int(call, "after", 1), 0, on_time, (void *)(uintptr_t)token);
    return CHATD_PENDING;
}

/* A command has no event. */
static int on_command(struct chatd_self *self, struct chatd_call *call)
{
    return answer_int(self, call, "result",
                      chatd->call_event(self, call, "sneaked", NULL, NULL, 0));
}

/* ---- Events that were ---------------------------------------------------------------------- */

static void on_got(struct chatd_self *self, struct chatd_room *room, struct chatd_str text,
                   void *arg)
{
    chatd_id token = (chatd_id)(uintptr_t)arg;
    struct chatd_call *call = chatd->pending_call(self, token);

    if (call == NULL) {
        chatd->log(self, CHATD_LOG_INFO, "got for nobody: %s", room != NULL ? "room" : "no room");
        return;
    }
    if (text.n > 0)
        answer_int(self, call, "result",
                   chatd->call_answer_text(self, call, "event", text.p, text.n));
    chatd->resume(self, token, CHATD_ACCEPT, NULL, NULL);
}

/* {"seq"}: the answer has `event`. */
static int on_get(struct chatd_self *self, struct chatd_call *call)
{
    chatd_id token = chatd->defer(self, 5000, CHATD_DENY);
    int err = chatd->event_get(self, chatd->call_room(call), field_int(call, "seq", 0), on_got,
                               (void *)(uintptr_t)token);

    if (err == 0)
        return CHATD_PENDING;
    return answer_int(self, call, "result", err);
}

static int n_got;

static void on_count(struct chatd_self *self, struct chatd_room *room, struct chatd_str text,
                     void *arg)
{
    (void)self;
    if (room != NULL && text.n > 0 && arg == &n_got)
        n_got++;
}

/* {"seq", "times"}: `result` is the last answer; `got` are those of the calls before. */
static int on_get_many(struct chatd_self *self, struct chatd_call *call)
{
    int err = 0;

    answer_int(self, call, "got", n_got);
    for (int64_t i = field_int(call, "times", 0); i > 0; i--)
        err = chatd->event_get(self, chatd->call_room(call), field_int(call, "seq", 0), on_count,
                               &n_got);
    return answer_int(self, call, "result", err);
}

/* ---- Answers ------------------------------------------------------------------------------ */

/* {"name", "text"}: the member, twice. */
static int on_answer(struct chatd_self *self, struct chatd_call *call)
{
    const char *text = field_str(call, "text", "");
    const char *name = field_str(call, "name", "");

    chatd->call_answer_text(self, call, name, "1", 1);
    int err = chatd->call_answer_text(self, call, name, text, strlen(text));
    answer_int(self, call, "result", err);
    return verdict_of(call);
}

/* Both ways to say the same: the later one holds. */
static int on_answer_both(struct chatd_self *self, struct chatd_call *call)
{
    answer_int(self, call, "a", 1);
    chatd->call_answer_text(self, call, "a", "[2]", 3);
    chatd->call_answer_text(self, call, "b", "[1]", 3);
    return answer_int(self, call, "b", 2);
}

/* ---- Rooms and users ---------------------------------------------------------------------- */

static int on_about(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    const char *id = field_str(call, "user", chatd->user_public_id(chatd->call_user(call)).p);
    struct chatd_user *user = chatd->user_by_public_id(self, id, strlen(id));
    struct chatd_str epoch = chatd->room_epoch(room);
    struct chatd_json *fields = json->object();

    json->set_str(fields, "epoch", epoch.p, epoch.n);
    json->set_int(fields, "seq", chatd->room_seq(room));
    json->set_int(fields, "direct", chatd->room_is_direct(room));
    json->set_int(fields, "since", user != NULL ? chatd->member_since(room, user) : -2);
    chatd->call_answer(self, call, fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

/* {"key", "value"}: sets it (without a value: removes it); answers with `value`, as it is then. */
static int on_keep(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_user *user = chatd->call_user(call);
    const char *key = field_str(call, "key", "");
    int err = chatd->user_set_data(self, user, key, json->get(chatd->call_json(call), "value"));
    char *text = json->text(chatd->user_data(self, user, key));

    if (text != NULL)
        chatd->call_answer_text(self, call, "value", text, strlen(text));
    json->text_free(text);
    return answer_int(self, call, "result", err);
}

/* {"key"}: answers with `value`. */
static int on_kept(struct chatd_self *self, struct chatd_call *call)
{
    const struct chatd_json *value =
        chatd->user_data(self, chatd->call_user(call), field_str(call, "key", ""));
    struct chatd_json *fields = json->object();

    if (value != NULL)
        json->set(fields, "value", json->copy(value));
    chatd->call_answer(self, call, fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

/* {"user", "event", "fields", "of"}: to all sessions of a user but this one; `of` is a room. */
static int on_tell(struct chatd_self *self, struct chatd_call *call)
{
    const char *id = field_str(call, "user", "");
    const char *of = field_str(call, "of", "");
    struct chatd_user *user = chatd->user_by_public_id(self, id, strlen(id));

    if (user == NULL)
        return chatd->deny(self, "not_found", "no such user");
    return answer_int(self, call, "result",
                      chatd->user_event(self, user, chatd->room_by_name(self, of, strlen(of)),
                                        field_str(call, "event", ""),
                                        json->get(chatd->call_json(call), "fields"),
                                        chatd->call_client(call)));
}

/* ---- Hooks -------------------------------------------------------------------------------- */

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    const char *text = chatd->msg_text(msg).p;

    chatd->log(self, CHATD_LOG_INFO, "filter: %s %s", chatd->msg_type(msg).p, text);
    if (strcmp(text, "deny") == 0)
        return chatd->deny(self, "filtered", "not that");
    if (strcmp(text, "drop") == 0)
        return CHATD_DROP;
    if (strcmp(text, "change") == 0)
        chatd->msg_set_text(self, msg, "changed", 7);
    return CHATD_PASS;
}

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    chatd->log(self, CHATD_LOG_INFO, "sent: %s %s", chatd->msg_type(msg).p, chatd->msg_text(msg).p);
}

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    (void)room;
    chatd->log(self, CHATD_LOG_INFO, "event: %s %d cid=%s", chatd->event_type(event).p,
               (int)chatd->event_seq(event), chatd->event_cid(event).p);
}

/* {"be": the id that he had}. */
static int on_auth(struct chatd_self *self, struct chatd_login *login)
{
    const char *id = json->str(json->get(chatd->login_json(login), "be"), NULL);

    if (id == NULL)
        return CHATD_PASS;
    if (chatd->login_set_user(self, login, id, strlen(id)) == -EINVAL)
        return chatd->deny(self, "einval", "no id");
    return CHATD_ACCEPT;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_hook hooks[] = {
    CHATD_ON_MESSAGE(on_message, 0),
    CHATD_ON_SENT(on_sent, 0),
    CHATD_ON_EVENT(on_event, 0),
    CHATD_ON_AUTH(on_auth, 0),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("publish", CHATD_VERB_ROOM, 0, 0, on_publish),
    CHATD_VERB("publish_later", CHATD_VERB_ROOM, 0, 0, on_publish_later),
    CHATD_VERB("publish_nowhere", 0, 0, 0, on_publish),
    CHATD_VERB("get", CHATD_VERB_ROOM, 0, 0, on_get),
    CHATD_VERB("get_many", CHATD_VERB_ROOM, 0, 0, on_get_many),
    CHATD_VERB("answer", 0, 0, 0, on_answer),
    CHATD_VERB("answer_both", 0, 0, 0, on_answer_both),
    CHATD_VERB("about", CHATD_VERB_ROOM, 0, 0, on_about),
    CHATD_VERB("keep", 0, 0, 0, on_keep),
    CHATD_VERB("kept", 0, 0, 0, on_kept),
    CHATD_VERB("tell", 0, 0, 0, on_tell),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("publish", "", "", on_command),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

CHATD_MODULE(.name = "growth010", .version = "1.0", .about = "what 0.10 added", .api = &chatd,
             .need_minor = 10, .hooks = hooks, .verbs = verbs, .commands = commands, .init = init);
