/* Services: tables of functions that one module provides and others use. */
#ifndef CHATD_PLUGIN_SERVICES_H
#define CHATD_PLUGIN_SERVICES_H

#include "plugin/module.h"

struct service {
    struct service *next;
    struct chatd_self *self;
    char *name;
    unsigned version;
    const void *table;
};

/* For struct chatd_api. */
int services_provide(struct chatd_self *self, const char *name, unsigned version,
                     const void *table);
const void *services_use(struct chatd_self *self, const char *name, unsigned version,
                         chatd_service_fn *fn, void *arg);

/* Do all modules have what they need, from modules that stand before them? What is missing is
 * logged with file and line; -EINVAL then. */
int services_check(const struct plugins *plugins);

/* Tells users of the module's services that they are there, or (when it is about to stop) gone. */
void services_announce(struct chatd_self *self);
void services_withdraw(struct chatd_self *self);

/* Ends what the module provides and uses. */
void services_end(struct chatd_self *self);

#endif
