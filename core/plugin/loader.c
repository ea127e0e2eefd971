#include "plugin/loader.h"

#include "base/log.h"
#include "base/path.h"
#include "plugin/activation.h"
#include "plugin/api.h"
#include "plugin/background.h"
#include "plugin/endpoints.h"
#include "plugin/hooks.h"
#include "plugin/open.h"
#include "plugin/options.h"
#include "plugin/outgoing.h"
#include "plugin/registry.h"
#include "plugin/slots.h"
#include "plugin/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void plugins_init(struct plugins *plugins, struct hub *hub, struct http_server *http,
                  struct workers *workers, const struct config *config)
{
    *plugins = (struct plugins){.hub = hub, .http = http, .workers = workers, .config = config};
    hub->ops = &hooks_hub_ops;
    hub->ops_arg = plugins;
}

/* ---- Opening ------------------------------------------------------------------------------ */

static void module_free(struct chatd_self *self)
{
    options_deinit(self);
    stats_free(self);
    module_close(self);
    free(self->name);
    free(self->path);
    free(self->where);
    free(self);
}

static struct chatd_self *module_new(struct plugins *plugins, const struct conf_section *section,
                                     unsigned line)
{
    struct chatd_self *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return NULL;
    self->plugins = plugins;
    self->line = line;
    self->name = strdup(section->title);
    self->where = strdup(section->where);
    if (asprintf(&self->path, "%s/%s.so", plugins->config->module_dir.text, section->title) < 0)
        self->path = NULL;
    if (self->name == NULL || self->where == NULL || self->path == NULL) {
        module_free(self);
        return NULL;
    }
    return self;
}

/* A name becomes part of a file name. */
static bool good_name(const char *name)
{
    return name[0] != '\0' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name);
}

static int open_one(struct plugins *plugins, struct chatd_self *self)
{
    if (!good_name(self->name)) {
        log_error(self->where, "\"%s\" is no name of a module", log_escape(slice_str(self->name)));
        return -EINVAL;
    }
    int err = module_open(self);
    if (err == 0)
        err = options_declare(self);
    if (err == -ENOMEM)
        return err;
    if (err != 0) {
        plugins->n_broken++;
        return 0;
    }
    self->state = MODULE_OPEN;
    if (self->def.api != NULL)
        *self->def.api = &api_table;
    return 0;
}

static int open_all(struct plugins *plugins, const struct conf_file *file)
{
    int result = 0;

    plugins->modules = calloc(file->n_sections + 1, sizeof(struct chatd_self *));
    if (plugins->modules == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < file->n_sections; i++) {
        struct chatd_self *self = module_new(plugins, &file->sections[i], (unsigned)i);
        if (self == NULL)
            return -ENOMEM;
        plugins->modules[plugins->n++] = self;
        int err = open_one(plugins, self);
        if (err != 0)
            result = err;
    }
    return result;
}

/* ---- Options ------------------------------------------------------------------------------ */

static bool has_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The names of all options of all modules, each once: what may stand in a section at all. */
static const char **all_option_names(const struct plugins *plugins)
{
    size_t n = 0;

    for (size_t i = 0; i < plugins->n; i++)
        n += plugins->modules[i]->n_options;
    const char **names = calloc(n + 1, sizeof(*names));
    if (names == NULL)
        return NULL;
    n = 0;
    for (size_t i = 0; i < plugins->n; i++)
        for (size_t j = 0; j < plugins->modules[i]->n_options; j++)
            if (!has_name(names, n, plugins->modules[i]->options[j].name))
                names[n++] = plugins->modules[i]->options[j].name;
    return names;
}

static int read_options(struct plugins *plugins, const char *path)
{
    struct conf_file file;
    const char **names = all_option_names(plugins);

    if (names == NULL)
        return -ENOMEM;
    /* What a broken module would accept is not known, so nothing is refused for its name then. */
    int result = conf_read_modules(path, names, plugins->n_broken > 0, &file);
    free(names);
    if (result != 0)
        return result;
    for (size_t i = 0; i < plugins->n; i++) {
        struct chatd_self *self = plugins->modules[i];
        int err = self->state == MODULE_OPEN ? options_read(self, &file) : 0;
        if (err != 0)
            result = err;
    }
    conf_file_deinit(&file);
    return result;
}

/* ---- Lifecycle ---------------------------------------------------------------------------- */

static int call_lifecycle(struct chatd_self *self, const char *what,
                          int (*fn)(struct chatd_self *self))
{
    struct activation activation;

    if (fn == NULL)
        return 0;
    activation_begin(&activation, self, what);
    int err = fn(self);
    activation_end(&activation);
    if (err == 0)
        return 0;
    log_error(self->where, "module %s: its %s failed (%d)", self->name, what, err);
    return -EINVAL;
}

static int check_all(struct plugins *plugins)
{
    int result = 0;

    for (size_t i = 0; i < plugins->n; i++) {
        struct chatd_self *self = plugins->modules[i];
        if (self->state == MODULE_OPEN && call_lifecycle(self, "check", self->def.check) != 0)
            result = -EINVAL;
    }
    return result;
}

static int init_all(struct plugins *plugins)
{
    int result = 0;

    plugins->registering = true;
    for (size_t i = 0; i < plugins->n; i++) {
        struct chatd_self *self = plugins->modules[i];
        if (self->state != MODULE_OPEN)
            continue;
        int err = registry_add(self);
        if (err == 0)
            err = call_lifecycle(self, "init", self->def.init);
        if (err == 0)
            self->state = MODULE_READY;
        else
            result = err;
    }
    plugins->registering = false;
    return result;
}

int plugins_load(struct plugins *plugins)
{
    const char *path = plugins->config->modules_file.text;
    struct conf_file file;
    int err = conf_read_modules(path, NULL, false, &file);

    if (err != 0)
        return err;
    err = open_all(plugins, &file);
    conf_file_deinit(&file);
    if (err == 0)
        err = read_options(plugins, path);
    if (err == 0)
        err = check_all(plugins);
    if (err == 0)
        err = init_all(plugins);
    return err;
}

/* Takes everything that the module owns out of the server. */
static void unregister(struct chatd_self *self)
{
    struct activation activation;

    tokens_end(self);
    background_stop_timers(self);
    if (self->jobs > 0)
        workers_drain(self->plugins->workers);
    registry_remove(self);
    endpoints_end(self);
    outgoing_end_bots(self);
    if (self->state == MODULE_READY && self->def.fini != NULL) {
        activation_begin(&activation, self, "fini");
        self->def.fini(self);
        activation_end(&activation);
    }
    self->state = MODULE_BROKEN;
}

void plugins_start(struct plugins *plugins)
{
    const char *dir = plugins->config->data_dir.text;
    int err = path_make_dirs(dir);

    if (err != 0)
        log_error("data_dir", "%s: %s", dir, strerror(-err));
    for (size_t i = 0; i < plugins->n; i++) {
        struct chatd_self *self = plugins->modules[i];
        struct activation activation;
        if (self->state != MODULE_READY)
            continue;
        err = 0;
        if (self->def.start != NULL) {
            activation_begin(&activation, self, "start");
            err = self->def.start(self, NULL);
            activation_end(&activation);
        }
        if (err != 0) {
            log_error(self->where, "module %s: its start failed (%d), and it is left out",
                      self->name, err);
            unregister(self);
            continue;
        }
        self->state = MODULE_RUNNING;
        log_info(self->name, "module %s started: %s",
                 self->def.version != NULL ? self->def.version : "",
                 self->def.about != NULL ? self->def.about : "");
    }
}

static void stop(struct chatd_self *self)
{
    struct activation activation;

    background_stop_timers(self);
    if (self->def.stop != NULL) {
        activation_begin(&activation, self, "stop");
        self->def.stop(self, NULL);
        activation_end(&activation);
    }
    self->state = MODULE_READY;
}

void plugins_end(struct plugins *plugins)
{
    for (size_t i = plugins->n; i-- > 0;)
        if (plugins->modules[i]->state == MODULE_RUNNING)
            stop(plugins->modules[i]);
    if (plugins->workers != NULL)
        workers_drain(plugins->workers);
    for (size_t i = plugins->n; i-- > 0;)
        unregister(plugins->modules[i]);
    for (size_t i = 0; i < plugins->n; i++)
        module_free(plugins->modules[i]);
    free(plugins->modules);
    hooks_deinit(plugins);
    slots_deinit(plugins);
}
