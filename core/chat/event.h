/* Durable events: what happens in a room and has its place in the room's order, a message or what
 * modules add. */
#ifndef CHATD_CHAT_EVENT_H
#define CHATD_CHAT_EVENT_H

#include "chat/room.h"

/* Borrowed, all of it. */
struct event {
    struct room *room;
    const char *type;
    struct user *user;  /* who did it; NULL for nobody */
    const void *origin; /* the module that it comes from, NULL for none */
    int64_t seq;
    int64_t ts;
    struct slice json; /* as all got it; ended by a NUL */
    struct slice cid;  /* of a message: the sender's idempotency key; empty for none */
};

/* Tells everybody in the room {"type", "room", "seq", "ts", "from": user, and the members of
 * `fields`}, with the next number. `event` has what stands above `seq`; the rest is filled in.
 * -ENOMEM, -EMSGSIZE. */
int event_publish(struct event *event, const struct json *fields);

/* Tells modules of an event that took its number. */
void event_told(const struct event *event);

/* May a module name its events so? Letters, digits, '-', '_' and '.', and none of the core's. */
bool event_type_is_free(const char *type);

#endif
