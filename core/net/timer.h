/* A timer of its own, for what is not a connection. */
#ifndef CHATD_NET_TIMER_H
#define CHATD_NET_TIMER_H

#include "net/loop.h"

typedef void timer_fn(void *arg);

struct timer {
    ev_timer watcher;
    struct loop *loop;
    timer_fn *fn;
    void *arg;
};

void timer_init(struct timer *timer, struct loop *loop, timer_fn *fn, void *arg);

/* Calls after `after_ms` and then every `every_ms` (0: once). Starts anew when it runs. */
void timer_start(struct timer *timer, int64_t after_ms, int64_t every_ms);
void timer_stop(struct timer *timer);

#endif
