/* The way of one message: filters, a number, everybody in the room. */
#ifndef CHATD_CHAT_MESSAGE_H
#define CHATD_CHAT_MESSAGE_H

#include "chat/room.h"

struct message {
    struct room *room;
    struct user *user;
    struct slice text;
    struct slice cid;    /* empty for none */
    int64_t reply_to;    /* 0 for none */
    const void *origin;  /* the module that sent it, NULL for a client */
    unsigned hops;       /* how many messages of modules led to this one */
    bool mutable;        /* the filters are running */
    struct buf own_text; /* what `text` points to after a filter changed it */
    int64_t seq;         /* 0 until it is sent */
    int64_t ts;
};

/* Sends it: VERDICT_PASS (seq and ts are set; those of the first one when this cid was sent
 * before), VERDICT_DROP, or VERDICT_DENY with `*denial` filled in: bad_request, too_large,
 * unavailable, or a module's code. The sender must be a member, or a bot. */
enum verdict message_send(struct message *message, struct denial *denial);

/* Replaces the text by a copy of `text`. -EPERM unless the filters are running, -EINVAL when it
 * may not be sent, -EMSGSIZE, -ENOMEM. */
int message_set_text(struct message *message, struct slice text);

void message_deinit(struct message *message);

#endif
