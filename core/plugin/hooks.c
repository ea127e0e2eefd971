#include "plugin/hooks.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/event.h"
#include "chat/login.h"
#include "chat/message.h"
#include "plugin/options.h"
#include "plugin/slots.h"
#include "plugin/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)HOOK_JOIN == CHATD_HOOK_JOIN && (int)HOOK_MESSAGE == CHATD_HOOK_MESSAGE &&
                   (int)HOOK_SENT == CHATD_HOOK_SENT && (int)HOOK_JOINED == CHATD_HOOK_JOINED &&
                   (int)HOOK_LEFT == CHATD_HOOK_LEFT && (int)HOOK_OPENED == CHATD_HOOK_OPENED &&
                   (int)HOOK_CLOSED == CHATD_HOOK_CLOSED &&
                   (int)HOOK_ROOM_STATE == CHATD_HOOK_ROOM_STATE &&
                   (int)HOOK_LOG_REOPEN == CHATD_HOOK_LOG_REOPEN &&
                   (int)HOOK_AUTH == CHATD_HOOK_AUTH && (int)HOOK_PRESENCE == CHATD_HOOK_PRESENCE &&
                   (int)HOOK_DELIVER == CHATD_HOOK_DELIVER &&
                   (int)HOOK_RELOAD == CHATD_HOOK_RELOAD && (int)HOOK_EVENT == CHATD_HOOK_EVENT &&
                   (int)HOOK_REQUEST == CHATD_HOOK_REQUEST,
               "the hub's hook points are those of the ABI");
_Static_assert((int)VERDICT_PASS == CHATD_PASS && (int)VERDICT_DENY == CHATD_DENY &&
                   (int)VERDICT_DROP == CHATD_DROP && (int)VERDICT_ACCEPT == CHATD_ACCEPT &&
                   (int)VERDICT_PENDING == CHATD_PENDING,
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
    [HOOK_AUTH] = "auth",
    [HOOK_PRESENCE] = "presence",
    [HOOK_DELIVER] = "deliver",
    [HOOK_RELOAD] = "reload",
    [HOOK_EVENT] = "event",
    [HOOK_REQUEST] = "request",
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

/* Moves one hook forward to its place among those in front of it, which are in order. */
static void insert(struct chain *chain, size_t at)
{
    const struct hook hook = chain->hooks[at];

    for (; at > 0 && before(&hook, &chain->hooks[at - 1]); at--)
        chain->hooks[at] = chain->hooks[at - 1];
    chain->hooks[at] = hook;
}

void hooks_sort(struct plugins *plugins)
{
    for (int point = 0; point < HOOK_POINTS; point++)
        for (size_t i = 1; i < plugins->chains[point].n; i++)
            insert(&plugins->chains[point], i);
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
    chain->hooks = grown;
    grown[chain->n] = (struct hook){
        .self = self,
        .stats = stats_of(self, point_names[hook->point]),
        .priority = options_priority(self, hook->priority),
        .fn = hook->fn,
    };
    insert(chain, chain->n++);
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

enum verdict hooks_judge(const struct chatd_self *self, struct call_stats *stats,
                         const struct subject *subject, int verdict)
{
    struct denial *denial = subject->denial;
    bool is_call = subject->point == HOOK_CALL;

    switch (verdict) {
    case CHATD_ACCEPT:
        return is_call || subject->point == HOOK_AUTH ? VERDICT_ACCEPT : VERDICT_PASS;
    case CHATD_PASS:
        if (!is_call)
            return VERDICT_PASS;
        break;
    case CHATD_DROP:
        stats->numbers.dropped++;
        counter_add(COUNT_DROPPED);
        return VERDICT_DROP;
    default:
        break;
    }
    stats->numbers.denied++;
    counter_add(COUNT_DENIED);
    if (verdict != CHATD_DENY) {
        log_warn(self->name, "%s: verdict %d is none that it can have; it counts as a denial",
                 stats->what, verdict);
        if (is_call)
            return deny(denial, "internal", "the server could not answer");
    }
    if (denial->code[0] == '\0')
        deny(denial, "forbidden", "refused");
    snprintf(denial->by, sizeof(denial->by), "%s", self->name);
    return VERDICT_DENY;
}

static int call_filter(const struct hook *hook, struct subject *subject)
{
    struct chatd_self *self = hook->self;

    if (subject->point == HOOK_MESSAGE)
        return ((chatd_message_fn *)hook->fn)(self, message_out((struct message *)subject));
    if (subject->point == HOOK_AUTH)
        return ((chatd_auth_fn *)hook->fn)(self, login_out((struct login *)subject));
    if (subject->point == HOOK_REQUEST)
        return ((chatd_request_fn *)hook->fn)(self, (struct chatd_request *)subject);
    return ((chatd_join_fn *)hook->fn)(self, joining_out((struct joining *)subject));
}

static enum verdict ask(const struct hook *hook, struct subject *subject)
{
    const struct hook_place place = {hook->priority, hook->self->line};
    struct activation activation;

    activation_enter(&activation, hook->self, hook->stats);
    activation.denial = subject->denial;
    activation.subject = subject;
    int answer = tokens_settle(&activation, call_filter(hook, subject), place);
    activation_end(&activation);
    if (answer == CHATD_PENDING && subject->waits_on != NULL)
        return VERDICT_PENDING;
    return hooks_judge(hook->self, hook->stats, subject, answer);
}

static bool is_behind(const struct hook *hook, const struct hook_place *place)
{
    if (hook->priority != place->priority)
        return hook->priority > place->priority;
    return hook->self->line > place->line;
}

/* The filters behind `place`, all of them when it is NULL. */
static enum verdict ask_from(struct plugins *plugins, struct subject *subject,
                             const struct hook_place *place)
{
    const struct chain *chain = &plugins->chains[subject->point];
    enum verdict verdict = VERDICT_PASS;

    for (size_t i = 0; i < chain->n && verdict == VERDICT_PASS; i++) {
        const struct hook *hook = &chain->hooks[i];
        if (hook->self != subject->origin && (place == NULL || is_behind(hook, place)))
            verdict = ask(hook, subject);
    }
    return verdict;
}

static enum verdict run_filter(void *plugins, struct subject *subject)
{
    subject->denial->code[0] = '\0';
    return ask_from(plugins, subject, NULL);
}

enum verdict hooks_go_on(struct plugins *plugins, struct subject *subject, enum verdict verdict,
                         struct hook_place place)
{
    return verdict == VERDICT_PASS ? ask_from(plugins, subject, &place) : verdict;
}

static bool run_deliver(void *arg, struct message *message, struct user *to)
{
    struct plugins *plugins = arg;
    const struct chain *chain = &plugins->chains[HOOK_DELIVER];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        activation_enter(&activation, hook->self, hook->stats);
        int verdict =
            ((chatd_deliver_fn *)hook->fn)(hook->self, message_out(message), user_out(to));
        activation_end(&activation);
        if (verdict == CHATD_PASS || verdict == CHATD_ACCEPT)
            continue;
        hook->stats->numbers.dropped++;
        return false;
    }
    return true;
}

/* ---- Notifications ------------------------------------------------------------------------ */

/* What a notification is about; which of them depends on the point. */
struct notice {
    struct user *user;
    struct room *room;
    struct client *client;
    struct message *message;
    struct json *answer;
    const struct event *event;
    bool online;
    const void *origin; /* the module that is not told, NULL for none */
};

static void tell(const struct hook *hook, enum hook_point point, const struct notice *notice)
{
    struct chatd_self *self = hook->self;

    switch (point) {
    case HOOK_SENT:
        ((chatd_sent_fn *)hook->fn)(self, message_out(notice->message));
        break;
    case HOOK_JOINED:
    case HOOK_LEFT:
        ((chatd_member_fn *)hook->fn)(self, user_out(notice->user), room_out(notice->room));
        break;
    case HOOK_OPENED:
    case HOOK_CLOSED:
        ((chatd_client_fn *)hook->fn)(self, client_out(notice->client));
        break;
    case HOOK_PRESENCE:
        ((chatd_presence_fn *)hook->fn)(self, user_out(notice->user), notice->online);
        break;
    case HOOK_ROOM_STATE:
        ((chatd_room_state_fn *)hook->fn)(self, user_out(notice->user), room_out(notice->room),
                                          (struct chatd_json *)notice->answer);
        break;
    case HOOK_LOG_REOPEN:
        ((chatd_log_reopen_fn *)hook->fn)(self);
        break;
    case HOOK_EVENT:
        ((chatd_event_fn *)hook->fn)(self, room_out(notice->event->room), event_out(notice->event));
        break;
    case HOOK_RELOAD:
        ((chatd_reload_fn *)hook->fn)(self);
        break;
    case HOOK_CALL:
    case HOOK_AUTH:
    case HOOK_JOIN:
    case HOOK_MESSAGE:
    case HOOK_DELIVER:
    case HOOK_REQUEST:
    case HOOK_POINTS:
        break; /* filters */
    }
}

static void tell_all(struct plugins *plugins, enum hook_point point, const struct notice *notice)
{
    const struct chain *chain = &plugins->chains[point];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        if (notice->origin == hook->self)
            continue;
        activation_enter(&activation, hook->self, hook->stats);
        tell(hook, point, notice);
        activation_end(&activation);
    }
}

static void run_sent(void *arg, struct message *message)
{
    tell_all(arg, HOOK_SENT,
             &(struct notice){.message = message, .origin = message->subject.origin});
}

static void run_event(void *arg, const struct event *event)
{
    tell_all(arg, HOOK_EVENT, &(struct notice){.event = event, .origin = event->origin});
}

static void run_joined(void *arg, struct user *user, struct room *room)
{
    tell_all(arg, HOOK_JOINED, &(struct notice){.user = user, .room = room});
}

static void run_left(void *arg, struct user *user, struct room *room)
{
    tell_all(arg, HOOK_LEFT, &(struct notice){.user = user, .room = room});
}

static void run_opened(void *arg, struct client *client)
{
    tell_all(arg, HOOK_OPENED, &(struct notice){.client = client});
}

static void run_closed(void *arg, struct client *client)
{
    tell_all(arg, HOOK_CLOSED, &(struct notice){.client = client});
}

static void run_presence(void *arg, struct user *user, bool online)
{
    tell_all(arg, HOOK_PRESENCE, &(struct notice){.user = user, .online = online});
}

static void run_room_state(void *arg, struct user *user, struct room *room, struct json *answer)
{
    tell_all(arg, HOOK_ROOM_STATE, &(struct notice){.user = user, .room = room, .answer = answer});
}

void hooks_log_reopen(struct plugins *plugins)
{
    tell_all(plugins, HOOK_LOG_REOPEN, &(struct notice){0});
}

void hooks_reload(struct plugins *plugins, const struct chatd_self *self)
{
    const struct chain *chain = &plugins->chains[HOOK_RELOAD];

    for (size_t i = 0; i < chain->n; i++) {
        const struct hook *hook = &chain->hooks[i];
        struct activation activation;
        if (hook->self != self)
            continue;
        activation_enter(&activation, hook->self, hook->stats);
        tell(hook, HOOK_RELOAD, &(struct notice){0});
        activation_end(&activation);
    }
}

const struct hub_ops hooks_hub_ops = {
    .filter = run_filter,
    .forget = tokens_forget,
    .deliver = run_deliver,
    .sent = run_sent,
    .event = run_event,
    .joined = run_joined,
    .left = run_left,
    .opened = run_opened,
    .closed = run_closed,
    .presence = run_presence,
    .room_state = run_room_state,
    .free_slots = slots_free,
};
