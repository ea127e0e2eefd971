/* The table of slash commands. */
#ifndef CHATD_CHAT_COMMAND_H
#define CHATD_CHAT_COMMAND_H

#include "chat/verb.h"

struct command {
    UT_hash_handle hh;
    const char *name; /* borrowed, like the others */
    const char *owner;
    const void *info; /* what the layer above tells about it */
    enum verdict (*fn)(void *arg, struct call *call);
    void *arg;
};

/* As verb_add(). The table is kept in the order of the names. */
int command_add(struct hub *hub, const struct command *command, const char **taken_by);
void command_remove(struct hub *hub, const char *name);
void commands_free(struct hub *hub);

/* Runs the command that `text` (after the slash) names. not_found when
 * there is none. The verdict is as a verb's. */
enum verdict command_call(struct call *call, struct slice text);

#endif
