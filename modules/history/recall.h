/* The end of the log of a room that goes on. Who comes back to it may have missed something, or
 * have no answer to what he said last, and say it again: it is not to be doubled. */
#ifndef HISTORY_RECALL_H
#define HISTORY_RECALL_H

#include "rooms.h"

/* Reads the end of the room's log; what people say there waits meanwhile. */
void recall_begin(struct chatd_self *self, struct chatd_room *room, struct log *log);

/* The same at once, in start(). Adds to `*n` how many events there were. */
int recall_now(struct chatd_self *self, struct db *db, struct chatd_room *room, struct log *log,
               int64_t *n);

/* Filter of messages. */
chatd_message_fn recall_on_message;

#endif
