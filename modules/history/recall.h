/* The end of the log of a room that begins again, after nobody was in it for a while. Somebody may
 * come back to it who has no answer to what he said last, and say it again: it is not to be
 * doubled. */
#ifndef HISTORY_RECALL_H
#define HISTORY_RECALL_H

#include "rooms.h"

/* From the end of start() on rooms are recalled; before, restore.c does it at once. */
void recall_start(void);
void recall_stop(void);

/* Reads the end of the room's log; what people say there waits meanwhile. */
void recall_begin(struct chatd_self *self, struct chatd_room *room, struct log *log);

/* Filter of messages. */
chatd_message_fn recall_on_message;

#endif
