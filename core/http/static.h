/* The files under web_root, all in memory: a request never waits for a disk, and a path that was
 * not found when the folder was read cannot be reached by any spelling. */
#ifndef CHATD_HTTP_STATIC_H
#define CHATD_HTTP_STATIC_H

#include "net/frame.h"

struct static_file {
    struct frame *body;
    const char *type;
    char etag[36]; /* quoted: a strong validator, from the content */
};

struct static_files;

/* Reads the folder and those in it; names that begin with a dot, what is no regular file and files
 * above `max_file` bytes are left out, the last with a warning. A folder that cannot be read is
 * logged and counts as empty. NULL without memory. */
struct static_files *static_load(const char *root, size_t max_file);
void static_free(struct static_files *files);

/* The file of a decoded, absolute path; "/dir/" means its index.html. NULL when there is none. */
const struct static_file *static_find(const struct static_files *files, struct slice path);

#endif
