/*
 * userlist: shows who is in a room.
 *
 * Who joins gets `members`: [{"id", "nick"}, ...] in the answer; bots have "bot": true. Later
 * changes come to everybody as {"type": "presence", "room": ..., "joined": [...], "left": [...],
 * "count": N}: one event for all that happened in the room within `interval`; `left` comes before
 * `joined` for who is in both. Who came and went before anybody was told of him is not mentioned.
 * In a room with more than `full_list_max` members there are no names, only `count`.
 */
#include <chatd-module.h>

#include <stdlib.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

struct change {
    chatd_id member;        /* of who joined */
    int delta;              /* 1 joined, -1 left, 0 cancelled out */
    struct chatd_json *who; /* kept here, for who left may be gone when the others are told */
};

/* What the members of a room have not been told yet. On the room from its first change on. */
struct news {
    struct chatd_self *self;
    chatd_id room;
    chatd_id timer; /* tells them; runs while there are changes */
    struct change *changes;
    size_t n;
    size_t size;
    size_t seen; /* so many of them show in the `members` that somebody got meanwhile */
};

static int news_slot;
static int join_slot; /* on a membership: its place in the changes, counted from 1, as a pointer */

static void news_clear(struct news *news)
{
    for (size_t i = 0; i < news->n; i++)
        json->free(news->changes[i].who);
    free(news->changes);
    news->changes = NULL;
    news->n = 0;
    news->size = 0;
    news->seen = 0;
}

static void news_free(void *data)
{
    struct news *news = data;

    chatd->timer_stop(news->self, news->timer);
    news_clear(news);
    free(news);
}

static struct news *news_of(struct chatd_self *self, struct chatd_room *room)
{
    chatd_id id = chatd->room_id(room);
    struct news *news = chatd->slot_get(self, news_slot, id);

    if (news != NULL)
        return news;
    news = calloc(1, sizeof(*news));
    if (news == NULL)
        return NULL;
    news->self = self;
    news->room = id;
    if (chatd->slot_set(self, news_slot, id, news) != 0) {
        free(news);
        return NULL;
    }
    return news;
}

static struct chatd_json *describe(struct chatd_user *user)
{
    struct chatd_json *who = json->object();
    struct chatd_str id = chatd->user_public_id(user);
    struct chatd_str nick = chatd->user_nick(user);

    json->set_str(who, "id", id.p, id.n);
    json->set_str(who, "nick", nick.p, nick.n);
    if (chatd->user_is_bot(user))
        json->set_bool(who, "bot", 1);
    return who;
}

/* ---- Telling the changes ------------------------------------------------------------------ */

/* Moves the changes of one kind into a new array, in the order in which they happened. */
static struct chatd_json *take(struct news *news, int delta)
{
    struct chatd_json *list = json->array();

    for (size_t i = 0; i < news->n; i++) {
        struct change *change = &news->changes[i];

        if (change->delta == delta) {
            json->add(list, change->who);
            change->who = NULL;
        }
    }
    return list;
}

static void on_interval(struct chatd_self *self, void *arg)
{
    struct news *news = arg;
    struct chatd_room *room = chatd->room_by_id(self, news->room);
    int changed = 0;

    news->timer = 0;
    for (size_t i = 0; i < news->n; i++) {
        struct change *change = &news->changes[i];

        changed |= change->delta != 0;
        if (change->delta == 1)
            chatd->slot_set(self, join_slot, change->member, NULL);
    }
    if (changed && room != NULL) {
        struct chatd_json *fields = json->object();
        int64_t count = (int64_t)chatd->room_member_count(room);

        if (count <= chatd->option_int(self, "full_list_max")) {
            json->set(fields, "joined", take(news, 1));
            json->set(fields, "left", take(news, -1));
        }
        json->set_int(fields, "count", count);
        chatd->room_event(self, room, "presence", fields, NULL);
        json->free(fields);
    }
    news_clear(news);
}

/* ---- Hooks -------------------------------------------------------------------------------- */

static struct change *add_change(struct chatd_self *self, struct news *news,
                                 struct chatd_user *user, int delta)
{
    if (news->n == news->size) {
        size_t size = news->size != 0 ? 2 * news->size : 4;
        struct change *changes = realloc(news->changes, size * sizeof(*changes));

        if (changes == NULL)
            return NULL;
        news->changes = changes;
        news->size = size;
    }
    if (news->timer == 0)
        news->timer =
            chatd->timer_start(self, chatd->option_int(self, "interval"), 0, on_interval, news);
    struct change *change = &news->changes[news->n++];
    *change = (struct change){.delta = delta, .who = describe(user)};
    return change;
}

static void on_joined(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    struct news *news = news_of(self, room);
    struct change *change = news != NULL ? add_change(self, news, user, 1) : NULL;

    if (change == NULL)
        return;
    change->member = chatd->member_id(room, user);
    chatd->slot_set(self, join_slot, change->member, (void *)(uintptr_t)news->n);
}

static void on_left(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    struct news *news = news_of(self, room);
    uintptr_t place = (uintptr_t)chatd->slot_get(self, join_slot, chatd->member_id(room, user));

    if (news == NULL)
        return;
    if (place != 0)
        news->changes[place - 1].delta = 0;
    if (place == 0 || place <= news->seen)
        add_change(self, news, user, -1);
}

static int add_member(struct chatd_self *self, struct chatd_user *user, void *members)
{
    (void)self;
    json->add(members, describe(user));
    return 0;
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *answer)
{
    struct news *news = news_of(self, room);

    if ((int64_t)chatd->room_member_count(room) > chatd->option_int(self, "full_list_max"))
        return;
    struct chatd_json *members = json->array();
    chatd->room_members_each(self, room, add_member, members);
    json->set(answer, "members", members);
    if (news == NULL)
        return;
    /* Only he himself has seen his own join yet. */
    uintptr_t own = (uintptr_t)chatd->slot_get(self, join_slot, chatd->member_id(room, user));
    news->seen = own != 0 && own == news->n ? news->n - 1 : news->n;
}

/* What has not been told yet would be lost with the module. */
static int tell_now(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    struct news *news = chatd->slot_get(self, news_slot, chatd->room_id(room));

    (void)arg;
    if (news != NULL && news->n > 0)
        on_interval(self, news);
    return 0;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    chatd->rooms_each(self, tell_now, NULL);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"presence", NULL};

static const struct chatd_option options[] = {
    CHATD_OPTION_RANGE("full_list_max", CHATD_INT, "500", 0, 100000,
                       "rooms with more members show only how many there are"),
    CHATD_OPTION_RANGE("interval", CHATD_DURATION, "500ms", 0, 60000,
                       "changes within this time are told together"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_JOINED(on_joined, 0),
    CHATD_ON_LEFT(on_left, 0),
    CHATD_ON_ROOM_STATE(on_room_state, 0),
    CHATD_END,
};

static const struct chatd_slot_ops news_ops = {.size = sizeof(news_ops), .free = news_free};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    news_slot = chatd->slot_new(self, CHATD_SLOT_ROOM, &news_ops);
    join_slot = chatd->slot_new(self, CHATD_SLOT_MEMBER, NULL);
    return json != NULL && news_slot >= 0 && join_slot >= 0 ? 0 : -1;
}

CHATD_MODULE(.name = "userlist", .version = "1.0", .about = "shows who is in a room", .api = &chatd,
             .features = features, .options = options, .hooks = hooks, .init = init, .stop = stop);
