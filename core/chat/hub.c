#include "chat/hub.h"

#include "chat/command.h"
#include "chat/core_verbs.h"
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
    hub->features = calloc(1, sizeof(*hub->features));
    if (hub->features == NULL)
        return -ENOMEM;
    return core_verbs_add(hub);
}

void hub_deinit(struct hub *hub)
{
    struct user *user;
    struct user *next_user;

    HASH_ITER (hh, hub->users, user, next_user)
        user_free(user);
    assert(hub->rooms == NULL && hub->first_task == NULL);
    verbs_free(hub);
    commands_free(hub);
    idmap_deinit(&hub->ids);
    free(hub->features);
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

int hub_add_feature(struct hub *hub, const char *feature)
{
    const char **grown = realloc(hub->features, (hub->n_features + 2) * sizeof(*grown));

    if (grown == NULL)
        return -ENOMEM;
    hub->features = grown;
    grown[hub->n_features++] = feature;
    grown[hub->n_features] = NULL;
    return 0;
}

void hub_remove_feature(struct hub *hub, const char *feature)
{
    for (size_t i = 0; i < hub->n_features; i++) {
        if (hub->features[i] != feature)
            continue;
        hub->features[i] = hub->features[--hub->n_features];
        hub->features[hub->n_features] = NULL;
        return;
    }
}
