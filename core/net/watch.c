#include "net/watch.h"

static void on_io(struct ev_loop *ev, ev_io *watcher, int events)
{
    struct watch *watch = watcher->data;

    (void)ev;
    watch->fn(watch->arg, events & EV_READ, events & EV_WRITE);
}

void watch_init(struct watch *watch, struct loop *loop, int fd, watch_fn *fn, void *arg)
{
    ev_io_init(&watch->watcher, on_io, fd, 0);
    watch->watcher.data = watch;
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
}

void watch_set(struct watch *watch, bool readable, bool writable)
{
    int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

    ev_io_stop(watch->loop->ev, &watch->watcher);
    ev_io_set(&watch->watcher, watch->watcher.fd, events);
    if (events != 0)
        ev_io_start(watch->loop->ev, &watch->watcher);
}

void watch_stop(struct watch *watch)
{
    ev_io_stop(watch->loop->ev, &watch->watcher);
}
