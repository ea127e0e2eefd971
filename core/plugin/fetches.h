/* event_get(): events of rooms that modules ask for, from the module that stores or from the room's
 * log.
 */
#ifndef CHATD_PLUGIN_FETCHES_H
#define CHATD_PLUGIN_FETCHES_H

#include "plugin/module.h"

/* For struct chatd_api. */
int fetches_event(struct chatd_self *self, struct chatd_room *room, int64_t seq,
                  chatd_event_got_fn *fn, void *arg);

/* The answer of the module that stores; no text for nothing. -ENOENT when nobody waits for it. */
int fetches_answer(struct plugins *plugins, chatd_id request, struct slice json);

/* Forgets what this module has asked for. */
void fetches_end(struct chatd_self *self);

/* There is no store any more: others get what the logs of rooms have. */
void fetches_end_all(struct plugins *plugins);

#endif
