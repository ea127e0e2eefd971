#include "net/conn.h"

#include "base/counters.h"
#include "base/log.h"
#include "net/outbox.h"
#include "net/timeout.h"
#include "net/tls.h"
#include "net/topic.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_io(struct ev_loop *ev, ev_io *watcher, int events);

/* ---- Life --------------------------------------------------------------------------------- */

int conn_new(struct loop *loop, int fd, const struct address *peer, const struct conn_ops *ops,
             void *data, struct conn **out)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        return -ENOMEM;
    conn->loop = loop;
    conn->ops = ops;
    conn->data = data;
    conn->peer = *peer;
    outbox_init(&conn->out);
    ev_io_init(&conn->io, on_io, fd, EV_READ);
    ev_io_start(loop->ev, &conn->io);
    conn->next = loop->conns;
    if (conn->next != NULL)
        conn->next->prev = conn;
    loop->conns = conn;
    loop->n_conns++;
    *out = conn;
    return 0;
}

int conn_new_detached(struct loop *loop, const struct address *peer, const struct conn_ops *ops,
                      void *data, struct conn **out)
{
    if (loop->n_detached >= loop->max_conns)
        return -EAGAIN;
    struct conn *conn = calloc(1, sizeof(*conn));
    if (conn == NULL)
        return -ENOMEM;
    *conn = (struct conn){.loop = loop, .ops = ops, .data = data, .detached = true};
    int err = conn_set_peer(conn, peer, true);
    if (err != 0) {
        free(conn);
        return err;
    }
    outbox_init(&conn->out);
    loop->n_detached++;
    *out = conn;
    return 0;
}

int conn_set_peer(struct conn *conn, const struct address *peer, bool limited)
{
    struct quotas *quotas = &conn->loop->quotas;
    bool counted = false;

    if (limited && !quota_enter(quotas, peer, loop_now_ms(conn->loop), &counted))
        return -EDQUOT;
    if (conn->counted)
        quota_leave(quotas, &conn->peer);
    conn->peer = *peer;
    conn->counted = counted;
    return 0;
}

void conn_set_ops(struct conn *conn, const struct conn_ops *ops, void *data)
{
    conn->ops = ops;
    conn->data = data;
}

int conn_start_tls(struct conn *conn, struct tls_context *context)
{
    conn->tls = tls_new(context, conn->io.fd);
    return conn->tls != NULL ? 0 : -ENOMEM;
}

static void stop_tls(struct conn *conn)
{
    tls_free(conn->tls);
    conn->tls = NULL;
}

/* Input that waits for a turn, or for the outbox to be written. */
struct rest {
    struct rest *next; /* of loop->to_resume */
    struct conn *conn;
    size_t n;
    size_t at; /* what has been used since */
    bool queued;
    char data[];
};

static void queue_resume(struct conn *conn)
{
    if (conn->rest->queued)
        return;
    conn->rest->queued = true;
    conn->rest->next = conn->loop->to_resume;
    conn->loop->to_resume = conn->rest;
}

static void forget_rest(struct conn *conn)
{
    struct rest *rest = conn->rest;

    if (rest == NULL)
        return;
    if (rest->queued) {
        struct rest **at = &conn->loop->to_resume;
        while (*at != rest)
            at = &(*at)->next;
        *at = rest->next;
    }
    free(rest);
    conn->rest = NULL;
}

void conn_hold(struct conn *conn)
{
    conn->held = true;
}

static void close_socket(struct conn *conn)
{
    struct loop *loop = conn->loop;

    ev_io_stop(loop->ev, &conn->io);
    tls_free(conn->tls);
    close(conn->io.fd);
    if (conn->prev != NULL)
        conn->prev->next = conn->next;
    else
        loop->conns = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    loop->n_conns--;
}

static void conn_free(struct conn *conn)
{
    struct loop *loop = conn->loop;

    conn_set_timeout(conn, NULL);
    if (conn->detached)
        loop->n_detached--;
    else
        close_socket(conn);
    if (conn->counted)
        quota_leave(&loop->quotas, &conn->peer);
    outbox_deinit(&conn->out);
    forget_rest(conn);
    free(conn);
}

static void queue_end(struct conn *conn)
{
    if (conn->end_queued)
        return;
    conn->end_queued = true;
    conn->end_next = conn->loop->to_end;
    conn->loop->to_end = conn;
}

static void queue_flush(struct conn *conn)
{
    if (conn->flush_queued)
        return;
    conn->flush_queued = true;
    conn->flush_next = conn->loop->to_flush;
    conn->loop->to_flush = conn;
}

void conn_release(struct conn *conn)
{
    conn->held = false;
    queue_flush(conn);
}

void conn_close(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    if (conn->detached) {
        conn_abort(conn);
        return;
    }
    conn_unsubscribe_all(conn);
    if (conn->state != CONN_OPEN)
        return;
    conn->state = CONN_FLUSHING;
    conn_set_timeout(conn, conn->loop->close_timeout);
    queue_flush(conn);
    queue_end(conn);
}

void conn_abort(struct conn *conn)
{
    if (conn->state == CONN_ENDED)
        return;
    conn->state = CONN_ENDED;
    conn_unsubscribe_all(conn);
    queue_end(conn);
}

/* Tells the user of each closed connection, and frees those that have ended. The callbacks may
 * close more of them. */
void conn_end_all(struct loop *loop)
{
    struct conn *conn = loop->to_end;

    loop->to_end = NULL;
    while (conn != NULL) {
        struct conn *next = conn->end_next;
        conn->end_queued = false;
        if (!conn->told_closed) {
            conn->told_closed = true;
            conn->ops->on_closed(conn);
        }
        /* It may have been queued again by its own on_closed(). */
        if (conn->state == CONN_ENDED && !conn->end_queued) {
            if (conn->flush_queued)
                queue_end(conn);
            else
                conn_free(conn);
        }
        conn = next;
    }
}

/* ---- Timeouts ----------------------------------------------------------------------------- */

void conn_timed_out(struct conn *conn)
{
    if (conn->state == CONN_OPEN) {
        conn->ops->on_timeout(conn);
        return;
    }
    counter_add(COUNT_CLOSE_TIMEOUTS);
    conn_abort(conn);
}

/* ---- Output ------------------------------------------------------------------------------- */

size_t conn_pending(const struct conn *conn)
{
    return conn->out.bytes;
}

void conn_discard_output(struct conn *conn)
{
    outbox_discard(&conn->out, conn->tls != NULL ? tls_committed(conn->tls) : 0);
}

bool conn_memory_is_short(const struct loop *loop)
{
    return outbox_memory() > loop->outbox_memory_limit;
}

/* Is there room for a frame of this class? */
static bool fits(struct conn *conn, const struct frame *frame, enum send_class send_class)
{
    size_t limit = conn->loop->outbox_limit;
    size_t bytes = conn->out.bytes + frame->n;

    if (send_class == SEND_ALWAYS)
        return true;
    /* One frame alone always fits: the limits are on what a slow reader lets pile up. */
    if (conn->out.n == 0)
        return send_class == SEND_BOUNDED || bytes <= limit / 2;
    if (conn_memory_is_short(conn->loop))
        return false;
    return bytes <= (send_class == SEND_BOUNDED ? limit : limit / 2);
}

/* Before a frame is refused, what waits gets its chance: a burst within one turn is no slow
 * reader. */
static bool make_room(struct conn *conn, const struct frame *frame, enum send_class send_class)
{
    if (fits(conn, frame, send_class))
        return true;
    if (conn->detached)
        return false;
    int err = outbox_write(&conn->out, conn->io.fd, conn->tls);
    if (err != 0 && err != -EAGAIN)
        conn_abort(conn);
    return fits(conn, frame, send_class);
}

int conn_queue(struct conn *conn, struct frame *frame, enum send_class send_class)
{
    if (conn->state != CONN_OPEN || (conn->overflow && send_class != SEND_ALWAYS))
        return -EPIPE;
    bool room = make_room(conn, frame, send_class);
    if (conn->state != CONN_OPEN)
        return -EPIPE;
    if (!room) {
        if (conn_memory_is_short(conn->loop))
            counter_add(COUNT_OUTBOX_MEMORY);
        if (send_class == SEND_EPHEMERAL)
            counter_add(COUNT_EPHEMERAL_DROPPED);
        else
            conn->overflow = true;
        queue_flush(conn);
        return -ENOBUFS;
    }
    if (outbox_push(&conn->out, frame) != 0) {
        conn_abort(conn);
        return -ENOMEM;
    }
    queue_flush(conn);
    return 0;
}

int conn_send(struct conn *conn, struct frame *frame, enum send_class send_class)
{
    if (conn->loop->to_publish != NULL)
        conn_catch_up(conn);
    return conn_queue(conn, frame, send_class);
}

struct slice conn_next_output(struct conn *conn)
{
    if (conn->state == CONN_OPEN && conn->loop->to_publish != NULL)
        conn_catch_up(conn);
    return outbox_first(&conn->out);
}

void conn_take_output(struct conn *conn, size_t n)
{
    outbox_consume(&conn->out, n);
}

static void watch(struct conn *conn, int events)
{
    struct ev_loop *ev = conn->loop->ev;

    if ((conn->io.events & (EV_READ | EV_WRITE)) == events &&
        (events == 0 || ev_is_active(&conn->io)))
        return;
    ev_io_stop(ev, &conn->io);
    ev_io_set(&conn->io, conn->io.fd, events);
    if (events != 0)
        ev_io_start(ev, &conn->io);
}

static bool wants_input(const struct conn *conn)
{
    bool paused = conn->rest != NULL && conn->state == CONN_OPEN;

    return !conn->eof && !paused;
}

static void update_watch(struct conn *conn)
{
    bool reading = wants_input(conn);
    /* Flushing without output: the end of TLS is still to be written. */
    bool writing = conn->out.n > 0 || conn->state == CONN_FLUSHING;

    watch(conn, conn->tls != NULL ? tls_events(conn->tls, reading, writing)
                                  : (reading ? EV_READ : 0) | (writing ? EV_WRITE : 0));
}

/* Everything is written. */
static void on_drained(struct conn *conn)
{
    if (conn->state != CONN_FLUSHING)
        return;
    if (conn->tls != NULL && tls_shutdown(conn->tls) == -EAGAIN)
        return;
    if (conn->eof) {
        conn_abort(conn);
        return;
    }
    shutdown(conn->io.fd, SHUT_WR);
    conn->state = CONN_LINGERING;
}

static void conn_flush(struct conn *conn)
{
    int err = 0;
    size_t before = conn->out.bytes;

    if (conn->state == CONN_ENDED)
        return;
    if (conn->overflow && conn->state == CONN_OPEN) {
        /* In this order: nothing more comes behind the gap. */
        conn_unsubscribe_all(conn);
        conn->overflow = false;
        conn->ops->on_overflow(conn);
    }
    if (conn->detached) {
        if (conn->out.n > 0 && conn->state == CONN_OPEN)
            conn->ops->on_waiting(conn);
        return;
    }
    if (conn->out.n > 0)
        err = outbox_write(&conn->out, conn->io.fd, conn->tls);
    /* The time to fetch the rest is limited for a peer that has stopped, not for a slow one. */
    if (conn->state == CONN_FLUSHING && conn->out.bytes < before)
        conn_set_timeout(conn, conn->loop->close_timeout);
    if (err == 0)
        on_drained(conn);
    else if (err != -EAGAIN)
        conn_abort(conn);
    if (err == 0 && conn->rest != NULL && !conn->held && conn->state == CONN_OPEN)
        queue_resume(conn);
    if (conn->state != CONN_ENDED)
        update_watch(conn);
}

void conn_flush_all(struct loop *loop)
{
    while (loop->to_flush != NULL) {
        struct conn *conn = loop->to_flush;
        loop->to_flush = conn->flush_next;
        conn->flush_queued = false;
        conn_flush(conn);
    }
}

/* ---- Input -------------------------------------------------------------------------------- */

static void keep_rest(struct conn *conn, const char *p, size_t n)
{
    struct rest *rest = malloc(sizeof(*rest) + n);

    if (rest == NULL) {
        conn_abort(conn);
        return;
    }
    *rest = (struct rest){.conn = conn, .n = n};
    memcpy(rest->data, p, n);
    conn->rest = rest;
    queue_flush(conn);
}

static void offer_input(struct conn *conn, char *p, size_t n)
{
    size_t used = conn->ops->on_input(conn, p, n);

    assert(used <= n);
    if (used < n && conn->state == CONN_OPEN)
        keep_rest(conn, p + used, n - used);
}

static void offer_rest(struct conn *conn)
{
    struct rest *rest = conn->rest;
    size_t used = conn->ops->on_input(conn, rest->data + rest->at, rest->n - rest->at);

    rest->at += used;
    assert(rest->at <= rest->n);
    /* As after any input, it goes on when the outbox has been written. */
    queue_flush(conn);
    if (rest->at < rest->n && conn->state == CONN_OPEN)
        return;
    forget_rest(conn);
    if (conn->eof && conn->state == CONN_OPEN)
        conn->ops->on_eof(conn);
}

/* One turn's share for each. */
void conn_resume_all(struct loop *loop)
{
    struct rest *waiting = loop->to_resume;

    loop->to_resume = NULL;
    /* A connection may end others, but is freed only later: the list stays whole. */
    for (struct rest *rest = waiting, *next; rest != NULL; rest = next) {
        next = rest->next;
        rest->queued = false;
        if (rest->conn->state == CONN_OPEN)
            offer_rest(rest->conn);
    }
}

static void on_end_of_input(struct conn *conn)
{
    conn->eof = true;
    switch ((enum conn_state)conn->state) {
    case CONN_OPEN:
        if (conn->rest == NULL)
            conn->ops->on_eof(conn);
        break;
    case CONN_FLUSHING:
        break;
    case CONN_LINGERING:
        conn_abort(conn);
        break;
    case CONN_ENDED:
        break;
    }
    if (conn->state != CONN_ENDED)
        update_watch(conn);
}

/* What a peer says that came to a TLS port and does not speak TLS. */
static void on_tls_failed(struct conn *conn, bool is_http)
{
    struct loop *loop = conn->loop;

    if (tls_is_established(conn->tls) || conn->state != CONN_OPEN) {
        log_debug(conn_name(conn), "TLS: %s", tls_why(conn->tls));
        conn_abort(conn);
        return;
    }
    counter_add(COUNT_TLS_FAILED);
    if (log_may_repeat(&loop->next_complaint_ms, loop_now_ms(loop)))
        log_info(conn_name(conn), "TLS handshake: %s", tls_why(conn->tls));
    if (is_http && conn->ops->on_plain != NULL) {
        stop_tls(conn);
        conn->ops->on_plain(conn);
    }
    conn_close(conn);
}

static void on_read(struct conn *conn, ssize_t n)
{
    if (n > 0) {
        if (conn->state == CONN_OPEN)
            offer_input(conn, conn->loop->input, (size_t)n);
    } else if (n == 0) {
        on_end_of_input(conn);
    } else if (conn->tls != NULL && (n == -EPROTO || n == -EPROTOTYPE)) {
        on_tls_failed(conn, n == -EPROTOTYPE);
    } else if (n != -EAGAIN && n != -EWOULDBLOCK && n != -EINTR) {
        log_debug(conn_name(conn), "recv: %s", strerror((int)-n));
        conn_abort(conn);
    }
}

static void read_tls(struct conn *conn)
{
    struct loop *loop = conn->loop;

    on_read(conn, tls_read(conn->tls, loop->input, loop->input_bytes));
    if (conn->tls != NULL && tls_has_ended(conn->tls) && !conn->eof && conn->state <= CONN_FLUSHING)
        on_read(conn, tls_read(conn->tls, loop->input, loop->input_bytes));
}

static void on_readable(struct conn *conn)
{
    struct loop *loop = conn->loop;

    if (conn->ops->on_readable != NULL && conn->state == CONN_OPEN) {
        conn->ops->on_readable(conn);
        return;
    }
    /* What comes after the end of TLS was sent is not looked at any more. */
    if (conn->tls != NULL && conn->state != CONN_LINGERING) {
        read_tls(conn);
        return;
    }
    ssize_t n = recv(conn->io.fd, loop->input, loop->input_bytes, 0);
    on_read(conn, n >= 0 ? n : -errno);
}

static void on_io(struct ev_loop *ev, ev_io *watcher, int events)
{
    struct conn *conn = (struct conn *)watcher;

    (void)ev;
    /* Under TLS either direction may have waited for either event. */
    if (conn->tls != NULL)
        events = EV_WRITE | (wants_input(conn) ? EV_READ : 0);
    if (events & EV_WRITE)
        queue_flush(conn);
    if ((events & EV_READ) && conn->state != CONN_ENDED)
        on_readable(conn);
}

const char *conn_name(const struct conn *conn)
{
    static char buffers[4][ADDRESS_TEXT_BYTES];
    static unsigned turn;
    char *out = buffers[turn++ % 4];

    address_text(&conn->peer, out);
    return out;
}
