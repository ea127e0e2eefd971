/* The rooms that are stored, in memory: where a room that begins goes on is known at once. */
#ifndef HISTORY_ROOMS_H
#define HISTORY_ROOMS_H

#include "db.h"

enum { EPOCH_BYTES = 9 };

/* A log, current or not. What stands first never changes, and workers may read it. */
struct log {
    int64_t id;
    char *name;
    char epoch[EPOCH_BYTES];

    int64_t seq; /* of the last event that is stored */
    int64_t ts;  /* and its time */
    int64_t indexed;
    char *topic;           /* NULL for none */
    chatd_id room;         /* the last one that it was the log of; 0: of none yet */
    struct recall *recall; /* its end is being read; NULL: it is not */
    int is_wanted;         /* somebody waits until it can be searched */
    int is_lagging;        /* it is in the list of those that cannot be, up to their ends */
    size_t batch_place;    /* see writer.c */
    struct log *next;
    struct log **link; /* what points here */
    struct log *next_lagging;
};

/* In start(): reads them all. Those of rooms that live go on there; of those that have lived while
 * this module did not run nobody knows the numbers, and they get another epoch. 0, or -1 and why.
 */
int rooms_start(struct chatd_self *self, struct db *db, char why[WHY_BYTES]);
void rooms_stop(void);

/* In stop(), in a server that goes on: rooms that live may go on without this module. */
int rooms_let_go(struct chatd_self *self, struct db *db);

/* The log of this name that is the last one; NULL for none. */
struct log *rooms_by_name(const char *name);

/* The log that goes on in this room; NULL when nothing of it was stored. */
struct log *rooms_of(struct chatd_room *room);

/* The same, begun when there is none. NULL without memory, and when there is no number for it. */
struct log *rooms_begin(struct chatd_self *self, struct chatd_room *room);

/* Nothing of the log could be stored: when nothing was before either, it is forgotten. Nothing of
 * it must be queued. */
void rooms_failed(struct log *log);

/* What happened to a log has been stored. */
void rooms_stored(struct log *log, int64_t seq, int64_t ts);
void rooms_set_topic(struct log *log, const char *topic);

/* ---- Those that cannot be searched up to their ends, those that are wanted first. */

/* Is there one? Is there one that is wanted? */
int rooms_lag(void);
int rooms_want(void);
/* Does this one lag? Then it is wanted from now on. */
int rooms_want_log(struct log *log);
/* Answers up to `n` of them. */
size_t rooms_lagging(struct log **logs, size_t n);
/* One of them was indexed up to there. */
void rooms_indexed(struct log *log, int64_t indexed);

/* Chooses the logs that have to go when there may be `max`: those that no living room goes on with,
 * the oldest first. They are forgotten here. Answers how many numbers it has put into `ids`. */
size_t rooms_expel(struct chatd_self *self, size_t max, int64_t *ids, size_t n);

#endif
