/* A user: somebody with a nick that nobody else has. */
#ifndef CHATD_CHAT_USER_H
#define CHATD_CHAT_USER_H

#include "base/hash.h"
#include "chat/hub.h"

enum { PUBLIC_ID_DIGITS = 16 };

struct user {
    UT_hash_handle hh;
    struct hub *hub;
    uint64_t id;
    char *nick;
    char *key; /* what nicks are compared by */
    struct client *clients;
    struct member *memberships;
    struct slots *slots;
    struct absence *absence; /* when sessions have ended that may come back */
    const void *bot_of;      /* the module whose bot this is; NULL for a person */
    uint32_t n_memberships;
    char public_id[PUBLIC_ID_DIGITS + 1];
};

/* A new user. NULL and `*denial` filled in when the nick is refused: bad_request, nick_in_use (and
 * `suggestion`, which may be NULL, gets a nick that is free, or ""), unavailable. */
struct user *user_new(struct hub *hub, struct slice nick, const void *bot_of, struct denial *denial,
                      struct buf *suggestion);

/* Ends the user and its memberships. Its clients must be gone. */
void user_free(struct user *user);

struct user *user_by_id(struct hub *hub, uint64_t id);

/* NULL when nobody has this nick, or one that counts as the same. */
struct user *user_by_nick(struct hub *hub, struct slice nick);

/* Puts "id" and "nick", and for bots "bot", into the object that `w` has begun. */
void user_put(const struct user *user, struct json_writer *w);

#endif
