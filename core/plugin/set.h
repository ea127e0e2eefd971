/* The modules that chatd.modules lists: opened, with their options read. */
#ifndef CHATD_PLUGIN_SET_H
#define CHATD_PLUGIN_SET_H

#include "plugin/module.h"

/* Opens the modules of plugins->config->modules_file and reads their options; nothing has effects
 * outside the process. Those in plugins->set that run and whose file has not changed are not opened
 * again: they lend their descriptor. Of a module whose file is missing or does not fit, the state
 * is MODULE_BROKEN; that is logged. A mistake in the file is logged with file and line: -EINVAL.
 * -ENOMEM. On failure the set is empty. */
int set_read(struct plugins *plugins, struct module_set *set);

/* The module of that name, NULL without one. */
struct chatd_self *set_find(const struct module_set *set, const char *name);

/* Opens code of its own for a module that has a borrowed descriptor. -EINVAL (logged) when that has
 * become impossible. */
int module_open_own(struct chatd_self *self);

/* Frees the list, not the modules. */
void set_deinit(struct module_set *set);

/* A module that owns nothing any more. */
void module_free(struct chatd_self *self);

#endif
