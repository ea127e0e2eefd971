#include "recall.h"

#include "reader.h"

#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 10000,     /* so long a message waits */
    MOST_FACTOR = 16,    /* of restore_span() */
    MAX_BYTES = 1 << 20, /* behind the last so many, only cids are wanted */
};

/* An event, with its texts behind it. They are "" for nothing. */
struct kept {
    struct kept *next;
    int64_t seq;
    int64_t ts;
    const char *body;
    const char *author;
    const char *cid;
    const char *hidden;
};

struct recall {
    struct read read;
    chatd_id room;
    int64_t log;
    int64_t seq; /* its last number */
    int64_t span_events;
    int64_t span_ms;
    struct kept *events;
    int64_t n_events;
    chatd_id *tokens; /* of the messages that wait */
    size_t n_tokens;
    char name[];
};

/* ---- On the worker ------------------------------------------------------------------------ */

static const char *keep(char **at, struct chatd_str text)
{
    const char *copy = *at;

    *at = stpcpy(*at, text.p) + 1;
    return copy;
}

/* NULL without memory. */
static struct kept *kept_new(sqlite3_stmt *stmt, size_t *bytes)
{
    struct chatd_str texts[4] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    size_t n = 0;

    for (int i = 0; i < 4; i++) {
        int is_wanted = *bytes < MAX_BYTES || (i != 0 && i != 3);
        if (is_wanted && db_get_text(stmt, i + 2, &texts[i]) != SQLITE_OK)
            return NULL;
        n += texts[i].n + 1;
    }
    struct kept *kept = malloc(sizeof(*kept) + n);
    if (kept == NULL)
        return NULL;
    char *at = (char *)(kept + 1);
    *kept = (struct kept){.seq = sqlite3_column_int64(stmt, 0) & SEQ_MAX,
                          .ts = sqlite3_column_int64(stmt, 1)};
    kept->body = keep(&at, texts[0]);
    kept->author = keep(&at, texts[1]);
    kept->cid = keep(&at, texts[2]);
    kept->hidden = keep(&at, texts[3]);
    *bytes += n;
    return kept;
}

static int is_in_span(const struct recall *recall, int64_t ts, int64_t last_ts)
{
    return recall->n_events < recall->span_events || ts >= last_ts - recall->span_ms;
}

/* The last ones first, as far as they have no gap. */
static void work(struct db *db, struct read *read)
{
    static const char sql[] = "SELECT id, ts, body, author, cid, hidden FROM events"
                              " WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3";
    struct recall *recall = (struct recall *)read;
    const int64_t values[] = {event_id(recall->log, 1), event_id(recall->log, recall->seq),
                              recall->span_events * MOST_FACTOR};
    sqlite3_stmt *stmt = db_integers(db, sql, 3, values);
    int64_t last_ts = 0;
    size_t bytes = 0;
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW &&
           (sqlite3_column_int64(stmt, 0) & SEQ_MAX) == recall->seq - recall->n_events) {
        int64_t ts = sqlite3_column_int64(stmt, 1);
        if (recall->n_events == 0)
            last_ts = ts;
        if (!is_in_span(recall, ts, last_ts))
            break;
        struct kept *kept = kept_new(stmt, &bytes);
        if (kept == NULL) {
            err = SQLITE_NOMEM;
            break;
        }
        kept->next = recall->events;
        recall->events = kept;
        recall->n_events++;
    }
    sqlite3_reset(stmt);
    read->err = err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* ---- Here --------------------------------------------------------------------------------- */

static struct chatd_str str(const char *text)
{
    return (struct chatd_str){text, strlen(text)};
}

/* The ids of a JSON array. NULL for none, and without memory. */
static struct chatd_str *read_hidden(const struct chatd_json *list)
{
    size_t n = json->count(list);
    struct chatd_str *ids = n > 0 ? calloc(n, sizeof(*ids)) : NULL;

    for (size_t i = 0; ids != NULL && i < n; i++)
        ids[i] = str(json->str(json->item(list, i), ""));
    return ids;
}

static int restore_event(struct chatd_self *self, struct chatd_room *room, const struct kept *kept)
{
    struct chatd_str list = str(kept->hidden);
    struct chatd_json *parsed = list.n > 0 ? json->parse(list.p, list.n) : NULL;
    struct chatd_str *hidden = read_hidden(parsed);
    const struct chatd_stored_event event = {
        .size = sizeof(event),
        .seq = kept->seq,
        .ts = kept->ts,
        .json = str(kept->body),
        .from = str(kept->author),
        .cid = str(kept->cid),
        .hidden = hidden,
        .n_hidden = hidden != NULL ? json->count(parsed) : 0,
    };
    /* One that is kept from nobody because there was no memory for it is not restored at all. */
    int err = list.n > 0 && hidden == NULL ? -1 : store->event_restore(self, room, &event);

    free(hidden);
    json->free(parsed);
    return err;
}

static void restore(struct chatd_self *self, struct chatd_room *room, struct recall *recall)
{
    int goes_on = room != NULL && recall->read.err == SQLITE_OK;

    while (recall->events != NULL) {
        struct kept *kept = recall->events;
        recall->events = kept->next;
        goes_on = goes_on && restore_event(self, room, kept) == 0;
        free(kept);
    }
}

/* What cannot be known is not let through: it might be doubled. */
static void end(struct chatd_self *self, struct read *read)
{
    struct recall *recall = (struct recall *)read;
    struct log *log = rooms_by_name(recall->name);
    int verdict = read->err == SQLITE_OK ? CHATD_PASS : CHATD_DENY;

    restore(self, chatd->room_by_id(self, recall->room), recall);
    if (log != NULL && log->recall == recall)
        log->recall = NULL;
    for (size_t i = 0; i < recall->n_tokens; i++)
        chatd->resume(self, recall->tokens[i], verdict, "unavailable",
                      "It cannot be seen now whether this was said before.");
    free(recall->tokens);
    free(recall);
}

/* NULL without memory. */
static struct recall *recall_new(struct chatd_self *self, struct chatd_room *room,
                                 const struct log *log)
{
    size_t n = strlen(log->name) + 1;
    struct recall *recall = calloc(1, sizeof(*recall) + n);

    if (recall == NULL)
        return NULL;
    recall->read = (struct read){.work = work, .end = end, .is_urgent = 1};
    recall->room = chatd->room_id(room);
    recall->log = log->id;
    recall->seq = log->seq;
    store->restore_span(self, &recall->span_events, &recall->span_ms);
    memcpy(recall->name, log->name, n);
    return recall;
}

void recall_begin(struct chatd_self *self, struct chatd_room *room, struct log *log)
{
    struct recall *recall = recall_new(self, room, log);

    if (recall == NULL)
        return;
    log->recall = recall;
    (void)reader_add(self, &recall->read);
}

int recall_now(struct chatd_self *self, struct db *db, struct chatd_room *room, struct log *log,
               int64_t *n)
{
    struct recall *recall = recall_new(self, room, log);

    if (recall == NULL)
        return SQLITE_NOMEM;
    work(db, &recall->read);
    restore(self, room, recall);
    int err = recall->read.err;
    *n += recall->n_events;
    free(recall);
    return err;
}

int recall_on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    static const char too_much[] = "The server has too much to do.";
    const struct log *log = rooms_of(chatd->msg_room(msg));
    struct recall *recall = log != NULL ? log->recall : NULL;

    if (recall == NULL)
        return CHATD_PASS;
    chatd_id *grown = realloc(recall->tokens, (recall->n_tokens + 1) * sizeof(*grown));
    if (grown == NULL)
        return chatd->deny(self, "unavailable", too_much);
    recall->tokens = grown;
    grown[recall->n_tokens] = chatd->defer(self, WAIT_MS, CHATD_DENY);
    if (grown[recall->n_tokens] == 0)
        return chatd->deny(self, "unavailable", too_much);
    recall->n_tokens++;
    return CHATD_PENDING;
}
