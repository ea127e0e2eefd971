#include "net/proxy.h"

#include "base/counters.h"
#include "base/log.h"
#include "net/proxy_header.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { COMPLAINT_MS = 1000 };

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
    int64_t now = loop_now_ms(loop);

    counter_add(COUNT_PROXY_FAILED);
    /* Peers may not fill the log: the first one in a while stands for all. */
    if (now >= loop->next_complaint_ms) {
        loop->next_complaint_ms = now + COMPLAINT_MS;
        log_info(conn_name(conn), "this connection does not begin with a PROXY header");
    }
    conn_abort(conn);
}

static void on_complete(struct conn *conn)
{
    struct arrival *arrival = conn->data;

    (void)proxy_header_client(arrival->header, arrival->n, &conn->peer);
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
