#include "chat/client.h"

#include "chat/resume.h"
#include "chat/room.h"

#include <errno.h>
#include <stdlib.h>

struct client *client_new(struct user *user, struct link *link)
{
    struct client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    *client = (struct client){.user = user, .next = user->clients, .link = link};
    client->id = idmap_add(&user->hub->ids, ID_CLIENT, client);
    if (client->id == 0) {
        free(client);
        return NULL;
    }
    user->clients = client;
    return client;
}

void client_subscribe(struct client *client)
{
    struct user *user = client->user;

    for (struct member *at = user->memberships; at != NULL; at = at->user_next)
        if (topic_subscribe(&at->room->topic, client->link->conn, user) == -ENOMEM)
            conn_abort(client->link->conn);
}

void client_opened(struct client *client)
{
    struct user *user = client->user;
    struct hub *hub = user->hub;
    bool was_away = resume_return(user);

    if (client->next == NULL && !was_away && hub_hooked(hub, HOOK_PRESENCE))
        hub->ops->presence(hub->ops_arg, user, true);
    user_changed(user);
    if (hub_hooked(hub, HOOK_OPENED))
        hub->ops->opened(hub->ops_arg, client);
}

static void unlink_from_user(struct client *client)
{
    struct client **at = &client->user->clients;

    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
}

/* What is stored of him is what he has before he leaves his rooms. */
static void begin_end(struct user *user)
{
    struct hub *hub = user->hub;

    if (user->ending)
        return;
    user->ending = true;
    if (hub->store != NULL && user->bot_of == NULL)
        hub->store->user(hub->store_arg, user, false);
}

void user_end(struct user *user)
{
    struct hub *hub = user->hub;

    hub_enter(hub);
    begin_end(user);
    while (user->memberships != NULL)
        room_leave(user->memberships);
    if (hub_hooked(hub, HOOK_PRESENCE))
        hub->ops->presence(hub->ops_arg, user, false);
    user_free(user);
    hub_leave(hub);
}

void client_free(struct client *client, bool for_good)
{
    struct user *user = client->user;
    struct hub *hub = user->hub;
    bool last = user->clients == client && client->next == NULL;
    bool stays = user->bot_of != NULL || (!for_good && resume_keep(client));

    hub_enter(hub);
    if (last && !stays) {
        begin_end(user);
        while (user->memberships != NULL)
            room_leave(user->memberships);
    }
    if (hub_hooked(hub, HOOK_CLOSED))
        hub->ops->closed(hub->ops_arg, client);
    unlink_from_user(client);
    idmap_remove(&hub->ids, client->id);
    hub_free_slots(hub, ID_CLIENT, client->slots);
    free(client->uses);
    free(client);
    if (last && !stays)
        user_end(user);
    hub_leave(hub);
}

struct client *client_by_id(struct hub *hub, uint64_t id)
{
    return idmap_get(&hub->ids, ID_CLIENT, id);
}

void client_send(struct client *client, struct slice json, enum send_class send_class)
{
    client->link->ops->send(client->link, json, send_class);
}

void user_send(struct user *user, struct slice json, enum send_class send_class)
{
    for (struct client *client = user->clients; client != NULL; client = client->next)
        client_send(client, json, send_class);
}
