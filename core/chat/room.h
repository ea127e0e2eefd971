/* A room: members, and the order of what is said. */
#ifndef CHATD_CHAT_ROOM_H
#define CHATD_CHAT_ROOM_H

#include "chat/event_log.h"
#include "chat/user.h"
#include "net/topic.h"

enum { EPOCH_DIGITS = 8 };

struct room {
    UT_hash_handle hh;
    struct hub *hub;
    uint64_t id;
    char *name;
    char *topic_text;       /* NULL for none */
    int64_t seq;            /* of the last message; the next one has one more */
    struct member *members; /* in the order in which they joined */
    struct member *last_member;
    uint32_t n_members;
    uint32_t holds; /* who else needs the room; see room_hold() */
    struct topic topic;
    struct event_log log;
    struct cid_window *cids;
    struct slots *slots; /* modules' data */
    char epoch[EPOCH_DIGITS + 1];
};

/* A user in a room. */
struct member {
    struct user *user;
    struct room *room;
    struct member *room_prev;
    struct member *room_next;
    struct member *user_next;
    uint64_t id;
    int64_t since_seq; /* of the room, when he joined */
    struct slots *slots;
};

/* NULL when there is none. */
struct room *room_find(struct hub *hub, struct slice name);
struct room *room_by_id(struct hub *hub, uint64_t id);

/* The membership, or NULL. */
struct member *room_member(struct room *room, struct user *user);

/* A user on the way into a room. */
struct joining {
    struct subject subject;
    struct user *user;
    struct client *client; /* who asked, and with what; NULL for a bot */
    const struct json *json;
    struct room *room;
    struct member *member; /* in the end */
    /* Called when the verdict of room_join() was VERDICT_PENDING, with the final one. */
    void (*done)(struct joining *joining, enum verdict verdict);
};

/* Makes joining->user a member of the room of that name, which is made when there is none yet; a
 * member already stays one. `subject` has the denial. VERDICT_PASS, and `member` is set, or
 * VERDICT_DENY: bad_request, forbidden (or a module's code), unavailable. VERDICT_PENDING: `done`
 * tells later, unless room_join_cancel() comes first. */
enum verdict room_join(struct joining *joining, struct slice name);

/* Ends the wait for a verdict, if there is one. */
void room_join_cancel(struct joining *joining);

/* Sets what the room is about ("" for nothing) and tells all. `event` has the room and what else is
 * known of it (see event_publish()). -EINVAL for text that is too long or not UTF-8, -ENOMEM. */
int room_set_topic(struct event *event, struct slice text);

/* Sends a user out, who is told why. */
void room_kick(struct member *member, const char *reason);

/* A room ends with its last member, but not while somebody holds it. */
void room_hold(struct room *room);
void room_release(struct room *room);

/* Ends a membership. The room ends with its last member. */
void room_leave(struct member *member);

/* Keeps an event for those who come back; see chat/event_log.h. */
void room_log(struct room *room, const struct logged_event *event);

/* Puts what who comes into the room has to know of it: "room", "epoch", "seq", "count" and more. */
void room_put_state(struct room *room, struct user *user, struct json_writer *w);
void room_put_topic(const struct room *room, struct json_writer *w);

/* Sends JSON text to all sessions of all members but `except` (may be NULL). */
void room_publish(struct room *room, struct slice json, enum send_class send_class,
                  const struct user *except);

#endif
