#include "net/timer.h"

static void on_timer(struct ev_loop *ev, ev_timer *watcher, int events)
{
    struct timer *timer = watcher->data;

    (void)ev;
    (void)events;
    timer->fn(timer->arg);
}

void timer_init(struct timer *timer, struct loop *loop, timer_fn *fn, void *arg)
{
    ev_init(&timer->watcher, on_timer);
    timer->watcher.data = timer;
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
}

void timer_start(struct timer *timer, int64_t after_ms, int64_t every_ms)
{
    ev_timer_stop(timer->loop->ev, &timer->watcher);
    ev_timer_set(&timer->watcher, (double)after_ms / 1e3, (double)every_ms / 1e3);
    ev_timer_start(timer->loop->ev, &timer->watcher);
}

void timer_stop(struct timer *timer)
{
    ev_timer_stop(timer->loop->ev, &timer->watcher);
}
