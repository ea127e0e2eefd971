#include "tell.h"

#include "reader.h"
#include "rooms.h"

#include <stdlib.h>
#include <string.h>

/* ---- Text --------------------------------------------------------------------------------- */

void text_add(struct text *text, const char *p, size_t n)
{
    if (text->has_failed)
        return;
    if (text->n + n > text->size) {
        size_t size = (text->n + n) * 2;
        char *grown = realloc(text->p, size);
        if (grown == NULL) {
            text->has_failed = 1;
            return;
        }
        text->p = grown;
        text->size = size;
    }
    if (n > 0)
        memcpy(text->p + text->n, p, n);
    text->n += n;
}

void text_add_str(struct text *text, const char *p)
{
    text_add(text, p, strlen(p));
}

void text_free(struct text *text)
{
    free(text->p);
    *text = (struct text){0};
}

/* ---- Events ------------------------------------------------------------------------------- */

/* The body is an object; what it lacks goes in front of its end. */
static void add_member(struct text *text, const char *name, struct chatd_str value)
{
    if (value.n == 0 || strcmp(value.p, "[]") == 0)
        return;
    text_add_str(text, ",\"");
    text_add_str(text, name);
    text_add_str(text, "\":");
    text_add(text, value.p, value.n);
}

void tell_event(sqlite3_stmt *stmt, struct text *text)
{
    struct chatd_str body;
    struct chatd_str cid;
    struct chatd_str reactions;

    if (db_get_text(stmt, 1, &body) != SQLITE_OK || body.n < strlen("{}") ||
        db_get_text(stmt, 2, &cid) != SQLITE_OK || db_get_text(stmt, 3, &reactions) != SQLITE_OK) {
        text->has_failed = 1;
        return;
    }
    text_add(text, body.p, body.n - 1);
    add_member(text, "cid", cid);
    add_member(text, "reactions", reactions);
    text_add_str(text, "}");
}

/* ---- One event, for modules --------------------------------------------------------------- */

struct fetch {
    struct read read;
    chatd_id request;
    int64_t id;
    struct text text;
};

/* As clients get it, but that reactions have the ids of those who reacted. */
static void find_event(struct db *db, struct read *read)
{
    static const char sql[] =
        "SELECT e.id, e.body, NULL, CASE WHEN e.type = 'message' THEN"
        " (SELECT json_group_array(json_object('key', key, 'count', n, 'users', json(users))) FROM"
        " (SELECT key, count(*) n, json_group_array(user) users FROM reactions WHERE target = e.id"
        " GROUP BY key)) END FROM events e WHERE e.id = ?1";
    struct fetch *fetch = (struct fetch *)read;
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &fetch->id);
    int err = db_step(stmt);

    if (err == SQLITE_ROW)
        tell_event(stmt, &fetch->text);
    sqlite3_reset(stmt);
    read->err = err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* When the module ends, the server answers from what it has itself. */
static void fetch_end(struct chatd_self *self, struct read *read)
{
    struct fetch *fetch = (struct fetch *)read;

    if (fetch->text.has_failed)
        read->err = SQLITE_NOMEM;
    if (read->err == SQLITE_OK)
        store->fetched(self, fetch->request, fetch->text.n > 0 ? fetch->text.p : "", fetch->text.n);
    else if (read->err != SQLITE_ABORT)
        store->fetched(self, fetch->request, NULL, 0);
    text_free(&fetch->text);
    free(fetch);
}

void tell_fetched(struct chatd_self *self, struct chatd_room *room, int64_t seq, chatd_id request)
{
    const struct log *log = rooms_of(room);
    int is_possible = log != NULL && seq > 0 && seq <= SEQ_MAX;
    struct fetch *fetch = is_possible ? calloc(1, sizeof(*fetch)) : NULL;

    if (fetch == NULL) {
        store->fetched(self, request, is_possible ? NULL : "", 0);
        return;
    }
    *fetch = (struct fetch){
        .read = {.work = find_event, .end = fetch_end, .is_urgent = 1},
        .request = request,
        .id = event_id(log->id, seq),
    };
    (void)reader_add(self, &fetch->read);
}
