#include "plugin/store_api.h"

#include "base/log.h"
#include "chat/client.h"
#include "chat/event.h"
#include "chat/login.h"
#include "chat/resume.h"
#include "plugin/activation.h"
#include "plugin/fetches.h"
#include "plugin/table.h"
#include "plugin/thread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- What the module is told -------------------------------------------------------------- */

static void on_room(void *arg, struct room *room)
{
    struct chatd_self *self = arg;
    struct activation activation;

    activation_begin(&activation, self, "store room");
    self->store->room(self, room_out(room));
    activation_end(&activation);
}

static void on_event(void *arg, const struct event *event)
{
    struct chatd_self *self = arg;
    struct activation activation;

    activation_begin(&activation, self, "store event");
    self->store->event(self, room_out(event->room), event_out(event));
    activation_end(&activation);
}

static void on_user(void *arg, struct user *user, bool here)
{
    struct chatd_self *self = arg;
    struct activation activation;

    activation_begin(&activation, self, "store user");
    self->store->user(self, user_out(user), here);
    activation_end(&activation);
}

static const struct store_ops store_ops = {.room = on_room, .event = on_event, .user = on_user};

/* ---- Its life ----------------------------------------------------------------------------- */

static int provide(struct chatd_self *self, const struct chatd_store_ops *ops)
{
    SERVERS_THREAD_ONLY("store.provide", -EPERM);
    struct plugins *plugins = self->plugins;
    struct chatd_store_ops taken;

    if (!plugins->registering)
        return -EPERM;
    if (plugins->storing != NULL) {
        log_error(self->where, "module %s: %s stores already", self->name, plugins->storing->name);
        return -EEXIST;
    }
    if (table_take(self, "store ops", &taken, sizeof(taken),
                   TABLE_LEAST(struct chatd_store_ops, fetch), ops) != 0 ||
        taken.room == NULL || taken.event == NULL || taken.user == NULL || taken.fetch == NULL)
        return -EINVAL;
    self->store = malloc(sizeof(taken));
    if (self->store == NULL)
        return -ENOMEM;
    *self->store = taken;
    plugins->storing = self;
    return 0;
}

void store_begin(struct chatd_self *self)
{
    struct hub *hub = self->plugins->hub;

    if (self->store == NULL)
        return;
    hub->store = &store_ops;
    hub->store_arg = self;
}

/* Rooms in which nothing was said and nobody is but bots began before it could be asked. */
void store_started(struct chatd_self *self)
{
    struct hub *hub = self->plugins->hub;
    struct room *room;
    struct room *next;

    if (self->store == NULL)
        return;
    hub_enter(hub);
    HASH_ITER (hh, hub->rooms, room, next)
        if (room_has_bots_only(room))
            room_begin_again(room);
    hub_leave(hub);
}

void store_end(struct chatd_self *self)
{
    struct plugins *plugins = self->plugins;

    if (self->store == NULL || plugins->hub->store == NULL)
        return;
    plugins->hub->store = NULL;
    storing_fail_all(plugins->hub, "the module that stores messages has ended");
    fetches_end_all(plugins);
}

void store_forget(struct chatd_self *self)
{
    if (self->store == NULL)
        return;
    store_end(self);
    self->plugins->storing = NULL;
    free(self->store);
    self->store = NULL;
}

/* ---- Events ------------------------------------------------------------------------------- */

static int stored(struct chatd_self *self, chatd_id id, int64_t seq)
{
    SERVERS_THREAD_ONLY("store.stored", -EPERM);
    struct room *room = room_by_id(self->plugins->hub, id);

    return self->store != NULL && room != NULL ? storing_done(room, seq) : -ENOENT;
}

static int failed(struct chatd_self *self, chatd_id id, int64_t seq, const char *text)
{
    SERVERS_THREAD_ONLY("store.failed", -EPERM);
    struct room *room = room_by_id(self->plugins->hub, id);

    return self->store != NULL && room != NULL ? storing_failed(room, seq, text) : -ENOENT;
}

static int fetched(struct chatd_self *self, chatd_id request, const char *json, size_t n)
{
    SERVERS_THREAD_ONLY("store.fetched", -EPERM);
    return fetches_answer(self->plugins, request, slice_of(json, n));
}

static size_t event_hidden_count(struct chatd_event *event)
{
    SERVERS_THREAD_ONLY("store.event_hidden_count", 0);
    return event_in(event)->n_hidden_from;
}

static struct chatd_str event_hidden(struct chatd_event *event, size_t i)
{
    SERVERS_THREAD_ONLY("store.event_hidden", (struct chatd_str){"", 0});
    const struct event *in = event_in(event);
    char digits[PUBLIC_ID_DIGITS + 1];

    if (i >= in->n_hidden_from)
        return (struct chatd_str){"", 0};
    snprintf(digits, sizeof(digits), "%016" PRIx64, in->hidden_from[i]);
    return str_of(hub_keep_text(in->room->hub, digits));
}

/* ---- Restoring ---------------------------------------------------------------------------- */

static int restore_room(struct chatd_self *self, struct chatd_room *room, const char *epoch,
                        int64_t seq, const char *topic, size_t n)
{
    SERVERS_THREAD_ONLY("store.room_restore", -EPERM);
    if (self->store == NULL)
        return -EPERM;
    return room_restore(room_in(room), slice_str(epoch), seq, slice_of(topic, n));
}

static struct chatd_json *save_user(struct chatd_self *self, struct chatd_user *user)
{
    SERVERS_THREAD_ONLY("store.user_save", NULL);
    (void)self;
    return (struct chatd_json *)user_save(user_in(user));
}

static struct user *make_user(struct hub *hub, const struct json *saved)
{
    const char *id = json_str(json_get(saved, "id"));
    const char *nick = json_str(json_get(saved, "nick"));
    struct denial denial;

    if (id == NULL || nick == NULL || !user_is_public_id(slice_str(id)) ||
        user_by_public_id(hub, slice_str(id)) != NULL)
        return NULL;
    struct user *user = user_new(hub, slice_str(nick), NULL, &denial, NULL);
    if (user != NULL)
        user_set_public_id(user, slice_str(id));
    return user;
}

static chatd_id restore_user(struct chatd_self *self, const struct chatd_json *json)
{
    SERVERS_THREAD_ONLY("store.user_restore", 0);
    const struct json *saved = (const struct json *)json;
    const struct json *rooms = json_get(saved, "rooms");
    const struct json *data = json_get(saved, "data");
    struct user *user = self->store != NULL ? make_user(self->plugins->hub, saved) : NULL;

    if (user == NULL)
        return 0;
    if (!resume_restore(user, json_get(saved, "tokens"))) {
        user_free(user);
        return 0;
    }
    if (data != NULL)
        user_restore_data(user, json_copy(data));
    for (size_t i = 0; i < json_count(rooms); i++)
        user_restore_room(user, json_item(rooms, i), false);
    return user->id;
}

static int restore_event(struct chatd_self *self, struct chatd_room *room,
                         const struct chatd_stored_event *from)
{
    SERVERS_THREAD_ONLY("store.event_restore", -EPERM);
    struct chatd_stored_event event;
    uint64_t *hidden;

    (void)self;

    if (table_copy(&event, sizeof(event), TABLE_LEAST(struct chatd_stored_event, n_hidden), from) !=
            0 ||
        event.seq < 1 || event.seq > room_in(room)->seq || event.cid.n > CID_MAX)
        return -EINVAL;
    hidden = malloc((event.n_hidden + 1) * sizeof(*hidden));
    if (hidden == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < event.n_hidden; i++)
        hidden[i] = user_public_number(slice_of(event.hidden[i].p, event.hidden[i].n));
    room_restore_event(room_in(room), &(struct restored_event){
                                          .seq = event.seq,
                                          .ts = event.ts,
                                          .json = slice_of(event.json.p, event.json.n),
                                          .from = slice_of(event.from.p, event.from.n),
                                          .cid = slice_of(event.cid.p, event.cid.n),
                                          .hidden_from = hidden,
                                          .n_hidden_from = event.n_hidden,
                                      });
    free(hidden);
    return 0;
}

static struct chatd_str login_token(struct chatd_login *login)
{
    SERVERS_THREAD_ONLY("store.login_token", (struct chatd_str){"", 0});
    struct login *in = login_in(login);
    char digits[TOKEN_HASH_DIGITS + 1];

    resume_hash_token(in->token, digits);
    return str_of(hub_keep_text(in->hub, digits));
}

static int restore_login(struct chatd_self *self, struct chatd_login *login,
                         const struct chatd_json *json)
{
    SERVERS_THREAD_ONLY("store.login_restore", -EPERM);
    const struct json *saved = (const struct json *)json;
    const char *id = json_str(json_get(saved, "id"));

    (void)self;
    return id != NULL ? login_set_user(login_in(login), slice_str(id), saved) : -EINVAL;
}

static void restore_span(struct chatd_self *self, int64_t *events, int64_t *span_ms)
{
    *events = 0;
    *span_ms = 0;
    SERVERS_THREAD_ONLY("store.restore_span", );
    const struct config *config = self->plugins->hub->config;

    *events = config->cid_window.number > config->replay_events.number
                  ? config->cid_window.number
                  : config->replay_events.number;
    *span_ms = config->resume_window.number;
}

const struct chatd_store_api store_api = {
    .size = sizeof(struct chatd_store_api),
    .provide = provide,
    .room_restore = restore_room,
    .stored = stored,
    .failed = failed,
    .fetched = fetched,
    .event_hidden_count = event_hidden_count,
    .event_hidden = event_hidden,
    .user_save = save_user,
    .user_restore = restore_user,
    .event_restore = restore_event,
    .login_token = login_token,
    .login_restore = restore_login,
    .restore_span = restore_span,
};
