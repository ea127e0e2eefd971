#include "chat/message.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/cid_window.h"
#include "chat/client.h"
#include "chat/event.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

/* What an event has beside the text: at the most, and nearly always. */
enum { EVENT_OVERHEAD = 2048, USUAL_OVERHEAD = 256, ESCAPE_FACTOR = 6 };

static size_t event_max(const struct message *message)
{
    return message->text.n * ESCAPE_FACTOR + EVENT_OVERHEAD;
}

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (strchr(" \t\r\n", text.p[i]) == NULL)
            return false;
    return true;
}

int message_check_text(const struct room *room, struct slice text)
{
    if (is_blank(text) || !utf8_valid_text(text))
        return -EINVAL;
    return text.n > (size_t)room->hub->config->max_text_bytes.number ? -EMSGSIZE : 0;
}

int message_set_text(struct message *message, struct slice text)
{
    struct buf copy;

    if (!message->mutable)
        return -EPERM;
    int err = message_check_text(message->room, text);
    if (err != 0)
        return err;
    buf_init(&copy, text.n);
    if (buf_append_slice(&copy, text) != 0 || buf_cstr(&copy) == NULL) {
        buf_deinit(&copy);
        return -ENOMEM;
    }
    buf_deinit(&message->own_text);
    message->own_text = copy;
    message->text = buf_slice(&copy);
    return 0;
}

void message_deinit(struct message *message)
{
    if (message->subject.waits_on != NULL) {
        hub_forget(message->room->hub, &message->subject);
        room_release(message->room);
    }
    buf_deinit(&message->own_text);
}

static void write_event(const struct message *message, struct json_writer *w)
{
    json_put_str(w, "room", slice_str(message->room->name));
    json_put_int(w, "seq", message->seq);
    json_put_int(w, "ts", message->ts);
    json_put_object(w, "from");
    user_put(message->user, w);
    json_end_object(w);
    json_put_str(w, "text", message->text);
    if (message->reply_to > 0)
        json_put_int(w, "reply_to", message->reply_to);
}

/* ---- Those from whom a module keeps it ---------------------------------------------------- */

struct hidden {
    uint64_t *users; /* their ids, in order */
    size_t n;
};

static int compare_ids(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* Asks for each member but the sender. -ENOMEM. */
static int find_hidden(struct message *message, struct hidden *hidden)
{
    struct room *room = message->room;
    const struct hub *hub = room->hub;

    *hidden = (struct hidden){.users = malloc(room->n_members * sizeof(uint64_t))};
    if (hidden->users == NULL && room->n_members > 0)
        return -ENOMEM;
    for (struct member *at = room->members; at != NULL; at = at->room_next)
        if (at->user != message->user && !hub->ops->deliver(hub->ops_arg, message, at->user))
            hidden->users[hidden->n++] = at->user->id;
    if (hidden->n > 0)
        qsort(hidden->users, hidden->n, sizeof(uint64_t), compare_ids);
    return 0;
}

/* What topic_publish_selected() asks for each session. */
struct selection {
    const struct message *message;
    const struct hidden *hidden;
};

static bool is_for(void *arg, const void *owner)
{
    const struct selection *selection = arg;
    const struct hidden *hidden = selection->hidden;
    const struct user *to = owner;

    if (to == selection->message->user)
        return selection->message->cid.n == 0;
    return hidden->n == 0 ||
           bsearch(&to->id, hidden->users, hidden->n, sizeof(to->id), compare_ids) == NULL;
}

/* ---- Publishing --------------------------------------------------------------------------- */

static void log_message(const struct message *message, struct slice json,
                        const struct hidden *hidden)
{
    room_log(message->room, &(struct logged_event){
                                .seq = message->seq,
                                .json = json,
                                .cid = message->cid,
                                .from = message->user->id,
                                .hidden_from = hidden->users,
                                .n_hidden_from = hidden->n,
                            });
}

/* To all but the sender's own sessions when those get the cid, too. */
static int publish_common(struct message *message, struct slice json)
{
    struct room *room = message->room;
    struct hidden hidden = {0};

    if (hub_hooked(room->hub, HOOK_DELIVER)) {
        struct selection selection = {message, &hidden};
        if (find_hidden(message, &hidden) != 0)
            return -ENOMEM;
        topic_publish_selected(&room->topic, json, SEND_BOUNDED, is_for, &selection);
    } else {
        room_publish(room, json, SEND_BOUNDED, message->cid.n > 0 ? message->user : NULL);
    }
    log_message(message, json, &hidden);
    free(hidden.users);
    return 0;
}

static void tell_event(const struct message *message, const struct buf *out)
{
    event_told(&(struct event){
        .room = message->room,
        .type = "message",
        .user = message->user,
        .origin = message->subject.origin,
        .seq = message->seq,
        .ts = message->ts,
        .json = buf_slice(out),
        .cid = message->cid,
    });
}

/* One text for all others, and one with the cid for the sender's own sessions. */
static int publish(struct message *message)
{
    struct buf out;

    buf_init(&out, event_max(message));
    int err = buf_reserve(&out, message->text.n + USUAL_OVERHEAD);
    if (err != 0)
        return err;
    struct json_writer w = json_begin(&out, "message");
    write_event(message, &w);
    err = json_end(&w);
    if (err == 0)
        err = publish_common(message, buf_slice(&out));
    if (err == 0) {
        message->room->seq = message->seq;
        if (hub_hooked(message->room->hub, HOOK_EVENT))
            tell_event(message, &out);
    }
    if (err == 0 && message->cid.n > 0) {
        w = json_reopen(&out);
        json_put_str(&w, "cid", message->cid);
        if (json_end(&w) == 0)
            user_send(message->user, buf_slice(&out), SEND_BOUNDED);
    }
    buf_deinit(&out);
    return err;
}

static enum verdict check(const struct message *message)
{
    const struct config *config = message->room->hub->config;
    struct denial *denial = message->subject.denial;

    if (is_blank(message->text))
        return deny(denial, "bad_request", "the message is empty");
    if (message->text.n > (size_t)config->max_text_bytes.number) {
        counter_add(COUNT_OVER_LIMIT);
        return deny(denial, "too_large", "the message is longer than %lld bytes",
                    (long long)config->max_text_bytes.number);
    }
    if (message->reply_to < 0 || message->reply_to > message->room->seq)
        return deny(denial, "bad_request", "reply_to is no message of this room");
    return VERDICT_PASS;
}

static bool is_duplicate(struct message *message)
{
    return message->cid.n > 0 && cid_window_find(message->room->cids, message->user->public_id,
                                                 message->cid, &message->seq, &message->ts);
}

static void remember_cid(const struct message *message)
{
    const struct config *config = message->room->hub->config;
    const struct cid_keep keep = {
        .since_ts = message->ts - config->resume_window.number,
        .total_bytes = (size_t)config->replay_memory.number,
    };

    cid_window_add(message->room->cids, message->user->public_id, message->cid, message->seq,
                   message->ts, &keep);
}

/* The filters have let it pass. */
static enum verdict number_and_publish(struct message *message)
{
    struct room *room = message->room;
    struct hub *hub = room->hub;

    message->seq = room->seq + 1;
    message->ts = loop_wall_ms(hub->loop);
    if (publish(message) != 0)
        return deny(message->subject.denial, "unavailable", "the server is out of memory");
    counter_add(COUNT_MESSAGES);
    if (message->cid.n > 0)
        remember_cid(message);
    if (hub_hooked(hub, HOOK_SENT))
        hub->ops->sent(hub->ops_arg, message);
    return VERDICT_PASS;
}

/* Much may have happened since: the sender was sent out of the room, or another session of his has
 * sent the same. */
static void on_decided(struct subject *subject, enum verdict verdict)
{
    struct message *message = (struct message *)subject;
    struct room *room = message->room;

    message->mutable = false;
    if (verdict == VERDICT_PASS && message->user->bot_of == NULL &&
        room_member(room, message->user) == NULL)
        verdict = deny(subject->denial, "forbidden", "you are not in this room");
    if (verdict == VERDICT_PASS && !is_duplicate(message))
        verdict = number_and_publish(message);
    message->done(message, verdict);
    room_release(room);
}

enum verdict message_send(struct message *message)
{
    struct subject *subject = &message->subject;

    if (is_duplicate(message)) {
        counter_add(COUNT_DUPLICATE_MESSAGES);
        return VERDICT_PASS;
    }
    enum verdict verdict = check(message);
    if (verdict != VERDICT_PASS)
        return verdict;
    subject->point = HOOK_MESSAGE;
    subject->decided = on_decided;
    message->mutable = true;
    verdict = hub_filter(message->room->hub, subject);
    if (verdict == VERDICT_PENDING) {
        room_hold(message->room);
        return verdict;
    }
    message->mutable = false;
    return verdict == VERDICT_PASS ? number_and_publish(message) : verdict;
}
