#include "chat/user.h"

#include "base/random.h"
#include "chat/client.h"
#include "chat/nick.h"
#include "chat/resume.h"
#include "chat/room.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUGGESTIONS = 100, NICK_MAX = 255 };

static struct user *find(const struct hub *hub, const char *key)
{
    struct user *user = NULL;

    HASH_FIND_STR(hub->users, key, user);
    return user;
}

/* How much of a nick fits before a suffix, without cutting a character. */
static size_t cut_length(struct slice nick, size_t room)
{
    size_t n = nick.n < room ? nick.n : room;

    while (n > 0 && n < nick.n && ((unsigned char)nick.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void suggest(const struct hub *hub, struct slice nick, struct buf *suggestion)
{
    size_t max = (size_t)hub->config->max_nick_bytes.number;

    for (int i = 2; i < SUGGESTIONS; i++) {
        char suffix[8];
        char text[NICK_MAX + 1];
        char *key = NULL;
        int n = snprintf(suffix, sizeof(suffix), "%d", i);

        if ((size_t)n >= max)
            return;
        n = snprintf(text, sizeof(text), "%.*s%s", (int)cut_length(nick, max - (size_t)n), nick.p,
                     suffix);
        if (nick_check(slice_of(text, (size_t)n), max, &key) != NULL)
            return;
        bool taken = find(hub, key) != NULL;
        free(key);
        if (!taken) {
            (void)buf_append(suggestion, text, (size_t)n);
            return;
        }
    }
}

/* With its names in the same piece of memory. */
static struct user *make(struct hub *hub, struct slice nick, const char *key, const void *bot_of)
{
    size_t key_n = strlen(key);
    struct user *user = calloc(1, sizeof(*user) + nick.n + key_n + 2);

    if (user == NULL)
        return NULL;
    user->hub = hub;
    user->bot_of = bot_of;
    user->nick = (char *)(user + 1);
    user->key = user->nick + nick.n + 1;
    memcpy(user->nick, nick.p, nick.n);
    memcpy(user->key, key, key_n);
    user->id = idmap_add(&hub->ids, ID_USER, user);
    if (user->id == 0) {
        free(user);
        return NULL;
    }
    random_hex(user->public_id, PUBLIC_ID_DIGITS);
    user->number = user_public_number(slice_str(user->public_id));
    HASH_ADD_KEYPTR(hh, hub->users, user->key, key_n, user);
    HASH_ADD(by_public_id, hub->users_by_public_id, public_id[0], PUBLIC_ID_DIGITS, user);
    return user;
}

struct user *user_new(struct hub *hub, struct slice nick, const void *bot_of, struct denial *denial,
                      struct buf *suggestion)
{
    char *key = NULL;
    const char *why = nick_check(nick, (size_t)hub->config->max_nick_bytes.number, &key);

    if (why != NULL) {
        deny(denial, "bad_request", "this nick cannot be used: %s", why);
        return NULL;
    }
    if (find(hub, key) != NULL) {
        free(key);
        deny(denial, "nick_in_use", "this nick is taken");
        if (suggestion != NULL)
            suggest(hub, nick, suggestion);
        return NULL;
    }
    struct user *user = make(hub, nick, key, bot_of);
    free(key);
    if (user == NULL)
        deny(denial, "unavailable", "the server is out of memory");
    return user;
}

void user_free(struct user *user)
{
    struct hub *hub = user->hub;

    assert(user->clients == NULL);
    while (user->memberships != NULL)
        room_leave(user->memberships);
    resume_forget(user);
    HASH_DEL(hub->users, user);
    HASH_DELETE(by_public_id, hub->users_by_public_id, user);
    idmap_remove(&hub->ids, user->id);
    hub_free_slots(hub, ID_USER, user->slots);
    user->slots = NULL;
    json_free(user->data);
    user->data = NULL;
    user->ended = true;
    if (user->holds == 0)
        free(user);
}

void user_hold(struct user *user)
{
    user->holds++;
}

void user_release(struct user *user)
{
    if (--user->holds == 0 && user->ended)
        free(user);
}

bool user_is_public_id(struct slice id)
{
    return id.n == PUBLIC_ID_DIGITS && slice_is_hex(id);
}

uint64_t user_public_number(struct slice id)
{
    char digits[PUBLIC_ID_DIGITS + 1] = "";

    if (!user_is_public_id(id))
        return 0;
    memcpy(digits, id.p, PUBLIC_ID_DIGITS);
    return strtoull(digits, NULL, 16);
}

void user_set_public_id(struct user *user, struct slice id)
{
    struct hub *hub = user->hub;

    HASH_DELETE(by_public_id, hub->users_by_public_id, user);
    memcpy(user->public_id, id.p, PUBLIC_ID_DIGITS);
    user->number = user_public_number(id);
    HASH_ADD(by_public_id, hub->users_by_public_id, public_id[0], PUBLIC_ID_DIGITS, user);
}

struct user *user_by_public_id(struct hub *hub, struct slice id)
{
    struct user *user = NULL;

    if (id.n == PUBLIC_ID_DIGITS)
        HASH_FIND(by_public_id, hub->users_by_public_id, id.p, PUBLIC_ID_DIGITS, user);
    return user;
}

struct user *user_by_id(struct hub *hub, uint64_t id)
{
    return idmap_get(&hub->ids, ID_USER, id);
}

struct user *user_by_nick(struct hub *hub, struct slice nick)
{
    char *key;

    if (nick_check(nick, (size_t)hub->config->max_nick_bytes.number, &key) != NULL)
        return NULL;
    struct user *user = find(hub, key);
    free(key);
    return user;
}

void user_put(const struct user *user, struct json_writer *w)
{
    json_put_str(w, "id", slice_str(user->public_id));
    json_put_str(w, "nick", slice_str(user->nick));
    if (user->bot_of != NULL)
        json_put_bool(w, "bot", true);
}
