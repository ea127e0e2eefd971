#include "plugin/registry.h"

#include "base/log.h"
#include "chat/command.h"
#include "chat/verb.h"
#include "plugin/hooks.h"
#include "plugin/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)VERB_ROOM == CHATD_VERB_ROOM, "the flags of verbs are those of the ABI");

/* ---- Calls -------------------------------------------------------------------------------- */

static enum verdict run_call(struct chatd_self *self, const char *what, chatd_call_fn *fn,
                             struct call *call)
{
    struct activation activation;

    activation_begin(&activation, self, what);
    activation.denial = &call->denial;
    int verdict = fn(self, call_out(call));
    activation_end(&activation);
    if (verdict == CHATD_ACCEPT || verdict == CHATD_DROP)
        return (enum verdict)verdict;
    if (verdict != CHATD_DENY) {
        log_warn(self->name, "%s: verdict %d is none that a call can have", what, verdict);
        return deny(&call->denial, "internal", "the server could not answer");
    }
    if (call->denial.code[0] == '\0')
        deny(&call->denial, "forbidden", "refused");
    snprintf(call->denial.by, sizeof(call->denial.by), "%s", self->name);
    return VERDICT_DENY;
}

/* What a verb or command of a module is to the server's table: its argument. */
struct registered {
    struct chatd_self *self;
    union {
        struct chatd_verb verb;
        struct chatd_command command;
    };
};

static enum verdict run_verb(void *arg, struct call *call)
{
    struct registered *registered = arg;

    return run_call(registered->self, registered->verb.type, registered->verb.fn, call);
}

static enum verdict run_command(void *arg, struct call *call)
{
    struct registered *registered = arg;

    return run_call(registered->self, registered->command.name, registered->command.fn, call);
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
        if (table_copy(&hook, sizeof(hook), sizeof(hook), entry) != 0)
            return wrong(self, "hooks", i);
        int err = hooks_add(self, &hook);
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
    *registered = (struct registered){.self = self, .verb = *verb};
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

static int add_command(struct chatd_self *self, const struct chatd_command *command)
{
    struct registered *registered = malloc(sizeof(*registered));
    const char *by = "";

    if (registered == NULL)
        return -ENOMEM;
    *registered = (struct registered){.self = self, .command = *command};
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
        if (table_copy(&verb, sizeof(verb), sizeof(verb), entry) != 0 || verb.fn == NULL ||
            !good_name(verb.type, WORD_CHARACTERS "."))
            return wrong(self, "verbs", i);
        int err = add_verb(self, &verb);
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
        if (table_copy(&command, sizeof(command), sizeof(command), entry) != 0 ||
            command.fn == NULL || !good_name(command.name, WORD_CHARACTERS))
            return wrong(self, "commands", i);
        command.usage = command.usage != NULL ? command.usage : "";
        command.help = command.help != NULL ? command.help : "";
        int err = add_command(self, &command);
        if (err != 0)
            return err;
    }
    return 0;
}

int registry_add(struct chatd_self *self)
{
    const char *const *features = self->def.features;
    int err = add_hooks(self);

    if (err == 0)
        err = add_verbs(self);
    if (err == 0)
        err = add_commands(self);
    for (size_t i = 0; err == 0 && features != NULL && features[i] != NULL; i++)
        err = hub_add_feature(self->plugins->hub, features[i]);
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

void registry_remove(struct chatd_self *self)
{
    const char *const *features = self->def.features;

    hooks_remove(self);
    remove_calls(self);
    for (size_t i = 0; features != NULL && features[i] != NULL; i++)
        hub_remove_feature(self->plugins->hub, features[i]);
}
