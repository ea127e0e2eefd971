#include "chat/event.h"

#include "chat/limits.h"

#include <errno.h>

enum { EVENT_MAX = 16 << 20 };

static const char *const core_types[] = {
    "hello", "welcome", "caught_up", "ok",    "error", "message", "notice",  "kicked",
    "topic", "login",   "join",      "leave", "rooms", "ping",    "history",
};

bool event_type_is_free(const char *type)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (type[0] == '\0' || strlen(type) > TYPE_MAX || strspn(type, characters) != strlen(type))
        return false;
    for (size_t i = 0; i < sizeof(core_types) / sizeof(core_types[0]); i++)
        if (strcmp(core_types[i], type) == 0)
            return false;
    return true;
}

void event_told(const struct event *event)
{
    const struct hub *hub = event->room->hub;

    if (hub_hooked(hub, HOOK_EVENT))
        hub->ops->event(hub->ops_arg, event);
}

static int write_event(const struct event *event, const struct json *fields, struct buf *out)
{
    struct json_writer w = json_begin(out, event->type);

    json_put_str(&w, "room", slice_str(event->room->name));
    json_put_int(&w, "seq", event->seq);
    json_put_int(&w, "ts", event->ts);
    if (event->user != NULL) {
        json_put_object(&w, "from");
        user_put(event->user, &w);
        json_end_object(&w);
    }
    json_put_members(&w, fields, NULL);
    return json_end(&w);
}

int event_publish(struct event *event, const struct json *fields)
{
    struct room *room = event->room;
    struct buf out;

    event->seq = room->seq + 1;
    event->ts = loop_wall_ms(room->hub->loop);
    event->cid = SLICE("");
    buf_init(&out, EVENT_MAX);
    int err = write_event(event, fields, &out);
    if (err == 0) {
        room->seq = event->seq;
        event->json = buf_slice(&out);
        room_publish(room, event->json, SEND_BOUNDED, NULL);
        room_log(room, &(struct logged_event){.seq = event->seq, .json = event->json});
        event_told(event);
    }
    buf_deinit(&out);
    return err;
}
