/* The work that nobody waits for, in slices between batches: indexing, retention, and making sure
 * that removed text is gone from the files. And when SQLite's log is moved into the file. */
#ifndef HISTORY_UPKEEP_H
#define HISTORY_UPKEEP_H

#include "batch.h"

struct upkeep;

/* In start() and stop(). `db` is the writer's connection. 0, or -1 and why. */
int upkeep_start(struct chatd_self *self, struct db *db, char why[WHY_BYTES]);
void upkeep_stop(struct chatd_self *self);

/* A batch was written, or not. */
void upkeep_after(struct chatd_self *self, const struct batch *batch);

/* When nothing is under way, so that logs may be forgotten: chooses what has to go, when it is time
 * for that. */
void upkeep_look_around(struct chatd_self *self);

/* Should a slice be done now, or looked around? Not always when a batch is waited for. */
int upkeep_is_due(struct chatd_self *self, int is_batch_awaited);

/* A slice: begun and ended on the loop, the work on a worker; or it could not begin. NULL when
 * there is none, or no memory. */
struct upkeep *upkeep_begin(struct chatd_self *self);
void upkeep_work(struct db *db, struct upkeep *upkeep);
void upkeep_end(struct chatd_self *self, struct upkeep *upkeep);
void upkeep_fail(struct chatd_self *self, struct upkeep *upkeep);

/* These logs (rooms_want_log()) are to be indexed up to where they are now. A ticket for it, and
 * whether that was done, or cannot be now. */
uint64_t upkeep_want_index(struct chatd_self *self);
int upkeep_has_indexed(uint64_t ticket);

#endif
