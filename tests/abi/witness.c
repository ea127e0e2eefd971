/* Writes every event to the log, and answers each of the type "ping-pong" with another. */
#include "chatd-module.h"

#include <string.h>

#ifndef WITNESS
#define WITNESS "witness"
#endif

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    struct chatd_user *user = chatd->event_user(event);

    chatd->log(self, CHATD_LOG_INFO, "saw %s %s %d by %s cid '%s' %d: %s", chatd->room_name(room).p,
               chatd->event_type(event).p, (int)chatd->event_seq(event),
               user != NULL ? chatd->user_nick(user).p : "nobody", chatd->event_cid(event).p,
               chatd->event_ts(event) > 0, chatd->event_json(event).p);
    if (strcmp(chatd->event_type(event).p, "ping-pong") == 0) {
        struct chatd_json *fields = json->object();
        chatd->room_event_durable(self, room, NULL, "ping-pong", fields);
        json->free(fields);
    }
}

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

static const struct chatd_hook hooks[] = {CHATD_ON_EVENT(on_event, 0), CHATD_END};

CHATD_MODULE(.name = WITNESS, .version = "1.0", .about = "sees events", .api = &chatd,
             .hooks = hooks, .init = init);
