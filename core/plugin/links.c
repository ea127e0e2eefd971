#include "plugin/links.h"

#include "base/counters.h"
#include "chat/client.h"
#include "chat/hello.h"
#include "chat/limits.h"
#include "chat/room.h"
#include "chat/session.h"
#include "http/websocket.h"
#include "plugin/activation.h"
#include "plugin/endpoints.h"
#include "plugin/requests.h"
#include "plugin/table.h"
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

struct chatd_link {
    struct session session;
    struct task task; /* what is to be done next: one() */
    struct link_kind *kind;
    struct chatd_link *prev; /* of the same kind */
    struct chatd_link *next;
    struct chatd_ws *ws; /* NULL: the connection is a detached one */
    struct wish *wishes;
    size_t n_wishes;
    uint64_t id;
    char *reason;
    unsigned code;
    enum send_class send_class; /* of what the module writes now */
    bool scheduled;
    bool greeted; /* with "hello" */
    bool ending;
};

/* Links of one kind whose connections have the same encoding. */
struct link_encoding {
    struct encoding encoding;
    struct link_encoding *next;
    struct link_kind *kind;
    const struct websocket_encoding *websocket;
};

struct link_kind {
    struct link_kind *next;
    struct chatd_self *self; /* NULL: the module has ended, and so do the links */
    struct call_stats *encode_stats;
    struct chatd_link_ops ops;
    struct chatd_link *links;
    struct link_encoding *encodings;
    int number;
    char name[];
};

/* Where encode() writes. */
struct chatd_out {
    const struct websocket_encoding *websocket;
    struct frame *frame;
};

static struct chatd_link *of(struct link *link)
{
    return (struct chatd_link *)((char *)link - offsetof(struct chatd_link, session.link));
}

/* ---- Encodings ---------------------------------------------------------------------------- */

/* The server writes "type" first. */
static struct chatd_str type_of(struct slice json, char type[TYPE_MAX + 1])
{
    static const char before[] = "{\"type\":\"";
    const char *p = json.p + sizeof(before) - 1;
    size_t n = 0;

    while (n < TYPE_MAX && p[n] != '"')
        n++;
    memcpy(type, p, n);
    type[n] = '\0';
    return (struct chatd_str){type, n};
}

static struct frame *make_frame(const struct encoding *encoding, struct slice json)
{
    const struct link_encoding *of_link = (const struct link_encoding *)encoding;
    const struct link_kind *kind = of_link->kind;
    struct chatd_out out = {.websocket = of_link->websocket};
    struct activation activation;
    char type[TYPE_MAX + 1];

    if (kind->self == NULL || kind->ops.encode == NULL)
        return NULL;
    activation_enter(&activation, kind->self, kind->encode_stats);
    kind->ops.encode(kind->self, &out, type_of(json, type), str_out(json));
    activation_end(&activation);
    return out.frame;
}

static int put(struct chatd_out *out, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("link.put", -EPERM);
    if (!utf8_valid(slice_of(text, n)))
        return -EINVAL;
    struct frame *frame = websocket_encode(out->websocket, WS_OP_TEXT, slice_of(text, n));
    if (frame == NULL)
        return -ENOMEM;
    if (out->frame != NULL) {
        struct frame *joined =
            frame_join(slice_of(out->frame->data, out->frame->n), slice_of(frame->data, frame->n));
        frame_unref(frame);
        if (joined == NULL)
            return -ENOMEM;
        frame_unref(out->frame);
        frame = joined;
    }
    out->frame = frame;
    return 0;
}

/* NULL without memory. */
static struct link_encoding *encoding_for(struct link_kind *kind,
                                          const struct websocket_encoding *websocket)
{
    struct link_encoding *encoding = kind->encodings;

    while (encoding != NULL && encoding->websocket != websocket)
        encoding = encoding->next;
    if (encoding != NULL)
        return encoding;
    encoding = malloc(sizeof(*encoding));
    if (encoding == NULL)
        return NULL;
    *encoding = (struct link_encoding){
        .encoding.make = make_frame,
        .next = kind->encodings,
        .kind = kind,
        .websocket = websocket,
    };
    kind->encodings = encoding;
    return encoding;
}

static void kind_free(struct link_kind *kind)
{
    while (kind->encodings != NULL) {
        struct link_encoding *next = kind->encodings->next;
        free(kind->encodings);
        kind->encodings = next;
    }
    free(kind);
}

/* ---- The life of a link ------------------------------------------------------------------- */

static void schedule(struct chatd_link *link)
{
    if (link->scheduled)
        return;
    link->scheduled = true;
    hub_defer(link->session.hub, &link->task);
}

/* What is to be said at the end is the first that was. */
static void begin_end(struct chatd_link *link, unsigned code, const char *reason)
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

static void leave_kind(struct chatd_link *link)
{
    if (link->prev != NULL)
        link->prev->next = link->next;
    else
        link->kind->links = link->next;
    if (link->next != NULL)
        link->next->prev = link->prev;
    if (link->kind->self == NULL && link->kind->links == NULL)
        kind_free(link->kind);
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
    leave_kind(link);
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
    while (link->wishes != NULL && link->session.request == NULL && !link->ending) {
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
    begin_end(link, code, "");
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
    kind->ops.event(kind->self, link, type_of(json, type), str_out(json));
    activation_end(&activation);
    link->send_class = SEND_BOUNDED;
}

static void link_close(struct link *base, unsigned code, const char *reason)
{
    begin_end(of(base), code, reason);
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

static const struct link_ops link_ops = {
    .send = link_send,
    .close = link_close,
    .hold = link_hold,
    .release = link_release,
    .logged_in = link_logged_in,
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
    begin_end(conn->data, WS_CLOSE_SLOW_READER, "slow reader");
}

/* Without memory for a frame its stream would have a hole. */
static void on_closed(struct conn *conn)
{
    if (conn->data != NULL)
        begin_end(conn->data, WS_CLOSE_SLOW_READER, "out of memory");
}

static const struct conn_ops conn_ops = {
    .on_waiting = on_waiting,
    .on_overflow = on_overflow,
    .on_closed = on_closed,
};

/* ---- For modules -------------------------------------------------------------------------- */

static struct link_kind *find_kind(const struct chatd_self *self, int number)
{
    struct link_kind *kind = self->link_kinds;

    while (kind != NULL && kind->number != number)
        kind = kind->next;
    return kind;
}

static struct link_kind *inherit(struct chatd_self *self, const char *name)
{
    struct link_kind **at = &self->inherited_link_kinds;

    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    struct link_kind *kind = *at;
    if (kind != NULL)
        *at = kind->next;
    return kind;
}

static struct link_kind *kind_new(const char *name)
{
    size_t n = strlen(name) + 1;
    struct link_kind *kind = calloc(1, sizeof(*kind) + n);

    if (kind != NULL)
        memcpy(kind->name, name, n);
    return kind;
}

static int add_kind(struct chatd_self *self, const char *name, const struct chatd_link_ops *ops)
{
    SERVERS_THREAD_ONLY("link.kind", -EPERM);
    struct chatd_link_ops copy;

    if (!self->plugins->registering)
        return -EPERM;
    int err = table_take(self, "link ops", &copy, sizeof(copy),
                         TABLE_LEAST(struct chatd_link_ops, closed), ops);
    if (err != 0)
        return err;
    for (const struct link_kind *at = self->link_kinds; at != NULL; at = at->next)
        if (strcmp(at->name, name) == 0)
            return -EEXIST;
    struct link_kind *kind = inherit(self, name);
    if (kind == NULL)
        kind = kind_new(name);
    if (kind == NULL)
        return -ENOMEM;
    kind->self = self;
    kind->ops = copy;
    kind->encode_stats = stats_of(self, "link encode");
    kind->number = self->link_kinds != NULL ? self->link_kinds->number + 1 : 0;
    kind->next = self->link_kinds;
    self->link_kinds = kind;
    return kind->number;
}

static struct chatd_link *link_new(struct link_kind *kind, struct conn *peer)
{
    struct hub *hub = kind->self->plugins->hub;
    struct link_encoding *encoding = encoding_for(kind, &websocket_plain);
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
    struct link_kind *kind = find_kind(self, number);
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
    struct link_encoding *encoding = encoding_for(link->kind, websocket->encoding);
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
        begin_end(link, WS_CLOSE_SLOW_READER, "out of memory");
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

struct publication {
    const struct link_kind *kind;
    struct slice text;
};

static struct frame *make_publication(void *arg, const struct encoding *encoding)
{
    const struct publication *publication = arg;
    const struct link_encoding *of_link = (const struct link_encoding *)encoding;

    if (encoding->make != make_frame || of_link->kind != publication->kind)
        return NULL;
    return websocket_encode(of_link->websocket, WS_OP_TEXT, publication->text);
}

static int publish(struct chatd_self *self, int number, struct chatd_room *room, const char *text,
                   size_t n, struct chatd_user *except)
{
    SERVERS_THREAD_ONLY("link.publish", -EPERM);
    struct publication publication = {find_kind(self, number), slice_of(text, n)};

    if (publication.kind == NULL || !utf8_valid(publication.text))
        return -EINVAL;
    topic_publish_made(&room_in(room)->topic, make_publication, &publication, SEND_BOUNDED, except);
    return 0;
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
    begin_end(link, code, reason != NULL ? reason : "");
}

const struct chatd_link_api links_api = {
    .size = sizeof(struct chatd_link_api),
    .kind = add_kind,
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
    .publish = publish,
    .put = put,
    .take = take,
    .close = close_link,
};

/* ---- The end of kinds --------------------------------------------------------------------- */

static void end_links(struct link_kind *kind, unsigned code, const char *reason)
{
    for (struct chatd_link *link = kind->links; link != NULL; link = link->next)
        begin_end(link, code, reason);
}

/* The last of its links frees the kind. */
static void kind_end(struct link_kind *kind)
{
    struct hub *hub = kind->self->plugins->hub;

    kind->self = NULL;
    if (kind->links == NULL) {
        kind_free(kind);
        return;
    }
    hub_enter(hub);
    end_links(kind, 1012, "the module that answered here has ended");
    hub_leave(hub);
}

static void end_all(struct link_kind **kinds)
{
    while (*kinds != NULL) {
        struct link_kind *kind = *kinds;
        *kinds = kind->next;
        kind_end(kind);
    }
}

void links_end_inherited(struct chatd_self *self)
{
    end_all(&self->inherited_link_kinds);
}

static void pass_on(struct link_kind **kinds, struct chatd_self *heir)
{
    while (*kinds != NULL) {
        struct link_kind *kind = *kinds;
        *kinds = kind->next;
        kind->self = heir;
        kind->next = heir->inherited_link_kinds;
        heir->inherited_link_kinds = kind;
    }
}

void links_end(struct chatd_self *self, struct chatd_self *heir)
{
    if (heir != NULL) {
        pass_on(&self->link_kinds, heir);
        pass_on(&self->inherited_link_kinds, heir);
    }
    end_all(&self->link_kinds);
    end_all(&self->inherited_link_kinds);
}

void links_shut_down(struct plugins *plugins)
{
    hub_enter(plugins->hub);
    for (size_t i = 0; i < plugins->set.n; i++)
        for (struct link_kind *kind = plugins->set.modules[i]->link_kinds; kind != NULL;
             kind = kind->next)
            end_links(kind, 1001, "the server is going away");
    hub_leave(plugins->hub);
}
