#include "search.h"

#include "page.h"
#include "reader.h"
#include "rooms.h"
#include "tell.h"
#include "upkeep.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How long others may have to wait for a search, and how often the clock is looked at for that. */
enum { MAX_MS = 2000, STEPS = 10000 };

/* What may be searched for. */
enum { MAX_WORDS = 16, MAX_TEXT_BYTES = 512 };
#define SPACES " \t\r\n"

/* A room that is searched. */
struct place {
    int64_t room;  /* of the log */
    int64_t since; /* as in page.c */
    int64_t came;
    int64_t last; /* the last event that is old enough */
    int64_t n;    /* messages found, ... */
    int64_t ts;   /* ... and the time of the last one of them */
    int is_full;  /* the last one is one more than can be told */
};

struct hit {
    int64_t id;
    int64_t ts;
};

struct search {
    struct read read;
    chatd_id token; /* of the verdict */
    char *me;       /* the public id of who asks */
    struct text query;
    int64_t before; /* a time */
    int64_t limit;
    struct place *places; /* in the order of their rooms */
    size_t n_places;
    size_t places_size;
    struct hit *hits;
    size_t n_hits;
    size_t hits_size;
    int has_more;
    struct text results;
    int64_t until_ms;
};

/* ---- Finding, on the worker --------------------------------------------------------------- */

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;

    return (x->room > y->room) - (x->room < y->room);
}

static int compare_hits(const void *a, const void *b)
{
    const struct hit *x = a;
    const struct hit *y = b;

    if (x->ts != y->ts)
        return x->ts < y->ts ? 1 : -1;
    return (x->id < y->id) - (x->id > y->id);
}

static int add_hit(struct search *search, int64_t id, int64_t ts)
{
    if (search->n_hits == search->hits_size) {
        size_t size = search->hits_size * 2 + 64;
        struct hit *grown = realloc(search->hits, size * sizeof(*grown));
        if (grown == NULL)
            return SQLITE_NOMEM;
        search->hits = grown;
        search->hits_size = size;
    }
    search->hits[search->n_hits++] = (struct hit){id, ts};
    return SQLITE_OK;
}

/* Adds the message if he may see it and it is old enough. */
static int consider(struct db *db, struct search *search, struct place *place, int64_t id)
{
    static const char sql[] = "SELECT e.ts FROM events e WHERE e.id = ?3 AND e.ts < ?4"
                              " AND " TELL_VISIBLE;
    const int64_t values[] = {0, event_id(place->room, place->came), id, search->before};
    sqlite3_stmt *stmt = db_integers(db, sql, 4, values);

    db_bind_text(stmt, 1, search->me, strlen(search->me));
    int err = db_step(stmt);
    int64_t ts = err == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    if (err != SQLITE_ROW)
        return err == SQLITE_DONE ? SQLITE_OK : err;
    /* What has the time of the last one is told with it. */
    place->is_full = place->n >= search->limit && ts != place->ts;
    place->ts = ts;
    place->n++;
    return add_hit(search, id, ts);
}

/* The last event up to `seq` in the room of `place`: its number and time; 0 for none. */
static int look_back(struct db *db, const struct place *place, int64_t *seq, int64_t *ts)
{
    static const char sql[] = "SELECT id, ts FROM events WHERE id BETWEEN ?1 AND ?2"
                              " ORDER BY id DESC LIMIT 1";
    const int64_t values[] = {event_id(place->room, 1), event_id(place->room, *seq)};
    sqlite3_stmt *stmt = db_integers(db, sql, 2, values);
    int err = db_step(stmt);

    *seq = err == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) & SEQ_MAX : 0;
    *ts = err == SQLITE_ROW ? sqlite3_column_int64(stmt, 1) : 0;
    sqlite3_reset(stmt);
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* Times go up in a room, so that the place of one is soon found. */
static int find_last(struct db *db, const struct search *search, struct place *place)
{
    int64_t old = 0;       /* up to here all are old enough, ... */
    int64_t end = SEQ_MAX; /* ... and behind this, none */
    int err = SQLITE_OK;

    while (old < end && err == SQLITE_OK) {
        int64_t middle = old + (end - old + 1) / 2;
        int64_t seq = middle;
        int64_t ts;
        err = look_back(db, place, &seq, &ts);
        if (seq <= old || ts < search->before)
            old = middle;
        else
            end = seq - 1;
    }
    place->last = old;
    return err;
}

static int find_all_last(struct db *db, struct search *search)
{
    int err = SQLITE_OK;

    for (size_t i = 0; i < search->n_places && err == SQLITE_OK; i++) {
        search->places[i].last = SEQ_MAX;
        if (search->before != INT64_MAX)
            err = find_last(db, search, &search->places[i]);
    }
    return err;
}

/* The index is in the order of rooms, and knows no times: of each room the newest ones are taken,
 * and one more than can be told. One statement for all rooms: it is its beginning that takes long,
 * when many words begin so. */
static int find(struct db *db, struct search *search)
{
    static const char sql[] = "SELECT rowid FROM words WHERE words MATCH ?3"
                              " AND rowid BETWEEN ?1 AND ?2 ORDER BY rowid DESC";
    const struct place *first = &search->places[0];
    const struct place *last = &search->places[search->n_places - 1];
    const int64_t values[] = {event_id(first->room, first->since + 1),
                              event_id(last->room, last->last)};
    sqlite3_stmt *stmt = db_integers(db, sql, 2, values);
    int err = SQLITE_DONE;

    db_bind_text(stmt, 3, search->query.p, search->query.n);
    /* The first one is the last that is come to. */
    while (!first->is_full && (err = db_step(stmt)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(stmt, 0);
        const struct place key = {.room = id >> SEQ_BITS};
        struct place *place =
            bsearch(&key, search->places, search->n_places, sizeof(key), compare_places);
        if (place == NULL || place->is_full || (id & SEQ_MAX) <= place->since ||
            (id & SEQ_MAX) > place->last)
            continue;
        if ((err = consider(db, search, place, id)) != SQLITE_OK)
            break;
    }
    sqlite3_reset(stmt);
    return err == SQLITE_DONE || first->is_full ? SQLITE_OK : err;
}

static int tell_hit(struct db *db, struct search *search, const struct hit *hit)
{
    static const char sql[] = "SELECT " TELL_COLUMNS " FROM events e WHERE e.id = ?2";
    const int64_t values[] = {0, hit->id};
    sqlite3_stmt *stmt = db_integers(db, sql, 2, values);

    db_bind_text(stmt, 1, search->me, strlen(search->me));
    int err = db_step(stmt);
    if (err == SQLITE_ROW && search->results.n > 1)
        text_add_str(&search->results, ",");
    if (err == SQLITE_ROW)
        tell_event(stmt, &search->results);
    sqlite3_reset(stmt);
    return err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* May the answer end before this hit? Not between messages of the same time: the next request asks
 * for those before it. */
static int is_full(const struct search *search, size_t i)
{
    if (i == 0 || search->hits[i].ts == search->hits[i - 1].ts)
        return 0;
    return (int64_t)i >= search->limit || search->results.n >= PAGE_BYTES;
}

static int tell_hits(struct db *db, struct search *search)
{
    size_t i = 0;
    int err = SQLITE_OK;

    if (search->n_hits > 0)
        qsort(search->hits, search->n_hits, sizeof(*search->hits), compare_hits);
    text_add_str(&search->results, "[");
    for (; i < search->n_hits && err == SQLITE_OK && !is_full(search, i); i++)
        err = tell_hit(db, search, &search->hits[i]);
    text_add_str(&search->results, "]");
    search->has_more = i < search->n_hits;
    return search->results.has_failed ? SQLITE_NOMEM : err;
}

static int on_progress(void *arg)
{
    const struct search *search = arg;

    return monotonic_ms() > search->until_ms;
}

static void work(struct db *db, struct read *read)
{
    struct search *search = (struct search *)read;

    search->until_ms = monotonic_ms() + MAX_MS;
    sqlite3_progress_handler(db->sql, STEPS, on_progress, search);
    read->err = find_all_last(db, search);
    if (read->err == SQLITE_OK)
        read->err = find(db, search);
    if (read->err == SQLITE_OK)
        read->err = tell_hits(db, search);
    sqlite3_progress_handler(db->sql, 0, NULL, NULL);
}

/* ---- The answer --------------------------------------------------------------------------- */

static void search_free(struct search *search)
{
    text_free(&search->query);
    text_free(&search->results);
    free(search->places);
    free(search->hits);
    free(search->me);
    free(search);
}

static int answer(struct chatd_self *self, struct chatd_call *call, const struct search *search)
{
    struct chatd_json *fields = json->object();
    const struct text *results = &search->results;

    json->set_bool(fields, "has_more", search->has_more);
    int err = chatd->call_answer(self, call, fields);
    json->free(fields);
    if (err != 0)
        return err;
    return results->n > 0 ? chatd->call_answer_text(self, call, "results", results->p, results->n)
                          : chatd->call_answer_text(self, call, "results", "[]", 2);
}

static void end(struct chatd_self *self, struct read *read)
{
    struct search *search = (struct search *)read;
    struct chatd_call *call = chatd->pending_call(self, search->token);
    int is_good = call != NULL && read->err == SQLITE_OK && answer(self, call, search) == 0;

    chatd->resume(self, search->token, is_good ? CHATD_ACCEPT : CHATD_DENY, "unavailable",
                  read->err == SQLITE_INTERRUPT ? "Too much was found: use more words."
                                                : "The history cannot be read now.");
    search_free(search);
}

/* ---- The request -------------------------------------------------------------------------- */

/* -1 for more than MAX_WORDS. */
static int split(const char *text, struct chatd_str *words)
{
    int n = 0;

    for (;;) {
        text += strspn(text, SPACES);
        size_t length = strcspn(text, SPACES);
        if (length == 0)
            return n;
        if (n == MAX_WORDS)
            return -1;
        words[n++] = (struct chatd_str){text, length};
        text += length;
    }
}

/* Whoever finds another word finds this one, too. Each word would be looked up. */
static int is_needless(const struct chatd_str *words, int n, int at)
{
    const struct chatd_str word = words[at];

    for (int i = 0; i < n; i++)
        if (i != at && (words[i].n > word.n || (words[i].n == word.n && i < at)) &&
            strncasecmp(words[i].p, word.p, word.n) == 0)
            return 1;
    return 0;
}

/* Each word in quotes, where nothing has a meaning but quotes, as the beginning of words. -1 for
 * too many of them. */
static int write_query(const char *text, struct text *query)
{
    struct chatd_str words[MAX_WORDS];
    int n = split(text, words);

    for (int i = 0; i < n; i++) {
        if (is_needless(words, n, i))
            continue;
        text_add_str(query, "\"");
        for (const char *p = words[i].p; p < words[i].p + words[i].n; p++)
            text_add(query, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
        text_add_str(query, "\"* ");
    }
    return n < 0 ? -1 : 0;
}

static int add_place(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user,
                     struct search *search)
{
    struct log *log = rooms_of(room);
    int sees_all = chatd->option_int(self, "before_join") || chatd->room_is_direct(room);
    int64_t came = chatd->member_since(room, user);

    if (log == NULL)
        return 0;
    if (search->n_places == search->places_size) {
        size_t size = search->places_size * 2 + 8;
        struct place *grown = realloc(search->places, size * sizeof(*grown));
        if (grown == NULL)
            return -1;
        search->places = grown;
        search->places_size = size;
    }
    search->places[search->n_places++] =
        (struct place){.room = log->id, .since = sees_all ? 0 : came, .came = came};
    if (rooms_want_log(log))
        search->read.after_index = 1;
    return 0;
}

struct adding {
    struct chatd_user *user;
    struct search *search;
};

static int add_each(struct chatd_self *self, struct chatd_room *room, void *arg)
{
    const struct adding *adding = arg;

    return add_place(self, room, adding->user, adding->search);
}

/* Those that the request is about. 0, or -1 without memory. */
static int add_places(struct chatd_self *self, struct chatd_room *room, struct chatd_user *user,
                      struct search *search)
{
    struct adding adding = {user, search};
    int err = room != NULL ? add_place(self, room, user, search)
                           : chatd->user_rooms_each(self, user, add_each, &adding);

    if (search->n_places > 0)
        qsort(search->places, search->n_places, sizeof(*search->places), compare_places);
    if (search->read.after_index != 0)
        search->read.after_index = upkeep_want_index(self);
    return err;
}

static int ask(struct chatd_self *self, struct search *search)
{
    search->token = chatd->defer(self, PAGE_MS, CHATD_DENY);
    if (search->token != 0 && reader_add(self, &search->read) == 0)
        return CHATD_PENDING;
    search_free(search);
    return chatd->deny(self, "unavailable", "The server has too much to do.");
}

/* `room` is NULL for all rooms. */
static int begin(struct chatd_self *self, struct chatd_call *call, struct chatd_room *room,
                 int64_t limit)
{
    const struct chatd_json *request = chatd->call_json(call);
    struct chatd_user *user = chatd->call_user(call);
    struct search *search = calloc(1, sizeof(*search));

    if (search == NULL)
        return chatd->deny(self, "unavailable", "The server is out of memory.");
    search->read = (struct read){.work = work, .end = end};
    search->me = strdup(chatd->user_public_id(user).p);
    search->limit = limit;
    search->before = json->integer(json->get(request, "before"), INT64_MAX);
    if (write_query(json->str(json->get(request, "text"), ""), &search->query) != 0) {
        search_free(search);
        return chatd->deny(self, "bad_request", "These are too many words.");
    }
    if (search->me == NULL || search->query.has_failed ||
        add_places(self, room, user, search) != 0) {
        search_free(search);
        return chatd->deny(self, "unavailable", "The server is out of memory.");
    }
    if (search->n_places > 0 && search->query.n > 0)
        return ask(self, search);
    int err = answer(self, call, search);
    search_free(search);
    return err == 0 ? CHATD_ACCEPT : CHATD_DENY;
}

int search_on_search(struct chatd_self *self, struct chatd_call *call)
{
    const struct chatd_json *request = chatd->call_json(call);
    const char *text = json->str(json->get(request, "text"), NULL);
    const char *name = json->str(json->get(request, "room"), NULL);
    const struct chatd_json *before = json->get(request, "before");
    int is_before_good = before == NULL || json->integer(before, -1) >= 0;
    int64_t limit = page_limit(self, request);
    struct chatd_room *room = NULL;

    if (text == NULL || strlen(text) > MAX_TEXT_BYTES || limit == 0 ||
        (json->get(request, "room") != NULL && name == NULL) || !is_before_good)
        return chatd->deny(self, "bad_request",
                           "text is needed, of up to 512 bytes; limit and before are numbers");
    if (name != NULL) {
        room = chatd->room_by_name(self, name, strlen(name));
        if (room == NULL || chatd->member_id(room, chatd->call_user(call)) == 0)
            return chatd->deny(self, "forbidden", "You are not in this room.");
    }
    return begin(self, call, room, limit);
}
