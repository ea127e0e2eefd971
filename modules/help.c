/*
 * help: `/help` lists the commands of all modules, `/help roll` explains one of them. Programs ask
 * with the verb `commands`, to complete what people type.
 */
#include <chatd-module.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the explanations begin at most; a longer usage pushes its own to the right. */
#define COLUMN_MAX 32

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

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

static void add_str(struct chatd_json *object, const char *key, const char *text)
{
    json->set_str(object, key, text, strlen(text));
}

static void add_command(struct chatd_self *self, const struct chatd_command *command,
                        const char *module, void *arg)
{
    struct chatd_json *list = arg;
    struct chatd_json *entry = json->object();

    (void)self;
    (void)module;
    add_str(entry, "name", command->name);
    add_str(entry, "usage", command->usage);
    add_str(entry, "help", command->help);
    json->add(list, entry);
}

static int on_commands(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_json *fields = json->object();
    struct chatd_json *list = json->array();

    chatd->command_each(self, add_command, list);
    json->set(fields, "commands", list);
    chatd->call_answer(self, call, fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

static const char *const features[] = {"commands", NULL};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("commands", 0, 20, 10000, on_commands),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("help", "[COMMAND]", "Lists the commands, or explains one", on_help),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

CHATD_MODULE(.name = "help", .version = "1.0", .about = "explains the commands", .api = &chatd,
             .features = features, .verbs = verbs, .commands = commands, .init = init);
