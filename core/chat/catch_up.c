#include "chat/catch_up.h"

#include "chat/event.h"

/* So much is told at once: it has to fit in the outbox, together with what happens meanwhile. */
static size_t budget_of(const struct client *client)
{
    return client->link->conn->loop->outbox_limit / 2;
}

/* He does not know of a room that others have brought him to: it is told as of then. */
static bool is_unknown(const struct member *member, const struct json *positions)
{
    return member->was_brought && json_get(positions, member->room->name) == NULL;
}

/* The index in the room's log of the first event that was missed; -1 when it is not known what was,
 * or that is too much. */
static int64_t find_missed(const struct member *member, const struct json *positions,
                           size_t *budget)
{
    const struct room *room = member->room;
    const struct json *position = json_get(positions, room->name);
    const char *epoch = json_str(json_get(position, "epoch"));
    size_t bytes = 0;
    int64_t seq;

    if (is_unknown(member, positions))
        seq = member->since_seq;
    else if (epoch == NULL || strcmp(epoch, room->epoch) != 0 ||
             !json_int(json_get(position, "seq"), &seq) || seq < member->since_seq)
        return -1;
    int64_t first = event_log_find(&room->log, seq, room->seq);
    for (int64_t i = first; i >= 0 && i < room->log.n; i++)
        bytes += event_log_get(&room->log, (uint32_t)i)->json.n;
    if (first < 0 || bytes > *budget)
        return -1;
    *budget -= bytes;
    return first;
}

static bool is_hidden_from(const struct logged_event *event, const struct user *user)
{
    for (size_t i = 0; i < event->n_hidden_from; i++)
        if (event->hidden_from[i] == user->number)
            return true;
    return false;
}

static int64_t count_missed(const struct event_log *log, int64_t first, const struct user *user)
{
    int64_t missed = 0;

    for (int64_t i = first; i < log->n; i++)
        missed += !is_hidden_from(event_log_get(log, (uint32_t)i), user);
    return missed;
}

void catch_up_put_rooms(struct client *client, const struct json *positions, struct json_writer *w)
{
    struct user *user = client->user;
    size_t budget = budget_of(client);

    for (struct member *at = user->memberships; at != NULL; at = at->user_next) {
        int64_t first = find_missed(at, positions, &budget);
        json_item_object(w);
        bool begins = first >= 0 && is_unknown(at, positions);
        room_put_state(at->room, user, begins ? at->since_seq : at->room->seq, w);
        json_put_bool(w, "recovered", first >= 0);
        json_put_int(w, "missed", first >= 0 ? count_missed(&at->room->log, first, user) : 0);
        json_end_object(w);
    }
}

/* His own messages are told with their cid, as they were. */
static void send_own(struct client *client, const struct logged_event *event)
{
    struct buf out;

    buf_init(&out, EVENT_MAX);
    if (event_write_own(event->json, event->cid, &out) == 0)
        client_send(client, buf_slice(&out), SEND_BOUNDED);
    buf_deinit(&out);
}

static void send_missed(struct client *client, const struct event_log *log, int64_t first)
{
    const struct user *user = client->user;

    for (int64_t i = first; i < log->n; i++) {
        const struct logged_event *event = event_log_get(log, (uint32_t)i);
        if (is_hidden_from(event, user))
            continue;
        if (event->from == user->number && event->cid.n > 0)
            send_own(client, event);
        else
            client_send(client, event->json, SEND_BOUNDED);
    }
}

void catch_up_send(struct client *client, const struct json *positions)
{
    size_t budget = budget_of(client);

    for (struct member *at = client->user->memberships; at != NULL; at = at->user_next) {
        int64_t first = find_missed(at, positions, &budget);
        if (first >= 0)
            send_missed(client, &at->room->log, first);
    }
    client_send(client, SLICE("{\"type\":\"caught_up\"}"), SEND_BOUNDED);
}
