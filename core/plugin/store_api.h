/* iface("store", 1): the module that keeps rooms, events and users where they outlive the server.
 */
#ifndef CHATD_PLUGIN_STORE_API_H
#define CHATD_PLUGIN_STORE_API_H

#include "plugin/module.h"

extern const struct chatd_store_api store_api;

/* Around the start() of a module, which stores from then on if it has said so. */
void store_begin(struct chatd_self *self);
void store_started(struct chatd_self *self);

/* It does not any more: what waits to be stored is refused. */
void store_end(struct chatd_self *self);

/* It has no part in it any more. */
void store_forget(struct chatd_self *self);

#endif
