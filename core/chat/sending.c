#include "chat/sending.h"

#include "chat/command.h"
#include "chat/limits.h"

#include <stdlib.h>

static enum verdict read_cid(struct call *call, struct slice *cid)
{
    const struct json *json = json_get(call->json, "cid");
    const char *text = json_str(json);

    if (json == NULL)
        return VERDICT_PASS;
    if (text == NULL || text[0] == '\0' || strlen(text) > CID_MAX)
        return deny(&call->denial, "bad_request", "cid is no string of 1 to %d bytes", CID_MAX);
    *cid = slice_str(text);
    return VERDICT_PASS;
}

static enum verdict read_message(struct call *call, struct message *message)
{
    const struct json *reply_to = json_get(call->json, "reply_to");

    message->text = call_string(call, "text");
    if (message->text.p == NULL || read_cid(call, &message->cid) != VERDICT_PASS)
        return VERDICT_DENY;
    if (reply_to != NULL && (!json_int(reply_to, &message->reply_to) || message->reply_to < 1))
        return deny(&call->denial, "bad_request", "reply_to is no message of this room");
    return VERDICT_PASS;
}

static enum verdict answer_message(struct call *call, enum verdict verdict)
{
    const struct message *message = &call->message;

    if (verdict == VERDICT_DENY || verdict == VERDICT_PENDING)
        return verdict;
    json_put_str(call->answer, "room", slice_str(message->room->name));
    if (verdict == VERDICT_PASS) {
        json_put_int(call->answer, "seq", message->seq);
        json_put_int(call->answer, "ts", message->ts);
    }
    return VERDICT_ACCEPT;
}

static struct call *call_of_message(struct message *message)
{
    return (struct call *)((char *)message - offsetof(struct call, message));
}

static void on_message_sent(struct message *message, enum verdict verdict)
{
    struct call *call = call_of_message(message);

    call->done(call, answer_message(call, verdict));
}

static void on_storing_begins(struct message *message)
{
    struct call *call = call_of_message(message);

    call->storing_begins(call);
}

static void cancel_message(struct call *call)
{
    message_deinit(&call->message);
}

/* `message` stands in the call. */
static enum verdict send_message(struct call *call)
{
    call->sends = true;
    call->cancel = cancel_message;
    return answer_message(call, message_send(&call->message));
}

/* A text that begins with a slash is a command; a second slash makes it a text again. */
enum verdict sending_on_message(void *arg, struct call *call)
{
    struct message *message = &call->message;

    (void)arg;
    *message = (struct message){.subject.denial = &call->denial,
                                .type = "message",
                                .room = call->room,
                                .user = call->client->user,
                                .storing_begins = on_storing_begins,
                                .done = on_message_sent};
    if (read_message(call, message) != VERDICT_PASS)
        return VERDICT_DENY;
    if (message->text.n > 0 && message->text.p[0] == '/') {
        message->text = slice_of(message->text.p + 1, message->text.n - 1);
        if (message->text.n == 0 || message->text.p[0] != '/') {
            json_put_str(call->answer, "room", slice_str(call->room->name));
            return command_call(call, message->text);
        }
    }
    return send_message(call);
}

/* ---- Events that modules make of calls ---------------------------------------------------- */

struct call_event *call_event_new(const struct call_event *model)
{
    struct call_event *event = malloc(sizeof(*event));

    if (event == NULL)
        return NULL;
    *event = *model;
    event->type = strdup(model->type);
    event->text = model->text != NULL ? strdup(model->text) : NULL;
    event->fields = model->fields != NULL ? json_copy(model->fields) : NULL;
    if (event->type != NULL && (event->text == NULL) == (model->text == NULL) &&
        (event->fields == NULL) == (model->fields == NULL))
        return event;
    call_event_free(event);
    return NULL;
}

void call_event_free(struct call_event *event)
{
    if (event == NULL)
        return;
    free(event->type);
    free(event->text);
    json_free(event->fields);
    free(event);
}

/* Before the module is asked, whose answer may be another one by now: what it was about is deleted,
 * or too old. */
enum verdict sending_repeated(struct call *call)
{
    struct message *message = &call->message;
    const char *cid = json_str(json_get(call->json, "cid"));

    if (call->room == NULL || cid == NULL || strlen(cid) > CID_MAX)
        return VERDICT_PASS;
    *message = (struct message){.subject.denial = &call->denial,
                                .room = call->room,
                                .user = call->client->user,
                                .cid = slice_str(cid),
                                .storing_begins = on_storing_begins,
                                .done = on_message_sent};
    enum verdict former = message_find_former(message);
    if (former == VERDICT_DENY)
        return VERDICT_PASS;
    call->sends = true;
    call->cancel = cancel_message;
    return answer_message(call, former);
}

enum verdict sending_event(struct call *call)
{
    const struct call_event *event = call->event;
    struct message *message = &call->message;

    *message = (struct message){
        .subject = {.denial = &call->denial, .hops = event->hops},
        .type = event->type,
        .room = call->room,
        .user = call->client->user,
        .text = event->text != NULL ? slice_str(event->text) : (struct slice){NULL, 0},
        .fields = event->fields,
        .storing_begins = on_storing_begins,
        .done = on_message_sent,
    };
    if (read_cid(call, &message->cid) != VERDICT_PASS)
        return VERDICT_DENY;
    if (room_member(call->room, message->user) == NULL)
        return deny(&call->denial, "forbidden", "you are not in this room");
    return send_message(call);
}
