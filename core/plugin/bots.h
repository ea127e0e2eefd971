/* Bots: users that modules speak as. */
#ifndef CHATD_PLUGIN_BOTS_H
#define CHATD_PLUGIN_BOTS_H

#include "plugin/module.h"

/* For struct chatd_api. */
chatd_id bots_new(struct chatd_self *self, const char *nick);
int bots_say(struct chatd_self *self, chatd_id bot, struct chatd_room *room, const char *text,
             size_t n);
int bots_join(struct chatd_self *self, chatd_id bot, const char *room, size_t n);
int bots_leave(struct chatd_self *self, chatd_id bot, struct chatd_room *room);

/* The module's own bot of this id, or NULL. */
struct user *bots_find(struct chatd_self *self, chatd_id id);

/* Takes the bots from the module: they become what `heir` has inherited, or end when it is NULL. */
void bots_end(struct chatd_self *self, struct chatd_self *heir);

/* Ends the bots that the module has inherited and not made its own with bot_new(). */
void bots_end_inherited(struct chatd_self *self);

#endif
