#include "plugin/fetches.h"

#include "chat/room.h"
#include "plugin/activation.h"
#include "plugin/thread.h"

#include <errno.h>
#include <stdlib.h>

enum { FETCHES_MAX = 1000 };

/* Until it is answered; then, with its task, until the module is told. */
struct fetch {
    struct task task;
    struct fetch *prev; /* of the same module; NULL `self`: the module has ended */
    struct fetch *next;
    struct plugins *plugins;
    struct chatd_self *self;
    uint64_t id; /* 0: it is answered */
    uint64_t room;
    int64_t seq;
    chatd_event_got_fn *fn;
    void *arg;
    char *json; /* NULL: there is no such event, or (`failed`) it cannot be read */
    size_t n;
    bool failed;
};

static void leave_list(struct fetch *fetch)
{
    if (fetch->prev != NULL)
        fetch->prev->next = fetch->next;
    else
        fetch->self->fetches = fetch->next;
    if (fetch->next != NULL)
        fetch->next->prev = fetch->prev;
    fetch->plugins->n_fetches--;
}

static void tell(const struct fetch *fetch)
{
    struct room *room = room_by_id(fetch->plugins->hub, fetch->room);
    const char *none = fetch->failed ? NULL : "";
    struct chatd_str json = {fetch->json != NULL ? fetch->json : none, fetch->n};
    struct activation activation;

    activation_begin(&activation, fetch->self, "event_get");
    fetch->fn(fetch->self, room_out(room), json, fetch->arg);
    activation_end(&activation);
}

static void run(struct task *task)
{
    struct fetch *fetch = (struct fetch *)task;

    if (fetch->self != NULL) {
        leave_list(fetch);
        tell(fetch);
    }
    free(fetch->json);
    free(fetch);
}

static void answer(struct fetch *fetch, struct slice json)
{
    idmap_remove(&fetch->plugins->hub->ids, fetch->id);
    fetch->id = 0;
    fetch->json = json.n > 0 ? strndup(json.p, json.n) : NULL;
    fetch->n = fetch->json != NULL ? json.n : 0;
    fetch->failed = json.p == NULL || (json.n > 0 && fetch->json == NULL);
    hub_defer(fetch->plugins->hub, &fetch->task);
}

static struct slice find_in_log(const struct room *room, int64_t seq)
{
    int64_t i = event_log_find(&room->log, seq - 1, room->seq);

    if (i < 0 || i >= room->log.n)
        return SLICE("");
    return event_log_get(&room->log, (uint32_t)i)->json;
}

static void ask_store(struct fetch *fetch, struct room *room, int64_t seq)
{
    struct chatd_self *store = fetch->plugins->storing;
    const chatd_id id = fetch->id;
    struct activation activation;

    activation_begin(&activation, store, "store fetch");
    store->store->fetch(store, room_out(room), seq, id);
    activation_end(&activation);
}

int fetches_event(struct chatd_self *self, struct chatd_room *room, int64_t seq,
                  chatd_event_got_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("event_get", -EPERM);
    struct plugins *plugins = self->plugins;
    struct fetch *fetch;

    if (plugins->n_fetches >= FETCHES_MAX)
        return -EAGAIN;
    fetch = calloc(1, sizeof(*fetch));
    if (fetch == NULL)
        return -ENOMEM;
    *fetch = (struct fetch){.task.run = run,
                            .next = self->fetches,
                            .plugins = plugins,
                            .self = self,
                            .id = idmap_add(&plugins->hub->ids, ID_FETCH, fetch),
                            .room = room_in(room)->id,
                            .seq = seq,
                            .fn = fn,
                            .arg = arg};
    if (fetch->id == 0) {
        free(fetch);
        return -ENOMEM;
    }
    if (fetch->next != NULL)
        fetch->next->prev = fetch;
    self->fetches = fetch;
    plugins->n_fetches++;
    if (seq < 1 || seq > room_in(room)->seq)
        answer(fetch, SLICE(""));
    else if (plugins->hub->store != NULL)
        ask_store(fetch, room_in(room), seq);
    else
        answer(fetch, find_in_log(room_in(room), seq));
    return 0;
}

int fetches_answer(struct plugins *plugins, chatd_id request, struct slice json)
{
    struct fetch *fetch = idmap_get(&plugins->hub->ids, ID_FETCH, request);

    if (fetch == NULL)
        return -ENOENT;
    answer(fetch, json);
    return 0;
}

void fetches_end(struct chatd_self *self)
{
    while (self->fetches != NULL) {
        struct fetch *fetch = self->fetches;
        leave_list(fetch);
        if (fetch->id == 0) {
            fetch->self = NULL; /* its task frees it */
            continue;
        }
        idmap_remove(&self->plugins->hub->ids, fetch->id);
        free(fetch);
    }
}

static void end_one(void *object, uint64_t id, void *arg)
{
    struct fetch *fetch = object;
    const struct room *room = room_by_id(fetch->plugins->hub, fetch->room);

    (void)id;
    (void)arg;
    answer(fetch, room != NULL ? find_in_log(room, fetch->seq) : SLICE(""));
}

void fetches_end_all(struct plugins *plugins)
{
    hub_enter(plugins->hub);
    idmap_each(&plugins->hub->ids, ID_FETCH, end_one, NULL);
    hub_leave(plugins->hub);
}
