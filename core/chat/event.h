/* Durable events: what happens in a room and has its place in the room's order, a message or what
 * modules add. */
#ifndef CHATD_CHAT_EVENT_H
#define CHATD_CHAT_EVENT_H

#include "chat/room.h"
#include "chat/storing.h"

/* Borrowed, all of it. Texts end with a NUL that does not count. */
struct event {
    struct room *room;
    const char *type;
    struct user *user;  /* who did it; NULL for nobody */
    const void *origin; /* the module that it comes from, NULL for none */
    unsigned hops;      /* how many messages of modules led to this */
    int64_t seq;
    int64_t ts;
    struct slice json;           /* as all got it */
    struct slice cid;            /* the idempotency key of who did it; empty for none */
    struct slice text;           /* of a message, or what has text like one; no `p` for others */
    int64_t reply_to;            /* 0 for none */
    int64_t target;              /* the message that it is about; 0 for none */
    const char *topic;           /* what the room is about from then on; NULL: as before */
    const uint64_t *hidden_from; /* numbers of users who do not get it */
    size_t n_hidden_from;
};

/* Gives it the next number and tells everybody in the room {"type", "room", "seq", "ts", "from":
 * user, "text", "reply_to", and the members of `fields`}; `fields` may be NULL. `event` has what
 * stands above `seq`, and cid to topic; the rest is filled in. 0: it is told. -EINPROGRESS: it is
 * told when it is stored; `wait` (may be NULL) has `done` and waits for that. -ENOMEM, -EMSGSIZE.
 */
int event_publish(struct event *event, const struct json *fields, struct event_wait *wait);

/* For storing.c: tells an event that has its number. */
void event_tell(struct event *event);

/* To one's own sessions an event is told with its cid: writes that into `out`, which is initialised
 * and empty. -ENOMEM, -EMSGSIZE. */
int event_write_own(struct slice json, struct slice cid, struct buf *out);

/* What an event with these members is about: "target", or 0 for nothing. */
int64_t event_target(const struct json *fields);

/* 1 to 64 letters, digits, '-', '_' and '.': nothing that JSON would have to escape. */
bool event_name_is_plain(const char *name);

/* May a module name its events so? Letters, digits, '-', '_' and '.', and none of the core's. */
bool event_type_is_free(const char *type);

enum { EVENT_MAX = 16 << 20 };

#endif
