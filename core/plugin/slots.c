#include "plugin/slots.h"

#include "base/log.h"
#include "chat/client.h"
#include "chat/room.h"
#include "plugin/activation.h"
#include "plugin/table.h"
#include "plugin/thread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A slot's number is its kind and its index among the slots of that kind. */
enum { KIND_SHIFT = 16, INDEX_MASK = (1 << KIND_SHIFT) - 1, ID_DIGITS = 16 };

/* One of a kind; `self` is NULL when it is free. */
struct slot {
    struct chatd_self *self;
    struct chatd_slot_ops ops;
    char *name;
};

/* What an object holds. It may be shorter than there are slots now. */
struct slots {
    size_t n;
    void *data[];
};

static const enum id_kind id_kinds[SLOT_KINDS] = {
    [CHATD_SLOT_ROOM] = ID_ROOM,
    [CHATD_SLOT_MEMBER] = ID_MEMBER,
    [CHATD_SLOT_CLIENT] = ID_CLIENT,
    [CHATD_SLOT_USER] = ID_USER,
};

static bool is_kind(int kind)
{
    return kind > 0 && kind < SLOT_KINDS;
}

/* Where the object keeps its slots. */
static struct slots **slots_of(void *object, int kind)
{
    switch (kind) {
    case CHATD_SLOT_ROOM:
        return &((struct room *)object)->slots;
    case CHATD_SLOT_MEMBER:
        return &((struct member *)object)->slots;
    case CHATD_SLOT_CLIENT:
        return &((struct client *)object)->slots;
    default:
        return &((struct user *)object)->slots;
    }
}

/* ---- Making and giving back --------------------------------------------------------------- */

static struct slot *free_slot(struct slot_kind *kind)
{
    for (size_t i = 0; i < kind->n; i++)
        if (kind->slots[i].self == NULL)
            return &kind->slots[i];
    if (kind->n > INDEX_MASK)
        return NULL;
    struct slot *grown = realloc(kind->slots, (kind->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    kind->slots = grown;
    grown[kind->n] = (struct slot){0};
    return &grown[kind->n++];
}

/* What is saved is found by its name. */
static bool has_name(const struct chatd_self *self, const char *name)
{
    for (int kind = 1; kind < SLOT_KINDS; kind++) {
        const struct slot_kind *slots = &self->plugins->slot_kinds[kind];
        for (size_t i = 0; i < slots->n; i++)
            if (slots->slots[i].self == self && slots->slots[i].name != NULL &&
                strcmp(slots->slots[i].name, name) == 0)
                return true;
    }
    return false;
}

int slots_new(struct chatd_self *self, int kind, const struct chatd_slot_ops *ops)
{
    SERVERS_THREAD_ONLY("slot_new", -EPERM);
    struct plugins *plugins = self->plugins;
    struct slot slot = {.self = self};

    if (!is_kind(kind))
        return -EINVAL;
    if (!plugins->registering)
        return -EPERM;
    if (ops != NULL && table_take(self, "slot ops", &slot.ops, sizeof(slot.ops),
                                  TABLE_LEAST(struct chatd_slot_ops, load), ops) != 0)
        return -EINVAL;
    if ((slot.ops.save == NULL) != (slot.ops.load == NULL) ||
        (slot.ops.save != NULL && slot.ops.name == NULL))
        return -EINVAL;
    if (slot.ops.name != NULL && has_name(self, slot.ops.name))
        return -EEXIST;
    struct slot *to = free_slot(&plugins->slot_kinds[kind]);
    if (to == NULL)
        return -ENOMEM;
    if (slot.ops.name != NULL) {
        slot.name = strdup(slot.ops.name);
        if (slot.name == NULL)
            return -ENOMEM;
    }
    *to = slot;
    return kind << KIND_SHIFT | (int)(to - plugins->slot_kinds[kind].slots);
}

static void free_data(const struct slot *slot, void *data)
{
    struct activation activation;

    if (data == NULL || slot->self == NULL || slot->ops.free == NULL)
        return;
    activation_begin(&activation, slot->self, "slot's free");
    slot->ops.free(data);
    activation_end(&activation);
}

/* One slot, while all objects of its kind are walked over. */
struct walk {
    const struct slot *slot;
    int kind;
    size_t index;
    struct json *saved;
};

static void end_slot(void *object, uint64_t id, void *arg)
{
    const struct walk *walk = arg;
    struct slots *slots = *slots_of(object, walk->kind);

    (void)id;
    if (slots == NULL || walk->index >= slots->n)
        return;
    void *data = slots->data[walk->index];
    slots->data[walk->index] = NULL;
    free_data(walk->slot, data);
}

/* While they are freed the slot is nobody's, so that nothing can be set any more. */
static void end_all(struct plugins *plugins, struct slot *slot, int kind, size_t index)
{
    const struct slot ended = *slot;
    struct walk walk = {&ended, kind, index, NULL};

    *slot = (struct slot){0};
    idmap_each(&plugins->hub->ids, id_kinds[kind], end_slot, &walk);
    free(ended.name);
}

void slots_end(struct chatd_self *self)
{
    struct plugins *plugins = self->plugins;

    for (int kind = 1; kind < SLOT_KINDS; kind++)
        for (size_t i = 0; i < plugins->slot_kinds[kind].n; i++) {
            struct slot *slot = &plugins->slot_kinds[kind].slots[i];
            if (slot->self == self)
                end_all(plugins, slot, kind, i);
        }
}

/* ---- Use ---------------------------------------------------------------------------------- */

/* Where the object keeps its slots, NULL when it is gone or the slot is not the module's. */
static struct slots **find(struct chatd_self *self, int slot, chatd_id id, size_t *index)
{
    struct plugins *plugins = self->plugins;
    int kind = slot >> KIND_SHIFT;

    *index = (size_t)slot & INDEX_MASK;
    if (!is_kind(kind) || *index >= plugins->slot_kinds[kind].n ||
        plugins->slot_kinds[kind].slots[*index].self != self) {
        log_error(self->name, "slot %d is none of its own", slot);
        return NULL;
    }
    void *object = idmap_get(&plugins->hub->ids, id_kinds[kind], id);
    return object != NULL ? slots_of(object, kind) : NULL;
}

void *slots_get(struct chatd_self *self, int slot, chatd_id object)
{
    SERVERS_THREAD_ONLY("slot_get", NULL);
    size_t index;
    struct slots **slots = find(self, slot, object, &index);

    return slots != NULL && *slots != NULL && index < (*slots)->n ? (*slots)->data[index] : NULL;
}

static bool is_empty(const struct slots *slots)
{
    for (size_t i = 0; i < slots->n; i++)
        if (slots->data[i] != NULL)
            return false;
    return true;
}

static int reserve(struct slots **slots, size_t n)
{
    size_t have = *slots != NULL ? (*slots)->n : 0;

    if (n <= have)
        return 0;
    struct slots *grown = realloc(*slots, sizeof(*grown) + n * sizeof(void *));
    if (grown == NULL)
        return -ENOMEM;
    memset(&grown->data[have], 0, (n - have) * sizeof(void *));
    grown->n = n;
    *slots = grown;
    return 0;
}

/* An object without data has no array. */
int slots_set(struct chatd_self *self, int slot, chatd_id object, void *data)
{
    SERVERS_THREAD_ONLY("slot_set", -EPERM);
    size_t index;
    struct slots **slots = find(self, slot, object, &index);

    if (slots == NULL)
        return -ENOENT;
    if (data == NULL && (*slots == NULL || index >= (*slots)->n))
        return 0;
    if (reserve(slots, index + 1) != 0)
        return -ENOMEM;
    (*slots)->data[index] = data;
    if (is_empty(*slots)) {
        free(*slots);
        *slots = NULL;
    }
    return 0;
}

void slots_free(void *arg, enum id_kind kind, struct slots *slots)
{
    struct plugins *plugins = arg;
    int of = 1;

    while (id_kinds[of] != kind)
        of++;
    for (size_t i = 0; i < slots->n; i++)
        free_data(&plugins->slot_kinds[of].slots[i], slots->data[i]);
    free(slots);
}

void slots_deinit(struct plugins *plugins)
{
    for (int kind = 1; kind < SLOT_KINDS; kind++)
        free(plugins->slot_kinds[kind].slots);
}

/* ---- From one module to its successor ----------------------------------------------------- */

static void save_slot(void *object, uint64_t id, void *arg)
{
    const struct walk *walk = arg;
    const struct slots *slots = *slots_of(object, walk->kind);
    struct activation activation;
    char key[ID_DIGITS + 1];

    if (slots == NULL || walk->index >= slots->n || slots->data[walk->index] == NULL)
        return;
    activation_begin(&activation, walk->slot->self, "slot's save");
    struct chatd_json *value = walk->slot->ops.save(walk->slot->self, slots->data[walk->index]);
    activation_end(&activation);
    if (value == NULL)
        return;
    snprintf(key, sizeof(key), "%016" PRIx64, id);
    (void)json_set(walk->saved, key, (struct json *)value);
}

static void save_all(struct chatd_self *self, int kind, struct json *saved)
{
    struct plugins *plugins = self->plugins;
    const struct slot_kind *slots = &plugins->slot_kinds[kind];

    for (size_t i = 0; i < slots->n; i++) {
        struct walk walk = {&slots->slots[i], kind, i, NULL};
        if (walk.slot->self != self || walk.slot->ops.save == NULL)
            continue;
        walk.saved = json_object();
        if (walk.saved == NULL)
            continue;
        idmap_each(&plugins->hub->ids, id_kinds[kind], save_slot, &walk);
        (void)json_set(saved, walk.slot->name, walk.saved);
    }
}

struct json *slots_save(struct chatd_self *self)
{
    struct json *saved = json_object();

    for (int kind = 1; kind < SLOT_KINDS && saved != NULL; kind++)
        save_all(self, kind, saved);
    return saved;
}

/* Whoever was there when it was saved may have gone since, and then it is asked for nobody. */
struct load {
    struct chatd_self *self;
    const struct slot *slot;
    const struct json *values;
    int number;
};

static void load_slot(void *object, uint64_t id, void *arg)
{
    const struct load *load = arg;
    struct activation activation;
    char key[ID_DIGITS + 1];

    (void)object;
    snprintf(key, sizeof(key), "%016" PRIx64, id);
    const struct json *value = json_get(load->values, key);
    if (value == NULL)
        return;
    activation_begin(&activation, load->self, "slot's load");
    void *data = load->slot->ops.load(load->self, id, (const struct chatd_json *)value);
    activation_end(&activation);
    if (data != NULL && slots_set(load->self, load->number, id, data) != 0)
        free_data(load->slot, data);
}

void slots_load(struct chatd_self *self, const struct json *saved)
{
    struct plugins *plugins = self->plugins;

    for (int kind = 1; kind < SLOT_KINDS; kind++) {
        const struct slot_kind *slots = &plugins->slot_kinds[kind];
        for (size_t i = 0; i < slots->n; i++) {
            const struct slot *slot = &slots->slots[i];
            if (slot->self != self || slot->ops.load == NULL)
                continue;
            struct load load = {
                .self = self,
                .slot = slot,
                .values = json_get(saved, slot->name),
                .number = kind << KIND_SHIFT | (int)i,
            };
            if (load.values != NULL)
                idmap_each(&plugins->hub->ids, id_kinds[kind], load_slot, &load);
        }
    }
}
