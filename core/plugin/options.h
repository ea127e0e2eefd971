/* The options of a module: what it declared, against what chatd.modules says. */
#ifndef CHATD_PLUGIN_OPTIONS_H
#define CHATD_PLUGIN_OPTIONS_H

#include "plugin/module.h"

/* Takes over what the module declared. -EINVAL (logged) when a declaration is wrong, -ENOMEM. */
int options_declare(struct chatd_self *self);

/* Reads the module's section. -EINVAL for a mistake, which is logged with file and line. */
int options_read(struct chatd_self *self, const struct conf_file *file);
void options_deinit(struct chatd_self *self);

/* Another image of the same code has been opened: takes the declarations over from there. */
void options_rebind(struct chatd_self *self);

/* Do two modules of the same code have the same values for all options? */
bool options_are_the_same(const struct chatd_self *a, const struct chatd_self *b);

/* Where a hook stands that the module wants at `own`: the operator may put all of them elsewhere,
 * with the option `priority`, which every module has that does not use this name itself. */
int options_priority(const struct chatd_self *self, int own);

/* For struct chatd_api. */
int64_t options_int(struct chatd_self *self, const char *name);
struct chatd_str options_str(struct chatd_self *self, const char *name);
size_t options_count(struct chatd_self *self, const char *name);
struct chatd_str options_item(struct chatd_self *self, const char *name, size_t i);
int options_error(struct chatd_self *self, const char *name, const char *format, ...)
    CHATD_PRINTF(3, 4);

#endif
