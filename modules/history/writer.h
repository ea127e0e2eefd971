/* What is to be stored, in one batch after the other: all that has come while a batch was written
 * makes the next one. Between batches the writer's connection does the work of upkeep.h. */
#ifndef HISTORY_WRITER_H
#define HISTORY_WRITER_H

#include "db.h"

/* In start() and stop(), which writes what waits. `db` is the writer's connection. */
void writer_start(struct db *db);
void writer_stop(struct chatd_self *self);

void writer_add(struct chatd_self *self, struct chatd_room *room, struct chatd_event *event);

/* There is something to do: users to be saved, or upkeep. */
void writer_go_on(struct chatd_self *self);

/* A ticket for all that waits by now, and whether that was written, well or not. */
uint64_t writer_ticket(void);
int writer_has_written(uint64_t ticket);

#endif
