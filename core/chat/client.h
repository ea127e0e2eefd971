/* A client: a logged-in session of a user, reached through a link. */
#ifndef CHATD_CHAT_CLIENT_H
#define CHATD_CHAT_CLIENT_H

#include "chat/link.h"
#include "chat/user.h"

/* How often a client called a verb lately. */
struct verb_use {
    int64_t since_ms;
    uint32_t calls;
};

struct client {
    struct user *user;
    struct client *next; /* of the same user */
    struct link *link;
    char *address; /* the peer's, for people */
    uint64_t id;
    struct slots *slots;
    uint32_t n_uses;
    struct verb_use *uses; /* by verb->use; as far as limited verbs were used */
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
