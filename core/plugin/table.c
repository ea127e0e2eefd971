#include "plugin/table.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>

static size_t size_of(const void *entry)
{
    size_t size;

    memcpy(&size, entry, sizeof(size));
    return size;
}

int table_copy(void *to, size_t known, size_t least, const void *from)
{
    const char *bytes = from;
    size_t size = size_of(from);

    if (size < least)
        return -EINVAL;
    for (size_t i = known; i < size; i++)
        if (bytes[i] != 0)
            return -E2BIG;
    memset(to, 0, known);
    memcpy(to, from, size < known ? size : known);
    return 0;
}

int table_take(const struct chatd_self *self, const char *what, void *to, size_t known,
               size_t least, const void *from)
{
    int err = table_copy(to, known, least, from);

    if (err == -E2BIG)
        log_error(self->where,
                  "module %s: its %s use a part of the module ABI that this server does not have",
                  self->name, what);
    else if (err != 0)
        log_error(self->where, "module %s: its %s are too short", self->name, what);
    return err;
}

/* All entries are as long as the first, for one compiler made them from one header. */
const void *table_entry(const void *table, size_t i)
{
    const char *bytes = table;

    if (table == NULL || size_of(table) == 0)
        return NULL;
    const void *entry = bytes + i * size_of(table);
    return size_of(entry) != 0 ? entry : NULL;
}
