#include "plugin/open.h"

#include "base/log.h"
#include "plugin/table.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A sanitizer's report needs the names of the functions in a module after its end. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEP_LOADED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_LOADED 1
#endif
#endif
#ifndef KEEP_LOADED
#define KEEP_LOADED 0
#endif

__attribute__((format(printf, 2, 3))) static int refuse(const struct chatd_self *self,
                                                        const char *format, ...)
{
    char why[512];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    log_error(self->where, "module %s: %s", self->name, why);
    return -EINVAL;
}

/* Magic and versions first: they tell what the rest of the struct means. */
static int read_descriptor(struct chatd_self *self, const struct chatd_module_def *def)
{
    if (def->magic != CHATD_MODULE_MAGIC)
        return refuse(self, "%s is no chatd module (its magic number is wrong)", self->path);
    if (def->major != CHATD_ABI_MAJOR)
        return refuse(self, "it was built for module ABI %u, this server has %d", def->major,
                      CHATD_ABI_MAJOR);
    if (def->need_minor > CHATD_ABI_MINOR)
        return refuse(self, "it needs module ABI %u.%u, this server has %d.%d", def->major,
                      def->need_minor, CHATD_ABI_MAJOR, CHATD_ABI_MINOR);
    /* The size is the struct's third member, behind magic and versions. */
    size_t size = def->size;
    if (size < sizeof(*def))
        return refuse(self, "its descriptor is too short: %zu bytes", size);
    for (size_t i = sizeof(*def); i < size; i++)
        if (((const char *)def)[i] != 0)
            return refuse(self, "it uses a part of the module ABI that this server does not have");
    self->def = *def;
    if (def->name == NULL || strcmp(def->name, self->name) != 0)
        return refuse(self, "%s calls itself \"%s\"", self->path,
                      def->name != NULL ? log_escape(slice_str(def->name)) : "");
    return 0;
}

int module_open(struct chatd_self *self)
{
    void *dl = dlopen(self->path, RTLD_NOW | RTLD_LOCAL);

    if (dl == NULL) {
        refuse(self, "%s", dlerror());
        return -ENOENT;
    }
    const struct chatd_module_def *def = dlsym(dl, "chatd_module");
    int err = def != NULL ? read_descriptor(self, def)
                          : refuse(self, "%s has no symbol chatd_module", self->path);
    if (err != 0) {
        dlclose(dl);
        return err;
    }
    self->dl = dl;
    return 0;
}

void module_close(struct chatd_self *self)
{
    if (self->dl != NULL && !KEEP_LOADED)
        dlclose(self->dl);
    self->dl = NULL;
}
