/* A loaded module, and what it owns. `struct chatd_self` is the module ABI's name for it. */
#ifndef CHATD_PLUGIN_MODULE_H
#define CHATD_PLUGIN_MODULE_H

#include "base/conffile.h"
#include "base/option.h"
#include "chat/hub.h"
#include "http/server.h"
#include "net/timer.h"
#include "net/workers.h"

#include <chatd-module.h>
#include <sys/types.h>
#include <time.h>

enum module_state {
    MODULE_BROKEN,  /* its file is missing or does not fit; it is left out */
    MODULE_OPEN,    /* options read, checked */
    MODULE_READY,   /* init() has been called */
    MODULE_RUNNING, /* start() has been called */
};

/* Which file it was, and in what state. */
struct module_file {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
    struct timespec ctime;
};

struct chatd_self {
    struct plugins *plugins;
    char *name;
    char *path;
    char *where; /* file:line of its section */
    unsigned line;
    void *dl;
    struct module_file file;
    int copy_fd; /* of the code that runs; -1: it is the file's own */
    enum module_state state;
    struct chatd_module_def def;
    struct chatd_option *options; /* copies, as this server knows them */
    struct option_value *values;
    size_t n_options;
    struct module_bot *bots;
    struct module_bot *inherited_bots;
    struct errand *errands;
    struct module_timer *timers;
    struct module_watch *watches;
    struct module_endpoint *endpoints;
    struct module_endpoint *inherited_endpoints;
    struct module_path *paths;
    struct link_kind *link_kinds;
    struct link_kind *inherited_link_kinds;
    struct token *tokens;
    struct chatd_store_ops *store; /* it is the one that stores; NULL: it is not */
    struct fetch *fetches;         /* what it has asked for */
    struct call_stats *stats;
    size_t jobs;        /* under way */
    struct json *saved; /* for the module that takes its place */
    struct json *saved_slots;
    struct chatd_self *next_ended;
};

/* One entry of a hook chain. */
struct hook {
    struct chatd_self *self;
    struct call_stats *stats;
    int priority;
    chatd_fn fn;
};

struct chain {
    struct hook *hooks; /* in the order in which they are called */
    size_t n;
};

struct slot_kind {
    struct slot *slots;
    size_t n;
};

enum { SLOT_KINDS = CHATD_SLOT_USER + 1 };

/* In the order of chatd.modules. */
struct module_set {
    struct chatd_self **modules;
    size_t n;
};

/* All modules of the server. */
struct plugins {
    struct hub *hub;
    struct http_server *http;
    struct workers *workers;
    const struct config *config;
    struct module_set set;
    struct chatd_self *ended; /* their code goes in the next turn of the loop */
    struct timer unload;
    struct service *services;
    struct chatd_self *storing; /* the module that stores; NULL for none */
    size_t n_fetches;
    struct use *uses;
    struct mailbox *mailbox; /* of post() */
    size_t n_broken;
    struct chain chains[HOOK_POINTS];
    struct slot_kind slot_kinds[SLOT_KINDS];
    struct activation *current;
    bool registering; /* init() is being called */
};

/* ---- The opaque objects of the ABI are the core's own ------------------------------------- */

struct message;
struct call;
struct login;
struct joining;

static inline struct chatd_user *user_out(struct user *user)
{
    return (struct chatd_user *)user;
}

static inline struct user *user_in(struct chatd_user *user)
{
    return (struct user *)user;
}

static inline struct chatd_client *client_out(struct client *client)
{
    return (struct chatd_client *)client;
}

static inline struct client *client_in(struct chatd_client *client)
{
    return (struct client *)client;
}

static inline struct chatd_room *room_out(struct room *room)
{
    return (struct chatd_room *)room;
}

static inline struct room *room_in(struct chatd_room *room)
{
    return (struct room *)room;
}

static inline struct chatd_msg *message_out(struct message *message)
{
    return (struct chatd_msg *)message;
}

static inline struct message *message_in(struct chatd_msg *message)
{
    return (struct message *)message;
}

static inline struct chatd_call *call_out(struct call *call)
{
    return (struct chatd_call *)call;
}

static inline struct call *call_in(struct chatd_call *call)
{
    return (struct call *)call;
}

/* Events are for reading only. */
static inline struct chatd_event *event_out(const struct event *event)
{
    return (struct chatd_event *)(uintptr_t)event;
}

static inline const struct event *event_in(struct chatd_event *event)
{
    return (const struct event *)event;
}

static inline struct chatd_login *login_out(struct login *login)
{
    return (struct chatd_login *)login;
}

static inline struct login *login_in(struct chatd_login *login)
{
    return (struct login *)login;
}

static inline struct chatd_join *joining_out(struct joining *joining)
{
    return (struct chatd_join *)joining;
}

static inline struct joining *joining_in(struct chatd_join *join)
{
    return (struct joining *)join;
}

static inline struct chatd_str str_out(struct slice s)
{
    return (struct chatd_str){s.n > 0 ? s.p : "", s.n};
}

static inline struct chatd_str str_of(const char *s)
{
    return str_out(slice_str(s));
}

#endif
