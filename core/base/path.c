#include "base/path.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *path_join(const char *dir, const char *name)
{
    char *joined;

    if (name[0] == '/')
        return strdup(name);
    return asprintf(&joined, "%s/%s", dir, name) < 0 ? NULL : joined;
}

char *path_dir(const char *file)
{
    char *copy = strdup(file);

    if (copy == NULL)
        return NULL;
    char *dir = dirname(copy);
    char *resolved = realpath(dir, NULL);
    if (resolved == NULL)
        resolved = strdup(dir);
    free(copy);
    return resolved;
}

static int make_dir(const char *dir)
{
    struct stat st;

    if (mkdir(dir, 0750) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    return stat(dir, &st) != 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int path_make_dirs(const char *dir)
{
    if (dir[0] == '\0')
        return -ENOENT;
    char *copy = strdup(dir);
    int err = 0;

    if (copy == NULL)
        return -ENOMEM;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL && err == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        err = make_dir(copy);
        *slash = '/';
    }
    if (err == 0)
        err = make_dir(copy);
    free(copy);
    return err;
}
