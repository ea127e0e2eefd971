#include "plugin/set.h"

#include "base/log.h"
#include "plugin/activation.h"
#include "plugin/open.h"
#include "plugin/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void module_free(struct chatd_self *self)
{
    options_deinit(self);
    stats_free(self);
    module_close(self);
    free(self->name);
    free(self->path);
    free(self->where);
    free(self);
}

struct chatd_self *set_find(const struct module_set *set, const char *name)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->modules[i]->name, name) == 0)
            return set->modules[i];
    return NULL;
}

void set_deinit(struct module_set *set)
{
    free(set->modules);
    *set = (struct module_set){0};
}

/* ---- Opening ------------------------------------------------------------------------------ */

static struct chatd_self *module_new(struct plugins *plugins, const struct conf_section *section,
                                     unsigned line)
{
    struct chatd_self *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return NULL;
    self->plugins = plugins;
    self->copy_fd = -1;
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

/* Code that runs already need not be opened to learn which options it has. */
static int open_or_borrow(struct chatd_self *self)
{
    const struct chatd_self *running = set_find(&self->plugins->set, self->name);

    if (running == NULL || running->state != MODULE_RUNNING || !module_is_unchanged(self, running))
        return module_open(self);
    self->def = running->def;
    return 0;
}

static int open_one(struct chatd_self *self)
{
    if (!good_name(self->name)) {
        log_error(self->where, "\"%s\" is no name of a module", log_escape(slice_str(self->name)));
        return -EINVAL;
    }
    int err = open_or_borrow(self);
    if (err == 0)
        err = options_declare(self);
    if (err == -ENOMEM)
        return err;
    if (err != 0)
        return 0;
    self->state = MODULE_OPEN;
    return 0;
}

int module_open_own(struct chatd_self *self)
{
    const struct module_file before = self->file;

    if (self->dl != NULL)
        return 0;
    int err = module_open(self);
    if (err != 0)
        return err;
    if (memcmp(&before, &self->file, sizeof(before)) != 0) {
        log_error(self->where, "module %s: its file has just changed again", self->name);
        return -EINVAL;
    }
    options_rebind(self);
    return 0;
}

static int open_all(struct plugins *plugins, const struct conf_file *file, struct module_set *set)
{
    int result = 0;

    set->modules = calloc(file->n_sections + 1, sizeof(struct chatd_self *));
    if (set->modules == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < file->n_sections; i++) {
        struct chatd_self *self = module_new(plugins, &file->sections[i], (unsigned)i);
        if (self == NULL)
            return -ENOMEM;
        set->modules[set->n++] = self;
        int err = open_one(self);
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
static const char **all_option_names(const struct module_set *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++)
        n += set->modules[i]->n_options;
    const char **names = calloc(n + 1, sizeof(*names));
    if (names == NULL)
        return NULL;
    n = 0;
    for (size_t i = 0; i < set->n; i++)
        for (size_t j = 0; j < set->modules[i]->n_options; j++)
            if (!has_name(names, n, set->modules[i]->options[j].name))
                names[n++] = set->modules[i]->options[j].name;
    return names;
}

static bool has_broken(const struct module_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->modules[i]->state == MODULE_BROKEN)
            return true;
    return false;
}

static int read_options(const struct module_set *set, const char *path)
{
    struct conf_file file;
    const char **names = all_option_names(set);

    if (names == NULL)
        return -ENOMEM;
    /* What a broken module would accept is not known, so nothing is refused for its name then. */
    int result = conf_read_modules(path, names, has_broken(set), &file);
    free(names);
    if (result != 0)
        return result;
    for (size_t i = 0; i < set->n; i++) {
        struct chatd_self *self = set->modules[i];
        int err = self->state == MODULE_OPEN ? options_read(self, &file) : 0;
        if (err != 0)
            result = err;
    }
    conf_file_deinit(&file);
    return result;
}

int set_read(struct plugins *plugins, struct module_set *set)
{
    const char *path = plugins->config->modules_file.text;
    struct conf_file file;
    int err = conf_read_modules(path, NULL, false, &file);

    *set = (struct module_set){0};
    if (err != 0)
        return err;
    err = open_all(plugins, &file, set);
    conf_file_deinit(&file);
    if (err == 0)
        err = read_options(set, path);
    if (err == 0)
        return 0;
    for (size_t i = 0; i < set->n; i++)
        module_free(set->modules[i]);
    set_deinit(set);
    return err;
}
