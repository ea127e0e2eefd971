/*
 * Calls the API with odd arguments, all of which have an answer: `/odd` replies with the lines of
 * this file where it was another one. `/odd WORD` sends something odd to the client that asked.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD "\xff\xfe" /* no UTF-8 */
#define LONG_TYPE                                                                                  \
    "12345678901234567890123456789012345678901234567890123456789012345" /* 65 bytes                \
                                                                         */

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_websocket_api *websocket;
static const struct chatd_http_api *http;

static chatd_id bot;
static int odd_state; /* in the answers to joins */

static char wrong[500];
static char big[2000001];

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            note(__LINE__);                                                                        \
    } while (0)

static void note(int line)
{
    size_t n = strlen(wrong);

    snprintf(wrong + n, sizeof(wrong) - n, " %d", line);
}

static int never(struct chatd_self *self, struct chatd_msg *msg)
{
    (void)self, (void)msg;
    return CHATD_PASS;
}

static void on_timer(struct chatd_self *self, void *arg)
{
    (void)arg;
    chatd->log(self, CHATD_LOG_ERROR, "a timer rang that should not");
}

static void on_watch(struct chatd_self *self, int fd, unsigned events, void *arg)
{
    (void)self, (void)fd, (void)events, (void)arg;
}

/* ---- Text --------------------------------------------------------------------------------- */

static void odd_texts(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);

    CHECK(chatd->say(self, bot, room, BAD, 2) == -EINVAL);
    CHECK(chatd->say(self, bot, room, "a\0b", 3) == -EINVAL);
    CHECK(chatd->say(self, bot, room, "\xc3\xa4", 1) == -EINVAL);
    CHECK(chatd->say(self, bot, room, "", 0) == -EINVAL);
    CHECK(chatd->say(self, bot, room, NULL, 0) == -EINVAL);
    CHECK(chatd->say(self, bot, room, " \n", 2) == -EINVAL);
    CHECK(chatd->say(self, bot, room, big, sizeof(big) - 1) == -EMSGSIZE);
    CHECK(chatd->say(self, 0, room, "x", 1) == -ENOENT);
    CHECK(chatd->say(self, chatd->user_id(user), room, "x", 1) == -ENOENT);
    CHECK(chatd->notice(self, bot, user, room, BAD, 2) == -EINVAL);
    CHECK(chatd->notice(self, bot, user, room, "a\0b", 3) == -EINVAL);
    CHECK(chatd->notice(self, 12345, user, room, "x", 1) == -ENOENT);
    CHECK(chatd->call_reply(self, call, BAD, 2) == -EINVAL);
    CHECK(chatd->room_set_topic(self, room, NULL, BAD, 2) == -EINVAL);
    CHECK(chatd->room_set_topic(self, room, NULL, "a\0b", 3) == -EINVAL);
    CHECK(chatd->room_set_topic(self, room, NULL, big, sizeof(big) - 1) == -EMSGSIZE);
    CHECK(chatd->room_set_topic(self, room, NULL, NULL, 0) == 0);
    CHECK(chatd->kick(self, room, user, BAD) == -EINVAL);
    CHECK(chatd->kick(self, room, user, big) == -EMSGSIZE);
    CHECK(chatd->kick(self, room, chatd->user_by_id(self, bot), NULL) == -ENOENT);
}

/* ---- Names -------------------------------------------------------------------------------- */

static void odd_names(struct chatd_self *self)
{
    CHECK(chatd->bot_new(self, "") == 0);
    CHECK(chatd->bot_new(self, BAD) == 0);
    CHECK(chatd->bot_new(self, big) == 0);
    CHECK(chatd->bot_new(self, "ODD-bot") == 0);
    CHECK(chatd->bot_join(self, bot, "", 0) == -EINVAL);
    CHECK(chatd->bot_join(self, bot, BAD, 2) == -EINVAL);
    CHECK(chatd->bot_join(self, bot, big, sizeof(big) - 1) == -EINVAL);
    CHECK(chatd->bot_join(self, 0, "lobby", 5) == -ENOENT);
    CHECK(chatd->user_by_nick(self, "", 0) == NULL);
    CHECK(chatd->user_by_nick(self, BAD, 2) == NULL);
    CHECK(chatd->room_by_name(self, "", 0) == NULL);
    CHECK(chatd->room_by_name(self, BAD, 2) == NULL);
    CHECK(chatd->iface(self, "", 1) == NULL);
    CHECK(chatd->iface(self, "json", 0) == NULL);
    CHECK(chatd->iface(self, "json", 2) == NULL);
    CHECK(chatd->option_int(self, "undeclared") == 0);
    CHECK(chatd->option_str(self, "undeclared").n == 0);
    CHECK(chatd->option_count(self, "undeclared") == 0);
    CHECK(chatd->option_count(self, "list") == 0);
    CHECK(chatd->option_item(self, "list", 0).n == 0);
    CHECK(chatd->option_item(self, "list", (size_t)-1).n == 0);
    CHECK(chatd->option_error(self, "undeclared", "%s", BAD "\n") == -EINVAL);
    CHECK(chatd->service_use(self, "", 0, NULL, NULL) == NULL);
}

/* ---- Numbers ------------------------------------------------------------------------------ */

static void odd_numbers(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_client *client = chatd->call_client(call);
    static const unsigned codes[] = {0, 1000, 1012, 3999, 5000, 65535, (unsigned)-1};

    CHECK(chatd->timer_start(self, -1, 0, on_timer, NULL) == 0);
    CHECK(chatd->timer_start(self, 0, -1, on_timer, NULL) == 0);
    CHECK(chatd->timer_start(self, INT64_MIN, INT64_MIN, on_timer, NULL) == 0);
    chatd_id timer = chatd->timer_start(self, INT64_MAX, INT64_MAX, on_timer, NULL);
    CHECK(timer != 0);
    chatd->timer_stop(self, 0);
    chatd->timer_stop(self, (chatd_id)-1);
    chatd->timer_stop(self, chatd->client_id(client));
    chatd->watch_stop(self, timer);
    CHECK(chatd->watch_set(self, timer, CHATD_READ) == -ENOENT);
    CHECK(chatd->watch_start(self, -1, CHATD_READ, on_watch, NULL) == 0);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        CHECK(chatd->client_close(self, client, codes[i], NULL) == -EINVAL);
    CHECK(chatd->client_close(self, client, 4000, BAD) == -EINVAL);
    CHECK(chatd->defer(self, 1000, CHATD_PENDING) == 0);
    CHECK(chatd->defer(self, 1000, -1) == 0);
    CHECK(chatd->defer(self, INT64_MAX, CHATD_PASS) == 0);
    CHECK(chatd->defer(self, -1, CHATD_PASS) == 0);
    CHECK(chatd->resume(self, 0, CHATD_PASS, NULL, NULL) == -ENOENT);
    CHECK(chatd->resume(self, timer, CHATD_PASS, NULL, NULL) == -ENOENT);
    chatd->log(self, 99, "a level that is none");
    chatd->log(self, -1, "line\nbreak %s", BAD);
    chatd->log(self, CHATD_LOG_INFO, "%.100000s", big);
}

/* ---- What is for init() only -------------------------------------------------------------- */

static void too_late(struct chatd_self *self)
{
    static const struct chatd_ws_ops ws_ops = {.size = sizeof(ws_ops)};
    static const struct chatd_http_ops http_ops = {.size = sizeof(http_ops)};

    CHECK(chatd->slot_new(self, CHATD_SLOT_ROOM, NULL) == -EPERM);
    CHECK(websocket->serve(self, "/late", &ws_ops) == -EPERM);
    CHECK(http->serve(self, "/late", &http_ops) == -EPERM);
    CHECK(chatd->service_provide(self, "late", 1, big) == -EPERM);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void odd_json(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_json *object = json->object();
    struct chatd_json *array = json->array();
    char deep[5000];

    memset(deep, '[', sizeof(deep));
    CHECK(json->parse(deep, sizeof(deep)) == NULL);
    CHECK(json->parse("\"a\0b\"", 5) == NULL);
    CHECK(json->parse("\"" BAD "\"", 4) == NULL);
    CHECK(json->set_str(array, "x", "x", 1) == -EINVAL);
    CHECK(json->set_int(NULL, "x", 1) == -EINVAL);
    CHECK(json->add(object, json->object()) == -EINVAL);
    CHECK(json->count(object) == 0);
    CHECK(json->item(array, (size_t)-1) == NULL);
    CHECK(json->get(array, "x") == NULL);
    CHECK(json->get(NULL, "x") == NULL);
    CHECK(json->integer(object, -7) == -7);
    CHECK(strcmp(json->str(NULL, "fallback"), "fallback") == 0);
    CHECK(json->set_str(object, "empty", NULL, 0) == 0);
    CHECK(chatd->room_event(self, room, "", object, NULL) == -EINVAL);
    CHECK(chatd->room_event(self, room, "a b", object, NULL) == -EINVAL);
    CHECK(chatd->room_event(self, room, BAD, object, NULL) == -EINVAL);
    CHECK(chatd->room_event(self, room, LONG_TYPE, object, NULL) == -EINVAL);
    CHECK(chatd->room_event(self, room, "of-nothing", NULL, NULL) == 0);
    CHECK(chatd->room_event_durable(self, room, NULL, "of-nothing", NULL) == 0);
    CHECK(chatd->call_answer(self, call, NULL) == 0);
    CHECK(json->set_str(object, "room", "x", 1) == 0);
    CHECK(chatd->call_answer(self, call, object) == -EINVAL);
    CHECK(json->set_str(object, "bad", BAD, 2) == -EINVAL);
    CHECK(json->set_str(object, "bad", "a\0b", 3) == -EINVAL);
    CHECK(json->set_str(object, BAD, "x", 1) == -EINVAL);
    CHECK(json->set_int(object, BAD, 1) == -EINVAL);
    CHECK(json->set_bool(object, BAD, 1) == -EINVAL);
    CHECK(json->set(object, BAD, json->object()) == -EINVAL);
    CHECK(json->add_str(array, BAD, 2) == -EINVAL);
    json->free(object);
    json->free(array);
    json->free(NULL);
}

/* ---- What 0.10 added ---------------------------------------------------------------------- */

static void on_got(struct chatd_self *self, struct chatd_room *room, struct chatd_str text,
                   void *arg)
{
    (void)arg;
    chatd->log(self, CHATD_LOG_INFO, "got %s of %s", text.n > 0 ? text.p : "nothing",
               room != NULL ? chatd->room_name(room).p : "no room");
}

static void odd_calls(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    static const int64_t numbers[] = {0, -1, INT64_MIN, INT64_MAX};

    /* This call is one of a command. */
    CHECK(chatd->call_event(self, call, "odd", NULL, NULL, 0) == -EINVAL);
    CHECK(chatd->call_event(self, call, "", NULL, NULL, 0) == -EINVAL);
    CHECK(chatd->call_answer_text(self, call, "odd", "{", 1) == -EINVAL);
    CHECK(chatd->call_answer_text(self, call, "odd", "", 0) == -EINVAL);
    CHECK(chatd->call_answer_text(self, call, "odd", "1\0", 2) == -EINVAL);
    CHECK(chatd->call_answer_text(self, call, "odd", "\"" BAD "\"", 4) == -EINVAL);
    CHECK(chatd->call_answer_text(self, call, "odd", "12", 1) == 0);
    CHECK(chatd->call_answer_text(self, call, BAD, "1", 1) == -EINVAL);
    CHECK(chatd->call_answer_text(self, call, "room", "1", 1) == -EINVAL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        CHECK(chatd->event_get(self, room, numbers[i], on_got, NULL) == 0);
}

static void odd_users(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);
    struct chatd_user *odd_bot = chatd->user_by_id(self, bot);
    struct chatd_str id = chatd->user_public_id(user);
    struct chatd_json *value = json->object();

    CHECK(chatd->user_by_public_id(self, id.p, id.n) == user);
    CHECK(chatd->user_by_public_id(self, id.p, id.n - 1) == NULL);
    CHECK(chatd->user_by_public_id(self, NULL, 0) == NULL);
    CHECK(chatd->user_by_public_id(self, BAD, 2) == NULL);
    CHECK(chatd->user_by_public_id(self, big, sizeof(big) - 1) == NULL);
    CHECK(chatd->member_since(room, odd_bot) == -1);
    CHECK(chatd->user_data(self, user, "") == NULL);
    CHECK(chatd->user_data(self, user, BAD) == NULL);
    CHECK(chatd->user_data(self, user, big) == NULL);
    CHECK(chatd->user_set_data(self, user, "", value) == -EINVAL);
    CHECK(chatd->user_set_data(self, user, BAD, value) == -EINVAL);
    CHECK(chatd->user_set_data(self, user, LONG_TYPE, value) == -EINVAL);
    CHECK(chatd->user_set_data(self, user, "none", NULL) == 0);
    CHECK(chatd->user_set_data(self, odd_bot, "a bot's", value) == 0);
    CHECK(chatd->user_data(self, odd_bot, "a bot's") != NULL);
    CHECK(json->set_str(value, "big", big, sizeof(big) - 1) == 0);
    CHECK(chatd->user_set_data(self, user, "big", value) == -ENOSPC);
    CHECK(chatd->user_data(self, user, "big") == NULL);
    CHECK(chatd->user_event(self, user, NULL, "", NULL, NULL) == -EINVAL);
    CHECK(chatd->user_event(self, user, NULL, BAD, NULL, NULL) == -EINVAL);
    CHECK(chatd->user_event(self, user, NULL, LONG_TYPE, NULL, NULL) == -EINVAL);
    CHECK(chatd->user_event(self, user, NULL, "of-nothing", NULL, NULL) == 0);
    CHECK(chatd->user_event(self, odd_bot, room, "of-nothing", NULL, NULL) == 0);
    json->free(value);
}

/* ---- What clients get --------------------------------------------------------------------- */

static int deny(struct chatd_self *self, const char *word)
{
    static const char umlaut[] = "\xc3\xa4";
    char text[1001] = "x"; /* so that a cut at an even place goes through a character */
    size_t i;

    for (i = 1; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, umlaut, 2);
    text[i] = '\0';
    if (strcmp(word, "long") == 0)
        return chatd->deny(self, text, text);
    return strcmp(word, "bad") == 0 ? chatd->deny(self, BAD, BAD) : chatd->deny(self, "", "");
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *answer)
{
    (void)self, (void)user, (void)room;
    if (!odd_state)
        return;
    json->set_str(answer, "odd", BAD, 2);
    json->set_str(answer, "type", "error", 5);
    json->set_str(answer, "id", "another", 7);
    json->set_int(answer, "seq", 77);
    json->set_int(answer, "own", 1);
}

/* The later one holds. */
static int on_odd_verb(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_json *fields = json->object();

    for (int i = 1; i <= 2; i++) {
        json->set_int(fields, "n", i);
        chatd->call_answer(self, call, fields);
    }
    json->free(fields);
    return CHATD_ACCEPT;
}

static void work(void *arg)
{
    (void)arg;
    usleep(300000);
}

static void on_done(struct chatd_self *self, void *arg)
{
    (void)arg;
    chatd->log(self, CHATD_LOG_INFO, "the job is done");
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    (void)saved;
    return chatd->option_int(self, "job") ? chatd->job(self, work, on_done, NULL) : 0;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    chatd->log(self, CHATD_LOG_INFO, "stops");
}

static int on_odd(struct chatd_self *self, struct chatd_call *call)
{
    const char *word = chatd->call_text(call).p;

    odd_state = strcmp(word, "state") == 0;
    if (odd_state)
        return CHATD_ACCEPT;
    if (word[0] != '\0')
        return deny(self, word);
    wrong[0] = '\0';
    memset(big, 'x', sizeof(big) - 1);
    odd_texts(self, call);
    odd_names(self);
    odd_numbers(self, call);
    too_late(self);
    odd_json(self, call);
    odd_calls(self, call);
    odd_users(self, call);
    chatd->call_reply(self, call, wrong, strlen(wrong));
    return CHATD_ACCEPT;
}

static int init(struct chatd_self *self)
{
    static const struct chatd_slot_ops unnamed = {
        .size = sizeof(unnamed),
        .save = (struct chatd_json * (*)(struct chatd_self *, void *)) abort};

    static const struct chatd_slot_ops named = {.size = sizeof(named), .name = "slot"};

    json = chatd->iface(self, "json", 1);
    websocket = chatd->iface(self, "websocket", 1);
    http = chatd->iface(self, "http", 1);
    bot = chatd->bot_new(self, "odd-bot");
    int good = chatd->slot_new(self, 0, NULL) == -EINVAL &&
               chatd->slot_new(self, CHATD_SLOT_USER + 1, NULL) == -EINVAL &&
               chatd->slot_new(self, -1, NULL) == -EINVAL &&
               chatd->slot_new(self, CHATD_SLOT_USER, &unnamed) == -EINVAL &&
               chatd->slot_new(self, CHATD_SLOT_ROOM, &named) >= 0 &&
               chatd->slot_new(self, CHATD_SLOT_USER, &named) == -EEXIST;
    return good ? 0 : -1;
}

static const struct chatd_option options[] = {
    CHATD_OPTION("list", CHATD_LIST, "", "empty"),
    CHATD_OPTION("job", CHATD_BOOL, "no", "starts one"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_ROOM_STATE(on_room_state, 0),
    CHATD_ON_MESSAGE(never, INT32_MIN),
    CHATD_ON_MESSAGE(never, INT32_MAX),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {CHATD_VERB("odd", 0, 0, 0, on_odd_verb), CHATD_END};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("odd", NULL, NULL, on_odd),
    CHATD_END,
};

CHATD_MODULE(.name = "odd", .version = NULL, .about = NULL, .api = &chatd, .options = options,
             .hooks = hooks, .verbs = verbs, .commands = commands, .init = init, .start = start,
             .stop = stop);
