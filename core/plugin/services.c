#include "plugin/services.h"

#include "base/log.h"
#include "plugin/activation.h"
#include "plugin/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A module that wants to know of a service. */
struct use {
    struct use *next;
    struct chatd_self *self;
    char *name;
    unsigned version;
    const void *table; /* what it was told last */
    chatd_service_fn *fn;
    void *arg;
};

static struct service *find(const struct plugins *plugins, const char *name, unsigned version)
{
    struct service *service = plugins->services;

    while (service != NULL && (strcmp(service->name, name) != 0 || service->version != version))
        service = service->next;
    return service;
}

int services_provide(struct chatd_self *self, const char *name, unsigned version, const void *table)
{
    SERVERS_THREAD_ONLY("service_provide", -EPERM);
    struct plugins *plugins = self->plugins;
    const struct service *other = find(plugins, name, version);

    if (!plugins->registering)
        return -EPERM;
    if (other != NULL) {
        log_error(self->where, "module %s: the service \"%s %u\" belongs to %s already", self->name,
                  name, version, other->self->name);
        return -EEXIST;
    }
    struct service *service = calloc(1, sizeof(*service));
    if (service == NULL)
        return -ENOMEM;
    *service = (struct service){.next = plugins->services,
                                .self = self,
                                .name = strdup(name),
                                .version = version,
                                .table = table};
    if (service->name == NULL) {
        free(service);
        return -ENOMEM;
    }
    plugins->services = service;
    return 0;
}

/* Is `fn` told of this service already? */
static bool is_used(const struct chatd_self *self, const char *name, unsigned version,
                    chatd_service_fn *fn, const void *arg)
{
    for (const struct use *use = self->plugins->uses; use != NULL; use = use->next)
        if (use->self == self && strcmp(use->name, name) == 0 && use->version == version &&
            use->fn == fn && use->arg == arg)
            return true;
    return false;
}

const void *services_use(struct chatd_self *self, const char *name, unsigned version,
                         chatd_service_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("service_use", NULL);
    struct plugins *plugins = self->plugins;
    const struct service *service = find(plugins, name, version);
    const void *table = service != NULL ? service->table : NULL;

    if (fn == NULL || is_used(self, name, version, fn, arg))
        return table;
    struct use *use = calloc(1, sizeof(*use));
    if (use == NULL)
        return NULL;
    *use = (struct use){.next = plugins->uses,
                        .self = self,
                        .name = strdup(name),
                        .version = version,
                        .table = table,
                        .fn = fn,
                        .arg = arg};
    if (use->name == NULL) {
        free(use);
        return NULL;
    }
    plugins->uses = use;
    return use->table;
}

/* ---- Coming and going --------------------------------------------------------------------- */

static void tell(struct use *use, const void *table)
{
    struct activation activation;

    use->table = table;
    activation_begin(&activation, use->self, "service");
    use->fn(use->self, use->name, table, use->arg);
    activation_end(&activation);
}

/* The callbacks may use further services: those stand in front of the ones walked over. */
static void tell_all(const struct service *service, const void *table)
{
    for (struct use *use = service->self->plugins->uses; use != NULL; use = use->next)
        if (strcmp(use->name, service->name) == 0 && use->version == service->version &&
            use->table != table)
            tell(use, table);
}

void services_announce(struct chatd_self *self)
{
    for (const struct service *at = self->plugins->services; at != NULL; at = at->next)
        if (at->self == self)
            tell_all(at, at->table);
}

void services_withdraw(struct chatd_self *self)
{
    for (const struct service *at = self->plugins->services; at != NULL; at = at->next)
        if (at->self == self)
            tell_all(at, NULL);
}

void services_end(struct chatd_self *self)
{
    struct plugins *plugins = self->plugins;

    for (struct service **at = &plugins->services; *at != NULL;) {
        struct service *service = *at;
        if (service->self != self) {
            at = &service->next;
            continue;
        }
        *at = service->next;
        free(service->name);
        free(service);
    }
    for (struct use **at = &plugins->uses; *at != NULL;) {
        struct use *use = *at;
        if (use->self != self) {
            at = &use->next;
            continue;
        }
        *at = use->next;
        free(use->name);
        free(use);
    }
}

/* ---- Needs -------------------------------------------------------------------------------- */

static int check_need(const struct chatd_self *self, const char *need)
{
    char name[64];
    unsigned version;

    if (sscanf(need, "%63s %u", name, &version) != 2) {
        log_error(self->where, "module %s: \"%s\" is no service: name and version", self->name,
                  need);
        return -EINVAL;
    }
    const struct service *service = find(self->plugins, name, version);
    if (service != NULL && service->self->line < self->line)
        return 0;
    log_error(self->where, "module %s: it needs the service \"%s\", which %s", self->name, need,
              service != NULL ? "stands behind it" : "no module provides");
    return -EINVAL;
}

int services_check(const struct plugins *plugins)
{
    int result = 0;

    for (size_t i = 0; i < plugins->set.n; i++) {
        const struct chatd_self *self = plugins->set.modules[i];
        const char *const *needs = self->state != MODULE_BROKEN ? self->def.needs : NULL;
        for (size_t j = 0; needs != NULL && needs[j] != NULL; j++)
            if (check_need(self, needs[j]) != 0)
                result = -EINVAL;
    }
    return result;
}
