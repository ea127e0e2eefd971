/*
 * Built with a header that comes after this one: each of its structs is longer, and what is
 * appended is zero, but in the one that USED names. SHORT names one that is shorter than it may be.
 */
#include "chatd-module.h"

enum { NONE, DEF, OPTION, HOOK, VERB, COMMAND, SLOT, WEBSOCKET, HTTP, LINK };

#ifndef USED
#define USED NONE
#endif
#ifndef SHORT
#define SHORT NONE
#endif
#ifndef FLAGS
#define FLAGS 0
#endif

#define SIZE(kind, type) (SHORT == (kind) ? sizeof(type) - 2 * sizeof(long) : sizeof(type))
#define APPENDED(kind) .appended = USED == (kind)

struct future_option {
    struct chatd_option now;
    long appended;
};

struct future_hook {
    struct chatd_hook now;
    long appended;
};

struct future_verb {
    struct chatd_verb now;
    long appended;
};

struct future_command {
    struct chatd_command now;
    long appended;
};

struct future_slot_ops {
    struct chatd_slot_ops now;
    long appended;
};

struct future_ws_ops {
    struct chatd_ws_ops now;
    long appended;
};

struct future_http_ops {
    struct chatd_http_ops now;
    long appended;
};

struct future_link_ops {
    struct chatd_link_ops now;
    long appended;
};

struct future_def {
    struct chatd_module_def now;
    long appended;
};

static const struct chatd_api *chatd;
static const struct chatd_http_api *http;
static const struct chatd_websocket_api *websocket;
static int slot;

/* ---- Each of them does something ---------------------------------------------------------- */

static int on_first(struct chatd_self *self, struct chatd_msg *msg)
{
    chatd->log(self, CHATD_LOG_INFO, "first %s", chatd->msg_text(msg).p);
    return CHATD_PASS;
}

static int on_second(struct chatd_self *self, struct chatd_msg *msg)
{
    chatd->log(self, CHATD_LOG_INFO, "second %s", chatd->msg_text(msg).p);
    return CHATD_PASS;
}

static int on_call(struct chatd_self *self, struct chatd_call *call)
{
    chatd_id client = chatd->client_id(chatd->call_client(call));

    return chatd->slot_set(self, slot, client, self) == 0 ? CHATD_ACCEPT : CHATD_DENY;
}

static void on_free(void *data)
{
    chatd->log(data, CHATD_LOG_INFO, "freed");
}

static void on_open(struct chatd_self *self, struct chatd_ws *ws)
{
    websocket->send(self, ws, 0, "welcome", 7);
}

static void on_request(struct chatd_self *self, struct chatd_request *request)
{
    struct chatd_str word = chatd->option_str(self, "second");

    http->respond(self, request, 200, NULL, word.p, word.n);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const struct future_option options[] = {
    {{SIZE(OPTION, struct future_option), "first", CHATD_STRING, "1", INT64_MIN, INT64_MAX, NULL,
      "first"},
     APPENDED(OPTION)},
    {{SIZE(OPTION, struct future_option), "second", CHATD_STRING, "2", INT64_MIN, INT64_MAX, NULL,
      "second"},
     APPENDED(OPTION)},
    {{0}, 0},
};

static const struct future_hook hooks[] = {
    {{SIZE(HOOK, struct future_hook), CHATD_HOOK_MESSAGE, 1, (chatd_fn)on_first}, APPENDED(HOOK)},
    {{SIZE(HOOK, struct future_hook), CHATD_HOOK_MESSAGE, 2, (chatd_fn)on_second}, APPENDED(HOOK)},
    {{0}, 0},
};

static const struct future_verb verbs[] = {
    {{SIZE(VERB, struct future_verb), "first", FLAGS, 0, 0, on_call}, APPENDED(VERB)},
    {{SIZE(VERB, struct future_verb), "second", FLAGS, 0, 0, on_call}, APPENDED(VERB)},
    {{0}, 0},
};

static const struct future_command commands[] = {
    {{SIZE(COMMAND, struct future_command), "first", "", "", on_call}, APPENDED(COMMAND)},
    {{SIZE(COMMAND, struct future_command), "second", "", "", on_call}, APPENDED(COMMAND)},
    {{0}, 0},
};

static const struct future_slot_ops slot_ops = {
    {.size = SIZE(SLOT, struct future_slot_ops), .free = on_free}, APPENDED(SLOT)};
static const struct future_ws_ops ws_ops = {
    {.size = SIZE(WEBSOCKET, struct future_ws_ops), .open = on_open}, APPENDED(WEBSOCKET)};
static const struct future_http_ops http_ops = {
    {.size = SIZE(HTTP, struct future_http_ops), .request = on_request}, APPENDED(HTTP)};
static const struct future_link_ops link_ops = {{.size = SIZE(LINK, struct future_link_ops)},
                                                APPENDED(LINK)};

static int init(struct chatd_self *self)
{
    const struct chatd_link_api *links = chatd->iface(self, "link", 1);

    http = chatd->iface(self, "http", 1);
    websocket = chatd->iface(self, "websocket", 1);
    slot = chatd->slot_new(self, CHATD_SLOT_CLIENT, &slot_ops.now);
    return slot < 0 || websocket->serve(self, "/future", &ws_ops.now) != 0 ||
           http->serve(self, "/word", &http_ops.now) != 0 ||
           links->kind(self, "future", &link_ops.now) < 0;
}

extern CHATD_EXPORT const struct future_def chatd_module;
CHATD_EXPORT const struct future_def chatd_module = {.now = {.magic = CHATD_MODULE_MAGIC,
                                                             .major = CHATD_ABI_MAJOR,
                                                             .minor = CHATD_ABI_MINOR,
                                                             .size = SIZE(DEF, struct future_def),
                                                             .name = "future",
                                                             .version = "1.0",
                                                             .api = &chatd,
                                                             .options = &options[0].now,
                                                             .hooks = &hooks[0].now,
                                                             .verbs = &verbs[0].now,
                                                             .commands = &commands[0].now,
                                                             .init = init},
                                                     APPENDED(DEF)};
