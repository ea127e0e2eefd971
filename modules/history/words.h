/* The index of words. Its statements, and the work in the background that keeps it up to date. */
#ifndef HISTORY_WORDS_H
#define HISTORY_WORDS_H

#include "db.h"

/* The text of a message can be searched from now on, or can no more. `text` is exactly the text
 * that was added. */
int words_add(struct db *db, int64_t id, const char *text);
int words_remove(struct db *db, int64_t id, const char *text);

/* Part of a log that is to be indexed: the events from number `after` + 1 to `last`. */
struct words_part {
    int64_t room;
    int64_t after; /* moves to where the work has got */
    int64_t last;
};

/* Indexes about `max` events of these logs, whose ids ascend. */
int words_index(struct db *db, struct words_part *parts, size_t n, int max);

/* What was removed from the index is only marked as such until its segments are merged. This does a
 * piece of that; the first one begins with all there are. SQLITE_DONE when there is nothing left to
 * do, SQLITE_OK when there is more. */
int words_compact(struct db *db, int is_first);

/* Is there something left to do, from before the start? 0, 1, or -1 when that cannot be read. Not
 * any more after words_settle(). */
int words_owe(struct db *db);
int words_settle(struct db *db);

#endif
