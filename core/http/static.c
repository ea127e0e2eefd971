#include "http/static.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/path.h"
#include "http/mime.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 16, PATH_BYTES = 4096 };

struct entry {
    UT_hash_handle hh;
    struct static_file file;
    char path[];
};

struct static_files {
    struct entry *by_path;
    size_t max_file;
};

/* The first half of the content's SHA-256. */
static void make_etag(struct static_file *file)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t n = 0;

    file->etag[n++] = '"';
    if (EVP_Digest(file->body->data, file->body->n, digest, NULL, EVP_sha256(), NULL) == 1)
        for (size_t i = 0; i < 16; i++)
            n += (size_t)snprintf(file->etag + n, sizeof(file->etag) - n, "%02x", digest[i]);
    file->etag[n++] = '"';
    file->etag[n] = '\0';
}

static struct frame *read_file(int fd, size_t bytes)
{
    struct frame *frame = frame_new(bytes);
    size_t have = 0;

    while (frame != NULL && have < bytes) {
        ssize_t n = read(fd, frame->data + have, bytes - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            frame_unref(frame);
            return NULL;
        }
        have += (size_t)n;
    }
    return frame;
}

static void add_file(struct static_files *files, const char *name, const char *path)
{
    struct stat st;
    struct entry *entry = NULL;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) != 0) {
        log_warn("web_root", "%s: %s", name, strerror(errno));
        goto done;
    }
    if (!S_ISREG(st.st_mode))
        goto done;
    if ((uintmax_t)st.st_size > files->max_file) {
        log_warn("web_root", "%s is larger than max_web_file and is not served", name);
        goto done;
    }
    size_t n = strlen(path);
    entry = calloc(1, sizeof(*entry) + n + 1);
    if (entry == NULL)
        goto done;
    entry->file.body = read_file(fd, (size_t)st.st_size);
    if (entry->file.body == NULL) {
        log_warn("web_root", "%s: cannot be read", name);
        free(entry);
        goto done;
    }
    memcpy(entry->path, path, n);
    entry->file.type = http_mime_type(slice_str(path));
    make_etag(&entry->file);
    HASH_ADD_KEYPTR(hh, files->by_path, entry->path, n, entry);

done:
    if (fd >= 0)
        close(fd);
}

static void add_dir(struct static_files *files, const char *dir, const char *path, int depth)
{
    DIR *stream = opendir(dir);

    if (stream == NULL || depth > MAX_DEPTH) {
        log_warn("web_root", "%s: %s", dir,
                 stream == NULL ? strerror(errno) : "too many folders in each other");
        if (stream != NULL)
            closedir(stream);
        return;
    }
    for (struct dirent *item = readdir(stream); item != NULL; item = readdir(stream)) {
        char name[PATH_BYTES];
        char below[PATH_BYTES];
        struct stat st;

        if (item->d_name[0] == '.')
            continue;
        if (snprintf(name, sizeof(name), "%s/%s", dir, item->d_name) >= (int)sizeof(name) ||
            snprintf(below, sizeof(below), "%s/%s", path, item->d_name) >= (int)sizeof(below) ||
            lstat(name, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            add_dir(files, name, below, depth + 1);
        else
            add_file(files, name, below);
    }
    closedir(stream);
}

struct static_files *static_load(const char *root, size_t max_file)
{
    struct static_files *files = calloc(1, sizeof(*files));

    if (files == NULL)
        return NULL;
    files->max_file = max_file;
    add_dir(files, root, "", 0);
    log_info("web_root", "%s: %u files", root, HASH_COUNT(files->by_path));
    return files;
}

void static_free(struct static_files *files)
{
    struct entry *entry;
    struct entry *next;

    if (files == NULL)
        return;
    HASH_ITER (hh, files->by_path, entry, next) {
        HASH_DEL(files->by_path, entry);
        frame_unref(entry->file.body);
        free(entry);
    }
    free(files);
}

const struct static_file *static_find(const struct static_files *files, struct slice path)
{
    struct entry *entry = NULL;
    char index[PATH_BYTES];

    if (path.n > 0 && path.p[path.n - 1] == '/') {
        int n = snprintf(index, sizeof(index), "%.*sindex.html", (int)path.n, path.p);
        if (n < 0 || (size_t)n >= sizeof(index))
            return NULL;
        path = slice_of(index, (size_t)n);
    }
    if (path.n > 0)
        HASH_FIND(hh, files->by_path, path.p, path.n, entry);
    return entry != NULL ? &entry->file : NULL;
}
