/* Typed options: what a key of chatd.conf or an option of a module may be, and reading its text.
 * One mechanism for both files, so that sizes, durations and lists look the same in them. */
#ifndef CHATD_BASE_OPTION_H
#define CHATD_BASE_OPTION_H

#include "base/slice.h"

#include <stdint.h>

/* The numbers are those of the module ABI. */
enum option_type {
    OPTION_BOOL = 1,
    OPTION_INT = 2,
    OPTION_SIZE = 3,     /* bytes; suffixes k, M, G */
    OPTION_DURATION = 4, /* milliseconds; suffixes ms, s, m, h, d */
    OPTION_STRING = 5,
    OPTION_PATH = 6, /* made absolute, relative to the folder of the file it stands in */
    OPTION_ENUM = 7, /* one of `words`; the number is its index */
    OPTION_LIST = 8,
    OPTION_PATHS = 9, /* a list of paths; for chatd.conf only */
};

struct option_spec {
    const char *name;
    enum option_type type;
    const char *fallback; /* as in the file; of a list, its words with '|' in between */
    int64_t min;          /* of OPTION_INT, OPTION_SIZE and OPTION_DURATION, inclusive */
    int64_t max;
    const char *words; /* "error|warn|info" */
};

/* A value as the file has it. The strings are borrowed. */
struct option_text {
    const char *const *words;
    size_t n;
    const char *where; /* file:line, for messages */
    const char *dir;   /* what a path is relative to */
};

/* A value read; owns its strings. */
struct option_value {
    int64_t number; /* bool, int, size, duration, and the index of an enum's word */
    char *text;     /* string, path, enum */
    char **items;   /* list */
    size_t n_items;
    char *where; /* file:line, NULL for a default */
};

/* Reads `text`, or the default when it is NULL (a default path is relative to `dir`), into
 * `*value`, which is freed by option_value_deinit(). A mistake is logged with its file and line;
 * -EINVAL then and `*value` untouched. -ENOMEM. */
int option_read(const struct option_spec *spec, const struct option_text *text, const char *dir,
                struct option_value *value);
void option_value_deinit(struct option_value *value);

/* Is it the same value, wherever it stands? */
bool option_value_equals(const struct option_value *a, const struct option_value *b);

#endif
