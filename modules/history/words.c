#include "words.h"

#include <string.h>

int words_add(struct db *db, int64_t id, const char *text)
{
    static const char sql[] = "INSERT INTO words (rowid, text) VALUES (?1, ?2)";
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &id);

    sqlite3_bind_text(stmt, 2, text, -1, SQLITE_STATIC);
    return db_run(stmt);
}

int words_remove(struct db *db, int64_t id, const char *text)
{
    static const char sql[] = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?1, ?2)";
    static const char owe[] = "INSERT OR IGNORE INTO owed VALUES ('compact')";
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &id);

    sqlite3_bind_text(stmt, 2, text, -1, SQLITE_STATIC);
    int err = db_run(stmt);
    return err == SQLITE_OK ? db_run(db_statement(db, owe)) : err;
}

/* ---- Indexing ----------------------------------------------------------------------------- */

static int index_events(struct db *db, struct words_part *part, int *budget)
{
    static const char sql[] =
        "SELECT id, CASE WHEN type = 'message' THEN body ->> '$.text' END FROM events"
        " WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3";
    const int64_t values[] = {event_id(part->room, part->after), event_id(part->room, part->last),
                              *budget};
    sqlite3_stmt *stmt = db_integers(db, sql, 3, values);
    int64_t last = part->last;
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(stmt, 0);
        int is_text = sqlite3_column_type(stmt, 1) == SQLITE_TEXT;
        struct chatd_str text;
        if ((err = db_get_text(stmt, 1, &text)) != SQLITE_OK ||
            (is_text && (err = words_add(db, id, text.p)) != SQLITE_OK))
            break;
        if (--*budget == 0)
            last = id & SEQ_MAX;
    }
    sqlite3_reset(stmt);
    if (err == SQLITE_DONE)
        part->after = last;
    return err == SQLITE_DONE ? SQLITE_OK : err;
}

static int note_indexed(struct db *db, const struct words_part *part)
{
    static const char sql[] = "UPDATE rooms SET indexed = ?2 WHERE id = ?1";
    const int64_t values[] = {part->room, part->after};

    return db_run(db_integers(db, sql, 2, values));
}

int words_index(struct db *db, struct words_part *parts, size_t n, int max)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");
    int budget = max;

    for (size_t i = 0; i < n && budget > 0 && err == SQLITE_OK; i++) {
        err = index_events(db, &parts[i], &budget);
        if (err == SQLITE_OK)
            err = note_indexed(db, &parts[i]);
    }
    if (err == SQLITE_OK)
        err = db_exec(db, "COMMIT");
    if (err != SQLITE_OK)
        (void)db_exec(db, "ROLLBACK");
    return err;
}

/* ---- Compacting --------------------------------------------------------------------------- */

int words_compact(struct db *db, int is_first)
{
    static const char begin[] = "INSERT INTO words (words, rank) VALUES ('merge', -500)";
    static const char go_on[] = "INSERT INTO words (words, rank) VALUES ('merge', 500)";
    int before = sqlite3_total_changes(db->sql);
    int err = db_run(db_statement(db, is_first ? begin : go_on));

    if (err != SQLITE_OK)
        return err;
    return sqlite3_total_changes(db->sql) - before < 2 ? SQLITE_DONE : SQLITE_OK;
}

int words_owe(struct db *db)
{
    static const char sql[] = "SELECT 1 FROM owed WHERE work = 'compact'";
    sqlite3_stmt *stmt = db_statement(db, sql);
    int err = db_step(stmt);

    sqlite3_reset(stmt);
    return err == SQLITE_ROW ? 1 : err == SQLITE_DONE ? 0 : -1;
}

int words_settle(struct db *db)
{
    static const char sql[] = "DELETE FROM owed WHERE work = 'compact'";

    return db_run(db_statement(db, sql));
}
