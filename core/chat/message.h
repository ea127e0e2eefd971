/* The way of one message, or of another event with or without text that somebody asked for:
 * filters, a number, everybody in the room. */
#ifndef CHATD_CHAT_MESSAGE_H
#define CHATD_CHAT_MESSAGE_H

#include "chat/event.h"

struct message {
    struct subject subject;
    const char *type;
    struct room *room;
    struct user *user;
    struct slice text; /* no `p`: an event without text, which filters are not asked about */
    struct slice cid;  /* empty for none */
    int64_t reply_to;  /* 0 for none */
    const struct json *fields; /* of the event, for another type than "message"; or NULL */
    bool mutable;              /* the filters are running */
    struct buf own_text;       /* what `text` points to after a filter changed it */
    int64_t seq;               /* 0 until it is sent */
    int64_t ts;
    struct event_wait wait; /* until it is stored */
    /* Called when the verdict of message_send() was VERDICT_PENDING: filters have let it pass, and
     * now it waits for the store alone. May be NULL. */
    void (*storing_begins)(struct message *message);
    /* The same with the final verdict. */
    void (*done)(struct message *message, enum verdict verdict);
};

/* Sends it. `subject` has origin, hops and denial; everything in the message lives until it is
 * sent. VERDICT_PASS (seq and ts are set; those of the first one when this cid was sent before),
 * VERDICT_DROP, or VERDICT_DENY with the denial filled in: bad_request, too_large, unavailable, or
 * a module's code. VERDICT_PENDING: `done` tells later, unless message_deinit() comes first. The
 * sender must be a member, or a bot. */
enum verdict message_send(struct message *message);

/* Was it sent before, by its cid? VERDICT_PASS, and seq and ts are those of that one;
 * VERDICT_PENDING when that one is being stored; VERDICT_DENY: no. */
enum verdict message_find_former(struct message *message);

/* It has passed the filters, and waits until it is stored. */
bool message_is_being_stored(const struct message *message);

/* May this be the text of a message? -EINVAL when it is empty, or no text at all; -EMSGSIZE. */
int message_check_text(const struct room *room, struct slice text);

/* Replaces the text by a copy of `text`. -EPERM unless the filters are running, -EINVAL when it
 * may not be sent, -EMSGSIZE, -ENOMEM. */
int message_set_text(struct message *message, struct slice text);

/* Also ends the wait for a verdict. One that is being stored is told all the same. */
void message_deinit(struct message *message);

#endif
