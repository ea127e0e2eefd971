/* What the server had when it ended, for a server that begins. */
#ifndef HISTORY_RESTORE_H
#define HISTORY_RESTORE_H

#include "db.h"

/* In start(): users who were there, and the last events of the rooms where they were, of some rooms
 * a little later (recall.h). 0, or -1 and why. */
int restore_all(struct chatd_self *self, struct db *db, char why[WHY_BYTES]);

#endif
