#include "writer.h"

#include "batch.h"
#include "reader.h"
#include "upkeep.h"
#include "users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before something is tried again that nobody waits for. */
enum { PAUSE_MS = 1000 };

static const char refusal[] = "The server cannot store this now.";

static struct db *db;
static struct record *first; /* of the queue */
static struct record **last = &first;
static int is_busy;      /* a worker has the connection */
static chatd_id turn;    /* timer: upkeep is about to begin */
static chatd_id pause;   /* timer: users are not tried now */
static uint64_t n_begun; /* batches */
static uint64_t n_ended;
static int has_just_told; /* and nothing was read since */
static int is_failing;

/* ---- The queue ---------------------------------------------------------------------------- */

static struct chatd_str keep(char **at, const char *text, size_t n)
{
    struct chatd_str kept = {*at, n};

    memcpy(*at, text, n);
    (*at)[n] = '\0';
    *at += n + 1;
    return kept;
}

/* ["id","id"]: ids have nothing to escape. */
static struct chatd_str keep_hidden(char **at, struct chatd_event *event)
{
    struct chatd_str kept = {*at, 0};
    size_t n = store->event_hidden_count(event);
    char *end = *at;

    for (size_t i = 0; i < n; i++) {
        end = stpcpy(end, i == 0 ? "[\"" : "\",\"");
        end = stpcpy(end, store->event_hidden(event, i).p);
    }
    end = stpcpy(end, n > 0 ? "\"]" : "");
    kept.n = (size_t)(end - *at);
    *at = end + 1;
    return kept;
}

static size_t hidden_bytes(struct chatd_event *event)
{
    size_t n = 3;

    for (size_t i = 0; i < store->event_hidden_count(event); i++)
        n += store->event_hidden(event, i).n + 3;
    return n;
}

static struct record *record_new(struct log *log, struct chatd_event *event)
{
    static const struct chatd_str nobody = {"", 0};
    struct chatd_user *user = chatd->event_user(event);
    struct chatd_str type = chatd->event_type(event);
    struct chatd_str author = user != NULL ? chatd->user_public_id(user) : nobody;
    struct chatd_str cid = chatd->event_cid(event);
    struct chatd_str body = chatd->event_json(event);
    size_t bytes = type.n + author.n + cid.n + body.n + 4 + hidden_bytes(event);
    struct record *record = malloc(sizeof(*record) + bytes);

    if (record == NULL)
        return NULL;
    char *at = (char *)(record + 1);
    *record = (struct record){
        .log = log,
        .seq = chatd->event_seq(event),
        .ts = chatd->event_ts(event),
    };
    record->type = keep(&at, type.p, type.n);
    record->author = keep(&at, author.p, author.n);
    record->cid = keep(&at, cid.p, cid.n);
    record->body = keep(&at, body.p, body.n);
    record->hidden = keep_hidden(&at, event);
    return record;
}

void writer_add(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event)
{
    struct log *log = rooms_begin(self, room);
    struct record *record = log != NULL ? record_new(log, event) : NULL;

    if (record == NULL) {
        store->failed(self, chatd->room_id(room), chatd->event_seq(event), refusal);
        return;
    }
    *last = record;
    last = &record->next;
    writer_go_on(self);
}

/* What is queued of the rooms of a batch that failed comes behind what was refused. */
static void drop_queued(const struct batch *batch)
{
    for (size_t i = 0; i < batch->n_parts; i++)
        batch->parts[i].log->batch_place = i + 1;
    for (struct record **at = &first; *at != NULL;) {
        struct record *record = *at;
        if (record->log->batch_place == 0) {
            at = &record->next;
            continue;
        }
        *at = record->next;
        free(record);
    }
    last = &first;
    while (*last != NULL)
        last = &(*last)->next;
    for (size_t i = 0; i < batch->n_parts; i++)
        batch->parts[i].log->batch_place = 0;
}

/* ---- A batch ------------------------------------------------------------------------------ */

static void batch_free(struct batch *batch)
{
    while (batch->records != NULL) {
        struct record *record = batch->records;
        batch->records = record->next;
        free(record);
    }
    free(batch->parts);
    free(batch);
}

static void find_parts(struct batch *batch)
{
    for (const struct record *at = batch->records; at != NULL; at = at->next) {
        struct log *log = at->log;
        if (log->batch_place == 0) {
            batch->parts[batch->n_parts] = (struct part){.log = log, .first_seq = at->seq};
            log->batch_place = ++batch->n_parts;
        }
        batch->parts[log->batch_place - 1].last_seq = at->seq;
        batch->parts[log->batch_place - 1].last_ts = at->ts;
    }
    for (size_t i = 0; i < batch->n_parts; i++)
        batch->parts[i].log->batch_place = 0;
}

/* Of all that waits. NULL without memory. */
static struct batch *batch_new(struct chatd_self *self)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    size_t n = 0;

    for (const struct record *at = first; at != NULL; at = at->next)
        n++;
    struct part *parts = calloc(n + 1, sizeof(*parts));
    if (batch == NULL || parts == NULL) {
        free(batch);
        free(parts);
        return NULL;
    }
    batch->parts = parts;
    batch->records = first;
    first = NULL;
    last = &first;
    find_parts(batch);
    batch->users = users_take(self);
    return batch;
}

static void tell_topic(const struct record *record)
{
    struct chatd_json *body = json->parse(record->body.p, record->body.n);

    rooms_set_topic(record->log, json->str(json->get(body, "topic"), ""));
    json->free(body);
}

static void succeed(struct chatd_self *self, const struct batch *batch)
{
    for (const struct record *at = batch->records; at != NULL; at = at->next)
        if (strcmp(at->type.p, "topic") == 0)
            tell_topic(at);
    for (size_t i = 0; i < batch->n_parts; i++) {
        const struct part *part = &batch->parts[i];
        rooms_stored(part->log, part->last_seq, part->last_ts);
        store->stored(self, part->log->room, part->last_seq);
    }
    if (is_failing)
        chatd->log(self, CHATD_LOG_WARN, "events are stored again");
    is_failing = 0;
}

static void on_pause_over(struct chatd_self *self, void *arg)
{
    (void)arg;
    pause = 0;
    writer_go_on(self);
}

static void fail(struct chatd_self *self, const struct batch *batch)
{
    for (size_t i = 0; i < batch->n_parts; i++)
        store->failed(self, batch->parts[i].log->room, batch->parts[i].first_seq, refusal);
    drop_queued(batch);
    for (size_t i = 0; i < batch->n_parts; i++)
        rooms_failed(batch->parts[i].log);
    if (!is_failing)
        chatd->log(self, CHATD_LOG_ERROR, "nothing can be stored: %s; messages are refused",
                   batch->why);
    is_failing = 1;
    if (pause == 0)
        pause = chatd->timer_start(self, PAUSE_MS, 0, on_pause_over, NULL);
}

static void end_batch(struct chatd_self *self, struct batch *batch)
{
    is_busy = 0;
    n_ended++;
    users_taken(self, batch->users, batch->err == SQLITE_OK);
    if (batch->err == SQLITE_OK)
        succeed(self, batch);
    else
        fail(self, batch);
    upkeep_after(self, batch);
    batch_free(batch);
}

static void on_written(struct chatd_self *self, void *arg)
{
    end_batch(self, arg);
    has_just_told = 1;
    reader_go_on(self);
    writer_go_on(self);
}

static void write_batch(void *arg)
{
    batch_write(db, arg);
}

/* Without memory, all of it waits for the next event. */
static void begin_batch(struct chatd_self *self)
{
    struct batch *batch = batch_new(self);

    if (batch == NULL)
        return;
    is_busy = 1;
    n_begun++;
    if (chatd->job(self, write_batch, on_written, batch) == 0)
        return;
    batch->err = SQLITE_BUSY;
    snprintf(batch->why, sizeof(batch->why), "too much work waits in the server");
    end_batch(self, batch);
}

/* ---- Whose turn it is --------------------------------------------------------------------- */

static void keep_up(void *arg)
{
    upkeep_work(db, arg);
}

static void on_kept_up(struct chatd_self *self, void *arg)
{
    is_busy = 0;
    upkeep_end(self, arg);
    reader_go_on(self);
    writer_go_on(self);
}

static void begin_upkeep(struct chatd_self *self)
{
    struct upkeep *upkeep = upkeep_begin(self);

    if (upkeep == NULL)
        return;
    is_busy = 1;
    if (chatd->job(self, keep_up, on_kept_up, upkeep) != 0) {
        is_busy = 0;
        upkeep_fail(self, upkeep);
    }
}

static int is_awaited(void)
{
    return first != NULL || (pause == 0 && users_wait());
}

/* What people answer to a batch goes together into the next one, or they would stay apart. Timers
 * come before what can be read. */
static void on_turn(struct chatd_self *self, void *arg)
{
    (void)arg;
    turn = 0;
    if (has_just_told) {
        has_just_told = 0;
        turn = chatd->timer_start(self, 0, 0, on_turn, NULL);
        return;
    }
    upkeep_look_around(self);
    if (upkeep_is_due(self, is_awaited()))
        begin_upkeep(self);
    else if (is_awaited())
        begin_batch(self);
}

/* Not at once: what else happens in this turn of the loop goes into the same batch. And when the
 * server waits for all work to end, none must follow. */
void writer_go_on(struct chatd_self *self)
{
    if (is_busy || turn != 0 || (!is_awaited() && !upkeep_is_due(self, 0)))
        return;
    turn = chatd->timer_start(self, 0, 0, on_turn, NULL);
}

uint64_t writer_ticket(void)
{
    return is_awaited() ? n_begun + 1 : n_begun;
}

int writer_has_written(uint64_t ticket)
{
    return n_ended >= ticket;
}

/* ---- Start and end ------------------------------------------------------------------------ */

void writer_start(struct db *connection)
{
    db = connection;
}

/* The loop may wait here: nobody is served any more, or nobody until the next module has started.
 */
void writer_stop(struct chatd_self *self)
{
    struct batch *batch = first != NULL || users_wait() ? batch_new(self) : NULL;

    if (batch != NULL) {
        n_begun++;
        batch_write(db, batch);
        end_batch(self, batch);
    }
    chatd->timer_stop(self, turn);
    chatd->timer_stop(self, pause);
    turn = 0;
    pause = 0;
    is_failing = 0;
}
