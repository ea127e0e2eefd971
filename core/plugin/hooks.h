/* The hook chains: what the hub asks and tells, put to the modules in their order. */
#ifndef CHATD_PLUGIN_HOOKS_H
#define CHATD_PLUGIN_HOOKS_H

#include "plugin/tokens.h"

/* For hub->ops, with the plugins as its argument. */
extern const struct hub_ops hooks_hub_ops;

/* Adds a hook of a module. -EINVAL for an unknown point, -ENOMEM. */
int hooks_add(struct chatd_self *self, const struct chatd_hook *hook);

/* Puts all chains in order, when the modules' lines have changed. */
void hooks_sort(struct plugins *plugins);

/* Takes all hooks of a module out of the chains. */
void hooks_remove(struct chatd_self *self);
void hooks_deinit(struct plugins *plugins);

/* What a filter, verb or command answered, in the hub's terms; who refused is named and counted.
 * An unknown verdict is a denial. */
enum verdict hooks_judge(const struct chatd_self *self, struct call_stats *stats,
                         const struct subject *subject, int verdict);

/* A verdict that was put off has come: asks the filters behind `place`, if it lets them. */
enum verdict hooks_go_on(struct plugins *plugins, struct subject *subject, enum verdict verdict,
                         struct hook_place place);

/* Calls the hooks of CHATD_HOOK_LOG_REOPEN. */
void hooks_log_reopen(struct plugins *plugins);

/* Calls those of CHATD_HOOK_RELOAD of one module. */
void hooks_reload(struct plugins *plugins, const struct chatd_self *self);

/* "message", for people. */
const char *hooks_point_name(enum hook_point point);

#endif
