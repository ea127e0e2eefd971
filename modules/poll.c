/*
 * poll: questions with choices, in a room.
 *
 * `/poll Lunch? | Pizza | Salad` asks; `/vote POLL 2` votes for the second choice, again for
 * another one; `/endpoll POLL` by who asked ends it, as its time does. Clients that show polls use
 * the verbs
 * {"type": "poll_vote", "room", "poll", "choice"} (counted from 0) and {"type": "poll_end", "room",
 * "poll"}.
 *
 * Everybody gets {"type": "poll", "from", "poll", "question", "choices": [...], "ends": ms} and,
 * within `interval` of a vote, {"type": "poll_result", "poll", "votes": [...], "ended"}, both
 * durable events. Who joins finds what is open, with its votes, in `polls` of the answer.
 */
#include <chatd-module.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct chatd_api *chatd;
static const struct chatd_json_api *json;

enum { MAX_CHOICES = 20, MAX_POLLS = 1000, ID_BYTES = 24 };

/* One for each nick, whoever comes back under it. */
struct vote {
    char *nick;
    int choice;
};

struct poll {
    struct poll *next;
    char id[ID_BYTES];
    chatd_id room;
    char *nick;               /* who asked */
    struct chatd_json *asked; /* question, choices, ends */
    size_t n_choices;
    struct vote *votes; /* in the order of the nicks */
    size_t n_votes;
    int64_t ends_ms;
    int is_news; /* there are votes that nobody was told of */
};

static struct poll *polls; /* of all rooms */
static int64_t last_number;
static chatd_id timer; /* runs while there are polls */

/* ---- Polls -------------------------------------------------------------------------------- */

static struct poll *find(struct chatd_room *room, const char *id)
{
    struct poll *poll = polls;

    while (poll != NULL && (poll->room != chatd->room_id(room) || strcmp(poll->id, id) != 0))
        poll = poll->next;
    return poll;
}

/* Those of a room, or (NULL) all. */
static size_t count(struct chatd_room *room)
{
    size_t n = 0;

    for (const struct poll *poll = polls; poll != NULL; poll = poll->next)
        n += room == NULL || poll->room == chatd->room_id(room);
    return n;
}

static void poll_free(struct poll *poll)
{
    for (size_t i = 0; i < poll->n_votes; i++)
        free(poll->votes[i].nick);
    free(poll->votes);
    json->free(poll->asked);
    free(poll->nick);
    free(poll);
}

static struct chatd_json *count_votes(const struct poll *poll)
{
    struct chatd_json *list = json->array();

    for (size_t choice = 0; choice < poll->n_choices; choice++) {
        int64_t n = 0;
        for (size_t i = 0; i < poll->n_votes; i++)
            n += poll->votes[i].choice == (int)choice;
        json->add_int(list, n);
    }
    return list;
}

static void tell_result(struct chatd_self *self, struct poll *poll, struct chatd_room *room,
                        int ended)
{
    struct chatd_json *fields = json->object();

    json->set_str(fields, "poll", poll->id, strlen(poll->id));
    json->set(fields, "votes", count_votes(poll));
    json->set_bool(fields, "ended", ended);
    chatd->room_event_durable(self, room, NULL, "poll_result", fields);
    json->free(fields);
    poll->is_news = 0;
}

/* Tells what is new, and ends what is over; with a room its polls end. */
static void on_interval(struct chatd_self *self, void *arg)
{
    int64_t now_ms = chatd->now_ms(self);

    (void)arg;
    for (struct poll **at = &polls; *at != NULL;) {
        struct poll *poll = *at;
        struct chatd_room *room = chatd->room_by_id(self, poll->room);
        int is_over = room == NULL || now_ms >= poll->ends_ms;
        if (room != NULL && (is_over || poll->is_news))
            tell_result(self, poll, room, is_over);
        if (is_over) {
            *at = poll->next;
            poll_free(poll);
        } else {
            at = &poll->next;
        }
    }
    if (polls == NULL) {
        chatd->timer_stop(self, timer);
        timer = 0;
    }
}

static void add(struct chatd_self *self, struct poll *poll)
{
    int64_t interval_ms = chatd->option_int(self, "interval");

    poll->next = polls;
    polls = poll;
    if (timer == 0)
        timer = chatd->timer_start(self, interval_ms, interval_ms, on_interval, NULL);
}

/* ---- Asking ------------------------------------------------------------------------------- */

/* The part up to the next bar, without spaces around it. Moves `*rest` behind the bar; NULL when
 * nothing is left. */
static const char *next_part(const char **rest, size_t *n)
{
    const char *part = *rest;

    if (part == NULL)
        return NULL;
    const char *bar = strchr(part, '|');
    *n = bar != NULL ? (size_t)(bar - part) : strlen(part);
    *rest = bar != NULL ? bar + 1 : NULL;
    while (*n > 0 && *part == ' ')
        part++, --*n;
    while (*n > 0 && part[*n - 1] == ' ')
        --*n;
    return part;
}

/* Answers how many choices there are, or a negative number for a wrong text. */
static int read_question(const char *text, struct chatd_json *asked)
{
    struct chatd_json *choices = json->array();
    size_t n;
    const char *part = next_part(&text, &n);
    int n_choices = 0;

    json->set_str(asked, "question", part, n);
    int is_empty = n == 0;
    while ((part = next_part(&text, &n)) != NULL) {
        json->add_str(choices, part, n);
        is_empty |= n == 0;
        n_choices++;
    }
    json->set(asked, "choices", choices);
    return is_empty || n_choices < 2 || n_choices > MAX_CHOICES ? -1 : n_choices;
}

static struct poll *poll_new(struct chatd_self *self, struct chatd_call *call, int n_choices,
                             struct chatd_json *asked)
{
    struct poll *poll = calloc(1, sizeof(*poll));
    char *nick = strdup(chatd->user_nick(chatd->call_user(call)).p);

    if (poll == NULL || nick == NULL) {
        free(poll);
        free(nick);
        return NULL;
    }
    /* Later than all before, also those of an earlier run. */
    last_number = last_number + 1 > chatd->now_ms(self) ? last_number + 1 : chatd->now_ms(self);
    snprintf(poll->id, sizeof(poll->id), "%" PRIx64, (uint64_t)last_number);
    poll->room = chatd->room_id(chatd->call_room(call));
    poll->nick = nick;
    poll->asked = asked;
    poll->n_choices = (size_t)n_choices;
    poll->ends_ms = chatd->now_ms(self) + chatd->option_int(self, "duration");
    json->set_str(asked, "poll", poll->id, strlen(poll->id));
    json->set_int(asked, "ends", poll->ends_ms);
    return poll;
}

static int on_poll(struct chatd_self *self, struct chatd_call *call)
{
    struct chatd_room *room = chatd->call_room(call);

    if ((int64_t)count(room) >= chatd->option_int(self, "max_open") || count(NULL) >= MAX_POLLS)
        return chatd->deny(self, "too_many", "There are too many open polls; end one first.");
    struct chatd_json *asked = json->object();
    int n_choices = read_question(chatd->call_text(call).p, asked);
    if (n_choices < 0) {
        json->free(asked);
        return chatd->deny(self, "bad_request", "Usage: /poll QUESTION | CHOICE | CHOICE ...");
    }
    struct poll *poll = poll_new(self, call, n_choices, asked);
    if (poll == NULL) {
        json->free(asked);
        return chatd->deny(self, "unavailable", "The server is out of memory.");
    }
    add(self, poll);
    chatd->room_event_durable(self, room, chatd->call_user(call), "poll", asked);
    return CHATD_ACCEPT;
}

/* ---- Voting and ending -------------------------------------------------------------------- */

/* Where the nick's vote is, or belongs. */
static size_t place_of(const struct poll *poll, const char *nick)
{
    size_t from = 0;
    size_t to = poll->n_votes;

    while (from < to) {
        size_t middle = (from + to) / 2;
        if (strcmp(poll->votes[middle].nick, nick) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static int set_vote(struct poll *poll, const char *nick, int choice)
{
    size_t at = place_of(poll, nick);

    if (at < poll->n_votes && strcmp(poll->votes[at].nick, nick) == 0) {
        poll->votes[at].choice = choice;
        return 0;
    }
    struct vote *grown = realloc(poll->votes, (poll->n_votes + 1) * sizeof(*grown));
    char *copy = strdup(nick);
    if (grown != NULL)
        poll->votes = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return -ENOMEM;
    }
    memmove(&grown[at + 1], &grown[at], (poll->n_votes - at) * sizeof(*grown));
    grown[at] = (struct vote){copy, choice};
    poll->n_votes++;
    return 0;
}

static int vote(struct chatd_self *self, struct chatd_call *call, const char *id, int64_t choice)
{
    struct poll *poll = find(chatd->call_room(call), id);

    if (poll == NULL)
        return chatd->deny(self, "not_found", "There is no such poll in this room.");
    if (choice < 0 || choice >= (int64_t)poll->n_choices)
        return chatd->deny(self, "bad_request", "The poll has no such choice.");
    if (set_vote(poll, chatd->user_nick(chatd->call_user(call)).p, (int)choice) != 0)
        return chatd->deny(self, "unavailable", "The server is out of memory.");
    poll->is_news = 1;
    return CHATD_ACCEPT;
}

static int end(struct chatd_self *self, struct chatd_call *call, const char *id)
{
    struct poll *poll = find(chatd->call_room(call), id);

    if (poll == NULL)
        return chatd->deny(self, "not_found", "There is no such poll in this room.");
    if (strcmp(poll->nick, chatd->user_nick(chatd->call_user(call)).p) != 0)
        return chatd->deny(self, "forbidden", "Only who asked can end the poll.");
    poll->ends_ms = 0;
    on_interval(self, NULL);
    return CHATD_ACCEPT;
}

static int on_vote(struct chatd_self *self, struct chatd_call *call)
{
    char id[ID_BYTES];
    int choice;

    if (sscanf(chatd->call_text(call).p, "%23s %d", id, &choice) != 2)
        return chatd->deny(self, "bad_request", "Usage: /vote POLL CHOICE");
    return vote(self, call, id, (int64_t)choice - 1);
}

static int on_end(struct chatd_self *self, struct chatd_call *call)
{
    return end(self, call, chatd->call_text(call).p);
}

static const char *poll_of(struct chatd_call *call)
{
    return json->str(json->get(chatd->call_json(call), "poll"), "");
}

static int on_poll_vote(struct chatd_self *self, struct chatd_call *call)
{
    return vote(self, call, poll_of(call),
                json->integer(json->get(chatd->call_json(call), "choice"), -1));
}

static int on_poll_end(struct chatd_self *self, struct chatd_call *call)
{
    return end(self, call, poll_of(call));
}

static void on_room_state(struct chatd_self *self, struct chatd_user *user, struct chatd_room *room,
                          struct chatd_json *answer)
{
    struct chatd_json *list = json->array();

    (void)self;
    (void)user;
    for (const struct poll *poll = polls; poll != NULL; poll = poll->next) {
        if (poll->room != chatd->room_id(room))
            continue;
        struct chatd_json *copy = json->copy(poll->asked);
        json->set(copy, "votes", count_votes(poll));
        json->add(list, copy);
    }
    json->set(answer, "polls", list);
}

/* ---- Reload ------------------------------------------------------------------------------- */

static struct chatd_json *save_poll(const struct poll *poll)
{
    struct chatd_json *saved = json->object();
    struct chatd_json *votes = json->array(); /* nick, choice, nick, choice, ... */

    for (size_t i = 0; i < poll->n_votes; i++) {
        json->add_str(votes, poll->votes[i].nick, strlen(poll->votes[i].nick));
        json->add_int(votes, poll->votes[i].choice);
    }
    json->set(saved, "votes", votes);
    json->set(saved, "asked", json->copy(poll->asked));
    json->set_str(saved, "nick", poll->nick, strlen(poll->nick));
    json->set_int(saved, "room", (int64_t)poll->room);
    json->set_bool(saved, "is_news", poll->is_news);
    return saved;
}

struct loading {
    struct poll *poll;
    const char *nick;
};

static int load_vote(const char *key, const struct chatd_json *value, void *arg)
{
    struct loading *loading = arg;

    (void)key;
    if (json->str(value, NULL) != NULL)
        loading->nick = json->str(value, NULL);
    else if (loading->nick != NULL)
        return set_vote(loading->poll, loading->nick, (int)json->integer(value, 0));
    return 0;
}

static void load_poll(struct chatd_self *self, const struct chatd_json *saved)
{
    const struct chatd_json *asked = json->get(saved, "asked");
    struct poll *poll = calloc(1, sizeof(*poll));

    if (poll == NULL)
        return;
    snprintf(poll->id, sizeof(poll->id), "%s", json->str(json->get(asked, "poll"), ""));
    poll->room = (chatd_id)json->integer(json->get(saved, "room"), 0);
    poll->nick = strdup(json->str(json->get(saved, "nick"), ""));
    poll->asked = json->copy(asked);
    poll->n_choices = json->count(json->get(asked, "choices"));
    poll->ends_ms = json->integer(json->get(asked, "ends"), 0);
    poll->is_news = json->boolean(json->get(saved, "is_news"), 0);
    struct loading loading = {.poll = poll};
    json->each(json->get(saved, "votes"), load_vote, &loading);
    if (poll->nick == NULL || poll->asked == NULL)
        poll_free(poll);
    else
        add(self, poll);
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    const struct chatd_json *list = json->get(saved, "polls");

    for (size_t i = json->count(list); i-- > 0;)
        load_poll(self, json->item(list, i));
    return 0;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    struct chatd_json *list = json->array();

    for (const struct poll *poll = polls; poll != NULL; poll = poll->next)
        json->add(list, save_poll(poll));
    if (save == NULL || json->set(save, "polls", list) != 0)
        json->free(save == NULL ? list : NULL);
    chatd->timer_stop(self, timer);
    timer = 0;
    while (polls != NULL) {
        struct poll *poll = polls;
        polls = poll->next;
        poll_free(poll);
    }
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"polls", NULL};

static const struct chatd_option options[] = {
    CHATD_OPTION_RANGE("duration", CHATD_DURATION, "1h", 1000, INT64_C(2592000000),
                       "after it a poll ends by itself"),
    CHATD_OPTION_RANGE("interval", CHATD_DURATION, "1s", 10, 60000,
                       "votes within this time are told together"),
    CHATD_OPTION_RANGE("max_open", CHATD_INT, "5", 1, 100, "open polls in a room"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {CHATD_ON_ROOM_STATE(on_room_state, 0), CHATD_END};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("poll", "QUESTION | CHOICE | CHOICE ...", "Asks the room", on_poll),
    CHATD_COMMAND("vote", "POLL CHOICE", "Votes in a poll", on_vote),
    CHATD_COMMAND("endpoll", "POLL", "Ends a poll that you asked", on_end),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("poll_vote", CHATD_VERB_ROOM, 20, 10000, on_poll_vote),
    CHATD_VERB("poll_end", CHATD_VERB_ROOM, 20, 10000, on_poll_end),
    CHATD_END,
};

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    return json != NULL ? 0 : -1;
}

CHATD_MODULE(.name = "poll", .version = "1.0", .about = "questions with choices", .api = &chatd,
             .features = features, .options = options, .hooks = hooks, .verbs = verbs,
             .commands = commands, .init = init, .start = start, .stop = stop);
