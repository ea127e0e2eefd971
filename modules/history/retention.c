#include "retention.h"

#include "words.h"

/* What a slice does at most. */
enum { EVENTS = 1000, ROOMS = 1000, USERS = 500 };

/* ---- Events ------------------------------------------------------------------------------- */

static int remove_range(struct db *db, int64_t first, int64_t last)
{
    static const char events[] = "DELETE FROM events WHERE id BETWEEN ?1 AND ?2";
    static const char reactions[] = "DELETE FROM reactions WHERE target BETWEEN ?1 AND ?2";
    const int64_t values[] = {first, last};
    int err = db_run(db_integers(db, events, 2, values));

    return err == SQLITE_OK ? db_run(db_integers(db, reactions, 2, values)) : err;
}

/* Removes events from the beginning of a room: those up to number `max_seq`, and those that are
 * older than `min_ts`. */
static int remove_first(struct db *db, int64_t room, int64_t max_seq, int64_t min_ts, int *budget)
{
    static const char sql[] =
        "SELECT e.id, e.ts, CASE WHEN e.type = 'message' AND e.id" SQL_SEQ " <= indexed"
        " THEN e.body ->> '$.text' END FROM events e JOIN rooms ON rooms.id = ?1"
        " WHERE e.id BETWEEN ?2 AND ?3 ORDER BY e.id LIMIT ?4";
    const int64_t values[] = {room, event_id(room, 1), event_id(room, SEQ_MAX), *budget};
    sqlite3_stmt *stmt = db_integers(db, sql, 4, values);
    int64_t last = 0;
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(stmt, 0);
        if ((id & SEQ_MAX) > max_seq && sqlite3_column_int64(stmt, 1) >= min_ts)
            break;
        int is_text = sqlite3_column_type(stmt, 2) == SQLITE_TEXT;
        struct chatd_str text;
        if ((err = db_get_text(stmt, 2, &text)) != SQLITE_OK ||
            (is_text && (err = words_remove(db, id, text.p)) != SQLITE_OK))
            break;
        last = id;
        --*budget;
    }
    sqlite3_reset(stmt);
    if (err != SQLITE_ROW && err != SQLITE_DONE)
        return err;
    return last != 0 ? remove_range(db, event_id(room, 1), last) : SQLITE_OK;
}

static int look_at_rooms(struct db *db, struct retention *retention)
{
    static const char sql[] = "SELECT id, seq FROM rooms WHERE id >= ?1 AND name IS NOT NULL"
                              " ORDER BY id LIMIT ?2";
    const int64_t values[] = {retention->room, ROOMS};
    sqlite3_stmt *stmt = db_integers(db, sql, 2, values);
    int budget = EVENTS;
    int n = 0;
    int err;

    for (; (err = db_step(stmt)) == SQLITE_ROW && budget > 0; n++) {
        int64_t seq = sqlite3_column_int64(stmt, 1);
        int64_t max_seq = retention->max_events > 0 ? seq - retention->max_events : 0;
        retention->room = sqlite3_column_int64(stmt, 0);
        err = remove_first(db, retention->room, max_seq, retention->min_ts, &budget);
        if (err != SQLITE_OK)
            break;
    }
    sqlite3_reset(stmt);
    retention->has_removed |= budget < EVENTS;
    /* Of a room that took all of it there may be more. */
    retention->room += budget > 0;
    retention->is_done = err == SQLITE_DONE && n < ROOMS && budget > 0;
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* The end of a transaction, as it went. */
static int finish(struct db *db, int err)
{
    if (err == SQLITE_OK)
        err = db_exec(db, "COMMIT");
    if (err != SQLITE_OK)
        (void)db_exec(db, "ROLLBACK");
    return err;
}

int retention_slice(struct db *db, struct retention *retention)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");

    return finish(db, err == SQLITE_OK ? look_at_rooms(db, retention) : err);
}

/* ---- Rooms -------------------------------------------------------------------------------- */

/* It loses its name first, so that it does not come back. */
static int remove_some(struct db *db, int64_t room, int *is_done)
{
    static const char name[] = "UPDATE rooms SET name = NULL WHERE id = ?1";
    static const char row[] = "DELETE FROM rooms WHERE id = ?1";
    int budget = EVENTS;
    int err = db_run(db_integers(db, name, 1, &room));

    if (err == SQLITE_OK)
        err = remove_first(db, room, SEQ_MAX, 0, &budget);
    if (err == SQLITE_OK && budget > 0)
        err = db_run(db_integers(db, row, 1, &room));
    *is_done = err == SQLITE_OK && budget > 0;
    return err;
}

int retention_remove_room(struct db *db, int64_t room, int *is_done)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");

    return finish(db, err == SQLITE_OK ? remove_some(db, room, is_done) : err);
}

int retention_going(struct db *db, int64_t *rooms, int n)
{
    static const char sql[] = "SELECT id FROM rooms WHERE name IS NULL LIMIT ?1";
    const int64_t limit = n;
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &limit);
    int found = 0;
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW && found < n)
        rooms[found++] = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return err == SQLITE_DONE ? found : -1;
}

/* ---- Users -------------------------------------------------------------------------------- */

/* Removes up to USERS rows; there may be more when it were so many. */
static int forget_some(struct db *db, const char *sql, int64_t value, int *is_done)
{
    const int64_t values[] = {value, USERS};
    int err = db_run(db_integers(db, sql, 2, values));

    *is_done &= err == SQLITE_OK && sqlite3_changes(db->sql) < USERS;
    return err;
}

int retention_forget_users(struct db *db, int64_t min_ts, int64_t max, int *is_done)
{
    static const char old[] = "DELETE FROM users WHERE public_id IN (SELECT public_id FROM users"
                              " WHERE here = 0 AND seen < ?1 ORDER BY seen LIMIT ?2)";
    static const char more[] = "DELETE FROM users WHERE public_id IN (SELECT public_id FROM users"
                               " WHERE here = 0 ORDER BY seen DESC LIMIT ?2 OFFSET ?1)";
    int err = db_exec(db, "BEGIN IMMEDIATE");

    *is_done = 1;
    if (err == SQLITE_OK)
        err = forget_some(db, old, min_ts, is_done);
    if (err == SQLITE_OK)
        err = forget_some(db, more, max, is_done);
    return finish(db, err);
}
