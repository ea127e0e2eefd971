#include "plugin/open.h"

#include "base/log.h"
#include "plugin/table.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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
    if (def->name == NULL || strcmp(def->name, self->name) != 0)
        return refuse(self, "%s calls itself \"%s\"", self->path,
                      def->name != NULL ? log_escape(slice_str(def->name)) : "");
    self->def = *def;
    return 0;
}

static bool reaches(const struct stat *st, uint64_t offset, uint64_t n)
{
    return offset <= (uint64_t)st->st_size && n <= (uint64_t)st->st_size - offset;
}

/* Is everything there that the ELF headers speak of? dlopen() maps a file that is cut off, as one
 * is that is just being copied, and the process dies of SIGBUS when it touches the rest. What is no
 * ELF file is left to dlopen() to refuse. */
static bool is_cut_off(int fd)
{
    struct stat st;
    ElfW(Ehdr) header;
    ElfW(Phdr) program;

    if (fstat(fd, &st) != 0 || pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return false;
    for (size_t i = 0; i < header.e_phnum; i++) {
        uint64_t at = header.e_phoff + i * sizeof(program);
        if (pread(fd, &program, sizeof(program), (off_t)at) != (ssize_t)sizeof(program))
            return true;
        if (program.p_type == PT_LOAD && !reaches(&st, program.p_offset, program.p_filesz))
            return true;
    }
    return !reaches(&st, header.e_shoff, (uint64_t)header.e_shnum * header.e_shentsize);
}

static int check_file(const struct chatd_self *self)
{
    int fd = open(self->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        refuse(self, "%s: %s", self->path, strerror(errno));
        return -ENOENT;
    }
    int err = is_cut_off(fd) ? refuse(self, "%s is cut off", self->path) : 0;
    close(fd);
    return err;
}

int module_open(struct chatd_self *self)
{
    int err = check_file(self);
    if (err != 0)
        return err;
    void *dl = dlopen(self->path, RTLD_NOW | RTLD_LOCAL);

    if (dl == NULL) {
        refuse(self, "%s", dlerror());
        return -ENOENT;
    }
    const struct chatd_module_def *def = dlsym(dl, "chatd_module");
    err = def != NULL ? read_descriptor(self, def)
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
