/*
 * Sends everything that can be sent, from inside every callback: `/sender begin`, `/sender stop`.
 * `/sender loop` makes its bot join when it has left and leave when it has joined, and
 * `/sender echo` makes it answer when what it said is delivered: neither may go on for ever.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

static struct chatd_self *me; /* for callbacks that are not told */
static chatd_id bot;
static int slot;
static char mode; /* of "begin", "stop", "loop", "echo" the first character */
static int inside;
static int refused; /* with -ELOOP */

static void enter(struct chatd_self *self, const char *where)
{
    if (inside++ > 0)
        chatd->log(self, CHATD_LOG_ERROR, "%s is called from inside another callback", where);
}

static void leave(void)
{
    inside--;
}

static void count(int err)
{
    refused += err == -ELOOP;
}

static int notify(struct chatd_self *self, struct chatd_user *user, void *room)
{
    count(chatd->notice(self, bot, user, room, "notice", 6));
    return 0;
}

/* All to the room "lobby", with the name of the callback. */
static void send_all(struct chatd_self *self, const char *where)
{
    struct chatd_room *lobby = chatd->room_by_name(self, "lobby", 5);
    struct chatd_json *fields = json->object();

    if (mode == 'b' && lobby != NULL) {
        json->set_str(fields, "where", where, strlen(where));
        count(chatd->say(self, bot, lobby, where, strlen(where)));
        count(chatd->room_event(self, lobby, "ephemeral", fields, NULL));
        count(chatd->room_event_durable(self, lobby, NULL, "durable", fields));
        count(chatd->room_set_topic(self, lobby, NULL, where, strlen(where)));
        chatd->room_members_each(self, lobby, notify, lobby);
        count(chatd->bot_join(self, bot, where, strlen(where)));
    }
    json->free(fields);
}

static void here(struct chatd_self *self, const char *where)
{
    enter(self, where);
    send_all(self, where);
    leave();
}

/* ---- Filters ------------------------------------------------------------------------------ */

static int on_auth(struct chatd_self *self, struct chatd_login *login)
{
    (void)login;
    here(self, "auth");
    return CHATD_PASS;
}

static int on_join(struct chatd_self *self, struct chatd_join *join)
{
    (void)join;
    here(self, "join");
    return CHATD_PASS;
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)msg;
    here(self, "message");
    return CHATD_PASS;
}

static int on_deliver(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to)
{
    int is_own = chatd->user_is_bot(chatd->msg_user(msg));

    (void)to;
    enter(self, "deliver");
    if (!is_own)
        send_all(self, "deliver");
    else if (mode == 'e')
        count(chatd->say(self, bot, chatd->msg_room(msg), "echo", 4));
    leave();
    return CHATD_PASS;
}

/* ---- Notifications ------------------------------------------------------------------------ */

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)msg;
    here(self, "sent");
}

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    (void)room, (void)event;
    here(self, "event");
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    enter(self, "joined");
    if (!chatd->user_is_bot(user))
        send_all(self, "joined");
    else if (mode == 'l')
        count(chatd->bot_leave(self, bot, room));
    leave();
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    enter(self, "left");
    if (!chatd->user_is_bot(user))
        send_all(self, "left");
    else if (mode == 'l')
        count(chatd->bot_join(self, bot, chatd->room_name(room).p, chatd->room_name(room).n));
    leave();
}

static void on_opened(struct chatd_self *self, struct chatd_client *client)
{
    (void)client;
    here(self, "opened");
}

static void on_closed(struct chatd_self *self, struct chatd_client *client)
{
    (void)client;
    here(self, "closed");
}

static void on_presence(struct chatd_self *self, struct chatd_user *user, int online)
{
    (void)user;
    here(self, online ? "online" : "offline");
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *answer)
{
    (void)user, (void)room, (void)answer;
    here(self, "room_state");
}

static void on_log_reopen(struct chatd_self *self)
{
    here(self, "log_reopen");
}

static void on_reload(struct chatd_self *self)
{
    here(self, "reload");
}

/* ---- Other callbacks ---------------------------------------------------------------------- */

static void on_timer(struct chatd_self *self, void *arg)
{
    (void)arg;
    here(self, "timer");
}

static void work(void *arg)
{
    (void)arg;
}

static void on_done(struct chatd_self *self, void *arg)
{
    (void)arg;
    here(self, "done");
}

static void on_post(struct chatd_self *self, void *arg)
{
    (void)arg;
    here(self, "post");
}

static void on_free(void *data)
{
    (void)data;
    here(me, "free");
}

static int on_verb(struct chatd_self *self, struct chatd_call *call)
{
    (void)call;
    here(self, "verb");
    return CHATD_ACCEPT;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static int on_command(struct chatd_self *self, struct chatd_call *call)
{
    chatd_id client = chatd->client_id(chatd->call_client(call));
    char out[16];

    mode = chatd->call_text(call).p[0];
    if (mode == 'b') {
        chatd->timer_start(self, 0, 0, on_timer, NULL);
        chatd->job(self, work, on_done, NULL);
        chatd->post(self, on_post, NULL);
        chatd->slot_set(self, slot, client, "freed at the end");
    } else if (mode == 'l') {
        chatd->bot_join(self, bot, "lobby", 5);
    } else if (mode == 'e') {
        chatd->say(self, bot, chatd->call_room(call), "echo", 4);
    }
    int n = snprintf(out, sizeof(out), "%d", refused);
    chatd->call_reply(self, call, out, (size_t)n);
    refused = 0;
    return CHATD_ACCEPT;
}

static const struct chatd_hook hooks[] = {
    CHATD_ON_AUTH(on_auth, 0),
    CHATD_ON_JOIN(on_join, 0),
    CHATD_ON_MESSAGE(on_message, 0),
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

static const struct chatd_verb verbs[] = {CHATD_VERB("sender", 0, 0, 0, on_verb), CHATD_END};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("sender", "begin|stop|loop|echo", "", on_command),
    CHATD_END,
};

static const struct chatd_slot_ops ops = {.size = sizeof(ops), .free = on_free};

static int init(struct chatd_self *self)
{
    me = self;
    json = chatd->iface(self, "json", 1);
    slot = chatd->slot_new(self, CHATD_SLOT_CLIENT, &ops);
    bot = chatd->bot_new(self, "sender");
    return bot == 0;
}

CHATD_MODULE(.name = "sender", .version = "1.0", .about = "sends", .api = &chatd, .hooks = hooks,
             .verbs = verbs, .commands = commands, .init = init);
