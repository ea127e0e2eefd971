/* A client: a logged-in session of a user, reached through a link. */
#ifndef CHATD_CHAT_CLIENT_H
#define CHATD_CHAT_CLIENT_H

#include "chat/link.h"
#include "chat/user.h"

/* How often a client called limited verbs lately: by verb->use, as far as it did. */
struct verb_uses {
    uint32_t n;
    struct verb_use {
        uint32_t since_ms; /* of the clock's value, the low bits */
        uint32_t calls;
    } use[];
};

/* Of a token: the first half of its SHA-256. */
struct token_hash {
    uint8_t bytes[16];
};

struct client {
    struct user *user;
    struct client *next; /* of the same user */
    struct link *link;
    uint64_t id;
    struct slots *slots;
    struct verb_uses *uses;
    struct token_hash token; /* see chat/resume.h; zeros for none */
};

/* A session of `user`, whose memberships it shares. NULL without memory. */
struct client *client_new(struct user *user, struct link *link);

/* To the rooms that the user is in already. */
void client_subscribe(struct client *client);

/* Tells modules of a new session, when the client knows of it. */
void client_opened(struct client *client);

/* Tells modules, and takes the session off its user, who ends with the last one, unless he is a
 * bot. When it does not end `for_good`, the user may come back (chat/resume.h). */
void client_free(struct client *client, bool for_good);

/* The same for a user: with his memberships, and modules are told. */
void user_end(struct user *user);

struct client *client_by_id(struct hub *hub, uint64_t id);

void client_send(struct client *client, struct slice json, enum send_class send_class);

/* To all sessions of a user. */
void user_send(struct user *user, struct slice json, enum send_class send_class);

#endif
