#include "plugin/links.h"

#include "base/counters.h"
#include "chat/client.h"
#include "chat/hello.h"
#include "chat/room.h"
#include "plugin/activation.h"
#include "plugin/endpoints.h"
#include "plugin/link_kinds.h"
#include "plugin/requests.h"
#include "plugin/thread.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

enum { REQUESTS_MAX = 64 };

/* What a peer wants, and has to wait for. */
struct wish {
    struct wish *next;
    struct json *json;
};

static struct chatd_link *of(struct link *link)
{
    return (struct chatd_link *)((char *)link - offsetof(struct chatd_link, session.link));
}

/* ---- The life of a link ------------------------------------------------------------------- */

static void schedule(struct chatd_link *link)
{
    if (link->scheduled)
        return;
    link->scheduled = true;
    hub_defer(link->session.hub, &link->task);
}

void links_end_one(struct chatd_link *link, unsigned code, const char *reason)
{
    if (link->ending)
        return;
    link->ending = true;
    link->code = code;
    link->reason = strdup(reason);
    schedule(link);
}

static void tell_closed(struct chatd_link *link)
{
    struct link_kind *kind = link->kind;
    struct activation activation;

    if (kind->self == NULL || kind->ops.closed == NULL)
        return;
    activation_begin(&activation, kind->self, "link closed");
    kind->ops.closed(kind->self, link, link->code, link->reason != NULL ? link->reason : "");
    activation_end(&activation);
}

static void forget_wish(struct chatd_link *link)
{
    struct wish *wish = link->wishes;

    link->wishes = wish->next;
    link->n_wishes--;
    free(wish);
}

static void let_go_of_connection(struct chatd_link *link)
{
    struct conn *conn = link->session.link.conn;

    if (link->ws == NULL) {
        conn->data = NULL;
        conn_abort(conn);
        return;
    }
    conn_unsubscribe_all(conn);
    endpoints_set_link(link->ws, NULL, NULL);
}

static void link_free(struct chatd_link *link)
{
    session_deinit(&link->session, link_ends_for_good(link->code));
    let_go_of_connection(link);
    while (link->wishes != NULL) {
        json_free(link->wishes->json);
        forget_wish(link);
    }
    idmap_remove(&link->session.hub->ids, link->id);
    link_kinds_leave(link);
    free(link->reason);
    free(link);
}

static void greet(struct chatd_link *link)
{
    struct buf hello;

    link->greeted = true;
    if (hello_write(link->session.hub, &hello) == 0)
        link->session.link.ops->send(&link->session.link, buf_slice(&hello), SEND_BOUNDED);
    buf_deinit(&hello);
}

/* Whatever comes next for this link, with no module on the stack. */
static void run(struct task *task)
{
    struct chatd_link *link =
        (struct chatd_link *)((char *)task - offsetof(struct chatd_link, task));

    if (!link->greeted)
        greet(link);
    while (link->wishes != NULL && !link->session.held && !link->ending) {
        struct json *json = link->wishes->json;
        forget_wish(link);
        session_request(&link->session, json);
    }
    link->scheduled = false;
    if (!link->ending)
        return;
    tell_closed(link);
    link_free(link);
}

void links_lost(struct chatd_link *link, unsigned code)
{
    links_end_one(link, code, "");
}

/* ---- What the session wants --------------------------------------------------------------- */

static void link_send(struct link *base, struct slice json, enum send_class send_class)
{
    struct chatd_link *link = of(base);
    struct link_kind *kind = link->kind;
    struct activation activation;
    char type[TYPE_MAX + 1];

    if (link->ending || kind->self == NULL || kind->ops.event == NULL)
        return;
    link->send_class = send_class;
    activation_begin(&activation, kind->self, "link event");
    kind->ops.event(kind->self, link, link_kinds_type(json, type), str_out(json));
    activation_end(&activation);
    link->send_class = SEND_BOUNDED;
}

static void link_close(struct link *base, unsigned code, const char *reason)
{
    links_end_one(of(base), code, reason);
}

static void link_hold(struct link *base)
{
    (void)base;
}

static void link_release(struct link *base)
{
    schedule(of(base));
}

static void link_logged_in(struct link *base)
{
    (void)base;
}

static void link_login_later(struct link *base)
{
    (void)base;
}

static const struct link_ops link_ops = {
    .send = link_send,
    .close = link_close,
    .hold = link_hold,
    .release = link_release,
    .logged_in = link_logged_in,
    .login_later = link_login_later,
};

/* ---- Without a WebSocket ------------------------------------------------------------------ */

static void on_waiting(struct conn *conn)
{
    struct chatd_link *link = conn->data;
    struct link_kind *kind = link->kind;
    struct activation activation;

    if (link->ending || kind->self == NULL || kind->ops.waiting == NULL)
        return;
    activation_begin(&activation, kind->self, "link waiting");
    kind->ops.waiting(kind->self, link);
    activation_end(&activation);
}

static void on_overflow(struct conn *conn)
{
    counter_add(COUNT_SLOW_READERS);
    links_end_one(conn->data, WS_CLOSE_SLOW_READER, "slow reader");
}

/* Without memory for a frame its stream would have a hole. */
static void on_closed(struct conn *conn)
{
    if (conn->data != NULL)
        links_end_one(conn->data, WS_CLOSE_SLOW_READER, "out of memory");
}

static const struct conn_ops conn_ops = {
    .on_waiting = on_waiting,
    .on_overflow = on_overflow,
    .on_closed = on_closed,
};

/* ---- For modules -------------------------------------------------------------------------- */

static struct chatd_link *link_new(struct link_kind *kind, struct conn *peer)
{
    struct hub *hub = kind->self->plugins->hub;
    struct link_encoding *encoding = link_kinds_encoding(kind, &websocket_plain);
    struct chatd_link *link = calloc(1, sizeof(*link));
    struct conn *conn;

    if (link == NULL || encoding == NULL ||
        conn_new_detached(hub->loop, &peer->peer, &conn_ops, link, &conn) != 0) {
        free(link);
        return NULL;
    }
    conn->encoding = &encoding->encoding;
    session_init(&link->session, hub, &link_ops, conn);
    link->task.run = run;
    link->kind = kind;
    link->send_class = SEND_BOUNDED;
    link->next = kind->links;
    if (link->next != NULL)
        link->next->prev = link;
    kind->links = link;
    link->id = idmap_add(&hub->ids, ID_LINK, link);
    if (link->id != 0)
        return link;
    link_free(link);
    return NULL;
}

static chatd_id open_link(struct chatd_self *self, int number, struct chatd_request *request)
{
    SERVERS_THREAD_ONLY("link.open", 0);
    struct link_kind *kind = link_kinds_find(self, number);
    struct chatd_link *link = kind != NULL ? link_new(kind, request->exchange->conn) : NULL;

    if (link == NULL) {
        counter_add(COUNT_LINKS_REFUSED);
        return 0;
    }
    schedule(link);
    return link->id;
}

static chatd_id id_of(struct chatd_link *link)
{
    SERVERS_THREAD_ONLY("link.id", 0);
    return link->id;
}

static struct chatd_link *by_id(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("link.by_id", NULL);
    struct chatd_link *link = idmap_get(&self->plugins->hub->ids, ID_LINK, id);

    return link != NULL && link->kind->self == self && !link->ending ? link : NULL;
}

static struct chatd_link *of_client(struct chatd_self *self, struct chatd_client *client)
{
    SERVERS_THREAD_ONLY("link.of_client", NULL);
    struct link *base = client_in(client)->link;
    struct chatd_link *link = base->ops == &link_ops ? of(base) : NULL;

    return link != NULL && link->kind->self == self ? link : NULL;
}

static struct chatd_client *client_of(struct chatd_link *link)
{
    SERVERS_THREAD_ONLY("link.client", NULL);
    return client_out(link->session.client);
}

static struct chatd_link *of_websocket(struct chatd_self *self, struct chatd_ws *ws)
{
    SERVERS_THREAD_ONLY("link.of_websocket", NULL);
    (void)self;
    return endpoints_link(ws);
}

static struct chatd_ws *websocket_of_link(struct chatd_link *link)
{
    SERVERS_THREAD_ONLY("link.websocket", NULL);
    return link->ws;
}

/* What waits on the detached connection goes first. */
static int move_output(struct conn *from, struct conn *to)
{
    struct slice waiting;
    int err = 0;

    while (err == 0 && (waiting = conn_next_output(from)).n > 0) {
        struct frame *frame = frame_join(waiting, SLICE(""));
        if (frame == NULL)
            return -ENOMEM;
        err = conn_send(to, frame, SEND_ALWAYS);
        frame_unref(frame);
        conn_take_output(from, waiting.n);
    }
    return err;
}

static int move_subscriptions(struct client *client, struct conn *from, struct conn *to)
{
    int err = 0;

    if (client == NULL)
        return 0;
    for (struct member *at = client->user->memberships; at != NULL && err == 0;
         at = at->user_next) {
        topic_unsubscribe(&at->room->topic, from);
        err = topic_subscribe(&at->room->topic, to, client->user);
    }
    return err;
}

static int attach(struct chatd_self *self, struct chatd_link *link, struct chatd_ws *ws)
{
    SERVERS_THREAD_ONLY("link.attach", -EPERM);
    struct websocket *websocket = endpoints_websocket(ws);
    struct conn *from = link->session.link.conn;
    struct conn *to = websocket->conn;

    (void)self;
    if (link->ws != NULL || endpoints_link(ws) != NULL)
        return -EALREADY;
    if (websocket->closing || to->state != CONN_OPEN || link->ending)
        return -EPIPE;
    struct link_encoding *encoding = link_kinds_encoding(link->kind, websocket->encoding);
    if (encoding == NULL)
        return -ENOMEM;
    endpoints_set_link(ws, link, &encoding->encoding);
    int err = move_output(from, to);
    if (err == 0)
        err = move_subscriptions(link->session.client, from, to);
    link->ws = ws;
    link->session.link.conn = to;
    from->data = NULL;
    conn_abort(from);
    /* What is half moved is lost. */
    if (err != 0)
        links_end_one(link, WS_CLOSE_SLOW_READER, "out of memory");
    return err;
}

static int request(struct chatd_self *self, struct chatd_link *link, struct chatd_json *json)
{
    SERVERS_THREAD_ONLY("link.request", -EPERM);
    struct wish *wish = malloc(sizeof(*wish));
    struct wish **at = &link->wishes;
    int err = 0;

    (void)self;
    if (wish == NULL)
        err = -ENOMEM;
    else if (link->ending)
        err = -EPIPE;
    else if (link->n_wishes == REQUESTS_MAX)
        err = -ENOBUFS;
    if (err != 0) {
        free(wish);
        json_free((struct json *)json);
        return err;
    }
    *wish = (struct wish){.json = (struct json *)json};
    while (*at != NULL)
        at = &(*at)->next;
    *at = wish;
    link->n_wishes++;
    schedule(link);
    return 0;
}

static int write_message(struct chatd_self *self, struct chatd_link *link, int binary,
                         const char *data, size_t n)
{
    SERVERS_THREAD_ONLY("link.write", -EPERM);
    const enum ws_opcode opcode = binary ? WS_OP_BINARY : WS_OP_TEXT;
    struct conn *conn = link->session.link.conn;

    (void)self;
    if (!binary && !utf8_valid(slice_of(data, n)))
        return -EINVAL;
    if (link->ws != NULL)
        return websocket_send(endpoints_websocket(link->ws), opcode, slice_of(data, n),
                              link->send_class);
    struct frame *frame = websocket_frame(opcode, slice_of(data, n));
    if (frame == NULL)
        return -ENOMEM;
    int err = conn_send(conn, frame, link->send_class);
    frame_unref(frame);
    return err;
}

/* Calls `fn` for the messages at the beginning of what waits, which are whole and not masked. */
static size_t take(struct chatd_self *self, struct chatd_link *link, size_t max_bytes,
                   chatd_take_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("link.take", 0);
    struct conn *conn = link->session.link.conn;
    struct slice waiting;
    size_t taken = 0;

    while (link->ws == NULL && (waiting = conn_next_output(conn)).n > 0) {
        struct slice payload;
        enum ws_opcode opcode;
        size_t n = ws_frame_read(waiting, &opcode, &payload);
        if (taken > 0 && payload.n > max_bytes)
            break;
        fn(self, opcode == WS_OP_BINARY, payload.p, payload.n, arg);
        conn_take_output(conn, n);
        max_bytes = payload.n < max_bytes ? max_bytes - payload.n : 0;
        taken++;
    }
    return taken;
}

static void close_link(struct chatd_self *self, struct chatd_link *link, unsigned code,
                       const char *reason)
{
    SERVERS_THREAD_ONLY("link.close");
    (void)self;
    links_end_one(link, code, reason != NULL ? reason : "");
}

const struct chatd_link_api links_api = {
    .size = sizeof(struct chatd_link_api),
    .kind = link_kinds_add,
    .open = open_link,
    .id = id_of,
    .by_id = by_id,
    .of_client = of_client,
    .client = client_of,
    .of_websocket = of_websocket,
    .websocket = websocket_of_link,
    .attach = attach,
    .request = request,
    .write = write_message,
    .publish = link_kinds_publish,
    .put = link_kinds_put,
    .take = take,
    .close = close_link,
};
