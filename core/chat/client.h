/* A client: a logged-in session of a user, reached through a link.
 *
 * The link is the transport's side of it (a WebSocket with chatd.v1; later others): it carries
 * frames to this one session and subscribes it to the topics of rooms. */
#ifndef CHATD_CHAT_CLIENT_H
#define CHATD_CHAT_CLIENT_H

#include "chat/user.h"
#include "net/topic.h"

struct link_ops {
    /* Sends one event, as JSON text, to this session. */
    void (*send)(void *link, struct slice json, enum send_class send_class);
    /* To and from the topic of a room. -ENOMEM, -EPIPE. */
    int (*subscribe)(void *link, struct topic *topic, const struct user *user);
    void (*unsubscribe)(void *link, struct topic *topic);
    /* Ends the transport, and with it the session, at the end of the turn. */
    void (*close)(void *link, unsigned code, const char *reason);
    /* The peer's address, for the log. */
    const char *(*name)(void *link);
};

/* How often a client called a verb lately. */
struct verb_use {
    int64_t since_ms;
    uint32_t calls;
};

struct client {
    struct user *user;
    struct client *next; /* of the same user */
    const struct link_ops *link_ops;
    void *link;
    char *address; /* the peer's, for people */
    uint64_t id;
    struct slots *slots;
    uint32_t n_uses;
    struct verb_use *uses; /* by verb->use; as far as limited verbs were used */
};

/* A session of `user`, whose memberships it shares. NULL without memory. */
struct client *client_new(struct user *user, const struct link_ops *link_ops, void *link);

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
