#include "chat/session.h"

#include "base/counters.h"
#include "base/log.h"
#include "chat/catch_up.h"
#include "chat/client.h"
#include "chat/limits.h"
#include "chat/login.h"
#include "chat/resume.h"
#include "chat/turns.h"
#include "chat/verb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    /* An answer is bounded by what a module may put into it, or by the list of rooms. */
    ANSWER_MAX = 16 << 20,
    ERROR_MAX = 4096,
    /* So many messages of a client may be on their way to the store. */
    STORING_MAX = 64,
};

/* A request, until it is answered. */
struct request {
    struct call call;
    struct login login; /* when it is one */
    struct session *session;
    struct request *prev; /* of session->requests */
    struct request *next;
    struct json *json; /* NULL when only the answer is left */
    const char *type;  /* the same */
    const char *id;    /* NULL for none */
    char own_id[ID_MAX + 1];
    struct buf text;
    struct json_writer answer;
};

static void session_send(struct session *session, struct slice json)
{
    session->link.ops->send(&session->link, json, SEND_BOUNDED);
}

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
        session_send(session, buf_slice(&out));
    buf_deinit(&out);
}

/* Something that is no request at all. A peer that sends nothing else is sent away. */
static void on_bad_request(struct session *session, const char *why)
{
    struct call call = {.hub = session->hub};

    counter_add(COUNT_BAD_REQUESTS);
    deny(&call.denial, "bad_request", "%s", why);
    send_error(session, NULL, &call, SLICE(""));
    if (++session->bad_requests >= (uint32_t)session->hub->config->max_bad_requests.number)
        session->link.ops->close(&session->link, 1008, "too many bad requests");
}

static void log_denial(const struct request *request)
{
    const struct denial *denial = &request->call.denial;
    struct hub *hub = request->call.hub;

    if (denial->by[0] != '\0' && log_may_repeat(&hub->next_denial_ms, loop_now_ms(hub->loop)))
        log_info(conn_name(request->session->link.conn), "%s: %s denied: %s (%s)", request->type,
                 denial->by, log_escape(slice_str(denial->text)), denial->code);
}

/* An answer is sent when the request has an id to match it by; an error always. */
static void answer(struct request *request, enum verdict verdict)
{
    struct session *session = request->session;
    struct call *call = &request->call;

    if (verdict == VERDICT_ACCEPT || verdict == VERDICT_DROP) {
        if (request->id == NULL)
            return;
        json_put_members(&request->answer, call->fields, NULL);
        for (const struct raw_field *raw = call->raw_fields; raw != NULL; raw = raw->next)
            json_put_raw(&request->answer, raw->name, raw->json);
        if (json_end(&request->answer) == 0) {
            session_send(session, buf_slice(&request->text));
            return;
        }
        deny(&call->denial, "unavailable", "the answer is too long");
    }
    log_denial(request);
    send_error(session, request->id, call, SLICE(""));
}

/* ---- The life of a request ---------------------------------------------------------------- */

/* Takes `json` over, an object. NULL without memory. */
static struct request *request_new(struct session *session, struct json *json, const char *type,
                                   const char *answer_type)
{
    struct request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return NULL;
    request->session = session;
    request->json = json;
    request->type = type;
    request->id = json_str(json_get(json, "id"));
    request->call.hub = session->hub;
    request->call.client = session->client;
    request->call.json = json;
    buf_init(&request->text, ANSWER_MAX);
    request->answer = json_begin(&request->text, answer_type);
    if (request->id != NULL)
        json_put_str(&request->answer, "id", slice_str(request->id));
    request->call.answer = &request->answer;
    return request;
}

static void request_free(struct request *request)
{
    login_deinit(&request->login);
    call_deinit(&request->call);
    buf_deinit(&request->text);
    json_free(request->json);
    free(request);
}

/* What was asked is of no use any more, and its memory is soon needed for the next request. */
static void keep_for_answer(struct request *request)
{
    if (request->id != NULL) {
        snprintf(request->own_id, sizeof(request->own_id), "%s", request->id);
        request->id = request->own_id;
    }
    json_free(request->json);
    request->json = NULL;
    request->type = NULL;
    request->call.json = NULL;
}

/* The peer's next requests wait behind one that waits for a verdict. What is only being stored
 * keeps its place in the room's order anyway, and does not hold up what the client sends next. */
static void wait_for_verdict(struct request *request)
{
    struct session *session = request->session;

    request->next = session->requests;
    if (request->next != NULL)
        request->next->prev = request;
    session->requests = request;
    session->n_requests++;
    if (call_is_being_stored(&request->call)) {
        keep_for_answer(request);
        if (session->n_requests < STORING_MAX)
            return;
    }
    session->held = request;
    session->link.ops->hold(&session->link);
}

static void stop_waiting(struct request *request)
{
    struct session *session = request->session;

    if (request->prev != NULL)
        request->prev->next = request->next;
    else
        session->requests = request->next;
    if (request->next != NULL)
        request->next->prev = request->prev;
    session->n_requests--;
}

/* The verdict has come, and with it the turn of what the peer has sent since. */
static void end_wait(struct request *request)
{
    struct session *session = request->session;

    stop_waiting(request);
    if (session->held == request) {
        session->held = NULL;
        session->link.ops->release(&session->link);
    }
    request_free(request);
}

/* ---- Login -------------------------------------------------------------------------------- */

/* NULL when this login is none of somebody who comes back. */
static const struct json *resume_of(const struct request *request)
{
    return json_get(request->json, "resume");
}

static const struct json *positions(const struct request *request)
{
    return json_get(resume_of(request), "rooms");
}

static void put_welcome(struct request *request, struct client *client, bool resumed)
{
    const struct config *config = request->call.hub->config;
    struct json_writer *w = &request->answer;
    char session[17];
    char token[RESUME_TOKEN_BYTES + 1];

    snprintf(session, sizeof(session), "%016" PRIx64, client->id);
    json_put_object(w, "user");
    user_put(client->user, w);
    json_end_object(w);
    json_put_str(w, "session", slice_str(session));
    if (resume_give_token(client, request->login.token, token) == 0 && token[0] != '\0') {
        json_put_str(w, "resume_token", slice_str(token));
        json_put_int(w, "resume_window", config->resume_window.number);
    }
    json_put_bool(w, "resumed", resumed);
    json_put_array(w, "rooms");
    catch_up_put_rooms(client, positions(request), w);
    json_end_array(w);
}

/* Takes the session over; it is a user's first or another one. */
static void welcome(struct request *request, struct client *client, bool resumed)
{
    struct session *session = request->session;

    session->client = client;
    session->link.ops->logged_in(&session->link);
    counter_add(resumed ? COUNT_RESUMED : COUNT_LOGINS);
    log_debug(conn_name(session->link.conn), "%s as %s", resumed ? "back" : "logged in",
              log_escape(slice_str(client->user->nick)));
    put_welcome(request, client, resumed);
    if (json_end(&request->answer) == 0)
        session_send(session, buf_slice(&request->text));
    if (resume_of(request) != NULL)
        catch_up_send(client, positions(request));
    client_opened(client);
}

static struct client *make_client(struct request *request, struct user *user)
{
    struct client *client = client_new(user, &request->session->link);

    if (client == NULL)
        deny(&request->call.denial, "unavailable", "the server is out of memory");
    return client;
}

/* A user whom a filter knows has what he had before. */
static void restore_user(struct user *user, const struct login *login)
{
    const struct json *rooms = json_get(login->saved, "rooms");

    user_set_public_id(user, slice_str(login->user_id));
    resume_restore_tokens(user, json_get(login->saved, "tokens"));
    if (json_get(login->saved, "data") != NULL)
        user_restore_data(user, json_copy(json_get(login->saved, "data")));
    for (size_t i = 0; i < json_count(rooms); i++)
        user_restore_room(user, json_item(rooms, i), true);
}

static struct client *make_user(struct request *request, struct buf *suggestion)
{
    struct call *call = &request->call;
    const struct login *login = &request->login;
    struct user *user = user_new(call->hub, login->nick, NULL, &call->denial, suggestion);

    if (user == NULL)
        return NULL;
    if (login->user_id[0] != '\0')
        restore_user(user, login);
    struct client *client = make_client(request, user);
    user->ending = client == NULL;
    if (client == NULL)
        user_free(user);
    else
        client_subscribe(client);
    return client;
}

/* Another session of somebody who is here. */
static void join_user(struct request *request, struct user *user)
{
    struct client *client = make_client(request, user);

    if (client == NULL) {
        send_error(request->session, request->id, &request->call, SLICE(""));
        return;
    }
    client_subscribe(client);
    welcome(request, client, true);
}

static void finish_login(struct request *request, enum verdict verdict)
{
    struct buf suggestion;
    struct client *client = NULL;

    if (verdict == VERDICT_PASS && request->login.user_id[0] != '\0') {
        struct user *user = user_by_public_id(request->call.hub, slice_str(request->login.user_id));
        if (user != NULL) {
            join_user(request, user);
            return;
        }
    }
    buf_init(&suggestion, 256);
    if (verdict == VERDICT_PASS)
        client = make_user(request, &suggestion);
    else
        log_denial(request);
    if (client != NULL)
        welcome(request, client, false);
    else
        send_error(request->session, request->id, &request->call, buf_slice(&suggestion));
    buf_deinit(&suggestion);
}

static void on_login_decided(struct subject *subject, enum verdict verdict)
{
    struct login *login = (struct login *)subject;
    struct request *request = (struct request *)((char *)login - offsetof(struct request, login));

    finish_login(request, login_decide(login, verdict));
    end_wait(request);
}

/* Somebody with the token of a session is that user: nobody is asked. False when he is not. */
static bool log_in_again(struct request *request)
{
    struct user *user = resume_find(request->call.hub, request->login.token);

    if (user == NULL)
        return false;
    join_user(request, user);
    return true;
}

/* Is it this one's turn to log in? */
static bool has_turn(struct request *request)
{
    struct session *session = request->session;
    struct link *link = &session->link;
    int64_t most_ms = session->hub->config->login_timeout.number / 4 * 3;
    int64_t wait_ms = turns_wait(session->hub, &session->turn_ms, most_ms);

    if (wait_ms == 0)
        return true;
    deny(&request->call.denial, "unavailable", "too many want to log in at the moment");
    request->call.retry_after_ms = wait_ms > 0 ? wait_ms : most_ms;
    send_error(session, request->id, &request->call, SLICE(""));
    if (wait_ms > 0)
        link->ops->login_later(link);
    else
        link->ops->close(link, 1013, "too many want to log in at the moment");
    return false;
}

static void begin_login(struct request *request)
{
    struct session *session = request->session;
    struct call *call = &request->call;
    const char *token = json_str(json_get(resume_of(request), "token"));

    request->login = (struct login){
        .subject = {.denial = &call->denial, .decided = on_login_decided},
        .hub = session->hub,
        .json = request->json,
        .nick = call_string(call, "nick"),
        .token = slice_str(token != NULL ? token : ""),
    };
    snprintf(request->login.address, sizeof(request->login.address), "%s",
             conn_name(session->link.conn));
}

static void on_login(struct session *session, struct json *json)
{
    struct request *request = request_new(session, json, "login", "welcome");
    enum verdict verdict = VERDICT_DENY;

    if (request == NULL) {
        json_free(json);
        conn_abort(session->link.conn);
        return;
    }
    begin_login(request);
    /* What cannot be a login takes no turn. */
    bool may_be =
        request->login.nick.p != NULL || resume_find(session->hub, request->login.token) != NULL;
    if ((may_be && !has_turn(request)) || log_in_again(request)) {
        request_free(request);
        return;
    }
    if (request->login.nick.p != NULL)
        verdict = login_check(&request->login);
    if (verdict == VERDICT_PENDING) {
        wait_for_verdict(request);
        return;
    }
    finish_login(request, verdict);
    request_free(request);
}

/* ---- Requests ----------------------------------------------------------------------------- */

static enum verdict run_verb(struct request *request)
{
    struct call *call = &request->call;
    struct verb *verb = verb_find(call->hub, request->type);

    if (call->client == NULL && strcmp(request->type, "ping") != 0)
        return deny(&call->denial, "unauthorized", "log in first");
    if (verb == NULL)
        return deny(&call->denial, "unknown_type", "there is no request of this type");
    return verb_call(verb, call);
}

static void on_storing_begins(struct call *call)
{
    struct request *request = (struct request *)call;
    struct session *session = request->session;

    keep_for_answer(request);
    if (session->held != request || session->n_requests >= STORING_MAX)
        return;
    session->held = NULL;
    session->link.ops->release(&session->link);
}

static void on_done(struct call *call, enum verdict verdict)
{
    struct request *request = (struct request *)call;

    answer(request, verdict);
    end_wait(request);
}

static void on_request(struct session *session, const char *type, struct json *json)
{
    struct request *request = request_new(session, json, type, "ok");

    if (request == NULL) {
        json_free(json);
        conn_abort(session->link.conn);
        return;
    }
    request->call.done = on_done;
    request->call.storing_begins = on_storing_begins;
    enum verdict verdict = run_verb(request);
    if (verdict == VERDICT_PENDING) {
        wait_for_verdict(request);
        return;
    }
    answer(request, verdict);
    request_free(request);
}

static void dispatch(struct session *session, struct json *json)
{
    const struct json *id = json_get(json, "id");
    const char *type = json_str(json_get(json, "type"));
    const char *why = NULL;

    if (!json_is_object(json) || type == NULL)
        why = "this is no JSON object with a string \"type\"";
    else if (id != NULL && (json_str(id) == NULL || strlen(json_str(id)) > ID_MAX))
        why = "id is no string of at most 64 bytes";
    if (why != NULL) {
        on_bad_request(session, why);
        json_free(json);
        return;
    }
    session->bad_requests = 0;
    if (session->client == NULL && strcmp(type, "login") == 0)
        on_login(session, json);
    else
        on_request(session, type, json);
}

void session_input(struct session *session, struct slice text)
{
    session_request(session, json_parse(text));
}

void session_request(struct session *session, struct json *json)
{
    hub_enter(session->hub);
    dispatch(session, json);
    hub_leave(session->hub);
}

/* ---- Life --------------------------------------------------------------------------------- */

void session_init(struct session *session, struct hub *hub, const struct link_ops *ops,
                  struct conn *conn)
{
    *session = (struct session){.link = {.ops = ops, .conn = conn}, .hub = hub};
}

void session_deinit(struct session *session, bool for_good)
{
    while (session->requests != NULL) {
        struct request *request = session->requests;
        stop_waiting(request);
        request_free(request);
    }
    turns_give_back(session->hub, &session->turn_ms);
    if (session->client != NULL)
        client_free(session->client, for_good);
}
