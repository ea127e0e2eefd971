#include "plugin/outgoing.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/limits.h"
#include "chat/message.h"
#include "chat/verb.h"
#include "plugin/activation.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

enum { EVENT_MAX = 16 << 20 };

/* ---- Bots --------------------------------------------------------------------------------- */

struct module_bot {
    struct module_bot *next;
    struct user *user;
};

/* A bot of that nick that the module before this one had. */
static chatd_id inherit(struct chatd_self *self, const char *nick)
{
    struct module_bot **at = &self->inherited_bots;

    while (*at != NULL && strcmp((*at)->user->nick, nick) != 0)
        at = &(*at)->next;
    struct module_bot *bot = *at;
    if (bot == NULL)
        return 0;
    *at = bot->next;
    bot->user->bot_of = self;
    bot->next = self->bots;
    self->bots = bot;
    return bot->user->id;
}

chatd_id outgoing_bot_new(struct chatd_self *self, const char *nick)
{
    struct denial denial;
    chatd_id inherited = inherit(self, nick);

    if (inherited != 0)
        return inherited;
    struct module_bot *bot = calloc(1, sizeof(*bot));
    if (bot == NULL)
        return 0;
    bot->user = user_new(self->plugins->hub, slice_str(nick), self, &denial, NULL);
    if (bot->user == NULL) {
        log_error(self->name, "bot %s: %s", log_escape(slice_str(nick)), denial.text);
        free(bot);
        return 0;
    }
    bot->next = self->bots;
    self->bots = bot;
    return bot->user->id;
}

static struct user *bot_of(struct chatd_self *self, chatd_id id)
{
    struct user *user = user_by_id(self->plugins->hub, id);

    return user != NULL && user->bot_of == self ? user : NULL;
}

/* ---- The queue ---------------------------------------------------------------------------- */

/* Something to send, by ids: who is gone when its turn comes is not sent to. */
struct outgoing {
    struct task task;
    struct chatd_self *self;
    uint64_t room;
    uint64_t user; /* the bot that speaks, who gets a notice, or who does not get an event */
    unsigned hops;
    size_t n;
    char text[]; /* and a NUL */
};

/* Queues a copy of `model`, which has `run` and the ids, with the text. */
static int defer(struct chatd_self *self, const struct outgoing *model, struct slice text)
{
    const struct activation *current = self->plugins->current;
    struct outgoing *outgoing = malloc(sizeof(*outgoing) + text.n + 1);

    if (outgoing == NULL)
        return -ENOMEM;
    *outgoing = *model;
    outgoing->self = self;
    outgoing->hops = current != NULL ? current->hops : 1;
    outgoing->n = text.n;
    memcpy(outgoing->text, text.p, text.n);
    outgoing->text[text.n] = '\0';
    hub_defer(self->plugins->hub, &outgoing->task);
    return 0;
}

/* ---- Messages ----------------------------------------------------------------------------- */

/* A message of a bot, until it is sent. */
struct saying {
    struct message message;
    struct saying *prev; /* of the same module; those that wait for a verdict */
    struct saying *next;
    struct chatd_self *self;
    struct denial denial;
    char *text;
};

static void saying_free(struct saying *saying)
{
    message_deinit(&saying->message);
    free(saying->text);
    free(saying);
}

static void wait_for_verdict(struct saying *saying)
{
    struct chatd_self *self = saying->self;

    saying->next = self->sayings;
    if (saying->next != NULL)
        saying->next->prev = saying;
    self->sayings = saying;
}

static void end_wait(struct saying *saying)
{
    if (saying->prev != NULL)
        saying->prev->next = saying->next;
    else
        saying->self->sayings = saying->next;
    if (saying->next != NULL)
        saying->next->prev = saying->prev;
}

static void finish_saying(struct saying *saying, enum verdict verdict)
{
    const struct denial *denial = &saying->denial;

    if (verdict == VERDICT_DENY)
        log_info(saying->self->name, "its message was refused%s%s: %s", denial->by[0] ? " by " : "",
                 denial->by, denial->text);
    saying_free(saying);
}

static void on_said(struct message *message, enum verdict verdict)
{
    struct saying *saying = (struct saying *)message;

    end_wait(saying);
    finish_saying(saying, verdict);
}

static void say(struct outgoing *outgoing, struct room *room, struct user *bot)
{
    struct chatd_self *self = outgoing->self;
    struct saying *saying = calloc(1, sizeof(*saying));

    if (saying == NULL)
        return;
    saying->self = self;
    saying->text = strndup(outgoing->text, outgoing->n);
    saying->message = (struct message){
        .subject = {.origin = self, .hops = outgoing->hops, .denial = &saying->denial},
        .room = room,
        .user = bot,
        .text = slice_of(saying->text, outgoing->n),
        .done = on_said,
    };
    if (saying->text == NULL) {
        saying_free(saying);
        return;
    }
    enum verdict verdict = message_send(&saying->message);
    if (verdict == VERDICT_PENDING)
        wait_for_verdict(saying);
    else
        finish_saying(saying, verdict);
}

static void run_say(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct hub *hub = outgoing->self->plugins->hub;
    struct room *room = room_by_id(hub, outgoing->room);
    struct user *bot = bot_of(outgoing->self, outgoing->user);

    if (room != NULL && bot != NULL)
        say(outgoing, room, bot);
    free(outgoing);
}

int outgoing_say(struct chatd_self *self, chatd_id bot, struct chatd_room *room, const char *text,
                 size_t n)
{
    const struct activation *current = self->plugins->current;

    if (bot_of(self, bot) == NULL)
        return -ENOENT;
    if (memchr(text, '\0', n) != NULL || !utf8_valid(slice_of(text, n)))
        return -EINVAL;
    if (current != NULL && current->hops > HOPS_MAX) {
        counter_add(COUNT_HOP_LIMIT);
        log_warn(self->name, "answers to answers: message number %u in a row is not sent",
                 current->hops);
        return -ELOOP;
    }
    const struct outgoing model = {
        .task.run = run_say,
        .room = room_in(room)->id,
        .user = bot,
    };
    return defer(self, &model, slice_of(text, n));
}

/* ---- The end of a module ------------------------------------------------------------------ */

static void end_bots(struct module_bot **bots)
{
    while (*bots != NULL) {
        struct module_bot *bot = *bots;
        *bots = bot->next;
        user_free(bot->user);
        free(bot);
    }
}

/* Whoever the bot belongs to meanwhile, its messages come from nobody who is there. */
static void pass_on(struct module_bot **bots, struct chatd_self *heir)
{
    while (*bots != NULL) {
        struct module_bot *bot = *bots;
        *bots = bot->next;
        bot->user->bot_of = heir->plugins;
        bot->next = heir->inherited_bots;
        heir->inherited_bots = bot;
    }
}

void outgoing_end_inherited(struct chatd_self *self)
{
    end_bots(&self->inherited_bots);
}

void outgoing_end_bots(struct chatd_self *self, struct chatd_self *heir)
{
    while (self->sayings != NULL) {
        struct saying *saying = self->sayings;
        end_wait(saying);
        saying_free(saying);
    }
    if (heir != NULL) {
        pass_on(&self->bots, heir);
        pass_on(&self->inherited_bots, heir);
    }
    end_bots(&self->bots);
    end_bots(&self->inherited_bots);
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

int outgoing_notice(struct chatd_self *self, chatd_id bot, struct chatd_user *user,
                    struct chatd_room *room, const char *text, size_t n)
{
    struct user *from = bot_of(self, bot);
    struct buf out;

    if (bot != 0 && from == NULL)
        return -ENOENT;
    if (memchr(text, '\0', n) != NULL || !utf8_valid(slice_of(text, n)))
        return -EINVAL;
    buf_init(&out, EVENT_MAX);
    int err = put_notice(&out, from, room_in(room), slice_of(text, n));
    if (err == 0) {
        const struct outgoing model = {.task.run = run_notice, .user = user_in(user)->id};
        err = defer(self, &model, buf_slice(&out));
    }
    buf_deinit(&out);
    return err;
}

int outgoing_reply(struct chatd_self *self, struct chatd_call *call, const char *text, size_t n)
{
    struct call *in = call_in(call);

    return outgoing_notice(self, 0, user_out(in->client->user), room_out(in->room), text, n);
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

int outgoing_room_event(struct chatd_self *self, struct chatd_room *room, const char *type,
                        const struct chatd_json *fields, struct chatd_user *except)
{
    struct room *to = room_in(room);
    struct buf out;

    buf_init(&out, EVENT_MAX);
    struct json_writer w = json_begin(&out, type);
    json_put_str(&w, "room", slice_str(to->name));
    json_put_members(&w, (const struct json *)fields);
    int err = json_end(&w);
    if (err == 0 && !utf8_valid(buf_slice(&out)))
        err = -EINVAL;
    if (err == 0) {
        const struct outgoing model = {
            .task.run = run_event,
            .room = to->id,
            .user = except != NULL ? user_in(except)->id : 0,
        };
        err = defer(self, &model, buf_slice(&out));
    }
    buf_deinit(&out);
    return err;
}
