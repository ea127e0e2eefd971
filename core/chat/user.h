/* A user: somebody with a nick that nobody else has. */
#ifndef CHATD_CHAT_USER_H
#define CHATD_CHAT_USER_H

#include "base/hash.h"
#include "chat/hub.h"

enum { PUBLIC_ID_DIGITS = 16 };

struct user {
    UT_hash_handle hh; /* by key of the nick */
    UT_hash_handle by_public_id;
    struct hub *hub;
    uint64_t id;
    uint64_t number; /* the public id as a number: who he is, also when he comes back */
    char *nick;
    char *key; /* what nicks are compared by */
    struct client *clients;
    struct member *memberships;
    struct slots *slots;
    struct absence *absence; /* when sessions have ended that may come back */
    const void *bot_of;      /* the module whose bot this is; NULL for a person */
    struct json *data;       /* of modules: {MODULE: {KEY: value}}; NULL for none */
    uint32_t n_memberships;  /* but for those in rooms of direct messages */
    uint32_t n_direct;       /* those */
    uint32_t holds;          /* who still speaks of him; see user_hold() */
    bool ending;             /* his memberships end with him */
    bool ended;
    char public_id[PUBLIC_ID_DIGITS + 1];
};

/* A new user. NULL and `*denial` filled in when the nick is refused: bad_request, nick_in_use (and
 * `suggestion`, which may be NULL, gets a nick that is free, or ""), unavailable. */
struct user *user_new(struct hub *hub, struct slice nick, const void *bot_of, struct denial *denial,
                      struct buf *suggestion);

/* Ends the user and its memberships. Its clients must be gone. */
void user_free(struct user *user);

/* Somebody who has ended stays in memory, with nick and public id, as long as he is held. */
void user_hold(struct user *user);
void user_release(struct user *user);

/* He is known by this public id from now on: hexadecimal digits that nobody else has. */
void user_set_public_id(struct user *user, struct slice id);

/* NULL when nobody on the server has it. */
struct user *user_by_public_id(struct hub *hub, struct slice id);
bool user_is_public_id(struct slice id);
/* As struct user.number has it; 0 when it is none. */
uint64_t user_public_number(struct slice id);

/* Tells the store that what makes him known again has changed. */
void user_changed(struct user *user);

/* What a module keeps of him under a key; NULL for nothing. */
const struct json *user_data(const struct user *user, const char *module, const char *key);

/* Sets it to a copy; NULL removes it. -ENOSPC above max_user_data, -ENOMEM. */
int user_set_data(struct user *user, const char *module, const char *key, const struct json *value);

/* He is in a room again that user_save() has named; `was_gone` when others could talk there
 * meanwhile.
 */
void user_restore_room(struct user *user, const struct json *saved, bool was_gone);

/* Takes over all of it. */
void user_restore_data(struct user *user, struct json *data);

/* What it takes to know him again; see iface("store", 1) in chatd-module.h. NULL without memory. */
struct json *user_save(const struct user *user);

struct user *user_by_id(struct hub *hub, uint64_t id);

/* NULL when nobody has this nick, or one that counts as the same. */
struct user *user_by_nick(struct hub *hub, struct slice nick);

/* Puts "id" and "nick", and for bots "bot", into the object that `w` has begun. */
void user_put(const struct user *user, struct json_writer *w);

#endif
