#include "plugin/outgoing.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/limits.h"
#include "chat/client.h"
#include "chat/event.h"
#include "chat/sending.h"
#include "plugin/activation.h"
#include "plugin/bots.h"
#include "plugin/thread.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

enum { REASON_MAX = 1000 };

/* ---- The queue ---------------------------------------------------------------------------- */

static void run_with_hops(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct plugins *plugins = outgoing->self->plugins;

    plugins->hub->hops = outgoing->hops;
    outgoing->run(task);
    plugins->hub->hops = 0;
}

int outgoing_defer(struct chatd_self *self, const struct outgoing *model, struct slice text)
{
    const struct activation *current = self->plugins->current;
    struct outgoing *outgoing = malloc(sizeof(*outgoing) + text.n + 1);

    if (outgoing == NULL)
        return -ENOMEM;
    *outgoing = *model;
    outgoing->run = model->task.run;
    outgoing->task.run = run_with_hops;
    outgoing->self = self;
    outgoing->hops = current != NULL ? current->hops : 1;
    outgoing->n = text.n;
    if (text.n > 0)
        memcpy(outgoing->text, text.p, text.n);
    outgoing->text[text.n] = '\0';
    hub_defer(self->plugins->hub, &outgoing->task);
    return 0;
}

int outgoing_check_hops(struct chatd_self *self)
{
    const struct activation *current = self->plugins->current;

    if (current == NULL || current->hops <= HOPS_MAX)
        return 0;
    counter_add(COUNT_HOP_LIMIT);
    log_warn(self->name, "answers to answers: number %u in a row is not sent", current->hops);
    return -ELOOP;
}

/* ---- Notices and events ------------------------------------------------------------------- */

static void run_notice(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct user *user = user_by_id(outgoing->self->plugins->hub, outgoing->user);

    if (user != NULL)
        user_send(user, slice_of(outgoing->text, outgoing->n), SEND_BOUNDED);
    free(outgoing);
}

static void run_reply(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct client *client = client_by_id(outgoing->self->plugins->hub, outgoing->user);

    if (client != NULL)
        client_send(client, slice_of(outgoing->text, outgoing->n), SEND_BOUNDED);
    free(outgoing);
}

static int put_notice(struct buf *out, const struct user *bot, const struct room *room,
                      struct slice text)
{
    struct json_writer w = json_begin(out, "notice");

    if (room != NULL)
        json_put_str(&w, "room", slice_str(room->name));
    if (bot != NULL) {
        json_put_object(&w, "from");
        user_put(bot, &w);
        json_end_object(&w);
    }
    json_put_str(&w, "text", text);
    return json_end(&w);
}

static int defer_notice(struct chatd_self *self, const struct outgoing *model,
                        const struct user *bot, const struct room *room, struct slice text)
{
    struct buf out;

    if (!utf8_valid_text(text))
        return -EINVAL;
    buf_init(&out, EVENT_MAX);
    int err = put_notice(&out, bot, room, text);
    if (err == 0)
        err = outgoing_defer(self, model, buf_slice(&out));
    buf_deinit(&out);
    return err;
}

int outgoing_notice(struct chatd_self *self, chatd_id bot, struct chatd_user *user,
                    struct chatd_room *room, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("notice", -EPERM);
    const struct outgoing model = {.task.run = run_notice, .user = user_in(user)->id};
    const struct user *from = bots_find(self, bot);

    if (bot != 0 && from == NULL)
        return -ENOENT;
    return defer_notice(self, &model, from, room_in(room), slice_of(text, n));
}

int outgoing_reply(struct chatd_self *self, struct chatd_call *call, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("call_reply", -EPERM);
    const struct call *in = call_in(call);
    const struct outgoing model = {.task.run = run_reply, .user = in->client->id};

    return defer_notice(self, &model, NULL, in->room, slice_of(text, n));
}

static void run_event(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct hub *hub = outgoing->self->plugins->hub;
    struct room *room = room_by_id(hub, outgoing->room);

    if (room != NULL)
        room_publish(room, slice_of(outgoing->text, outgoing->n), SEND_EPHEMERAL,
                     user_by_id(hub, outgoing->user));
    free(outgoing);
}

/* Are there members whose names the core itself uses? */
static bool has_any(const struct chatd_json *fields, bool durable)
{
    static const char *const names[] = {"type", "room", "seq", "ts", "from"};
    size_t n = durable ? sizeof(names) / sizeof(names[0]) : 2;

    for (size_t i = 0; i < n; i++)
        if (json_get((const struct json *)fields, names[i]) != NULL)
            return true;
    return false;
}

int outgoing_room_event(struct chatd_self *self, struct chatd_room *room, const char *type,
                        const struct chatd_json *fields, struct chatd_user *except)
{
    SERVERS_THREAD_ONLY("room_event", -EPERM);
    struct room *to = room_in(room);
    struct buf out;

    if (!event_type_is_free(type) || has_any(fields, false))
        return -EINVAL;
    buf_init(&out, EVENT_MAX);
    struct json_writer w = json_begin(&out, type);
    json_put_str(&w, "room", slice_str(to->name));
    json_put_members(&w, (const struct json *)fields, NULL);
    int err = json_end(&w);
    if (err == 0) {
        const struct outgoing model = {
            .task.run = run_event,
            .room = to->id,
            .user = except != NULL ? user_in(except)->id : 0,
        };
        err = outgoing_defer(self, &model, buf_slice(&out));
    }
    buf_deinit(&out);
    return err;
}

/* The text is an object with type and fields. */
static void run_durable(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct hub *hub = outgoing->self->plugins->hub;
    struct room *room = room_by_id(hub, outgoing->room);
    struct user *user = user_by_id(hub, outgoing->user);
    struct json *json = json_parse(slice_of(outgoing->text, outgoing->n));

    if (room != NULL && json != NULL && (user != NULL || outgoing->user == 0)) {
        struct event event = {.room = room,
                              .type = json_str(json_get(json, "type")),
                              .user = user,
                              .origin = outgoing->self,
                              .hops = outgoing->hops,
                              .target = event_target(json)};
        int err = event_publish(&event, json, NULL);
        if (err != 0 && err != -EINPROGRESS)
            log_error(outgoing->self->name, "its event is lost: out of memory");
    }
    json_free(json);
    free(outgoing);
}

int outgoing_room_event_durable(struct chatd_self *self, struct chatd_room *room,
                                struct chatd_user *from, const char *type,
                                const struct chatd_json *fields)
{
    SERVERS_THREAD_ONLY("room_event_durable", -EPERM);
    struct buf out;

    if (!event_type_is_free(type) || has_any(fields, true))
        return -EINVAL;
    int err = outgoing_check_hops(self);
    if (err != 0)
        return err;
    buf_init(&out, EVENT_MAX);
    struct json_writer w = json_begin(&out, type);
    json_put_members(&w, (const struct json *)fields, NULL);
    err = json_end(&w);
    if (err == 0) {
        const struct outgoing model = {
            .task.run = run_durable,
            .room = room_in(room)->id,
            .user = from != NULL ? user_in(from)->id : 0,
        };
        err = outgoing_defer(self, &model, buf_slice(&out));
    }
    buf_deinit(&out);
    return err;
}

static void run_user_event(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct user *user = user_by_id(outgoing->self->plugins->hub, outgoing->user);

    for (struct client *at = user != NULL ? user->clients : NULL; at != NULL; at = at->next)
        if (at->id != outgoing->except)
            client_send(at, slice_of(outgoing->text, outgoing->n), SEND_EPHEMERAL);
    free(outgoing);
}

int outgoing_user_event(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                        const char *type, const struct chatd_json *fields,
                        struct chatd_client *except)
{
    SERVERS_THREAD_ONLY("user_event", -EPERM);
    const struct outgoing model = {
        .task.run = run_user_event,
        .user = user_in(user)->id,
        .except = except != NULL ? client_in(except)->id : 0,
    };
    struct buf out;

    if (!event_type_is_free(type) || has_any(fields, false))
        return -EINVAL;
    buf_init(&out, EVENT_MAX);
    struct json_writer w = json_begin(&out, type);
    if (room != NULL)
        json_put_str(&w, "room", slice_str(room_in(room)->name));
    json_put_members(&w, (const struct json *)fields, NULL);
    int err = json_end(&w);
    if (err == 0)
        err = outgoing_defer(self, &model, buf_slice(&out));
    buf_deinit(&out);
    return err;
}

/* ---- Calls -------------------------------------------------------------------------------- */

static bool has_own_members(const struct chatd_json *fields)
{
    return json_get((const struct json *)fields, "cid") != NULL ||
           json_get((const struct json *)fields, "text") != NULL;
}

int outgoing_call_event(struct chatd_self *self, struct chatd_call *call, const char *type,
                        const struct chatd_json *fields, const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("call_event", -EPERM);
    const struct activation *current = self->plugins->current;
    struct call *in = call_in(call);
    char *copy = NULL;

    if (in->room == NULL || in->json == NULL || !event_type_is_free(type) ||
        has_any(fields, true) || has_own_members(fields))
        return -EINVAL;
    if (text != NULL) {
        int err = message_check_text(in->room, slice_of(text, n));
        if (err != 0)
            return err;
        copy = strndup(text, n);
        if (copy == NULL)
            return -ENOMEM;
    }
    struct call_event *event = call_event_new(&(struct call_event){
        .hops = current != NULL ? current->hops : 1,
        .type = (char *)(uintptr_t)type,
        .text = copy,
        .fields = (struct json *)(uintptr_t)fields,
    });
    free(copy);
    if (event == NULL)
        return -ENOMEM;
    call_event_free(in->event);
    in->event = event;
    return 0;
}

int outgoing_answer_text(struct chatd_self *self, struct chatd_call *call, const char *name,
                         const char *json, size_t n)
{
    SERVERS_THREAD_ONLY("call_answer_text", -EPERM);
    (void)self;
    if (strcmp(name, "type") == 0 || strcmp(name, "id") == 0 || strcmp(name, "room") == 0)
        return -EINVAL;
    return call_put_raw(call_in(call), name, slice_of(json, n));
}

/* ---- Rooms and sessions ------------------------------------------------------------------- */

static void run_topic(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct hub *hub = outgoing->self->plugins->hub;
    struct event event = {.room = room_by_id(hub, outgoing->room),
                          .user = user_by_id(hub, outgoing->user),
                          .origin = outgoing->self,
                          .hops = outgoing->hops};

    if (event.room != NULL && room_set_topic(&event, outgoing->text) != 0)
        log_error(outgoing->self->name, "the topic stays as it was: out of memory");
    free(outgoing);
}

int outgoing_set_topic(struct chatd_self *self, struct chatd_room *room, struct chatd_user *by,
                       const char *text, size_t n)
{
    SERVERS_THREAD_ONLY("room_set_topic", -EPERM);
    const struct outgoing model = {
        .task.run = run_topic,
        .room = room_in(room)->id,
        .user = by != NULL ? user_in(by)->id : 0,
    };

    if (n > (size_t)self->plugins->config->max_topic_bytes.number)
        return -EMSGSIZE;
    if (!utf8_valid_text(slice_of(text, n)))
        return -EINVAL;
    int err = outgoing_check_hops(self);
    return err == 0 ? outgoing_defer(self, &model, slice_of(text, n)) : err;
}

static void run_kick(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct hub *hub = outgoing->self->plugins->hub;
    struct room *room = room_by_id(hub, outgoing->room);
    struct user *user = user_by_id(hub, outgoing->user);
    struct member *member = room != NULL && user != NULL ? room_member(room, user) : NULL;

    if (member != NULL)
        room_kick(member, outgoing->text);
    free(outgoing);
}

int outgoing_kick(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user,
                  const char *reason)
{
    SERVERS_THREAD_ONLY("kick", -EPERM);
    const struct outgoing model = {
        .task.run = run_kick, .room = room_in(room)->id, .user = user_in(user)->id};
    struct slice text = slice_str(reason != NULL ? reason : "");

    if (room_member(room_in(room), user_in(user)) == NULL)
        return -ENOENT;
    if (!utf8_valid_text(text))
        return -EINVAL;
    if (text.n > REASON_MAX)
        return -EMSGSIZE;
    int err = outgoing_check_hops(self);
    return err == 0 ? outgoing_defer(self, &model, text) : err;
}

static void run_close(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct client *client = client_by_id(outgoing->self->plugins->hub, outgoing->user);

    if (client != NULL)
        client->link->ops->close(client->link, outgoing->number, outgoing->text);
    free(outgoing);
}

int outgoing_close_client(struct chatd_self *self, struct chatd_client *client, unsigned code,
                          const char *reason)
{
    SERVERS_THREAD_ONLY("client_close", -EPERM);
    const struct outgoing model = {
        .task.run = run_close, .user = client_in(client)->id, .number = code};
    struct slice text = slice_str(reason != NULL ? reason : "");

    if (code < 4000 || code > 4999 || !utf8_valid_text(text))
        return -EINVAL;
    return outgoing_defer(self, &model, text);
}
