/* Generational ids: names for objects that stay unique after the object is gone. */
#ifndef CHATD_BASE_IDMAP_H
#define CHATD_BASE_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
    void *object;
    uint32_t generation;
    uint32_t kind_or_next; /* in use: the kind; free: index of the next free slot */
};

struct idmap {
    struct idmap_slot *slots;
    uint32_t n;
    uint32_t cap;
    uint32_t free; /* index + 1 of the first free slot, 0 for none */
};

void idmap_init(struct idmap *map);
void idmap_deinit(struct idmap *map);

/* A new id for `object`, which is borrowed. `kind` is the caller's tag. 0 without memory. */
uint64_t idmap_add(struct idmap *map, uint32_t kind, void *object);

/* The object, or NULL when the id is gone, was never given, or is of another kind. */
void *idmap_get(const struct idmap *map, uint32_t kind, uint64_t id);

/* Calls `fn` for all objects of this kind, in no order. It may end the object that it gets, and add
 * others. */
void idmap_each(const struct idmap *map, uint32_t kind,
                void (*fn)(void *object, uint64_t id, void *arg), void *arg);

/* Ends an id; one that is 0 or ended already is ignored. */
void idmap_remove(struct idmap *map, uint64_t id);

#endif
