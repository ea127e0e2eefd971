/* Limits that the protocol itself sets. */
#ifndef CHATD_CHAT_LIMITS_H
#define CHATD_CHAT_LIMITS_H

enum {
    ID_MAX = 64,   /* bytes of a request's id */
    TYPE_MAX = 64, /* bytes of the type of an event */
    RESUME_TOKEN_BYTES = 48,
    CID_MAX = 64, /* bytes of a message's idempotency key */
    /* How often a module's message may set off another one. */
    HOPS_MAX = 8,
};

#endif
