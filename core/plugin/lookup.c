#include "plugin/lookup.h"

#include "chat/client.h"
#include "chat/room.h"
#include "plugin/thread.h"

#include <errno.h>

struct chatd_user *lookup_user_by_nick(struct chatd_self *self, const char *nick, size_t n)
{
    SERVERS_THREAD_ONLY("user_by_nick", NULL);
    return user_out(user_by_nick(self->plugins->hub, slice_of(nick, n)));
}

struct chatd_room *lookup_room_by_name(struct chatd_self *self, const char *name, size_t n)
{
    SERVERS_THREAD_ONLY("room_by_name", NULL);
    return room_out(room_find(self->plugins->hub, slice_of(name, n)));
}

/* What a module does to an object is queued until its callbacks have returned, so the lists do not
 * change under these walks. */

int lookup_users(struct chatd_self *self, chatd_user_each_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("users_each", -EPERM);
    struct user *user;
    struct user *next;
    int stop = 0;

    HASH_ITER (hh, self->plugins->hub->users, user, next)
        if (stop == 0)
            stop = fn(self, user_out(user), arg);
    return stop;
}

int lookup_user_rooms(struct chatd_self *self, struct chatd_user *user, chatd_room_each_fn *fn,
                      void *arg)
{
    SERVERS_THREAD_ONLY("user_rooms_each", -EPERM);
    int stop = 0;

    for (const struct member *at = user_in(user)->memberships; at != NULL && stop == 0;
         at = at->user_next)
        stop = fn(self, room_out(at->room), arg);
    return stop;
}

int lookup_user_clients(struct chatd_self *self, struct chatd_user *user, chatd_client_each_fn *fn,
                        void *arg)
{
    SERVERS_THREAD_ONLY("user_clients_each", -EPERM);
    int stop = 0;

    for (struct client *at = user_in(user)->clients; at != NULL && stop == 0; at = at->next)
        stop = fn(self, client_out(at), arg);
    return stop;
}

int lookup_rooms(struct chatd_self *self, chatd_room_each_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("rooms_each", -EPERM);
    struct room *room;
    struct room *next;
    int stop = 0;

    HASH_ITER (hh, self->plugins->hub->rooms, room, next)
        if (stop == 0)
            stop = fn(self, room_out(room), arg);
    return stop;
}

int lookup_members(struct chatd_self *self, struct chatd_room *room, chatd_user_each_fn *fn,
                   void *arg)
{
    SERVERS_THREAD_ONLY("room_members_each", -EPERM);
    int stop = 0;

    for (const struct member *at = room_in(room)->members; at != NULL && stop == 0;
         at = at->room_next)
        stop = fn(self, user_out(at->user), arg);
    return stop;
}
