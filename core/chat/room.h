/* A room: members, and the order of what is said. */
#ifndef CHATD_CHAT_ROOM_H
#define CHATD_CHAT_ROOM_H

#include "chat/direct.h"
#include "chat/event_log.h"
#include "chat/storing.h"
#include "chat/user.h"
#include "net/topic.h"

enum { EPOCH_DIGITS = 8 };

struct event;

struct room {
    UT_hash_handle hh;
    struct hub *hub;
    uint64_t id;
    char *name;
    char *topic_text;    /* NULL for none */
    int64_t seq;         /* of the last event that was told */
    int64_t numbered;    /* the last number that was given; above seq while events are stored */
    int64_t numbered_ts; /* when that was; an event has no time before those with lower numbers */
    struct member *members; /* in the order in which they joined */
    struct member *last_member;
    uint32_t n_members;
    uint32_t holds; /* who else needs the room; see room_hold() */
    struct topic topic;
    struct event_log log;
    struct cid_window *cids;
    struct slots *slots;     /* modules' data */
    struct two *two;         /* of a room of direct messages; else NULL */
    struct storing *storing; /* in the order of their numbers; see chat/storing.h */
    struct storing **last_storing;
    struct storing *unstored; /* those that failed */
    int64_t stored_seq;
    struct task stored_task; /* `run` is NULL when it is not under way */
    bool beginning;          /* what was stored of it may be restored */
    bool permanent;          /* it stays without members */
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
    int64_t since_seq; /* of the room, when he joined: what is behind it he has been told */
    int64_t
        asked_from; /* what it had numbered when he came: filters were asked for him behind that */
    bool is_back;   /* he was a member before he came: since_seq is of then */
    bool was_brought; /* he has not said a word here, nor asked to be */
    struct slots *slots;
};

/* NULL when there is none. */
struct room *room_find(struct hub *hub, struct slice name);
struct room *room_by_id(struct hub *hub, uint64_t id);

/* The membership, or NULL. */
struct member *room_member(struct room *room, struct user *user);

/* A new room. NULL and `*denial` filled in: bad_request, unavailable. It ends when somebody who
 * held it lets it go, or its last member leaves. */
struct room *room_new(struct hub *hub, struct slice name, struct denial *denial);

/* Makes a user a member who is none, without asking or telling anybody. NULL without memory. */
struct member *member_new(struct room *room, struct user *user);

/* A user on the way into a room. */
struct joining {
    struct subject subject;
    struct user *user;
    struct client *client; /* who asked, and with what; NULL for a bot */
    const struct json *json;
    struct room *room;
    struct member *member; /* in the end */
    bool is_new;           /* he was none before */
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

/* Sets what the room is about ("" for nothing), valid UTF-8, and tells all. `event` has the room
 * and what else is known of it (see event_publish()). -ENOMEM. */
int room_set_topic(struct event *event, const char *text);

/* Sends a user out, who is told why. */
void room_kick(struct member *member, const char *reason);

/* A room ends with its last member, but not while somebody holds it. */
void room_hold(struct room *room);
void room_release(struct room *room);

/* Is there such a room now, or was there one of which something is stored? */
bool room_has_been(struct hub *hub, struct slice name);

/* Keeps the rooms that chatd.conf names, and those only, without members. */
void rooms_configure(struct hub *hub);
void rooms_forget(struct hub *hub);

/* A room goes on under another epoch and behind another number than it began with. -EPERM but in
 * store_ops.room(), -EINVAL, -ENOMEM. */
int room_restore(struct room *room, struct slice epoch, int64_t seq, struct slice topic);

/* An event from the store; see iface("store", 1) in chatd-module.h. */
struct restored_event {
    int64_t seq;
    int64_t ts;
    struct slice json;
    struct slice from; /* a public id; empty for nobody */
    struct slice cid;
    const uint64_t *hidden_from;
    size_t n_hidden_from;
};

/* Puts it at the end of the log, and remembers its cid. */
void room_restore_event(struct room *room, const struct restored_event *event);

/* Nothing was said in it, and no person is in it. */
bool room_has_bots_only(const struct room *room);
/* Asks the store once more what it has of this room. */
void room_begin_again(struct room *room);

/* Makes a user a member who was one before, without asking or telling anybody; of a room that is
 * made when there is none yet. `since` is when he joined; -1: he begins anew, for filters were not
 * asked for him meanwhile. NULL when that cannot be. */
struct member *room_rejoin(struct user *user, struct slice name, int64_t since);

/* The number behind which filters were asked about deliveries to him. */
int64_t member_since(const struct member *member);

/* Makes a user a member without asking filters, and tells all modules and him. -ENOMEM. */
int room_bring(struct room *room, struct user *user);

/* Tells the sessions of a user but `except` that he is in a room, or left it. */
void room_tell_joined(struct member *member, const struct client *except);
void room_tell_left(const struct room *room, struct user *user, const struct client *except);

/* Ends a membership. The room ends with its last member. */
void room_leave(struct member *member);

/* Keeps an event for those who come back; see chat/event_log.h. */
void room_log(struct room *room, const struct logged_event *event);

/* Puts what who comes into the room has to know of it, as of `seq`: "room", "epoch", "seq", "count"
 * and more. */
void room_put_state(struct room *room, struct user *user, int64_t seq, struct json_writer *w);
void room_put_topic(const struct room *room, struct json_writer *w);

/* Sends JSON text to all sessions of all members but `except` (may be NULL). */
void room_publish(struct room *room, struct slice json, enum send_class send_class,
                  const struct user *except);

#endif
