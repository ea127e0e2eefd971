/* A class of timeouts that all last equally long: a list in the order of their ends, so that a
 * connection costs no timer. A connection waits in one class at a time (conn_set_timeout()). */
#ifndef CHATD_NET_TIMEOUT_H
#define CHATD_NET_TIMEOUT_H

#include "net/loop.h"

struct timeout {
    struct loop *loop;
    struct timeout *next;
    struct conn *first;
    struct conn *last;
    int64_t ms;
};

/* Heap; lives as long as the loop. NULL without memory. */
struct timeout *timeout_new(struct loop *loop, int64_t ms);

/* Holds for connections that enter from now on; those in it end no later than one that enters now.
 */
void timeout_set(struct timeout *timeout, int64_t ms);

/* Starts the timeout anew in this class; NULL for none. */
void conn_set_timeout(struct conn *conn, struct timeout *timeout);

/* Tells those whose time is over. */
void timeout_expire(struct timeout *timeout, int64_t now);

#endif
