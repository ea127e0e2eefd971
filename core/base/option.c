#include "base/option.h"

#include "base/log.h"
#include "base/path.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit no_units[] = {{"", 1}, {NULL, 0}};
static const struct unit size_units[] = {{"", 1},        {"k", 1 << 10}, {"K", 1 << 10},
                                         {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit duration_units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                             {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

/* A whole number and one of the units behind it. */
static bool read_number(const char *text, const struct unit *units, int64_t *out)
{
    char *end;
    int64_t number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || errno != 0)
        return false;
    for (; units->name != NULL; units++)
        if (strcmp(units->name, end) == 0)
            return !__builtin_mul_overflow(number, units->factor, out);
    return false;
}

static bool read_bool(const char *text, int64_t *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

static bool read_enum(const char *text, const char *words, int64_t *out)
{
    struct slice rest = slice_str(words);

    for (int64_t i = 0; rest.n > 0; i++) {
        if (slice_eq(slice_cut(&rest, '|'), slice_str(text))) {
            *out = i;
            return true;
        }
    }
    return false;
}

static const char *expectation(const struct option_spec *spec)
{
    switch (spec->type) {
    case OPTION_BOOL:
        return "true or false";
    case OPTION_INT:
        return "a whole number";
    case OPTION_SIZE:
        return "a size, such as 64k or 1M";
    case OPTION_DURATION:
        return "a duration with its unit, such as 500ms or 10s";
    case OPTION_ENUM:
        return spec->words;
    case OPTION_STRING:
    case OPTION_PATH:
    case OPTION_LIST:
    case OPTION_PATHS:
        break;
    }
    return "text";
}

static int read_scalar(const struct option_spec *spec, const char *word, const char *where,
                       int64_t *number)
{
    bool good = true;
    bool ranged = false;

    switch (spec->type) {
    case OPTION_BOOL:
        good = read_bool(word, number);
        break;
    case OPTION_INT:
        good = read_number(word, no_units, number);
        ranged = true;
        break;
    case OPTION_SIZE:
        good = read_number(word, size_units, number);
        ranged = true;
        break;
    case OPTION_DURATION:
        good = read_number(word, duration_units, number);
        ranged = true;
        break;
    case OPTION_ENUM:
        good = read_enum(word, spec->words, number);
        break;
    case OPTION_STRING:
    case OPTION_PATH:
    case OPTION_LIST:
    case OPTION_PATHS:
        break;
    }
    if (!good) {
        log_error(where, "%s: \"%s\" is not %s", spec->name, log_escape(slice_str(word)),
                  expectation(spec));
        return -EINVAL;
    }
    if (ranged && (*number < spec->min || *number > spec->max)) {
        log_error(where, "%s: %s is not between %" PRId64 " and %" PRId64 "%s", spec->name,
                  log_escape(slice_str(word)), spec->min, spec->max,
                  spec->type == OPTION_DURATION ? " ms" : "");
        return -EINVAL;
    }
    return 0;
}

static bool is_list(const struct option_spec *spec)
{
    return spec->type == OPTION_LIST || spec->type == OPTION_PATHS;
}

static int copy_items(const struct option_spec *spec, const struct option_text *text,
                      struct option_value *value)
{
    value->items = calloc(text->n + 1, sizeof(*value->items));
    if (value->items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < text->n; i++) {
        value->items[i] = spec->type == OPTION_PATHS ? path_join(text->dir, text->words[i])
                                                     : strdup(text->words[i]);
        if (value->items[i] == NULL)
            return -ENOMEM;
        value->n_items++;
    }
    return 0;
}

static int copy_fallback_items(const struct option_spec *spec, const char *dir,
                               struct option_value *value)
{
    char *copy = strdup(spec->fallback);
    const char **words = calloc(strlen(spec->fallback) + 1, sizeof(*words));
    struct option_text text = {.words = words, .dir = dir};
    char *rest;
    int err = -ENOMEM;

    if (copy != NULL && words != NULL) {
        for (char *word = strtok_r(copy, "|", &rest); word != NULL;
             word = strtok_r(NULL, "|", &rest))
            words[text.n++] = word;
        err = copy_items(spec, &text, value);
    }
    free(words);
    free(copy);
    return err;
}

static int read_one(const struct option_spec *spec, const struct option_text *text,
                    struct option_value *value)
{
    if (text->n != 1) {
        log_error(text->where, "%s takes one value", spec->name);
        return -EINVAL;
    }
    const char *word = text->words[0];
    int err = read_scalar(spec, word, text->where, &value->number);
    if (err != 0)
        return err;
    if (spec->type == OPTION_PATH && word[0] != '\0')
        value->text = path_join(text->dir, word);
    else
        value->text = strdup(word);
    return value->text != NULL ? 0 : -ENOMEM;
}

int option_read(const struct option_spec *spec, const struct option_text *text, const char *dir,
                struct option_value *value)
{
    struct option_value read = {0};
    const struct option_text fallback = {&spec->fallback, 1, "default", dir};
    const struct option_text *from = text != NULL ? text : &fallback;
    int err = !is_list(spec) ? read_one(spec, from, &read)
              : text != NULL ? copy_items(spec, text, &read)
                             : copy_fallback_items(spec, dir, &read);

    if (err == 0 && text != NULL) {
        read.where = strdup(text->where);
        if (read.where == NULL)
            err = -ENOMEM;
    }
    if (err != 0) {
        option_value_deinit(&read);
        return err;
    }
    *value = read;
    return 0;
}

void option_value_deinit(struct option_value *value)
{
    for (size_t i = 0; i < value->n_items; i++)
        free(value->items[i]);
    free(value->items);
    free(value->text);
    free(value->where);
    *value = (struct option_value){0};
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool option_value_equals(const struct option_value *a, const struct option_value *b)
{
    if (a->number != b->number || a->n_items != b->n_items || !same_text(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->n_items; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}
