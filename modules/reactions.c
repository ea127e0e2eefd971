/*
 * reactions: lets people react to messages, with an emoji as a rule.
 *
 * {"type": "reaction", "room", "target", "key", "op": "add" | "remove"} makes of itself the durable
 * event {"type": "reaction", "from", "target", "key", "op"}. `target` is the seq of a message. What
 * would change nothing is `ok` and no event. A message has at most `max_keys` different ones.
 *
 * A module that stores events tells the reactions with the message, and outlives a restart. Without
 * one they are remembered here, of as many of the last ones as a room may still know the messages
 * of.
 */
#include <chatd-module.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

enum {
    MAX_KEPT = 500,
    KEY_BYTES = 64,
    USER_BYTES = 16,
    FETCH_MS = 10000,
    ASKED_MS = 60000, /* by then it was told, or was refused */
};

struct reaction {
    int64_t target;
    int64_t asked_ms; /* when it was last asked for */
    unsigned asked;   /* requests that the room was not told of yet */
    int is_there;     /* as far as it was told */
    char user[USER_BYTES + 1];
    char key[KEY_BYTES + 1];
};

/* On a room with reactions. */
struct memory {
    struct reaction *list; /* the oldest first */
    size_t n;
    size_t size;
    int has_forgotten;
};

static int memory_slot;

static void memory_free(void *data)
{
    struct memory *memory = data;

    free(memory->list);
    free(memory);
}

/* NULL without memory. */
static struct memory *memory_of(struct chatd_self *self, struct chatd_room *room)
{
    struct memory *memory = chatd->slot_get(self, memory_slot, chatd->room_id(room));

    if (memory != NULL)
        return memory;
    memory = calloc(1, sizeof(*memory));
    if (memory != NULL && chatd->slot_set(self, memory_slot, chatd->room_id(room), memory) != 0) {
        free(memory);
        return NULL;
    }
    return memory;
}

static struct reaction *find(const struct memory *memory, int64_t target, const char *user,
                             const char *key)
{
    for (size_t i = 0; i < memory->n; i++) {
        struct reaction *at = &memory->list[i];
        if (at->target == target && strcmp(at->user, user) == 0 && strcmp(at->key, key) == 0)
            return at;
    }
    return NULL;
}

static void drop(struct memory *memory, size_t i)
{
    memory->n--;
    memmove(&memory->list[i], &memory->list[i + 1], (memory->n - i) * sizeof(memory->list[0]));
}

/* What was asked for long ago, and not told. */
static void drop_stale(struct memory *memory, int64_t now_ms)
{
    for (size_t i = memory->n; i-- > 0;) {
        struct reaction *at = &memory->list[i];
        if (at->asked == 0 || now_ms - at->asked_ms <= ASKED_MS)
            continue;
        at->asked = 0;
        if (!at->is_there)
            drop(memory, i);
    }
}

/* A place at the end; NULL without memory. */
static struct reaction *append(struct memory *memory)
{
    if (memory->n == MAX_KEPT) {
        drop(memory, 0);
        memory->has_forgotten = 1;
    }
    if (memory->n == memory->size) {
        size_t size = memory->size + 20;
        struct reaction *grown = realloc(memory->list, size * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        memory->list = grown;
        memory->size = size;
    }
    return &memory->list[memory->n++];
}

/* The one that is kept of this kind, which may be new. NULL without memory. */
static struct reaction *keep(struct memory *memory, const struct reaction *reaction)
{
    struct reaction *at = find(memory, reaction->target, reaction->user, reaction->key);

    if (at != NULL)
        return at;
    at = append(memory);
    if (at != NULL)
        *at = *reaction;
    else
        memory->has_forgotten = 1;
    return at;
}

static void on_asked(struct memory *memory, const struct reaction *reaction, int64_t now_ms)
{
    struct reaction *at = keep(memory, reaction);

    if (at == NULL)
        return;
    at->asked++;
    at->asked_ms = now_ms;
}

static void on_told(struct memory *memory, const struct reaction *reaction, int is_there)
{
    struct reaction *at = keep(memory, reaction);

    if (at == NULL)
        return;
    at->is_there = is_there;
    at->asked -= at->asked > 0;
    if (!is_there && at->asked == 0)
        drop(memory, (size_t)(at - memory->list));
}

/* ---- What a reaction is ------------------------------------------------------------------- */

/* The code point at `*p`, which is moved behind it. The text is valid UTF-8. */
static uint32_t next_char(const char **p)
{
    unsigned char first = (unsigned char)*(*p)++;
    uint32_t c = first < 0x80   ? first
                 : first < 0xe0 ? first & 0x1f
                 : first < 0xf0 ? first & 0xf
                                : first & 7;

    while (((unsigned char)**p & 0xc0) == 0x80)
        c = c << 6 | ((unsigned char)*(*p)++ & 0x3f);
    return c;
}

/* 1 to 64 bytes without spaces and control characters. */
static int is_key(const char *key)
{
    static const struct {
        uint32_t from, to;
    } bad[] = {
        {0, 0x20},        {0x7f, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200b},
        {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
    };

    if (key[0] == '\0' || strlen(key) > KEY_BYTES)
        return 0;
    while (*key != '\0') {
        uint32_t c = next_char(&key);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            if (c >= bad[i].from && c <= bad[i].to)
                return 0;
    }
    return 1;
}

static void set_text(struct reaction *reaction, const char *user, const char *key)
{
    snprintf(reaction->user, sizeof(reaction->user), "%s", user);
    snprintf(reaction->key, sizeof(reaction->key), "%s", key);
}

/* Of a request, or of an event; -1 when it is none, else whether it adds. */
static int read_reaction(const struct chatd_json *from, const char *user, struct reaction *reaction)
{
    const char *key = json->str(json->get(from, "key"), "");
    const char *op = json->str(json->get(from, "op"), "");
    int adds = strcmp(op, "add") == 0;

    *reaction = (struct reaction){.target = json->integer(json->get(from, "target"), 0)};
    if (reaction->target < 1 || !is_key(key) || (!adds && strcmp(op, "remove") != 0))
        return -1;
    set_text(reaction, user, key);
    return adds;
}

/* ---- What is there ------------------------------------------------------------------------ */

/* That of a key, in what a storing module tells of the message. */
static const struct chatd_json *stored_reaction(const struct chatd_json *message, const char *key)
{
    const struct chatd_json *list = json->get(message, "reactions");

    for (size_t i = 0; i < json->count(list); i++)
        if (strcmp(json->str(json->get(json->item(list, i), "key"), ""), key) == 0)
            return json->item(list, i);
    return NULL;
}

static int is_user(const char *key, const struct chatd_json *user, void *arg)
{
    (void)key;
    return strcmp(json->str(user, ""), *(const char *const *)arg) == 0;
}

/* 1 or 0; -1 when nobody knows, as long as something is on its way that may still be refused. */
static int is_there(const struct memory *memory, const struct chatd_json *message,
                    const struct reaction *reaction)
{
    const struct reaction *known = find(memory, reaction->target, reaction->user, reaction->key);
    const struct chatd_json *stored = stored_reaction(message, reaction->key);
    const struct chatd_json *users = json->get(stored, "users");
    const char *user = reaction->user;

    if (known != NULL && known->asked > 0)
        return -1;
    if (known != NULL)
        return known->is_there;
    if (json->each(users, is_user, &user) != 0)
        return 1;
    if (stored != NULL)
        return users != NULL ? 0 : -1;
    return json->get(message, "reactions") == NULL && memory->has_forgotten ? -1 : 0;
}

/* Is this the first one of its kind in what is remembered of the message? */
static int is_first(const struct memory *memory, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (memory->list[before].target == memory->list[i].target &&
            strcmp(memory->list[before].key, memory->list[i].key) == 0)
            return 0;
    return 1;
}

/* May this key be added? Those count, too, that are about to be. */
static int is_within(const struct memory *memory, const struct chatd_json *message,
                     const struct reaction *reaction, int64_t max_keys)
{
    int64_t n = (int64_t)json->count(json->get(message, "reactions"));

    if (stored_reaction(message, reaction->key) != NULL)
        return 1;
    for (size_t i = 0; i < memory->n; i++) {
        const struct reaction *at = &memory->list[i];
        if (at->target != reaction->target)
            continue;
        if (strcmp(at->key, reaction->key) == 0)
            return 1;
        n += stored_reaction(message, at->key) == NULL && is_first(memory, i);
    }
    return n < max_keys;
}

static int is_message(const struct chatd_json *event)
{
    return strcmp(json->str(json->get(event, "type"), ""), "message") == 0 &&
           !json->boolean(json->get(event, "deleted"), 0);
}

/* ---- The verb ----------------------------------------------------------------------------- */

struct refusal {
    const char *code; /* NULL: done */
    const char *text;
};

static int publish(struct chatd_self *self, struct chatd_call *call,
                   const struct reaction *reaction, int adds)
{
    struct chatd_json *fields = json->object();

    json->set_int(fields, "target", reaction->target);
    json->set_str(fields, "key", reaction->key, strlen(reaction->key));
    json->set_str(fields, "op", adds ? "add" : "remove", adds ? 3 : 6);
    int err = chatd->call_event(self, call, "reaction", fields, NULL, 0);
    json->free(fields);
    return err;
}

static struct refusal react(struct chatd_self *self, struct chatd_call *call,
                            const struct chatd_json *event)
{
    struct memory *memory = memory_of(self, chatd->call_room(call));
    struct reaction reaction;
    int adds = read_reaction(chatd->call_json(call),
                             chatd->user_public_id(chatd->call_user(call)).p, &reaction);

    if (memory == NULL)
        return (struct refusal){"unavailable", "The server is out of memory."};
    if (!is_message(event))
        return (struct refusal){"not_found", "There is no such message."};
    if (is_there(memory, event, &reaction) == adds)
        return (struct refusal){NULL, NULL};
    drop_stale(memory, chatd->now_ms(self));
    if (adds && !is_within(memory, event, &reaction, chatd->option_int(self, "max_keys")))
        return (struct refusal){"too_many", "The message has too many different reactions."};
    if (publish(self, call, &reaction, adds) != 0)
        return (struct refusal){"unavailable", "The server is out of memory."};
    on_asked(memory, &reaction, chatd->now_ms(self));
    return (struct refusal){NULL, NULL};
}

static void on_found(struct chatd_self *self, struct chatd_room *room, struct chatd_str found,
                     void *arg)
{
    chatd_id token = (chatd_id)(uintptr_t)arg;
    struct chatd_call *call = chatd->pending_call(self, token);

    (void)room;
    if (call == NULL) /* nobody waits any more */
        return;
    struct chatd_json *event = json->parse(found.p, found.n);
    struct refusal refusal = {"unavailable", "The message cannot be read now."};
    if (found.p != NULL)
        refusal = react(self, call, event);
    chatd->resume(self, token, refusal.code == NULL ? CHATD_ACCEPT : CHATD_DENY, refusal.code,
                  refusal.text);
    json->free(event);
}

static int on_reaction(struct chatd_self *self, struct chatd_call *call)
{
    struct reaction reaction;

    if (read_reaction(chatd->call_json(call), "", &reaction) < 0)
        return chatd->deny(self, "bad_request",
                           "target, key (1 to 64 bytes) and op (add, remove) are needed");
    chatd_id token = chatd->defer(self, FETCH_MS, CHATD_DENY);
    if (token == 0 || chatd->event_get(self, chatd->call_room(call), reaction.target, on_found,
                                       (void *)(uintptr_t)token) != 0)
        return chatd->deny(self, "unavailable", "The server has too much to do.");
    return CHATD_PENDING;
}

/* ---- What the room was told --------------------------------------------------------------- */

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    struct chatd_str text = chatd->event_json(event);
    struct reaction reaction;

    if (strcmp(chatd->event_type(event).p, "reaction") != 0)
        return;
    struct memory *memory = memory_of(self, room);
    struct chatd_json *told = json->parse(text.p, text.n);
    const char *user = json->str(json->get(json->get(told, "from"), "id"), "");
    int adds = read_reaction(told, user, &reaction);
    if (memory != NULL && adds >= 0)
        on_told(memory, &reaction, adds);
    json->free(told);
}

/* ---- Reload ------------------------------------------------------------------------------- */

static struct chatd_json *save_memory(struct chatd_self *self, void *data)
{
    const struct memory *memory = data;
    struct chatd_json *saved = json->object();
    struct chatd_json *list = json->array(); /* target, user, key, target, user, key, ... */

    (void)self;
    for (size_t i = 0; i < memory->n; i++) {
        const struct reaction *at = &memory->list[i];
        if (!at->is_there)
            continue;
        json->add_int(list, at->target);
        json->add_str(list, at->user, strlen(at->user));
        json->add_str(list, at->key, strlen(at->key));
    }
    json->set(saved, "list", list);
    json->set_bool(saved, "has_forgotten", memory->has_forgotten);
    return saved;
}

static void *load_memory(struct chatd_self *self, chatd_id room, const struct chatd_json *saved)
{
    struct memory *memory = calloc(1, sizeof(*memory));
    const struct chatd_json *list = json->get(saved, "list");

    (void)self;
    (void)room;
    if (memory == NULL)
        return NULL;
    memory->has_forgotten = json->boolean(json->get(saved, "has_forgotten"), 1);
    for (size_t i = 0; i + 2 < json->count(list); i += 3) {
        struct reaction reaction = {.target = json->integer(json->item(list, i), 0)};
        set_text(&reaction, json->str(json->item(list, i + 1), ""),
                 json->str(json->item(list, i + 2), ""));
        on_told(memory, &reaction, 1);
    }
    return memory;
}

static const struct chatd_slot_ops memory_ops = {
    .size = sizeof(memory_ops),
    .name = "memory",
    .free = memory_free,
    .save = save_memory,
    .load = load_memory,
};

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"reactions", NULL};

static const struct chatd_option options[] = {
    CHATD_OPTION_RANGE("max_keys", CHATD_INT, "20", 1, 100,
                       "different reactions that a message may have"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {CHATD_ON_EVENT(on_event, 0), CHATD_END};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("reaction", CHATD_VERB_ROOM, 30, 10000, on_reaction),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    memory_slot = chatd->slot_new(self, CHATD_SLOT_ROOM, &memory_ops);
    return json != NULL && memory_slot >= 0 ? 0 : -1;
}

CHATD_MODULE(.name = "reactions", .version = "1.0", .about = "lets people react to messages",
             .api = &chatd, .need_minor = 10, .features = features, .options = options,
             .hooks = hooks, .verbs = verbs, .init = init);
