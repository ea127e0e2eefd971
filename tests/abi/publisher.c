/* Publishes durable events for clients: {"type": "publish", "room", "as": TYPE, "text", "fields"}.
 * And keeps messages that begin with "not for NICK" from that user, and others with such a text,
 * too. */
#include "chatd-module.h"

#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

static int on_publish(struct chatd_self *self, struct chatd_call *call)
{
    const struct chatd_json *request = chatd->call_json(call);
    const struct chatd_json *fields = json->get(request, "fields");
    const char *text = json->str(json->get(request, "text"), NULL);
    struct chatd_json *none = json->object();
    int err = chatd->call_event(self, call, json->str(json->get(request, "as"), ""),
                                fields != NULL ? fields : none, text, text ? strlen(text) : 0);

    json->free(none);
    return err == 0 ? CHATD_ACCEPT : chatd->deny(self, "bad_request", strerror(-err));
}

/* The event as other modules get it. */
static void on_got(struct chatd_self *self, struct chatd_room *room, struct chatd_str found,
                   void *arg)
{
    chatd_id token = (chatd_id)(uintptr_t)arg;
    struct chatd_call *call = chatd->pending_call(self, token);

    (void)room;
    if (call != NULL)
        chatd->call_answer_text(self, call, "event", found.n > 0 ? found.p : "null",
                                found.n > 0 ? found.n : 4);
    chatd->resume(self, token, CHATD_ACCEPT, NULL, NULL);
}

static int on_get(struct chatd_self *self, struct chatd_call *call)
{
    int64_t seq = json->integer(json->get(chatd->call_json(call), "seq"), 0);
    chatd_id token = chatd->defer(self, 10000, CHATD_DENY);

    if (chatd->event_get(self, chatd->call_room(call), seq, on_got, (void *)(uintptr_t)token) != 0)
        return chatd->deny(self, "unavailable", "too many wait");
    return CHATD_PENDING;
}

static int on_deliver(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to)
{
    static const char begin[] = "not for ";
    const char *text = chatd->msg_text(msg).p;
    size_t n = strlen(chatd->user_nick(to).p);

    (void)self;
    if (strncmp(text, begin, strlen(begin)) != 0)
        return CHATD_PASS;
    return strncmp(text + strlen(begin), chatd->user_nick(to).p, n) == 0 ? CHATD_DROP : CHATD_PASS;
}

static const struct chatd_verb verbs[] = {
    CHATD_VERB("publish", CHATD_VERB_ROOM, 0, 0, on_publish),
    CHATD_VERB("get", CHATD_VERB_ROOM, 0, 0, on_get),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {CHATD_ON_DELIVER(on_deliver, 0), CHATD_END};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

CHATD_MODULE(.name = "publisher", .version = "1.0", .about = "publishes events", .api = &chatd,
             .need_minor = 10, .verbs = verbs, .hooks = hooks, .init = init);
