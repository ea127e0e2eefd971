/* What modules may do to rooms, sessions and bots; each is a command. */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static chatd_id bot;

/* Answers what came of a call as {"result": N}. */
static int result(struct chatd_self *self, struct chatd_call *call, int64_t number)
{
    struct chatd_json *fields = json->object();
    json->set_int(fields, "result", number);
    chatd->call_answer(self, call, fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

static int on_topic(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str text = chatd->call_text(call);
    return result(self, call,
                  chatd->room_set_topic(self, chatd->call_room(call), chatd->call_user(call),
                                        text.p, text.n));
}

static int on_show_topic(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str text = chatd->room_topic(chatd->call_room(call));
    chatd->call_reply(self, call, text.p, text.n);
    return CHATD_ACCEPT;
}

static int on_kick(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str nick = chatd->call_text(call);
    struct chatd_user *user = chatd->user_by_nick(self, nick.p, nick.n);
    if (user == NULL)
        return chatd->deny(self, "not_found", "nobody has this nick");
    return result(self, call, chatd->kick(self, chatd->call_room(call), user, "for a \"test\""));
}

static int close_one(struct chatd_self *self, struct chatd_client *client, void *arg)
{
    return chatd->client_close(self, client, *(unsigned *)arg, "banned");
}

static int on_close(struct chatd_self *self, struct chatd_call *call)
{
    unsigned code = 0;
    char nick[32] = "";
    sscanf(chatd->call_text(call).p, "%u %31s", &code, nick);
    struct chatd_user *user = chatd->user_by_nick(self, nick, strlen(nick));
    return result(self, call, chatd->user_clients_each(self, user, close_one, &code));
}

static int on_bot_join(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str room = chatd->call_text(call);
    return result(self, call, chatd->bot_join(self, bot, room.p, room.n));
}

static int on_bot_leave(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_str name = chatd->call_text(call);
    struct chatd_room *room = chatd->room_by_name(self, name.p, name.n);
    return result(self, call, room != NULL ? chatd->bot_leave(self, bot, room) : -ENOENT);
}

/* /event DURABLE TYPE FIELD: with {FIELD: "value"}. */
static int on_send_event(struct chatd_self *self, struct chatd_call *call)
{
    int durable = 0;
    char type[32] = "";
    char field[32] = "";
    sscanf(chatd->call_text(call).p, "%d %31s %31s", &durable, type, field);
    struct chatd_json *fields = json->object();
    json->set_str(fields, field, "value", 5);
    struct chatd_room *room = chatd->call_room(call);
    int err = durable ? chatd->room_event_durable(self, room, chatd->call_user(call), type, fields)
                      : chatd->room_event(self, room, type, fields, NULL);
    json->free(fields);
    return result(self, call, err);
}

static int on_reserved_answer(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_json *fields = json->object();
    json->set_str(fields, "id", "x", 1);
    int err = chatd->call_answer(self, call, fields);
    json->free(fields);
    return result(self, call, err);
}

/* ---- Walks -------------------------------------------------------------------------------- */

static int append(char *out, struct chatd_str text)
{
    strncat(strcat(out, " "), text.p, 900 - strlen(out));
    return 0;
}

static int append_user(struct chatd_self *self, struct chatd_user *user, void *out)
{
    (void)self;
    return append(out, chatd->user_nick(user));
}

static int append_room(struct chatd_self *self, struct chatd_room *room, void *out)
{
    (void)self;
    return append(out, chatd->room_name(room));
}

static int append_client(struct chatd_self *self, struct chatd_client *client, void *out)
{
    (void)self;
    append(out, chatd->client_address(client));
    return 7; /* no more */
}

static int on_walk(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_user *user = chatd->call_user(call);
    char out[1000] = "users:";
    chatd->users_each(self, append_user, out);
    strcat(out, " rooms:");
    chatd->rooms_each(self, append_room, out);
    strcat(out, " mine:");
    chatd->user_rooms_each(self, user, append_room, out);
    strcat(out, " members:");
    chatd->room_members_each(self, chatd->call_room(call), append_user, out);
    strcat(out, " addresses:");
    if (chatd->user_clients_each(self, user, append_client, out) != 7)
        strcat(out, " WRONG");
    chatd->call_reply(self, call, out, strlen(out));
    return CHATD_ACCEPT;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_command commands[] = {
    CHATD_COMMAND("topic", "", "", on_topic),
    CHATD_COMMAND("show_topic", "", "", on_show_topic),
    CHATD_COMMAND("kick", "", "", on_kick),
    CHATD_COMMAND("close", "", "", on_close),
    CHATD_COMMAND("bot_join", "", "", on_bot_join),
    CHATD_COMMAND("bot_leave", "", "", on_bot_leave),
    CHATD_COMMAND("event", "", "", on_send_event),
    CHATD_COMMAND("reserved", "", "", on_reserved_answer),
    CHATD_COMMAND("walk", "", "", on_walk),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    bot = chatd->bot_new(self, "roomy");
    return json != NULL && bot != 0 ? 0 : -1;
}

CHATD_MODULE(.name = "rooms", .version = "1.0", .about = "rooms", .api = &chatd,
             .commands = commands, .init = init);
