#include "chat/message.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/cid_window.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

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
    storing_cancel(&message->wait);
    buf_deinit(&message->own_text);
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

/* ---- Publishing --------------------------------------------------------------------------- */

static enum verdict refuse(const struct message *message, const char *why)
{
    return deny(message->subject.denial, "unavailable", "%s", why);
}

static void on_stored(struct event_wait *wait, const struct event *event, const char *why)
{
    struct message *message = (struct message *)((char *)wait - offsetof(struct message, wait));

    if (event == NULL) {
        message->done(message, refuse(message, why != NULL ? why : "it cannot be stored now"));
        return;
    }
    message->seq = event->seq;
    message->ts = event->ts;
    message->done(message, VERDICT_PASS);
}

bool message_is_being_stored(const struct message *message)
{
    return message->wait.storing != NULL;
}

enum verdict message_find_former(struct message *message)
{
    struct room *room = message->room;

    message->wait.done = on_stored;
    if (message->cid.n == 0)
        return VERDICT_DENY;
    bool is_told = cid_window_find(room->cids, message->user->public_id, message->cid,
                                   &message->seq, &message->ts);
    if (!is_told && !storing_join(room, message->user, message->cid, &message->wait))
        return VERDICT_DENY;
    counter_add(COUNT_DUPLICATE_MESSAGES);
    return is_told ? VERDICT_PASS : VERDICT_PENDING;
}

/* Meanwhile what it changes may have been deleted, and its text must not come after that. */
static bool comes_too_late(const struct message *message, int64_t target)
{
    const struct room *room = message->room;

    return message->text.p != NULL && target > 0 &&
           (event_log_is_deleted(&room->log, target) || storing_deletes(room, target));
}

/* The filters have let it pass. */
static enum verdict publish(struct message *message)
{
    struct event event = {
        .room = message->room,
        .type = message->type,
        .user = message->user,
        .origin = message->subject.origin,
        .hops = message->subject.hops,
        .cid = message->cid,
        .text = message->text,
        .reply_to = message->reply_to,
        .target = event_target(message->fields),
    };
    if (comes_too_late(message, event.target))
        return deny(message->subject.denial, "not_found", "there is no such message");
    int err = event_publish(&event, message->fields, &message->wait);

    if (err == -EINPROGRESS)
        return VERDICT_PENDING;
    if (err == -EDQUOT)
        return refuse(message, "the other one is in too many rooms");
    if (err == -ENOBUFS)
        return refuse(message, "too much waits to be stored");
    if (err != 0)
        return refuse(message, "the server is out of memory");
    message->seq = event.seq;
    message->ts = event.ts;
    return VERDICT_PASS;
}

/* Much may have happened since: the sender was sent out of the room, or another session of his has
 * sent the same. */
static enum verdict publish_later(struct message *message)
{
    if (message->user->bot_of == NULL && room_member(message->room, message->user) == NULL)
        return deny(message->subject.denial, "forbidden", "you are not in this room");
    enum verdict former = message_find_former(message);
    return former == VERDICT_DENY ? publish(message) : former;
}

static void on_decided(struct subject *subject, enum verdict verdict)
{
    struct message *message = (struct message *)subject;
    struct room *room = message->room;

    message->mutable = false;
    if (verdict == VERDICT_PASS)
        verdict = publish_later(message);
    if (verdict != VERDICT_PENDING)
        message->done(message, verdict);
    else if (message->storing_begins != NULL)
        message->storing_begins(message);
    room_release(room);
}

enum verdict message_send(struct message *message)
{
    struct subject *subject = &message->subject;
    enum verdict former = message_find_former(message);

    if (former != VERDICT_DENY)
        return former;
    if (message->text.p == NULL)
        return publish(message);
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
    return verdict == VERDICT_PASS ? publish(message) : verdict;
}
