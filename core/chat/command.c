#include "chat/command.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

static struct command *find(struct hub *hub, struct slice name)
{
    struct command *command = NULL;

    HASH_FIND(hh, hub->commands, name.p, name.n, command);
    return command;
}

static int by_name(const struct command *a, const struct command *b)
{
    return strcmp(a->name, b->name);
}

int command_add(struct hub *hub, const struct command *command, const char **taken_by)
{
    struct command *other = find(hub, slice_str(command->name));

    if (other != NULL) {
        if (taken_by != NULL)
            *taken_by = other->owner;
        return -EEXIST;
    }
    struct command *copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return -ENOMEM;
    *copy = *command;
    HASH_ADD_KEYPTR(hh, hub->commands, copy->name, strlen(copy->name), copy);
    HASH_SORT(hub->commands, by_name);
    return 0;
}

static void free_command(struct hub *hub, struct command *command)
{
    HASH_DEL(hub->commands, command);
    free(command);
}

void command_remove(struct hub *hub, const char *name)
{
    struct command *command = find(hub, slice_str(name));

    if (command != NULL)
        free_command(hub, command);
}

void commands_free(struct hub *hub)
{
    struct command *command;
    struct command *next;

    HASH_ITER (hh, hub->commands, command, next)
        free_command(hub, command);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum verdict command_call(struct call *call, struct slice text)
{
    size_t n = 0;

    while (n < text.n && !is_space(text.p[n]))
        n++;
    struct slice name = slice_of(text.p, n);
    struct command *command = find(call->hub, name);
    if (command == NULL)
        return deny(&call->denial, "not_found", "there is no command /%s", log_escape(name));
    while (n < text.n && is_space(text.p[n]))
        n++;
    while (text.n > n && is_space(text.p[text.n - 1]))
        text.n--;
    call->own_text = strndup(text.p + n, text.n - n);
    if (call->own_text == NULL)
        return deny(&call->denial, "unavailable", "the server is out of memory");
    call->text = slice_str(call->own_text);
    call->json = NULL;
    return command->fn(command->arg, call);
}
