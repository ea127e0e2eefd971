/*
 * history: keeps rooms, events and users in an SQLite database, so that they outlive the server.
 *
 * It is the store of the server: an event is told to a room when it has been written, and a client
 * gets `ok` then. After a restart rooms go on with their numbers and topics, and who was there
 * comes back with his token as after a broken connection. Whoever left is known again, by the same
 * token, for as long as `remember` says.
 *
 * {"type": "history", "room", "before" | "after" | "around": SEQ, "limit"} reads what was said, as
 * it is after edits, deletions and reactions; {"type": "search", "text", "room", "before": TS,
 * "limit"} finds messages by their words. Members read what was said before they came unless
 * `before_join` is off.
 *
 * Nothing here waits for the disk but start() and stop(). What has come while one batch was written
 * makes the next one (writer.c, batch.c), in one transaction. Between batches the same connection
 * keeps the index of words and removes what is too old (upkeep.c, words.c, retention.c). Pages and
 * searches have a connection of their own (reader.c, page.c, search.c, tell.c). recall.c reads the
 * end of a room that begins again. rooms.c has all rooms in memory, users.c those who changed;
 * restore.c is for the start, and db.c has the schema.
 */
#include "history.h"

#include "db.h"
#include "page.h"
#include "reader.h"
#include "recall.h"
#include "restore.h"
#include "search.h"
#include "tell.h"
#include "upkeep.h"
#include "users.h"
#include "writer.h"

#include <stdio.h>
#include <string.h>

const struct chatd_api *chatd;
const struct chatd_json_api *json;
const struct chatd_store_api *store;

static struct db writes;
static struct db reads;
static int lock = -1;
static int has_started; /* before, restore.c recalls the rooms */

/* ---- What the server tells its store ------------------------------------------------------ */

static void on_room(struct chatd_self *self, struct chatd_room *room)
{
    struct log *log = rooms_by_name(chatd->room_name(room).p);

    if (log == NULL || log->seq == 0)
        return;
    const char *topic = log->topic != NULL ? log->topic : "";
    int err = store->room_restore(self, room, log->epoch, log->seq, topic, strlen(topic));
    if (err == 0) {
        log->room = chatd->room_id(room);
        if (has_started)
            recall_begin(self, room, log);
    } else {
        chatd->log(self, CHATD_LOG_ERROR, "room %s begins anew: %s", log->name, strerror(-err));
    }
}

static const struct chatd_store_ops store_ops = {
    .size = sizeof(store_ops),
    .room = on_room,
    .event = writer_add,
    .user = users_changed,
    .fetch = tell_fetched,
};

/* ---- Tables ------------------------------------------------------------------------------- */

static const char *const features[] = {"history", "search", NULL};

#define DAY_MS INT64_C(86400000)

static const struct chatd_option options[] = {
    CHATD_OPTION("file", CHATD_PATH, "", "the database; when empty, history.db in data_dir"),
    CHATD_OPTION_ENUM("sync", "full", "full|normal",
                      "full: what is stored outlives a power failure; normal: only a crash"),
    CHATD_OPTION_RANGE("page_max", CHATD_INT, "200", 1, 1000, "events in an answer"),
    CHATD_OPTION("before_join", CHATD_BOOL, "true",
                 "members read what was said before they joined"),
    CHATD_OPTION_RANGE("remember", CHATD_DURATION, "30d", 0, 3650 * DAY_MS,
                       "so long who left is known again; 0s: not at all"),
    CHATD_OPTION_RANGE("max_remembered", CHATD_INT, "100000", 0, 10000000, "so many who left are"),
    CHATD_OPTION_RANGE("max_age", CHATD_DURATION, "0s", 0, 36500 * DAY_MS,
                       "older events are removed; 0s: none"),
    CHATD_OPTION_RANGE("max_events", CHATD_INT, "0", 0, INT64_C(1000000000),
                       "events kept of a room; 0: all"),
    CHATD_OPTION_RANGE("max_rooms", CHATD_INT, "100000", 0, 10000000,
                       "rooms kept, those with members in any case; 0: all"),
    CHATD_OPTION_RANGE("max_size", CHATD_SIZE, "0", 0, INT64_C(1) << 44,
                       "of the database; above it messages are refused; 0: any size"),
    CHATD_OPTION_RANGE("interval", CHATD_DURATION, "1m", 100, DAY_MS,
                       "how often it is looked for what is too old, or too much"),
    CHATD_END,
};

static const struct chatd_hook hooks[] = {
    CHATD_ON_AUTH(users_on_auth, 0),
    CHATD_ON_MESSAGE(recall_on_message, -1000),
    CHATD_END,
};

static const struct chatd_verb verbs[] = {
    CHATD_VERB("history", CHATD_VERB_ROOM, 50, 10000, page_on_history),
    CHATD_VERB("search", 0, 20, 10000, search_on_search),
    CHATD_END,
};

/* ---- Start and end ------------------------------------------------------------------------ */

static int check(struct chatd_self *self)
{
    int64_t max_size = chatd->option_int(self, "max_size");

    if (max_size != 0 && max_size < 1 << 20)
        return chatd->option_error(self, "max_size", "is below 1M");
    return 0;
}

static int init(struct chatd_self *self)
{
    json = chatd->iface(self, "json", 1);
    store = chatd->iface(self, "store", 1);
    if (json == NULL || store == NULL || store->provide(self, &store_ops) != 0)
        return -1;
    return users_init(self);
}

static void close_all(void)
{
    db_close(&reads);
    db_close(&writes);
    db_unlock(lock);
    lock = -1;
    rooms_stop();
}

static int open_all(struct chatd_self *self, const char *file, char why[WHY_BYTES])
{
    int is_durable = chatd->option_int(self, "sync") == 0;

    lock = db_lock(file, why);
    if (lock < 0 || db_open(&writes, file, DB_WRITES, why) != 0 ||
        db_open(&reads, file, DB_READS, why) != 0)
        return -1;
    if (db_configure(&writes, is_durable, chatd->option_int(self, "max_size")) != SQLITE_OK) {
        db_why(&writes, why);
        return -1;
    }
    return rooms_start(self, &writes, why);
}

static int is_somebody(struct chatd_self *self, struct chatd_user *user, void *arg)
{
    (void)self;
    (void)arg;
    return !chatd->user_is_bot(user);
}

/* A server that runs knows better than the database who is there. */
static int begin(struct chatd_self *self, const struct chatd_json *saved, char why[WHY_BYTES])
{
    if (saved == NULL && chatd->users_each(self, is_somebody, NULL) == 0) {
        if (restore_all(self, &writes, why) != 0)
            return -1;
    } else {
        if (batch_forget_here(&writes, chatd->now_ms(self)) != SQLITE_OK) {
            db_why(&writes, why);
            return -1;
        }
        users_save_all(self);
    }
    return upkeep_start(self, &writes, why);
}

static void file_name(struct chatd_self *self, char *out, size_t n)
{
    struct chatd_str file = chatd->option_str(self, "file");

    if (file.n > 0)
        snprintf(out, n, "%s", file.p);
    else
        snprintf(out, n, "%s/history.db", chatd->data_dir(self).p);
}

static int start(struct chatd_self *self, const struct chatd_json *saved)
{
    char file[4096];
    char why[WHY_BYTES] = "";

    file_name(self, file, sizeof(file));
    writer_start(&writes);
    reader_start(&reads);
    if (open_all(self, file, why) == 0 && begin(self, saved, why) == 0) {
        has_started = 1;
        return 0;
    }
    chatd->log(self, CHATD_LOG_ERROR, "%s: %s", file, why);
    users_stop(self);
    upkeep_stop(self);
    close_all();
    return -1;
}

static void stop(struct chatd_self *self, struct chatd_json *save)
{
    writer_stop(self);
    if (save != NULL && rooms_let_go(self, &writes) != SQLITE_OK)
        chatd->log(self, CHATD_LOG_ERROR, "it is not noted which rooms go on without this module");
    has_started = 0;
    reader_stop(self);
    upkeep_stop(self);
    users_stop(self);
    close_all();
}

CHATD_MODULE(.name = "history", .version = "1.0", .about = "keeps what was said, and finds it",
             .api = &chatd, .need_minor = 10, .features = features, .options = options,
             .hooks = hooks, .verbs = verbs, .check = check, .init = init, .start = start,
             .stop = stop);
