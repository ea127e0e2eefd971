/* Putting what a module's tables declare into the server's tables, and taking it out. */
#ifndef CHATD_PLUGIN_REGISTRY_H
#define CHATD_PLUGIN_REGISTRY_H

#include "plugin/module.h"

/* Adds hooks, verbs, commands and features. A wrong entry or a name that is taken is logged;
 * -EINVAL then, and what was added stays until registry_remove(). -ENOMEM. */
int registry_add(struct chatd_self *self);
void registry_remove(struct chatd_self *self);

#endif
