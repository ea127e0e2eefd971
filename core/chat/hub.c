#include "chat/hub.h"

#include "chat/command.h"
#include "chat/core_verbs.h"
#include "chat/resume.h"
#include "chat/room.h"
#include "chat/user.h"
#include "chat/verb.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int hub_init(struct hub *hub, struct loop *loop, const struct config *config)
{
    *hub = (struct hub){.loop = loop, .config = config};
    idmap_init(&hub->ids);
    hub->last_task = &hub->first_task;
    timer_init(&hub->away_timer, loop, resume_on_timer, hub);
    return core_verbs_add(hub);
}

void hub_deinit(struct hub *hub)
{
    struct user *user;
    struct user *next_user;

    timer_stop(&hub->away_timer);
    rooms_forget(hub);
    HASH_ITER (hh, hub->users, user, next_user)
        user_free(user);
    assert(hub->rooms == NULL && hub->first_task == NULL);
    verbs_free(hub);
    commands_free(hub);
    idmap_deinit(&hub->ids);
    free(hub->features.names);
    free(hub->auth.names);
}

void hub_enter(struct hub *hub)
{
    hub->depth++;
}

void hub_leave(struct hub *hub)
{
    assert(hub->depth > 0);
    /* The tasks run inside the dispatch, so that what they defer comes after them. */
    while (hub->depth == 1 && hub->first_task != NULL) {
        struct task *task = hub->first_task;
        hub->first_task = task->next;
        if (hub->first_task == NULL)
            hub->last_task = &hub->first_task;
        task->run(task);
    }
    hub->depth--;
}

void hub_defer(struct hub *hub, struct task *task)
{
    task->next = NULL;
    *hub->last_task = task;
    hub->last_task = &task->next;
    if (hub->depth == 0) {
        hub_enter(hub);
        hub_leave(hub);
    }
}

struct kept_text {
    struct task task;
    char text[];
};

static void free_text(struct task *task)
{
    free(task);
}

const char *hub_keep_text(struct hub *hub, const char *text)
{
    size_t n = strlen(text) + 1;
    struct kept_text *kept = malloc(sizeof(*kept) + n);

    if (kept == NULL)
        return "";
    kept->task.run = free_text;
    memcpy(kept->text, text, n);
    hub_defer(hub, &kept->task);
    return kept->text;
}

enum verdict hub_filter(struct hub *hub, struct subject *subject)
{
    if (!hub_hooked(hub, subject->point))
        return VERDICT_PASS;
    return hub->ops->filter(hub->ops_arg, subject);
}

void hub_forget(struct hub *hub, struct subject *subject)
{
    if (subject->waits_on != NULL)
        hub->ops->forget(hub->ops_arg, subject);
}

void hub_free_slots(struct hub *hub, enum id_kind kind, struct slots *slots)
{
    if (slots != NULL)
        hub->ops->free_slots(hub->ops_arg, kind, slots);
}

int names_add(struct names *names, const char *name)
{
    const char **grown = realloc(names->names, (names->n + 1) * sizeof(*grown));

    if (grown == NULL)
        return -ENOMEM;
    names->names = grown;
    grown[names->n++] = name;
    return 0;
}

void names_remove(struct names *names, const char *name)
{
    size_t i = 0;

    while (i < names->n && names->names[i] != name)
        i++;
    if (i == names->n)
        return;
    names->n--;
    for (; i < names->n; i++)
        names->names[i] = names->names[i + 1];
}
