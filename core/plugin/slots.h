/* Slots: pointers of modules on rooms and memberships. */
#ifndef CHATD_PLUGIN_SLOTS_H
#define CHATD_PLUGIN_SLOTS_H

#include "plugin/module.h"

/* For struct chatd_api. */
int slots_new(struct chatd_self *self, int kind, chatd_slot_free_fn *free_fn);
void *slots_get(struct chatd_self *self, int slot, chatd_id object);
int slots_set(struct chatd_self *self, int slot, chatd_id object, void *data);

/* For struct hub_ops. */
void slots_free(void *plugins, enum id_kind kind, void **slots);

void slots_deinit(struct plugins *plugins);

#endif
