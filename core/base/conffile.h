/* Reading the two configuration files with libconfuse: which keys stand where, with what text.
 * The types of the values are the business of option.h. */
#ifndef CHATD_BASE_CONFFILE_H
#define CHATD_BASE_CONFFILE_H

#include "base/option.h"

/* One `key = value` or `key = { ... }`. */
struct conf_entry {
    char *section; /* the title, NULL at the top level */
    char *name;
    char **words;
    size_t n_words;
    char *where; /* file:line */
};

/* One `module TITLE { ... }`. */
struct conf_section {
    char *title;
    char *where; /* file:line of its closing brace */
};

struct conf_file {
    char *dir; /* of the file itself */
    struct conf_entry *entries;
    size_t n_entries;
    struct conf_section *sections;
    size_t n_sections;
};

/* Reads a file of `key = value` lines; `names` (NULL at the end) are the keys that it may have.
 * Mistakes are logged with file and line; -EINVAL, -ENOMEM or the error of
 * opening the file then, and `*out` untouched. */
int conf_read(const char *path, const char *const *names, struct conf_file *out);

/* Reads a file of `module TITLE { key = value ... }` sections, each title once. `names` (NULL at
 * the end, or NULL for none) are the keys that may stand in a section; another one is a mistake
 * unless `ignore_unknown`. With `names` NULL only the sections are reported: the first of two
 * passes, for what may stand in a section is known when the module has been opened. */
int conf_read_modules(const char *path, const char *const *names, bool ignore_unknown,
                      struct conf_file *out);

void conf_file_deinit(struct conf_file *file);

/* The last entry `name` in the section (NULL: at the top level); NULL when there is none. */
const struct conf_entry *conf_find(const struct conf_file *file, const char *section,
                                   const char *name);

/* The entry as option_read() wants it. */
struct option_text conf_option_text(const struct conf_file *file, const struct conf_entry *entry);

#endif
