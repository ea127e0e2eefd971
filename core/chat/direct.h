/* Direct messages: rooms of two people, named after their public ids, so that whose room it is
 * shows in its name and needs to be stored nowhere. */
#ifndef CHATD_CHAT_DIRECT_H
#define CHATD_CHAT_DIRECT_H

#include "chat/user.h"

struct room;

/* The two of a room. */
struct two {
    char ids[2][PUBLIC_ID_DIGITS + 1]; /* the smaller one first */
    char *nicks[2];                    /* their last ones; NULL when they are not known */
};

enum { DIRECT_NAME_BYTES = 3 + 2 * PUBLIC_ID_DIGITS + 1 };

/* The room's name, with a NUL; the ids in any order. */
void direct_name(const char *a, const char *b, char name[DIRECT_NAME_BYTES + 1]);

/* Does it begin as the name of such a room? Other rooms may not have it. */
bool direct_is_name(struct slice name);

/* -EINVAL when it is none all the same, -ENOMEM. */
int direct_new(struct slice name, struct two **two);
void direct_free(struct two *two);

bool direct_is_of(const struct room *room, const struct user *user);

/* Remembers his nick, for he is about to leave. */
void direct_remember(struct room *room, const struct user *user);

/* May the room begin: is the other one of the two here, or did it exist before? */
bool direct_may_begin(struct hub *hub, struct slice name, const struct user *user);

/* What the nick of one of the two was, as far as `user` is the other one. */
void direct_set_other_nick(struct room *room, const struct user *user, struct slice nick);

/* The nick of the other one, now or when he was last here; empty when nobody knows. */
struct slice direct_other_nick(const struct room *room, const struct user *user);

/* Puts "with": {"id", "nick"}: the other one. */
void direct_put_other(const struct room *room, const struct user *user, struct json_writer *w);

/* Whoever of the two is on the server and not in the room is in it from now on; where he is in too
 * many, he leaves the oldest of those that he was only brought to. False when he cannot be in it.
 */
bool direct_bring(struct room *room);

#endif
