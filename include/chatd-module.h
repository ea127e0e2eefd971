/*
 * chatd-module.h: the interface between chatd and its modules.
 *
 * A module is a shared object that exports one symbol, `chatd_module`, made with CHATD_MODULE().
 * It includes this header and the system's headers, nothing else of chatd's. The smallest bot:
 *
 *     static const struct chatd_api *chatd;
 *
 *     static int on_hello(struct chatd_self *self, struct chatd_call *call)
 *     {
 *         chatd->call_reply(self, call, "Hello!", 6);
 *         return CHATD_ACCEPT;
 *     }
 *
 *     static const struct chatd_command commands[] = {
 *         CHATD_COMMAND("hello", "", "Says hello to you", on_hello),
 *         CHATD_END,
 *     };
 *
 *     CHATD_MODULE(.name = "hello", .version = "1.0", .about = "says hello", .api = &chatd,
 *                  .commands = commands);
 *
 * Rules that hold everywhere:
 *
 * - Every callback runs on the server's one thread, between two waits for the network: it must
 *   not block. Work that blocks goes to job(). Every function here is called from that thread
 *   only, but post(). From another thread a function does nothing and answers -EPERM, 0, NULL or
 *   an empty text.
 * - Objects (`struct chatd_room *` and so on) and strings that a callback receives are borrowed:
 *   they are valid until the callback returns. To remember an object, keep its chatd_id and ask
 *   for the object again; the answer is NULL when it is gone.
 * - Each side frees only what it made. What a module hands over is copied unless said otherwise.
 * - Text is UTF-8. A struct chatd_str is counted *and* ends with a NUL that does not count.
 *   Where a function takes (text, n), the text need not end with a NUL.
 * - What a module does to rooms, users and sessions from inside a callback, from say() to
 *   client_close(), is done after the callbacks of the present event have all returned. What goes
 * to one connection of the module's own (WebSockets, links, HTTP answers) is sent at once.
 * - Functions that return int answer 0 for success and a negative errno value for failure,
 *   unless they say otherwise.
 * - Everything that a module registers or starts belongs to it and ends with it. The log tells of
 *   timers and watches that it has left to the server to end.
 * - A module that calls exit() or crashes ends the server: they are one process.
 *
 * This is version 0.x: a later 0.y may still change, and the server then refuses what was built
 * before. From 1.0 on, a module loads when the major versions are equal and its need_minor is not
 * above the server's minor: that is what a module sets that uses a function of a later minor
 * version than 0 (each says since when it is there).
 */
#ifndef CHATD_MODULE_H
#define CHATD_MODULE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHATD_ABI_MAJOR 0
#define CHATD_ABI_MINOR 10

#define CHATD_MODULE_MAGIC 0x43484154u /* "CHAT" */

#if defined(__GNUC__)
#define CHATD_PRINTF(string, first) __attribute__((__format__(__printf__, string, first)))
#define CHATD_EXPORT __attribute__((visibility("default")))
#else
#define CHATD_PRINTF(string, first)
#define CHATD_EXPORT
#endif

/* ---- Objects ------------------------------------------------------------------------------ */

struct chatd_self;   /* the module itself, as the server knows it */
struct chatd_user;   /* somebody with a nick: a person or a bot */
struct chatd_client; /* a logged-in session of a user; not a socket */
struct chatd_room;
struct chatd_msg;     /* a chat message on its way, or one just sent */
struct chatd_event;   /* a durable event just told, a message or another */
struct chatd_call;    /* a client's request to a verb or a command of this module */
struct chatd_login;   /* somebody who wants to log in */
struct chatd_join;    /* somebody who wants to join a room */
struct chatd_json;    /* a JSON value */
struct chatd_ws;      /* a WebSocket connection to an endpoint of this module */
struct chatd_request; /* an HTTP request */
struct chatd_link;    /* somebody who chats by a protocol of this module's */
struct chatd_out;     /* where an event is written for many links */

/* Names a user, client, room, membership, timer, WebSocket, request, link or pending verdict across
 * time. Never reused while the server runs; 0 names nothing. */
typedef uint64_t chatd_id;

/* Borrowed text: `n` bytes at `p`, and a NUL behind them. `p` is never NULL. */
struct chatd_str {
    const char *p;
    size_t n;
};

/* ---- Verdicts ----------------------------------------------------------------------------- */

/* What filters, verbs and commands return. Any other value means CHATD_DENY. */
#define CHATD_PASS 0   /* no objection: the next filter decides. No verdict of verbs and commands */
#define CHATD_DENY 1   /* refused, and the client is told why: see deny() */
#define CHATD_DROP 2   /* refused silently: to its sender it looks accepted */
#define CHATD_ACCEPT 3 /* auth: may log in. A verb or command: done. Elsewhere as CHATD_PASS */
#define CHATD_PENDING 4 /* the verdict comes later: see defer() */

/* ---- Log levels --------------------------------------------------------------------------- */

#define CHATD_LOG_ERROR 0
#define CHATD_LOG_WARN 1
#define CHATD_LOG_INFO 2
#define CHATD_LOG_DEBUG 3

/* ---- Tables of a module -------------------------------------------------------------------
 *
 * Tables are arrays of structs that start with their size and end with CHATD_END. They are made
 * with the macros below, so that a later header can append members.
 */

#ifdef __cplusplus
#define CHATD_END                                                                                  \
    {                                                                                              \
    }
#else
#define CHATD_END                                                                                  \
    {                                                                                              \
        0                                                                                          \
    }
#endif

/*
 * Options: what the operator may write in the module's section of chatd.modules. The server
 * checks names, types and ranges before the module runs, and names file and line of a mistake.
 */
#define CHATD_BOOL 1     /* true, false, yes, no, on, off */
#define CHATD_INT 2      /* whole number */
#define CHATD_SIZE 3     /* bytes; the suffixes k, M and G are powers of 1024 */
#define CHATD_DURATION 4 /* ms, s, m, h or d behind the number; read as milliseconds */
#define CHATD_STRING 5
#define CHATD_PATH 6 /* relative to the folder of chatd.modules; read as an absolute path */
#define CHATD_ENUM 7 /* one of a few words */
#define CHATD_LIST 8 /* { "a", "b" } */

struct chatd_option {
    size_t size;
    const char *name;
    int type;             /* CHATD_BOOL ... CHATD_LIST */
    const char *fallback; /* the default, written as in the file; of a list: "a|b", or "" */
    int64_t min; /* CHATD_INT, CHATD_SIZE (bytes), CHATD_DURATION (ms), both ends allowed */
    int64_t max;
    const char *words; /* CHATD_ENUM: "mask|drop|deny" */
    const char *help;  /* one line */
};

/* CHATD_OPTION(name, type, default, help) for types without a range. */
#define CHATD_OPTION(name, type, fallback, help)                                                   \
    {                                                                                              \
        sizeof(struct chatd_option), name, type, fallback, INT64_MIN, INT64_MAX, NULL, help        \
    }
#define CHATD_OPTION_RANGE(name, type, fallback, min, max, help)                                   \
    {                                                                                              \
        sizeof(struct chatd_option), name, type, fallback, min, max, NULL, help                    \
    }
#define CHATD_OPTION_ENUM(name, fallback, words, help)                                             \
    {                                                                                              \
        sizeof(struct chatd_option), name, CHATD_ENUM, fallback, INT64_MIN, INT64_MAX, words, help \
    }

/*
 * Hooks: functions called at fixed points. At one point the hooks of all modules run in the order
 * of (priority, line of the module in chatd.modules), lower priorities first; `chatd -t` prints
 * the chains. A filter chain ends at the first CHATD_DENY or CHATD_DROP.
 */
typedef void (*chatd_fn)(void);

struct chatd_hook {
    size_t size;
    int point;
    int priority; /* usual: 0; lower runs earlier */
    chatd_fn fn;
};

#define CHATD_HOOK_JOIN 1
#define CHATD_HOOK_MESSAGE 2
#define CHATD_HOOK_SENT 3
#define CHATD_HOOK_JOINED 4
#define CHATD_HOOK_LEFT 5
#define CHATD_HOOK_OPENED 6
#define CHATD_HOOK_CLOSED 7
#define CHATD_HOOK_ROOM_STATE 8
#define CHATD_HOOK_LOG_REOPEN 9
#define CHATD_HOOK_AUTH 10
#define CHATD_HOOK_PRESENCE 11
#define CHATD_HOOK_DELIVER 12
#define CHATD_HOOK_RELOAD 13
#define CHATD_HOOK_EVENT 14
#define CHATD_HOOK_REQUEST 15

/* Filter: may this request become a WebSocket, whosever endpoint it is, or go to the module that
 * serves its path? A denial is answered with 403 and its text; CHATD_DROP ends the connection
 * without an answer. Not called for files, nor for handshakes that are refused anyway. What the
 * request is tells iface("http", 1). */
typedef int chatd_request_fn(struct chatd_self *self, struct chatd_request *request);

/* Filter: may this one log in, and under which nick? The first CHATD_ACCEPT lets him in; whom all
 * pass is a guest, if the operator allows guests. Not asked for somebody who comes back with the
 * token of his session: who is not to, is sent away with client_close(). */
typedef int chatd_auth_fn(struct chatd_self *self, struct chatd_login *login);

/* Filter: may this user join this room? Bots of other modules are asked for, too. */
typedef int chatd_join_fn(struct chatd_self *self, struct chatd_join *join);

/* Filter: may this message be sent? The only place where its text may be changed
 * (msg_set_text()). Bots' messages pass here like everybody's, but not in the module that sent
 * them. */
typedef int chatd_message_fn(struct chatd_self *self, struct chatd_msg *msg);

/* Notification: the message has its seq and is on its way. Not called in the module that sent it.
 */
typedef void chatd_sent_fn(struct chatd_self *self, struct chatd_msg *msg);

/* Filter: does `to` get the message that was just sent? CHATD_PASS or CHATD_DROP; CHATD_DENY counts
 * as CHATD_DROP. Called for each member but the sender: the server pays for it, per recipient. Who
 * does not get it sees a gap in the seq of the room. */
typedef int chatd_deliver_fn(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to);

/* Notifications: `user` became, or is no longer, a member of `room`. In `left` the membership and
 * its slots still exist. */
typedef void chatd_member_fn(struct chatd_self *self, struct chatd_user *user,
                             struct chatd_room *room);

/* Notifications: a session logged in, or ended. After the last one, the memberships of its user
 * have ended already, unless he may come back (resume_window in chatd.conf). */
typedef void chatd_client_fn(struct chatd_self *self, struct chatd_client *client);

/* Notification: a person has come (`online` 1: the first session has logged in), or gone (0: the
 * last one has ended and did not come back in time; the memberships have ended already). */
typedef void chatd_presence_fn(struct chatd_self *self, struct chatd_user *user, int online);

/* Notification: `answer` is about to tell `user` the state of a room that he has just joined, or
 * comes back to; add fields to it with the json interface. Those that the server sets are left out:
 * "type", "id", "room", "epoch", "seq", "count", "topic", "recovered", "missed". */
typedef void chatd_room_state_fn(struct chatd_self *self, struct chatd_user *user,
                                 struct chatd_room *room, struct chatd_json *answer);

/* Notification: the operator rotated the log files (SIGUSR1); open them anew. */
typedef void chatd_log_reopen_fn(struct chatd_self *self);

/* Notification: an event of `room` has its seq and was told to all in it: a message, a topic, or
 * what a module sent with room_event_durable(). Not called in the module that sent it by itself; those
 * of call_event() come from clients. */
typedef void chatd_event_fn(struct chatd_self *self, struct chatd_room *room,
                            struct chatd_event *event);

/* Notification: the operator wants files to be read again (SIGHUP), and this module is not
 * replaced.
 */
typedef void chatd_reload_fn(struct chatd_self *self);

/* The conditional expression makes the compiler check the function's type. */
#define CHATD_HOOK_(point, type, fn, priority)                                                     \
    {                                                                                              \
        sizeof(struct chatd_hook), point, priority, (chatd_fn)(1 ? (fn) : (type *)NULL)            \
    }
#define CHATD_ON_REQUEST(fn, priority)                                                             \
    CHATD_HOOK_(CHATD_HOOK_REQUEST, chatd_request_fn, fn, priority)
#define CHATD_ON_AUTH(fn, priority) CHATD_HOOK_(CHATD_HOOK_AUTH, chatd_auth_fn, fn, priority)
#define CHATD_ON_JOIN(fn, priority) CHATD_HOOK_(CHATD_HOOK_JOIN, chatd_join_fn, fn, priority)
#define CHATD_ON_MESSAGE(fn, priority)                                                             \
    CHATD_HOOK_(CHATD_HOOK_MESSAGE, chatd_message_fn, fn, priority)
#define CHATD_ON_DELIVER(fn, priority)                                                             \
    CHATD_HOOK_(CHATD_HOOK_DELIVER, chatd_deliver_fn, fn, priority)
#define CHATD_ON_SENT(fn, priority) CHATD_HOOK_(CHATD_HOOK_SENT, chatd_sent_fn, fn, priority)
#define CHATD_ON_JOINED(fn, priority) CHATD_HOOK_(CHATD_HOOK_JOINED, chatd_member_fn, fn, priority)
#define CHATD_ON_LEFT(fn, priority) CHATD_HOOK_(CHATD_HOOK_LEFT, chatd_member_fn, fn, priority)
#define CHATD_ON_OPENED(fn, priority) CHATD_HOOK_(CHATD_HOOK_OPENED, chatd_client_fn, fn, priority)
#define CHATD_ON_CLOSED(fn, priority) CHATD_HOOK_(CHATD_HOOK_CLOSED, chatd_client_fn, fn, priority)
#define CHATD_ON_PRESENCE(fn, priority)                                                            \
    CHATD_HOOK_(CHATD_HOOK_PRESENCE, chatd_presence_fn, fn, priority)
#define CHATD_ON_ROOM_STATE(fn, priority)                                                          \
    CHATD_HOOK_(CHATD_HOOK_ROOM_STATE, chatd_room_state_fn, fn, priority)
#define CHATD_ON_LOG_REOPEN(fn, priority)                                                          \
    CHATD_HOOK_(CHATD_HOOK_LOG_REOPEN, chatd_log_reopen_fn, fn, priority)

#define CHATD_ON_EVENT(fn, priority) CHATD_HOOK_(CHATD_HOOK_EVENT, chatd_event_fn, fn, priority)
#define CHATD_ON_RELOAD(fn, priority) CHATD_HOOK_(CHATD_HOOK_RELOAD, chatd_reload_fn, fn, priority)

/*
 * Verbs and commands. A verb is a message type of the wire protocol that this module adds; a
 * command is a slash command that people type. Both are answered by returning CHATD_ACCEPT (the
 * client gets `ok`), `return chatd->deny(...)` (it gets that error), CHATD_DROP (`ok`, too) or
 * CHATD_PENDING, see defer(). Anything else, also CHATD_PASS, is a mistake: logged, and answered
 * with `internal`. A type or name that is taken refuses the module.
 */
typedef int chatd_call_fn(struct chatd_self *self, struct chatd_call *call);

struct chatd_verb {
    size_t size;
    const char *type;  /* the JSON object's `type`; letters, digits, '-', '_' and '.' */
    uint32_t flags;    /* CHATD_VERB_... */
    uint32_t limit;    /* at most so many calls a client (0: any number) ... */
    uint32_t every_ms; /* ... in so many milliseconds; beyond it `rate_limited` */
    chatd_call_fn *fn;
};

#define CHATD_VERB_ROOM 1u /* has a field `room`, and the caller must be a member of it */

#define CHATD_VERB(type, flags, limit, every_ms, fn)                                               \
    {                                                                                              \
        sizeof(struct chatd_verb), type, flags, limit, every_ms, fn                                \
    }

struct chatd_command {
    size_t size;
    const char *name;  /* without the slash; ASCII letters, digits, '-' and '_' */
    const char *usage; /* the arguments, for people: "[COUNT]d[SIDES]"; may be NULL */
    const char *help;  /* one line; may be NULL */
    chatd_call_fn *fn;
};

#define CHATD_COMMAND(name, usage, help, fn)                                                       \
    {                                                                                              \
        sizeof(struct chatd_command), name, usage, help, fn                                        \
    }

/* ---- What the server offers --------------------------------------------------------------- */

/* What kinds of object a slot can be attached to. */
#define CHATD_SLOT_ROOM 1
#define CHATD_SLOT_MEMBER 2
#define CHATD_SLOT_CLIENT 3
#define CHATD_SLOT_USER 4

/* What a slot's data is to the server. Any of the functions may be NULL, save and load only both.
 */
struct chatd_slot_ops {
    size_t size;
    const char *name; /* of what is saved, unique in the module; may be NULL without `save` */
    /* Gets every pointer that is not NULL when its object ends, or the module. May call
     * timer_stop(). */
    void (*free)(void *data);
    /* When the module is reloaded: the data as JSON, which the server frees, or NULL for nothing;
     * and, in the module that follows, between its init() and its start(), the data from it, or
     * NULL. */
    struct chatd_json *(*save)(struct chatd_self *self, void *data);
    void *(*load)(struct chatd_self *self, chatd_id object, const struct chatd_json *saved);
};

/* What a watch waits for, and what it found. */
#define CHATD_READ 1u
#define CHATD_WRITE 2u

/* Callbacks; the functions that take them say when they are called. */
typedef void chatd_watch_fn(struct chatd_self *self, int fd, unsigned events, void *arg);
typedef void chatd_post_fn(struct chatd_self *self, void *arg);
/* `table` is NULL when the service is about to go, else what there is from now on. */
typedef void chatd_service_fn(struct chatd_self *self, const char *name, const void *table,
                              void *arg);
typedef void chatd_timer_fn(struct chatd_self *self, void *arg);
typedef void chatd_work_fn(void *arg);
typedef void chatd_done_fn(struct chatd_self *self, void *arg);
typedef int chatd_room_each_fn(struct chatd_self *self, struct chatd_room *room, void *arg);
typedef int chatd_client_each_fn(struct chatd_self *self, struct chatd_client *client, void *arg);
typedef int chatd_user_each_fn(struct chatd_self *self, struct chatd_user *user, void *arg);
typedef void chatd_command_each_fn(struct chatd_self *self, const struct chatd_command *command,
                                   const char *module, void *arg);
/* `room` is NULL when it has ended meanwhile; `json` is empty when there is no such event, and its `p`
 * is NULL when it cannot be read now. */
typedef void chatd_event_got_fn(struct chatd_self *self, struct chatd_room *room,
                                struct chatd_str json, void *arg);

/*
 * The API table. It only grows at its end: a module that set need_minor may use every function of
 * that minor version without a look at `size`.
 */
struct chatd_api {
    size_t size;
    uint16_t major;
    uint16_t minor;

    /* Writes one line to the server's log, with the module's name. */
    void (*log)(struct chatd_self *self, int level, const char *format, ...) CHATD_PRINTF(3, 4);

    /* A further table of functions, for instance iface(self, "json", 1) for a struct
     * chatd_json_api. NULL when this server does not have it. Valid as long as the module. */
    const void *(*iface)(struct chatd_self *self, const char *name, unsigned version);

    /* Milliseconds since the Unix epoch, as of the present turn of the loop. */
    int64_t (*now_ms)(struct chatd_self *self);

    /* The folder for files, absolute. It exists from start() on. All modules share it: a module's
     * files begin with its name. */
    struct chatd_str (*data_dir)(struct chatd_self *self);

    /* -- Options. Names that the module did not declare are a programmer's error: logged, and
     * answered with 0 or "". -- */

    /* A CHATD_BOOL (0 or 1), CHATD_INT, CHATD_SIZE (bytes), CHATD_DURATION (ms) or CHATD_ENUM (the
     * index of the word). */
    int64_t (*option_int)(struct chatd_self *self, const char *name);
    /* A CHATD_STRING, CHATD_PATH or CHATD_ENUM. Valid as long as the module. */
    struct chatd_str (*option_str)(struct chatd_self *self, const char *name);
    /* A CHATD_LIST: its length, and its items. Valid as long as the module. */
    size_t (*option_count)(struct chatd_self *self, const char *name);
    struct chatd_str (*option_item)(struct chatd_self *self, const char *name, size_t i);
    /* Logs an error with file and line of that option; returns -EINVAL, for check() to return. */
    int (*option_error)(struct chatd_self *self, const char *name, const char *format, ...)
        CHATD_PRINTF(3, 4);

    /* -- Verdicts -- */

    /* Says why: `code` for programs ("filtered", up to 31 bytes), `text` for people (up to 199;
     * what is longer is cut). A denial without it is "forbidden". Returns CHATD_DENY, so that a
     * filter, verb or command can `return chatd->deny(...)`. */
    int (*deny)(struct chatd_self *self, const char *code, const char *text);

    /* Puts the verdict off. To be called in a filter (but not `deliver`), a verb or a command,
     * which then returns CHATD_PENDING. What the verdict is about waits, and so do the later
     * requests of that client; nobody else does. Without resume() in `timeout_ms` (1 to 60,000) the
     * verdict is `otherwise`: CHATD_PASS, CHATD_DENY, CHATD_DROP or CHATD_ACCEPT, as it is when the
     * module ends. Answers a token, or 0 when nothing can be put off here or there is no memory:
     * the callback has to decide at once then. A token whose callback returns another verdict has
     * ended. */
    chatd_id (*defer)(struct chatd_self *self, int64_t timeout_ms, int otherwise);
    /* The verdict, as the callback could have returned it; `code` and `text` as in deny(), for
     * CHATD_DENY, where NULL means "forbidden". It takes effect when the callbacks of the present
     * event have returned; the filters that come after this one are asked then. -ENOENT when the
     * token has ended: by time, by an earlier resume(), or because the client is gone. -EINVAL for
     * a verdict that is none. */
    int (*resume)(struct chatd_self *self, chatd_id token, int verdict, const char *code,
                  const char *text);
    /* What waits for this verdict: a message (msg_set_text() may be used), a call, a join or a
     * login; for a request see iface("http", 1). NULL when the token has ended or stands for
     * something else.
     */
    struct chatd_msg *(*pending_msg)(struct chatd_self *self, chatd_id token);
    struct chatd_call *(*pending_call)(struct chatd_self *self, chatd_id token);
    struct chatd_join *(*pending_join)(struct chatd_self *self, chatd_id token);
    struct chatd_login *(*pending_login)(struct chatd_self *self, chatd_id token);

    /* -- Logins -- */

    /* The nick that is asked for, as it came. */
    struct chatd_str (*login_nick)(struct chatd_login *login);
    /* Another nick instead. -EINVAL when it cannot be one, -ENOMEM. */
    int (*login_set_nick)(struct chatd_self *self, struct chatd_login *login, const char *nick,
                          size_t n);
    /* The whole request, with whatever fields the client sent: "password", "token". Borrowed. */
    const struct chatd_json *(*login_json)(struct chatd_login *login);
    /* The peer's address as the log shows it. */
    struct chatd_str (*login_address)(struct chatd_login *login);

    /* -- Joins -- */

    struct chatd_user *(*join_user)(struct chatd_join *join);
    struct chatd_room *(*join_room)(struct chatd_join *join);
    /* The session that asked, and its whole request, with whatever fields the client sent:
     * "password". NULL for a bot. Borrowed. */
    struct chatd_client *(*join_client)(struct chatd_join *join);
    const struct chatd_json *(*join_json)(struct chatd_join *join);

    /* -- Users, sessions and rooms -- */

    chatd_id (*user_id)(struct chatd_user *user);
    struct chatd_user *(*user_by_id)(struct chatd_self *self, chatd_id id);
    /* By nick, compared as the server does (case and look-alikes do not count). NULL without one.
     */
    struct chatd_user *(*user_by_nick)(struct chatd_self *self, const char *nick, size_t n);
    struct chatd_str (*user_nick)(struct chatd_user *user);
    /* The id that clients see in `from` and `user`. */
    struct chatd_str (*user_public_id)(struct chatd_user *user);
    /* 1 for a bot of any module, 0 for a person. */
    int (*user_is_bot)(struct chatd_user *user);

    /* Calls `fn` for each user on the server, each room that a user is in, or each session of a
     * user, until it returns something else than 0; answers that. `fn` may end what it gets. */
    int (*users_each)(struct chatd_self *self, chatd_user_each_fn *fn, void *arg);
    int (*user_rooms_each)(struct chatd_self *self, struct chatd_user *user, chatd_room_each_fn *fn,
                           void *arg);
    int (*user_clients_each)(struct chatd_self *self, struct chatd_user *user,
                             chatd_client_each_fn *fn, void *arg);

    chatd_id (*client_id)(struct chatd_client *client);
    struct chatd_client *(*client_by_id)(struct chatd_self *self, chatd_id id);
    struct chatd_user *(*client_user)(struct chatd_client *client);
    /* The peer's address as the log shows it. */
    struct chatd_str (*client_address)(struct chatd_client *client);

    /* Calls `fn` for each room until it returns something else than 0; answers that. */
    int (*rooms_each)(struct chatd_self *self, chatd_room_each_fn *fn, void *arg);
    chatd_id (*room_id)(struct chatd_room *room);
    struct chatd_room *(*room_by_id)(struct chatd_self *self, chatd_id id);
    struct chatd_room *(*room_by_name)(struct chatd_self *self, const char *name, size_t n);
    struct chatd_str (*room_name)(struct chatd_room *room);
    /* How many users are members. */
    size_t (*room_member_count)(struct chatd_room *room);
    /* Calls `fn` for each member, in the order in which they joined, until it returns something
     * else than 0; answers that. */
    int (*room_members_each)(struct chatd_self *self, struct chatd_room *room,
                             chatd_user_each_fn *fn, void *arg);
    /* The id of a membership, for its slots; 0 when `user` is not a member of `room`. */
    chatd_id (*member_id)(struct chatd_room *room, struct chatd_user *user);

    /* -- Slots: a pointer of the module's own on each room, membership, client or user -- */

    /* Only in init(), else -EPERM. `ops` may be NULL. Answers a slot number; -EINVAL for ops that
     * are wrong, -EEXIST for a name that another slot of the module has, -ENOMEM. */
    int (*slot_new)(struct chatd_self *self, int kind, const struct chatd_slot_ops *ops);
    /* NULL when nothing was set or the object is gone. */
    void *(*slot_get)(struct chatd_self *self, int slot, chatd_id object);
    /* Replaces the pointer; the former one is not freed. -ENOENT when the object is gone or of
     * another kind, -ENOMEM. */
    int (*slot_set)(struct chatd_self *self, int slot, chatd_id object, void *data);

    /* -- Messages -- */

    struct chatd_room *(*msg_room)(struct chatd_msg *msg);
    struct chatd_user *(*msg_user)(struct chatd_msg *msg);
    struct chatd_str (*msg_text)(struct chatd_msg *msg);
    /* Only in a message filter; the text is copied, and what msg_text() answered before is gone.
     * -EPERM elsewhere, -EINVAL when it is empty or not UTF-8, -EMSGSIZE when it is longer than a
     * message may be. */
    int (*msg_set_text)(struct chatd_self *self, struct chatd_msg *msg, const char *text, size_t n);
    /* Number in its room, and time in milliseconds since the epoch; 0 before it was sent. */
    int64_t (*msg_seq)(struct chatd_msg *msg);
    int64_t (*msg_ts)(struct chatd_msg *msg);

    /* -- Events -- */

    /* "message", "topic", or a module's own. */
    struct chatd_str (*event_type)(struct chatd_event *event);
    int64_t (*event_seq)(struct chatd_event *event);
    int64_t (*event_ts)(struct chatd_event *event);
    /* Who did it; NULL for nobody. */
    struct chatd_user *(*event_user)(struct chatd_event *event);
    /* The JSON text that everybody in the room got. */
    struct chatd_str (*event_json)(struct chatd_event *event);
    /* Of a message: the client's own id for it, by which a repeated one is known; else "". */
    struct chatd_str (*event_cid)(struct chatd_event *event);

    /* -- Calls of verbs and commands -- */

    struct chatd_client *(*call_client)(struct chatd_call *call);
    struct chatd_user *(*call_user)(struct chatd_call *call);
    /* The room of a command, or of a verb with CHATD_VERB_ROOM; else NULL. */
    struct chatd_room *(*call_room)(struct chatd_call *call);
    /* A command: what follows its name, without spaces around it. A verb: "". */
    struct chatd_str (*call_text)(struct chatd_call *call);
    /* A verb: the whole request. A command: NULL. Borrowed. */
    const struct chatd_json *(*call_json)(struct chatd_call *call);
    /* Shows a notice to the session that called, and to nobody else; it may have several lines.
     * -EINVAL for text that is not UTF-8 or has a NUL, -ENOMEM. */
    int (*call_reply)(struct chatd_self *self, struct chatd_call *call, const char *text, size_t n);
    /* Puts copies of the members of the object `fields` into the answer `ok`; a later one takes the
     * place of one with the same name. With a denial they are not told. `fields` stays the
     * caller's. -EINVAL for members named "type", "id" or "room", -ENOMEM. */
    int (*call_answer)(struct chatd_self *self, struct chatd_call *call,
                       const struct chatd_json *fields);

    /* -- Sending -- */

    /* Makes a bot with a nick of its own, in init() or later. Answers its user's id; 0 when the
     * nick is not valid or in use (logged). */
    chatd_id (*bot_new)(struct chatd_self *self, const char *nick);
    /* Sends a message to a room as one of the module's bots, through the message filters of the
     * other modules. 0 means that it is queued: a filter may still refuse it, which is logged.
     * -ENOENT when `bot` is none of the module's, -EINVAL for text that is blank, not UTF-8 or has
     * a NUL, -EMSGSIZE when it is longer than a message may be, -ELOOP when it would be the ninth
     * answer to an answer in a row, -ENOMEM. */
    int (*say)(struct chatd_self *self, chatd_id bot, struct chatd_room *room, const char *text,
               size_t n);
    /* Makes a bot a member of the room of that name, which begins with it if need be, through the
     * join filters of the other modules: it shows among the members, and the room does not end
     * while it is there. 0 means that it is queued, as with say(). A bot may speak in rooms that it
     * is not in. -ENOENT when it is no bot of the module, -EINVAL for a name that no room can have,
     * -ELOOP as say(), -ENOMEM. bot_leave(): -ENOENT, -ELOOP, -ENOMEM. */
    int (*bot_join)(struct chatd_self *self, chatd_id bot, const char *room, size_t n);
    int (*bot_leave)(struct chatd_self *self, chatd_id bot, struct chatd_room *room);
    /* Shows a notice to one user only, about `room`. `bot` is who says it, or 0. -ENOENT when it is
     * no bot of the module, -EINVAL for text that is not UTF-8 or has a NUL, -ENOMEM. */
    int (*notice)(struct chatd_self *self, chatd_id bot, struct chatd_user *user,
                  struct chatd_room *room, const char *text, size_t n);
    /* Sends {"type": type, "room": ..., and the members of `fields`} to all in the room but
     * `except` (may be NULL). Not kept: who is away or too slow misses it. `fields` stays the
     * caller's. -EINVAL for a type of the server's own or with other characters than letters,
     * digits, '-', '_' and '.', or more than 64, and for members named "type" or "room"; -EMSGSIZE,
     * -ENOMEM. */
    int (*room_event)(struct chatd_self *self, struct chatd_room *room, const char *type,
                      const struct chatd_json *fields, struct chatd_user *except);
    /* The same for what must not get lost: the event has the next seq of the room, `ts`, and, when
     * `from` is not NULL, `from`; modules are told (CHATD_HOOK_EVENT). -EINVAL also for members
     * named "seq", "ts" or "from", -ELOOP as say(). */
    int (*room_event_durable)(struct chatd_self *self, struct chatd_room *room,
                              struct chatd_user *from, const char *type,
                              const struct chatd_json *fields);

    /* -- Power over rooms and sessions; all of it is queued like say() -- */

    /* What a room is about; "" when nobody said so. */
    struct chatd_str (*room_topic)(struct chatd_room *room);
    /* Sets it, for all to see; `by` may be NULL. -EMSGSIZE above max_topic_bytes of chatd.conf,
     * -EINVAL for text that is not UTF-8 or has a NUL, -ELOOP as say(), -ENOMEM. */
    int (*room_set_topic)(struct chatd_self *self, struct chatd_room *room, struct chatd_user *by,
                          const char *text, size_t n);
    /* Sends a user out of a room; `reason` (may be NULL) is shown to him. -ENOENT when he is not in
     * it, -EMSGSIZE for a reason above 1,000 bytes, -EINVAL for one that is not UTF-8, -ELOOP as
     * say(), -ENOMEM. */
    int (*kick)(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user,
                const char *reason);
    /* Ends a session with a WebSocket close code from 4000 to 4999: below 4500 the client comes
     * back by itself, from there on it does not (4500 kicked, 4501 banned). `reason` may be NULL;
     * what is longer than 123 bytes is cut. -EINVAL for other codes and for a reason that is not
     * UTF-8, -ENOMEM. */
    int (*client_close)(struct chatd_self *self, struct chatd_client *client, unsigned code,
                        const char *reason);

    /* -- Time and work -- */

    /* Calls `fn` after `after_ms`, then every `every_ms` (0: once), counted from the last time that
     * was due. Answers the timer's id; 0 without memory, for negative times, and before start(). */
    chatd_id (*timer_start)(struct chatd_self *self, int64_t after_ms, int64_t every_ms,
                            chatd_timer_fn *fn, void *arg);
    /* Ends a timer; an id that is 0 or has ended is ignored. */
    void (*timer_stop)(struct chatd_self *self, chatd_id timer);
    /* Calls `fn` when the descriptor can be read (CHATD_READ) or written (CHATD_WRITE), an error
     * counting as both, again and again as long as it can be, until watch_set() or watch_stop().
     * `fd` stays the module's, which stops the watch before it closes it; there may be several
     * watches on it. Answers the watch's id; 0 without memory, for an `fd` below 0, and before
     * start(). */
    chatd_id (*watch_start)(struct chatd_self *self, int fd, unsigned events, chatd_watch_fn *fn,
                            void *arg);
    /* Waits for something else from now on; 0: for nothing. -ENOENT when the watch has ended. */
    int (*watch_set)(struct chatd_self *self, chatd_id watch, unsigned events);
    /* Ends a watch; an id that is 0 or has ended is ignored. */
    void (*watch_stop)(struct chatd_self *self, chatd_id watch);
    /* From any thread: calls `fn` on the server's, after everything posted before. -EAGAIN when
     * more waits than max_jobs in chatd.conf, -ENOMEM. Threads of the module's own end before its
     * stop() returns; what they posted and was not called by then is dropped. */
    int (*post)(struct chatd_self *self, chatd_post_fn *fn, void *arg);
    /* Runs `work` on a thread of the worker pool, where it may block but call nothing in this
     * table, and then `done` (may be NULL) here. -ENOMEM, or -EAGAIN when too much work waits. The
     * module is not stopped before its jobs are done. */
    int (*job)(struct chatd_self *self, chatd_work_fn *work, chatd_done_fn *done, void *arg);

    /* -- Services: a table of functions from one module to others -- */

    /* Only in init(), else -EPERM. What `table` points to stays as it is until stop(). -EEXIST
     * (logged) when this version is provided already, -ENOMEM. */
    int (*service_provide)(struct chatd_self *self, const char *name, unsigned version,
                           const void *table);
    /* The table of a service, NULL when nobody provides it now. `fn` (may be NULL) is told when
     * that changes, until the module ends: before the provider stops, and when one has started. The
     * same `fn` and `arg` are told once, however often this is called. Without memory for that
     * NULL, too. A module that cannot do without lists the service in `needs`. */
    const void *(*service_use)(struct chatd_self *self, const char *name, unsigned version,
                               chatd_service_fn *fn, void *arg);

    /* -- All slash commands, in the order of their names -- */
    void (*command_each)(struct chatd_self *self, chatd_command_each_fn *fn, void *arg);

    /* -- Since 0.10 -- */

    /* What a message filter looks at: "message", or the type of an event with text that the caller
     * of a verb wants to publish (call_event()). */
    struct chatd_str (*msg_type)(struct chatd_msg *msg);

    /* Makes a durable event of the call of a verb with CHATD_VERB_ROOM: when the call is accepted,
     * {"type": type, "room": ..., "seq", "ts", "from": the caller, the members of `fields`} is
     * published, and then the client gets `ok` with its "seq" and "ts". Text goes through the
     * message filters first, like a message's, and becomes the member "text"; NULL for none. A "cid"
     * in the request names the event as it does a message: the same one again gets the first
     * answer. `fields` stays the caller's. To be called in the verb, or for a pending_call() before
     * resume(). -EINVAL for a type or members that room_event_durable() does not take, for "cid" and
     * "text" in `fields`, for text that cannot be a message's, and for a call that is no such verb's;
     * -EMSGSIZE for text that is too long, -ENOMEM. */
    int (*call_event)(struct chatd_self *self, struct chatd_call *call, const char *type,
                      const struct chatd_json *fields, const char *text, size_t n);

    /* Puts a member into the answer `ok` whose value is JSON text already; a later one takes the place
     * of one with the same name, as with call_answer(). -EINVAL for what is not JSON in UTF-8, for a
     * name with other characters than letters, digits, '-', '_' and '.', or more than 64, and as
     * call_answer(); -ENOMEM. */
    int (*call_answer_text)(struct chatd_self *self, struct chatd_call *call, const char *name,
                            const char *json, size_t n);

    /* Asks for a durable event of a room, as history tells it: from the module that stores events,
     * or from what is kept for those who come back. `fn` is called once, when the callbacks of the
     * present event have returned or later, but not when the module has ended by then. -ENOMEM;
     * -EAGAIN when 1,000 wait already. */
    int (*event_get)(struct chatd_self *self, struct chatd_room *room, int64_t seq,
                     chatd_event_got_fn *fn, void *arg);

    /* Names the log of a room: numbers of events are unique under one epoch. */
    struct chatd_str (*room_epoch)(struct chatd_room *room);
    /* The number of the last event that was told; 0 for none. */
    int64_t (*room_seq)(struct chatd_room *room);
    /* 1 for a room of two (direct messages), which only those may join. */
    int (*room_is_direct)(struct chatd_room *room);
    /* The number of the last event before `user` became a member: he was asked for (deliver filters)
     * from the next one on. -1 when he is no member. */
    int64_t (*member_since)(struct chatd_room *room, struct chatd_user *user);

    /* By the id that clients see. NULL without one. */
    struct chatd_user *(*user_by_public_id)(struct chatd_self *self, const char *id, size_t n);

    /* A value that stays with a user, under the module's own `key` (up to 64 bytes): over all his
     * sessions and, with a module that stores users, over restarts. Borrowed; NULL for none. */
    const struct chatd_json *(*user_data)(struct chatd_self *self, struct chatd_user *user,
                                          const char *key);
    /* Sets it to a copy of `value`; NULL removes it. -ENOSPC when all that modules keep of this user
     * would be more than max_user_data in chatd.conf, -EINVAL for a key that is empty, too long or
     * not UTF-8, -ENOENT when he has left the server (who sent what is told may have), -ENOMEM. */
    int (*user_set_data)(struct chatd_self *self, struct chatd_user *user, const char *key,
                         const struct chatd_json *value);

    /* Sends {"type": type, "room": ..., and the members of `fields`} to all sessions of a user but
     * `except`; `room` and `except` may be NULL. Not kept, as room_event(). */
    int (*user_event)(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                      const char *type, const struct chatd_json *fields,
                      struct chatd_client *except);

    /* Whom this login is of: the id (user_public_id()) that he had before, 16 hexadecimal digits. If
     * that user is on the server, this becomes another session of his, whatever nick is asked for.
     * In a filter of logins. -EINVAL for another id. */
    int (*login_set_user)(struct chatd_self *self, struct chatd_login *login, const char *id,
                          size_t n);
};

typedef int chatd_json_each_fn(const char *key, const struct chatd_json *value, void *arg);

/* iface("json", 1). Numbers are 64-bit integers; another number, such as 1.5 or 1e30, has no value
 * here. */
struct chatd_json_api {
    size_t size;

    /* New values belong to the caller until free() or until they become part of another. */
    struct chatd_json *(*object)(void);
    struct chatd_json *(*array)(void);
    void (*free)(struct chatd_json *json);
    /* From text; NULL when it is not JSON. */
    struct chatd_json *(*parse)(const char *text, size_t n);
    /* As text without spaces; free with text_free(). NULL without memory. */
    char *(*text)(const struct chatd_json *json);
    void (*text_free)(char *text);

    /* The member of an object, NULL when there is none (or `object` is NULL or none). */
    const struct chatd_json *(*get)(const struct chatd_json *object, const char *key);
    /* The length of an array, else 0; an item of it, else NULL. */
    size_t (*count)(const struct chatd_json *array);
    const struct chatd_json *(*item)(const struct chatd_json *array, size_t i);
    /* The value, or `fallback` when `json` is NULL or of another type. */
    const char *(*str)(const struct chatd_json *json, const char *fallback);
    int64_t (*integer)(const struct chatd_json *json, int64_t fallback);
    int (*boolean)(const struct chatd_json *json, int fallback);

    /* Set a member of an object or replace it; add to the end of an array. -EINVAL for the wrong
     * type and for text that is not UTF-8 or has a NUL, -ENOMEM. set() and add() take `value` over,
     * also when they fail. */
    int (*set)(struct chatd_json *object, const char *key, struct chatd_json *value);
    int (*set_str)(struct chatd_json *object, const char *key, const char *text, size_t n);
    int (*set_int)(struct chatd_json *object, const char *key, int64_t value);
    int (*set_bool)(struct chatd_json *object, const char *key, int value);
    int (*add)(struct chatd_json *array, struct chatd_json *value);
    int (*add_str)(struct chatd_json *array, const char *text, size_t n);
    int (*add_int)(struct chatd_json *array, int64_t value);

    /* A copy of a value with all that is in it; NULL without memory. */
    struct chatd_json *(*copy)(const struct chatd_json *json);
    /* Calls `fn` for each member of an object (with its key) or item of an array (key NULL), until
     * it returns something else than 0; answers that. */
    int (*each)(const struct chatd_json *json, chatd_json_each_fn *fn, void *arg);
};

/* What the server knows of its calls into a module at one point: a hook, a verb, a command
 * ("/roll"), "timer" and others. */
struct chatd_stats {
    size_t size;
    uint64_t calls;
    uint64_t total_ns; /* time in the module */
    uint64_t max_ns;
    uint64_t slow;   /* calls that took longer than slow_hook in chatd.conf */
    uint64_t denied; /* verdicts */
    uint64_t dropped;
    uint64_t pending; /* verdicts that were put off */
    /* Calls by their time: [0] below 1 microsecond, [i] below 2^i microseconds, the last one all
     * others. */
    uint64_t histogram[24];
};

typedef void chatd_stats_each_fn(struct chatd_self *self, const char *module, const char *point,
                                 const struct chatd_stats *stats, void *arg);
typedef void chatd_counter_each_fn(struct chatd_self *self, const char *name, uint64_t value,
                                   void *arg);

/* iface("stats", 1): for a module that publishes them. */
struct chatd_stats_api {
    size_t size;

    /* Every module and point with at least one call, in the order of chatd.modules. */
    void (*each)(struct chatd_self *self, chatd_stats_each_fn *fn, void *arg);
    /* The server's counters, those that the log shows on SIGUSR2, and with the value 0, too. */
    void (*counters_each)(struct chatd_self *self, chatd_counter_each_fn *fn, void *arg);
};

/* The callbacks of a WebSocket endpoint. Those that are NULL are not called. */
struct chatd_ws_ops {
    size_t size;
    size_t max_message; /* longer ones are refused (1009); 0: max_message_bytes in chatd.conf */
    /* The one that is spoken (up to 100 bytes). A client that offers others only is refused; one
     * that offers none is not. NULL: none is, and what clients offer is ignored. */
    const char *subprotocol;
    void (*open)(struct chatd_self *self, struct chatd_ws *ws);
    /* A whole message; `binary` is 0 for text, which is valid UTF-8. */
    void (*message)(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data,
                    size_t n);
    /* The connection is gone; `code` as in RFC 6455 7.4. */
    void (*close)(struct chatd_self *self, struct chatd_ws *ws, unsigned code);
};

/* iface("websocket", 1): endpoints of the module's own. */
struct chatd_websocket_api {
    size_t size;

    /* Serves WebSocket connections at `path` ("/echo"), which is as request paths are when they
     * are decoded: see serve() of iface("http", 1). Only in init(). -EEXIST when the path is taken,
     * -EINVAL for a path or ops that are wrong, -EPERM, -ENOMEM. */
    int (*serve)(struct chatd_self *self, const char *path, const struct chatd_ws_ops *ops);
    chatd_id (*id)(struct chatd_ws *ws);
    struct chatd_ws *(*by_id)(struct chatd_self *self, chatd_id id);
    /* The request that it came from, for the functions of iface("http", 1). Only in open(); NULL
     * elsewhere, and without memory. */
    struct chatd_request *(*request)(struct chatd_ws *ws);
    /* Sends a message. -EPIPE on a connection that is closing, -ENOBUFS when its peer reads too
     * slowly (it is being closed then). An answer, from within message(), has room: the peer's next
     * message is not taken until it can have. */
    int (*send)(struct chatd_self *self, struct chatd_ws *ws, int binary, const char *data,
                size_t n);
    /* Closes with a code that a server may send (RFC 6455 7.4: 1000 to 1003, 1007 to 1009, 1011 to
     * 1014, 3000 to 4999), else -EINVAL, as for a reason that is not UTF-8. `reason` may be NULL;
     * what is longer than 123 bytes is cut. close() is called later, not from here. */
    int (*close)(struct chatd_self *self, struct chatd_ws *ws, unsigned code, const char *reason);
};

/* How a path is served. */
struct chatd_http_ops {
    size_t size;
    size_t max_body; /* longer ones are refused (413); 0: max_http_body in chatd.conf; up to 1G */
    int64_t timeout_ms; /* to answer in; later, the server answers 504; 0: 30 s; up to a day */
    /* A whole request with its body, of any method. To be answered with respond(), from here or
     * later; the next requests of its connection wait. */
    void (*request)(struct chatd_self *self, struct chatd_request *request);
    /* The request is gone without an answer: its peer has ended the connection (or only his side
     * of it), the time was over, or the server ends. May be NULL. */
    void (*gone)(struct chatd_self *self, chatd_id request);
    /* What upgrade() makes of a request. NULL: it is not used. */
    const struct chatd_ws_ops *websocket;
};

/* A header field of an answer. Tables of them end with {NULL, NULL}. */
struct chatd_header {
    const char *name;
    const char *value;
};

/* iface("http", 1): paths that the module answers itself. */
struct chatd_http_api {
    size_t size;

    /* Serves a path ("/metrics"), or, with a slash at its end ("/socket.io/"), all below it that
     * nobody serves by a longer one. Only in init(). It goes before a file of that name. `path` is
     * as path() answers it: with no escapes, no "." or ".." segments, no '?' and no '#', else
     * -EINVAL; so it is for "/". -EEXIST when it is taken, -EPERM, -ENOMEM. What is unanswered when
     * the module ends is answered with 503. */
    int (*serve)(struct chatd_self *self, const char *path, const struct chatd_http_ops *ops);

    chatd_id (*id)(struct chatd_request *request);
    /* NULL when it was answered, is gone, or is not this module's to answer. */
    struct chatd_request *(*by_id)(struct chatd_self *self, chatd_id id);
    /* What waits for this verdict (defer() in a filter of requests). NULL when the token has ended
     * or stands for something else. */
    struct chatd_request *(*pending)(struct chatd_self *self, chatd_id token);

    /* "GET", as it came. */
    struct chatd_str (*method)(struct chatd_request *request);
    /* Without escapes and dot segments; not always UTF-8. */
    struct chatd_str (*path)(struct chatd_request *request);
    /* What follows the '?', as it came; empty without one, too. */
    struct chatd_str (*query)(struct chatd_request *request);
    /* The first header field of this name (in any case); empty without one, too. Not always UTF-8.
     */
    struct chatd_str (*header)(struct chatd_request *request, const char *name);
    struct chatd_str (*body)(struct chatd_request *request);
    /* The peer's address as the log shows it: the client's, when a trusted proxy stands in between.
     */
    struct chatd_str (*address)(struct chatd_request *request);

    /* Answers. `status` is 200 to 599; `headers` may be NULL; the `n` bytes at `body` are not sent
     * to a HEAD request, and 204, 205 and 304 have none. The server adds Date, Content-Length and
     * Connection, and a few fields for the security of browsers unless `headers` has them:
     * Content-Security-Policy, X-Content-Type-Options, Referrer-Policy, Cross-Origin-Opener-Policy
     * and Cross-Origin-Resource-Policy. The request can be looked at until the callback returns.
     * -EINVAL for a wrong status, a body where there is none, or a header that is none (a line end
     * in it), or Connection, Content-Length, Date or Transfer-Encoding; -EMSGSIZE for more than 8
     * KiB of headers, -ENOMEM: it is unanswered then. -EALREADY when it was answered, -EPIPE when
     * the peer has just gone, -EPERM when it is not this module's to answer. */
    int (*respond)(struct chatd_self *self, struct chatd_request *request, int status,
                   const struct chatd_header *headers, const char *body, size_t n);
    /* The other answer: makes a WebSocket of the request, with the `websocket` of its path. The
     * checks are those of every WebSocket here: a proper handshake, and an origin that is allowed.
     * open() follows when the callbacks of the present event have returned; request() of
     * iface("websocket", 1) has the same id there. -EPROTO when the checks failed: the request was
     * refused, and so it was answered. -EINVAL for a path without `websocket`; -EALREADY, -EPIPE
     * and -EPERM as above. */
    int (*upgrade)(struct chatd_self *self, struct chatd_request *request);
};

/* What a kind of link makes of chatd.v1 (see the protocol page of the server's documentation).
 * Those that are NULL are not called. */
struct chatd_link_ops {
    size_t size;
    /* An event for all links of this kind in a room, told by put() in messages of this protocol, or
     * by none. Called once for all of them, and not for each: it must not do anything else. `type`
     * is the "type" in `json`. */
    void (*encode)(struct chatd_self *self, struct chatd_out *out, struct chatd_str type,
                   struct chatd_str json);
    /* An event for this link alone: the answer to a request() (with its "id"), "hello" at first, a
     * notice, "kicked" and others. To be told by write(), or not. */
    void (*event)(struct chatd_self *self, struct chatd_link *link, struct chatd_str type,
                  struct chatd_str json);
    /* Messages wait for a link without a WebSocket: see take(). Once in a turn of the loop at most.
     */
    void (*waiting)(struct chatd_self *self, struct chatd_link *link);
    /* The link ends, and its session with it, by close(), with its WebSocket, or because the server
     * wants it so; `code` is as in chatd.v1. Here, write() and take() can be called for the last
     * time. The WebSocket is left to the module. */
    void (*closed)(struct chatd_self *self, struct chatd_link *link, unsigned code,
                   const char *reason);
};

/* A message that take() takes. It is whole, but has no NUL behind it. */
typedef void chatd_take_fn(struct chatd_self *self, int binary, const char *data, size_t n,
                           void *arg);

/*
 * iface("link", 1): chat by a protocol of the module's own. A link stands for one peer, whatever
 * connections he comes by: a WebSocket, or one HTTP request after the other. To the rest of the
 * server, and to other modules, he is a client like any other.
 */
struct chatd_link_api {
    size_t size;

    /* Declares a kind of link. Only in init(). In a module that takes the place of another one, the
     * kind with the same name takes over its links. Answers the number of the kind, or a negative
     * errno. */
    int (*kind)(struct chatd_self *self, const char *name, const struct chatd_link_ops *ops);

    /* Begins a link for the peer of this request, without a WebSocket. Answers its id, or 0 when
     * there are as many as the limits on connections allow, of this address or in all, or no
     * memory. The event "hello" follows when the callbacks of the present event have returned. */
    chatd_id (*open)(struct chatd_self *self, int kind, struct chatd_request *request);
    chatd_id (*id)(struct chatd_link *link);
    struct chatd_link *(*by_id)(struct chatd_self *self, chatd_id id);
    /* The link that this session came by, NULL when it is none of this module's. */
    struct chatd_link *(*of_client)(struct chatd_self *self, struct chatd_client *client);
    /* NULL before the login. */
    struct chatd_client *(*client)(struct chatd_link *link);
    /* The link that goes by a WebSocket of this module's, and the WebSocket of a link; NULL for
     * none. */
    struct chatd_link *(*of_websocket)(struct chatd_self *self, struct chatd_ws *ws);
    struct chatd_ws *(*websocket)(struct chatd_link *link);

    /* Messages go by this WebSocket of the module's from now on, those that wait first; it carries
     * one link, which ends with it. -EALREADY when either has the other or another one, -EPIPE when
     * the WebSocket is closing, -ENOMEM. */
    int (*attach)(struct chatd_self *self, struct chatd_link *link, struct chatd_ws *ws);

    /* What the peer wants, as an object of chatd.v1: {"type": "login", "id": "1", "nick": ...}.
     * Taken over, also when it fails; carried out when the callbacks of the present event have
     * returned, one after the other. -ENOBUFS when 64 wait already (for a verdict), -EPIPE when the
     * link ends, -ENOMEM. */
    int (*request)(struct chatd_self *self, struct chatd_link *link, struct chatd_json *json);

    /* A message to this peer, behind all that was sent to him before. Text has to be UTF-8, else
     * -EINVAL. -EPIPE when its WebSocket is closing, -ENOBUFS when he reads too
     * slowly (the link ends then), -ENOMEM. */
    int (*write)(struct chatd_self *self, struct chatd_link *link, int binary, const char *data,
                 size_t n);
    /* A message to all links of a kind in a room, but those of `except` (may be NULL). -EINVAL as
     * write(), and for a kind that is none. */
    int (*publish)(struct chatd_self *self, int kind, struct chatd_room *room, const char *text,
                   size_t n, struct chatd_user *except);
    /* In encode(): a message of text. -EINVAL when it is not UTF-8, -ENOMEM. */
    int (*put)(struct chatd_out *out, const char *text, size_t n);

    /* Takes the messages that wait for a link without a WebSocket, in their order, up to
     * `max_bytes` together, but at least one. They are gone then. Answers how many there were. */
    size_t (*take)(struct chatd_self *self, struct chatd_link *link, size_t max_bytes,
                   chatd_take_fn *fn, void *arg);

    /* Ends the link: closed() is called when the callbacks of the present event have returned. */
    void (*close)(struct chatd_self *self, struct chatd_link *link, unsigned code,
                  const char *reason);
};

/* An event for event_restore() of iface("store", 1). */
struct chatd_stored_event {
    size_t size;
    int64_t seq;
    int64_t ts;
    struct chatd_str json; /* as event_json() told it */
    struct chatd_str from; /* the public id of event_user(); empty for nobody */
    struct chatd_str cid;
    const struct chatd_str *hidden; /* as event_hidden() told them */
    size_t n_hidden;
};

/* What a module that stores is told. All of them are needed. */
struct chatd_store_ops {
    size_t size;
    /* A room begins. What was stored of it is to be said from here: room_restore(). */
    void (*room)(struct chatd_self *self, struct chatd_room *room);
    /* An event has its number, and is told to the room when the module has said that it is stored().
     * Those of a room come in the order of their numbers. */
    void (*event)(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event);
    /* What user_save() answers has changed; or (`here` is 0) the user is about to end. Called often:
     * a module collects users and saves them with the next events. What is stored of a user before
     * an event of his keeps that event from being sent twice. */
    void (*user)(struct chatd_self *self, struct chatd_user *user, int here);
    /* Somebody needs an event (event_get()): to be answered with fetched(). */
    void (*fetch)(struct chatd_self *self, struct chatd_room *room, int64_t seq, chatd_id request);
};

/*
 * iface("store", 1): for the one module that keeps rooms, events and users where they outlive the
 * server. Events are stored before they are told to anybody, so that nobody can have seen what a
 * crash takes back, and no number is ever used twice.
 */
struct chatd_store_api {
    size_t size;

    /* Becomes the store. Only in init(). -EEXIST (logged) when there is another one, -EINVAL, -EPERM,
     * -ENOMEM. What waits for stored() when the module ends is refused. */
    int (*provide)(struct chatd_self *self, const struct chatd_store_ops *ops);

    /* In room() only: under which epoch (8 hexadecimal digits) the room goes on, after which number,
     * and what it is about. -EINVAL, -EPERM, -ENOMEM. */
    int (*room_restore)(struct chatd_self *self, struct chatd_room *room, const char *epoch,
                        int64_t seq, const char *topic, size_t n);

    /* All events of this room up to this number are stored, and are told when the callbacks of the
     * present event have returned. -ENOENT when nothing of it waits. */
    int (*stored)(struct chatd_self *self, chatd_id room, int64_t seq);
    /* All events of this room from this number on are not, and will not be; whoever sent them is told
     * `unavailable` and why. Their numbers are used again. -ENOENT. */
    int (*failed)(struct chatd_self *self, chatd_id room, int64_t seq, const char *text);
    /* The answer to fetch(); no text: there is no such event; NULL: it cannot be read now. -ENOENT
     * when nobody waits any more. */
    int (*fetched)(struct chatd_self *self, chatd_id request, const char *json, size_t n);

    /* The public ids of those from whom filters kept the event. */
    size_t (*event_hidden_count)(struct chatd_event *event);
    struct chatd_str (*event_hidden)(struct chatd_event *event, size_t i);

    /* What it takes to know a user again, as an object that the caller frees: {"id", "nick",
     * "tokens": [...], "rooms": [{"room", "since"}, ...], "data": {...}}. Of a user who ends, only his
     * direct messages are in "rooms". NULL without memory. */
    struct chatd_json *(*user_save)(struct chatd_self *self, struct chatd_user *user);
    /* In start(): a user who was on the server when it ended is there, and where he was, as one whose
     * connection broke a moment ago. Modules are not told (`joined`, `presence`). Answers his id; 0
     * when he is there already, his nick is taken, or the server takes nobody back (resume_window,
     * max_away). */
    chatd_id (*user_restore)(struct chatd_self *self, const struct chatd_json *saved);
    /* An event of a room that has begun, for those who come back, and for its cid: those of a room in
     * the order of their numbers, without gaps, the last one with the number of room_restore(). In
     * start(), or at once after room(), while the module holds back what people send to the room.
     * What does not fit into the limits on logs is not kept. One with an empty `json` is there for its
     * cid only, and comes before the others. -EINVAL, -ENOMEM. */
    int (*event_restore)(struct chatd_self *self, struct chatd_room *room,
                         const struct chatd_stored_event *event);

    /* In a filter of logins: the token of somebody whose session is not known any more, in the form in
     * which "tokens" has it; empty for none. */
    struct chatd_str (*login_token)(struct chatd_login *login);
    /* The login is of this user: login_set_user(), with his "data" and his rooms. -EINVAL, -ENOMEM. */
    int (*login_restore)(struct chatd_self *self, struct chatd_login *login,
                         const struct chatd_json *saved);

    /* What event_restore() has a use for: the last so many events of a room, and up to 16 times as
     * many that are not older than `span_ms` before the last one. */
    void (*restore_span)(struct chatd_self *self, int64_t *events, int64_t *span_ms);
};

/* ---- The module --------------------------------------------------------------------------- */

struct chatd_module_def {
    uint32_t magic;
    uint16_t major;
    uint16_t minor; /* CHATD_ABI_MINOR of the header that it was built with */
    size_t size;
    unsigned need_minor; /* the lowest minor version of a server that it works with; 0: any */

    const char *name; /* as in chatd.modules: lower case letters, digits, '-' and '_' */
    const char *version;
    const char *about;            /* one line */
    const struct chatd_api **api; /* where the server stores its table before it calls anything */

    const char *const *features; /* what `hello` announces to clients, NULL at the end; or NULL */
    const char *const *auth;     /* the same for ways to log in: "password" */
    const char *const *needs;    /* services of modules that stand before this one: "history 1" */
    const struct chatd_option *options;
    const struct chatd_hook *hooks;
    const struct chatd_verb *verbs;
    const struct chatd_command *commands;

    /* Any of these may be NULL. Those that return int: 0, or anything else to refuse (say why with
     * log() or option_error()); what a function that refuses has begun outside the server it ends
     * itself, for stop() follows only on a good start(), and fini() on a good init().
     *
     * check: are the options good together? No side effects: `chatd -t` calls it, too.
     * init:  registers endpoints, slots and bots; no side effects outside the server.
     * start: begins: opens files, starts timers. `saved` is what the stop() of the module before
     *        this one saved, when it takes the place of one; else NULL.
     * stop:  ends what start began. When another one will follow, `save` is an object to put the
     *        state into that it needs (ids stay valid; pointers do not); else NULL.
     * fini:  frees what init made.
     *
     * A module is reloaded when the operator changes its file or its options and sends SIGHUP:
     * check of the new one, stop and fini of the old one, init and start of the new one. When one
     * of these fails, the old one goes on: its init and start are called again, with what it saved.
     * In init(), bot_new() with the nick of a bot that the old one had answers the same user, and
     * serve() with the same path takes over the open connections; what is not taken over ends. Jobs
     * that are under way end before stop(), and those that stop() starts, before fini(). */
    int (*check)(struct chatd_self *self);
    int (*init)(struct chatd_self *self);
    int (*start)(struct chatd_self *self, const struct chatd_json *saved);
    void (*stop)(struct chatd_self *self, struct chatd_json *save);
    void (*fini)(struct chatd_self *self);
};

/* The exported symbol; a test that links a module statically defines another name. */
#ifndef CHATD_MODULE_SYMBOL
#define CHATD_MODULE_SYMBOL chatd_module
#endif

/* Defines the module: CHATD_MODULE(.name = "dice", .version = "1.0", ...); */
#define CHATD_MODULE(...)                                                                          \
    extern CHATD_EXPORT const struct chatd_module_def CHATD_MODULE_SYMBOL;                         \
    const struct chatd_module_def CHATD_MODULE_SYMBOL = {.magic = CHATD_MODULE_MAGIC,              \
                                                         .major = CHATD_ABI_MAJOR,                 \
                                                         .minor = CHATD_ABI_MINOR,                 \
                                                         .size = sizeof(struct chatd_module_def),  \
                                                         __VA_ARGS__}

#ifdef __cplusplus
}
#endif

#endif
