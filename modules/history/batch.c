#include "batch.h"

#include "words.h"

#include <stdlib.h>
#include <string.h>

/* ---- Users -------------------------------------------------------------------------------- */

static int write_user(struct db *db, const struct user_row *user)
{
    static const char row[] = "INSERT INTO users VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"
                              " SET saved = excluded.saved, here = excluded.here,"
                              " seen = excluded.seen";
    static const char old_tokens[] =
        "DELETE FROM tokens WHERE public_id = ?1"
        " AND hash NOT IN (SELECT value FROM json_each(?2, '$.tokens'))";
    static const char tokens[] = "INSERT OR REPLACE INTO tokens"
                                 " SELECT value, ?1 FROM json_each(?2, '$.tokens')";
    static const char *const statements[] = {row, old_tokens, tokens};
    int err = SQLITE_OK;

    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]) && err == SQLITE_OK; i++) {
        sqlite3_stmt *stmt = db_statement(db, statements[i]);
        db_bind_text(stmt, 1, user->public_id, strlen(user->public_id));
        db_bind_text(stmt, 2, user->saved, strlen(user->saved));
        if (i == 0) {
            sqlite3_bind_int(stmt, 3, user->seen_ms == 0);
            sqlite3_bind_int64(stmt, 4, user->seen_ms);
        }
        err = db_run(stmt);
    }
    return err;
}

int batch_forget_here(struct db *db, int64_t now_ms)
{
    static const char sql[] = "UPDATE users SET here = 0, seen = ?1 WHERE here = 1";

    return db_run(db_integers(db, sql, 1, &now_ms));
}

int batch_mark_gone(struct db *db, const char *public_id, int64_t now_ms)
{
    static const char sql[] = "UPDATE users SET here = 0, seen = ?1 WHERE public_id = ?2";
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &now_ms);

    db_bind_text(stmt, 2, public_id, strlen(public_id));
    return db_run(stmt);
}

/* ---- Events ------------------------------------------------------------------------------- */

static int write_part(struct db *db, const struct part *part)
{
    static const char sql[] = "INSERT INTO rooms (id, seq, ts, name, epoch)"
                              " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE"
                              " SET seq = excluded.seq, ts = excluded.ts";
    const int64_t values[] = {part->log->id, part->last_seq, part->last_ts};
    sqlite3_stmt *stmt = db_integers(db, sql, 3, values);

    db_bind_text(stmt, 4, part->log->name, strlen(part->log->name));
    db_bind_text(stmt, 5, part->log->epoch, strlen(part->log->epoch));
    return db_run(stmt);
}

static int write_event(struct db *db, const struct record *record)
{
    static const char plain[] = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)";
    /* A target is an earlier event of the same room, or none. */
    static const char with_target[] =
        "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
        " CASE WHEN json_extract(?7, '$.target') BETWEEN 1 AND (?1" SQL_SEQ ") - 1"
        " THEN ?1" SQL_ROOM " << " SQL_LITERAL(SEQ_BITS) " | json_extract(?7, '$.target') END, ?7)";
    const int64_t values[] = {event_id(record->log->id, record->seq), record->ts};
    int is_message = strcmp(record->type.p, "message") == 0;
    sqlite3_stmt *stmt = db_integers(db, is_message ? plain : with_target, 2, values);

    db_bind_text(stmt, 3, record->type.p, record->type.n);
    db_bind_text(stmt, 4, record->author.p, record->author.n);
    db_bind_text(stmt, 5, record->cid.p, record->cid.n);
    db_bind_text(stmt, 6, record->hidden.p, record->hidden.n);
    db_bind_text(stmt, 7, record->body.p, record->body.n);
    return db_run(stmt);
}

/* ---- What changes other events ------------------------------------------------------------ */

/* The message that an event is about. */
struct target {
    int64_t id;
    char *text;     /* as it was; NULL for none */
    int is_indexed; /* the text can be searched */
};

/* SQLITE_ROW when there is one that was not deleted, SQLITE_DONE when not. */
static int find_target(struct db *db, int64_t event, struct target *target)
{
    static const char sql[] =
        "SELECT t.id, t.body ->> '$.text', t.id" SQL_SEQ " <= indexed"
        " FROM events e JOIN events t ON t.id = e.target JOIN rooms ON rooms.id = t.id" SQL_ROOM
        " WHERE e.id = ?1 AND t.type = 'message' AND t.body ->> '$.deleted' IS NULL";
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &event);
    int err = db_step(stmt);

    *target = (struct target){0};
    if (err == SQLITE_ROW) {
        struct chatd_str text;
        target->id = sqlite3_column_int64(stmt, 0);
        target->is_indexed = sqlite3_column_int(stmt, 2);
        if (db_get_text(stmt, 1, &text) == SQLITE_OK)
            target->text = strdup(text.p);
        if (target->text == NULL)
            err = SQLITE_NOMEM;
    }
    sqlite3_reset(stmt);
    return err;
}

/* Of the edits of a message only the last one has a text. */
static int remove_edited_text(struct db *db, int64_t target, int64_t before)
{
    static const char sql[] = "UPDATE events SET body = json_remove(body, '$.text') WHERE id ="
                              " (SELECT max(id) FROM events WHERE target = ?1 AND type = 'edit'"
                              " AND id < ?2)";
    const int64_t values[] = {target, before};

    return db_run(db_integers(db, sql, 2, values));
}

static int change(struct db *db, const char *sql, int64_t event, int64_t target)
{
    const int64_t values[] = {event, target};

    return db_run(db_integers(db, sql, 2, values));
}

/* From whom the edit is kept, from him the message is kept that has its text. */
static int apply_edit(struct db *db, int64_t event, const struct target *target, const char *text)
{
    static const char set[] =
        "UPDATE events AS t SET body = json_set(t.body, '$.text', e.body ->> '$.text', '$.edited',"
        " json_object('seq', e.id" SQL_SEQ ", 'ts', e.ts)),"
        " hidden = CASE WHEN e.hidden IS NULL THEN t.hidden ELSE"
        " (SELECT json_group_array(value) FROM (SELECT value FROM json_each(e.hidden)"
        "  UNION SELECT value FROM json_each(coalesce(t.hidden, '[]')))) END"
        " FROM events AS e WHERE e.id = ?1 AND t.id = ?2";
    int err = change(db, set, event, target->id);

    if (err == SQLITE_OK)
        err = remove_edited_text(db, target->id, event);
    if (err == SQLITE_OK && target->is_indexed)
        err = words_remove(db, target->id, target->text);
    if (err == SQLITE_OK && target->is_indexed)
        err = words_add(db, target->id, text);
    return err;
}

static int apply_delete(struct db *db, int64_t event, const struct target *target)
{
    static const char set[] =
        "UPDATE events SET body = json_set(json_remove(body, '$.text', '$.edited'), '$.deleted',"
        " json('true')) WHERE id = ?2";
    static const char reactions[] = "DELETE FROM reactions WHERE target = ?2";
    int err = change(db, set, event, target->id);

    if (err == SQLITE_OK)
        err = change(db, reactions, event, target->id);
    if (err == SQLITE_OK)
        err = remove_edited_text(db, target->id, event);
    if (err == SQLITE_OK && target->is_indexed)
        err = words_remove(db, target->id, target->text);
    return err;
}

static int apply_reaction(struct db *db, int64_t event, const struct target *target)
{
    static const char add[] =
        "INSERT OR IGNORE INTO reactions SELECT ?2, body ->> '$.key', author FROM events"
        " WHERE id = ?1 AND body ->> '$.op' = 'add' AND author IS NOT NULL";
    static const char remove[] =
        "DELETE FROM reactions WHERE (target, key, user) IN (SELECT ?2, body ->> '$.key', author"
        " FROM events WHERE id = ?1 AND body ->> '$.op' = 'remove')";
    int err = change(db, add, event, target->id);

    return err == SQLITE_OK ? change(db, remove, event, target->id) : err;
}

static int apply_topic(struct db *db, int64_t event, int64_t room)
{
    static const char sql[] = "UPDATE rooms SET topic = coalesce((SELECT body ->> '$.topic'"
                              " FROM events WHERE id = ?1), '') WHERE id = ?2";

    return change(db, sql, event, room);
}

/* The text of an edit; NULL when it has none. */
static int text_of(struct db *db, int64_t event, char **text)
{
    static const char sql[] = "SELECT body ->> '$.text' FROM events WHERE id = ?1";
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &event);
    struct chatd_str found;
    int err = db_step(stmt);

    *text = NULL;
    if (err == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_TEXT) {
        if (db_get_text(stmt, 0, &found) == SQLITE_OK)
            *text = strdup(found.p);
        if (*text == NULL)
            err = SQLITE_NOMEM;
    }
    sqlite3_reset(stmt);
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* A text for a message that has none any more must not stay either. */
static int drop_text(struct db *db, int64_t event)
{
    static const char sql[] = "UPDATE events SET body = json_remove(body, '$.text') WHERE id = ?1";

    return db_run(db_integers(db, sql, 1, &event));
}

static int apply_to_target(struct db *db, struct batch *batch, const struct record *record)
{
    int64_t event = event_id(record->log->id, record->seq);
    const char *type = record->type.p;
    int is_edit = strcmp(type, "edit") == 0;
    char *text = NULL;
    struct target target = {0};
    int err = is_edit ? text_of(db, event, &text) : SQLITE_OK;

    if (err == SQLITE_OK)
        err = find_target(db, event, &target);
    if (err == SQLITE_ROW && is_edit)
        err = text != NULL ? apply_edit(db, event, &target, text) : SQLITE_OK;
    else if (err == SQLITE_ROW)
        err = strcmp(type, "delete") == 0 ? apply_delete(db, event, &target)
                                          : apply_reaction(db, event, &target);
    else if (err == SQLITE_DONE)
        err = is_edit ? drop_text(db, event) : SQLITE_OK;
    if (strcmp(type, "reaction") != 0) {
        batch->has_removed_text = 1;
        batch->has_removed_words |= target.is_indexed;
    }
    free(target.text);
    free(text);
    return err;
}

static int apply(struct db *db, struct batch *batch, const struct record *record)
{
    const char *type = record->type.p;

    if (strcmp(type, "message") == 0)
        return SQLITE_OK;
    if (strcmp(type, "topic") == 0)
        return apply_topic(db, event_id(record->log->id, record->seq), record->log->id);
    if (strcmp(type, "edit") == 0 || strcmp(type, "delete") == 0 || strcmp(type, "reaction") == 0)
        return apply_to_target(db, batch, record);
    return SQLITE_OK;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static int write_all(struct db *db, struct batch *batch)
{
    int err = SQLITE_OK;

    for (const struct user_row *at = batch->users; at != NULL && err == SQLITE_OK; at = at->next)
        err = write_user(db, at);
    for (size_t i = 0; i < batch->n_parts && err == SQLITE_OK; i++)
        err = write_part(db, &batch->parts[i]);
    for (const struct record *at = batch->records; at != NULL && err == SQLITE_OK; at = at->next) {
        err = write_event(db, at);
        if (err == SQLITE_OK)
            err = apply(db, batch, at);
    }
    return err;
}

void batch_write(struct db *db, struct batch *batch)
{
    int err = db_exec(db, "BEGIN IMMEDIATE");

    if (err == SQLITE_OK)
        err = write_all(db, batch);
    if (err == SQLITE_OK)
        err = db_exec(db, "COMMIT");
    batch->err = err;
    if (err == SQLITE_OK)
        return;
    db_why(db, batch->why);
    (void)db_exec(db, "ROLLBACK");
}
