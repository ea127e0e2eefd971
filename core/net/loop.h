/* The event loop: what all connections of one thread share.
 *
 * One turn of the loop waits for events, runs their callbacks, then (before the next wait) writes
 * what was queued, one send() per connection, and ends the connections that were closed. So no
 * callback ever frees the object that it runs on, and frames queued in one turn share a write.
 *
 * When more input is there already each time that writing ends, the loop is late. Then it leaves
 * input alone after writing, for as long as writing took and at most a millisecond, so that more
 * frames share the next write. A loop that has to wait for input never delays it. */
#ifndef CHATD_NET_LOOP_H
#define CHATD_NET_LOOP_H

#include "net/quota.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct rest;
struct topic;

struct loop {
    struct ev_loop *ev;
    ev_check turn_begin;
    ev_prepare turn_end;
    ev_timer tick;
    int64_t now_ms;
    int64_t writing_us; /* how long the last turn that wrote something took for it ... */
    int64_t ready_us;   /* ... and when it was ready for input again */
    bool saturated;     /* input was there already */
    char *input;        /* every read of every connection goes here first */
    size_t input_bytes;
    size_t outbox_limit; /* see enum send_class */
    size_t outbox_memory_limit;
    size_t max_conns;
    size_t n_conns;
    size_t n_detached;      /* see conn_new_detached() */
    size_t max_accept_rate; /* connections accepted in a second; 0: no limit */
    size_t accepted;        /* in the second that began at ... */
    int64_t accepting_since_ms;
    struct quotas quotas;
    struct conn *conns;
    struct topic *to_publish;
    struct topic **last_to_publish;
    struct conn *to_flush;
    struct conn *to_end;
    struct rest *to_resume;    /* input for the next turn */
    ev_idle resuming;          /* active while there is some: the loop does not wait then */
    int64_t next_complaint_ms; /* about how a connection begins: not before */
    struct timeout *timeouts;
    struct timeout *close_timeout;
};

/* `close_ms` bounds how long a closed connection may take to fetch what was sent to it. -ENOMEM. */
int loop_init(struct loop *loop, int64_t close_ms);

/* All connections must have ended. */
void loop_deinit(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Runs one turn; `wait`: for something to do. */
void loop_turn(struct loop *loop, bool wait);

/* Ends all connections at once, when the loop does not run any more. */
void loop_end_conns(struct loop *loop);

/* Milliseconds: since some fixed point, and since the epoch, both as of the present turn. */
int64_t loop_now_ms(const struct loop *loop);
int64_t loop_wall_ms(const struct loop *loop);

#endif
