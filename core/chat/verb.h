/* The table of request types: the core's own and the modules', called alike. */
#ifndef CHATD_CHAT_VERB_H
#define CHATD_CHAT_VERB_H

#include "chat/client.h"
#include "chat/message.h"

/* A request on its way. */
struct call {
    struct subject subject; /* of a module's verb or command */
    struct hub *hub;
    struct client *client;
    struct room *room;       /* of a command, or of a verb with VERB_ROOM */
    const struct json *json; /* the request; NULL for a command */
    struct slice text;       /* of a command: what follows its name, ended by a NUL */
    char *own_text;          /* what `text` points to */
    struct json_writer *answer;
    struct json *fields; /* of a module, for the answer `ok`; NULL for none */
    struct raw_field *raw_fields;
    struct call_event *event; /* what a module wants to be published; NULL for nothing */
    struct denial denial;
    int64_t retry_after_ms; /* of an error; 0 for none */
    union {                 /* what the core's own verbs are doing */
        struct message message;
        struct joining joining;
    };
    void (*cancel)(struct call *call); /* of such a verb that waits for a verdict; or NULL */
    bool sends;                        /* `message` is in use */
    struct room *held_room;
    /* Called when the verdict of verb_call() was VERDICT_PENDING: it waits for the store alone now.
     */
    void (*storing_begins)(struct call *call);
    /* The same with the final verdict. */
    void (*done)(struct call *call, enum verdict verdict);
};

enum { VERB_ROOM = 1 };

/* A member of the answer `ok` that is JSON text already. */
struct raw_field {
    struct raw_field *next;
    struct slice json;
    char *name; /* behind it stands the text */
};

struct verb {
    UT_hash_handle hh;
    const char *type; /* borrowed, like `owner` */
    const char *owner;
    uint32_t flags;
    uint32_t limit; /* calls in every_ms; 0 for no limit */
    uint32_t every_ms;
    const struct option_value *configured; /* instead of `limit`, when it is not NULL */
    uint32_t use;                          /* with a limit: where a client counts its calls */
    /* VERDICT_ACCEPT or VERDICT_DROP: answered with `ok` and what was put into call->answer;
     * VERDICT_PENDING: later; anything else with the error in call->denial. */
    enum verdict (*fn)(void *arg, struct call *call);
    void *arg;
};

/* Adds a copy of `*verb`. -EEXIST when the type is taken (`*taken_by`, if not NULL, says by whom),
 * -ENOMEM. */
int verb_add(struct hub *hub, const struct verb *verb, const char **taken_by);
void verb_remove(struct hub *hub, const char *type);
void verbs_free(struct hub *hub);

struct verb *verb_find(struct hub *hub, const char *type);

/* Checks limit and room, and calls it. VERDICT_PENDING: the call lives on until `done`, or until
 * call_deinit(). */
enum verdict verb_call(struct verb *verb, struct call *call);

/* Adds a copy, in place of a member of that name. -EINVAL when it is not JSON, or the name has
 * other characters than letters, digits, '-', '_' and '.'; -ENOMEM. */
int call_put_raw(struct call *call, const char *name, struct slice json);
void call_drop_raw(struct call *call, const char *name);

/* Does it wait for nothing but the store? */
bool call_is_being_stored(const struct call *call);

/* Also ends the wait for a verdict. */
void call_deinit(struct call *call);

/* The member of the request that must be a string; an empty slice and the denial filled in when it
 * is not. */
struct slice call_string(struct call *call, const char *key);

#endif
