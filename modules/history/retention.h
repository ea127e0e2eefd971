/* What is not kept for ever. All of it on a worker, with the writer's connection, in slices. */
#ifndef HISTORY_RETENTION_H
#define HISTORY_RETENTION_H

#include "db.h"

/* What goes, and how far a pass over all rooms has got. */
struct retention {
    int64_t min_ts;     /* what is older; 0: nothing is too old */
    int64_t max_events; /* what is more than that in a room; 0: nothing */
    int64_t room;       /* where the next slice goes on; 0: at the first room */
    int is_done;        /* there is no next slice */
    int has_removed;
};

int retention_slice(struct db *db, struct retention *retention);

/* Removes some events of a room that goes; `*is_done` says when it is gone. */
int retention_remove_room(struct db *db, int64_t room, int *is_done);

/* Forgets some of the users who have left before `min_ts`, and of those who are more than `max`;
 * `*is_done` says whether these were all. */
int retention_forget_users(struct db *db, int64_t min_ts, int64_t max, int *is_done);

/* Rooms that were going when the server ended: up to `n` of them. -1 when that cannot be read. */
int retention_going(struct db *db, int64_t *rooms, int n);

#endif
