/* What the server had when it ended, for a server that begins. */
#ifndef HISTORY_RESTORE_H
#define HISTORY_RESTORE_H

#include "db.h"

/* So many events of a room at the most. */
enum { RESTORED_EVENTS = 500 };

/* A row of the table of events. The texts are "" for nothing. */
struct stored_row {
    int64_t seq;
    int64_t ts;
    const char *body;
    const char *author;
    const char *cid;
    const char *hidden;
};

/* Gives the server an event of a room. Other than 0 when it did not take it. */
int restore_event(struct chatd_self *self, struct chatd_room *room, const struct stored_row *row);

/* In start(): users who were there, and the last events of the rooms where they were. 0, or -1 and
 * why. */
int restore_all(struct chatd_self *self, struct db *db, char why[WHY_BYTES]);

#endif
