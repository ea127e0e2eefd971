/*
 * Does what a module should not do: `/misbehave SIN ARGUMENT`. What came of it is the reply, a
 * number or words; "" is what a test hopes for where this file says so. Built a second time under
 * another name, it meddles with what belongs to the first one.
 */
#include "chatd-module.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NAME
#define NAME "misbehave"
#endif

static const struct chatd_api *chatd;
static const struct chatd_stats_api *stats;
static const struct chatd_websocket_api *websocket;

static chatd_id bot;
static int slots[CHATD_SLOT_USER + 1]; /* by kind */
static int freeing_crashes;
static int broken; /* set by stop(): nothing of this instance may be called any more */

static void must_live(void)
{
    if (broken)
        abort();
}

static void reply(struct chatd_self *self, struct chatd_call *call, const char *text)
{
    chatd->call_reply(self, call, text, strlen(text));
}

static void reply_number(struct chatd_self *self, struct chatd_call *call, int64_t number)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, number);
    reply(self, call, text);
}

/* ---- Verdicts ----------------------------------------------------------------------------- */

static int verdict; /* of all filters, verbs and deliveries */

static int on_verdict(struct chatd_self *self, struct chatd_call *call)
{
    (void)self;
    verdict = atoi(chatd->call_text(call).p);
    return CHATD_ACCEPT;
}

static int on_call(struct chatd_self *self, struct chatd_call *call)
{
    (void)self, (void)call;
    return verdict;
}

static int on_auth(struct chatd_self *self, struct chatd_login *login)
{
    (void)self, (void)login;
    must_live();
    return verdict;
}

static int on_join(struct chatd_self *self, struct chatd_join *join)
{
    (void)self, (void)join;
    must_live();
    return verdict;
}

static int on_deliver(struct chatd_self *self, struct chatd_msg *msg, struct chatd_user *to)
{
    (void)self, (void)msg, (void)to;
    must_live();
    return verdict;
}

/* ---- Tokens ------------------------------------------------------------------------------- */

static chatd_id token; /* the last one */

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    const char *text = chatd->msg_text(msg).p;

    must_live();
    if (strcmp(text, "slow") == 0)
        usleep(30000);
    if (strcmp(text, "crash") == 0)
        *(volatile int *)16 = 1;
    if (strcmp(text, "wait for " NAME) != 0)
        return CHATD_PASS;
    token = chatd->defer(self, 60000, CHATD_DENY);
    return CHATD_PENDING;
}

static void sin_token(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    (void)of;
    reply_number(self, call, (int64_t)token);
}

static void sin_resume(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    reply_number(self, call, chatd->resume(self, of, CHATD_PASS, NULL, NULL));
}

/* ---- What belongs to somebody else -------------------------------------------------------- */

static void sin_say(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    struct chatd_room *room = chatd->call_room(call);

    reply_number(self, call,
                 chatd->say(self, of, room, "x", 1) == -ENOENT &&
                     chatd->bot_join(self, of, "lobby", 5) == -ENOENT &&
                     chatd->bot_leave(self, of, room) == -ENOENT &&
                     chatd->notice(self, of, chatd->call_user(call), room, "x", 1) == -ENOENT);
}

static void sin_slot(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    chatd_id user = chatd->user_id(chatd->call_user(call));
    int slot = (int)of;

    reply_number(self, call,
                 chatd->slot_get(self, slot, user) == NULL &&
                     chatd->slot_set(self, slot, user, "mine") == -ENOENT);
}

static void sin_pending(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    reply_number(self, call, chatd->pending_msg(self, of) == NULL);
}

static void sin_stop(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    chatd->timer_stop(self, of);
    reply_number(self, call, 0);
}

static void sin_ids(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    char text[100];

    (void)of;
    snprintf(text, sizeof(text), "%" PRIu64 " %d", bot, slots[CHATD_SLOT_USER]);
    reply(self, call, text);
}

/* ---- Ids of what is gone ------------------------------------------------------------------ */

static chatd_id kept[CHATD_SLOT_USER + 1];
static chatd_id kept_timer;
static chatd_id kept_ws;

static void on_ring(struct chatd_self *self, void *arg)
{
    must_live();
    chatd->log(self, CHATD_LOG_INFO, "%s rang", (const char *)arg);
}

static void sin_keep(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);

    (void)of;
    kept[CHATD_SLOT_ROOM] = chatd->room_id(room);
    kept[CHATD_SLOT_MEMBER] = chatd->member_id(room, user);
    kept[CHATD_SLOT_CLIENT] = chatd->client_id(chatd->call_client(call));
    kept[CHATD_SLOT_USER] = chatd->user_id(user);
    kept_timer = chatd->timer_start(self, 0, 0, on_ring, "kept");
    reply(self, call, "kept");
}

/* In the place of the old timer, most likely: it must not be taken for it. */
static int stale_timer_is_harmless(struct chatd_self *self)
{
    for (int i = 0; i < 100; i++)
        if (chatd->timer_start(self, 0, 0, on_ring, "fresh") == kept_timer)
            return 0;
    chatd->timer_stop(self, kept_timer);
    return 1;
}

/* What is still found; "timer" stands for nothing worse than that. */
static void sin_stale(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    char out[200] = "none:";

    (void)of;
    if (chatd->room_by_id(self, kept[CHATD_SLOT_ROOM]) != NULL)
        strcat(out, " room");
    if (chatd->client_by_id(self, kept[CHATD_SLOT_CLIENT]) != NULL)
        strcat(out, " client");
    if (chatd->user_by_id(self, kept[CHATD_SLOT_USER]) != NULL)
        strcat(out, " user");
    for (int kind = CHATD_SLOT_ROOM; kind <= CHATD_SLOT_USER; kind++)
        if (chatd->slot_get(self, slots[kind], kept[kind]) != NULL ||
            chatd->slot_set(self, slots[kind], kept[kind], "x") != -ENOENT)
            strcat(out, " slot");
    if (!stale_timer_is_harmless(self))
        strcat(out, " timer");
    if (websocket->by_id(self, kept_ws) != NULL)
        strcat(out, " ws");
    if (chatd->pending_msg(self, token) != NULL ||
        chatd->resume(self, token, CHATD_PASS, NULL, NULL) != -ENOENT)
        strcat(out, " token");
    reply(self, call, out);
}

static void on_ws_open(struct chatd_self *self, struct chatd_ws *ws)
{
    must_live();
    kept_ws = websocket->id(ws);
    chatd->log(self, CHATD_LOG_INFO, "ws kept %d", websocket->by_id(self, kept_ws) == ws);
}

static void on_ws_close(struct chatd_self *self, struct chatd_ws *ws, unsigned code)
{
    (void)ws;
    must_live();
    chatd->log(self, CHATD_LOG_INFO, "ws closed %u", code);
}

/* ---- Timers ------------------------------------------------------------------------------- */

static chatd_id pair[2];

/* The first one that rings stops both. */
static void on_pair(struct chatd_self *self, void *arg)
{
    must_live();
    chatd->log(self, CHATD_LOG_INFO, "pair rang");
    chatd->timer_stop(self, pair[0]);
    chatd->timer_stop(self, pair[1]);
    chatd->timer_stop(self, pair[1]);
    *(int *)arg += 1;
}

static void sin_pair(struct chatd_self *self, struct chatd_call *call, chatd_id every_ms)
{
    static int rings;

    pair[0] = chatd->timer_start(self, 1, (int64_t)every_ms, on_pair, &rings);
    pair[1] = chatd->timer_start(self, 1, (int64_t)every_ms, on_pair, &rings);
    usleep(5000); /* they are due in the same turn of the loop */
    reply_number(self, call, pair[0] != 0 && pair[1] != 0 && pair[0] != pair[1]);
}

/* ---- Things left behind ------------------------------------------------------------------- */

static void sin_leave(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);

    (void)of;
    chatd->timer_start(self, 0, 1, on_ring, "left");
    chatd->timer_start(self, 0, 1, on_ring, "left");
    chatd->timer_start(self, 3600000, 0, on_ring, "left");
    chatd->slot_set(self, slots[CHATD_SLOT_ROOM], chatd->room_id(room), "left");
    chatd->slot_set(self, slots[CHATD_SLOT_USER], chatd->user_id(user), "left");
    chatd->slot_set(self, slots[CHATD_SLOT_MEMBER], chatd->member_id(room, user), "left");
    chatd->bot_new(self, "left-bot");
    chatd->bot_join(self, chatd->user_id(chatd->user_by_nick(self, "left-bot", 8)), "lobby", 5);
    reply(self, call, "left");
}

/* ---- Crashes ------------------------------------------------------------------------------ */

static void crash(void *arg)
{
    (void)arg;
    if (freeing_crashes)
        abort();
}

static void on_crash(struct chatd_self *self, void *arg)
{
    (void)self, (void)arg;
    abort();
}

static void no_work(void *arg)
{
    (void)arg;
}

static void sin_crash(struct chatd_self *self, struct chatd_call *call, chatd_id where)
{
    freeing_crashes = 1;
    if (where == 1)
        chatd->timer_start(self, 0, 0, on_crash, NULL);
    else if (where == 2)
        chatd->slot_set(self, slots[CHATD_SLOT_CLIENT], chatd->client_id(chatd->call_client(call)),
                        "x");
    else
        chatd->job(self, no_work, on_crash, NULL);
    reply(self, call, "soon");
}

/* ---- Numbers ------------------------------------------------------------------------------ */

static void on_stats_of(struct chatd_self *self, const char *module, const char *point,
                        const struct chatd_stats *of, void *arg)
{
    (void)self;
    if (strcmp(module, NAME) == 0 && strcmp(point, "message") == 0)
        *(uint64_t *)arg = of->slow;
}

static void sin_slow(struct chatd_self *self, struct chatd_call *call, chatd_id of)
{
    uint64_t slow = 0;

    (void)of;
    stats->each(self, on_stats_of, &slow);
    reply_number(self, call, (int64_t)slow);
}

/* ---- The command -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*commit)(struct chatd_self *self, struct chatd_call *call, chatd_id number);
} sins[] = {
    {"token", sin_token}, {"resume", sin_resume},   {"say", sin_say},     {"slot", sin_slot},
    {"stop", sin_stop},   {"pending", sin_pending}, {"ids", sin_ids},     {"keep", sin_keep},
    {"stale", sin_stale}, {"pair", sin_pair},       {"leave", sin_leave}, {"crash", sin_crash},
    {"slow", sin_slow},
};

static int on_sin(struct chatd_self *self, struct chatd_call *call)
{
    char name[16] = "";
    chatd_id number = 0;

    must_live();
    sscanf(chatd->call_text(call).p, "%15s %" SCNu64, name, &number);
    for (size_t i = 0; i < sizeof(sins) / sizeof(sins[0]); i++)
        if (strcmp(sins[i].name, name) == 0) {
            sins[i].commit(self, call, number);
            return CHATD_ACCEPT;
        }
    return CHATD_DENY;
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct chatd_hook hooks[] = {
    CHATD_ON_AUTH(on_auth, 0),
    CHATD_ON_JOIN(on_join, 0),
    CHATD_ON_MESSAGE(on_message, 0),
    CHATD_ON_DELIVER(on_deliver, 0),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND(NAME, "SIN", "sins", on_sin),
    CHATD_COMMAND("verdict-of-" NAME, "N", "", on_verdict),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {CHATD_VERB(NAME, 0, 0, 0, on_call), CHATD_END};

static const struct chatd_slot_ops crashing = {.size = sizeof(crashing), .free = crash};
static const struct chatd_ws_ops ws_ops = {
    .size = sizeof(ws_ops), .open = on_ws_open, .close = on_ws_close};

static int init(struct chatd_self *self)
{
    stats = chatd->iface(self, "stats", 1);
    websocket = chatd->iface(self, "websocket", 1);
    for (int kind = CHATD_SLOT_ROOM; kind <= CHATD_SLOT_USER; kind++)
        slots[kind] = chatd->slot_new(self, kind, kind == CHATD_SLOT_CLIENT ? &crashing : NULL);
    bot = chatd->bot_new(self, NAME "-bot");
    return bot != 0 ? websocket->serve(self, "/" NAME, &ws_ops) : -1;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)self, (void)save;
    broken = 1;
}

static const struct chatd_option options[] = {
    CHATD_OPTION("word", CHATD_STRING, "", "changes, for a reload"),
    CHATD_END,
};

CHATD_MODULE(.name = NAME, .version = "1.0", .about = "misbehaves", .api = &chatd,
             .options = options, .hooks = hooks, .verbs = verbs, .commands = commands, .init = init,
             .stop = stop);
