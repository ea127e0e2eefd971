#include "page.h"

#include "reader.h"
#include "rooms.h"
#include "tell.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_LIMIT = 50 };

/* Events in one direction from a place in the log, the nearest first. */
struct side {
    int64_t n;       /* that are wanted */
    struct text all; /* one behind the other ... */
    size_t *ends;    /* ... up to here */
    size_t n_events;
    int has_more;
};

struct page {
    struct read read;
    chatd_id token; /* of the verdict */
    char *me;       /* the public id of who asks */
    int64_t room;   /* of the log */
    char epoch[EPOCH_BYTES];
    int64_t since;  /* nothing is told up to here, ... */
    int64_t came;   /* ... and of what was kept from some nothing up to here */
    int64_t middle; /* older events up to here, newer ones from behind it */
    int is_around;
    struct side older;
    struct side newer;
    int64_t seq;   /* as of which it is true */
    int64_t first; /* there is nothing before this one */
    struct text events;
};

/* ---- On the worker ------------------------------------------------------------------------ */

static int read_side(struct db *db, const struct page *page, struct side *side, const char *sql,
                     int64_t from, int64_t to)
{
    const int64_t values[] = {0, event_id(page->room, page->came), event_id(page->room, from),
                              event_id(page->room, to), side->n + 1};
    sqlite3_stmt *stmt = db_integers(db, sql, 5, values);
    size_t budget = page->is_around ? PAGE_BYTES / 2 : PAGE_BYTES;
    int err;

    side->ends = calloc((size_t)side->n + 1, sizeof(size_t));
    if (side->ends == NULL)
        return SQLITE_NOMEM;
    db_bind_text(stmt, 1, page->me, strlen(page->me));
    while ((err = db_step(stmt)) == SQLITE_ROW) {
        size_t before = side->all.n;
        if ((int64_t)side->n_events < side->n)
            tell_event(stmt, &side->all);
        /* The nearest one is told however long it is. */
        if ((int64_t)side->n_events == side->n || (side->all.n > budget && before > 0)) {
            side->all.n = before;
            side->has_more = 1;
            break;
        }
        side->ends[side->n_events++] = side->all.n;
    }
    sqlite3_reset(stmt);
    if (side->all.has_failed)
        return SQLITE_NOMEM;
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

static int read_sides(struct db *db, struct page *page)
{
    static const char older[] = "SELECT " TELL_COLUMNS " FROM events e WHERE e.id > ?3"
                                " AND e.id <= ?4 AND " TELL_VISIBLE " ORDER BY e.id DESC LIMIT ?5";
    static const char newer[] = "SELECT " TELL_COLUMNS " FROM events e WHERE e.id > ?3"
                                " AND e.id <= ?4 AND " TELL_VISIBLE " ORDER BY e.id LIMIT ?5";
    int64_t from = page->middle > page->since ? page->middle : page->since;
    int err = SQLITE_OK;

    if (page->older.n > 0)
        err = read_side(db, page, &page->older, older, page->since, page->middle);
    if ((page->newer.n > 0 || page->is_around) && err == SQLITE_OK)
        err = read_side(db, page, &page->newer, newer, from, SEQ_MAX);
    return err;
}

static int read_seq(struct db *db, struct page *page)
{
    static const char sql[] = "SELECT seq FROM rooms WHERE id = ?1";
    sqlite3_stmt *stmt = db_integers(db, sql, 1, &page->room);
    int err = db_step(stmt);

    if (err == SQLITE_ROW)
        page->seq = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* Retention may have removed the beginning. */
static int read_first(struct db *db, struct page *page)
{
    static const char sql[] =
        "SELECT id FROM events WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1";
    const int64_t values[] = {event_id(page->room, page->since), event_id(page->room, page->seq)};
    sqlite3_stmt *stmt = db_integers(db, sql, 2, values);
    int err = db_step(stmt);

    page->first = err == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) & SEQ_MAX : page->seq + 1;
    sqlite3_reset(stmt);
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

static void add_one(struct text *events, const struct side *side, size_t i)
{
    size_t begin = i > 0 ? side->ends[i - 1] : 0;

    if (events->n > 1)
        text_add_str(events, ",");
    text_add(events, side->all.p + begin, side->ends[i] - begin);
}

static void put_together(struct page *page)
{
    text_add_str(&page->events, "[");
    for (size_t i = page->older.n_events; i-- > 0;)
        add_one(&page->events, &page->older, i);
    for (size_t i = 0; i < page->newer.n_events; i++)
        add_one(&page->events, &page->newer, i);
    text_add_str(&page->events, "]");
}

static void work(struct db *db, struct read *read)
{
    struct page *page = (struct page *)read;

    read->err = read_seq(db, page);
    if (read->err == SQLITE_OK)
        read->err = read_first(db, page);
    if (read->err == SQLITE_OK)
        read->err = read_sides(db, page);
    if (read->err == SQLITE_OK)
        put_together(page);
    if (page->events.has_failed)
        read->err = SQLITE_NOMEM;
}

/* ---- The answer --------------------------------------------------------------------------- */

static void page_free(struct page *page)
{
    text_free(&page->older.all);
    text_free(&page->newer.all);
    text_free(&page->events);
    free(page->older.ends);
    free(page->newer.ends);
    free(page->me);
    free(page);
}

static int answer(struct chatd_self *self, struct chatd_call *call, const char *epoch, int64_t seq,
                  const struct page *page)
{
    struct chatd_json *fields = json->object();
    int has_more = page != NULL && (page->older.n > 0 ? page->older : page->newer).has_more;

    json->set_str(fields, "epoch", epoch, strlen(epoch));
    json->set_int(fields, "seq", seq);
    json->set_int(fields, "first_seq", page != NULL ? page->first : seq + 1);
    json->set_bool(fields, "has_more", has_more);
    if (page != NULL && page->is_around)
        json->set_bool(fields, "has_newer", page->newer.has_more);
    int err = chatd->call_answer(self, call, fields);
    json->free(fields);
    if (err != 0)
        return err;
    return page != NULL
               ? chatd->call_answer_text(self, call, "events", page->events.p, page->events.n)
               : chatd->call_answer_text(self, call, "events", "[]", 2);
}

static void end(struct chatd_self *self, struct read *read)
{
    struct page *page = (struct page *)read;
    struct chatd_call *call = chatd->pending_call(self, page->token);
    int is_good = call != NULL && read->err == SQLITE_OK &&
                  answer(self, call, page->epoch, page->seq, page) == 0;

    chatd->resume(self, page->token, is_good ? CHATD_ACCEPT : CHATD_DENY, "unavailable",
                  "The history cannot be read now.");
    page_free(page);
}

/* ---- The request -------------------------------------------------------------------------- */

int64_t page_limit(struct chatd_self *self, const struct chatd_json *request)
{
    const struct chatd_json *limit = json->get(request, "limit");
    int64_t max = chatd->option_int(self, "page_max");
    int64_t n = limit != NULL ? json->integer(limit, 0) : USUAL_LIMIT;

    return n < 1 ? 0 : n < max ? n : max;
}

/* Which events are asked for. 0, or -1 for what cannot be meant. */
static int read_place(const struct chatd_json *request, int64_t limit, struct page *page)
{
    const struct chatd_json *before = json->get(request, "before");
    const struct chatd_json *after = json->get(request, "after");
    const struct chatd_json *around = json->get(request, "around");
    const struct chatd_json *place = before != NULL ? before : after != NULL ? after : around;
    int64_t seq = place != NULL ? json->integer(place, -1) : SEQ_MAX;

    if ((before != NULL) + (after != NULL) + (around != NULL) > 1 || seq < 0)
        return -1;
    page->middle = seq > SEQ_MAX ? SEQ_MAX : seq;
    page->middle -= before != NULL && page->middle > 0;
    page->is_around = place != NULL && place == around;
    page->newer.n = place == NULL || place == before ? 0 : page->is_around ? limit / 2 : limit;
    page->older.n = limit - page->newer.n;
    return 0;
}

/* NULL without memory. */
static struct page *page_new(struct chatd_self *self, struct chatd_call *call,
                             const struct log *log)
{
    struct chatd_user *user = chatd->call_user(call);
    struct chatd_room *room = chatd->call_room(call);
    struct page *page = calloc(1, sizeof(*page));
    char *me = strdup(chatd->user_public_id(user).p);
    int sees_all = chatd->option_int(self, "before_join") || chatd->room_is_direct(room);

    if (page == NULL || me == NULL) {
        free(page);
        free(me);
        return NULL;
    }
    page->read = (struct read){.work = work, .end = end};
    page->me = me;
    if (log != NULL) {
        page->room = log->id;
        memcpy(page->epoch, log->epoch, EPOCH_BYTES);
    }
    page->came = chatd->member_since(room, user);
    page->since = sees_all ? 0 : page->came;
    return page;
}

static int ask(struct chatd_self *self, struct page *page)
{
    page->token = chatd->defer(self, PAGE_MS, CHATD_DENY);
    if (page->token != 0 && reader_add(self, &page->read) == 0)
        return CHATD_PENDING;
    page_free(page);
    return chatd->deny(self, "unavailable", "The server has too much to do.");
}

int page_on_history(struct chatd_self *self, struct chatd_call *call)
{
    const struct chatd_json *request = chatd->call_json(call);
    struct chatd_room *room = chatd->call_room(call);
    const char *current = chatd->room_epoch(room).p;
    const struct log *log = rooms_of(room);
    int64_t limit = page_limit(self, request);
    struct page *page = page_new(self, call, log);

    if (page == NULL)
        return chatd->deny(self, "unavailable", "The server is out of memory.");
    if (limit == 0 || read_place(request, limit, page) != 0) {
        page_free(page);
        return chatd->deny(self, "bad_request",
                           "one of before, after and around, and limit, are numbers");
    }
    if (strcmp(json->str(json->get(request, "epoch"), current), current) != 0) {
        page_free(page);
        return chatd->deny(self, "unrecoverable", "The room has begun anew since then.");
    }
    if (log != NULL)
        return ask(self, page);
    page_free(page);
    /* Nothing of the room was stored. */
    return answer(self, call, current, chatd->room_seq(room), NULL) == 0 ? CHATD_ACCEPT
                                                                         : CHATD_DENY;
}
