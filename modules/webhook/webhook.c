/*
 * webhook: tells a URL what happens, and asks one what may be said.
 *
 * Each event whose type is in `events` (a durable event: "message", "topic", "poll" ..., or
 * "joined" and "left"), in a room of `rooms` (empty: in any), is posted to `url`: {"events":
 * [...]}, as clients see them, in order. The requests are signed as the Standard Webhooks
 * specification says, when there is a `secret`; what fails is tried again, with the same
 * webhook-id, after pauses that become longer. What waits outlives a reload and a restart.
 *
 * With `verdict_url` each message is put to it first: {"type": "message", "room", "from", "text"}.
 * The answer {"verdict": "pass", "deny" or "drop"} decides; "text" in it replaces the text, "code"
 * and "message" tell the sender why. Without an answer in time it is `verdict_otherwise`.
 *
 * How: libcurl runs on the server's loop (http.c), the queue is in queue.c, signatures in sign.c.
 */
#include "http.h"
#include "queue.h"
#include "sign.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct chatd_api *chatd;
const struct chatd_json_api *json;

/* ---- What is told ------------------------------------------------------------------------- */

static int lists(struct chatd_self *self, const char *option, struct chatd_str name)
{
    for (size_t i = 0; i < chatd->option_count(self, option); i++)
        if (strcmp(chatd->option_item(self, option, i).p, name.p) == 0)
            return 1;
    return 0;
}

static int is_about(struct chatd_self *self, struct chatd_room *room)
{
    if (chatd->room_is_direct(room))
        return chatd->option_int(self, "direct") != 0;
    return chatd->option_count(self, "rooms") == 0 || lists(self, "rooms", chatd->room_name(room));
}

static int is_told(struct chatd_self *self, struct chatd_room *room, struct chatd_str type)
{
    return chatd->option_str(self, "url").n > 0 && lists(self, "events", type) &&
           is_about(self, room);
}

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    struct chatd_str text = chatd->event_json(event);

    if (is_told(self, room, chatd->event_type(event)))
        queue_add(self, text.p, text.n);
}

static struct chatd_json *describe(struct chatd_user *user)
{
    struct chatd_json *who = json->object();
    struct chatd_str id = chatd->user_public_id(user);
    struct chatd_str nick = chatd->user_nick(user);

    json->set_str(who, "id", id.p, id.n);
    json->set_str(who, "nick", nick.p, nick.n);
    if (chatd->user_is_bot(user))
        json->set_bool(who, "bot", 1);
    return who;
}

static void tell_member(struct chatd_self *self, const char *type, struct chatd_user *user,
                        struct chatd_room *room)
{
    struct chatd_str name = chatd->room_name(room);

    if (!is_told(self, room, (struct chatd_str){type, strlen(type)}))
        return;
    struct chatd_json *event = json->object();
    json->set_str(event, "type", type, strlen(type));
    json->set_str(event, "room", name.p, name.n);
    json->set_int(event, "ts", chatd->now_ms(self));
    json->set(event, "user", describe(user));
    char *text = json->text(event);
    if (text != NULL)
        queue_add(self, text, strlen(text));
    json->text_free(text);
    json->free(event);
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    tell_member(self, "joined", user, room);
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    tell_member(self, "left", user, room);
}

/* ---- What is asked ------------------------------------------------------------------------ */

/* A message that waits; on the heap until its answer has come. */
struct question {
    struct question *next;
    struct http_call *call;
    chatd_id token;
};

static struct question *questions;

static void question_free(struct question *question)
{
    struct question **at = &questions;

    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    free(question);
}

static int verdict_of(const struct chatd_json *answer)
{
    const char *word = json->str(json->get(answer, "verdict"), "");

    return strcmp(word, "pass") == 0   ? CHATD_PASS
           : strcmp(word, "deny") == 0 ? CHATD_DENY
           : strcmp(word, "drop") == 0 ? CHATD_DROP
                                       : -1;
}

/* As in the words of the option. */
static int otherwise(struct chatd_self *self)
{
    static const int verdicts[] = {CHATD_PASS, CHATD_DENY, CHATD_DROP};

    return verdicts[chatd->option_int(self, "verdict_otherwise")];
}

static void decide(struct chatd_self *self, chatd_id token, const struct chatd_json *answer)
{
    const char *text = json->str(json->get(answer, "text"), NULL);
    struct chatd_msg *msg = chatd->pending_msg(self, token);
    int verdict = verdict_of(answer);

    if (verdict == CHATD_PASS && text != NULL && msg != NULL &&
        chatd->msg_set_text(self, msg, text, strlen(text)) != 0) {
        chatd->log(self, CHATD_LOG_WARN, "the text that a message was to have is none");
        verdict = otherwise(self);
    }
    chatd->resume(self, token, verdict, json->str(json->get(answer, "code"), "filtered"),
                  json->str(json->get(answer, "message"), "This message is not welcome here."));
}

static void on_verdict(struct chatd_self *self, const struct http_answer *answer, void *arg)
{
    struct question *question = arg;
    chatd_id token = question->token;
    struct chatd_json *said = answer->status >= 200 && answer->status <= 299
                                  ? json->parse(answer->body, answer->n)
                                  : NULL;

    question_free(question);
    if (verdict_of(said) >= 0) {
        decide(self, token, said);
    } else {
        chatd->log(self, CHATD_LOG_WARN, "no verdict: %s%.0ld",
                   answer->status != 0 ? "status " : answer->why, answer->status);
        chatd->resume(self, token, otherwise(self), "unavailable",
                      "This message cannot be checked now.");
    }
    json->free(said);
}

static char *write_question(struct chatd_msg *msg)
{
    struct chatd_json *fields = json->object();
    struct chatd_str room = chatd->room_name(chatd->msg_room(msg));
    struct chatd_str text = chatd->msg_text(msg);

    json->set_str(fields, "type", "message", 7);
    json->set_str(fields, "room", room.p, room.n);
    json->set(fields, "from", describe(chatd->msg_user(msg)));
    json->set_str(fields, "text", text.p, text.n);
    char *out = json->text(fields);
    json->free(fields);
    return out;
}

/* The token waits a little longer than the request, whose end is the better reason. */
static int ask(struct chatd_self *self, struct question *question, const char *body)
{
    static const char *const headers[] = {"content-type: application/json", NULL};
    int64_t timeout_ms = chatd->option_int(self, "verdict_timeout");

    question->call = http_post(self,
                               &(struct http_request){
                                   .url = chatd->option_str(self, "verdict_url").p,
                                   .body = body,
                                   .n = strlen(body),
                                   .headers = headers,
                                   .timeout_ms = timeout_ms,
                               },
                               on_verdict, question);
    if (question->call == NULL)
        return 0;
    question->token = chatd->defer(self, timeout_ms + 1000, otherwise(self));
    if (question->token == 0)
        http_cancel(question->call);
    return question->token != 0;
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    if (chatd->option_str(self, "verdict_url").n == 0 || !is_about(self, chatd->msg_room(msg)))
        return CHATD_PASS;
    struct question *question = calloc(1, sizeof(*question));
    char *body = write_question(msg);
    int is_asked = question != NULL && body != NULL && ask(self, question, body);

    json->text_free(body);
    if (!is_asked) {
        free(question);
        return otherwise(self);
    }
    question->next = questions;
    questions = question;
    return CHATD_PENDING;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_option options[] = {
    CHATD_OPTION("url", CHATD_STRING, "", "where events are posted"),
    CHATD_OPTION("events", CHATD_LIST, "message", "the types of those that are"),
    CHATD_OPTION("rooms", CHATD_LIST, "", "in these rooms; none: in all"),
    CHATD_OPTION("direct", CHATD_BOOL, "false", "direct messages are posted and put to it, too"),
    CHATD_OPTION("secret", CHATD_STRING, "", "signs the requests; whsec_BASE64, or any text"),
    CHATD_OPTION("ca_file", CHATD_PATH, "", "certificates to trust instead of the system's"),
    CHATD_OPTION_RANGE("timeout", CHATD_DURATION, "10s", 10, 600000, "of a request"),
    CHATD_OPTION_RANGE("tries", CHATD_INT, "10", 1, 1000, "before events are given up"),
    CHATD_OPTION_RANGE("pause", CHATD_DURATION, "1s", 1, 600000,
                       "before the second try; then twice as long each time ..."),
    CHATD_OPTION_RANGE("max_pause", CHATD_DURATION, "5m", 1, 86400000, "... up to this"),
    CHATD_OPTION_RANGE("batch", CHATD_INT, "100", 1, 10000, "events in a request"),
    CHATD_OPTION_RANGE("queue_max", CHATD_INT, "10000", 1, 10000000,
                       "events that wait; further ones are lost"),
    CHATD_OPTION("verdict_url", CHATD_STRING, "", "where messages are put to"),
    CHATD_OPTION_RANGE("verdict_timeout", CHATD_DURATION, "3s", 10, 50000, "to answer in"),
    CHATD_OPTION_ENUM("verdict_otherwise", "pass", "pass|deny|drop", "without an answer"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_MESSAGE(on_message, 0),
    CHATD_ON_EVENT(on_event, 0),
    CHATD_ON_JOINED(on_joined, 0),
    CHATD_ON_LEFT(on_left, 0),
    CHATD_END,
};

static int check_url(struct chatd_self *self, const char *option)
{
    struct chatd_str url = chatd->option_str(self, option);
    CURLU *parsed = curl_url();
    char *scheme = NULL;
    int is_good = url.n == 0 ||
                  (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url.p, 0) == CURLUE_OK &&
                   curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                   (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0));

    curl_free(scheme);
    curl_url_cleanup(parsed);
    return is_good ? 0 : chatd->option_error(self, option, "is no http:// or https:// URL");
}

static int check(struct chatd_self *self)
{
    struct sign_key key;
    int err = check_url(self, "url");

    if (check_url(self, "verdict_url") != 0)
        err = -1;
    if (sign_key_read(chatd->option_str(self, "secret").p, &key) != 0)
        err = chatd->option_error(self, "secret", "is no base64, or too long");
    return err;
}

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    int err = http_start(self);

    return err == 0 ? queue_start(self, json->get(saved, "queue")) : err;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    queue_stop(self, save);
    while (questions != NULL) {
        http_cancel(questions->call);
        question_free(questions);
    }
    http_stop();
}

CHATD_MODULE(.name = "webhook", .version = "1.0", .about = "tells a URL, and asks one",
             .api = &chatd, .need_minor = 10, .options = options, .hooks = hooks, .check = check,
             .init = init, .start = start, .stop = stop);
