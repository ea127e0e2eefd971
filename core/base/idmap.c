#include "base/idmap.h"

#include <stdlib.h>

/* An id is (generation << 32 | index + 1). A generation starts at 1 and its slot is retired when
 * it would come round, so that no id is ever given twice. */

void idmap_init(struct idmap *map)
{
    *map = (struct idmap){0};
}

void idmap_deinit(struct idmap *map)
{
    free(map->slots);
    idmap_init(map);
}

static int grow(struct idmap *map)
{
    uint32_t cap = map->cap > 0 ? map->cap * 2 : 64;
    struct idmap_slot *slots = realloc(map->slots, cap * sizeof(*slots));

    if (slots == NULL)
        return -1;
    map->slots = slots;
    map->cap = cap;
    return 0;
}

uint64_t idmap_add(struct idmap *map, uint32_t kind, void *object)
{
    uint32_t index;

    if (map->free != 0) {
        index = map->free - 1;
        map->free = map->slots[index].kind_or_next;
    } else {
        if (map->n == map->cap && grow(map) != 0)
            return 0;
        index = map->n++;
        map->slots[index].generation = 1;
    }
    struct idmap_slot *slot = &map->slots[index];
    slot->object = object;
    slot->kind_or_next = kind;
    return (uint64_t)slot->generation << 32 | (index + 1);
}

static struct idmap_slot *find(const struct idmap *map, uint64_t id)
{
    uint32_t index = (uint32_t)id - 1;

    if (id == 0 || index >= map->n)
        return NULL;
    struct idmap_slot *slot = &map->slots[index];
    return slot->object != NULL && slot->generation == id >> 32 ? slot : NULL;
}

void *idmap_get(const struct idmap *map, uint32_t kind, uint64_t id)
{
    const struct idmap_slot *slot = find(map, id);

    return slot != NULL && slot->kind_or_next == kind ? slot->object : NULL;
}

void idmap_remove(struct idmap *map, uint64_t id)
{
    struct idmap_slot *slot = find(map, id);

    if (slot == NULL)
        return;
    slot->object = NULL;
    if (slot->generation++ == UINT32_MAX)
        return;
    slot->kind_or_next = map->free;
    map->free = (uint32_t)id;
}

void idmap_each(const struct idmap *map, uint32_t kind,
                void (*fn)(void *object, uint64_t id, void *arg), void *arg)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct idmap_slot *slot = &map->slots[i];
        if (slot->object != NULL && slot->kind_or_next == kind)
            fn(slot->object, (uint64_t)slot->generation << 32 | (i + 1), arg);
    }
}
