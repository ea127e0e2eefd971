#include "upkeep.h"

#include "reader.h"
#include "retention.h"
#include "words.h"
#include "writer.h"

#include <stdlib.h>

enum {
    WAL_PAGES = 1000,     /* of SQLite's log; then it is moved into the file */
    INDEX_MS = 1000,      /* messages of so long are indexed together */
    INDEX_EVENTS = 1000,  /* in a slice, ... */
    INDEX_LOGS = 64,      /* ... of so many rooms */
    LATE_MS = 1000,       /* so long batches go first */
    PAUSE_MS = 5000,      /* after a failure */
    BUSY_MS = 200,        /* after somebody was in the way */
    MAX_GOING = 1000,     /* rooms that are being removed */
    COMPACT_SHARE = 20,   /* the index is compacted in 1/20 of the time */
    COMPACT_ROUNDS = 2,   /* one may begin with what was under way, without the last segment */
    SLACK_BYTES = 4 << 20 /* what removing may need at first when the file is full */
};

enum task { NOTHING, INDEX, SCRUB, REMOVE_ROOM, RETAIN, FORGET, COMPACT };

struct upkeep {
    enum task task;
    struct log *logs[INDEX_LOGS];
    struct words_part parts[INDEX_LOGS];
    size_t n_parts;
    struct retention retention;
    int64_t room;
    int64_t min_ts;
    int64_t max_users;
    int is_first; /* of compacting */
    int settles;  /* the index was compacted, and nothing was removed since */
    int is_done;
    int64_t took_ms;
    int err;
};

static struct db *db;
static int is_checkpointing;
static int is_index_due;
static int is_scrub_due;  /* somebody has deleted what he said */
static int is_scrub_owed; /* something was removed; when no more of that is to be done */
static int is_compact_due;
static int compact_round;    /* 0: it is not being compacted */
static int is_compact_first; /* the next piece is the first of its round */
static int64_t compacted_ms;
static int is_settle_due;
static struct retention pass; /* over all rooms */
static int is_passing;
static int is_interval_over; /* the next pass is to begin */
static int is_expel_due;     /* there may be more rooms that have to go */
static int is_forget_due;
static int64_t going[MAX_GOING];
static size_t n_going;
static uint64_t n_wanted; /* tickets */
static uint64_t n_indexed;
static int64_t due_since_ms; /* 0: not due, or just done */
static int was_slice;        /* the last thing that was done */
static int is_failing;
static chatd_id index_timer;
static chatd_id pause_timer;   /* runs: nothing is done */
static chatd_id scrub_timer;   /* runs: not this */
static chatd_id compact_timer; /* runs: nor this */
static chatd_id interval_timer;

/* ---- What is to be done ------------------------------------------------------------------- */

/* SQLite's log is moved into the file while more is written to it. This takes its time, for which
 * readers had better wait than batches. What fails is tried again with the next batch. */
static void checkpoint(struct db *reader, struct read *read)
{
    (void)read;
    (void)db_checkpoint(reader, 0);
}

static void end_checkpoint(struct chatd_self *self, struct read *read)
{
    (void)self;
    (void)read;
    is_checkpointing = 0;
}

static void look_at_wal(struct chatd_self *self)
{
    static struct read read = {.work = checkpoint, .end = end_checkpoint, .is_no_transaction = 1};

    if (!is_checkpointing && db->wal_pages >= WAL_PAGES && reader_add(self, &read) == 0)
        is_checkpointing = 1;
}

static enum task choose(void)
{
    if (pause_timer != 0)
        return NOTHING;
    if (rooms_want())
        return INDEX;
    if (is_index_due)
        return INDEX;
    if (is_scrub_due && scrub_timer == 0)
        return SCRUB;
    if (n_going > 0)
        return REMOVE_ROOM;
    if (is_passing)
        return RETAIN;
    if (is_forget_due)
        return FORGET;
    if (is_scrub_owed && scrub_timer == 0)
        return SCRUB;
    return (is_compact_due || compact_round > 0) && compact_timer == 0 ? COMPACT : NOTHING;
}

/* Nothing else is under way here, so that logs may be forgotten. */
static void expel(struct chatd_self *self)
{
    int64_t max_rooms = chatd->option_int(self, "max_rooms");

    n_going += rooms_expel(self, max_rooms > 0 ? (size_t)max_rooms : SIZE_MAX, &going[n_going],
                           MAX_GOING - n_going);
    is_expel_due = n_going == MAX_GOING;
}

static void begin_pass(struct chatd_self *self)
{
    int64_t max_age_ms = chatd->option_int(self, "max_age");

    is_interval_over = 0;
    expel(self);
    if (!is_passing)
        pass = (struct retention){
            .min_ts = max_age_ms > 0 ? chatd->now_ms(self) - max_age_ms : 0,
            .max_events = chatd->option_int(self, "max_events"),
        };
    is_passing = pass.min_ts != 0 || pass.max_events != 0;
    is_forget_due = 1;
}

static void on_interval(struct chatd_self *self, void *arg)
{
    (void)arg;
    is_interval_over = 1;
    writer_go_on(self);
}

static int may_expel(void)
{
    return is_expel_due && n_going == 0;
}

void upkeep_look_around(struct chatd_self *self)
{
    if (is_interval_over)
        begin_pass(self);
    else if (may_expel())
        expel(self);
}

int upkeep_is_due(struct chatd_self *self, int is_batch_awaited)
{
    enum task task = choose();

    if (task == NOTHING || !is_batch_awaited) {
        due_since_ms = 0;
        return task != NOTHING || is_interval_over || may_expel();
    }
    if (was_slice)
        return 0;
    if (task == INDEX && rooms_want())
        return 1;
    if (due_since_ms == 0)
        due_since_ms = chatd->now_ms(self);
    return chatd->now_ms(self) - due_since_ms >= LATE_MS;
}

static void on_index_timer(struct chatd_self *self, void *arg)
{
    (void)arg;
    index_timer = 0;
    is_index_due = rooms_lag();
    writer_go_on(self);
}

static void index_soon(struct chatd_self *self)
{
    if (rooms_lag() && !is_index_due && index_timer == 0)
        index_timer = chatd->timer_start(self, INDEX_MS, 0, on_index_timer, NULL);
}

void upkeep_after(struct chatd_self *self, const struct batch *batch)
{
    was_slice = 0;
    index_soon(self);
    look_at_wal(self);
    if (batch->err != SQLITE_OK)
        return;
    is_scrub_due |= batch->has_removed_text;
    is_compact_due |= batch->has_removed_words;
}

uint64_t upkeep_want_index(struct chatd_self *self)
{
    writer_go_on(self);
    return ++n_wanted;
}

int upkeep_has_indexed(uint64_t ticket)
{
    return n_indexed >= ticket || pause_timer != 0;
}

/* ---- A slice ------------------------------------------------------------------------------ */

static int compare_ids(const void *a, const void *b)
{
    const struct log *x = *(struct log *const *)a;
    const struct log *y = *(struct log *const *)b;

    return (x->id > y->id) - (x->id < y->id);
}

static void choose_parts(struct upkeep *upkeep)
{
    upkeep->n_parts = rooms_lagging(upkeep->logs, INDEX_LOGS);
    qsort((void *)upkeep->logs, upkeep->n_parts, sizeof(upkeep->logs[0]), compare_ids);
    for (size_t i = 0; i < upkeep->n_parts; i++) {
        const struct log *log = upkeep->logs[i];
        upkeep->parts[i] = (struct words_part){log->id, log->indexed, log->seq};
    }
}

static void begin_compacting(struct upkeep *upkeep)
{
    if (compact_round == 0) {
        compact_round = 1;
        is_compact_first = 1;
        is_compact_due = 0;
        compacted_ms = 0;
    }
    upkeep->is_first = is_compact_first;
    is_compact_first = 0;
}

struct upkeep *upkeep_begin(struct chatd_self *self)
{
    struct upkeep *upkeep = calloc(1, sizeof(*upkeep));
    int64_t now_ms = chatd->now_ms(self);

    if (upkeep == NULL)
        return NULL;
    due_since_ms = 0;
    was_slice = 1;
    upkeep->task = choose();
    if (upkeep->task == INDEX)
        choose_parts(upkeep);
    if (upkeep->task == SCRUB) {
        is_scrub_due = is_scrub_owed = 0;
        upkeep->settles = is_settle_due && !is_compact_due && compact_round == 0;
    }
    if (upkeep->task == COMPACT)
        begin_compacting(upkeep);
    upkeep->room = n_going > 0 ? going[n_going - 1] : 0;
    upkeep->retention = pass;
    upkeep->min_ts = now_ms - chatd->option_int(self, "remember");
    upkeep->max_users = chatd->option_int(self, "max_remembered");
    return upkeep;
}

static int run(struct db *connection, struct upkeep *upkeep)
{
    int err = SQLITE_OK;

    switch (upkeep->task) {
    case NOTHING:
        break;
    case INDEX:
        return words_index(connection, upkeep->parts, upkeep->n_parts, INDEX_EVENTS);
    case SCRUB:
        err = upkeep->settles ? words_settle(connection) : SQLITE_OK;
        return err == SQLITE_OK ? db_checkpoint(connection, 1) : err;
    case REMOVE_ROOM:
        return retention_remove_room(connection, upkeep->room, &upkeep->is_done);
    case RETAIN:
        return retention_slice(connection, &upkeep->retention);
    case FORGET:
        return retention_forget_users(connection, upkeep->min_ts, upkeep->max_users,
                                      &upkeep->is_done);
    case COMPACT:
        err = words_compact(connection, upkeep->is_first);
        upkeep->is_done = err == SQLITE_DONE;
        return err == SQLITE_DONE ? SQLITE_OK : err;
    }
    return err;
}

/* The disk is not waited for: what is done here can be done again. */
void upkeep_work(struct db *connection, struct upkeep *upkeep)
{
    int64_t begin_ms = monotonic_ms();

    upkeep->err = db_begin_upkeep(connection, SLACK_BYTES);
    if (upkeep->err == SQLITE_OK)
        upkeep->err = run(connection, upkeep);
    (void)db_end_upkeep(connection);
    upkeep->took_ms = monotonic_ms() - begin_ms;
}

/* ---- Its end ------------------------------------------------------------------------------ */

static void on_timer(struct chatd_self *self, void *timer)
{
    *(chatd_id *)timer = 0;
    writer_go_on(self);
}

static void pause_for(struct chatd_self *self, chatd_id *timer, int64_t ms)
{
    if (*timer == 0)
        *timer = chatd->timer_start(self, ms, 0, on_timer, timer);
}

static void end_index(struct chatd_self *self, const struct upkeep *upkeep)
{
    for (size_t i = 0; i < upkeep->n_parts; i++)
        rooms_indexed(upkeep->logs[i], upkeep->parts[i].after);
    is_index_due &= rooms_lag();
    index_soon(self);
    if (!rooms_want())
        n_indexed = n_wanted;
}

static void end_compacting(struct chatd_self *self, const struct upkeep *upkeep)
{
    compacted_ms += upkeep->took_ms;
    if (!upkeep->is_done)
        return;
    is_compact_first = 1;
    if (compact_round++ < COMPACT_ROUNDS)
        return;
    compact_round = 0;
    is_scrub_owed = is_settle_due = 1;
    pause_for(self, &compact_timer, compacted_ms * COMPACT_SHARE);
}

static void removed(void)
{
    is_scrub_owed = is_compact_due = 1;
}

static void end_well(struct chatd_self *self, const struct upkeep *upkeep)
{
    switch (upkeep->task) {
    case NOTHING:
        break;
    case SCRUB:
        is_settle_due &= !upkeep->settles;
        break;
    case INDEX:
        end_index(self, upkeep);
        break;
    case REMOVE_ROOM:
        n_going -= (size_t)upkeep->is_done;
        removed();
        break;
    case RETAIN:
        pass = upkeep->retention;
        is_passing = !pass.is_done;
        if (pass.has_removed)
            removed();
        break;
    case FORGET:
        is_forget_due = !upkeep->is_done;
        break;
    case COMPACT:
        end_compacting(self, upkeep);
        break;
    }
}

/* Once when it begins, and once when it is over. */
static void tell(struct chatd_self *self, const struct upkeep *upkeep)
{
    int fails = upkeep->err != SQLITE_OK;

    if (fails && !is_failing)
        chatd->log(self, CHATD_LOG_WARN, "work in the background fails, and is tried again: %s",
                   sqlite3_errstr(upkeep->err));
    else if (!fails && is_failing)
        chatd->log(self, CHATD_LOG_INFO, "work in the background goes on");
    is_failing = fails;
}

void upkeep_end(struct chatd_self *self, struct upkeep *upkeep)
{
    if (upkeep->task == SCRUB && upkeep->err == SQLITE_BUSY) {
        is_scrub_due = 1;
        pause_for(self, &scrub_timer, BUSY_MS);
        free(upkeep);
        return;
    }
    tell(self, upkeep);
    look_at_wal(self);
    if (upkeep->err != SQLITE_OK) {
        upkeep_fail(self, upkeep);
        return;
    }
    end_well(self, upkeep);
    free(upkeep);
}

void upkeep_fail(struct chatd_self *self, struct upkeep *upkeep)
{
    is_scrub_due |= upkeep->task == SCRUB;
    is_compact_first |= upkeep->is_first;
    pause_for(self, &pause_timer, PAUSE_MS);
    free(upkeep);
}

/* ---- Start and end ------------------------------------------------------------------------ */

int upkeep_start(struct chatd_self *self, struct db *connection, char why[WHY_BYTES])
{
    int64_t interval_ms = chatd->option_int(self, "interval");
    int n = retention_going(connection, going, MAX_GOING);
    int is_owed = n >= 0 ? words_owe(connection) : -1;

    if (is_owed < 0) {
        db_why(connection, why);
        return -1;
    }
    db = connection;
    n_going = (size_t)n;
    is_compact_due = is_owed;
    is_scrub_owed = 1; /* there may be a log that a crash has left */
    interval_timer = chatd->timer_start(self, interval_ms, interval_ms, on_interval, NULL);
    index_soon(self);
    writer_go_on(self);
    return 0;
}

void upkeep_stop(struct chatd_self *self)
{
    chatd_id *const timers[] = {&index_timer, &pause_timer, &scrub_timer, &compact_timer,
                                &interval_timer};

    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        chatd->timer_stop(self, *timers[i]);
        *timers[i] = 0;
    }
    n_going = 0;
    is_index_due = is_scrub_due = is_scrub_owed = is_compact_due = compact_round = 0;
    is_passing = is_forget_due = is_interval_over = is_expel_due = 0;
    is_failing = 0;
    n_indexed = n_wanted;
}
