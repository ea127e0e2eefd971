/* Waits for a descriptor of somebody else's, which is not a connection. */
#ifndef CHATD_NET_WATCH_H
#define CHATD_NET_WATCH_H

#include "net/loop.h"

typedef void watch_fn(void *arg, bool readable, bool writable);

struct watch {
    ev_io watcher;
    struct loop *loop;
    watch_fn *fn;
    void *arg;
};

void watch_init(struct watch *watch, struct loop *loop, int fd, watch_fn *fn, void *arg);

/* Calls while there is something to read, or room to write; with neither, not at all. An error on
 * the descriptor counts as what is waited for. */
void watch_set(struct watch *watch, bool readable, bool writable);

/* To be called before the descriptor is closed. */
void watch_stop(struct watch *watch);

#endif
