#include "plugin/link_kinds.h"

#include "chat/room.h"
#include "plugin/activation.h"
#include "plugin/links.h"
#include "plugin/table.h"
#include "plugin/thread.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

/* Where encode() writes. */
struct chatd_out {
    const struct websocket_encoding *websocket;
    struct frame *frame;
};

/* ---- Encodings ---------------------------------------------------------------------------- */

/* The server writes "type" first. */
struct chatd_str link_kinds_type(struct slice json, char type[TYPE_MAX + 1])
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
    kind->ops.encode(kind->self, &out, link_kinds_type(json, type), str_out(json));
    activation_end(&activation);
    return out.frame;
}

int link_kinds_put(struct chatd_out *out, const char *text, size_t n)
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
struct link_encoding *link_kinds_encoding(struct link_kind *kind,
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

int link_kinds_publish(struct chatd_self *self, int number, struct chatd_room *room,
                       const char *text, size_t n, struct chatd_user *except)
{
    SERVERS_THREAD_ONLY("link.publish", -EPERM);
    struct publication publication = {link_kinds_find(self, number), slice_of(text, n)};

    if (publication.kind == NULL || !utf8_valid(publication.text))
        return -EINVAL;
    topic_publish_made(&room_in(room)->topic, make_publication, &publication, SEND_BOUNDED, except);
    return 0;
}

/* ---- Kinds -------------------------------------------------------------------------------- */

struct link_kind *link_kinds_find(const struct chatd_self *self, int number)
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

int link_kinds_add(struct chatd_self *self, const char *name, const struct chatd_link_ops *ops)
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

void link_kinds_leave(struct chatd_link *link)
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

void link_kinds_end_links(struct link_kind *kind, unsigned code, const char *reason)
{
    for (struct chatd_link *link = kind->links; link != NULL; link = link->next)
        links_end_one(link, code, reason);
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
    link_kinds_end_links(kind, 1012, "the module that answered here has ended");
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
        kind->ops = (struct chatd_link_ops){0}; /* until it is declared again */
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
            link_kinds_end_links(kind, 1001, "the server is going away");
    hub_leave(plugins->hub);
}
