/*
 * Keeps state across reloads. Built more than once, with another VERSION each time: `/count` counts
 * on, whichever version answers.
 */
#include "chatd-module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 1
#endif

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;
static const struct chatd_websocket_api *websocket;

static int64_t count;
static int user_slot;
static chatd_id bot;
static chatd_id ws_id; /* the last one that spoke */
static char broken;    /* set by stop(): nothing of this instance may be called any more */

static void must_live(void)
{
    if (broken)
        abort();
}

static int fails(struct chatd_self *self, const char *where)
{
    return strcmp(chatd->option_str(self, "fail").p, where) == 0 ? -EIO : 0;
}

/* ---- What it does ------------------------------------------------------------------------- */

static int on_count(struct chatd_self *self, struct chatd_call *call)
{
    chatd_id user = chatd->user_id(chatd->call_user(call));
    int64_t *own = chatd->slot_get(self, user_slot, user);
    char out[100];

    must_live();
    if (own == NULL) {
        own = calloc(1, sizeof(*own));
        if (own == NULL || chatd->slot_set(self, user_slot, user, own) != 0)
            abort();
    }
    int n = snprintf(out, sizeof(out), "version %d, %d of all, %d of yours, %s", VERSION,
                     (int)++count, (int)++*own, chatd->option_str(self, "word").p);
    chatd->call_reply(self, call, out, (size_t)n);
    return CHATD_ACCEPT;
}

static int on_speak(struct chatd_self *self, struct chatd_call *call)
{
    must_live();
    return chatd->say(self, bot, chatd->call_room(call), "beep", 4) == 0 ? CHATD_ACCEPT
                                                                         : CHATD_DENY;
}

static int on_wait(struct chatd_self *self, struct chatd_call *call)
{
    (void)call;
    must_live();
    return chatd->defer(self, 60000, CHATD_DENY) != 0 ? CHATD_PENDING : CHATD_DENY;
}

static void on_timer(struct chatd_self *self, void *arg)
{
    (void)self, (void)arg;
    must_live();
}

static void work(void *arg)
{
    usleep((unsigned)(uintptr_t)arg);
}

static void done(struct chatd_self *self, void *arg)
{
    (void)arg;
    must_live();
    chatd->log(self, CHATD_LOG_INFO, "job done by version %d", VERSION);
}

static int on_job(struct chatd_self *self, struct chatd_call *call)
{
    uintptr_t us = strtoul(chatd->call_text(call).p, NULL, 10);

    return chatd->job(self, work, done, (void *)us) == 0 ? CHATD_ACCEPT : CHATD_DENY;
}

static int on_ws_id(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_ws *ws =
        chatd->iface(self, "websocket", 1) != NULL ? websocket->by_id(self, ws_id) : NULL;

    (void)call;
    return ws != NULL && websocket->send(self, ws, 0, "still here", 10) == 0 ? CHATD_ACCEPT
                                                                             : CHATD_DENY;
}

static int on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    struct chatd_str text = chatd->msg_text(msg);
    char out[200];

    must_live();
    if (text.n > 100)
        return CHATD_PASS;
    int n = snprintf(out, sizeof(out), "%s[v%d]", text.p, VERSION);
    return chatd->msg_set_text(self, msg, out, (size_t)n) == 0 ? CHATD_PASS : CHATD_DENY;
}

static void on_ws_message(struct chatd_self *self, struct chatd_ws *ws, int binary,
                          const char *data, size_t n)
{
    char out[32];

    (void)binary, (void)data, (void)n;
    must_live();
    ws_id = websocket->id(ws);
    int m = snprintf(out, sizeof(out), "version %d", VERSION);
    websocket->send(self, ws, 0, out, (size_t)m);
}

static const struct chatd_ws_ops ws_ops = {.size = sizeof(ws_ops), .message = on_ws_message};

/* ---- State -------------------------------------------------------------------------------- */

static struct chatd_json *save_own(struct chatd_self *self, void *data)
{
    struct chatd_json *saved = json->object();

    (void)self;
    json->set_int(saved, "n", *(int64_t *)data);
    return saved;
}

static void *load_own(struct chatd_self *self, chatd_id user, const struct chatd_json *saved)
{
    int64_t *own = malloc(sizeof(*own));

    if (own == NULL || chatd->user_by_id(self, user) == NULL)
        abort();
    *own = json->integer(json->get(saved, "n"), -1);
    return own;
}

static const struct chatd_slot_ops user_ops = {
    .size = sizeof(user_ops), .name = "own", .free = free, .save = save_own, .load = load_own};

/* ---- Life --------------------------------------------------------------------------------- */

static int check(struct chatd_self *self)
{
    return fails(self, "check");
}

static int init(struct chatd_self *self)
{
    broken = 0;
    json = chatd->iface(self, "json", 1);
    websocket = chatd->iface(self, "websocket", 1);
    user_slot = chatd->slot_new(self, CHATD_SLOT_USER, &user_ops);
    bot = chatd->bot_new(self, "stateful-bot");
    if (user_slot < 0 || bot == 0 || websocket->serve(self, "/stateful", &ws_ops) != 0)
        return -1;
    return fails(self, "init");
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    count = json->integer(json->get(saved, "count"), 0);
    ws_id = (chatd_id)json->integer(json->get(saved, "ws"), 0);
    chatd->timer_start(self, 0, 1, on_timer, NULL);
    return fails(self, "start");
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    if (save != NULL) {
        json->set_int(save, "count", count);
        json->set_int(save, "ws", (int64_t)ws_id);
    }
    broken = 1;
    chatd->log(self, CHATD_LOG_INFO, "version %d stops", VERSION);
}

static const struct chatd_option options[] = {
    CHATD_OPTION("word", CHATD_STRING, "nothing", "is shown"),
    CHATD_OPTION_ENUM("fail", "no", "no|check|init|start", "which step fails"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {CHATD_ON_MESSAGE(on_message, 0), CHATD_END};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("count", "", "", on_count), CHATD_COMMAND("speak", "", "", on_speak),
    CHATD_COMMAND("wait", "", "", on_wait),   CHATD_COMMAND("job", "US", "", on_job),
    CHATD_COMMAND("ws", "", "", on_ws_id),    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("limited", 0, 3, 60000, on_count),
    CHATD_END,
};

static const char *const features[] = {VERSION == 1 ? "state" : "state2", NULL};

CHATD_MODULE(.name = "stateful", .version = "1.0", .about = "keeps state", .api = &chatd,
             .options = options, .hooks = hooks, .commands = commands, .verbs = verbs,
             .features = features, .check = check, .init = init, .start = start, .stop = stop);
