/* Slots: pointers of modules on rooms, memberships, clients and users. */
#ifndef CHATD_PLUGIN_SLOTS_H
#define CHATD_PLUGIN_SLOTS_H

#include "plugin/module.h"

/* For struct chatd_api. */
int slots_new(struct chatd_self *self, int kind, const struct chatd_slot_ops *ops);
void *slots_get(struct chatd_self *self, int slot, chatd_id object);
int slots_set(struct chatd_self *self, int slot, chatd_id object, void *data);

/* What the module's slots hold, in JSON: {"NAME": {"ID": ...}}. Slots without `save` are left out.
 * NULL without memory. */
struct json *slots_save(struct chatd_self *self);

/* Fills the slots of a new module with what one before it has saved. */
void slots_load(struct chatd_self *self, const struct json *saved);

/* Frees what the module's slots hold, and gives them back. */
void slots_end(struct chatd_self *self);

/* For struct hub_ops. */
void slots_free(void *plugins, enum id_kind kind, struct slots *slots);

void slots_deinit(struct plugins *plugins);

#endif
