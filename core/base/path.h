/* File names. */
#ifndef CHATD_BASE_PATH_H
#define CHATD_BASE_PATH_H

/* `name` when it is absolute, else `dir` and `name` with a slash between. Heap; NULL without
 * memory. */
char *path_join(const char *dir, const char *name);

/* The folder that `file` is in: absolute when the file exists and can be resolved, without
 * following `file` itself when that is a symbolic link. Heap; NULL without memory. */
char *path_dir(const char *file);

/* Makes a folder and those above it (mode 0750). 0 also when it is there; a negative errno. */
int path_make_dirs(const char *dir);

#endif
