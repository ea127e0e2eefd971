#include "net/proxy.h"

#include "base/counters.h"
#include "base/log.h"
#include "net/proxy_header.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A connection whose header is arriving, and who uses it afterwards. */
struct arrival {
    const struct conn_ops *ops;
    void *data;
    size_t n;
    char header[PROXY_HEADER_MAX];
};

static void hand_over(struct conn *conn)
{
    struct arrival *arrival = conn->data;

    conn_set_ops(conn, arrival->ops, arrival->data);
    free(arrival);
}

static void fail(struct conn *conn)
{
    struct loop *loop = conn->loop;

    counter_add(COUNT_PROXY_FAILED);
    if (log_may_repeat(&loop->next_complaint_ms, loop_now_ms(loop)))
        log_info(conn_name(conn), "this connection does not begin with a PROXY header");
    conn_abort(conn);
}

static void on_complete(struct conn *conn)
{
    struct arrival *arrival = conn->data;
    struct address client;

    if (proxy_header_client(arrival->header, arrival->n, &client) &&
        conn_set_peer(conn, &client, true) != 0) {
        conn_abort(conn);
        return;
    }
    hand_over(conn);
}

/* Never reads more than belongs to the header. */
static void on_readable(struct conn *conn)
{
    struct arrival *arrival = conn->data;
    int lacks = proxy_header_lacks(arrival->header, arrival->n);
    ssize_t n = recv(conn->io.fd, arrival->header + arrival->n, (size_t)lacks, 0);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        fail(conn);
        return;
    }
    arrival->n += (size_t)n;
    lacks = proxy_header_lacks(arrival->header, arrival->n);
    if (lacks == 0)
        on_complete(conn);
    else if (lacks < 0)
        fail(conn);
}

static void on_timeout(struct conn *conn)
{
    counter_add(COUNT_HTTP_TIMEOUTS);
    conn_abort(conn);
}

static void on_closed(struct conn *conn)
{
    hand_over(conn);
    conn->ops->on_closed(conn);
}

static const struct conn_ops ops = {
    .on_readable = on_readable,
    .on_timeout = on_timeout,
    .on_closed = on_closed,
};

int proxy_expect(struct conn *conn)
{
    struct arrival *arrival = malloc(sizeof(*arrival));

    if (arrival == NULL)
        return -ENOMEM;
    arrival->ops = conn->ops;
    arrival->data = conn->data;
    arrival->n = 0;
    conn_set_ops(conn, &ops, arrival);
    return 0;
}
