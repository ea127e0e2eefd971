/* Asks for an event, and keeps data of everybody who sends a message. Its callbacks must not be called
 * when it has stopped. */
#include "chatd-module.h"

#include <stdlib.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static char *state;

static void on_got(struct chatd_self *self, struct chatd_room *room, struct chatd_str event,
                   void *arg)
{
    (void)room;
    (void)arg;
    chatd->log(self, CHATD_LOG_INFO, "state %c, got %d bytes", state[0], (int)event.n);
}

static int on_ask(struct chatd_self *self, struct chatd_call *call)
{
    return chatd->event_get(self, chatd->call_room(call), 1, on_got, NULL) == 0 ? CHATD_ACCEPT
                                                                                 : CHATD_DENY;
}

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_json *value = json->object();

    chatd->log(self, CHATD_LOG_INFO, "set data: %d",
               chatd->user_set_data(self, chatd->msg_user(msg), "key", value));
    json->free(value);
}

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    state = malloc(1);
    if (state == NULL)
        return -1;
    state[0] = 'x';
    return 0;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)self;
    (void)save;
    free(state);
    state = NULL;
}

static const struct chatd_hook hooks[] = {CHATD_ON_SENT(on_sent, 0), CHATD_END};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("ask", CHATD_VERB_ROOM, 0, 0, on_ask),
    CHATD_END,
};

CHATD_MODULE(.name = "asker", .version = "1.0", .about = "asks", .api = &chatd, .need_minor = 10,
             .hooks = hooks, .verbs = verbs, .init = init, .stop = stop);
