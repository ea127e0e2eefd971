/* A batch: what is written in one transaction. Made and ended by the loop (writer.c), written by a
 * worker in between. */
#ifndef HISTORY_BATCH_H
#define HISTORY_BATCH_H

#include "rooms.h"

#include <stddef.h>

/* An event that is to be stored. Its texts stand behind it. */
struct record {
    struct record *next;
    struct log *log;
    int64_t seq;
    int64_t ts;
    struct chatd_str type;
    struct chatd_str author; /* these three may be empty */
    struct chatd_str cid;
    struct chatd_str hidden;
    struct chatd_str body;
};

/* A log with events in the batch. */
struct part {
    struct log *log;
    int64_t first_seq;
    int64_t last_seq;
    int64_t last_ts;
};

/* A user as he is to be known again. */
struct user_row {
    struct user_row *next;
    chatd_id user;
    char *public_id;
    char *saved;
    int64_t seen_ms; /* 0: he is here */
};

struct batch {
    struct record *records; /* those of a log in the order of their numbers */
    size_t n_records;
    struct part *parts;
    size_t n_parts;
    struct user_row *users;
    /* What came of it. */
    int err;
    char why[WHY_BYTES];
    int has_removed_text;  /* that is still in the log of the database, ... */
    int has_removed_words; /* ... or in the index */
};

/* On a worker, with the writer's connection. All or nothing. */
void batch_write(struct db *db, struct batch *batch);

/* Users that are marked as being here are gone; of `saved` nothing changes. */
int batch_forget_here(struct db *db, int64_t now_ms);
int batch_mark_gone(struct db *db, const char *public_id, int64_t now_ms);

#endif
