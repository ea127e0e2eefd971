/* Events that have their number and wait until a module has stored them: only then anybody is told.
 * Those of a room stand in the room's queue, in the order of their numbers. */
#ifndef CHATD_CHAT_STORING_H
#define CHATD_CHAT_STORING_H

#include "base/slice.h"

#include <stdint.h>

struct event;
struct hub;
struct room;
struct storing;
struct user;

/* What a module that stores is told; hub->store, NULL for none. */
struct store_ops {
    /* A room begins, and may go on where it ended. */
    void (*room)(void *arg, struct room *room);
    /* Answered with storing_done() or storing_failed(). */
    void (*event)(void *arg, const struct event *event);
    /* What makes a user known again has changed; or (not `here`) he is about to end. */
    void (*user)(void *arg, struct user *user, bool here);
};

/* Somebody who waits until an event is told. Embedded in what he is. */
struct event_wait {
    struct storing *storing; /* NULL: he does not wait */
    struct event_wait *next;
    /* It was told; or (NULL) it could not be stored, and why. */
    void (*done)(struct event_wait *wait, const struct event *event, const char *why);
};

/* Queues a copy of the event; `wait` may be NULL. -ENOBUFS above storing_memory, -ENOMEM. */
int storing_add(const struct event *event, struct event_wait *wait);

/* Is an event of this user with this cid being stored? Then `wait` waits for it, too. */
bool storing_join(struct room *room, const struct user *user, struct slice cid,
                  struct event_wait *wait);

/* Is a "delete" of this message being stored? */
bool storing_deletes(const struct room *room, int64_t target);

/* Ends the wait, not the storing. */
void storing_cancel(struct event_wait *wait);

/* All up to `seq` are stored; all from `seq` on are not, and their numbers are free again. What
 * follows from that happens when the present dispatch is over. -ENOENT when there are none. */
int storing_done(struct room *room, int64_t seq);
int storing_failed(struct room *room, int64_t seq, const char *why);

/* There is no store any more. */
void storing_fail_all(struct hub *hub, const char *why);

#endif
