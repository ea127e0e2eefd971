#include "net/listener.h"

#include "base/counters.h"
#include "base/log.h"
#include "base/slice.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* Connections accepted in one go, before the others have their turn. */
    ACCEPT_BATCH = 64,
    /* How long to leave the queue alone when there is no descriptor for the next connection. */
    PAUSE_MS = 500,
    SECOND_MS = 1000,
};

struct endpoint {
    ev_io io;
    ev_timer pause;
    struct listener *listener;
    bool paused_before;
};

struct listener {
    struct loop *loop;
    struct listen_entry entry;
    listener_fn *on_accept;
    void *arg;
    struct endpoint *endpoints;
    size_t n;
};

/* ---- Entries of the configuration --------------------------------------------------------- */

/* A word that stands there twice is a slip of the pen in what may be another word. */
static const char *read_word(struct slice word, struct listen_entry *entry)
{
    bool *option = NULL;

    if (slice_eq(word, SLICE("tls")))
        option = &entry->tls;
    else if (slice_eq(word, SLICE("proxy")))
        option = &entry->proxy;
    if (option == NULL)
        return "only \"tls\" and \"proxy\" may stand behind the address";
    if (*option)
        return "a word stands behind the address twice";
    *option = true;
    return NULL;
}

const char *listen_entry_read(const char *text, struct listen_entry *out)
{
    struct listen_entry entry = {0};
    struct slice rest = slice_str(text);
    struct slice address = slice_cut(&rest, ' ');

    if (address.n >= sizeof(entry.address))
        return "the address is too long";
    memcpy(entry.address, address.p, address.n);
    while (rest.n > 0) {
        struct slice word = slice_cut(&rest, ' ');
        const char *why = word.n > 0 ? read_word(word, &entry) : NULL;
        if (why != NULL)
            return why;
    }
    *out = entry;
    return NULL;
}

/* ---- Accepting ---------------------------------------------------------------------------- */

/* Who comes meanwhile waits in the kernel's queue. */
static void pause_accepting(struct endpoint *endpoint, int64_t ms)
{
    struct ev_loop *ev = endpoint->listener->loop->ev;

    ev_io_stop(ev, &endpoint->io);
    ev_timer_set(&endpoint->pause, (double)ms / 1e3, 0);
    ev_timer_start(ev, &endpoint->pause);
}

/* Out of descriptors or memory: waiting costs nothing, and trying again at once would spin. */
static void on_accept_failed(struct endpoint *endpoint, int err)
{
    if (!endpoint->paused_before)
        log_warn("listener", "accept: %s; trying again every %d ms", strerror(err), PAUSE_MS);
    endpoint->paused_before = true;
    counter_add(COUNT_ACCEPT_PAUSES);
    pause_accepting(endpoint, PAUSE_MS);
}

/* How long nobody may be accepted, for there were enough in this second; 0: go on. */
static int64_t rate_pause_ms(struct loop *loop)
{
    int64_t now_ms = loop_now_ms(loop);

    if (loop->max_accept_rate == 0)
        return 0;
    if (now_ms - loop->accepting_since_ms >= SECOND_MS) {
        loop->accepting_since_ms = now_ms;
        loop->accepted = 0;
    }
    if (loop->accepted < loop->max_accept_rate)
        return 0;
    return loop->accepting_since_ms + SECOND_MS - now_ms;
}

static void on_pause_over(struct ev_loop *ev, ev_timer *watcher, int events)
{
    struct endpoint *endpoint = watcher->data;

    (void)events;
    ev_io_start(ev, &endpoint->io);
}

static void accepted(struct listener *listener, int fd, const struct sockaddr_storage *sa)
{
    static const int on = 1;
    struct address peer = address_from((const struct sockaddr *)sa);

    /* Frames are written whole; waiting for more only delays them. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    counter_add(COUNT_ACCEPTED);
    listener->loop->accepted++;
    listener->on_accept(listener->arg, fd, &peer, &listener->entry);
}

static void on_acceptable(struct ev_loop *ev, ev_io *watcher, int events)
{
    struct endpoint *endpoint = watcher->data;

    (void)ev;
    (void)events;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage sa = {0};
        socklen_t n = sizeof(sa);
        int64_t pause_ms = rate_pause_ms(endpoint->listener->loop);
        if (pause_ms > 0) {
            counter_add(COUNT_ACCEPT_RATE);
            pause_accepting(endpoint, pause_ms);
            return;
        }
        int fd = accept4(watcher->fd, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accepted(endpoint->listener, fd, &sa);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        /* These concern one connection, which broke before it was accepted (accept(2)). */
        if (errno == ECONNABORTED || errno == EPROTO || errno == EINTR)
            continue;
        on_accept_failed(endpoint, errno);
        return;
    }
    endpoint->paused_before = false;
}

/* ---- Listening ---------------------------------------------------------------------------- */

static int open_socket(const struct addrinfo *info)
{
    static const int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (info->ai_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

static void log_listening(int fd, const struct listen_entry *entry)
{
    struct sockaddr_storage sa = {0};
    socklen_t n = sizeof(sa);
    char text[ADDRESS_TEXT_BYTES];

    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0)
        return;
    struct address address = address_from((const struct sockaddr *)&sa);
    address_text(&address, text);
    log_info("listener", "listening on %s%s%s", text, entry->tls ? " tls" : "",
             entry->proxy ? " proxy" : "");
}

static int add_endpoint(struct listener *listener, const struct addrinfo *info)
{
    struct endpoint *endpoint = &listener->endpoints[listener->n];
    int fd = open_socket(info);

    if (fd < 0)
        return fd;
    endpoint->listener = listener;
    ev_io_init(&endpoint->io, on_acceptable, fd, EV_READ);
    endpoint->io.data = endpoint;
    ev_init(&endpoint->pause, on_pause_over);
    endpoint->pause.data = endpoint;
    ev_io_start(listener->loop->ev, &endpoint->io);
    listener->n++;
    log_listening(fd, &listener->entry);
    return 0;
}

/* "localhost" may stand for an address family that this machine does not have: one of several
 * addresses is enough. */
static int add_endpoints(struct listener *listener, const struct addrinfo *list)
{
    int err = 0;
    size_t n = 0;

    for (const struct addrinfo *info = list; info != NULL; info = info->ai_next)
        n++;
    listener->endpoints = calloc(n, sizeof(*listener->endpoints));
    if (listener->endpoints == NULL)
        return -ENOMEM;
    for (const struct addrinfo *info = list; info != NULL; info = info->ai_next) {
        int failed = add_endpoint(listener, info);
        if (failed == -EAFNOSUPPORT || failed == -EADDRNOTAVAIL)
            err = err != 0 ? err : failed;
        else if (failed != 0)
            return failed;
    }
    return listener->n > 0 ? 0 : err;
}

int listener_new(struct loop *loop, const struct listen_entry *entry, listener_fn *on_accept,
                 void *arg, struct listener **out)
{
    struct addrinfo *list = NULL;
    const char *why = address_resolve(entry->address, &list);

    if (why != NULL) {
        log_error("listener", "%s: %s", entry->address, why);
        return -EINVAL;
    }
    int err = -ENOMEM;
    struct listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL)
        goto done;
    *listener =
        (struct listener){.loop = loop, .entry = *entry, .on_accept = on_accept, .arg = arg};
    err = add_endpoints(listener, list);
    if (err != 0) {
        log_error("listener", "%s: %s", entry->address, strerror(-err));
        listener_free(listener);
    } else {
        *out = listener;
    }

done:
    freeaddrinfo(list);
    return err;
}

void listener_free(struct listener *listener)
{
    if (listener == NULL)
        return;
    for (size_t i = 0; i < listener->n; i++) {
        struct endpoint *endpoint = &listener->endpoints[i];
        ev_io_stop(listener->loop->ev, &endpoint->io);
        ev_timer_stop(listener->loop->ev, &endpoint->pause);
        close(endpoint->io.fd);
    }
    free(listener->endpoints);
    free(listener);
}
