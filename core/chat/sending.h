/* Requests that put something into a room's order: messages, and the events that modules make of
 * calls to their verbs. */
#ifndef CHATD_CHAT_SENDING_H
#define CHATD_CHAT_SENDING_H

#include "chat/verb.h"

/* What a module wants to be published when a call is accepted. */
struct call_event {
    unsigned hops;
    char *type;
    char *text; /* NULL for none */
    struct json *fields;
};

/* Copies all of it. NULL without memory. */
struct call_event *call_event_new(const struct call_event *model);
void call_event_free(struct call_event *event);

/* Was the same asked for before, by its cid? The verdict of the call then, which may be
 * VERDICT_PENDING while that is being stored; VERDICT_PASS: no. */
enum verdict sending_repeated(struct call *call);

/* Publishes call->event in call->room, as the caller: the verdict of the call then, which may be
 * VERDICT_PENDING. */
enum verdict sending_event(struct call *call);

/* The verb `message`. */
enum verdict sending_on_message(void *arg, struct call *call);

#endif
