#include "plugin/api.h"

#include "base/log.h"
#include "chat/command.h"
#include "chat/event.h"
#include "chat/login.h"
#include "chat/message.h"
#include "chat/verb.h"
#include "plugin/background.h"
#include "plugin/bots.h"
#include "plugin/endpoints.h"
#include "plugin/fetches.h"
#include "plugin/http_api.h"
#include "plugin/json_api.h"
#include "plugin/links.h"
#include "plugin/lookup.h"
#include "plugin/module.h"
#include "plugin/options.h"
#include "plugin/outgoing.h"
#include "plugin/services.h"
#include "plugin/slots.h"
#include "plugin/stats_api.h"
#include "plugin/store_api.h"
#include "plugin/thread.h"
#include "plugin/tokens.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

CHATD_PRINTF(3, 4)
static void write_log(struct chatd_self *self, int level, const char *format, ...)
{
    SERVERS_THREAD_ONLY("log");
    va_list args;

    if (level < CHATD_LOG_ERROR || level > CHATD_LOG_DEBUG)
        level = CHATD_LOG_ERROR;
    va_start(args, format);
    log_vwrite((enum log_level)level, self->name, format, args);
    va_end(args);
}

static const void *iface(struct chatd_self *self, const char *name, unsigned version)
{
    SERVERS_THREAD_ONLY("iface", NULL);
    (void)self;
    if (strcmp(name, "json") == 0 && version == 1)
        return &json_api;
    if (strcmp(name, "websocket") == 0 && version == 1)
        return &endpoints_api;
    if (strcmp(name, "http") == 0 && version == 1)
        return &http_api;
    if (strcmp(name, "link") == 0 && version == 1)
        return &links_api;
    if (strcmp(name, "stats") == 0 && version == 1)
        return &stats_api;
    if (strcmp(name, "store") == 0 && version == 1)
        return &store_api;
    return NULL;
}

static int64_t now_ms(struct chatd_self *self)
{
    SERVERS_THREAD_ONLY("now_ms", 0);
    return loop_wall_ms(self->plugins->hub->loop);
}

static struct chatd_str data_dir(struct chatd_self *self)
{
    SERVERS_THREAD_ONLY("data_dir", (struct chatd_str){"", 0});
    return str_of(self->plugins->config->data_dir.text);
}

static int deny_call(struct chatd_self *self, const char *code, const char *text)
{
    SERVERS_THREAD_ONLY("deny", -EPERM);
    struct activation *current = self->plugins->current;

    if (current == NULL || current->denial == NULL)
        log_warn(self->name, "deny() where nothing can be denied");
    else
        activation_deny(current->denial, code, text);
    return CHATD_DENY;
}

/* ---- Logins ------------------------------------------------------------------------------- */

static struct chatd_str login_nick(struct chatd_login *login)
{
    SERVERS_THREAD_ONLY("login_nick", (struct chatd_str){"", 0});
    return str_out(login_in(login)->nick);
}

static int set_login_nick(struct chatd_self *self, struct chatd_login *login, const char *nick,
                          size_t n)
{
    SERVERS_THREAD_ONLY("login_set_nick", -EPERM);
    (void)self;
    return login_set_nick(login_in(login), slice_of(nick, n));
}

static const struct chatd_json *login_json(struct chatd_login *login)
{
    SERVERS_THREAD_ONLY("login_json", NULL);
    return (const struct chatd_json *)login_in(login)->json;
}

static struct chatd_str login_address(struct chatd_login *login)
{
    SERVERS_THREAD_ONLY("login_address", (struct chatd_str){"", 0});
    return str_of(login_in(login)->address);
}

/* ---- Users, sessions and rooms ------------------------------------------------------------ */

static chatd_id get_user_id(struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("user_id", 0);
    return user_in(user)->id;
}

static struct chatd_user *get_user_by_id(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("user_by_id", NULL);
    return user_out(user_by_id(self->plugins->hub, id));
}

static struct chatd_str user_nick(struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("user_nick", (struct chatd_str){"", 0});
    return str_of(user_in(user)->nick);
}

static struct chatd_str user_public_id(struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("user_public_id", (struct chatd_str){"", 0});
    return str_of(user_in(user)->public_id);
}

static int user_is_bot(struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("user_is_bot", 0);
    return user_in(user)->bot_of != NULL;
}

static chatd_id get_client_id(struct chatd_client *client)
{
    SERVERS_THREAD_ONLY("client_id", 0);
    return client_in(client)->id;
}

static struct chatd_client *get_client_by_id(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("client_by_id", NULL);
    return client_out(client_by_id(self->plugins->hub, id));
}

static struct chatd_user *client_user(struct chatd_client *client)
{
    SERVERS_THREAD_ONLY("client_user", NULL);
    return user_out(client_in(client)->user);
}

static struct chatd_str client_address(struct chatd_client *client)
{
    SERVERS_THREAD_ONLY("client_address", (struct chatd_str){"", 0});
    const struct client *of = client_in(client);
    return str_of(hub_keep_text(of->user->hub, conn_name(of->link->conn)));
}

static chatd_id get_room_id(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_id", 0);
    return room_in(room)->id;
}

static struct chatd_room *get_room_by_id(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("room_by_id", NULL);
    return room_out(room_by_id(self->plugins->hub, id));
}

static struct chatd_str room_name(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_name", (struct chatd_str){"", 0});
    return str_of(room_in(room)->name);
}

static struct chatd_str room_topic(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_topic", (struct chatd_str){"", 0});
    const char *text = room_in(room)->topic_text;

    return str_of(text != NULL ? text : "");
}

static size_t room_member_count(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_member_count", 0);
    return room_in(room)->n_members;
}

static chatd_id member_id(struct chatd_room *room, struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("member_id", 0);
    const struct member *member = room_member(room_in(room), user_in(user));

    return member != NULL ? member->id : 0;
}

/* ---- Messages ----------------------------------------------------------------------------- */

static struct chatd_room *msg_room(struct chatd_msg *msg)
{
    SERVERS_THREAD_ONLY("msg_room", NULL);
    return room_out(message_in(msg)->room);
}

static struct chatd_user *msg_user(struct chatd_msg *msg)
{
    SERVERS_THREAD_ONLY("msg_user", NULL);
    return user_out(message_in(msg)->user);
}

static struct chatd_str msg_text(struct chatd_msg *msg)
{
    SERVERS_THREAD_ONLY("msg_text", (struct chatd_str){"", 0});
    return str_out(message_in(msg)->text);
}

static int msg_set_text(struct chatd_self *self, struct chatd_msg *msg, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("msg_set_text", -EPERM);
    (void)self;
    return message_set_text(message_in(msg), slice_of(text, n));
}

static int64_t msg_seq(struct chatd_msg *msg)
{
    SERVERS_THREAD_ONLY("msg_seq", 0);
    return message_in(msg)->seq;
}

static int64_t msg_ts(struct chatd_msg *msg)
{
    SERVERS_THREAD_ONLY("msg_ts", 0);
    return message_in(msg)->ts;
}

/* ---- Events ------------------------------------------------------------------------------- */

static struct chatd_str event_type(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("event_type", (struct chatd_str){"", 0});
    return str_of(event_in(event)->type);
}

static int64_t event_seq(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("event_seq", 0);
    return event_in(event)->seq;
}

static int64_t event_ts(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("event_ts", 0);
    return event_in(event)->ts;
}

static struct chatd_user *event_user(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("event_user", NULL);
    return user_out(event_in(event)->user);
}

static struct chatd_str event_json(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("event_json", (struct chatd_str){"", 0});
    return str_out(event_in(event)->json);
}

static struct chatd_str event_cid(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("event_cid", (struct chatd_str){"", 0});
    return str_out(event_in(event)->cid);
}

/* ---- Joins ------------------------------------------------------------------------------- */

static struct chatd_user *join_user(struct chatd_join *join)
{
    SERVERS_THREAD_ONLY("join_user", NULL);
    return user_out(joining_in(join)->user);
}

static struct chatd_room *join_room(struct chatd_join *join)
{
    SERVERS_THREAD_ONLY("join_room", NULL);
    return room_out(joining_in(join)->room);
}

static struct chatd_client *join_client(struct chatd_join *join)
{
    SERVERS_THREAD_ONLY("join_client", NULL);
    return client_out(joining_in(join)->client);
}

static const struct chatd_json *join_json(struct chatd_join *join)
{
    SERVERS_THREAD_ONLY("join_json", NULL);
    return (const struct chatd_json *)joining_in(join)->json;
}

/* ---- Calls -------------------------------------------------------------------------------- */

static struct chatd_client *call_client(struct chatd_call *call)
{
    SERVERS_THREAD_ONLY("call_client", NULL);
    return client_out(call_in(call)->client);
}

static struct chatd_user *call_user(struct chatd_call *call)
{
    SERVERS_THREAD_ONLY("call_user", NULL);
    return user_out(call_in(call)->client->user);
}

static struct chatd_room *call_room(struct chatd_call *call)
{
    SERVERS_THREAD_ONLY("call_room", NULL);
    return room_out(call_in(call)->room);
}

static struct chatd_str call_text(struct chatd_call *call)
{
    SERVERS_THREAD_ONLY("call_text", (struct chatd_str){"", 0});
    return str_out(call_in(call)->text);
}

static const struct chatd_json *call_json(struct chatd_call *call)
{
    SERVERS_THREAD_ONLY("call_json", NULL);
    return (const struct chatd_json *)call_in(call)->json;
}

static int copy_member(const char *key, const struct json *value, void *arg)
{
    struct call *call = arg;

    call_drop_raw(call, key);
    return json_set(call->fields, key, json_copy(value));
}

static int call_answer(struct chatd_self *self, struct chatd_call *call,
                       const struct chatd_json *fields)
{
    SERVERS_THREAD_ONLY("call_answer", -EPERM);
    const struct json *object = (const struct json *)fields;
    struct call *in = call_in(call);

    (void)self;
    if (json_get(object, "type") != NULL || json_get(object, "id") != NULL ||
        json_get(object, "room") != NULL)
        return -EINVAL;
    if (in->fields == NULL)
        in->fields = json_object();
    return in->fields != NULL ? json_each(object, copy_member, in) : -ENOMEM;
}

static void command_each(struct chatd_self *self, chatd_command_each_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("command_each");
    struct command *command;
    struct command *next;

    HASH_ITER (hh, self->plugins->hub->commands, command, next)
        fn(self, command->info, command->owner, arg);
}

/* ---- Since 0.10 --------------------------------------------------------------------------- */

static struct chatd_str msg_type(struct chatd_msg *msg)
{
    SERVERS_THREAD_ONLY("msg_type", (struct chatd_str){"", 0});
    return str_of(message_in(msg)->type);
}

static struct chatd_str room_epoch(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_epoch", (struct chatd_str){"", 0});
    return str_of(room_in(room)->epoch);
}

static int64_t room_seq(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_seq", 0);
    return room_in(room)->seq;
}

static int room_is_direct(struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("room_is_direct", 0);
    return room_in(room)->two != NULL;
}

static int64_t get_member_since(struct chatd_room *room, struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("member_since", -1);
    const struct member *member = room_member(room_in(room), user_in(user));

    return member != NULL ? member_since(member) : -1;
}

static struct chatd_user *get_user_by_public_id(struct chatd_self *self, const char *id, size_t n)
{
    SERVERS_THREAD_ONLY("user_by_public_id", NULL);
    return user_out(user_by_public_id(self->plugins->hub, slice_of(id, n)));
}

static const struct chatd_json *get_user_data(struct chatd_self *self, struct chatd_user *user,
                                              const char *key)
{
    SERVERS_THREAD_ONLY("user_data", NULL);
    return (const struct chatd_json *)user_data(user_in(user), self->name, key);
}

enum { DATA_KEY_MAX = 64 };

static int set_user_data(struct chatd_self *self, struct chatd_user *user, const char *key,
                         const struct chatd_json *value)
{
    SERVERS_THREAD_ONLY("user_set_data", -EPERM);
    struct slice name = slice_str(key);

    if (name.n == 0 || name.n > DATA_KEY_MAX || !utf8_valid(name))
        return -EINVAL;
    if (user_in(user)->ended)
        return -ENOENT;
    return user_set_data(user_in(user), self->name, key, (const struct json *)value);
}

static int set_login_user(struct chatd_self *self, struct chatd_login *login, const char *id,
                          size_t n)
{
    SERVERS_THREAD_ONLY("login_set_user", -EPERM);
    (void)self;
    return login_set_user(login_in(login), slice_of(id, n), NULL);
}

const struct chatd_api api_table = {
    .size = sizeof(struct chatd_api),
    .major = CHATD_ABI_MAJOR,
    .minor = CHATD_ABI_MINOR,
    .log = write_log,
    .iface = iface,
    .now_ms = now_ms,
    .data_dir = data_dir,
    .option_int = options_int,
    .option_str = options_str,
    .option_count = options_count,
    .option_item = options_item,
    .option_error = options_error,
    .deny = deny_call,
    .defer = tokens_defer,
    .resume = tokens_resume,
    .pending_msg = tokens_msg,
    .pending_call = tokens_call,
    .pending_join = tokens_join,
    .pending_login = tokens_login,
    .login_nick = login_nick,
    .login_set_nick = set_login_nick,
    .login_json = login_json,
    .login_address = login_address,
    .join_user = join_user,
    .join_room = join_room,
    .join_client = join_client,
    .join_json = join_json,
    .user_id = get_user_id,
    .user_by_id = get_user_by_id,
    .user_by_nick = lookup_user_by_nick,
    .users_each = lookup_users,
    .user_rooms_each = lookup_user_rooms,
    .user_clients_each = lookup_user_clients,
    .user_nick = user_nick,
    .user_public_id = user_public_id,
    .user_is_bot = user_is_bot,
    .client_id = get_client_id,
    .client_by_id = get_client_by_id,
    .client_user = client_user,
    .client_address = client_address,
    .rooms_each = lookup_rooms,
    .room_by_name = lookup_room_by_name,
    .room_topic = room_topic,
    .room_set_topic = outgoing_set_topic,
    .kick = outgoing_kick,
    .client_close = outgoing_close_client,
    .room_id = get_room_id,
    .room_by_id = get_room_by_id,
    .room_name = room_name,
    .room_member_count = room_member_count,
    .room_members_each = lookup_members,
    .member_id = member_id,
    .slot_new = slots_new,
    .slot_get = slots_get,
    .slot_set = slots_set,
    .msg_room = msg_room,
    .msg_user = msg_user,
    .msg_text = msg_text,
    .msg_set_text = msg_set_text,
    .msg_seq = msg_seq,
    .msg_ts = msg_ts,
    .call_client = call_client,
    .call_user = call_user,
    .call_room = call_room,
    .call_text = call_text,
    .call_json = call_json,
    .event_type = event_type,
    .event_seq = event_seq,
    .event_ts = event_ts,
    .event_user = event_user,
    .event_json = event_json,
    .event_cid = event_cid,
    .call_reply = outgoing_reply,
    .call_answer = call_answer,
    .bot_new = bots_new,
    .bot_join = bots_join,
    .bot_leave = bots_leave,
    .say = bots_say,
    .notice = outgoing_notice,
    .room_event = outgoing_room_event,
    .room_event_durable = outgoing_room_event_durable,
    .timer_start = background_timer_start,
    .timer_stop = background_timer_stop,
    .watch_start = background_watch_start,
    .watch_set = background_watch_set,
    .watch_stop = background_watch_stop,
    .post = background_post,
    .job = background_job,
    .service_provide = services_provide,
    .service_use = services_use,
    .command_each = command_each,
    .msg_type = msg_type,
    .call_event = outgoing_call_event,
    .call_answer_text = outgoing_answer_text,
    .event_get = fetches_event,
    .room_epoch = room_epoch,
    .room_seq = room_seq,
    .room_is_direct = room_is_direct,
    .member_since = get_member_since,
    .user_by_public_id = get_user_by_public_id,
    .user_data = get_user_data,
    .user_set_data = set_user_data,
    .user_event = outgoing_user_event,
    .login_set_user = set_login_user,
};
