#include "chat/native.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/client.h"
#include "chat/limits.h"
#include "chat/verb.h"

#include <config.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PROTOCOL_VERSION = 1,
    HELLO_MAX = 8192,
    /* An answer is bounded by what a module may put into it, or by the list of rooms. */
    ANSWER_MAX = 16 << 20,
    ERROR_MAX = 4096,
};

/* A WebSocket that speaks chatd.v1, before and after its login. */
struct session {
    struct websocket *ws;
    struct client *client;
    uint32_t bad_requests; /* in a row */
};

static struct hub *hub_of(const struct session *session)
{
    const struct native_endpoint *native = session->ws->endpoint->arg;

    return native->hub;
}

/* ---- The link of a client ----------------------------------------------------------------- */

static void link_send(void *link, struct slice json, enum send_class send_class)
{
    struct session *session = link;

    if (websocket_send(session->ws, WS_OP_TEXT, json, send_class) == -ENOMEM)
        conn_abort(session->ws->conn);
}

static int link_subscribe(void *link, struct topic *topic, const struct user *user)
{
    struct session *session = link;

    return topic_subscribe(topic, session->ws->conn, user);
}

static void link_unsubscribe(void *link, struct topic *topic)
{
    struct session *session = link;

    topic_unsubscribe(topic, session->ws->conn);
}

static const char *link_name(void *link)
{
    struct session *session = link;

    return conn_name(session->ws->conn);
}

static const struct link_ops link_ops = {
    .send = link_send,
    .subscribe = link_subscribe,
    .unsubscribe = link_unsubscribe,
    .name = link_name,
};

/* ---- Answers ------------------------------------------------------------------------------ */

static void send_error(struct session *session, const char *id, const struct call *call,
                       struct slice suggestion)
{
    const struct denial *denial = &call->denial;
    struct buf out;

    buf_init(&out, ERROR_MAX);
    struct json_writer w = json_begin(&out, "error");
    if (id != NULL)
        json_put_str(&w, "id", slice_str(id));
    json_put_str(&w, "code", slice_str(denial->code));
    json_put_str(&w, "message", slice_str(denial->text));
    if (denial->by[0] != '\0')
        json_put_str(&w, "by", slice_str(denial->by));
    if (suggestion.n > 0)
        json_put_str(&w, "suggestion", suggestion);
    if (call->retry_after_ms > 0) {
        char seconds[32];
        int n = snprintf(seconds, sizeof(seconds), "%lld.%03lld",
                         (long long)(call->retry_after_ms / 1000),
                         (long long)(call->retry_after_ms % 1000));
        json_put_raw(&w, "retry_after", slice_of(seconds, (size_t)n));
    }
    if (json_end(&w) == 0)
        link_send(session, buf_slice(&out), SEND_BOUNDED);
    buf_deinit(&out);
}

/* Something that is no request at all. A peer that sends nothing else is sent away. */
static void on_bad_request(struct session *session, const char *why)
{
    struct call call = {0};

    counter_add(COUNT_BAD_REQUESTS);
    deny(&call.denial, "bad_request", "%s", why);
    send_error(session, NULL, &call, SLICE(""));
    if (++session->bad_requests >= (uint32_t)hub_of(session)->config->max_bad_requests.number)
        websocket_close(session->ws, 1008, "too many bad requests");
}

/* ---- Login -------------------------------------------------------------------------------- */

static void put_welcome(struct client *client, struct json_writer *w)
{
    char session[17];

    snprintf(session, sizeof(session), "%016" PRIx64, client->id);
    json_put_object(w, "user");
    user_put(client->user, w);
    json_end_object(w);
    json_put_str(w, "session", slice_str(session));
    json_put_array(w, "rooms");
    json_end_array(w);
}

static struct client *make_client(struct session *session, struct call *call,
                                  struct buf *suggestion)
{
    struct hub *hub = call->hub;
    struct slice nick = call_string(call, "nick");

    if (nick.p == NULL)
        return NULL;
    struct user *user = user_new(hub, nick, NULL, &call->denial, suggestion);
    if (user == NULL)
        return NULL;
    struct client *client = client_new(user, &link_ops, session);
    if (client == NULL) {
        user_free(user);
        deny(&call->denial, "unavailable", "the server is out of memory");
    }
    return client;
}

static void on_login(struct session *session, const char *id, const struct json *json)
{
    struct hub *hub = hub_of(session);
    struct call call = {.hub = hub, .json = json};
    struct buf suggestion;
    struct buf out;

    buf_init(&suggestion, 256);
    struct client *client = make_client(session, &call, &suggestion);
    if (client == NULL) {
        send_error(session, id, &call, buf_slice(&suggestion));
        buf_deinit(&suggestion);
        return;
    }
    session->client = client;
    websocket_set_deadline(session->ws, NULL);
    counter_add(COUNT_LOGINS);
    log_debug(conn_name(session->ws->conn), "logged in as %s",
              log_escape(slice_str(client->user->nick)));
    buf_init(&out, ERROR_MAX);
    struct json_writer w = json_begin(&out, "welcome");
    if (id != NULL)
        json_put_str(&w, "id", slice_str(id));
    put_welcome(client, &w);
    if (json_end(&w) == 0)
        link_send(session, buf_slice(&out), SEND_BOUNDED);
    buf_deinit(&out);
    if (hub_hooked(hub, HOOK_OPENED))
        hub->ops->opened(hub->ops_arg, client);
}

/* ---- Requests ----------------------------------------------------------------------------- */

static enum verdict run_verb(struct session *session, const char *type, struct call *call)
{
    struct verb *verb = verb_find(call->hub, type);

    if (call->client == NULL && strcmp(type, "ping") != 0)
        return deny(&call->denial, "unauthorized", "log in first");
    if (verb == NULL)
        return deny(&call->denial, "unknown_type", "there is no request of this type");
    enum verdict verdict = verb_call(verb, call);
    if (verdict == VERDICT_DENY && call->denial.by[0] != '\0' &&
        log_may_repeat(&call->hub->next_denial_ms, loop_now_ms(call->hub->loop)))
        log_info(link_name(session), "%s: %s denied: %s (%s)", type, call->denial.by,
                 log_escape(slice_str(call->denial.text)), call->denial.code);
    return verdict;
}

/* An answer is sent when the request has an id to match it by; an error always. */
static void on_request(struct session *session, const char *type, const char *id,
                       const struct json *json)
{
    struct buf out;

    buf_init(&out, ANSWER_MAX);
    struct json_writer w = json_begin(&out, "ok");
    if (id != NULL)
        json_put_str(&w, "id", slice_str(id));
    struct call call = {
        .hub = hub_of(session), .client = session->client, .json = json, .answer = &w};
    enum verdict verdict = run_verb(session, type, &call);
    if (verdict != VERDICT_ACCEPT && verdict != VERDICT_DROP)
        send_error(session, id, &call, SLICE(""));
    else if (id != NULL && json_end(&w) == 0)
        link_send(session, buf_slice(&out), SEND_BOUNDED);
    else if (id != NULL) {
        deny(&call.denial, "unavailable", "the answer is too long");
        send_error(session, id, &call, SLICE(""));
    }
    buf_deinit(&out);
}

static void dispatch(struct session *session, const struct json *json)
{
    const struct json *id = json_get(json, "id");
    const char *type = json_str(json_get(json, "type"));

    if (!json_is_object(json) || type == NULL) {
        on_bad_request(session, "this is no JSON object with a string \"type\"");
        return;
    }
    if (id != NULL && (json_str(id) == NULL || strlen(json_str(id)) > ID_MAX)) {
        on_bad_request(session, "id is no string of at most 64 bytes");
        return;
    }
    session->bad_requests = 0;
    if (session->client == NULL && strcmp(type, "login") == 0)
        on_login(session, json_str(id), json);
    else
        on_request(session, type, json_str(id), json);
}

/* ---- The WebSocket ------------------------------------------------------------------------ */

static void on_open(struct websocket *ws)
{
    struct native_endpoint *native = ws->endpoint->arg;
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL) {
        conn_abort(ws->conn);
        return;
    }
    session->ws = ws;
    ws->data = session;
    websocket_set_deadline(ws, native->login_timeout);
    (void)websocket_send_frame(ws, native->hello, SEND_BOUNDED);
}

static void on_message(struct websocket *ws, bool binary, char *p, size_t n)
{
    struct session *session = ws->data;
    struct hub *hub = hub_of(session);

    if (binary) {
        websocket_close(ws, 1003, "text only");
        return;
    }
    struct json *json = json_parse(slice_of(p, n));
    hub_enter(hub);
    dispatch(session, json);
    hub_leave(hub);
    json_free(json);
}

static void on_deadline(struct websocket *ws)
{
    counter_add(COUNT_LOGIN_TIMEOUTS);
    websocket_close(ws, 1008, "no login in time");
}

static void on_close(struct websocket *ws, unsigned code)
{
    struct session *session = ws->data;

    if (session == NULL)
        return;
    log_debug(conn_name(ws->conn), "closed with %u", code);
    if (session->client != NULL)
        client_free(session->client);
    free(session);
}

static const struct websocket_ops ws_ops = {
    .on_open = on_open,
    .on_message = on_message,
    .on_deadline = on_deadline,
    .on_close = on_close,
};

/* ---- The endpoint ------------------------------------------------------------------------- */

static struct frame *make_hello(const struct hub *hub)
{
    const struct config *config = hub->config;
    struct frame *frame = NULL;
    struct buf out;

    buf_init(&out, HELLO_MAX);
    struct json_writer w = json_begin(&out, "hello");
    json_put_str(&w, "server", SLICE("chatd/" PACKAGE_VERSION));
    json_put_int(&w, "protocol", PROTOCOL_VERSION);
    json_put_int(&w, "ping_interval", config->ping_interval.number);
    json_put_object(&w, "limits");
    json_put_int(&w, "message_bytes", config->max_text_bytes.number);
    json_put_int(&w, "nick_bytes", config->max_nick_bytes.number);
    json_end_object(&w);
    json_put_array(&w, "auth");
    json_item_str(&w, SLICE("guest"));
    json_end_array(&w);
    json_put_array(&w, "features");
    for (size_t i = 0; i < hub->n_features; i++)
        json_item_str(&w, slice_str(hub->features[i]));
    json_end_array(&w);
    if (json_end(&w) == 0)
        frame = websocket_frame(WS_OP_TEXT, buf_slice(&out));
    buf_deinit(&out);
    return frame;
}

int native_init(struct native_endpoint *native, struct hub *hub)
{
    *native = (struct native_endpoint){
        .ws = {.path = "/ws", .subprotocol = "chatd.v1", .ops = &ws_ops, .arg = native},
        .hub = hub,
        .login_timeout = timeout_new(hub->loop, hub->config->login_timeout.number),
    };
    if (native->login_timeout == NULL)
        return -ENOMEM;
    return native_configure(native);
}

int native_configure(struct native_endpoint *native)
{
    const struct config *config = native->hub->config;
    struct frame *hello = make_hello(native->hub);

    if (hello == NULL)
        return -ENOMEM;
    frame_unref(native->hello);
    native->hello = hello;
    native->ws.max_message = (size_t)config->max_message_bytes.number;
    timeout_set(native->login_timeout, config->login_timeout.number);
    return 0;
}

void native_deinit(struct native_endpoint *native)
{
    frame_unref(native->hello);
}
