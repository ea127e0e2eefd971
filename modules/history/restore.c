#include "restore.h"

#include "batch.h"

#include <stdlib.h>
#include <string.h>

/* So many events at most of all rooms together. */
enum { ALL_EVENTS = 50000 };

struct restoring {
    struct db *db;
    int64_t n_events;
    int err;
};

/* ---- Users -------------------------------------------------------------------------------- */

/* Those who cannot be here again: forget it, but know them when they come. */
struct absent {
    struct absent *next;
    char public_id[];
};

static int add_absent(struct absent **list, const char *public_id)
{
    size_t n = strlen(public_id) + 1;
    struct absent *absent = malloc(sizeof(*absent) + n);

    if (absent == NULL)
        return SQLITE_NOMEM;
    memcpy(absent->public_id, public_id, n);
    absent->next = *list;
    *list = absent;
    return SQLITE_OK;
}

static int mark_absent(struct db *db, struct absent *list, int64_t now_ms)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");

    while (list != NULL) {
        struct absent *absent = list;
        list = absent->next;
        if (err == SQLITE_OK)
            err = batch_mark_gone(db, absent->public_id, now_ms);
        free(absent);
    }
    if (err == SQLITE_OK)
        err = db_exec(db, "COMMIT");
    if (err != SQLITE_OK)
        (void)db_exec(db, "ROLLBACK");
    return err;
}

static int is_back(struct chatd_self *self, const char *text)
{
    struct chatd_json *saved = json->parse(text, strlen(text));
    chatd_id user = saved != NULL ? store->user_restore(self, saved) : 0;

    json->free(saved);
    return user != 0;
}

static int restore_users(struct chatd_self *self, struct db *db)
{
    static const char sql[] = "SELECT public_id, saved FROM users WHERE here = 1";
    sqlite3_stmt *stmt = db_statement(db, sql);
    struct absent *absent = NULL;
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW)
        if (!is_back(self, db_text(stmt, 1)) && add_absent(&absent, db_text(stmt, 0)) != SQLITE_OK)
            break;
    sqlite3_reset(stmt);
    int marked = mark_absent(db, absent, chatd->now_ms(self));
    return err != SQLITE_DONE ? err : marked;
}

/* ---- Events ------------------------------------------------------------------------------- */

/* The ids of a JSON array. NULL for none, and without memory. */
static struct chatd_str *read_hidden(const struct chatd_json *list)
{
    size_t n = json->count(list);
    struct chatd_str *ids = n > 0 ? calloc(n, sizeof(*ids)) : NULL;

    for (size_t i = 0; ids != NULL && i < n; i++) {
        const char *id = json->str(json->item(list, i), "");
        ids[i] = (struct chatd_str){id, strlen(id)};
    }
    return ids;
}

static struct chatd_str str(const char *text)
{
    return (struct chatd_str){text, strlen(text)};
}

int restore_event(struct chatd_self *self, struct chatd_room *room, const struct stored_row *row)
{
    struct chatd_str list = str(row->hidden);
    struct chatd_json *parsed = list.n > 0 ? json->parse(list.p, list.n) : NULL;
    struct chatd_str *hidden = read_hidden(parsed);
    const struct chatd_stored_event event = {
        .size = sizeof(event),
        .seq = row->seq,
        .ts = row->ts,
        .json = str(row->body),
        .from = str(row->author),
        .cid = str(row->cid),
        .hidden = hidden,
        .n_hidden = hidden != NULL ? json->count(parsed) : 0,
    };
    /* One that is kept from nobody because there was no memory for it is not restored at all. */
    int err = list.n > 0 && hidden == NULL ? -1 : store->event_restore(self, room, &event);

    free(hidden);
    json->free(parsed);
    return err;
}

/* The first of the last events that have no gap. */
static int find_first(struct db *db, const struct log *log, int64_t *first, int64_t *n)
{
    static const char sql[] = "SELECT id FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC"
                              " LIMIT ?3";
    const int64_t values[] = {event_id(log->id, 1), event_id(log->id, log->seq), RESTORED_EVENTS};
    sqlite3_stmt *stmt = db_integers(db, sql, 3, values);
    int err;

    *n = 0;
    *first = log->seq + 1;
    while ((err = db_step(stmt)) == SQLITE_ROW) {
        if ((sqlite3_column_int64(stmt, 0) & SEQ_MAX) != *first - 1) {
            err = SQLITE_DONE;
            break;
        }
        --*first;
        ++*n;
    }
    sqlite3_reset(stmt);
    return err == SQLITE_DONE ? SQLITE_OK : err;
}

static int restore_room(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    static const char sql[] = "SELECT id, ts, body, author, cid, hidden FROM events"
                              " WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    struct restoring *restoring = arg;
    const struct log *log = rooms_of(room);
    int64_t first;
    int64_t n;

    if (log == NULL || restoring->n_events >= ALL_EVENTS)
        return 0;
    restoring->err = find_first(restoring->db, log, &first, &n);
    if (restoring->err != SQLITE_OK)
        return -1;
    const int64_t values[] = {event_id(log->id, first), event_id(log->id, log->seq)};
    sqlite3_stmt *stmt = db_integers(restoring->db, sql, 2, values);
    while ((restoring->err = db_step(stmt)) == SQLITE_ROW) {
        const struct stored_row row = {
            .seq = sqlite3_column_int64(stmt, 0) & SEQ_MAX,
            .ts = sqlite3_column_int64(stmt, 1),
            .body = db_text(stmt, 2),
            .author = db_text(stmt, 3),
            .cid = db_text(stmt, 4),
            .hidden = db_text(stmt, 5),
        };
        if (restore_event(self, room, &row) != 0)
            break;
    }
    sqlite3_reset(stmt);
    restoring->n_events += n;
    return restoring->err == SQLITE_ROW || restoring->err == SQLITE_DONE ? 0 : -1;
}

int restore_all(struct chatd_self *self, struct db *db, char why[WHY_BYTES])
{
    struct restoring restoring = {.db = db};
    int err = restore_users(self, db);

    if (err == SQLITE_OK && chatd->rooms_each(self, restore_room, &restoring) != 0)
        err = restoring.err;
    if (err == SQLITE_OK)
        return 0;
    db_why(db, why);
    return -1;
}
