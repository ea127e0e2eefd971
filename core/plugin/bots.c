#include "plugin/bots.h"

#include "base/log.h"
#include "chat/message.h"
#include "chat/nick.h"
#include "plugin/outgoing.h"
#include "plugin/thread.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

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

chatd_id bots_new(struct chatd_self *self, const char *nick)
{
    SERVERS_THREAD_ONLY("bot_new", 0);
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

struct user *bots_find(struct chatd_self *self, chatd_id id)
{
    struct user *user = user_by_id(self->plugins->hub, id);

    return user != NULL && user->bot_of == self ? user : NULL;
}

/* ---- What a bot is about to do ------------------------------------------------------------ */

/* A message or a join, until it is done or refused. */
struct errand {
    union {
        struct message message;
        struct joining joining;
    };
    struct errand *prev; /* of the same module; those that wait for a verdict */
    struct errand *next;
    struct chatd_self *self;
    void (*cancel)(struct errand *errand);
    struct denial denial;
    char text[]; /* and a NUL */
};

static struct errand *errand_new(const struct outgoing *outgoing)
{
    struct errand *errand = calloc(1, sizeof(*errand) + outgoing->n + 1);

    if (errand == NULL) {
        log_error(outgoing->self->name, "out of memory for what its bot wants to do");
        return NULL;
    }
    errand->self = outgoing->self;
    memcpy(errand->text, outgoing->text, outgoing->n);
    return errand;
}

static void wait_for_verdict(struct errand *errand)
{
    struct chatd_self *self = errand->self;

    errand->next = self->errands;
    if (errand->next != NULL)
        errand->next->prev = errand;
    self->errands = errand;
}

static void end_wait(struct errand *errand)
{
    if (errand->prev != NULL)
        errand->prev->next = errand->next;
    else
        errand->self->errands = errand->next;
    if (errand->next != NULL)
        errand->next->prev = errand->prev;
}

static void finish(struct errand *errand, const char *what, enum verdict verdict)
{
    const struct denial *denial = &errand->denial;

    if (verdict == VERDICT_DENY)
        log_info(errand->self->name, "its %s was refused%s%s: %s", what,
                 denial->by[0] ? " by " : "", denial->by, denial->text);
    errand->cancel(errand);
    free(errand);
}

/* ---- Messages ----------------------------------------------------------------------------- */

static void cancel_message(struct errand *errand)
{
    message_deinit(&errand->message);
}

static void on_said(struct message *message, enum verdict verdict)
{
    struct errand *errand = (struct errand *)message;

    end_wait(errand);
    finish(errand, "message", verdict);
}

static void say(const struct outgoing *outgoing, struct room *room, struct user *bot)
{
    struct errand *errand = errand_new(outgoing);

    if (errand == NULL)
        return;
    errand->cancel = cancel_message;
    errand->message = (struct message){
        .subject = {.origin = outgoing->self, .hops = outgoing->hops, .denial = &errand->denial},
        .type = "message",
        .room = room,
        .user = bot,
        .text = slice_of(errand->text, outgoing->n),
        .done = on_said,
    };
    enum verdict verdict = message_send(&errand->message);
    if (verdict == VERDICT_PENDING)
        wait_for_verdict(errand);
    else
        finish(errand, "message", verdict);
}

static void run_say(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct room *room = room_by_id(outgoing->self->plugins->hub, outgoing->room);
    struct user *bot = bots_find(outgoing->self, outgoing->user);

    if (room != NULL && bot != NULL)
        say(outgoing, room, bot);
    free(outgoing);
}

int bots_say(struct chatd_self *self, chatd_id bot, struct chatd_room *room, const char *text,
             size_t n)
{
    SERVERS_THREAD_ONLY("say", -EPERM);
    const struct outgoing model = {.task.run = run_say, .room = room_in(room)->id, .user = bot};

    if (bots_find(self, bot) == NULL)
        return -ENOENT;
    int err = message_check_text(room_in(room), slice_of(text, n));
    if (err == 0)
        err = outgoing_check_hops(self);
    return err == 0 ? outgoing_defer(self, &model, slice_of(text, n)) : err;
}

/* ---- Rooms -------------------------------------------------------------------------------- */

static void cancel_join(struct errand *errand)
{
    room_join_cancel(&errand->joining);
}

static void on_joined(struct joining *joining, enum verdict verdict)
{
    struct errand *errand = (struct errand *)joining;

    end_wait(errand);
    finish(errand, "join", verdict);
}

static void run_join(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct user *bot = bots_find(outgoing->self, outgoing->user);
    struct errand *errand = bot != NULL ? errand_new(outgoing) : NULL;

    if (errand != NULL) {
        errand->cancel = cancel_join;
        errand->joining = (struct joining){
            .subject = {.origin = outgoing->self,
                        .hops = outgoing->hops,
                        .denial = &errand->denial},
            .user = bot,
            .done = on_joined,
        };
        enum verdict verdict = room_join(&errand->joining, slice_of(errand->text, outgoing->n));
        if (verdict == VERDICT_PENDING)
            wait_for_verdict(errand);
        else
            finish(errand, "join", verdict);
    }
    free(outgoing);
}

int bots_join(struct chatd_self *self, chatd_id bot, const char *room, size_t n)
{
    SERVERS_THREAD_ONLY("bot_join", -EPERM);
    const struct outgoing model = {.task.run = run_join, .user = bot};

    if (bots_find(self, bot) == NULL)
        return -ENOENT;
    if (room_name_check(slice_of(room, n), (size_t)self->plugins->config->max_room_bytes.number) !=
        NULL)
        return -EINVAL;
    int err = outgoing_check_hops(self);
    return err == 0 ? outgoing_defer(self, &model, slice_of(room, n)) : err;
}

static void run_leave(struct task *task)
{
    struct outgoing *outgoing = (struct outgoing *)task;
    struct room *room = room_by_id(outgoing->self->plugins->hub, outgoing->room);
    struct user *bot = bots_find(outgoing->self, outgoing->user);
    struct member *member = room != NULL && bot != NULL ? room_member(room, bot) : NULL;

    if (member != NULL)
        room_leave(member);
    free(outgoing);
}

int bots_leave(struct chatd_self *self, chatd_id bot, struct chatd_room *room)
{
    SERVERS_THREAD_ONLY("bot_leave", -EPERM);
    const struct outgoing model = {.task.run = run_leave, .room = room_in(room)->id, .user = bot};

    if (bots_find(self, bot) == NULL)
        return -ENOENT;
    int err = outgoing_check_hops(self);
    return err == 0 ? outgoing_defer(self, &model, SLICE("")) : err;
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

void bots_end_inherited(struct chatd_self *self)
{
    end_bots(&self->inherited_bots);
}

void bots_end(struct chatd_self *self, struct chatd_self *heir)
{
    while (self->errands != NULL) {
        struct errand *errand = self->errands;
        end_wait(errand);
        errand->cancel(errand);
        free(errand);
    }
    if (heir != NULL) {
        pass_on(&self->bots, heir);
        pass_on(&self->inherited_bots, heir);
    }
    end_bots(&self->bots);
    end_bots(&self->inherited_bots);
}
