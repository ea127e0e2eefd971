#include "plugin/lifecycle.h"

#include "base/log.h"
#include "plugin/activation.h"
#include "plugin/api.h"
#include "plugin/background.h"
#include "plugin/bots.h"
#include "plugin/endpoints.h"
#include "plugin/fetches.h"
#include "plugin/http_api.h"
#include "plugin/links.h"
#include "plugin/registry.h"
#include "plugin/services.h"
#include "plugin/slots.h"
#include "plugin/store_api.h"
#include "plugin/tokens.h"

#include <errno.h>

static int failed(const struct chatd_self *self, const char *what, int err)
{
    log_error(self->where, "module %s: its %s failed (%d)", self->name, what, err);
    return -EINVAL;
}

static int call(struct chatd_self *self, const char *what, int (*fn)(struct chatd_self *self))
{
    struct activation activation;

    if (fn == NULL)
        return 0;
    activation_begin(&activation, self, what);
    int err = fn(self);
    activation_end(&activation);
    return err == 0 ? 0 : failed(self, what, err);
}

/* What may be begun at any time, and not only in init(). A job's end may begin more. */
static void end_what_it_has_begun(struct chatd_self *self)
{
    if (self->jobs > 0)
        workers_drain(self->plugins->workers);
    services_end(self);
    bots_end(self, NULL);
    fetches_end(self);
    background_end(self);
}

int lifecycle_check(struct chatd_self *self)
{
    if (self->def.api != NULL)
        *self->def.api = &api_table;
    int err = call(self, "check", self->def.check);
    end_what_it_has_begun(self);
    return err;
}

int lifecycle_init(struct chatd_self *self)
{
    struct plugins *plugins = self->plugins;

    plugins->registering = true;
    int err = registry_add(self);
    if (err == 0)
        err = call(self, "init", self->def.init);
    plugins->registering = false;
    if (err == 0)
        self->state = MODULE_READY;
    return err;
}

int lifecycle_start(struct chatd_self *self, const struct json *saved)
{
    struct activation activation;
    int err = 0;

    store_begin(self);
    if (self->def.start != NULL) {
        activation_begin(&activation, self, "start");
        err = self->def.start(self, (const struct chatd_json *)saved);
        activation_end(&activation);
    }
    if (err != 0) {
        store_end(self);
        return failed(self, "start", err);
    }
    self->state = MODULE_RUNNING;
    store_started(self);
    services_announce(self);
    log_info(self->name, "module %s started: %s",
             self->def.version != NULL ? self->def.version : "",
             self->def.about != NULL ? self->def.about : "");
    return 0;
}

void lifecycle_stop(struct chatd_self *self, struct json *save)
{
    struct activation activation;

    services_withdraw(self);
    tokens_end(self);
    fetches_end(self);
    if (self->jobs > 0)
        workers_drain(self->plugins->workers);
    if (self->def.stop != NULL) {
        activation_begin(&activation, self, "stop");
        self->def.stop(self, (struct chatd_json *)save);
        activation_end(&activation);
    }
    store_end(self);
    self->state = MODULE_READY;
}

void lifecycle_remove(struct chatd_self *self, struct chatd_self *heir)
{
    struct activation activation;

    tokens_end(self);
    if (self->jobs > 0)
        workers_drain(self->plugins->workers);
    registry_remove(self);
    http_api_end(self);
    services_end(self);
    endpoints_end(self, heir);
    links_end(self, heir);
    bots_end(self, heir);
    store_forget(self);
    fetches_end(self);
    if (self->state == MODULE_READY && self->def.fini != NULL) {
        activation_begin(&activation, self, "fini");
        self->def.fini(self);
        activation_end(&activation);
    }
    slots_end(self);
    end_what_it_has_begun(self);
    if (self->state != MODULE_BROKEN)
        self->state = MODULE_OPEN;
}

void lifecycle_end_inheritance(struct chatd_self *self)
{
    endpoints_end_inherited(self);
    links_end_inherited(self);
    bots_end_inherited(self);
}
