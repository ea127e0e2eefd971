#include "rooms.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct log *first; /* of all */
static size_t n_logs;
static int64_t last_id;
static int is_full_told;
static void *by_name;             /* the current ones: the tree of <search.h>, which is balanced */
static struct log *first_lagging; /* the one that has lagged for longest */
static struct log **last_lagging = &first_lagging;
static size_t n_wanted;

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct log *)a)->name, ((const struct log *)b)->name);
}

/* ---- Logs --------------------------------------------------------------------------------- */

static struct log *find(const char *name)
{
    /* Only looked at. */
    const struct log key = {.name = (char *)(uintptr_t)name};
    struct log *const *found = tfind(&key, &by_name, compare_names);

    return found != NULL ? *found : NULL;
}

static void log_free(struct log *log)
{
    free(log->name);
    free(log->topic);
    free(log);
}

/* The last log of its name takes the place of the one before. */
static int make_current(struct log *log)
{
    const struct log *before = find(log->name);

    if (before != NULL)
        tdelete(before, &by_name, compare_names);
    return tsearch(log, &by_name, compare_names) != NULL ? 0 : -1;
}

/* NULL without memory. */
static struct log *add(int64_t id, const char *name, const char *epoch)
{
    struct log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->id = id;
    log->name = strdup(name);
    snprintf(log->epoch, sizeof(log->epoch), "%s", epoch);
    if (log->name == NULL || make_current(log) != 0) {
        log_free(log);
        return NULL;
    }
    log->link = &first;
    log->next = first;
    if (first != NULL)
        first->link = &log->next;
    first = log;
    n_logs++;
    if (id > last_id)
        last_id = id;
    return log;
}

struct log *rooms_by_name(const char *name)
{
    return find(name);
}

struct log *rooms_of(struct chatd_room *room)
{
    struct log *log = find(chatd->room_name(room).p);

    return log != NULL && strcmp(log->epoch, chatd->room_epoch(room).p) == 0 ? log : NULL;
}

/* Numbers are not used again: those of events that are still there have theirs in them. */
static int has_number(struct chatd_self *self)
{
    if (last_id < ROOM_MAX)
        return 1;
    if (!is_full_told)
        chatd->log(self, CHATD_LOG_ERROR,
                   "no further room can be stored: the database has had %" PRId64 " of them",
                   (int64_t)ROOM_MAX);
    is_full_told = 1;
    return 0;
}

struct log *rooms_begin(struct chatd_self *self, struct chatd_room *room)
{
    struct log *log = rooms_of(room);

    if (log == NULL && has_number(self))
        log = add(last_id + 1, chatd->room_name(room).p, chatd->room_epoch(room).p);
    if (log != NULL)
        log->room = chatd->room_id(room);
    return log;
}

static void lag(struct log *log)
{
    if (log->is_lagging || log->indexed >= log->seq)
        return;
    log->is_lagging = 1;
    log->next_lagging = NULL;
    *last_lagging = log;
    last_lagging = &log->next_lagging;
}

void rooms_stored(struct log *log, int64_t seq, int64_t ts)
{
    log->seq = seq;
    log->ts = ts;
    lag(log);
}

void rooms_set_topic(struct log *log, const char *topic)
{
    char *copy = topic[0] != '\0' ? strdup(topic) : NULL;

    free(log->topic);
    log->topic = copy;
}

static void stop_lagging(struct log *log)
{
    struct log **at = &first_lagging;

    if (!log->is_lagging)
        return;
    while (*at != log)
        at = &(*at)->next_lagging;
    *at = log->next_lagging;
    if (*at == NULL)
        last_lagging = at;
    n_wanted -= (size_t)log->is_wanted;
    log->is_lagging = log->is_wanted = 0;
}

static void forget(struct log *log)
{
    stop_lagging(log);
    if (find(log->name) == log)
        tdelete(log, &by_name, compare_names);
    *log->link = log->next;
    if (log->next != NULL)
        log->next->link = log->link;
    n_logs--;
    log_free(log);
}

void rooms_failed(struct log *log)
{
    if (log->seq == 0)
        forget(log);
}

/* ---- Start and end ------------------------------------------------------------------------ */

static int load(sqlite3_stmt *stmt)
{
    struct chatd_str name;
    struct chatd_str epoch;
    struct chatd_str topic;

    if (db_get_text(stmt, 1, &name) != SQLITE_OK || db_get_text(stmt, 2, &epoch) != SQLITE_OK ||
        db_get_text(stmt, 5, &topic) != SQLITE_OK)
        return SQLITE_NOMEM;
    struct log *log = add(sqlite3_column_int64(stmt, 0), name.p, epoch.p);
    if (log == NULL)
        return SQLITE_NOMEM;
    log->indexed = sqlite3_column_int64(stmt, 6);
    rooms_set_topic(log, topic.p);
    rooms_stored(log, sqlite3_column_int64(stmt, 3), sqlite3_column_int64(stmt, 4));
    return SQLITE_OK;
}

static int load_all(struct db *db)
{
    static const char all[] = "SELECT id, name, epoch, seq, ts, topic, indexed FROM rooms"
                              " WHERE name IS NOT NULL ORDER BY id";
    static const char last[] = "SELECT max(id) FROM rooms";
    sqlite3_stmt *stmt = db_statement(db, all);
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW)
        if (load(stmt) != SQLITE_OK)
            break;
    sqlite3_reset(stmt);
    if (err != SQLITE_DONE)
        return err == SQLITE_ROW ? SQLITE_NOMEM : err;
    stmt = db_statement(db, last);
    err = db_step(stmt);
    if (err == SQLITE_ROW)
        last_id = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return err == SQLITE_ROW ? SQLITE_OK : err;
}

static int adopt(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    static const char sql[] = "UPDATE rooms SET seq = max(seq, ?1), adrift = 0"
                              " WHERE name = ?2 AND epoch = ?3";
    const int64_t seq = chatd->room_seq(room);
    struct chatd_str name = chatd->room_name(room);
    struct chatd_str epoch = chatd->room_epoch(room);
    sqlite3_stmt *stmt = db_integers(arg, sql, 1, &seq);

    (void)self;
    db_bind_text(stmt, 2, name.p, name.n);
    db_bind_text(stmt, 3, epoch.p, epoch.n);
    return db_run(stmt);
}

static int take_back(struct chatd_self *self, struct db *db)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");

    if (err == SQLITE_OK)
        err = chatd->rooms_each(self, adopt, db);
    if (err == SQLITE_OK)
        err = db_exec(db, "UPDATE rooms SET epoch = lower(hex(randomblob(4))), adrift = 0"
                          " WHERE adrift = 1");
    return err == SQLITE_OK ? db_exec(db, "COMMIT") : err;
}

static int is_living(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    struct log *log = rooms_of(room);

    (void)self;
    (void)arg;
    if (log != NULL)
        log->room = chatd->room_id(room);
    return 0;
}

int rooms_start(struct chatd_self *self, struct db *db, char why[WHY_BYTES])
{
    int err = take_back(self, db);

    if (err == SQLITE_OK)
        err = load_all(db);
    if (err != SQLITE_OK)
        db_why(db, why);
    chatd->rooms_each(self, is_living, NULL);
    return err == SQLITE_OK ? 0 : -1;
}

static int let_go(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    static const char sql[] = "UPDATE rooms SET adrift = 1 WHERE id = ?1";
    const struct log *log = rooms_of(room);

    (void)self;
    return log != NULL ? db_run(db_integers(arg, sql, 1, &log->id)) : SQLITE_OK;
}

int rooms_let_go(struct chatd_self *self, struct db *db)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");

    if (err == SQLITE_OK)
        err = chatd->rooms_each(self, let_go, db);
    return err == SQLITE_OK ? db_exec(db, "COMMIT") : err;
}

void rooms_stop(void)
{
    for (struct log *log = first; log != NULL; log = log->next)
        log->is_lagging = 0;
    first_lagging = NULL;
    last_lagging = &first_lagging;
    n_wanted = 0;
    while (first != NULL)
        forget(first);
    last_id = 0;
    is_full_told = 0;
}

/* ---- Those that lag ----------------------------------------------------------------------- */

int rooms_lag(void)
{
    return first_lagging != NULL;
}

int rooms_want(void)
{
    return n_wanted > 0;
}

int rooms_want_log(struct log *log)
{
    if (log->is_lagging && !log->is_wanted) {
        log->is_wanted = 1;
        n_wanted++;
    }
    return log->is_lagging;
}

static size_t choose(struct log **logs, size_t n, size_t most, int is_wanted)
{
    for (struct log *log = first_lagging; log != NULL && n < most; log = log->next_lagging)
        if (log->is_wanted == is_wanted)
            logs[n++] = log;
    return n;
}

size_t rooms_lagging(struct log **logs, size_t n)
{
    size_t wanted = n_wanted > 0 ? choose(logs, 0, n, 1) : 0;

    return choose(logs, wanted, n, 0);
}

void rooms_indexed(struct log *log, int64_t indexed)
{
    log->indexed = indexed;
    if (indexed >= log->seq)
        stop_lagging(log);
}

/* ---- Those that go ------------------------------------------------------------------------ */

static int compare_ages(const void *a, const void *b)
{
    const struct log *x = *(struct log *const *)a;
    const struct log *y = *(struct log *const *)b;

    return (x->ts > y->ts) - (x->ts < y->ts);
}

size_t rooms_expel(struct chatd_self *self, size_t max, int64_t *ids, size_t n)
{
    size_t n_out = 0;
    size_t n_dead = 0;

    if (n_logs <= max)
        return 0;
    struct log **dead = malloc(n_logs * sizeof(struct log *));
    if (dead == NULL)
        return 0;
    for (struct log *log = first; log != NULL; log = log->next)
        if (log->room == 0 || chatd->room_by_id(self, log->room) == NULL)
            dead[n_dead++] = log;
    qsort(dead, n_dead, sizeof(struct log *), compare_ages);
    for (; n_out < n_dead && n_out < n && n_logs > max; n_out++) {
        ids[n_out] = dead[n_out]->id;
        forget(dead[n_out]);
    }
    free((void *)dead);
    return n_out;
}
