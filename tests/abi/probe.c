/*
 * Drives the API from outside: `/probe WORD ARGUMENT` calls what WORD names and replies with what
 * came of it, and the other callbacks write what they saw to the log.
 */
#include "chatd-module.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_websocket_api *websocket;

static chatd_id bot;
static int room_slot;
static int member_slot;
static int freed; /* slots' pointers that came back */

/* What a command that goes on after its callback needs to know. */
struct errand {
    chatd_id room;
    chatd_id user;
    chatd_id timer;
    int left;
    int result;
};

static void free_slot(void *data)
{
    free(data);
    freed++;
}

static struct errand *errand_new(struct chatd_call *call)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    if (errand == NULL)
        abort();
    errand->room = chatd->room_id(chatd->call_room(call));
    errand->user = chatd->user_id(chatd->call_user(call));
    return errand;
}

/* Shows the errand's user a notice, when both are still there. */
static void report(struct chatd_self *self, const struct errand *errand, const char *text)
{
    struct chatd_room *room = chatd->room_by_id(self, errand->room);
    struct chatd_user *user = chatd->user_by_id(self, errand->user);
    if (room != NULL && user != NULL)
        chatd->notice(self, bot, user, room, text, strlen(text));
    else
        chatd->log(self, CHATD_LOG_INFO, "errand: gone");
}

static int reply(struct chatd_self *self, struct chatd_call *call, const char *text)
{
    chatd->call_reply(self, call, text, strlen(text));
    return CHATD_ACCEPT;
}

static int reply_number(struct chatd_self *self, struct chatd_call *call, long long number)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", number);
    return reply(self, call, text);
}

/* ---- What /probe can do ------------------------------------------------------------------- */

struct list {
    char text[400];
    int limit;
};

static int add_member(struct chatd_self *self, struct chatd_user *user, void *arg)
{
    struct list *list = arg;
    size_t n = strlen(list->text);
    (void)self;
    snprintf(list->text + n, sizeof(list->text) - n, "%s%s", n ? " " : "",
             chatd->user_nick(user).p);
    return --list->limit == 0 ? 7 : 0;
}

/* members [LIMIT]: "RESULT COUNT NICK ..." */
static int do_members(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    struct list list = {.limit = atoi(argument)};
    struct chatd_room *room = chatd->call_room(call);
    int result = chatd->room_members_each(self, room, add_member, &list);
    char text[500];
    snprintf(text, sizeof(text), "%d %zu %s", result, chatd->room_member_count(room), list.text);
    return reply(self, call, text);
}

/* self: who calls, from where, and whether the ids lead back. */
static int do_self(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    struct chatd_user *user = chatd->call_user(call);
    struct chatd_client *client = chatd->call_client(call);
    struct chatd_room *room = chatd->call_room(call);
    int same = chatd->user_by_id(self, chatd->user_id(user)) == user &&
               chatd->client_by_id(self, chatd->client_id(client)) == client &&
               chatd->room_by_id(self, chatd->room_id(room)) == room &&
               chatd->client_user(client) == user;
    int none = chatd->user_by_id(self, 0) == NULL && chatd->room_by_id(self, 0) == NULL &&
               chatd->client_by_id(self, (chatd_id)-1) == NULL &&
               chatd->user_by_id(self, chatd->room_id(room)) == NULL;
    char text[300];
    (void)argument;
    snprintf(text, sizeof(text), "%s %s %s %s same=%d none=%d bot=%d%d", chatd->user_nick(user).p,
             chatd->user_public_id(user).p, chatd->room_name(room).p,
             chatd->client_address(client).p, same, none, chatd->user_is_bot(user),
             chatd->user_is_bot(chatd->user_by_id(self, bot)));
    return reply(self, call, text);
}

/* Counts in a slot of `object`, and replies with the number. */
static int count_in(struct chatd_self *self, struct chatd_call *call, int slot, chatd_id object)
{
    int *count = chatd->slot_get(self, slot, object);
    if (count == NULL) {
        count = calloc(1, sizeof(*count));
        int err = chatd->slot_set(self, slot, object, count);
        if (err != 0) {
            free(count);
            return reply_number(self, call, err);
        }
    }
    return reply_number(self, call, ++*count);
}

static int do_room_slot(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return count_in(self, call, room_slot, chatd->room_id(chatd->call_room(call)));
}

static int do_member_slot(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return count_in(self, call, member_slot,
                    chatd->member_id(chatd->call_room(call), chatd->call_user(call)));
}

static int do_stale_slot(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return reply(self, call,
                 chatd->slot_get(self, room_slot, 12345678) == NULL &&
                         chatd->slot_set(self, room_slot, 12345678, NULL) == -ENOENT &&
                         chatd->slot_new(self, CHATD_SLOT_ROOM, NULL) < 0
                     ? "right"
                     : "wrong");
}

static int do_freed(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return reply_number(self, call, freed);
}

static void on_once(struct chatd_self *self, void *arg)
{
    report(self, arg, "rang");
    free(arg);
}

static int do_timer(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    chatd->timer_start(self, atoi(argument), 0, on_once, errand_new(call));
    return CHATD_ACCEPT;
}

static void on_tick(struct chatd_self *self, void *arg)
{
    struct errand *errand = arg;
    report(self, errand, errand->left > 1 ? "tick" : "last tick");
    if (--errand->left > 0)
        return;
    chatd->timer_stop(self, errand->timer);
    chatd->timer_stop(self, errand->timer);
    free(errand);
}

static int do_ticks(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    struct errand *errand = errand_new(call);
    errand->left = atoi(argument);
    errand->timer = chatd->timer_start(self, 5, 5, on_tick, errand);
    return CHATD_ACCEPT;
}

static void on_never(struct chatd_self *self, void *arg)
{
    (void)arg;
    chatd->log(self, CHATD_LOG_ERROR, "a stopped timer rang");
}

static int do_stopped_timer(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    chatd_id timer = chatd->timer_start(self, 1, 1, on_never, NULL);
    (void)argument;
    chatd->timer_stop(self, timer);
    chatd->timer_stop(self, 0);
    chatd->timer_stop(self, 987654);
    return reply(self, call, timer != 0 ? "stopped" : "none");
}

static void work(void *arg)
{
    struct errand *errand = arg;
    usleep(20000);
    errand->result = 6 * 7;
}

static void on_done(struct chatd_self *self, void *arg)
{
    struct errand *errand = arg;
    char text[32];
    snprintf(text, sizeof(text), "the answer is %d", errand->result);
    report(self, errand, text);
    free(errand);
}

static int do_job(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    int n = atoi(argument);
    for (int i = 0; i < n; i++) {
        struct errand *errand = errand_new(call);
        int err = chatd->job(self, work, on_done, errand);
        if (err == 0)
            continue;
        free(errand);
        return reply(self, call, err == -EAGAIN ? "too much work" : "failed");
    }
    return CHATD_ACCEPT;
}

/* say TEXT: the bot says it. */
static int do_say(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    return reply_number(self, call,
                        chatd->say(self, bot, chatd->call_room(call), argument, strlen(argument)));
}

/* bot NICK: 1 when such a bot could be made. */
static int do_bot(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    return reply_number(self, call, chatd->bot_new(self, argument) != 0);
}

/* event TYPE: to all in the room but the caller. */
static int do_event(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    struct chatd_json *fields = json->object();
    json->set_int(fields, "big", INT64_C(9007199254740991));
    json->set_bool(fields, "true", 1);
    json->set_str(fields, "text", "\"€\"", strlen("\"€\""));
    int err =
        chatd->room_event(self, chatd->call_room(call), argument, fields, chatd->call_user(call));
    json->free(fields);
    return reply_number(self, call, err);
}

/* json TEXT: parsed and written again. */
static int do_json(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    struct chatd_json *value = json->parse(argument, strlen(argument));
    if (value == NULL)
        return reply(self, call, "not JSON");
    char *text = json->text(value);
    reply(self, call, text);
    json->text_free(text);
    json->free(value);
    return CHATD_ACCEPT;
}

static int do_options(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    char text[600];
    (void)argument;
    snprintf(text, sizeof(text),
             "flag=%" PRId64 " number=%" PRId64 " size=%" PRId64 " time=%" PRId64
             " word=%s path=%s mode=%s/%" PRId64 " list=%zu:%s",
             chatd->option_int(self, "flag"), chatd->option_int(self, "number"),
             chatd->option_int(self, "size"), chatd->option_int(self, "time"),
             chatd->option_str(self, "word").p, chatd->option_str(self, "path").p,
             chatd->option_str(self, "mode").p, chatd->option_int(self, "mode"),
             chatd->option_count(self, "list"),
             chatd->option_count(self, "list") ? chatd->option_item(self, "list", 0).p : "");
    return reply(self, call, text);
}

static int do_data_dir(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    const char *path = chatd->data_dir(self).p;
    (void)argument;
    return reply(self, call, access(path, W_OK) == 0 ? path : "not there");
}

static int do_time(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return reply_number(self, call, chatd->now_ms(self));
}

static int do_iface(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return reply(self, call,
                 chatd->iface(self, "json", 1) == json && chatd->iface(self, "json", 99) == NULL &&
                         chatd->iface(self, "nonsense", 1) == NULL
                     ? "right"
                     : "wrong");
}

/* deny CODE; without one it denies without deny(). */
static int do_deny(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)call;
    return argument[0] ? chatd->deny(self, argument, "the probe says no") : CHATD_DENY;
}

static int do_drop(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)self, (void)call, (void)argument;
    return CHATD_DROP;
}

static int do_echo(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    return reply(self, call, argument);
}

static int do_lines(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    (void)argument;
    return reply(self, call, "first\nsecond");
}

struct names {
    char text[500];
};

static void add_command(struct chatd_self *self, const struct chatd_command *command,
                        const char *module, void *arg)
{
    struct names *names = arg;
    size_t n = strlen(names->text);
    (void)self;
    snprintf(names->text + n, sizeof(names->text) - n, "%s%s/%s", n ? " " : "", module,
             command->name);
}

static int do_commands(struct chatd_self *self, struct chatd_call *call, const char *argument)
{
    struct names names = {""};
    (void)argument;
    chatd->command_each(self, add_command, &names);
    return reply(self, call, names.text);
}

static const struct {
    const char *word;
    int (*fn)(struct chatd_self *self, struct chatd_call *call, const char *argument);
} words[] = {
    {"members", do_members},
    {"self", do_self},
    {"room_slot", do_room_slot},
    {"member_slot", do_member_slot},
    {"stale_slot", do_stale_slot},
    {"freed", do_freed},
    {"timer", do_timer},
    {"ticks", do_ticks},
    {"stopped_timer", do_stopped_timer},
    {"job", do_job},
    {"say", do_say},
    {"bot", do_bot},
    {"event", do_event},
    {"json", do_json},
    {"options", do_options},
    {"data_dir", do_data_dir},
    {"time", do_time},
    {"iface", do_iface},
    {"deny", do_deny},
    {"drop", do_drop},
    {"echo", do_echo},
    {"lines", do_lines},
    {"commands", do_commands},
};

static int on_command(struct chatd_self *self, struct chatd_call *call)
{
    const char *text = chatd->call_text(call).p;
    size_t n = strcspn(text, " ");
    const char *argument = text[n] ? text + n + 1 : text + n;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) == n && memcmp(words[i].word, text, n) == 0)
            return words[i].fn(self, call, argument);
    }
    return chatd->deny(self, "bad_request", "no such probe");
}

/* ---- Verbs -------------------------------------------------------------------------------- */

/* {"type":"probe","room":...,"data":...}: shows the room its `data`. */
static int on_probe(struct chatd_self *self, struct chatd_call *call)
{
    const struct chatd_json *data = json->get(chatd->call_json(call), "data");
    struct chatd_json *fields = json->object();
    json->set_int(fields, "n", json->integer(data, -1));
    json->set_int(fields, "items", (int64_t)json->count(data));
    json->set_str(fields, "s", json->str(data, "none"), strlen(json->str(data, "none")));
    chatd->room_event(self, chatd->call_room(call), "probed", fields, NULL);
    json->free(fields);
    return CHATD_ACCEPT;
}

/* {"type":"probe_free"}: needs no room. */
static int on_free(struct chatd_self *self, struct chatd_call *call)
{
    return chatd->call_room(call) == NULL ? CHATD_ACCEPT : chatd->deny(self, "internal", "a room?");
}

/* ---- Hooks -------------------------------------------------------------------------------- */

static int on_join(struct chatd_self *self, struct chatd_join *join)
{
    if (strcmp(chatd->room_name(chatd->join_room(join)).p, "closed") == 0)
        return chatd->deny(self, "forbidden", "the room is closed");
    if (strcmp(chatd->room_name(chatd->join_room(join)).p, "locked") == 0) {
        const char *password = json->str(json->get(chatd->join_json(join), "password"), "");
        if (chatd->client_user(chatd->join_client(join)) != chatd->join_user(join) ||
            strcmp(password, "sesame") != 0)
            return chatd->deny(self, "forbidden", "the room is locked");
    }
    return CHATD_PASS;
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    const char *text = chatd->msg_text(msg).p;
    char told[40];
    static char large[100000];

    if (strcmp(text, "filter deny") == 0)
        return chatd->deny(self, "filtered", "not here");
    if (strcmp(text, "filter drop") == 0)
        return CHATD_DROP;
    if (strcmp(text, "filter accept") == 0)
        return CHATD_ACCEPT;
    if (strcmp(text, "filter numbers") == 0) {
        snprintf(told, sizeof(told), "%" PRId64 " %" PRId64, chatd->msg_seq(msg),
                 chatd->msg_ts(msg));
        chatd->msg_set_text(self, msg, told, strlen(told));
    }
    if (strcmp(text, "filter errors") == 0) {
        memset(large, 'x', sizeof(large));
        int right = chatd->msg_set_text(self, msg, "", 0) == -EINVAL &&
                    chatd->msg_set_text(self, msg, "\xff", 1) == -EINVAL &&
                    chatd->msg_set_text(self, msg, large, sizeof(large)) == -EMSGSIZE;
        chatd->msg_set_text(self, msg, right ? "right" : "wrong", 5);
    }
    return CHATD_PASS;
}

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str text = chatd->msg_text(msg);
    chatd->log(self, CHATD_LOG_INFO, "sent %s %s #%" PRId64 " %d",
               chatd->user_nick(chatd->msg_user(msg)).p, text.p, chatd->msg_seq(msg),
               chatd->msg_set_text(self, msg, "x", 1) == -EPERM && chatd->msg_ts(msg) > 0);
    if (strcmp(text.p, "answer me") == 0)
        chatd->say(self, bot, chatd->msg_room(msg), "here you are", 12);
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    chatd->log(self, CHATD_LOG_INFO, "joined %s %s", chatd->user_nick(user).p,
               chatd->room_name(room).p);
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    chatd->log(self, CHATD_LOG_INFO, "left %s %s member=%d", chatd->user_nick(user).p,
               chatd->room_name(room).p, chatd->member_id(room, user) != 0);
}

static void on_opened(struct chatd_self *self, struct chatd_client *client)
{
    chatd->log(self, CHATD_LOG_INFO, "opened %s", chatd->user_nick(chatd->client_user(client)).p);
}

static void on_closed(struct chatd_self *self, struct chatd_client *client)
{
    chatd->log(self, CHATD_LOG_INFO, "closed %s", chatd->user_nick(chatd->client_user(client)).p);
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *answer)
{
    struct chatd_json *list = json->array();
    (void)self, (void)user, (void)room;
    json->add(list, json->object());
    json->set(answer, "probe", list);
}

static void on_log_reopen(struct chatd_self *self)
{
    chatd->log(self, CHATD_LOG_INFO, "log reopened");
}

/* ---- An endpoint -------------------------------------------------------------------------- */

static void on_ws_open(struct chatd_self *self, struct chatd_ws *ws)
{
    websocket->send(self, ws, 0, "welcome", 7);
}

static void on_ws_message(struct chatd_self *self, struct chatd_ws *ws, int binary,
                          const char *data, size_t n)
{
    if (n == 3 && memcmp(data, "bye", 3) == 0)
        websocket->close(self, ws, 4321, "as you wish");
    else if (websocket->by_id(self, websocket->id(ws)) == ws)
        websocket->send(self, ws, binary, data, n);
}

static void on_ws_close(struct chatd_self *self, struct chatd_ws *ws, unsigned code)
{
    (void)ws;
    chatd->log(self, CHATD_LOG_INFO, "endpoint closed %u", code);
}

static const struct chatd_ws_ops ws_ops = {
    .size = sizeof(ws_ops),
    .max_message = 1000,
    .open = on_ws_open,
    .message = on_ws_message,
    .close = on_ws_close,
};

/* ---- The module --------------------------------------------------------------------------- */

static const struct chatd_slot_ops slot_ops = {.size = sizeof(slot_ops), .free = free_slot};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    websocket = chatd->iface(self, "websocket", 1);
    if (json == NULL || websocket == NULL)
        return -1;
    room_slot = chatd->slot_new(self, CHATD_SLOT_ROOM, &slot_ops);
    member_slot = chatd->slot_new(self, CHATD_SLOT_MEMBER, &slot_ops);
    bot = chatd->bot_new(self, "probe-bot");
    if (room_slot < 0 || member_slot < 0 || bot == 0)
        return -1;
    return websocket->serve(self, "/probe", &ws_ops);
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    chatd->log(self, CHATD_LOG_INFO, "started %d", saved == NULL);
    return 0;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    chatd->log(self, CHATD_LOG_INFO, "stopped %d", save == NULL);
}

static void fini(struct chatd_self *self)
{
    chatd->log(self, CHATD_LOG_INFO, "finished");
}

static const char *const features[] = {"probing", NULL};

static const struct chatd_option options[] = {
    CHATD_OPTION("flag", CHATD_BOOL, "true", "a flag"),
    CHATD_OPTION_RANGE("number", CHATD_INT, "5", -10, 10, "a number"),
    CHATD_OPTION_RANGE("size", CHATD_SIZE, "2k", 1, 1 << 30, "a size"),
    CHATD_OPTION_RANGE("time", CHATD_DURATION, "1500ms", 1, 86400000, "a time"),
    CHATD_OPTION("word", CHATD_STRING, "abc", "a word"),
    CHATD_OPTION("path", CHATD_PATH, "file", "a path"),
    CHATD_OPTION_ENUM("mode", "two", "one|two|three", "a mode"),
    CHATD_OPTION("list", CHATD_LIST, "", "a list"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_JOIN(on_join, 0),
    CHATD_ON_MESSAGE(on_message, 10),
    CHATD_ON_SENT(on_sent, 0),
    CHATD_ON_JOINED(on_joined, 0),
    CHATD_ON_LEFT(on_left, 0),
    CHATD_ON_OPENED(on_opened, 0),
    CHATD_ON_CLOSED(on_closed, 0),
    CHATD_ON_ROOM_STATE(on_room_state, 0),
    CHATD_ON_LOG_REOPEN(on_log_reopen, 0),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("probe", CHATD_VERB_ROOM, 5, 3600000, on_probe),
    CHATD_VERB("probe_free", 0, 1000, 1000, on_free),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("probe", "WORD [ARGUMENT]", "tries a function of the server", on_command),
    CHATD_END,
};

CHATD_MODULE(.name = "probe", .version = "1.0", .about = "drives the API", .api = &chatd,
             .features = features, .options = options, .hooks = hooks, .verbs = verbs,
             .commands = commands, .init = init, .start = start, .stop = stop, .fini = fini);
