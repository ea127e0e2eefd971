#include "plugin/hooks.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/message.h"
#include "plugin/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)HOOK_JOIN == CHATD_HOOK_JOIN && (int)HOOK_MESSAGE == CHATD_HOOK_MESSAGE &&
                   (int)HOOK_SENT == CHATD_HOOK_SENT && (int)HOOK_JOINED == CHATD_HOOK_JOINED &&
                   (int)HOOK_LEFT == CHATD_HOOK_LEFT && (int)HOOK_OPENED == CHATD_HOOK_OPENED &&
                   (int)HOOK_CLOSED == CHATD_HOOK_CLOSED &&
                   (int)HOOK_ROOM_STATE == CHATD_HOOK_ROOM_STATE &&
                   (int)HOOK_LOG_REOPEN == CHATD_HOOK_LOG_REOPEN,
               "the hub's hook points are those of the ABI");
_Static_assert((int)VERDICT_PASS == CHATD_PASS && (int)VERDICT_DENY == CHATD_DENY &&
                   (int)VERDICT_DROP == CHATD_DROP && (int)VERDICT_ACCEPT == CHATD_ACCEPT,
               "the hub's verdicts are those of the ABI");

static const char *const point_names[HOOK_POINTS] = {
    [HOOK_JOIN] = "join",
    [HOOK_MESSAGE] = "message",
    [HOOK_SENT] = "sent",
    [HOOK_JOINED] = "joined",
    [HOOK_LEFT] = "left",
    [HOOK_OPENED] = "opened",
    [HOOK_CLOSED] = "closed",
    [HOOK_ROOM_STATE] = "room_state",
    [HOOK_LOG_REOPEN] = "log_reopen",
};

const char *hooks_point_name(enum hook_point point)
{
    return point_names[point];
}

/* ---- The chains --------------------------------------------------------------------------- */

static bool before(const struct hook *a, const struct hook *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->self->line < b->self->line;
}

int hooks_add(struct chatd_self *self, const struct chatd_hook *hook)
{
    struct plugins *plugins = self->plugins;

    if (hook->point <= 0 || hook->point >= HOOK_POINTS || hook->fn == NULL)
        return -EINVAL;
    struct chain *chain = &plugins->chains[hook->point];
    struct hook *grown = realloc(chain->hooks, (chain->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    const struct hook added = {.self = self, .priority = hook->priority, .fn = hook->fn};
    size_t at = chain->n++;
    chain->hooks = grown;
    for (; at > 0 && before(&added, &grown[at - 1]); at--)
        grown[at] = grown[at - 1];
    grown[at] = added;
    plugins->hub->hooked |= 1u << hook->point;
    return 0;
}

void hooks_remove(struct chatd_self *self)
{
    struct plugins *plugins = self->plugins;

    for (int point = 0; point < HOOK_POINTS; point++) {
        struct chain *chain = &plugins->chains[point];
        size_t kept = 0;
        for (size_t i = 0; i < chain->n; i++)
            if (chain->hooks[i].self != self)
                chain->hooks[kept++] = chain->hooks[i];
        chain->n = kept;
        if (kept == 0)
            plugins->hub->hooked &= ~(1u << point);
    }
}

void hooks_deinit(struct plugins *plugins)
{
    for (int point = 0; point < HOOK_POINTS; point++)
        free(plugins->chains[point].hooks);
}

/* ---- Filters ------------------------------------------------------------------------------ */

/* What a filter answered, in the hub's terms; whoever refused is named. */
static enum verdict judge(const struct hook *hook, enum hook_point point, int verdict,
                          struct denial *denial)
{
    switch (verdict) {
    case CHATD_PASS:
    case CHATD_ACCEPT:
        return VERDICT_PASS;
    case CHATD_DROP:
        counter_add(COUNT_DROPPED);
        log_debug(hook->self->name, "%s: dropped", point_names[point]);
        return VERDICT_DROP;
    case CHATD_DENY:
        break;
    default:
        log_warn(hook->self->name, "%s: unknown verdict %d counts as a denial", point_names[point],
                 verdict);
        break;
    }
    counter_add(COUNT_DENIED);
    if (denial->code[0] == '\0')
        deny(denial, "forbidden", "refused");
    snprintf(denial->by, sizeof(denial->by), "%s", hook->self->name);
    return VERDICT_DENY;
}

static enum verdict run_join(void *arg, struct user *user, struct room *room, struct denial *denial)
{
    struct plugins *plugins = arg;
    struct chain *chain = &plugins->chains[HOOK_JOIN];
    enum verdict verdict = VERDICT_PASS;

    denial->code[0] = '\0';
    for (size_t i = 0; i < chain->n && verdict == VERDICT_PASS; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        activation_begin(&activation, hook->self, "join");
        activation.denial = denial;
        int answer = ((chatd_join_fn *)hook->fn)(hook->self, user_out(user), room_out(room));
        activation_end(&activation);
        verdict = judge(hook, HOOK_JOIN, answer, denial);
    }
    return verdict;
}

static enum verdict run_message(void *arg, struct message *message, struct denial *denial)
{
    struct plugins *plugins = arg;
    struct chain *chain = &plugins->chains[HOOK_MESSAGE];
    enum verdict verdict = VERDICT_PASS;

    denial->code[0] = '\0';
    for (size_t i = 0; i < chain->n && verdict == VERDICT_PASS; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        if (hook->self == message->origin)
            continue;
        activation_begin(&activation, hook->self, "message");
        activation.denial = denial;
        activation.hops = message->hops + 1;
        int answer = ((chatd_message_fn *)hook->fn)(hook->self, message_out(message));
        activation_end(&activation);
        verdict = judge(hook, HOOK_MESSAGE, answer, denial);
    }
    return verdict;
}

/* ---- Notifications ------------------------------------------------------------------------ */

static void run_sent(void *arg, struct message *message)
{
    struct plugins *plugins = arg;
    struct chain *chain = &plugins->chains[HOOK_SENT];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        if (hook->self == message->origin)
            continue;
        activation_begin(&activation, hook->self, "sent");
        activation.hops = message->hops + 1;
        ((chatd_sent_fn *)hook->fn)(hook->self, message_out(message));
        activation_end(&activation);
    }
}

static void run_member(struct plugins *plugins, enum hook_point point, struct user *user,
                       struct room *room)
{
    struct chain *chain = &plugins->chains[point];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        activation_begin(&activation, hook->self, point_names[point]);
        ((chatd_member_fn *)hook->fn)(hook->self, user_out(user), room_out(room));
        activation_end(&activation);
    }
}

static void run_joined(void *arg, struct user *user, struct room *room)
{
    run_member(arg, HOOK_JOINED, user, room);
}

static void run_left(void *arg, struct user *user, struct room *room)
{
    run_member(arg, HOOK_LEFT, user, room);
}

static void run_client(struct plugins *plugins, enum hook_point point, struct client *client)
{
    struct chain *chain = &plugins->chains[point];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        activation_begin(&activation, hook->self, point_names[point]);
        ((chatd_client_fn *)hook->fn)(hook->self, client_out(client));
        activation_end(&activation);
    }
}

static void run_opened(void *arg, struct client *client)
{
    run_client(arg, HOOK_OPENED, client);
}

static void run_closed(void *arg, struct client *client)
{
    run_client(arg, HOOK_CLOSED, client);
}

static void run_room_state(void *arg, struct user *user, struct room *room, struct json *answer)
{
    struct plugins *plugins = arg;
    struct chain *chain = &plugins->chains[HOOK_ROOM_STATE];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        activation_begin(&activation, hook->self, "room_state");
        ((chatd_room_state_fn *)hook->fn)(hook->self, user_out(user), room_out(room),
                                          (struct chatd_json *)answer);
        activation_end(&activation);
    }
}

void hooks_log_reopen(struct plugins *plugins)
{
    struct chain *chain = &plugins->chains[HOOK_LOG_REOPEN];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        activation_begin(&activation, hook->self, "log_reopen");
        ((chatd_log_reopen_fn *)hook->fn)(hook->self);
        activation_end(&activation);
    }
}

const struct hub_ops hooks_hub_ops = {
    .join = run_join,
    .message = run_message,
    .sent = run_sent,
    .joined = run_joined,
    .left = run_left,
    .opened = run_opened,
    .closed = run_closed,
    .room_state = run_room_state,
    .free_slots = slots_free,
};
