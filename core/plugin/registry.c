#include "plugin/registry.h"

#include "base/log.h"
#include "chat/command.h"
#include "chat/sending.h"
#include "chat/verb.h"
#include "plugin/hooks.h"
#include "plugin/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)VERB_ROOM == CHATD_VERB_ROOM, "the flags of verbs are those of the ABI");

/* ---- Calls -------------------------------------------------------------------------------- */

/* What a verb or command of a module is to the server's table: its argument. */
struct registered {
    struct chatd_self *self;
    struct call_stats *stats;
    union {
        struct chatd_verb verb;
        struct chatd_command command;
    };
};

/* Publishes what the module wants to be, when it has accepted the call. The answers of other verbs
 * have their room, too; that of a command has it already. */
static enum verdict publish(struct call *call, enum verdict verdict)
{
    if (verdict == VERDICT_ACCEPT && call->event != NULL)
        return sending_event(call);
    if ((verdict == VERDICT_ACCEPT || verdict == VERDICT_DROP) && call->room != NULL &&
        call->json != NULL)
        json_put_str(call->answer, "room", slice_str(call->room->name));
    return verdict;
}

static void on_decided(struct subject *subject, enum verdict verdict)
{
    struct call *call = (struct call *)subject;

    verdict = publish(call, verdict);
    if (verdict != VERDICT_PENDING)
        call->done(call, verdict);
    else if (call_is_being_stored(call))
        call->storing_begins(call);
}

static enum verdict run_call(const struct registered *registered, chatd_call_fn *fn,
                             struct call *call)
{
    struct chatd_self *self = registered->self;
    struct activation activation;

    call->subject.denial = &call->denial;
    call->subject.decided = on_decided;
    activation_enter(&activation, self, registered->stats);
    activation.denial = &call->denial;
    activation.subject = &call->subject;
    int verdict = tokens_settle(&activation, fn(self, call_out(call)), (struct hook_place){0, 0});
    activation_end(&activation);
    if (verdict == CHATD_PENDING && call->subject.waits_on != NULL)
        return VERDICT_PENDING;
    return publish(call, hooks_judge(self, registered->stats, &call->subject, verdict));
}

static enum verdict run_verb(void *arg, struct call *call)
{
    const struct registered *registered = arg;
    enum verdict verdict = sending_repeated(call);

    return verdict == VERDICT_PASS ? run_call(registered, registered->verb.fn, call) : verdict;
}

static enum verdict run_command(void *arg, struct call *call)
{
    const struct registered *registered = arg;

    return run_call(registered, registered->command.fn, call);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static int wrong(const struct chatd_self *self, const char *table, size_t i)
{
    log_error(self->where, "module %s: entry %zu of its %s is wrong", self->name, i + 1, table);
    return -EINVAL;
}

static int taken(const struct chatd_self *self, const char *kind, const char *name, const char *by)
{
    log_error(self->where, "module %s: the %s \"%s\" belongs to %s already", self->name, kind, name,
              by);
    return -EINVAL;
}

static int add_hooks(struct chatd_self *self)
{
    const void *entry;

    for (size_t i = 0; (entry = table_entry(self->def.hooks, i)) != NULL; i++) {
        struct chatd_hook hook;
        int err = table_take(self, "hooks", &hook, sizeof(hook), TABLE_LEAST(struct chatd_hook, fn),
                             entry);
        if (err != 0)
            return err;
        err = hooks_add(self, &hook);
        if (err != 0)
            return err == -EINVAL ? wrong(self, "hooks", i) : err;
    }
    return 0;
}

static int add_verb(struct chatd_self *self, const struct chatd_verb *verb)
{
    struct registered *registered = malloc(sizeof(*registered));
    const char *by = "";

    if (registered == NULL)
        return -ENOMEM;
    *registered =
        (struct registered){.self = self, .stats = stats_of(self, verb->type), .verb = *verb};
    int err = verb_add(self->plugins->hub,
                       &(struct verb){
                           .type = verb->type,
                           .owner = self->name,
                           .flags = verb->flags,
                           .limit = verb->limit,
                           .every_ms = verb->every_ms,
                           .fn = run_verb,
                           .arg = registered,
                       },
                       &by);
    if (err != 0)
        free(registered);
    return err == -EEXIST ? taken(self, "verb", verb->type, by) : err;
}

enum { COMMAND_LABEL_MAX = 64 };

static int add_command(struct chatd_self *self, const struct chatd_command *command)
{
    struct registered *registered = malloc(sizeof(*registered));
    const char *by = "";
    char label[COMMAND_LABEL_MAX];

    if (registered == NULL)
        return -ENOMEM;
    snprintf(label, sizeof(label), "/%s", command->name);
    *registered =
        (struct registered){.self = self, .stats = stats_of(self, label), .command = *command};
    int err = command_add(self->plugins->hub,
                          &(struct command){
                              .name = command->name,
                              .owner = self->name,
                              .info = &registered->command,
                              .fn = run_command,
                              .arg = registered,
                          },
                          &by);
    if (err != 0)
        free(registered);
    return err == -EEXIST ? taken(self, "command", command->name, by) : err;
}

#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static bool good_name(const char *name, const char *characters)
{
    return name != NULL && name[0] != '\0' && strspn(name, characters) == strlen(name);
}

static int add_verbs(struct chatd_self *self)
{
    const void *entry;

    for (size_t i = 0; (entry = table_entry(self->def.verbs, i)) != NULL; i++) {
        struct chatd_verb verb;
        int err = table_take(self, "verbs", &verb, sizeof(verb), TABLE_LEAST(struct chatd_verb, fn),
                             entry);
        if (err != 0)
            return err;
        if (verb.fn == NULL || !good_name(verb.type, WORD_CHARACTERS ".") ||
            (verb.flags & ~CHATD_VERB_ROOM) != 0)
            return wrong(self, "verbs", i);
        err = add_verb(self, &verb);
        if (err != 0)
            return err;
    }
    return 0;
}

static int add_commands(struct chatd_self *self)
{
    const void *entry;

    for (size_t i = 0; (entry = table_entry(self->def.commands, i)) != NULL; i++) {
        struct chatd_command command;
        int err = table_take(self, "commands", &command, sizeof(command),
                             TABLE_LEAST(struct chatd_command, fn), entry);
        if (err != 0)
            return err;
        if (command.fn == NULL || !good_name(command.name, WORD_CHARACTERS))
            return wrong(self, "commands", i);
        command.usage = command.usage != NULL ? command.usage : "";
        command.help = command.help != NULL ? command.help : "";
        err = add_command(self, &command);
        if (err != 0)
            return err;
    }
    return 0;
}

static int add_names(struct names *names, const char *const *added)
{
    int err = 0;

    for (size_t i = 0; err == 0 && added != NULL && added[i] != NULL; i++)
        err = names_add(names, added[i]);
    return err;
}

int registry_add(struct chatd_self *self)
{
    struct hub *hub = self->plugins->hub;
    int err = add_hooks(self);

    if (err == 0)
        err = add_verbs(self);
    if (err == 0)
        err = add_commands(self);
    if (err == 0)
        err = add_names(&hub->features, self->def.features);
    if (err == 0)
        err = add_names(&hub->auth, self->def.auth);
    return err;
}

/* ---- Removal ------------------------------------------------------------------------------ */

static void remove_calls(struct chatd_self *self)
{
    struct hub *hub = self->plugins->hub;
    struct verb *verb;
    struct verb *next_verb;
    struct command *command;
    struct command *next_command;

    HASH_ITER (hh, hub->verbs, verb, next_verb) {
        if (verb->fn != run_verb || ((struct registered *)verb->arg)->self != self)
            continue;
        void *arg = verb->arg;
        verb_remove(hub, verb->type);
        free(arg);
    }
    HASH_ITER (hh, hub->commands, command, next_command) {
        if (((struct registered *)command->arg)->self != self)
            continue;
        void *arg = command->arg;
        command_remove(hub, command->name);
        free(arg);
    }
}

static void remove_names(struct names *names, const char *const *removed)
{
    for (size_t i = 0; removed != NULL && removed[i] != NULL; i++)
        names_remove(names, removed[i]);
}

void registry_remove(struct chatd_self *self)
{
    struct hub *hub = self->plugins->hub;

    hooks_remove(self);
    remove_calls(self);
    remove_names(&hub->features, self->def.features);
    remove_names(&hub->auth, self->def.auth);
}
