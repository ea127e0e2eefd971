#include "recall.h"

#include "reader.h"
#include "restore.h"

#include <stdlib.h>
#include <string.h>

/* How long a message waits, and how much is read. */
enum { WAIT_MS = 10000, MAX_BYTES = 1 << 20 };

/* An event, with its texts behind it. */
struct kept {
    struct kept *next;
    struct stored_row row;
};

struct recall {
    struct read read;
    chatd_id room;
    int64_t log;
    int64_t seq; /* its last number */
    struct kept *events;
    chatd_id *tokens; /* of the messages that wait */
    size_t n_tokens;
    char name[];
};

static int is_running;

/* ---- On the worker ------------------------------------------------------------------------ */

static const char *keep(char **at, const char *text)
{
    const char *copy = *at;

    *at = stpcpy(*at, text) + 1;
    return copy;
}

/* NULL without memory. */
static struct kept *kept_new(sqlite3_stmt *stmt, size_t *bytes)
{
    const char *texts[4];
    size_t n = 0;

    for (int i = 0; i < 4; i++) {
        texts[i] = db_text(stmt, i + 2);
        n += strlen(texts[i]) + 1;
    }
    struct kept *kept = malloc(sizeof(*kept) + n);
    if (kept == NULL)
        return NULL;
    char *at = (char *)(kept + 1);
    *kept = (struct kept){.row = {.seq = sqlite3_column_int64(stmt, 0) & SEQ_MAX,
                                  .ts = sqlite3_column_int64(stmt, 1)}};
    kept->row.body = keep(&at, texts[0]);
    kept->row.author = keep(&at, texts[1]);
    kept->row.cid = keep(&at, texts[2]);
    kept->row.hidden = keep(&at, texts[3]);
    *bytes += n;
    return kept;
}

/* The last ones first, as far as they have no gap. */
static void work(struct db *db, struct read *read)
{
    static const char sql[] = "SELECT id, ts, body, author, cid, hidden FROM events"
                              " WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3";
    struct recall *recall = (struct recall *)read;
    const int64_t values[] = {event_id(recall->log, 1), event_id(recall->log, recall->seq),
                              RESTORED_EVENTS};
    sqlite3_stmt *stmt = db_integers(db, sql, 3, values);
    int64_t next = recall->seq;
    size_t bytes = 0;
    int err;

    while ((err = db_step(stmt)) == SQLITE_ROW && bytes < MAX_BYTES &&
           (sqlite3_column_int64(stmt, 0) & SEQ_MAX) == next) {
        struct kept *kept = kept_new(stmt, &bytes);
        if (kept == NULL)
            break;
        kept->next = recall->events;
        recall->events = kept;
        next--;
    }
    sqlite3_reset(stmt);
    read->err = err == SQLITE_ROW || err == SQLITE_DONE ? SQLITE_OK : err;
}

/* ---- Here --------------------------------------------------------------------------------- */

static void restore(struct chatd_self *self, struct recall *recall)
{
    struct chatd_room *room = chatd->room_by_id(self, recall->room);
    int goes_on = room != NULL && recall->read.err == SQLITE_OK;

    while (recall->events != NULL) {
        struct kept *kept = recall->events;
        recall->events = kept->next;
        goes_on = goes_on && restore_event(self, room, &kept->row) == 0;
        free(kept);
    }
}

static void end(struct chatd_self *self, struct read *read)
{
    struct recall *recall = (struct recall *)read;
    struct log *log = rooms_by_name(recall->name);

    restore(self, recall);
    if (log != NULL && log->recall == recall)
        log->recall = NULL;
    for (size_t i = 0; i < recall->n_tokens; i++)
        chatd->resume(self, recall->tokens[i], CHATD_PASS, NULL, NULL);
    free(recall->tokens);
    free(recall);
}

void recall_begin(struct chatd_self *self, struct chatd_room *room, struct log *log)
{
    size_t n = strlen(log->name) + 1;
    struct recall *recall = is_running ? calloc(1, sizeof(*recall) + n) : NULL;

    if (recall == NULL)
        return;
    recall->read = (struct read){.work = work, .end = end};
    recall->room = chatd->room_id(room);
    recall->log = log->id;
    recall->seq = log->seq;
    memcpy(recall->name, log->name, n);
    log->recall = recall;
    if (reader_add(self, &recall->read) == 0)
        return;
    log->recall = NULL;
    free(recall);
}

int recall_on_message(struct chatd_self *self, struct chatd_msg *msg)
{
    const struct log *log = rooms_of(chatd->msg_room(msg));
    struct recall *recall = log != NULL ? log->recall : NULL;

    if (recall == NULL)
        return CHATD_PASS;
    chatd_id *grown = realloc(recall->tokens, (recall->n_tokens + 1) * sizeof(*grown));
    if (grown == NULL)
        return CHATD_PASS;
    recall->tokens = grown;
    grown[recall->n_tokens] = chatd->defer(self, WAIT_MS, CHATD_PASS);
    if (grown[recall->n_tokens] == 0)
        return CHATD_PASS;
    recall->n_tokens++;
    return CHATD_PENDING;
}

void recall_start(void)
{
    is_running = 1;
}

void recall_stop(void)
{
    is_running = 0;
}
