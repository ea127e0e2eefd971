/* How to speak to a server: what to send until one is in a room, and what a message looks like.
 *
 * In the templates # stands for the number of the room, @ for that of the client, both five digits,
 * and $ for the text of a message. */
#ifndef CHATD_BENCH_DIALECT_H
#define CHATD_BENCH_DIALECT_H

#include <stdint.h>
#include <stdio.h>

enum { STEPS_MAX = 4 };

/* What the server says, as far as it must begin, and the answer to it. */
struct step {
    const char *expect;
    const char *send; /* NULL: the last step */
};

struct dialect {
    const char *name;
    const char *target;           /* of the handshake */
    const char *subprotocol;      /* NULL: none */
    struct step steps[STEPS_MAX]; /* none: who is connected is in the room */
    const char *message;          /* what a client sends */
    /* What all members of the room get: the text stands between something that begins and
     * something that ends like this. */
    const char *event_begin;
    const char *event_end;
    struct step leave;     /* what is sent, and what comes back; NULL: it cannot be left */
    struct step heartbeat; /* what the server asks in between, and the answer; NULL: nothing */
    const char *error;     /* what the server says when something is wrong; NULL: nothing */
};

/* NULL when there is none of this name. */
const struct dialect *dialect_find(const char *name);

/* Fills in a template; the number of bytes. `out` is large enough for all. */
size_t dialect_expand(char *out, const char *template, uint32_t client, uint32_t room,
                      const char *text, size_t text_n);

#endif
