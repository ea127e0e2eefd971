/* What modules send: queued until the present dispatch is over, so that nothing a hook sends
 * overtakes what it reacts to, and no hook is called inside another. */
#ifndef CHATD_PLUGIN_OUTGOING_H
#define CHATD_PLUGIN_OUTGOING_H

#include "plugin/module.h"

/* For struct chatd_api. */
chatd_id outgoing_bot_new(struct chatd_self *self, const char *nick);
int outgoing_say(struct chatd_self *self, chatd_id bot, struct chatd_room *room, const char *text,
                 size_t n);
int outgoing_notice(struct chatd_self *self, chatd_id bot, struct chatd_user *user,
                    struct chatd_room *room, const char *text, size_t n);
int outgoing_room_event(struct chatd_self *self, struct chatd_room *room, const char *type,
                        const struct chatd_json *fields, struct chatd_user *except);
int outgoing_reply(struct chatd_self *self, struct chatd_call *call, const char *text, size_t n);

/* Takes the bots from the module: they become what `heir` has inherited, or end when it is NULL. */
void outgoing_end_bots(struct chatd_self *self, struct chatd_self *heir);

/* Ends the bots that the module has inherited and not made its own with bot_new(). */
void outgoing_end_inherited(struct chatd_self *self);

#endif
