/*
 * typing: shows who is typing.
 *
 * Adds the verb {"type": "typing", "room": ..., "state": "active" | "paused" | "done"}. Everybody
 * else in the room gets {"type": "typing", "room": ..., "user": {"id", "nick"}, "state": ...}.
 * Who has begun to type is done when he says so, sends his message, leaves, or is silent for
 * `expire`. A client repeats its state every few seconds; repeats within `throttle` are not passed
 * on.
 */
#include <chatd-module.h>

#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

enum state { DONE, ACTIVE, PAUSED, N_STATES };

static const char *const state_names[N_STATES] = {"done", "active", "paused"};

/* On the membership of everybody who has typed. */
struct typist {
    chatd_id user;
    chatd_id room;
    enum state state; /* what the others saw last ... */
    int64_t shown_ms; /* ... and when */
    chatd_id timer;   /* ends it; runs while the state is not DONE */
};

static int typist_slot;

static struct typist *typist_of(struct chatd_self *self, struct chatd_room *room,
                                struct chatd_user *user)
{
    return chatd->slot_get(self, typist_slot, chatd->member_id(room, user));
}

static struct typist *typist_new(struct chatd_self *self, struct chatd_room *room,
                                 struct chatd_user *user)
{
    struct typist *typist = calloc(1, sizeof(*typist));

    if (typist == NULL)
        return NULL;
    typist->user = chatd->user_id(user);
    typist->room = chatd->room_id(room);
    if (chatd->slot_set(self, typist_slot, chatd->member_id(room, user), typist) != 0) {
        free(typist);
        return NULL;
    }
    return typist;
}

static void show(struct chatd_self *self, struct typist *typist, enum state state)
{
    struct chatd_room *room = chatd->room_by_id(self, typist->room);
    struct chatd_user *user = chatd->user_by_id(self, typist->user);
    struct chatd_json *fields = json->object();
    struct chatd_json *who = json->object();

    typist->state = state;
    typist->shown_ms = chatd->now_ms(self);
    if (room != NULL && user != NULL) {
        struct chatd_str id = chatd->user_public_id(user);
        struct chatd_str nick = chatd->user_nick(user);

        json->set_str(who, "id", id.p, id.n);
        json->set_str(who, "nick", nick.p, nick.n);
        json->set(fields, "user", who);
        json->set_str(fields, "state", state_names[state], strlen(state_names[state]));
        chatd->room_event(self, room, "typing", fields, user);
    }
    json->free(fields);
}

static void on_expired(struct chatd_self *self, void *arg)
{
    struct typist *typist = arg;

    typist->timer = 0;
    show(self, typist, DONE);
}

/* He is done; the others are told only when they saw him type. */
static void clear(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user)
{
    struct typist *typist = typist_of(self, room, user);

    if (typist == NULL || typist->state == DONE)
        return;
    chatd->timer_stop(self, typist->timer);
    typist->timer = 0;
    show(self, typist, DONE);
}

/* ---- The verb ----------------------------------------------------------------------------- */

static enum state state_by_name(const char *name)
{
    enum state state = DONE;

    while (state < N_STATES && strcmp(state_names[state], name) != 0)
        state++;
    return state;
}

/* Is this the state that the others saw less than `throttle` ago? */
static int is_repeat(struct chatd_self *self, const struct typist *typist, enum state state)
{
    int64_t age_ms = chatd->now_ms(self) - typist->shown_ms;

    /* The age is negative when somebody set the clock back. */
    return state == typist->state && age_ms >= 0 && age_ms < chatd->option_int(self, "throttle");
}

static int on_typing(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);
    enum state state = state_by_name(json->str(json->get(chatd->call_json(call), "state"), ""));
    struct typist *typist = typist_of(self, room, user);

    if (state == N_STATES)
        return chatd->deny(self, "bad_request", "state is one of active, paused, done");
    if (state == DONE) {
        clear(self, room, user);
        return CHATD_ACCEPT;
    }
    if (typist == NULL)
        typist = typist_new(self, room, user);
    if (typist == NULL)
        return chatd->deny(self, "internal", "out of memory");

    /* A repeat is not shown, but puts the end off. */
    chatd->timer_stop(self, typist->timer);
    typist->timer =
        chatd->timer_start(self, chatd->option_int(self, "expire"), 0, on_expired, typist);
    if (!is_repeat(self, typist, state))
        show(self, typist, state);
    return CHATD_ACCEPT;
}

/* ---- Hooks -------------------------------------------------------------------------------- */

static void on_sent(struct chatd_self *self, struct chatd_msg *msg)
{
    clear(self, chatd->msg_room(msg), chatd->msg_user(msg));
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    clear(self, room, user);
}

/* ---- Reload ------------------------------------------------------------------------------- */

static struct chatd_json *save_typist(struct chatd_self *self, void *data)
{
    const struct typist *typist = data;

    (void)self;
    if (typist->state == DONE)
        return NULL;
    struct chatd_json *saved = json->object();
    json->set_int(saved, "user", (int64_t)typist->user);
    json->set_int(saved, "room", (int64_t)typist->room);
    json->set_int(saved, "state", typist->state);
    json->set_int(saved, "shown_ms", typist->shown_ms);
    return saved;
}

static void *load_typist(struct chatd_self *self, chatd_id member, const struct chatd_json *saved)
{
    struct typist *typist = calloc(1, sizeof(*typist));

    (void)member;
    if (typist == NULL)
        return NULL;
    typist->user = (chatd_id)json->integer(json->get(saved, "user"), 0);
    typist->room = (chatd_id)json->integer(json->get(saved, "room"), 0);
    typist->state = json->integer(json->get(saved, "state"), 0) == PAUSED ? PAUSED : ACTIVE;
    typist->shown_ms = json->integer(json->get(saved, "shown_ms"), 0);
    typist->timer =
        chatd->timer_start(self, chatd->option_int(self, "expire"), 0, on_expired, typist);
    return typist;
}

static const struct chatd_slot_ops typist_ops = {
    .size = sizeof(typist_ops),
    .name = "typists",
    .free = free,
    .save = save_typist,
    .load = load_typist,
};

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"typing", NULL};

static const struct chatd_option options[] = {
    CHATD_OPTION_RANGE("throttle", CHATD_DURATION, "3s", 0, 60000,
                       "a repeated state within this time is not passed on"),
    CHATD_OPTION_RANGE("expire", CHATD_DURATION, "6s", 100, 600000,
                       "who has been silent for so long is done"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_SENT(on_sent, 0),
    CHATD_ON_LEFT(on_left, 0),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("typing", CHATD_VERB_ROOM, 20, 10000, on_typing),
    CHATD_END,
};

static int check(struct chatd_self *self)
{
    /* Else he would vanish between two repeats. */
    if (chatd->option_int(self, "throttle") >= chatd->option_int(self, "expire"))
        return chatd->option_error(self, "throttle", "must be shorter than expire");
    return 0;
}

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    typist_slot = chatd->slot_new(self, CHATD_SLOT_MEMBER, &typist_ops);
    return json != NULL && typist_slot >= 0 ? 0 : -1;
}

CHATD_MODULE(.name = "typing", .version = "1.0", .about = "shows who is typing", .api = &chatd,
             .features = features, .options = options, .hooks = hooks, .verbs = verbs,
             .check = check, .init = init);
