#include "plugin/loader.h"

#include "chat/command.h"
#include "chat/verb.h"
#include "plugin/endpoints.h"
#include "plugin/hooks.h"
#include "plugin/http_api.h"
#include "plugin/services.h"

#include <stdio.h>

static void print_modules(const struct plugins *plugins)
{
    printf("modules:\n");
    for (size_t i = 0; i < plugins->set.n; i++) {
        const struct chatd_self *self = plugins->set.modules[i];
        if (self->state == MODULE_BROKEN)
            printf("  %-12s cannot be loaded\n", self->name);
        else
            printf("  %-12s %-6s %s\n", self->name,
                   self->def.version != NULL ? self->def.version : "",
                   self->def.about != NULL ? self->def.about : "");
    }
}

static void print_chains(const struct plugins *plugins)
{
    printf("hooks, in the order in which they are called:\n");
    for (int point = 1; point < HOOK_POINTS; point++) {
        const struct chain *chain = &plugins->chains[point];
        if (chain->n == 0)
            continue;
        printf("  %-12s", hooks_point_name((enum hook_point)point));
        for (size_t i = 0; i < chain->n; i++)
            printf(" %s(%d)", chain->hooks[i].self->name, chain->hooks[i].priority);
        printf("\n");
    }
}

static void print_calls(const struct plugins *plugins)
{
    struct verb *verb;
    struct verb *next_verb;
    struct command *command;
    struct command *next_command;

    printf("verbs:\n");
    HASH_ITER (hh, plugins->hub->verbs, verb, next_verb)
        printf("  %-12s %s\n", verb->type, verb->owner);
    printf("commands:\n");
    HASH_ITER (hh, plugins->hub->commands, command, next_command)
        printf("  /%-11s %s\n", command->name, command->owner);
}

static void print_endpoints(const struct plugins *plugins)
{
    printf("endpoints:\n  %-12s the core\n", "/ws");
    for (size_t i = 0; i < plugins->set.n; i++) {
        const struct chatd_self *self = plugins->set.modules[i];
        const char *path;
        for (size_t j = 0; (path = endpoints_path(self, j)) != NULL; j++)
            printf("  %-12s %s\n", path, self->name);
        for (size_t j = 0; (path = http_api_path(self, j)) != NULL; j++)
            printf("  %-12s %s\n", path, self->name);
    }
}

static void print_services(const struct plugins *plugins)
{
    printf("services:\n");
    for (const struct service *at = plugins->services; at != NULL; at = at->next)
        printf("  %-12s %u %s\n", at->name, at->version, at->self->name);
}

void plugins_print(struct plugins *plugins)
{
    print_modules(plugins);
    print_chains(plugins);
    print_calls(plugins);
    print_endpoints(plugins);
    print_services(plugins);
}
