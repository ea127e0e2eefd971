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

struct client {
    struct user *user;
    struct client *next; /* of the same user */
    struct link *link;
    uint64_t id;
    struct slots *slots;
    struct verb_uses *uses;
};

/* A session of `user`, whose memberships it shares. NULL without memory. */
struct client *client_new(struct user *user, struct link *link);

/* Tells modules of a new session, when the client knows of it. */
void client_opened(struct client *client);

/* Tells modules, and takes the session off its user. The user ends with the last session, unless
 * it is a bot. */
void client_free(struct client *client);

struct client *client_by_id(struct hub *hub, uint64_t id);

void client_send(struct client *client, struct slice json, enum send_class send_class);

/* To all sessions of a user. */
void user_send(struct user *user, struct slice json, enum send_class send_class);

#endif
