/*
 * edits: lets people change and delete what they wrote.
 *
 * {"type": "edit", "room", "target", "text"} makes of itself the durable event {"type": "edit",
 * "from", "target", "text"}, with the text that the message filters have left of it;
 * {"type": "delete", "room", "target"} the event {"type": "delete", "from", "target"}. `target` is
 * the seq of a message by the caller that is not older than `window`, or `delete_window`.
 */
#include <chatd-module.h>

#include <errno.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

enum { FETCH_MS = 10000 };

/* ---- What was found ----------------------------------------------------------------------- */

struct refusal {
    const char *code; /* NULL: he may */
    const char *text;
};

/* `event` is the target, NULL when there is none. */
static struct refusal check_target(struct chatd_self *self, struct chatd_call *call,
                                   const struct chatd_json *event, const char *window)
{
    int64_t window_ms = chatd->option_int(self, window);
    int64_t age_ms = chatd->now_ms(self) - json->integer(json->get(event, "ts"), 0);
    const char *author = json->str(json->get(json->get(event, "from"), "id"), "");

    if (strcmp(json->str(json->get(event, "type"), ""), "message") != 0 ||
        json->boolean(json->get(event, "deleted"), 0))
        return (struct refusal){"not_found", "There is no such message."};
    if (strcmp(author, chatd->user_public_id(chatd->call_user(call)).p) != 0)
        return (struct refusal){"forbidden", "Only who wrote a message can change it."};
    if (window_ms > 0 && age_ms > window_ms)
        return (struct refusal){"forbidden", "It is too late to change this message."};
    return (struct refusal){NULL, NULL};
}

static struct refusal publish(struct chatd_self *self, struct chatd_call *call, const char *type,
                              const char *text)
{
    const struct chatd_json *request = chatd->call_json(call);
    struct chatd_json *fields = json->object();
    int64_t target = json->integer(json->get(request, "target"), 0);
    int err = -ENOMEM;

    if (json->set_int(fields, "target", target) == 0)
        err = chatd->call_event(self, call, type, fields, text, text != NULL ? strlen(text) : 0);
    json->free(fields);
    if (err == -EMSGSIZE)
        return (struct refusal){"too_large", "The text is too long."};
    if (err == -EINVAL)
        return (struct refusal){"bad_request", "The text is empty."};
    return (struct refusal){err == 0 ? NULL : "unavailable", "The server is out of memory."};
}

static void go_on(struct chatd_self *self, struct chatd_str found, chatd_id token, const char *type,
                  const char *window)
{
    struct chatd_call *call = chatd->pending_call(self, token);

    if (call == NULL) /* nobody waits any more */
        return;
    struct chatd_json *event = json->parse(found.p, found.n);
    const char *text = json->str(json->get(chatd->call_json(call), "text"), NULL);
    struct refusal refusal = {"unavailable", "The message cannot be read now."};
    if (found.p != NULL)
        refusal = check_target(self, call, event, window);
    if (refusal.code == NULL)
        refusal = publish(self, call, type, strcmp(type, "edit") == 0 ? text : NULL);
    chatd->resume(self, token, refusal.code == NULL ? CHATD_ACCEPT : CHATD_DENY, refusal.code,
                  refusal.text);
    json->free(event);
}

static void on_found_to_edit(struct chatd_self *self, struct chatd_room *room,
                             struct chatd_str found, void *arg)
{
    (void)room;
    go_on(self, found, (chatd_id)(uintptr_t)arg, "edit", "window");
}

static void on_found_to_delete(struct chatd_self *self, struct chatd_room *room,
                               struct chatd_str found, void *arg)
{
    (void)room;
    go_on(self, found, (chatd_id)(uintptr_t)arg, "delete", "delete_window");
}

/* ---- The verbs ---------------------------------------------------------------------------- */

static int find_target(struct chatd_self *self, struct chatd_call *call, chatd_event_got_fn *fn)
{
    int64_t target = json->integer(json->get(chatd->call_json(call), "target"), 0);

    if (target < 1)
        return chatd->deny(self, "bad_request", "target is the seq of a message");
    chatd_id token = chatd->defer(self, FETCH_MS, CHATD_DENY);
    if (token == 0 ||
        chatd->event_get(self, chatd->call_room(call), target, fn, (void *)(uintptr_t)token) != 0)
        return chatd->deny(self, "unavailable", "The server has too much to do.");
    return CHATD_PENDING;
}

static int on_edit(struct chatd_self *self, struct chatd_call *call)
{
    if (json->str(json->get(chatd->call_json(call), "text"), NULL) == NULL)
        return chatd->deny(self, "bad_request", "text is missing or no string");
    return find_target(self, call, on_found_to_edit);
}

static int on_delete(struct chatd_self *self, struct chatd_call *call)
{
    return find_target(self, call, on_found_to_delete);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"edits", NULL};

static const struct chatd_option options[] = {
    CHATD_OPTION_RANGE("window", CHATD_DURATION, "1h", 0, INT64_C(31536000000),
                       "so long a message may be edited; 0s: always"),
    CHATD_OPTION_RANGE("delete_window", CHATD_DURATION, "1d", 0, INT64_C(31536000000),
                       "so long a message may be deleted; 0s: always"),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("edit", CHATD_VERB_ROOM, 20, 10000, on_edit),
    CHATD_VERB("delete", CHATD_VERB_ROOM, 20, 10000, on_delete),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

CHATD_MODULE(.name = "edits", .version = "1.0", .about = "lets people change what they wrote",
             .api = &chatd, .need_minor = 10, .features = features, .options = options,
             .verbs = verbs, .init = init);
