#include "plugin/loader.h"

#include "base/log.h"
#include "base/path.h"
#include "net/mailbox.h"
#include "plugin/hooks.h"
#include "plugin/http_api.h"
#include "plugin/lifecycle.h"
#include "plugin/reload.h"
#include "plugin/services.h"
#include "plugin/set.h"
#include "plugin/slots.h"
#include "plugin/thread.h"

#include <errno.h>

int plugins_init(struct plugins *plugins, struct hub *hub, struct http_server *http,
                 struct workers *workers, const struct config *config)
{
    *plugins = (struct plugins){.hub = hub, .http = http, .workers = workers, .config = config};
    hub->ops = &hooks_hub_ops;
    hub->ops_arg = plugins;
    http->ops = &http_api_server_ops;
    http->ops_arg = plugins;
    reload_init(plugins);
    thread_is_the_servers();
    plugins->mailbox = mailbox_new(hub->loop, (size_t)config->max_jobs.number);
    return plugins->mailbox != NULL ? 0 : -ENOMEM;
}

typedef int step_fn(struct chatd_self *self);

/* Takes all that are open one step further. */
static int for_all_open(const struct plugins *plugins, step_fn *step)
{
    int result = 0;

    for (size_t i = 0; i < plugins->set.n; i++) {
        struct chatd_self *self = plugins->set.modules[i];
        int err = self->state == MODULE_OPEN ? step(self) : 0;
        if (err != 0)
            result = err;
    }
    return result;
}

int plugins_load(struct plugins *plugins)
{
    int err = set_read(plugins, &plugins->set);

    if (err != 0)
        return err;
    for (size_t i = 0; i < plugins->set.n; i++)
        if (plugins->set.modules[i]->state == MODULE_BROKEN)
            plugins->n_broken++;
    err = for_all_open(plugins, lifecycle_check);
    if (err == 0)
        err = for_all_open(plugins, lifecycle_init);
    return err == 0 ? services_check(plugins) : err;
}

void plugins_start(struct plugins *plugins)
{
    const char *dir = plugins->config->data_dir.text;
    int err = path_make_dirs(dir);

    if (err != 0)
        log_error("data_dir", "%s: %s", dir, strerror(-err));
    for (size_t i = 0; i < plugins->set.n; i++) {
        struct chatd_self *self = plugins->set.modules[i];
        if (self->state != MODULE_READY || lifecycle_start(self, NULL) == 0)
            continue;
        log_error(self->where, "module %s is left out", self->name);
        lifecycle_remove(self, NULL);
        self->state = MODULE_BROKEN;
    }
}

void plugins_end(struct plugins *plugins)
{
    struct module_set *set = &plugins->set;

    for (size_t i = set->n; i-- > 0;)
        if (set->modules[i]->state == MODULE_RUNNING && set->modules[i]->store == NULL)
            lifecycle_stop(set->modules[i], NULL);
    if (plugins->storing != NULL && plugins->storing->state == MODULE_RUNNING)
        lifecycle_stop(plugins->storing, NULL);
    if (plugins->workers != NULL)
        workers_drain(plugins->workers);
    for (size_t i = set->n; i-- > 0;)
        lifecycle_remove(set->modules[i], NULL);
    for (size_t i = 0; i < set->n; i++)
        module_free(set->modules[i]);
    set_deinit(set);
    reload_deinit(plugins);
    mailbox_free(plugins->mailbox);
    hooks_deinit(plugins);
    slots_deinit(plugins);
}
