/* The hook chains: what the hub asks and tells, put to the modules in their order. */
#ifndef CHATD_PLUGIN_HOOKS_H
#define CHATD_PLUGIN_HOOKS_H

#include "plugin/module.h"

/* For hub->ops, with the plugins as its argument. */
extern const struct hub_ops hooks_hub_ops;

/* Adds a hook of a module. -EINVAL for an unknown point, -ENOMEM. */
int hooks_add(struct chatd_self *self, const struct chatd_hook *hook);

/* Takes all hooks of a module out of the chains. */
void hooks_remove(struct chatd_self *self);
void hooks_deinit(struct plugins *plugins);

/* Calls the hooks of CHATD_HOOK_LOG_REOPEN. */
void hooks_log_reopen(struct plugins *plugins);

/* "message", for people. */
const char *hooks_point_name(enum hook_point point);

#endif
