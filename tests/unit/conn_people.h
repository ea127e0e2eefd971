/* People for the tests of connections: each is a connection on a real loop over a socketpair, and
 * writes down what the callbacks tell. */
#ifndef CHATD_TESTS_CONN_PEOPLE_H
#define CHATD_TESTS_CONN_PEOPLE_H

#include "base/buf.h"
#include "net/conn.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Waits end with the event; SHORT_MS is long enough to order timeouts, LONG_MS never passes. */
enum { PEOPLE = 3, SHORT_MS = 20, LONG_MS = 1000000, TIMEOUT_S = 60, BIG = 1 << 20 };

/* A connection, its peer, and what the callbacks are to do. */
struct person {
    struct conn *conn; /* NULL when on_closed was called */
    int peer;
    size_t use; /* bytes that on_input uses of each piece */
    void (*on_event)(struct person *, char event);
    struct buf received;
    bool peer_eof;
};

static struct loop loop;
static struct person people[PEOPLE];
static struct person *const a = &people[0];
static struct person *const b = &people[1];
static struct person *const c = &people[2];
static struct buf events; /* "a.input=TEXT b.closed " */

static inline void on_event(struct conn *conn, const char *name, struct slice text)
{
    struct person *person = conn->data;

    (void)buf_printf(&events, "%c.%s", (int)('a' + (person - people)), name);
    (void)buf_append_slice(&events, text);
    (void)buf_append_char(&events, ' ');
    if (person->on_event != NULL)
        person->on_event(person, name[0]);
}

static inline size_t on_input(struct conn *conn, char *p, size_t n)
{
    const struct person *person = conn->data;

    on_event(conn, "input=", slice_of(p, n));
    size_t used = person->use < n ? person->use : n;
    memset(p, 'X', used); /* it may change them */
    return used;
}

static inline void on_eof(struct conn *conn)
{
    on_event(conn, "eof", SLICE(""));
}

static inline void on_timeout(struct conn *conn)
{
    on_event(conn, "timeout", SLICE(""));
}

static inline void on_overflow(struct conn *conn)
{
    on_event(conn, "overflow", SLICE(""));
}

static inline void on_closed(struct conn *conn)
{
    struct person *person = conn->data;

    on_event(conn, "closed", SLICE(""));
    person->conn = NULL;
}

static const struct conn_ops ops = {
    .on_input = on_input,
    .on_eof = on_eof,
    .on_timeout = on_timeout,
    .on_overflow = on_overflow,
    .on_closed = on_closed,
};

/* A message is its own frame. */
static inline struct frame *make_as_it_is(const struct encoding *encoding, struct slice payload)
{
    (void)encoding;
    return frame_join(payload, SLICE(""));
}

static const struct encoding as_it_is = {.make = make_as_it_is};

static inline void connect_person(struct person *person)
{
    static const struct address address = {
        .ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, .port = 5000};
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    person->peer = fds[1];
    person->use = SIZE_MAX;
    buf_init(&person->received, 4 * BIG);
    ck_assert_int_eq(conn_new(&loop, fds[0], &address, &ops, person, &person->conn), 0);
    person->conn->encoding = &as_it_is;
}

static inline void setup(void)
{
    ck_assert_int_eq(loop_init(&loop, LONG_MS), 0);
    loop.outbox_limit = BIG;
    loop.outbox_memory_limit = SIZE_MAX;
    buf_init(&events, 65536);
    for (int i = 0; i < PEOPLE; i++)
        connect_person(&people[i]);
}

static inline void teardown(void)
{
    loop_end_conns(&loop);
    ck_assert_uint_eq(loop.n_conns, 0);
    loop_deinit(&loop);
    for (int i = 0; i < PEOPLE; i++) {
        if (people[i].peer >= 0)
            close(people[i].peer);
        buf_deinit(&people[i].received);
    }
    buf_deinit(&events);
}

/* ---- Moving on ---------------------------------------------------------------------------- */

static inline void turn(void)
{
    ev_run(loop.ev, EVRUN_NOWAIT);
}

/* All that can happen without waiting. */
static inline void settle(void)
{
    for (int i = 0; i < 5; i++)
        turn();
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        while (!(condition)) /* the test's own limit ends this */                                  \
            ev_run(loop.ev, EVRUN_ONCE);                                                           \
    } while (0)

static inline void assert_events(const char *expected)
{
    ck_assert_str_eq(buf_cstr(&events), expected);
    buf_clear(&events);
}

static inline void say(const struct person *person, const char *text)
{
    ck_assert_int_eq(write(person->peer, text, strlen(text)), strlen(text));
}

/* Takes what has arrived at the peer. */
static inline void receive(struct person *person)
{
    static char chunk[65536];
    ssize_t n;

    while ((n = recv(person->peer, chunk, sizeof(chunk), 0)) > 0)
        ck_assert_int_eq(buf_append(&person->received, chunk, (size_t)n), 0);
    if (n == 0)
        person->peer_eof = true;
}

static inline void assert_received(struct person *person, const char *expected)
{
    receive(person);
    ck_assert_str_eq(buf_cstr(&person->received), expected);
}

static inline struct frame *make_frame(size_t n, char fill)
{
    struct frame *frame = frame_new(n);

    ck_assert_ptr_nonnull(frame);
    memset(frame->data, fill, n);
    return frame;
}

static inline int send_fill(const struct person *person, size_t n, char fill,
                            enum send_class send_class)
{
    struct frame *frame = make_frame(n, fill);
    int err = conn_send(person->conn, frame, send_class);

    frame_unref(frame);
    return err;
}

static inline int send_char(const struct person *person, char text)
{
    return send_fill(person, 1, text, SEND_ALWAYS);
}

/* Fills the kernel's buffers, so that what is sent from now on waits. */
static inline void fill_up(const struct person *person)
{
    ck_assert_int_eq(send_fill(person, BIG, '.', SEND_ALWAYS), 0);
    settle();
    ck_assert_uint_gt(conn_pending(person->conn), 0);
}

#endif
