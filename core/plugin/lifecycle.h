/* The life of one module, from its check to its end. */
#ifndef CHATD_PLUGIN_LIFECYCLE_H
#define CHATD_PLUGIN_LIFECYCLE_H

#include "plugin/module.h"

/* All log what fails, and answer 0 or a negative errno then. */

int lifecycle_check(struct chatd_self *self);

/* Registers what its tables name and what its init() does. On failure what was registered stays
 * until lifecycle_remove(). */
int lifecycle_init(struct chatd_self *self);

/* `saved` may be NULL. */
int lifecycle_start(struct chatd_self *self, const struct json *saved);

/* `save` may be NULL. */
void lifecycle_stop(struct chatd_self *self, struct json *save);

/* Takes everything that a stopped module owns out of the server, and calls its fini(). It is
 * MODULE_OPEN then, and may be taken through its life again. Its bots and connections become the
 * inheritance of `heir`, which its init() may enter upon; without an heir (NULL) they end. */
void lifecycle_remove(struct chatd_self *self, struct chatd_self *heir);

/* Ends what the module has inherited and made no use of. */
void lifecycle_end_inheritance(struct chatd_self *self);

#endif
