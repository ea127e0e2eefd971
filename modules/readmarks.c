/*
 * readmarks: remembers up to where people have read.
 *
 * {"type": "read", "room", "seq"} sets the mark of this user in the room, which only goes up; the
 * answer has `read_seq`. His other sessions get {"type": "read", "room", "seq"}, nobody else does.
 * Who joins a room, or comes back to it, finds `read_seq` in its state.
 *
 * The marks stay with the user, {room: {"epoch", "seq"}}, and so outlive his sessions and, with a
 * module that stores users, the server.
 */
#include <chatd-module.h>

#include <errno.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

static const char marks_key[] = "readmarks";

/* 0 for none. One of another log of the room does not count. */
static int64_t mark_of(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room)
{
    const struct chatd_json *marks = chatd->user_data(self, user, marks_key);
    const struct chatd_json *mark = json->get(marks, chatd->room_name(room).p);

    if (strcmp(json->str(json->get(mark, "epoch"), ""), chatd->room_epoch(room).p) != 0)
        return 0;
    return json->integer(json->get(mark, "seq"), 0);
}

/* ---- Setting one -------------------------------------------------------------------------- */

struct sieve {
    struct chatd_self *self;
    struct chatd_user *user;
    struct chatd_json *kept;
};

static int keep_if_member(const char *name, const struct chatd_json *mark, void *arg)
{
    struct sieve *sieve = arg;
    struct chatd_room *room = chatd->room_by_name(sieve->self, name, strlen(name));

    if (room != NULL && chatd->member_id(room, sieve->user) != 0)
        json->set(sieve->kept, name, json->copy(mark));
    return 0;
}

/* Those of rooms that he is in. */
static struct chatd_json *needed_marks(struct chatd_self *self, struct chatd_user *user,
                                       const struct chatd_json *marks)
{
    struct sieve sieve = {self, user, json->object()};

    json->each(marks, keep_if_member, &sieve);
    return sieve.kept;
}

static int set_mark(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                    int64_t seq)
{
    const struct chatd_json *before = chatd->user_data(self, user, marks_key);
    struct chatd_json *marks = before != NULL ? json->copy(before) : json->object();
    struct chatd_json *mark = json->object();
    struct chatd_str epoch = chatd->room_epoch(room);

    json->set_str(mark, "epoch", epoch.p, epoch.n);
    json->set_int(mark, "seq", seq);
    int err = json->set(marks, chatd->room_name(room).p, mark);
    if (err == 0)
        err = chatd->user_set_data(self, user, marks_key, marks);
    if (err == -ENOSPC) {
        struct chatd_json *needed = needed_marks(self, user, marks);
        err = needed != NULL ? chatd->user_set_data(self, user, marks_key, needed) : -ENOMEM;
        json->free(needed);
    }
    json->free(marks);
    return err;
}

/* ---- The verb ----------------------------------------------------------------------------- */

static int answer(struct chatd_self *self, struct chatd_call *call, int64_t seq)
{
    struct chatd_json *fields = json->object();

    json->set_int(fields, "read_seq", seq);
    chatd->call_answer(self, call, fields);
    json->free(fields);
    return CHATD_ACCEPT;
}

static int on_read(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);
    struct chatd_user *user = chatd->call_user(call);
    int64_t seq = json->integer(json->get(chatd->call_json(call), "seq"), -1);
    int64_t before = mark_of(self, user, room);

    if (seq < 0 || seq > chatd->room_seq(room))
        return chatd->deny(self, "bad_request", "seq is no number of an event of this room");
    if (seq <= before)
        return answer(self, call, before);
    if (set_mark(self, user, room, seq) != 0)
        return chatd->deny(self, "unavailable", "The server keeps too much of you already.");
    struct chatd_json *fields = json->object();
    json->set_int(fields, "seq", seq);
    chatd->user_event(self, user, room, "read", fields, chatd->call_client(call));
    json->free(fields);
    return answer(self, call, seq);
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *state)
{
    int64_t seq = mark_of(self, user, room);

    if (seq > 0)
        json->set_int(state, "read_seq", seq);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"readmarks", NULL};

static const struct chatd_hook hooks[] = {CHATD_ON_ROOM_STATE(on_room_state, 0), CHATD_END};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("read", CHATD_VERB_ROOM, 60, 10000, on_read),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

CHATD_MODULE(.name = "readmarks", .version = "1.0", .about = "remembers what people have read",
             .api = &chatd, .need_minor = 10, .features = features, .hooks = hooks, .verbs = verbs,
             .init = init);
