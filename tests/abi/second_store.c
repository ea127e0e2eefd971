/* Wants to store, too. */
#include "chatd-module.h"

static const struct chatd_api *chatd;

static void on_room(struct chatd_self *self, struct chatd_room *room)
{
    (void)self;
    (void)room;
}

static void on_event(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    (void)self;
    (void)room;
    (void)event;
}

static void on_user(struct chatd_self *self, struct chatd_user *user, int here)
{
    (void)self;
    (void)user;
    (void)here;
}

static void on_fetch(struct chatd_self *self, struct chatd_room *room, int64_t seq, chatd_id request)
{
    (void)self;
    (void)room;
    (void)seq;
    (void)request;
}

static int init(struct chatd_self *self)
{
    static const struct chatd_store_ops ops = {sizeof(ops), on_room, on_event, on_user, on_fetch};
    const struct chatd_store_api *store = chatd->iface(self, "store", 1);

    return store->provide(self, &ops);
}

CHATD_MODULE(.name = "second_store", .version = "1.0", .about = "stores, too", .api = &chatd,
             .need_minor = 10, .init = init);
