/* Something that filters decide about: a message, a join, a login, an HTTP request, the call
 * of a verb. It is embedded in what it stands for.
 *
 * A filter may put its verdict off. The chain then answers VERDICT_PENDING, and the subject stays
 * where it is until `decided` is called, at the end of a later dispatch, or until its owner gives
 * it up with hub_forget(). */
#ifndef CHATD_CHAT_SUBJECT_H
#define CHATD_CHAT_SUBJECT_H

#include "chat/verdict.h"

#include <stdbool.h>

struct hub;

/* What filters are asked about. The numbers are those of the module ABI's hook points. */
enum hook_point {
    HOOK_CALL, /* no chain: a verb or command of a module, which answers itself */
    HOOK_JOIN,
    HOOK_MESSAGE,
    HOOK_SENT,
    HOOK_JOINED,
    HOOK_LEFT,
    HOOK_OPENED,
    HOOK_CLOSED,
    HOOK_ROOM_STATE,
    HOOK_LOG_REOPEN,
    HOOK_AUTH,
    HOOK_PRESENCE,
    HOOK_DELIVER,
    HOOK_RELOAD,
    HOOK_EVENT,
    HOOK_REQUEST,
    HOOK_POINTS
};

struct subject {
    enum hook_point point;
    unsigned hops;          /* how many messages of modules led to this */
    const void *origin;     /* the module that it comes from and that is not asked; or NULL */
    struct denial *denial;  /* where the reason goes */
    struct token *waits_on; /* the verdict that is put off; NULL for none */
    void (*decided)(struct subject *subject, enum verdict verdict);
};

/* Asks the filters of subject->point: VERDICT_PASS, or, from HOOK_AUTH, VERDICT_ACCEPT; a refusal,
 * with the denial filled in; or VERDICT_PENDING. */
enum verdict hub_filter(struct hub *hub, struct subject *subject);

/* The subject ends before it was decided. To be called in any case, when that is possible. */
void hub_forget(struct hub *hub, struct subject *subject);

#endif
