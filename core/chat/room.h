/* A room: members, and the order of what is said. */
#ifndef CHATD_CHAT_ROOM_H
#define CHATD_CHAT_ROOM_H

#include "chat/user.h"
#include "net/topic.h"

enum { EPOCH_DIGITS = 8 };

struct room {
    UT_hash_handle hh;
    struct hub *hub;
    uint64_t id;
    char *name;
    int64_t seq;            /* of the last message; the next one has one more */
    struct member *members; /* in the order in which they joined */
    struct member *last_member;
    uint32_t n_members;
    struct topic topic;
    struct cid_window *cids;
    void **slots; /* modules' data, by slot */
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
    void **slots;
};

/* NULL when there is none. */
struct room *room_find(struct hub *hub, struct slice name);
struct room *room_by_id(struct hub *hub, uint64_t id);

/* The membership, or NULL. */
struct member *room_member(struct room *room, struct user *user);

/* Makes the user a member of the room of that name, which is made when there is none yet; a member
 * already stays one. NULL and `*denial` filled in when that is refused: bad_request, forbidden (or
 * a module's code), too_large, unavailable. */
struct member *room_join(struct hub *hub, struct user *user, struct slice name,
                         struct denial *denial);

/* Ends a membership. The room ends with its last member. */
void room_leave(struct member *member);

/* Sends JSON text to all sessions of all members but `except` (may be NULL). */
void room_publish(struct room *room, struct slice json, enum send_class send_class,
                  const struct user *except);

#endif
