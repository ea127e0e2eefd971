/* What modules send: queued until the present dispatch is over, so that nothing a hook sends
 * overtakes what it reacts to, and no hook is called inside another. */
#ifndef CHATD_PLUGIN_OUTGOING_H
#define CHATD_PLUGIN_OUTGOING_H

#include "plugin/module.h"

/* Something to send, by ids: who is gone when its turn comes is not sent to. */
struct outgoing {
    struct task task;               /* frees it */
    void (*run)(struct task *task); /* what `task` is to do; set by outgoing_defer() */
    struct chatd_self *self;
    uint64_t room;
    uint64_t user;   /* or the client, whichever `task` takes it for */
    uint64_t except; /* the session that does not get it; 0 for none */
    unsigned number; /* a close code */
    unsigned hops;
    size_t n;
    char text[]; /* and a NUL */
};

/* Queues a copy of `model`, which has `task.run` and what that needs, with the text. -ENOMEM. */
int outgoing_defer(struct chatd_self *self, const struct outgoing *model, struct slice text);

/* May the module send something that other modules react to now? -ELOOP (logged) when it would be
 * one answer to an answer too many. */
int outgoing_check_hops(struct chatd_self *self);

/* For struct chatd_api. */
int outgoing_notice(struct chatd_self *self, chatd_id bot, struct chatd_user *user,
                    struct chatd_room *room, const char *text, size_t n);
int outgoing_room_event(struct chatd_self *self, struct chatd_room *room, const char *type,
                        const struct chatd_json *fields, struct chatd_user *except);
int outgoing_room_event_durable(struct chatd_self *self, struct chatd_room *room,
                                struct chatd_user *from, const char *type,
                                const struct chatd_json *fields);
int outgoing_user_event(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                        const char *type, const struct chatd_json *fields,
                        struct chatd_client *except);
int outgoing_call_event(struct chatd_self *self, struct chatd_call *call, const char *type,
                        const struct chatd_json *fields, const char *text, size_t n);
int outgoing_answer_text(struct chatd_self *self, struct chatd_call *call, const char *name,
                         const char *json, size_t n);
int outgoing_reply(struct chatd_self *self, struct chatd_call *call, const char *text, size_t n);
int outgoing_set_topic(struct chatd_self *self, struct chatd_room *room, struct chatd_user *by,
                       const char *text, size_t n);
int outgoing_kick(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user,
                  const char *reason);
int outgoing_close_client(struct chatd_self *self, struct chatd_client *client, unsigned code,
                          const char *reason);

#endif
