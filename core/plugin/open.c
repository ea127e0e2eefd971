#include "plugin/open.h"

#include "base/log.h"
#include "plugin/table.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
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

/* Of the headers, while 0.x changes: what was built with an older one does not load. */
enum { OLDEST_MINOR = 9 };

/* Magic and versions first: they tell what the rest of the struct means. */
static int read_descriptor(struct chatd_self *self, const struct chatd_module_def *def)
{
    if (def->magic != CHATD_MODULE_MAGIC)
        return refuse(self, "%s is no chatd module (its magic number is wrong)", self->path);
    if (def->major != CHATD_ABI_MAJOR)
        return refuse(self, "it was built for module ABI %u, this server has %d", def->major,
                      CHATD_ABI_MAJOR);
    if (def->minor < OLDEST_MINOR)
        return refuse(self, "it was built for module ABI %u.%u, this server takes %d.%d or later",
                      def->major, def->minor, CHATD_ABI_MAJOR, OLDEST_MINOR);
    size_t size = def->size;
    if (size < TABLE_LEAST(struct chatd_module_def, fini))
        return refuse(self, "its descriptor is too short: %zu bytes", size);
    for (size_t i = sizeof(*def); i < size; i++)
        if (((const char *)def)[i] != 0)
            return refuse(self, "it uses a part of the module ABI that this server does not have");
    if (def->name == NULL || strcmp(def->name, self->name) != 0)
        return refuse(self, "%s calls itself \"%s\"", self->path,
                      def->name != NULL ? log_escape(slice_str(def->name)) : "");
    memcpy(&self->def, def, size < sizeof(*def) ? size : sizeof(*def));
    if (self->def.need_minor > CHATD_ABI_MINOR)
        return refuse(self, "it needs module ABI %u.%u, this server has %d.%d", def->major,
                      self->def.need_minor, CHATD_ABI_MAJOR, CHATD_ABI_MINOR);
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

static struct module_file file_of(const struct stat *st)
{
    return (struct module_file){st->st_dev, st->st_ino, st->st_size, st->st_mtim, st->st_ctim};
}

static int open_file(struct chatd_self *self)
{
    struct stat st;
    int fd = open(self->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0) {
        refuse(self, "%s: %s", self->path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -ENOENT;
    }
    if (is_cut_off(fd)) {
        close(fd);
        return refuse(self, "%s is cut off", self->path);
    }
    self->file = file_of(&st);
    return fd;
}

static int copy_bytes(int from, int to)
{
    char bytes[16384];
    ssize_t n;

    while ((n = read(from, bytes, sizeof(bytes))) > 0)
        for (ssize_t at = 0, m; at < n; at += m) {
            m = write(to, bytes + at, (size_t)(n - at));
            if (m < 0)
                return -errno;
        }
    return n == 0 ? 0 : -errno;
}

/* The file as it is now, for the process alone. What dlopen() maps must not change any more: a
 * mapped file that is cut off is death by SIGBUS. And a name that was opened before is the old
 * image for dlopen(), whatever lies there now. */
static int copy_file(const struct chatd_self *self, int fd)
{
    int copy = memfd_create(self->name, MFD_CLOEXEC);

    if (copy >= 0 && copy_bytes(fd, copy) != 0) {
        close(copy);
        copy = -1;
    }
    return copy;
}

/* A sanitizer's report names the functions of a module by its file, so there the first image is
 * that of the file itself. */
static bool needs_copy(const struct chatd_self *self)
{
    if (!KEEP_LOADED)
        return true;
    void *loaded = dlopen(self->path, RTLD_NOW | RTLD_NOLOAD);
    if (loaded != NULL)
        dlclose(loaded);
    return loaded != NULL;
}

static void *open_image(struct chatd_self *self, int fd)
{
    char path[sizeof("/proc/self/fd/") + 12];

    self->copy_fd = needs_copy(self) ? copy_file(self, fd) : -1;
    if (self->copy_fd < 0)
        return dlopen(self->path, RTLD_NOW | RTLD_LOCAL);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", self->copy_fd);
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

int module_open(struct chatd_self *self)
{
    int fd = open_file(self);
    if (fd < 0)
        return fd;
    self->dl = open_image(self, fd);
    close(fd);
    int err = 0;
    if (self->dl == NULL) {
        refuse(self, "%s", dlerror());
        err = -ENOENT;
    } else {
        const struct chatd_module_def *def = dlsym(self->dl, "chatd_module");
        err = def != NULL ? read_descriptor(self, def)
                          : refuse(self, "%s has no symbol chatd_module", self->path);
    }
    if (err != 0)
        module_close(self);
    return err;
}

bool module_is_unchanged(struct chatd_self *self, const struct chatd_self *running)
{
    const struct module_file *one = &self->file;
    const struct module_file *other = &running->file;
    struct stat st;

    if (stat(self->path, &st) != 0)
        return false;
    self->file = file_of(&st);
    return one->dev == other->dev && one->ino == other->ino && one->size == other->size &&
           one->mtime.tv_sec == other->mtime.tv_sec && one->mtime.tv_nsec == other->mtime.tv_nsec &&
           one->ctime.tv_sec == other->ctime.tv_sec && one->ctime.tv_nsec == other->ctime.tv_nsec;
}

/* The descriptor stays open as long as the image may: it is its name. */
static bool is_gone(const struct chatd_self *self)
{
    char path[sizeof("/proc/self/fd/") + 12];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", self->copy_fd);
    void *left = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (left == NULL)
        return true;
    dlclose(left);
    return false;
}

void module_close(struct chatd_self *self)
{
    if (self->dl != NULL && !KEEP_LOADED) {
        dlclose(self->dl);
        if (self->copy_fd >= 0 && is_gone(self))
            close(self->copy_fd);
        else if (self->copy_fd >= 0)
            log_info(self->name, "its old code stays in memory: something in it is still needed");
    } else if (self->dl == NULL && self->copy_fd >= 0) {
        close(self->copy_fd);
    }
    self->dl = NULL;
    self->copy_fd = -1;
}
