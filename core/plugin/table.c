#include "plugin/table.h"

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

/* All entries are as long as the first, for one compiler made them from one header. */
const void *table_entry(const void *table, size_t i)
{
    const char *bytes = table;

    if (table == NULL || size_of(table) == 0)
        return NULL;
    const void *entry = bytes + i * size_of(table);
    return size_of(entry) != 0 ? entry : NULL;
}
