#include "chat/event.h"

#include "base/counters.h"
#include "chat/cid_window.h"
#include "chat/client.h"
#include "chat/limits.h"
#include "chat/message.h"

#include <errno.h>
#include <stdlib.h>

/* What an event nearly always has beside the text. */
enum { USUAL_OVERHEAD = 256 };

static const char *const core_types[] = {
    "hello", "welcome", "caught_up", "ok",    "error", "message", "notice", "kicked", "topic",
    "login", "join",    "leave",     "rooms", "ping",  "joined",  "left",   "dm",
};

bool event_name_is_plain(const char *name)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    return name[0] != '\0' && strlen(name) <= TYPE_MAX && strspn(name, characters) == strlen(name);
}

bool event_type_is_free(const char *type)
{
    if (!event_name_is_plain(type))
        return false;
    for (size_t i = 0; i < sizeof(core_types) / sizeof(core_types[0]); i++)
        if (strcmp(core_types[i], type) == 0)
            return false;
    return true;
}

int64_t event_target(const struct json *fields)
{
    int64_t target;

    return json_int(json_get(fields, "target"), &target) ? target : 0;
}

static bool has_text(const struct event *event)
{
    return event->text.p != NULL;
}

static bool is_message(const struct event *event)
{
    return has_text(event) && strcmp(event->type, "message") == 0;
}

/* For filters of deliveries and those who are told of messages. */
static struct message as_message(const struct event *event)
{
    return (struct message){
        .subject = {.origin = event->origin, .hops = event->hops},
        .type = event->type,
        .room = event->room,
        .user = event->user,
        .text = event->text,
        .cid = event->cid,
        .reply_to = event->reply_to,
        .seq = event->seq,
        .ts = event->ts,
    };
}

/* ---- Those from whom a module keeps it ---------------------------------------------------- */

struct hidden {
    uint64_t *users; /* their numbers, in order */
    size_t n;
};

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* Asks for each member that has come behind number `after`, but for the sender, and adds to what
 * `event` has. Members stand in the order in which they came. -ENOMEM. */
static int find_hidden(const struct event *event, int64_t after, struct hidden *hidden)
{
    struct room *room = event->room;
    const struct hub *hub = room->hub;
    struct message message = as_message(event);
    const size_t most = event->n_hidden_from + room->n_members;

    *hidden = (struct hidden){.users = malloc((most + 1) * sizeof(uint64_t))};
    if (hidden->users == NULL)
        return -ENOMEM;
    for (; hidden->n < event->n_hidden_from; hidden->n++)
        hidden->users[hidden->n] = event->hidden_from[hidden->n];
    for (struct member *at = room->last_member; at != NULL && at->asked_from >= after;
         at = at->room_prev)
        if (at->user != event->user && !hub->ops->deliver(hub->ops_arg, &message, at->user))
            hidden->users[hidden->n++] = at->user->number;
    if (hidden->n > 0)
        qsort(hidden->users, hidden->n, sizeof(uint64_t), compare_numbers);
    return 0;
}

static bool is_asked_about(const struct event *event)
{
    return has_text(event) && hub_hooked(event->room->hub, HOOK_DELIVER);
}

/* What topic_publish_selected() asks for each session. */
static bool is_for(void *arg, const void *owner)
{
    const struct event *event = arg;
    const struct user *to = owner;

    if (to == event->user)
        return event->cid.n == 0;
    return event->n_hidden_from == 0 ||
           bsearch(&to->number, event->hidden_from, event->n_hidden_from, sizeof(to->number),
                   compare_numbers) == NULL;
}

/* ---- Telling ------------------------------------------------------------------------------ */

int event_write_own(struct slice json, struct slice cid, struct buf *out)
{
    int err = buf_append_slice(out, json);

    if (err != 0)
        return err;
    struct json_writer w = json_reopen(out);
    json_put_str(&w, "cid", cid);
    return json_end(&w);
}

static void tell_own_sessions(const struct event *event)
{
    struct buf out;

    buf_init(&out, EVENT_MAX);
    if (event_write_own(event->json, event->cid, &out) == 0)
        user_send(event->user, buf_slice(&out), SEND_BOUNDED);
    buf_deinit(&out);
}

static void remember_cid(const struct event *event)
{
    const struct config *config = event->room->hub->config;
    const struct cid_keep keep = {
        .since_ts = event->ts - config->resume_window.number,
        .total_bytes = (size_t)config->replay_memory.number,
    };

    cid_window_add(event->room->cids, event->user->public_id, event->cid, event->seq, event->ts,
                   &keep);
}

static void set_topic(struct room *room, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return;
    free(room->topic_text);
    room->topic_text = copy;
}

/* To all but the sender's own sessions when those get the cid, too. */
static void publish(struct event *event)
{
    struct room *room = event->room;

    if (event->n_hidden_from > 0)
        topic_publish_selected(&room->topic, event->json, SEND_BOUNDED, is_for, event);
    else
        room_publish(room, event->json, SEND_BOUNDED, event->cid.n > 0 ? event->user : NULL);
}

static void tell(struct event *event)
{
    struct room *room = event->room;
    struct hub *hub = room->hub;

    publish(event);
    room->seq = event->seq;
    if (event->topic != NULL)
        set_topic(room, event->topic);
    room_log(room, &(struct logged_event){
                       .seq = event->seq,
                       .target = event->target,
                       .json = event->json,
                       .cid = event->cid,
                       .from = event->user != NULL ? event->user->number : 0,
                       .hidden_from = event->hidden_from,
                       .n_hidden_from = event->n_hidden_from,
                   });
    if (strcmp(event->type, "delete") == 0)
        event_log_redact(&room->log, event->target);
    if (hub_hooked(hub, HOOK_EVENT))
        hub->ops->event(hub->ops_arg, event);
    if (event->cid.n > 0) {
        /* He may have left while it was being stored. */
        if (room_member(room, event->user) != NULL)
            tell_own_sessions(event);
        remember_cid(event);
    }
    if (!is_message(event))
        return;
    counter_add(COUNT_MESSAGES);
    if (hub_hooked(hub, HOOK_SENT)) {
        struct message message = as_message(event);
        hub->ops->sent(hub->ops_arg, &message);
    }
}

/* Whoever has come since it was numbered was not asked for. */
void event_tell(struct event *event)
{
    struct hidden hidden = {0};
    struct user *back = event->user != NULL && event->user->ended
                            ? user_by_public_id(event->room->hub, slice_str(event->user->public_id))
                            : NULL;

    /* He has gone and come back while it was being stored. */
    if (back != NULL)
        event->user = back;

    if (is_asked_about(event)) {
        if (find_hidden(event, event->seq, &hidden) == 0) {
            event->hidden_from = hidden.users;
            event->n_hidden_from = hidden.n;
        }
    }
    tell(event);
    free(hidden.users);
}

/* ---- Publishing --------------------------------------------------------------------------- */

static int write_event(const struct event *event, const struct json *fields, struct buf *out)
{
    int err = buf_reserve(out, event->text.n + USUAL_OVERHEAD);

    if (err != 0)
        return err;
    struct json_writer w = json_begin(out, event->type);
    json_put_str(&w, "room", slice_str(event->room->name));
    json_put_int(&w, "seq", event->seq);
    json_put_int(&w, "ts", event->ts);
    if (event->user != NULL) {
        json_put_object(&w, "from");
        user_put(event->user, &w);
        json_end_object(&w);
    }
    if (has_text(event))
        json_put_str(&w, "text", event->text);
    if (event->reply_to > 0)
        json_put_int(&w, "reply_to", event->reply_to);
    json_put_members(&w, fields, NULL);
    return json_end(&w);
}

static void number(struct room *room, const struct event *event)
{
    room->numbered = event->seq;
    room->numbered_ts = event->ts;
}

/* Also when the clock was set back. */
static int64_t next_ts(const struct room *room)
{
    int64_t now_ms = loop_wall_ms(room->hub->loop);

    return now_ms > room->numbered_ts ? now_ms : room->numbered_ts;
}

/* It is written, and has its number from now on. */
static int publish_or_store(struct event *event, struct event_wait *wait)
{
    struct room *room = event->room;
    struct hub *hub = room->hub;

    if (hub->store == NULL) {
        number(room, event);
        tell(event);
        return 0;
    }
    int err = storing_add(event, wait);
    if (err != 0)
        return err;
    number(room, event);
    hub->store->event(hub->store_arg, event);
    return -EINPROGRESS;
}

int event_publish(struct event *event, const struct json *fields, struct event_wait *wait)
{
    struct room *room = event->room;
    struct hidden hidden = {0};
    struct buf out;

    if (room->two != NULL) {
        struct member *own = event->user != NULL ? room_member(room, event->user) : NULL;
        if (own != NULL)
            own->was_brought = false;
        if (!direct_bring(room))
            return -EDQUOT;
    }
    event->seq = room->numbered + 1;
    event->ts = next_ts(room);
    buf_init(&out, EVENT_MAX);
    int err = write_event(event, fields, &out);
    if (err == 0 && is_asked_about(event)) {
        err = find_hidden(event, INT64_MIN, &hidden);
        event->hidden_from = hidden.users;
        event->n_hidden_from = hidden.n;
    }
    if (err == 0) {
        event->json = buf_slice(&out);
        err = publish_or_store(event, wait);
    }
    free(hidden.users);
    buf_deinit(&out);
    return err;
}
