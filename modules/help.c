/*
 * help: `/help` lists the commands of all modules, `/help roll` explains one of them.
 */
#include <chatd-module.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the explanations begin at most; a longer usage pushes its own to the right. */
#define COLUMN_MAX 32

static const struct chatd_api *chatd;

struct list {
    FILE *out;
    const char *only; /* the one command that was asked for; "" for all */
    int column;       /* how wide usages are */
    int found;
};

static int usage_width(const struct chatd_command *command)
{
    size_t n = 1 + strlen(command->name) + 1 + strlen(command->usage);

    return n < COLUMN_MAX ? (int)n : COLUMN_MAX;
}

static void measure(struct chatd_self *self, const struct chatd_command *command,
                    const char *module, void *arg)
{
    struct list *list = arg;

    (void)self;
    (void)module;
    if (list->only[0] != '\0' && strcmp(list->only, command->name) != 0)
        return;
    list->found++;
    if (list->column < usage_width(command))
        list->column = usage_width(command);
}

static void print(struct chatd_self *self, const struct chatd_command *command, const char *module,
                  void *arg)
{
    struct list *list = arg;

    (void)self;
    (void)module;
    if (list->only[0] != '\0' && strcmp(list->only, command->name) != 0)
        return;
    if (ftell(list->out) > 0)
        fputc('\n', list->out);
    int n = fprintf(list->out, "/%s %s", command->name, command->usage);
    fprintf(list->out, "%*s  %s", n < list->column ? list->column - n : 0, "", command->help);
}

static int on_help(struct chatd_self *self, struct chatd_call *call)
{
    struct list list = {.only = chatd->call_text(call).p};
    char *text = NULL;
    size_t n = 0;

    if (list.only[0] == '/')
        list.only++;
    chatd->command_each(self, measure, &list);
    if (list.found == 0)
        return chatd->deny(self, "not_found", "there is no such command; /help lists all");
    list.out = open_memstream(&text, &n);
    if (list.out == NULL)
        return chatd->deny(self, "internal", "out of memory");
    chatd->command_each(self, print, &list);
    if (fclose(list.out) == 0)
        chatd->call_reply(self, call, text, n);
    free(text);
    return CHATD_ACCEPT;
}

static const struct chatd_command commands[] = {
    CHATD_COMMAND("help", "[COMMAND]", "Lists the commands, or explains one", on_help),
    CHATD_END,
};

CHATD_MODULE(.name = "help", .version = "1.0", .about = "explains the commands", .api = &chatd,
             .commands = commands);
