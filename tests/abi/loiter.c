/* Begins everything that it can in a callback where it should not, the one that the option `at`
 * names. When some of it were called after the module's end, the server would crash. */
#include "chatd-module.h"

#include <string.h>
#include <unistd.h>

static const struct chatd_api *chatd;

static struct chatd_self *me;
static int slot;

static void on_timer(struct chatd_self *self, void *arg)
{
    (void)self, (void)arg;
}

static void on_watch(struct chatd_self *self, int fd, unsigned events, void *arg)
{
    (void)self, (void)fd, (void)events, (void)arg;
}

static void on_service(struct chatd_self *self, const char *name, const void *table, void *arg)
{
    (void)self, (void)name, (void)table, (void)arg;
}

static void work(void *arg)
{
    (void)arg;
    usleep(10000);
}

static void on_done(struct chatd_self *self, void *again)
{
    chatd->timer_start(self, 0, 1, on_timer, NULL);
    if (again != NULL)
        chatd->job(self, work, on_done, NULL);
}

static void begin(struct chatd_self *self)
{
    struct chatd_user *alice = chatd->user_by_nick(self, "alice", 5);

    chatd->log(self, CHATD_LOG_INFO, "loiters");
    chatd->timer_start(self, 0, 1, on_timer, NULL);
    chatd->watch_start(self, 2, CHATD_WRITE, on_watch, NULL);
    chatd->post(self, on_timer, NULL);
    chatd->job(self, work, on_done, self);
    chatd->bot_new(self, "loiterer");
    chatd->service_use(self, "anything", 1, on_service, NULL);
    if (alice != NULL)
        chatd->slot_set(self, slot, chatd->user_id(alice), "loiters");
}

static int begin_at(struct chatd_self *self, const char *where)
{
    const char *at = chatd->option_str(self, "at").p;
    size_t n = strlen(where);

    if (strncmp(at, where, n) != 0)
        return 0;
    begin(self);
    return strcmp(at + n, "_and_fail") == 0 ? -1 : 0;
}

static void on_free(void *data)
{
    (void)data;
    begin_at(me, "free");
}

static const struct chatd_slot_ops ops = {.size = sizeof(ops), .free = on_free};

static int check(struct chatd_self *self)
{
    return begin_at(self, "check");
}

static int init(struct chatd_self *self)
{
    me = self;
    slot = chatd->slot_new(self, CHATD_SLOT_USER, &ops);
    return begin_at(self, "init");
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    (void)saved;
    return begin_at(self, "start");
}

static int on_hold(struct chatd_self *self, struct chatd_call *call)
{
    chatd_id user = chatd->user_id(chatd->call_user(call));

    if (chatd->slot_get(self, slot, user) != NULL)
        return chatd->deny(self, "conflict", "it holds something already");
    return chatd->slot_set(self, slot, user, "held") == 0 ? CHATD_ACCEPT : CHATD_DENY;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    (void)save;
    begin_at(self, "stop");
}

static void fini(struct chatd_self *self)
{
    begin_at(self, "fini");
}

static const struct chatd_option options[] = {
    CHATD_OPTION("at", CHATD_STRING, "", "where it begins what it should not"),
    CHATD_END,
};

static const struct chatd_command commands[] = {
    CHATD_COMMAND("hold", "", "", on_hold),
    CHATD_END,
};

CHATD_MODULE(.name = "loiter", .version = "1.0", .about = "does not go", .api = &chatd,
             .options = options, .commands = commands, .check = check, .init = init, .start = start,
             .stop = stop, .fini = fini);
