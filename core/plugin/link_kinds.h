/* Kinds of links: what a module has declared, and how its links encode events. */
#ifndef CHATD_PLUGIN_LINK_KINDS_H
#define CHATD_PLUGIN_LINK_KINDS_H

#include "chat/limits.h"
#include "chat/session.h"
#include "http/websocket.h"
#include "plugin/module.h"

struct chatd_link {
    struct session session;
    struct task task; /* what is to be done next */
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

/* For iface("link", 1). */
int link_kinds_add(struct chatd_self *self, const char *name, const struct chatd_link_ops *ops);
int link_kinds_put(struct chatd_out *out, const char *text, size_t n);
int link_kinds_publish(struct chatd_self *self, int number, struct chatd_room *room,
                       const char *text, size_t n, struct chatd_user *except);

/* The module's kind with this number; NULL for none. */
struct link_kind *link_kinds_find(const struct chatd_self *self, int number);

/* How links of this kind get events whose WebSocket has this encoding; NULL without memory. */
struct link_encoding *link_kinds_encoding(struct link_kind *kind,
                                          const struct websocket_encoding *websocket);

/* The type of an event that the server wrote, which begins with it. */
struct chatd_str link_kinds_type(struct slice json, char type[TYPE_MAX + 1]);

/* Takes a link off its kind, which ends with its last link when its module has ended. */
void link_kinds_leave(struct chatd_link *link);

/* Ends all links of a kind. */
void link_kinds_end_links(struct link_kind *kind, unsigned code, const char *reason);

#endif
