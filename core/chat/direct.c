#include "chat/direct.h"

#include "base/counters.h"
#include "chat/room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct slice prefix = SLICE_INIT("dm:");

void direct_name(const char *a, const char *b, char name[DIRECT_NAME_BYTES + 1])
{
    bool in_order = strcmp(a, b) < 0;

    snprintf(name, DIRECT_NAME_BYTES + 1, "%s%s:%s", prefix.p, in_order ? a : b, in_order ? b : a);
}

bool direct_is_name(struct slice name)
{
    return slice_has_prefix(name, prefix);
}

/* Two ids in order have only one name. */
static bool is_well_formed(struct slice name)
{
    if (name.n != DIRECT_NAME_BYTES || name.p[prefix.n + PUBLIC_ID_DIGITS] != ':')
        return false;
    struct slice first = slice_of(name.p + prefix.n, PUBLIC_ID_DIGITS);
    struct slice second = slice_of(first.p + first.n + 1, PUBLIC_ID_DIGITS);
    return slice_is_hex(first) && slice_is_hex(second) && memcmp(first.p, second.p, first.n) < 0;
}

int direct_new(struct slice name, struct two **two)
{
    if (!is_well_formed(name))
        return -EINVAL;
    struct two *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return -ENOMEM;
    memcpy(made->ids[0], &name.p[prefix.n], PUBLIC_ID_DIGITS);
    memcpy(made->ids[1], &name.p[prefix.n + PUBLIC_ID_DIGITS + 1], PUBLIC_ID_DIGITS);
    *two = made;
    return 0;
}

void direct_free(struct two *two)
{
    if (two == NULL)
        return;
    free(two->nicks[0]);
    free(two->nicks[1]);
    free(two);
}

static int index_of(const struct room *room, const struct user *user)
{
    for (int i = 0; i < 2; i++)
        if (strcmp(room->two->ids[i], user->public_id) == 0)
            return i;
    return -1;
}

bool direct_is_of(const struct room *room, const struct user *user)
{
    return index_of(room, user) >= 0;
}

void direct_remember(struct room *room, const struct user *user)
{
    int i = index_of(room, user);
    char *copy = i >= 0 ? strdup(user->nick) : NULL;

    if (copy == NULL)
        return;
    free(room->two->nicks[i]);
    room->two->nicks[i] = copy;
}

bool direct_may_begin(struct hub *hub, struct slice name, const struct user *user)
{
    struct two *two;

    if (direct_new(name, &two) != 0)
        return true; /* room_new() says what is wrong with it */
    bool first = strcmp(two->ids[0], user->public_id) == 0;
    bool is_here = user_by_public_id(hub, slice_str(two->ids[first])) != NULL;
    direct_free(two);
    return is_here || room_has_been(hub, name);
}

void direct_set_other_nick(struct room *room, const struct user *user, struct slice nick)
{
    int other = 1 - index_of(room, user);
    char *copy = other < 2 && nick.n > 0 ? strndup(nick.p, nick.n) : NULL;

    if (copy == NULL)
        return;
    free(room->two->nicks[other]);
    room->two->nicks[other] = copy;
}

struct slice direct_other_nick(const struct room *room, const struct user *user)
{
    int other = 1 - index_of(room, user);

    if (other > 1)
        return SLICE("");
    const struct user *there = user_by_public_id(room->hub, slice_str(room->two->ids[other]));
    const char *nick = there != NULL ? there->nick : room->two->nicks[other];
    return nick != NULL ? slice_str(nick) : SLICE("");
}

void direct_put_other(const struct room *room, const struct user *user, struct json_writer *w)
{
    int other = 1 - index_of(room, user);

    if (other > 1)
        return;
    json_put_object(w, "with");
    json_put_str(w, "id", slice_str(room->two->ids[other]));
    json_put_str(w, "nick", direct_other_nick(room, user));
    json_end_object(w);
}

/* The oldest room that others have brought him to, and in which he has said nothing. */
static struct member *find_brought(const struct user *user)
{
    struct member *oldest = NULL;

    for (struct member *at = user->memberships; at != NULL; at = at->user_next)
        if (at->was_brought)
            oldest = at;
    return oldest;
}

static bool bring(struct room *room, struct user *user)
{
    if (user->n_direct >= (size_t)room->hub->config->max_direct_rooms.number) {
        struct member *brought = find_brought(user);
        counter_add(COUNT_OVER_LIMIT);
        if (brought == NULL)
            return false;
        room_tell_left(brought->room, user, NULL);
        room_leave(brought);
    }
    return room_bring(room, user) == 0;
}

bool direct_bring(struct room *room)
{
    bool all = true;

    for (int i = 0; i < 2; i++) {
        struct user *user = user_by_public_id(room->hub, slice_str(room->two->ids[i]));
        if (user != NULL && room_member(room, user) == NULL)
            all &= bring(room, user);
    }
    return all;
}
