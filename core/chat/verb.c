#include "chat/verb.h"

#include "base/counters.h"
#include "chat/sending.h"
#include "ws/utf8.h"

#include <errno.h>
#include <stdlib.h>

struct verb *verb_find(struct hub *hub, const char *type)
{
    struct verb *verb = NULL;

    HASH_FIND_STR(hub->verbs, type, verb);
    return verb;
}

static bool is_limited(const struct verb *verb)
{
    return verb->limit > 0 || verb->configured != NULL;
}

/* The first number that no verb has. */
static uint32_t free_use(struct hub *hub)
{
    struct verb *verb;
    struct verb *next;
    uint32_t use = 0;

    for (bool taken = true; taken; use += taken) {
        taken = false;
        HASH_ITER (hh, hub->verbs, verb, next)
            taken |= is_limited(verb) && verb->use == use;
    }
    return use;
}

int verb_add(struct hub *hub, const struct verb *verb, const char **taken_by)
{
    struct verb *other = verb_find(hub, verb->type);

    if (other != NULL) {
        if (taken_by != NULL)
            *taken_by = other->owner;
        return -EEXIST;
    }
    struct verb *copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return -ENOMEM;
    *copy = *verb;
    if (is_limited(copy))
        copy->use = free_use(hub);
    HASH_ADD_KEYPTR(hh, hub->verbs, copy->type, strlen(copy->type), copy);
    return 0;
}

static void free_verb(struct hub *hub, struct verb *verb)
{
    HASH_DEL(hub->verbs, verb);
    free(verb);
}

void verb_remove(struct hub *hub, const char *type)
{
    struct verb *verb = verb_find(hub, type);

    if (verb != NULL)
        free_verb(hub, verb);
}

void verbs_free(struct hub *hub)
{
    struct verb *verb;
    struct verb *next;

    HASH_ITER (hh, hub->verbs, verb, next)
        free_verb(hub, verb);
}

struct slice call_string(struct call *call, const char *key)
{
    const char *text = json_str(json_get(call->json, key));

    if (text == NULL) {
        deny(&call->denial, "bad_request", "%s is missing or no string", key);
        return (struct slice){NULL, 0};
    }
    return slice_str(text);
}

static int64_t limit_of(const struct verb *verb)
{
    return verb->configured != NULL ? verb->configured->number : verb->limit;
}

/* NULL without memory. */
static struct verb_use *use_of(struct client *client, uint32_t i)
{
    uint32_t n = client->uses != NULL ? client->uses->n : 0;

    if (i < n)
        return &client->uses->use[i];
    struct verb_uses *grown =
        realloc(client->uses, sizeof(*grown) + (i + 1) * sizeof(grown->use[0]));
    if (grown == NULL)
        return NULL;
    memset(&grown->use[n], 0, (i + 1 - n) * sizeof(grown->use[0]));
    grown->n = i + 1;
    client->uses = grown;
    return &grown->use[i];
}

/* `limit` calls in every window of every_ms that begins with a call. */
static enum verdict check_limit(const struct verb *verb, struct call *call)
{
    struct verb_use *use = use_of(call->client, verb->use);
    uint32_t now = (uint32_t)loop_now_ms(call->hub->loop);

    if (use == NULL)
        return deny(&call->denial, "unavailable", "the server is out of memory");
    if (use->calls == 0 || now - use->since_ms >= verb->every_ms)
        *use = (struct verb_use){.since_ms = now};
    if (use->calls < limit_of(verb)) {
        use->calls++;
        return VERDICT_PASS;
    }
    counter_add(COUNT_RATE_LIMITED);
    call->retry_after_ms = use->since_ms + verb->every_ms - now;
    return deny(&call->denial, "rate_limited", "too many %s requests", verb->type);
}

static enum verdict find_room(struct call *call)
{
    struct slice name = call_string(call, "room");

    if (name.p == NULL)
        return VERDICT_DENY;
    call->room = room_find(call->hub, name);
    if (call->room == NULL || room_member(call->room, call->client->user) == NULL)
        return deny(&call->denial, "forbidden", "you are not in this room");
    return VERDICT_PASS;
}

enum verdict verb_call(struct verb *verb, struct call *call)
{
    if (limit_of(verb) > 0 && check_limit(verb, call) != VERDICT_PASS)
        return VERDICT_DENY;
    if ((verb->flags & VERB_ROOM) && find_room(call) != VERDICT_PASS)
        return VERDICT_DENY;
    enum verdict verdict = verb->fn(verb->arg, call);
    if (verdict == VERDICT_PENDING && call->room != NULL) {
        call->held_room = call->room;
        room_hold(call->room);
    }
    return verdict;
}

void call_drop_raw(struct call *call, const char *name)
{
    for (struct raw_field **at = &call->raw_fields; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0) {
            struct raw_field *raw = *at;
            *at = raw->next;
            free(raw);
            return;
        }
}

int call_put_raw(struct call *call, const char *name, struct slice json)
{
    size_t name_n = strlen(name) + 1;
    struct raw_field *raw;

    if (!event_name_is_plain(name) || !utf8_valid_text(json) || !json_is_valid(json))
        return -EINVAL;
    if (json_get(call->fields, name) != NULL)
        return json_set(call->fields, name, json_parse(json));
    call_drop_raw(call, name);
    raw = malloc(sizeof(*raw) + name_n + json.n);
    if (raw == NULL)
        return -ENOMEM;
    raw->name = (char *)(raw + 1);
    memcpy(raw->name, name, name_n);
    memcpy(raw->name + name_n, json.p, json.n);
    raw->json = slice_of(raw->name + name_n, json.n);
    raw->next = call->raw_fields;
    call->raw_fields = raw;
    return 0;
}

bool call_is_being_stored(const struct call *call)
{
    return call->sends && message_is_being_stored(&call->message);
}

void call_deinit(struct call *call)
{
    hub_forget(call->hub, &call->subject);
    if (call->cancel != NULL)
        call->cancel(call);
    if (call->held_room != NULL)
        room_release(call->held_room);
    free(call->own_text);
    json_free(call->fields);
    while (call->raw_fields != NULL) {
        struct raw_field *raw = call->raw_fields;
        call->raw_fields = raw->next;
        free(raw);
    }
    call_event_free(call->event);
}
