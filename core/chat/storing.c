#include "chat/storing.h"

#include "base/counters.h"
#include "chat/event.h"
#include "chat/limits.h"

#include <errno.h>
#include <stdlib.h>

struct storing {
    UT_hash_handle hh; /* hub->storing_by_cid, when it has a cid */
    struct storing *next;
    struct event event; /* with copies of all that it borrowed */
    struct user *held;  /* its user; event_tell() may find who he is now */
    struct event_wait *waits;
    uint64_t *hidden_from; /* NULL for nobody */
    char *why;             /* it failed; may be NULL */
    size_t bytes;
    size_t key_n;
    bool failed;
    char texts[]; /* the key of its cid in front */
};

enum { KEY_MAX = 2 * sizeof(uint64_t) + CID_MAX };

/* Who it is of, in which room. */
static size_t make_key(const struct room *room, const struct user *user, struct slice cid,
                       char key[KEY_MAX])
{
    memcpy(key, &room->id, sizeof(room->id));
    memcpy(key + sizeof(room->id), &user->number, sizeof(user->number));
    memcpy(key + sizeof(room->id) + sizeof(user->number), cid.p, cid.n);
    return sizeof(room->id) + sizeof(user->number) + cid.n;
}

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
    size_t bytes = KEY_MAX + event->json.n + event->cid.n + event->text.n + type.n + topic.n + 5;
    struct storing *storing = malloc(sizeof(*storing) + bytes);
    size_t n_hidden = event->n_hidden_from;
    uint64_t *hidden = n_hidden > 0 ? malloc(n_hidden * sizeof(*hidden)) : NULL;

    if (storing == NULL || (hidden == NULL && n_hidden > 0)) {
        free(storing);
        free(hidden);
        return NULL;
    }
    char *at = storing->texts + KEY_MAX;
    *storing = (struct storing){
        .event = *event,
        .hidden_from = hidden,
        .bytes = sizeof(*storing) + bytes + n_hidden * sizeof(*hidden),
    };
    storing->event.json = keep(event->json, &at);
    storing->event.cid = keep(event->cid, &at);
    storing->event.text = keep(event->text, &at);
    storing->event.type = keep(type, &at).p;
    storing->event.topic = keep(topic, &at).p;
    for (size_t i = 0; i < n_hidden; i++)
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
    struct hub *hub = room->hub;

    if (hub->storing_bytes >= (size_t)hub->config->storing_memory.number) {
        counter_add(COUNT_STORING_MEMORY);
        return -ENOBUFS;
    }
    struct storing *storing = copy_of(event);
    if (storing == NULL)
        return -ENOMEM;
    hub->storing_bytes += storing->bytes;
    if (event->cid.n > 0) {
        storing->key_n = make_key(room, event->user, event->cid, storing->texts);
        HASH_ADD_KEYPTR(hh, hub->storing_by_cid, storing->texts, storing->key_n, storing);
    }
    storing->held = event->user;
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
    char key[KEY_MAX];
    size_t n = make_key(room, user, cid, key);
    struct storing *storing = NULL;

    HASH_FIND(hh, room->hub->storing_by_cid, key, n, storing);
    if (storing != NULL)
        add_wait(storing, wait);
    return storing != NULL;
}

bool storing_deletes(const struct room *room, int64_t target)
{
    const struct storing *at = room->storing;

    while (at != NULL && (at->event.target != target || strcmp(at->event.type, "delete") != 0))
        at = at->next;
    return at != NULL;
}

/* From now on the same cid is another event. */
static void forget_key(struct storing *storing)
{
    if (storing->key_n > 0)
        HASH_DEL(storing->event.room->hub->storing_by_cid, storing);
    storing->key_n = 0;
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

    forget_key(storing);
    room->hub->storing_bytes -= storing->bytes;
    while (storing->waits != NULL) {
        struct event_wait *wait = storing->waits;
        storing->waits = wait->next;
        wait->storing = NULL;
        wait->done(wait, storing->failed ? NULL : event, storing->why);
    }
    if (storing->held != NULL)
        user_release(storing->held);
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
        forget_key(failed);
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
