/* The hub: all users, rooms, requests and commands of the server, on one thread. */
#ifndef CHATD_CHAT_HUB_H
#define CHATD_CHAT_HUB_H

#include "base/config.h"
#include "base/idmap.h"
#include "base/json.h"
#include "chat/storing.h"
#include "chat/subject.h"
#include "net/timer.h"

struct client;
struct event;
struct message;
struct room;
struct slots;
struct user;

/* What an id of the hub's idmap can name. */
enum id_kind {
    ID_USER = 1,
    ID_CLIENT,
    ID_ROOM,
    ID_MEMBER,
    ID_TIMER,
    ID_WEBSOCKET,
    ID_TOKEN,
    ID_WATCH,
    ID_REQUEST,
    ID_LINK,
    ID_FETCH,
};

/* What the layer above is asked and told. It sets the bit of a point in hub->hooked when there is
 * somebody to ask; without it the call is not made. */
struct hub_ops {
    enum verdict (*filter)(void *arg, struct subject *subject);
    /* Nobody waits for what subject->waits_on stands for any more. */
    void (*forget)(void *arg, struct subject *subject);
    bool (*deliver)(void *arg, struct message *message, struct user *to);
    void (*sent)(void *arg, struct message *message);
    void (*event)(void *arg, const struct event *event);
    void (*joined)(void *arg, struct user *user, struct room *room);
    void (*left)(void *arg, struct user *user, struct room *room);
    void (*opened)(void *arg, struct client *client);
    void (*closed)(void *arg, struct client *client);
    void (*presence)(void *arg, struct user *user, bool online);
    void (*room_state)(void *arg, struct user *user, struct room *room, struct json *answer);
    /* Frees what modules attached to an object that ends. */
    void (*free_slots)(void *arg, enum id_kind kind, struct slots *slots);
};

/* Something to do when the present dispatch is over. */
struct task {
    struct task *next;
    void (*run)(struct task *task); /* frees the task */
};

/* Borrowed names, in the order in which they were added. */
struct names {
    const char **names;
    size_t n;
};

struct hub {
    struct loop *loop;
    const struct config *config; /* borrowed; replaced on reload */
    const struct hub_ops *ops;
    void *ops_arg;
    unsigned hooked;               /* 1u << enum hook_point */
    const struct store_ops *store; /* NULL: nothing outlives the server */
    void *store_arg;
    struct storing *storing_by_cid;
    size_t storing_bytes; /* of all events that wait for it */
    unsigned hops;        /* how many answers of modules to each other led to what happens now */
    struct idmap ids;
    struct user *users; /* by key of the nick */
    struct user *users_by_public_id;
    struct room *rooms;       /* by name */
    size_t n_rooms;           /* but for those of two */
    struct verb *verbs;       /* by type */
    struct command *commands; /* by name */
    struct names features;    /* for hello */
    struct names auth;        /* ways to log in, for hello */
    struct task *first_task;
    struct task **last_task;
    struct absence *away; /* users, the first to end in front; see chat/resume.h */
    struct absence *last_away;
    size_t n_away;
    struct timer away_timer;
    bool ending; /* nobody comes back */
    unsigned depth;
    int64_t next_denial_ms; /* not before is one logged again */
    int64_t next_login_us;  /* the first turn that is free; see chat/turns.h */
};

/* `config` is borrowed. -ENOMEM. */
int hub_init(struct hub *hub, struct loop *loop, const struct config *config);

/* All clients must be gone. */
void hub_deinit(struct hub *hub);

static inline bool hub_hooked(const struct hub *hub, enum hook_point point)
{
    return hub->hooked >> point & 1;
}

/* Around everything that may call a module. What is deferred in between runs when the outermost
 * dispatch leaves. */
void hub_enter(struct hub *hub);
void hub_leave(struct hub *hub);
void hub_defer(struct hub *hub, struct task *task);

/* A copy of the text that ends with the present dispatch; "" without memory. */
const char *hub_keep_text(struct hub *hub, const char *text);

/* Frees what modules attached to an object that ends; NULL for nothing. */
void hub_free_slots(struct hub *hub, enum id_kind kind, struct slots *slots);

/* -ENOMEM. */
int names_add(struct names *names, const char *name);
void names_remove(struct names *names, const char *name);

#endif
