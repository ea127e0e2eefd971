#include "chat/storing.h"

#include "chat/event.h"

#include <errno.h>
#include <stdlib.h>

struct storing {
    struct storing *next;
    struct event event; /* with copies of all that it borrowed */
    struct event_wait *waits;
    uint64_t *hidden_from;
    char *why; /* it failed; may be NULL */
    bool failed;
    char texts[];
};

/* ---- The queue ---------------------------------------------------------------------------- */

/* Copies a text with its NUL to `*at`, and moves that behind it. */
static struct slice keep(struct slice text, char **at)
{
    char *copy = *at;

    if (text.p == NULL)
        return text;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *at = copy + text.n + 1;
    return slice_of(copy, text.n);
}

static struct slice text_or_none(const char *text)
{
    return text != NULL ? slice_str(text) : (struct slice){NULL, 0};
}

static struct storing *copy_of(const struct event *event)
{
    struct slice type = slice_str(event->type);
    struct slice topic = text_or_none(event->topic);
    size_t bytes = event->json.n + event->cid.n + event->text.n + type.n + topic.n + 5;
    struct storing *storing = malloc(sizeof(*storing) + bytes);
    uint64_t *hidden = malloc((event->n_hidden_from + 1) * sizeof(*hidden));

    if (storing == NULL || hidden == NULL) {
        free(storing);
        free(hidden);
        return NULL;
    }
    char *at = storing->texts;
    *storing = (struct storing){.event = *event, .hidden_from = hidden};
    storing->event.json = keep(event->json, &at);
    storing->event.cid = keep(event->cid, &at);
    storing->event.text = keep(event->text, &at);
    storing->event.type = keep(type, &at).p;
    storing->event.topic = keep(topic, &at).p;
    for (size_t i = 0; i < event->n_hidden_from; i++)
        hidden[i] = event->hidden_from[i];
    storing->event.hidden_from = hidden;
    return storing;
}

static void add_wait(struct storing *storing, struct event_wait *wait)
{
    wait->storing = storing;
    wait->next = storing->waits;
    storing->waits = wait;
}

int storing_add(const struct event *event, struct event_wait *wait)
{
    struct room *room = event->room;
    struct storing *storing = copy_of(event);

    if (storing == NULL)
        return -ENOMEM;
    if (event->user != NULL)
        user_hold(event->user);
    if (wait != NULL)
        add_wait(storing, wait);
    room_hold(room);
    *room->last_storing = storing;
    room->last_storing = &storing->next;
    return 0;
}

bool storing_join(struct room *room, const struct user *user, struct slice cid,
                  struct event_wait *wait)
{
    struct storing *at = room->storing;

    while (at != NULL && (at->event.user != user || !slice_eq(at->event.cid, cid)))
        at = at->next;
    if (at != NULL)
        add_wait(at, wait);
    return at != NULL;
}

void storing_cancel(struct event_wait *wait)
{
    if (wait->storing == NULL)
        return;
    struct event_wait **at = &wait->storing->waits;
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    wait->storing = NULL;
}

/* ---- The end of the wait ------------------------------------------------------------------ */

static void end(struct storing *storing)
{
    struct event *event = &storing->event;
    struct room *room = event->room;

    while (storing->waits != NULL) {
        struct event_wait *wait = storing->waits;
        storing->waits = wait->next;
        wait->storing = NULL;
        wait->done(wait, storing->failed ? NULL : event, storing->why);
    }
    if (event->user != NULL)
        user_release(event->user);
    free(storing->why);
    free(storing->hidden_from);
    free(storing);
    room_release(room);
}

static struct storing *take_first(struct storing **queue)
{
    struct storing *first = *queue;

    *queue = first->next;
    return first;
}

/* The room is held by what it has queued, up to the last of it. */
static void run(struct task *task)
{
    struct room *room = (struct room *)((char *)task - offsetof(struct room, stored_task));

    room_hold(room);
    room->stored_task.run = NULL;
    while (room->storing != NULL && room->storing->event.seq <= room->stored_seq) {
        struct storing *storing = take_first(&room->storing);
        if (room->storing == NULL)
            room->last_storing = &room->storing;
        room->hub->hops = storing->event.hops;
        event_tell(&storing->event);
        end(storing);
        room->hub->hops = 0;
    }
    while (room->unstored != NULL)
        end(take_first(&room->unstored));
    room_release(room);
}

static void schedule(struct room *room)
{
    if (room->stored_task.run != NULL)
        return;
    room->stored_task.run = run;
    hub_defer(room->hub, &room->stored_task);
}

int storing_done(struct room *room, int64_t seq)
{
    if (room->storing == NULL || seq < room->storing->event.seq)
        return -ENOENT;
    if (seq > room->stored_seq)
        room->stored_seq = seq < room->numbered ? seq : room->numbered;
    schedule(room);
    return 0;
}

int storing_failed(struct room *room, int64_t seq, const char *why)
{
    struct storing **at = &room->storing;
    struct storing **last = &room->unstored;

    while (*at != NULL && ((*at)->event.seq < seq || (*at)->event.seq <= room->stored_seq))
        at = &(*at)->next;
    if (*at == NULL)
        return -ENOENT;
    while (*last != NULL)
        last = &(*last)->next;
    *last = *at;
    *at = NULL;
    room->last_storing = at;
    room->numbered = (*last)->event.seq - 1;
    for (struct storing *failed = *last; failed != NULL; failed = failed->next) {
        failed->failed = true;
        failed->why = strdup(why);
    }
    schedule(room);
    return 0;
}

void storing_fail_all(struct hub *hub, const char *why)
{
    struct room *room;
    struct room *next;

    hub_enter(hub);
    HASH_ITER (hh, hub->rooms, room, next)
        (void)storing_failed(room, 0, why);
    hub_leave(hub);
}
