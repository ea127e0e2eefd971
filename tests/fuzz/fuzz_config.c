/* The configuration files: whatever stands in them is a value or an error, and nothing leaks. */
#include "fuzz.h"

#include "base/conffile.h"
#include "base/config.h"
#include "base/log.h"

#include <sys/mman.h>
#include <unistd.h>

static void read_config(const char *path)
{
    static const struct config_paths paths = {"/web", "/data", "/modules"};
    struct config config;

    if (config_read(path, &paths, &config) == 0)
        config_deinit(&config);
}

static void read_modules(const char *path)
{
    static const char *const names[] = {"words", "list", NULL};
    struct conf_file file;

    if (conf_read_modules(path, names, false, &file) == 0)
        conf_file_deinit(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[64];
    int fd = memfd_create("chatd.conf", 0);

    log_set_level((enum log_level) - 1);
    must(fd >= 0);
    must(write(fd, data, n) == (ssize_t)n);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    read_config(path);
    read_modules(path);
    close(fd);
    return 0;
}
