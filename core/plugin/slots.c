#include "plugin/slots.h"

#include "base/log.h"
#include "chat/room.h"
#include "plugin/activation.h"

#include <errno.h>
#include <stdlib.h>

/* A slot's number is its kind and its index among the slots of that kind. */
enum { KIND_SHIFT = 16 };

int slots_new(struct chatd_self *self, int kind, chatd_slot_free_fn *free_fn)
{
    struct plugins *plugins = self->plugins;

    if (kind != CHATD_SLOT_ROOM && kind != CHATD_SLOT_MEMBER)
        return -EINVAL;
    if (!plugins->registering)
        return -EPERM;
    struct slot_kind *slots = &plugins->slot_kinds[kind];
    void *grown = realloc(slots->slots, (slots->n + 1) * sizeof(*slots->slots));
    if (grown == NULL)
        return -ENOMEM;
    slots->slots = grown;
    slots->slots[slots->n].self = self;
    slots->slots[slots->n].free_fn = free_fn;
    return kind << KIND_SHIFT | (int)slots->n++;
}

/* The array of the object's slots, NULL when the object is gone or the slot is not the module's. */
static void ***find(struct chatd_self *self, int slot, chatd_id object, size_t *index)
{
    struct plugins *plugins = self->plugins;
    int kind = slot >> KIND_SHIFT;

    *index = (size_t)slot & ((1u << KIND_SHIFT) - 1);
    if ((kind != CHATD_SLOT_ROOM && kind != CHATD_SLOT_MEMBER) ||
        *index >= plugins->slot_kinds[kind].n ||
        plugins->slot_kinds[kind].slots[*index].self != self) {
        log_error(self->name, "slot %d is none of its own", slot);
        return NULL;
    }
    if (kind == CHATD_SLOT_ROOM) {
        struct room *room = room_by_id(plugins->hub, object);
        return room != NULL ? &room->slots : NULL;
    }
    struct member *member = idmap_get(&plugins->hub->ids, ID_MEMBER, object);
    return member != NULL ? &member->slots : NULL;
}

void *slots_get(struct chatd_self *self, int slot, chatd_id object)
{
    size_t index;
    void ***slots = find(self, slot, object, &index);

    return slots != NULL && *slots != NULL ? (*slots)[index] : NULL;
}

static bool is_empty(void *const *slots, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (slots[i] != NULL)
            return false;
    return true;
}

/* An object without data has no array. */
int slots_set(struct chatd_self *self, int slot, chatd_id object, void *data)
{
    size_t index;
    void ***slots = find(self, slot, object, &index);

    if (slots == NULL)
        return -ENOENT;
    size_t n = self->plugins->slot_kinds[slot >> KIND_SHIFT].n;
    if (*slots == NULL && data != NULL)
        *slots = calloc(n, sizeof(void *));
    if (*slots == NULL)
        return data != NULL ? -ENOMEM : 0;
    (*slots)[index] = data;
    if (is_empty(*slots, n)) {
        free(*slots);
        *slots = NULL;
    }
    return 0;
}

void slots_free(void *arg, enum id_kind kind, void **slots)
{
    struct plugins *plugins = arg;
    const struct slot_kind *known =
        &plugins->slot_kinds[kind == ID_ROOM ? CHATD_SLOT_ROOM : CHATD_SLOT_MEMBER];

    for (size_t i = 0; i < known->n; i++) {
        struct activation activation;
        if (slots[i] == NULL || known->slots[i].free_fn == NULL)
            continue;
        activation_begin(&activation, known->slots[i].self, "slot's free");
        known->slots[i].free_fn(slots[i]);
        activation_end(&activation);
    }
    free(slots);
}

void slots_deinit(struct plugins *plugins)
{
    free(plugins->slot_kinds[CHATD_SLOT_ROOM].slots);
    free(plugins->slot_kinds[CHATD_SLOT_MEMBER].slots);
}
