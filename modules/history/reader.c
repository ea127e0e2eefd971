#include "reader.h"

#include "upkeep.h"
#include "writer.h"

/* Readings that wait, and how often it is tried to get a worker. */
enum { MAX_READS = 1000, RETRY_MS = 50 };

static struct db *db;
static struct read *first;
static struct read **last = &first;
static size_t n_reads;
static int is_busy;
static chatd_id turn; /* timer: the next one is about to begin */

/* ---- The queue ---------------------------------------------------------------------------- */

static int is_ready(const struct read *read)
{
    return writer_has_written(read->after_batch) && upkeep_has_indexed(read->after_index);
}

/* The first one that need not wait. */
static struct read **find_ready(void)
{
    struct read **at = &first;

    while (*at != NULL && !is_ready(*at))
        at = &(*at)->next;
    return *at != NULL ? at : NULL;
}

static struct read *take(struct read **at)
{
    struct read *read = *at;

    *at = read->next;
    if (*at == NULL)
        last = at;
    n_reads--;
    return read;
}

/* ---- One after the other ------------------------------------------------------------------ */

static void work(void *arg)
{
    struct read *read = arg;

    if (read->is_no_transaction) {
        read->work(db, read);
        return;
    }
    read->err = db_exec(db, "BEGIN");
    if (read->err == SQLITE_OK)
        read->work(db, read);
    if (read->err != SQLITE_OK)
        db_why(db, read->why);
    (void)db_exec(db, "COMMIT");
}

static void on_done(struct chatd_self *self, void *arg)
{
    struct read *read = arg;

    is_busy = 0;
    if (read->err != SQLITE_OK && read->err != SQLITE_INTERRUPT)
        chatd->log(self, CHATD_LOG_ERROR, "the database cannot be read: %s", read->why);
    read->end(self, read);
    reader_go_on(self);
}

static void on_turn(struct chatd_self *self, void *arg)
{
    struct read **at = find_ready();

    (void)arg;
    turn = 0;
    if (at == NULL)
        return;
    if (chatd->job(self, work, on_done, *at) == 0) {
        is_busy = 1;
        take(at);
    } else {
        turn = chatd->timer_start(self, RETRY_MS, 0, on_turn, NULL);
    }
}

/* Not at once: when the server waits for all work to end, none must follow. */
void reader_go_on(struct chatd_self *self)
{
    if (!is_busy && turn == 0 && find_ready() != NULL)
        turn = chatd->timer_start(self, 0, 0, on_turn, NULL);
}

int reader_add(struct chatd_self *self, struct read *read)
{
    if (n_reads == MAX_READS)
        return -1;
    read->next = NULL;
    *last = read;
    last = &read->next;
    n_reads++;
    reader_go_on(self);
    return 0;
}

void reader_start(struct db *connection)
{
    db = connection;
}

void reader_stop(struct chatd_self *self)
{
    while (first != NULL) {
        struct read *read = take(&first);
        read->err = SQLITE_ABORT;
        read->end(self, read);
    }
    chatd->timer_stop(self, turn);
    turn = 0;
}
