#include "net/loop.h"

#include "base/clock.h"
#include "net/conn.h"
#include "net/timeout.h"
#include "net/topic.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
    INPUT_BYTES = 128 * 1024,
    /* How late a timeout may be noticed. */
    TICK_MS = 100,
    /* How long a saturated loop leaves input alone; for less it does not pay. */
    LINGER_MAX_US = 1000,
    LINGER_MIN_US = 100,
    /* A wait that was none takes no longer. */
    NO_WAIT_US = 100,
};

static bool has_work(const struct loop *loop)
{
    return loop->to_publish != NULL || loop->to_flush != NULL || loop->to_end != NULL;
}

/* Right after the wait, before any other callback of this turn. */
static void on_turn_begin(struct ev_loop *ev, ev_check *watcher, int events)
{
    struct loop *loop = watcher->data;

    (void)ev;
    (void)events;
    int64_t now_us = clock_monotonic_us();
    loop->now_ms = now_us / 1000;
    loop->saturated = now_us - loop->ready_us <= NO_WAIT_US;
}

/* Connections that end make others be told, and writing finds broken connections. */
static void finish_turn(struct loop *loop)
{
    while (has_work(loop)) {
        topic_flush_all(loop);
        conn_flush_all(loop);
        conn_end_all(loop);
    }
}

/* How long to leave input alone now. */
static int64_t linger_us(const struct loop *loop)
{
    if (!loop->saturated || loop->writing_us < LINGER_MIN_US)
        return 0;
    return loop->writing_us < LINGER_MAX_US ? loop->writing_us : LINGER_MAX_US;
}

/* Writes what was queued, and answers how long to leave input alone then. */
static int64_t write_all(struct loop *loop)
{
    int64_t from_us = clock_monotonic_us();

    finish_turn(loop);
    int64_t to_us = clock_monotonic_us();
    loop->writing_us = to_us - from_us;
    int64_t linger = linger_us(loop);
    loop->ready_us = to_us + linger;
    return linger;
}

static void on_turn_end(struct ev_loop *ev, ev_prepare *watcher, int events)
{
    struct loop *loop = watcher->data;
    int64_t linger = 0;

    (void)events;
    conn_resume_all(loop);
    if (has_work(loop))
        linger = write_all(loop);
    ev_set_io_collect_interval(ev, (double)linger / 1e6);
    if (loop->to_resume != NULL)
        ev_idle_start(ev, &loop->resuming);
    else
        ev_idle_stop(ev, &loop->resuming);
}

static void on_idle(struct ev_loop *ev, ev_idle *watcher, int events)
{
    (void)ev;
    (void)watcher;
    (void)events;
}

static void on_tick(struct ev_loop *ev, ev_timer *watcher, int events)
{
    struct loop *loop = watcher->data;
    int64_t now = loop_now_ms(loop);

    (void)ev;
    (void)events;
    for (struct timeout *timeout = loop->timeouts; timeout != NULL; timeout = timeout->next)
        timeout_expire(timeout, now);
}

int loop_init(struct loop *loop, int64_t close_ms)
{
    *loop = (struct loop){.input_bytes = INPUT_BYTES};
    loop->last_to_publish = &loop->to_publish;
    loop->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    loop->input = malloc(INPUT_BYTES);
    loop->close_timeout = timeout_new(loop, close_ms);
    if (loop->ev == NULL || loop->input == NULL || loop->close_timeout == NULL) {
        loop_deinit(loop);
        return -ENOMEM;
    }
    loop->now_ms = clock_monotonic_ms();
    ev_check_init(&loop->turn_begin, on_turn_begin);
    ev_set_priority(&loop->turn_begin, EV_MAXPRI);
    loop->turn_begin.data = loop;
    ev_check_start(loop->ev, &loop->turn_begin);
    ev_prepare_init(&loop->turn_end, on_turn_end);
    loop->turn_end.data = loop;
    ev_prepare_start(loop->ev, &loop->turn_end);
    ev_timer_init(&loop->tick, on_tick, TICK_MS / 1e3, TICK_MS / 1e3);
    loop->tick.data = loop;
    ev_timer_start(loop->ev, &loop->tick);
    ev_idle_init(&loop->resuming, on_idle);
    return 0;
}

void loop_deinit(struct loop *loop)
{
    assert(loop->conns == NULL);
    conn_end_all(loop); /* detached ones */
    while (loop->timeouts != NULL) {
        struct timeout *next = loop->timeouts->next;
        free(loop->timeouts);
        loop->timeouts = next;
    }
    if (loop->ev != NULL) {
        ev_check_stop(loop->ev, &loop->turn_begin);
        ev_prepare_stop(loop->ev, &loop->turn_end);
        ev_timer_stop(loop->ev, &loop->tick);
        ev_idle_stop(loop->ev, &loop->resuming);
        ev_loop_destroy(loop->ev);
    }
    free(loop->input);
    quotas_deinit(&loop->quotas);
    *loop = (struct loop){0};
}

void loop_run(struct loop *loop)
{
    ev_run(loop->ev, 0);
}

void loop_turn(struct loop *loop, bool wait)
{
    ev_run(loop->ev, wait ? EVRUN_ONCE : EVRUN_NOWAIT);
}

void loop_end_conns(struct loop *loop)
{
    for (struct conn *conn = loop->conns; conn != NULL; conn = conn->next)
        conn_abort(conn);
    finish_turn(loop);
}

void loop_stop(struct loop *loop)
{
    ev_break(loop->ev, EVBREAK_ALL);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

int64_t loop_wall_ms(const struct loop *loop)
{
    return (int64_t)(ev_now(loop->ev) * 1e3);
}
