/* Finding users, sessions and rooms, and walking over them, for struct chatd_api. */
#ifndef CHATD_PLUGIN_LOOKUP_H
#define CHATD_PLUGIN_LOOKUP_H

#include "plugin/module.h"

struct chatd_user *lookup_user_by_nick(struct chatd_self *self, const char *nick, size_t n);
struct chatd_room *lookup_room_by_name(struct chatd_self *self, const char *name, size_t n);
int lookup_users(struct chatd_self *self, chatd_user_each_fn *fn, void *arg);
int lookup_user_rooms(struct chatd_self *self, struct chatd_user *user, chatd_room_each_fn *fn,
                      void *arg);
int lookup_user_clients(struct chatd_self *self, struct chatd_user *user, chatd_client_each_fn *fn,
                        void *arg);
int lookup_rooms(struct chatd_self *self, chatd_room_each_fn *fn, void *arg);
int lookup_members(struct chatd_self *self, struct chatd_room *room, chatd_user_each_fn *fn,
                   void *arg);

#endif
