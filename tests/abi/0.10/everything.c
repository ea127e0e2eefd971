/*
 * Uses a bit of everything that chatd-module.h 0.10 has. `/everything` replies with the names of
 * what has been called, in the order of their first calls.
 */
#include <chatd-module.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_websocket_api *websocket;
static const struct chatd_http_api *http;
static const struct chatd_link_api *links;
static const struct chatd_stats_api *stats;
static const struct chatd_store_api *store;

static chatd_id bot;
static int slot;
static int kind;
static int pipe_ends[2];
static char called[2000];
static char last_event[10000]; /* that was stored */

static void note(const char *name)
{
    char word[40];

    snprintf(word, sizeof(word), " %s ", name);
    if (strstr(called, word) == NULL && strlen(called) + strlen(word) < sizeof(called))
        strcat(called, word);
}

/* ---- Hooks -------------------------------------------------------------------------------- */

static int on_request(struct chatd_self *self, struct chatd_request *request)
{
    (void)self;
    (void)request;
    note("request");
    return CHATD_PASS;
}

static int on_auth(struct chatd_self *self, struct chatd_login *login)
{
    note(chatd->login_nick(login).n > 0 ? "auth" : "?");
    note(chatd->login_set_user(self, login, "nobody", 6) == -EINVAL ? "login_set_user" : "?");
    note(store->login_token(login).n == 0 ? "login_token" : "?");
    note(store->login_restore(self, login, NULL) == -EINVAL ? "login_restore" : "?");
    return CHATD_ACCEPT;
}

static int on_join(struct chatd_self *self, struct chatd_join *join)
{
    (void)self;
    note(strcmp(chatd->room_name(chatd->join_room(join)).p, "lobby") == 0 ? "join" : "?");
    return CHATD_PASS;
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str text = chatd->msg_text(msg);

    note("message");
    note(chatd->msg_type(msg).n > 0 ? "msg_type" : "?");
    if (strcmp(text.p, "deny") == 0)
        return chatd->deny(self, "filtered", "not that");
    if (strcmp(text.p, "change") == 0)
        chatd->msg_set_text(self, msg, "changed", 7);
    return CHATD_PASS;
}

static int on_deliver(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to)
{
    (void)self;
    (void)msg;
    (void)to;
    note("deliver");
    return CHATD_PASS;
}

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)self;
    note(chatd->msg_seq(msg) > 0 ? "sent" : "?");
}

static void on_got(struct chatd_self *self, struct chatd_room *room, struct chatd_str text,
                   void *arg)
{
    (void)self;
    note(room != NULL && text.n > 0 && arg == &slot ? "event_get" : "?");
}

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    note(chatd->event_seq(event) > 0 ? "event" : "?");
    chatd->event_get(self, room, chatd->event_seq(event), on_got, &slot);
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    static int data;

    note("joined");
    chatd->slot_set(self, slot, chatd->member_id(room, user), &data);
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    note(chatd->slot_get(self, slot, chatd->member_id(room, user)) != NULL ? "left" : "?");
}

static void on_opened(struct chatd_self *self, struct chatd_client *client)
{
    (void)self;
    note(chatd->client_address(client).n > 0 ? "opened" : "?");
}

static void on_closed(struct chatd_self *self, struct chatd_client *client)
{
    (void)self;
    (void)client;
    note("closed");
}

static void on_presence(struct chatd_self *self, struct chatd_user *user, int online)
{
    (void)self;
    (void)user;
    note(online ? "online" : "offline");
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *answer)
{
    (void)self;
    (void)user;
    (void)room;
    note("room_state");
    json->set_int(answer, "everything", 42);
}

static void on_log_reopen(struct chatd_self *self)
{
    (void)self;
    note("log_reopen");
}

static void on_reload(struct chatd_self *self)
{
    (void)self;
    note("reload");
}

/* ---- Work --------------------------------------------------------------------------------- */

static void on_timer(struct chatd_self *self, void *arg)
{
    (void)self;
    (void)arg;
    note("timer");
}

static void on_watch(struct chatd_self *self, int fd, unsigned events, void *arg)
{
    (void)arg;
    note(events == CHATD_WRITE ? "watch" : "?");
    chatd->watch_stop(self, *(chatd_id *)arg);
    (void)fd;
}

static void on_post(struct chatd_self *self, void *arg)
{
    (void)self;
    (void)arg;
    note("post");
}

static void work(void *arg)
{
    chatd->post(arg, on_post, NULL);
}

static void on_done(struct chatd_self *self, void *arg)
{
    (void)self;
    (void)arg;
    note("done");
}

static void on_service(struct chatd_self *self, const char *name, const void *table, void *arg)
{
    (void)self;
    (void)name;
    (void)arg;
    note(table != NULL ? "service" : "gone");
}

/* ---- Endpoints ---------------------------------------------------------------------------- */

static void on_ws_message(struct chatd_self *self, struct chatd_ws *ws, int binary,
                          const char *data, size_t n)
{
    websocket->send(self, ws, binary, data, n);
}

static void on_http_request(struct chatd_self *self, struct chatd_request *request)
{
    static const struct chatd_header headers[] = {{"Content-Type", "text/plain"}, {NULL, NULL}};

    links->open(self, kind, request);
    http->respond(self, request, 200, headers, "everything", 10);
}

static void on_link_event(struct chatd_self *self, struct chatd_link *link, struct chatd_str type,
                          struct chatd_str text)
{
    (void)text;
    note(strcmp(type.p, "hello") == 0 ? "hello" : "?");
    links->close(self, link, 4000, "enough");
}

static void on_link_closed(struct chatd_self *self, struct chatd_link *link, unsigned code,
                           const char *reason)
{
    (void)self;
    (void)link;
    note(code == 4000 && strcmp(reason, "enough") == 0 ? "link" : "?");
}

/* ---- Storing ------------------------------------------------------------------------------ */

static void on_store_room(struct chatd_self *self, struct chatd_room *room)
{
    const struct chatd_stored_event none = {.size = sizeof(none)};
    int64_t events;
    int64_t span_ms;

    note(store->room_restore(self, room, "0badcafe", 0, "", 0) == 0 ? "room_restore" : "?");
    note(store->event_restore(self, room, &none) == -EINVAL ? "event_restore" : "?");
    store->restore_span(self, &events, &span_ms);
    note(events > 0 && span_ms >= 0 ? "restore_span" : "?");
}

static void on_store_event(struct chatd_self *self, struct chatd_room *room,
                           struct chatd_event *event)
{
    for (size_t i = 0; i < store->event_hidden_count(event); i++)
        note(store->event_hidden(event, i).n > 0 ? "hidden" : "?");
    snprintf(last_event, sizeof(last_event), "%s", chatd->event_json(event).p);
    if (strstr(last_event, "fail") != NULL)
        note(store->failed(self, chatd->room_id(room), chatd->event_seq(event), "full") == 0
                 ? "failed"
                 : "?");
    else
        note(store->stored(self, chatd->room_id(room), chatd->event_seq(event)) == 0 ? "stored"
                                                                                     : "?");
}

static void on_store_user(struct chatd_self *self, struct chatd_user *user, int here)
{
    struct chatd_json *saved = store->user_save(self, user);

    note(json->str(json->get(saved, "id"), NULL) != NULL ? (here ? "user_save" : "user_end") : "?");
    json->free(saved);
}

static void on_store_fetch(struct chatd_self *self, struct chatd_room *room, int64_t seq,
                           chatd_id request)
{
    (void)room;
    (void)seq;
    note(store->fetched(self, request, last_event, strlen(last_event)) == 0 ? "fetched" : "?");
}

/* ---- Calls -------------------------------------------------------------------------------- */

static int on_verb(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_json *fields = json->object();

    json->set_int(fields, "n", json->integer(json->get(chatd->call_json(call), "n"), 0) + 1);
    chatd->call_answer(self, call, fields);
    chatd->room_event_durable(self, chatd->call_room(call), chatd->call_user(call), "verbed",
                              fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

static int64_t count_calls(struct chatd_self *self, struct chatd_user *user)
{
    struct chatd_json *value = json->object();
    int64_t n = json->integer(json->get(chatd->user_data(self, user, "calls"), "n"), 0) + 1;

    json->set_int(value, "n", n);
    chatd->user_set_data(self, user, "calls", value);
    json->free(value);
    return n;
}

/* Makes an event of itself. */
static int on_publish(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);
    struct chatd_str id = chatd->user_public_id(user);
    struct chatd_json *fields = json->object();

    json->set_int(fields, "calls", count_calls(self, user));
    chatd->user_event(self, user, room, "publishing", fields, NULL);
    int err = chatd->call_event(self, call, "published", fields, "change", 6);
    json->free(fields);
    chatd->call_answer_text(self, call, "raw", "[1]", 3);
    note(chatd->user_by_public_id(self, id.p, id.n) == user ? "user_by_public_id" : "?");
    note(chatd->room_epoch(room).n > 0 ? "room_epoch" : "?");
    note(chatd->room_seq(room) > 0 ? "room_seq" : "?");
    note(chatd->room_is_direct(room) == 0 ? "room_is_direct" : "?");
    note(chatd->member_since(room, user) >= 0 ? "member_since" : "?");
    return err == 0 ? CHATD_ACCEPT : CHATD_DENY;
}

static void on_numbers(struct chatd_self *self, const char *module, const char *point,
                       const struct chatd_stats *numbers, void *arg)
{
    (void)self;
    (void)arg;
    if (strcmp(module, "everything") == 0 && strcmp(point, "message") == 0 && numbers->calls > 0)
        note("stats");
}

static int on_command(struct chatd_self *self, struct chatd_call *call)
{
    chatd->say(self, bot, chatd->call_room(call), "at your service", 15);
    stats->each(self, on_numbers, NULL);
    chatd->call_reply(self, call, called, strlen(called));
    return CHATD_ACCEPT;
}

static int on_later(struct chatd_self *self, struct chatd_call *call)
{
    (void)call;
    return chatd->defer(self, 10, CHATD_ACCEPT) != 0 ? CHATD_PENDING : CHATD_DENY;
}

/* ---- The module --------------------------------------------------------------------------- */

static int check(struct chatd_self *self)
{
    int good = chatd->option_int(self, "bool") == 1 && chatd->option_int(self, "int") == -3 &&
               chatd->option_int(self, "size") == 2048 &&
               chatd->option_int(self, "duration") == 5000 &&
               strcmp(chatd->option_str(self, "string").p, "text") == 0 &&
               chatd->option_str(self, "path").p[0] == '/' &&
               chatd->option_int(self, "enum") == 1 && chatd->option_count(self, "list") == 2;
    return good ? 0 : chatd->option_error(self, "list", "wrong");
}

static int init(struct chatd_self *self)
{
    static const char table[] = "a table";
    static const struct chatd_slot_ops slot_ops = {.size = sizeof(slot_ops)};
    static const struct chatd_ws_ops ws_ops = {.size = sizeof(ws_ops), .message = on_ws_message};
    static const struct chatd_http_ops http_ops = {.size = sizeof(http_ops),
                                                   .request = on_http_request};
    static const struct chatd_link_ops link_ops = {
        .size = sizeof(link_ops), .event = on_link_event, .closed = on_link_closed};
    static const struct chatd_store_ops store_ops = {.size = sizeof(store_ops),
                                                     .room = on_store_room,
                                                     .event = on_store_event,
                                                     .user = on_store_user,
                                                     .fetch = on_store_fetch};

    json = chatd->iface(self, "json", 1);
    websocket = chatd->iface(self, "websocket", 1);
    http = chatd->iface(self, "http", 1);
    links = chatd->iface(self, "link", 1);
    stats = chatd->iface(self, "stats", 1);
    store = chatd->iface(self, "store", 1);
    bot = chatd->bot_new(self, "everybot");
    slot = chatd->slot_new(self, CHATD_SLOT_MEMBER, &slot_ops);
    kind = links->kind(self, "every", &link_ops);
    int err = slot < 0 || kind < 0 || bot == 0;
    err |= websocket->serve(self, "/every-ws", &ws_ops);
    err |= http->serve(self, "/every-http", &http_ops);
    err |= chatd->service_provide(self, "everything", 1, table);
    err |= store->provide(self, &store_ops);
    err |= pipe(pipe_ends);
    return err;
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    static chatd_id watch;
    struct chatd_json *nobody = json->object();

    note(store->user_restore(self, nobody) == 0 ? "user_restore" : "?");
    json->free(nobody);
    if (json->integer(json->get(saved, "answer"), 0) == 42)
        note("saved");
    chatd->timer_start(self, 1, 0, on_timer, NULL);
    watch = chatd->watch_start(self, pipe_ends[1], CHATD_WRITE, on_watch, &watch);
    if (chatd->service_use(self, "everything", 1, on_service, NULL) != NULL)
        note("used");
    return chatd->job(self, work, on_done, self);
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)self;
    if (save != NULL)
        json->set_int(save, "answer", 42);
}

static void fini(struct chatd_self *self)
{
    (void)self;
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static const struct chatd_option options[] = {
    CHATD_OPTION("bool", CHATD_BOOL, "yes", ""),
    CHATD_OPTION_RANGE("int", CHATD_INT, "-3", -5, 5, ""),
    CHATD_OPTION("size", CHATD_SIZE, "2k", ""),
    CHATD_OPTION("duration", CHATD_DURATION, "5s", ""),
    CHATD_OPTION("string", CHATD_STRING, "text", ""),
    CHATD_OPTION("path", CHATD_PATH, "here", ""),
    CHATD_OPTION_ENUM("enum", "two", "one|two|three", ""),
    CHATD_OPTION("list", CHATD_LIST, "a|b", ""),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_REQUEST(on_request, 0),
    CHATD_ON_AUTH(on_auth, 0),
    CHATD_ON_JOIN(on_join, 0),
    CHATD_ON_MESSAGE(on_message, -10),
    CHATD_ON_DELIVER(on_deliver, 0),
    CHATD_ON_SENT(on_sent, 0),
    CHATD_ON_EVENT(on_event, 0),
    CHATD_ON_JOINED(on_joined, 0),
    CHATD_ON_LEFT(on_left, 0),
    CHATD_ON_OPENED(on_opened, 0),
    CHATD_ON_CLOSED(on_closed, 0),
    CHATD_ON_PRESENCE(on_presence, 0),
    CHATD_ON_ROOM_STATE(on_room_state, 0),
    CHATD_ON_LOG_REOPEN(on_log_reopen, 0),
    CHATD_ON_RELOAD(on_reload, 0),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("verb", CHATD_VERB_ROOM, 3, 60000, on_verb),
    CHATD_VERB("publish", CHATD_VERB_ROOM, 0, 0, on_publish),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("everything", "", "What was called", on_command),
    CHATD_COMMAND("later", "", "Is done later", on_later),
    CHATD_END,
};

static const char *const features[] = {"everything", NULL};
static const char *const auth[] = {"anything", NULL};

CHATD_MODULE(.name = "everything", .version = "1.0", .about = "uses everything", .api = &chatd,
             .need_minor = 10, .features = features, .auth = auth, .options = options,
             .hooks = hooks, .verbs = verbs, .commands = commands, .check = check, .init = init,
             .start = start, .stop = stop, .fini = fini);
