#include "restore.h"

#include "batch.h"
#include "recall.h"

#include <stdlib.h>
#include <string.h>

/* Of so many events the start waits. */
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

static int is_back(struct chatd_self *self, struct chatd_str text)
{
    struct chatd_json *saved = json->parse(text.p, text.n);
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

    while ((err = db_step(stmt)) == SQLITE_ROW) {
        struct chatd_str id;
        struct chatd_str saved;
        if ((err = db_get_text(stmt, 0, &id)) != SQLITE_OK ||
            (err = db_get_text(stmt, 1, &saved)) != SQLITE_OK ||
            (!is_back(self, saved) && (err = add_absent(&absent, id.p)) != SQLITE_OK))
            break;
    }
    sqlite3_reset(stmt);
    int marked = mark_absent(db, absent, chatd->now_ms(self));
    return err != SQLITE_DONE ? err : marked;
}

/* ---- Events ------------------------------------------------------------------------------- */

/* A server with very many rooms begins before it has the last events of all. */
static int restore_room(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    struct restoring *restoring = arg;
    struct log *log = rooms_of(room);

    if (log == NULL)
        return 0;
    if (restoring->n_events >= ALL_EVENTS) {
        recall_begin(self, room, log);
        return 0;
    }
    restoring->err = recall_now(self, restoring->db, room, log, &restoring->n_events);
    return restoring->err == SQLITE_OK ? 0 : -1;
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
