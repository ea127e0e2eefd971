/* A login on its way: who somebody says he is, for the `auth` filters of modules. */
#ifndef CHATD_CHAT_LOGIN_H
#define CHATD_CHAT_LOGIN_H

#include "chat/user.h"
#include "net/address.h"

struct login {
    struct subject subject;
    struct hub *hub;
    const struct json *json;            /* the request */
    char address[ADDRESS_TEXT_BYTES];   /* the peer's, for people */
    struct slice nick;                  /* ended by a NUL */
    char *own_nick;                     /* what `nick` points to after a filter changed it */
    struct slice token;                 /* of a session that is not known here; empty for none */
    char user_id[PUBLIC_ID_DIGITS + 1]; /* whom a filter takes him for; "" for somebody new */
    struct json *saved;                 /* what is known of that user; NULL for nothing */
};

/* Asks the filters. Whom none of them knows is a guest: VERDICT_PASS when there may be guests.
 * Else VERDICT_DENY, or VERDICT_PENDING. */
enum verdict login_check(struct login *login);

/* The same for a verdict that came later. */
enum verdict login_decide(const struct login *login, enum verdict verdict);

/* Replaces the nick by a copy. -EINVAL when it cannot be one, -ENOMEM. */
int login_set_nick(struct login *login, struct slice nick);

/* He is the user with this public id, who had what is in `saved` (see user_save(); may be NULL, and
 * is copied). -EINVAL when it is no such id, -ENOMEM. */
int login_set_user(struct login *login, struct slice id, const struct json *saved);

/* Also ends the wait for a verdict. */
void login_deinit(struct login *login);

#endif
