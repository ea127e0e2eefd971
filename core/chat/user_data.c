/* What stays with a user, over his sessions and in the store. */
#include "chat/client.h"
#include "chat/resume.h"
#include "chat/room.h"

#include <errno.h>

void user_changed(struct user *user)
{
    struct hub *hub = user->hub;

    if (hub->store != NULL && user->bot_of == NULL && !user->ending)
        hub->store->user(hub->store_arg, user, true);
}

/* ---- Data of modules ---------------------------------------------------------------------- */

const struct json *user_data(const struct user *user, const char *module, const char *key)
{
    return json_get(json_get(user->data, module), key);
}

struct copy {
    struct json *to;
    const char *without;
};

static int copy_all_but(const char *key, const struct json *value, void *arg)
{
    const struct copy *copy = arg;

    return strcmp(key, copy->without) != 0 ? json_set(copy->to, key, json_copy(value)) : 0;
}

/* A copy of an object without a member. NULL without memory. */
static struct json *copy_without(const struct json *object, const char *key)
{
    struct copy copy = {json_object(), key};

    if (copy.to == NULL || (object != NULL && json_each(object, copy_all_but, &copy) != 0)) {
        json_free(copy.to);
        return NULL;
    }
    return copy.to;
}

static bool is_too_much(const struct user *user, const struct json *data)
{
    char *text = json_text(data);
    bool is = text == NULL || strlen(text) > (size_t)user->hub->config->max_user_data.number;

    json_text_free(text);
    return is;
}

int user_set_data(struct user *user, const char *module, const char *key, const struct json *value)
{
    struct json *of_module = copy_without(json_get(user->data, module), key);
    struct json *data = copy_without(user->data, module);
    int err = of_module != NULL && data != NULL ? 0 : -ENOMEM;

    if (err == 0 && value != NULL)
        err = json_set(of_module, key, json_copy(value));
    if (err == 0)
        err = json_set(data, module, of_module);
    else
        json_free(of_module);
    if (err == 0 && value != NULL && is_too_much(user, data))
        err = -ENOSPC;
    if (err != 0) {
        json_free(data);
        return err;
    }
    json_free(user->data);
    user->data = data;
    user_changed(user);
    return 0;
}

void user_restore_data(struct user *user, struct json *data)
{
    json_free(user->data);
    user->data = data;
}

void user_restore_room(struct user *user, const struct json *saved, bool was_gone)
{
    const char *name = json_str(json_get(saved, "room"));
    const char *with = json_str(json_get(saved, "with"));
    int64_t since;

    if (name == NULL || !json_int(json_get(saved, "since"), &since))
        return;
    struct member *member = room_rejoin(user, slice_str(name), was_gone ? -1 : since);
    if (member != NULL && with != NULL && member->room->two != NULL)
        direct_set_other_nick(member->room, user, slice_str(with));
}

/* ---- Saving ------------------------------------------------------------------------------- */

static int add_room(struct json *rooms, const struct member *member)
{
    const struct room *room = member->room;
    struct json *entry = json_object();

    int err = json_set_str(entry, "room", slice_str(room->name));
    if (err == 0)
        err = json_set_int(entry, "since", member_since(member));
    if (err == 0 && room->two != NULL)
        err = json_set_str(entry, "with", direct_other_nick(room, member->user));
    if (err == 0)
        return json_add(rooms, entry);
    json_free(entry);
    return err;
}

static struct json *save_rooms(const struct user *user)
{
    struct json *rooms = json_array();

    for (const struct member *at = user->memberships; at != NULL; at = at->user_next)
        if ((at->room->two != NULL || !user->ending) && add_room(rooms, at) != 0) {
            json_free(rooms);
            return NULL;
        }
    return rooms;
}

struct json *user_save(const struct user *user)
{
    struct json *saved = json_object();
    int err = json_set_str(saved, "id", slice_str(user->public_id));

    if (err == 0)
        err = json_set_str(saved, "nick", slice_str(user->nick));
    if (err == 0)
        err = json_set(saved, "tokens", resume_save_tokens(user));
    if (err == 0)
        err = json_set(saved, "rooms", save_rooms(user));
    if (err == 0 && user->data != NULL)
        err = json_set(saved, "data", json_copy(user->data));
    if (err == 0)
        return saved;
    json_free(saved);
    return NULL;
}
