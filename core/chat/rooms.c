/* The rooms that chatd.conf names. */
#include "base/log.h"
#include "chat/room.h"

static bool is_configured(const struct hub *hub, const char *name)
{
    const struct option_value *rooms = &hub->config->rooms;

    for (size_t i = 0; i < rooms->n_items; i++)
        if (strcmp(rooms->items[i], name) == 0)
            return true;
    return false;
}

static void keep_room(struct hub *hub, const char *name)
{
    struct room *room = room_find(hub, slice_str(name));
    struct denial denial;

    if (room == NULL)
        room = room_new(hub, slice_str(name), &denial);
    if (room == NULL) {
        log_error("rooms", "%s: %s", log_escape(slice_str(name)), denial.text);
        return;
    }
    if (!room->permanent)
        room_hold(room);
    room->permanent = true;
}

static void let_go(struct room *room)
{
    if (!room->permanent)
        return;
    room->permanent = false;
    room_release(room);
}

void rooms_configure(struct hub *hub)
{
    struct room *room;
    struct room *next;

    hub_enter(hub);
    for (size_t i = 0; i < hub->config->rooms.n_items; i++)
        keep_room(hub, hub->config->rooms.items[i]);
    HASH_ITER (hh, hub->rooms, room, next)
        if (!is_configured(hub, room->name))
            let_go(room);
    hub_leave(hub);
}

void rooms_forget(struct hub *hub)
{
    struct room *room;
    struct room *next;

    HASH_ITER (hh, hub->rooms, room, next)
        let_go(room);
}
