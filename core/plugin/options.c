#include "plugin/options.h"

#include "base/log.h"
#include "plugin/table.h"
#include "plugin/thread.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)OPTION_BOOL == CHATD_BOOL && (int)OPTION_INT == CHATD_INT &&
                   (int)OPTION_SIZE == CHATD_SIZE && (int)OPTION_DURATION == CHATD_DURATION &&
                   (int)OPTION_STRING == CHATD_STRING && (int)OPTION_PATH == CHATD_PATH &&
                   (int)OPTION_ENUM == CHATD_ENUM && (int)OPTION_LIST == CHATD_LIST,
               "the option types are those of the ABI");

static struct option_spec spec_of(const struct chatd_option *option)
{
    return (struct option_spec){
        .name = option->name,
        .type = (enum option_type)option->type,
        .fallback = option->fallback,
        .min = option->min,
        .max = option->max,
        .words = option->words,
    };
}

/* A declaration is good when its default is a good value. */
static int check_declaration(const struct chatd_self *self, const struct chatd_option *option)
{
    struct option_value value = {0};
    int err = -EINVAL;

    if (option->name != NULL && option->fallback != NULL && option->type >= CHATD_BOOL &&
        option->type <= CHATD_LIST && (option->type != CHATD_ENUM || option->words != NULL)) {
        const struct option_spec spec = spec_of(option);
        err = option_read(&spec, NULL, "", &value);
        option_value_deinit(&value);
    }
    if (err == -EINVAL)
        log_error(self->where, "module %s: its option \"%s\" is declared wrongly", self->name,
                  option->name != NULL ? option->name : "");
    return err;
}

static const struct chatd_option *find(const struct chatd_self *self, const char *name)
{
    for (size_t i = 0; i < self->n_options; i++)
        if (strcmp(self->options[i].name, name) == 0)
            return &self->options[i];
    return NULL;
}

/* What every module has: where its hooks stand, instead of where it wants them. */
static const struct chatd_option priority_option =
    CHATD_OPTION_RANGE("priority", CHATD_INT, "0", INT16_MIN, INT16_MAX, "of all its hooks");

enum { LEAST_OPTION = TABLE_LEAST(struct chatd_option, help) };

static size_t count_declared(const struct chatd_self *self)
{
    size_t n = 0;

    while (table_entry(self->def.options, n) != NULL)
        n++;
    return n;
}

int options_declare(struct chatd_self *self)
{
    size_t n = count_declared(self);

    self->options = calloc(n + 2, sizeof(*self->options));
    self->values = calloc(n + 2, sizeof(*self->values));
    if (self->options == NULL || self->values == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct chatd_option *option = &self->options[i];
        int err = table_take(self, "options", option, sizeof(*option), LEAST_OPTION,
                             table_entry(self->def.options, i));
        if (err == 0)
            err = check_declaration(self, option);
        if (err != 0)
            return err;
        self->n_options++;
    }
    if (find(self, priority_option.name) == NULL)
        self->options[self->n_options++] = priority_option;
    return 0;
}

static int check_known(const struct chatd_self *self, const struct conf_file *file)
{
    int result = 0;

    for (size_t i = 0; i < file->n_entries; i++) {
        const struct conf_entry *entry = &file->entries[i];
        if (strcmp(entry->section, self->name) != 0 || find(self, entry->name) != NULL)
            continue;
        log_error(entry->where, "module %s: no such option '%s'", self->name, entry->name);
        result = -EINVAL;
    }
    return result;
}

int options_read(struct chatd_self *self, const struct conf_file *file)
{
    int result = check_known(self, file);

    for (size_t i = 0; i < self->n_options; i++) {
        const struct chatd_option *option = &self->options[i];
        const struct option_spec spec = spec_of(option);
        const struct conf_entry *entry = conf_find(file, self->name, option->name);
        struct option_text text = {0};
        if (entry != NULL)
            text = conf_option_text(file, entry);
        int err = option_read(&spec, entry != NULL ? &text : NULL, file->dir, &self->values[i]);
        if (err != 0)
            result = err;
    }
    return result;
}

void options_rebind(struct chatd_self *self)
{
    for (size_t i = 0; i < count_declared(self); i++)
        (void)table_copy(&self->options[i], sizeof(self->options[i]), LEAST_OPTION,
                         table_entry(self->def.options, i));
}

void options_deinit(struct chatd_self *self)
{
    for (size_t i = 0; i < self->n_options; i++)
        option_value_deinit(&self->values[i]);
    free(self->values);
    free(self->options);
}

static bool is_set(const struct option_value *value)
{
    return value->where != NULL;
}

bool options_are_the_same(const struct chatd_self *a, const struct chatd_self *b)
{
    if (a->n_options != b->n_options)
        return false;
    for (size_t i = 0; i < a->n_options; i++)
        if (!option_value_equals(&a->values[i], &b->values[i]) ||
            is_set(&a->values[i]) != is_set(&b->values[i]))
            return false;
    return true;
}

int options_priority(const struct chatd_self *self, int own)
{
    const struct chatd_option *last = &self->options[self->n_options - 1];
    const struct option_value *value = &self->values[self->n_options - 1];

    return last->name == priority_option.name && is_set(value) ? (int)value->number : own;
}

/* ---- For modules -------------------------------------------------------------------------- */

static const struct option_value *value_of(struct chatd_self *self, const char *name)
{
    static const struct option_value nothing;
    const struct chatd_option *option = find(self, name);

    if (option != NULL)
        return &self->values[option - self->options];
    log_error(self->name, "it asks for an option \"%s\" that it did not declare", name);
    return &nothing;
}

int64_t options_int(struct chatd_self *self, const char *name)
{
    SERVERS_THREAD_ONLY("option_int", 0);
    return value_of(self, name)->number;
}

struct chatd_str options_str(struct chatd_self *self, const char *name)
{
    SERVERS_THREAD_ONLY("option_str", (struct chatd_str){"", 0});
    const struct option_value *value = value_of(self, name);

    return str_of(value->text != NULL ? value->text : "");
}

size_t options_count(struct chatd_self *self, const char *name)
{
    SERVERS_THREAD_ONLY("option_count", 0);
    return value_of(self, name)->n_items;
}

struct chatd_str options_item(struct chatd_self *self, const char *name, size_t i)
{
    SERVERS_THREAD_ONLY("option_item", (struct chatd_str){"", 0});
    const struct option_value *value = value_of(self, name);

    return str_of(i < value->n_items ? value->items[i] : "");
}

int options_error(struct chatd_self *self, const char *name, const char *format, ...)
{
    SERVERS_THREAD_ONLY("option_error", -EPERM);
    const struct option_value *value = value_of(self, name);
    va_list args;
    char why[512];

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    log_error(value->where != NULL ? value->where : self->where, "module %s: %s: %s", self->name,
              name, why);
    return -EINVAL;
}
