/* Opening a module's file and reading its descriptor. */
#ifndef CHATD_PLUGIN_OPEN_H
#define CHATD_PLUGIN_OPEN_H

#include "plugin/module.h"

/* Opens self->path and fills in self->dl and self->def. What does not fit is logged with
 * self->where; -ENOENT or -EINVAL then, and nothing stays open. */
int module_open(struct chatd_self *self);
void module_close(struct chatd_self *self);

/* Is the file still what `running` was opened from? */
bool module_is_unchanged(struct chatd_self *self, const struct chatd_self *running);

#endif
