#include "net/timeout.h"

#include "net/conn.h"

#include <stdlib.h>

struct timeout *timeout_new(struct loop *loop, int64_t ms)
{
    struct timeout *timeout = calloc(1, sizeof(*timeout));

    if (timeout == NULL)
        return NULL;
    *timeout = (struct timeout){.loop = loop, .ms = ms, .next = loop->timeouts};
    loop->timeouts = timeout;
    return timeout;
}

void timeout_set(struct timeout *timeout, int64_t ms)
{
    int64_t latest = loop_now_ms(timeout->loop) + ms;

    timeout->ms = ms;
    /* Who is in it may not hold up who enters: the list stays in the order of its ends. */
    for (struct conn *conn = timeout->first; conn != NULL; conn = conn->timeout_next)
        if (conn->timeout_at > latest)
            conn->timeout_at = latest;
}

static void leave_timeout(struct conn *conn)
{
    struct timeout *timeout = conn->timeout;

    if (conn->timeout_prev != NULL)
        conn->timeout_prev->timeout_next = conn->timeout_next;
    else
        timeout->first = conn->timeout_next;
    if (conn->timeout_next != NULL)
        conn->timeout_next->timeout_prev = conn->timeout_prev;
    else
        timeout->last = conn->timeout_prev;
}

void conn_set_timeout(struct conn *conn, struct timeout *timeout)
{
    if (conn->timeout != NULL)
        leave_timeout(conn);
    conn->timeout = timeout;
    if (timeout == NULL)
        return;
    conn->timeout_at = loop_now_ms(conn->loop) + timeout->ms;
    conn->timeout_next = NULL;
    conn->timeout_prev = timeout->last;
    if (timeout->last != NULL)
        timeout->last->timeout_next = conn;
    else
        timeout->first = conn;
    timeout->last = conn;
}

/* The first of a class ends first. It is moved out before it is told, for it may enter again. */
void timeout_expire(struct timeout *timeout, int64_t now)
{
    struct conn *conn;

    while ((conn = timeout->first) != NULL && conn->timeout_at <= now) {
        conn_set_timeout(conn, NULL);
        conn_timed_out(conn);
    }
}
