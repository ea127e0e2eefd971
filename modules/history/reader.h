/* What reads the database: one after the other, on a worker. */
#ifndef HISTORY_READER_H
#define HISTORY_READER_H

#include "db.h"

/* Embedded at the beginning of what the reading is for. */
struct read {
    struct read *next;
    /* On the worker, within a transaction unless it is none. Sets `err` to what is not SQLITE_OK.
     */
    void (*work)(struct db *db, struct read *read);
    /* Here; `err` tells how it went. Frees it. */
    void (*end)(struct chatd_self *self, struct read *read);
    int is_no_transaction;
    int is_urgent;        /* goes first, and is never one too many */
    uint64_t after_batch; /* waits for writer_has_written() */
    uint64_t after_index; /* and for upkeep_has_indexed() */
    int err;
    char why[WHY_BYTES];
};

/* In start() and stop(). `db` is the reader's connection. */
void reader_start(struct db *db);
void reader_stop(struct chatd_self *self);

/* The end is called later. -1 when too many wait: `read` is the caller's then. */
int reader_add(struct chatd_self *self, struct read *read);

/* Something may be ready that has waited. */
void reader_go_on(struct chatd_self *self);

#endif
