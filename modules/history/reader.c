#include "reader.h"

#include "upkeep.h"
#include "writer.h"

/* Readings that wait, and how often it is tried to get a worker. */
enum { MAX_READS = 1000, RETRY_MS = 50 };

struct queue {
    struct read *first;
    struct read **last;
    size_t n;
};

static struct db *db;
static struct queue urgent = {.last = &urgent.first};
static struct queue others = {.last = &others.first};
static int is_busy;
static chatd_id turn; /* timer: the next one is about to begin */
static int is_failing;

/* ---- The queue ---------------------------------------------------------------------------- */

static int is_ready(const struct read *read)
{
    return writer_has_written(read->after_batch) && upkeep_has_indexed(read->after_index);
}

static struct queue *queue_of(const struct read *read)
{
    return read->is_urgent ? &urgent : &others;
}

static struct read **find_ready_in(struct queue *queue)
{
    struct read **at = &queue->first;

    while (*at != NULL && !is_ready(*at))
        at = &(*at)->next;
    return *at != NULL ? at : NULL;
}

/* The first one that need not wait. */
static struct read **find_ready(void)
{
    struct read **at = find_ready_in(&urgent);

    return at != NULL ? at : find_ready_in(&others);
}

static struct read *take(struct read **at)
{
    struct read *read = *at;
    struct queue *queue = queue_of(read);

    *at = read->next;
    if (*at == NULL)
        queue->last = at;
    queue->n--;
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

/* Once when it begins, and once when it is over. Of a search that took too long it is not known. */
static void tell(struct chatd_self *self, const struct read *read)
{
    int fails = read->err != SQLITE_OK;

    if (read->is_no_transaction || read->err == SQLITE_INTERRUPT)
        return;
    if (fails && !is_failing)
        chatd->log(self, CHATD_LOG_ERROR, "the database cannot be read: %s", read->why);
    else if (!fails && is_failing)
        chatd->log(self, CHATD_LOG_WARN, "the database can be read again");
    is_failing = fails;
}

static void on_done(struct chatd_self *self, void *arg)
{
    struct read *read = arg;

    is_busy = 0;
    tell(self, read);
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
    struct queue *queue = queue_of(read);

    if (queue == &others && queue->n == MAX_READS)
        return -1;
    read->next = NULL;
    *queue->last = read;
    queue->last = &read->next;
    queue->n++;
    reader_go_on(self);
    return 0;
}

void reader_start(struct db *connection)
{
    db = connection;
}

static void end_all(struct chatd_self *self, struct queue *queue)
{
    while (queue->first != NULL) {
        struct read *read = take(&queue->first);
        read->err = SQLITE_ABORT;
        read->end(self, read);
    }
}

void reader_stop(struct chatd_self *self)
{
    end_all(self, &urgent);
    end_all(self, &others);
    chatd->timer_stop(self, turn);
    turn = 0;
    is_failing = 0;
}
