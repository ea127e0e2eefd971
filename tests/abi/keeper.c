/*
 * Stores nothing, and says that it has when it is told to: {"type": "keep", "op": "store"}, or
 * "fail". What a server before had it is given by its options.
 */
#include "chatd-module.h"

#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_store_api *store;

enum { MAX = 1000, HIDDEN_MAX = 10 };

/* An event that waits. */
static struct waiting {
    chatd_id room;
    int64_t seq;
} waiting[MAX];
static size_t n_waiting;
static struct chatd_json *hidden; /* from whom the last event is kept */

/* ---- The store ---------------------------------------------------------------------------- */

static void on_room(struct chatd_self *self, struct chatd_room *room)
{
    struct chatd_str name = chatd->option_str(self, "room");
    struct chatd_str topic = chatd->option_str(self, "topic");

    if (strcmp(chatd->room_name(room).p, name.p) == 0 &&
        store->room_restore(self, room, chatd->option_str(self, "epoch").p,
                            chatd->option_int(self, "seq"), topic.p, topic.n) != 0)
        chatd->log(self, CHATD_LOG_ERROR, "the room was not restored");
}

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    const struct waiting entry = {chatd->room_id(room), chatd->event_seq(event)};

    json->free(hidden);
    hidden = json->array();
    for (size_t i = 0; i < store->event_hidden_count(event); i++) {
        struct chatd_str id = store->event_hidden(event, i);
        json->add_str(hidden, id.p, id.n);
    }
    if (n_waiting == MAX || strcmp(chatd->option_str(self, "mode").p, "fail") == 0)
        store->failed(self, entry.room, entry.seq, "the disk is full");
    else if (strcmp(chatd->option_str(self, "mode").p, "store") == 0)
        store->stored(self, entry.room, entry.seq);
    else
        waiting[n_waiting++] = entry;
}

static void on_user(struct chatd_self *self, struct chatd_user *user, int here)
{
    struct chatd_json *saved = store->user_save(self, user);
    char *text = json->text(saved);

    chatd->log(self, CHATD_LOG_INFO, "user %d %s", here, text);
    json->text_free(text);
    json->free(saved);
}

static void on_fetch(struct chatd_self *self, struct chatd_room *room, int64_t seq,
                     chatd_id request)
{
    static const char event[] = "{\"type\":\"message\",\"text\":\"fetched\"}";

    (void)room;
    if (seq == 1 && chatd->option_int(self, "mute"))
        return;
    store->fetched(self, request, seq == 1 ? event : "", seq == 1 ? strlen(event) : 0);
}

static const struct chatd_store_ops store_ops = {sizeof(store_ops), on_room, on_event, on_user,
                                                 on_fetch};

/* ---- What tests tell it ------------------------------------------------------------------- */

static int on_keep(struct chatd_self *self, struct chatd_call *call)
{
    const char *op = json->str(json->get(chatd->call_json(call), "op"), "");
    int64_t up_to = json->integer(json->get(chatd->call_json(call), "up_to"), INT64_MAX);
    struct chatd_json *answer = json->object();

    json->set_int(answer, "waiting", (int64_t)n_waiting);
    json->set(answer, "hidden", json->copy(hidden));
    chatd->call_answer(self, call, answer);
    json->free(answer);
    if (strcmp(op, "look") == 0)
        return CHATD_ACCEPT;
    size_t kept = 0;
    for (size_t i = 0; i < n_waiting; i++) {
        const struct waiting entry = waiting[i];
        if (entry.seq > up_to)
            waiting[kept++] = entry;
        else if (strcmp(op, "store") == 0)
            store->stored(self, entry.room, entry.seq);
        else
            store->failed(self, entry.room, entry.seq, "the disk is full");
    }
    n_waiting = kept;
    return CHATD_ACCEPT;
}

static int on_topic(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str text = chatd->call_text(call);

    chatd->room_set_topic(self, chatd->call_room(call), chatd->call_user(call), text.p, text.n);
    return CHATD_ACCEPT;
}

static int on_mark(struct chatd_self *self, struct chatd_call *call)
{
    const struct chatd_json *request = chatd->call_json(call);
    const char *text = json->str(json->get(request, "text"), NULL);
    struct chatd_json *fields = json->object();

    json->set_int(fields, "target", json->integer(json->get(request, "target"), 0));
    int err = chatd->call_event(self, call, "mark", fields, text, text != NULL ? strlen(text) : 0);
    json->free(fields);
    return err == 0 ? CHATD_ACCEPT : chatd->deny(self, "bad_request", "no");
}

static void on_got(struct chatd_self *self, struct chatd_room *room, struct chatd_str event,
                   void *arg)
{
    (void)room;
    (void)arg;
    chatd->log(self, CHATD_LOG_INFO, "got \"%s\"", event.p);
}

static int on_get(struct chatd_self *self, struct chatd_call *call)
{
    chatd->event_get(self, chatd->call_room(call), atoi(chatd->call_text(call).p), on_got, NULL);
    return CHATD_ACCEPT;
}

static int on_auth(struct chatd_self *self, struct chatd_login *login)
{
    struct chatd_str text = chatd->option_str(self, "known");
    struct chatd_json *saved = json->parse(text.p, text.n);

    if (store->login_token(login).n > 0 && saved != NULL &&
        store->login_restore(self, login, saved) != 0)
        chatd->log(self, CHATD_LOG_ERROR, "the login was not restored");
    json->free(saved);
    return CHATD_PASS;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    store = chatd->iface(self, "store", 1);
    hidden = json->array();
    return store->provide(self, &store_ops);
}

/* The last events of the room that begins, as {"type": "message", ...} each. */
static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    struct chatd_str text = chatd->option_str(self, "user");
    struct chatd_json *user = json->parse(text.p, text.n);

    (void)saved;
    if (user != NULL && store->user_restore(self, user) == 0)
        chatd->log(self, CHATD_LOG_ERROR, "the user was not restored");
    for (size_t i = 0; i < chatd->option_count(self, "events"); i++) {
        struct chatd_str event = chatd->option_item(self, "events", i);
        struct chatd_json *parsed = json->parse(event.p, event.n);
        struct chatd_str name = chatd->option_str(self, "room");
        const char *from = json->str(json->get(json->get(parsed, "from"), "id"), "");
        const char *cid = json->str(json->get(parsed, "cid"), "");
        const struct chatd_stored_event stored = {
            .size = sizeof(stored),
            .seq = json->integer(json->get(parsed, "seq"), 0),
            .ts = chatd->now_ms(self),
            .json = event,
            .from = {from, strlen(from)},
            .cid = {cid, strlen(cid)},
        };
        if (store->event_restore(self, chatd->room_by_name(self, name.p, name.n), &stored) != 0)
            chatd->log(self, CHATD_LOG_ERROR, "an event was not restored");
        json->free(parsed);
    }
    json->free(user);
    return 0;
}

static void fini(struct chatd_self *self)
{
    (void)self;
    json->free(hidden);
}

static const struct chatd_option options[] = {
    CHATD_OPTION_ENUM("mode", "hold", "hold|store|fail", "what it does with events"),
    CHATD_OPTION("room", CHATD_STRING, "", "one that was stored"),
    CHATD_OPTION("epoch", CHATD_STRING, "00c0ffee", ""),
    CHATD_OPTION_RANGE("seq", CHATD_INT, "0", 0, INT64_MAX, ""),
    CHATD_OPTION("topic", CHATD_STRING, "", ""),
    CHATD_OPTION("user", CHATD_STRING, "", "one who was here"),
    CHATD_OPTION("known", CHATD_STRING, "", "whom every token is of"),
    CHATD_OPTION("events", CHATD_LIST, "", ""),
    CHATD_OPTION("mute", CHATD_BOOL, "false", "it answers no fetch()"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {CHATD_ON_AUTH(on_auth, 0), CHATD_END};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("keep", 0, 0, 0, on_keep),
    CHATD_VERB("mark", CHATD_VERB_ROOM, 0, 0, on_mark),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("topic", "TEXT", "", on_topic),
    CHATD_COMMAND("get", "SEQ", "", on_get),
    CHATD_END,
};

CHATD_MODULE(.name = "keeper", .version = "1.0", .about = "stores when told to", .api = &chatd,
             .need_minor = 10, .options = options, .hooks = hooks, .verbs = verbs,
             .commands = commands, .init = init, .start = start, .fini = fini);
