#include "plugin/reload.h"

#include "base/log.h"
#include "plugin/hooks.h"
#include "plugin/lifecycle.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "plugin/services.h"
#include "plugin/set.h"
#include "plugin/slots.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* How long the server may wait for the jobs of modules that are to go. */
enum { JOBS_SECONDS = 5 };

static bool contains(const struct module_set *set, const struct chatd_self *self)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->modules[i] == self)
            return true;
    return false;
}

/* ---- The plan: what stays, what goes, what comes ------------------------------------------ */

/* Frees those that came new with the set, and the list. */
static void discard(const struct plugins *plugins, struct module_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (!contains(&plugins->set, set->modules[i]))
            module_free(set->modules[i]);
    set_deinit(set);
}

/* Puts the running module in the place of one that would be the same. */
static void keep_unchanged(const struct plugins *plugins, struct module_set *next)
{
    for (size_t i = 0; i < next->n; i++) {
        struct chatd_self *self = next->modules[i];
        struct chatd_self *running = set_find(&plugins->set, self->name);
        if (running == NULL || self->dl != NULL || !options_are_the_same(self, running))
            continue;
        module_free(self);
        next->modules[i] = running;
    }
}

static bool is_new(const struct plugins *plugins, const struct chatd_self *self)
{
    return !contains(&plugins->set, self);
}

static int check(const struct plugins *plugins, const struct module_set *next)
{
    int result = 0;

    for (size_t i = 0; i < next->n; i++) {
        struct chatd_self *self = next->modules[i];
        int err = 0;
        if (!is_new(plugins, self))
            continue;
        if (self->state == MODULE_OPEN)
            err = module_open_own(self);
        if (err == 0 && self->state == MODULE_OPEN)
            err = lifecycle_check(self);
        if (err != 0 || self->state == MODULE_BROKEN)
            result = -EINVAL;
    }
    return result;
}

static bool is_the_same(const struct module_set *a, const struct module_set *b)
{
    return a->n == b->n &&
           (a->n == 0 || memcmp(a->modules, b->modules, a->n * sizeof(*a->modules)) == 0);
}

/* ---- The swap ----------------------------------------------------------------------------- */

/* In one call into the server: nothing comes from the network meanwhile. */
struct swap {
    struct plugins *plugins;
    struct module_set before;
    struct module_set next;
};

static bool goes(const struct swap *swap, const struct chatd_self *self)
{
    return !contains(&swap->next, self);
}

static bool comes(const struct swap *swap, const struct chatd_self *self)
{
    return !contains(&swap->before, self);
}

/* Without memory for it the module has nothing to hand over. */
static void save(struct chatd_self *self)
{
    self->saved = json_object();
    lifecycle_stop(self, self->saved);
    self->saved_slots = slots_save(self);
}

static void forget_saved(struct chatd_self *self)
{
    json_free(self->saved);
    json_free(self->saved_slots);
    self->saved = NULL;
    self->saved_slots = NULL;
}

static void use_set(struct plugins *plugins, const struct module_set *set)
{
    plugins->set = *set;
    for (size_t i = 0; i < set->n; i++)
        set->modules[i]->line = (unsigned)i;
    hooks_sort(plugins);
}

static int start(struct chatd_self *self, const struct chatd_self *heritage)
{
    int err = lifecycle_init(self);

    if (err == 0 && heritage != NULL)
        slots_load(self, heritage->saved_slots);
    return err == 0 ? lifecycle_start(self, heritage != NULL ? heritage->saved : NULL) : err;
}

static void stop_leaving(const struct swap *swap)
{
    struct chatd_self *store = NULL;

    for (size_t i = swap->before.n; i-- > 0;) {
        struct chatd_self *self = swap->before.modules[i];
        if (!goes(swap, self) || self->state != MODULE_RUNNING)
            continue;
        if (self->store == NULL)
            save(self);
        else
            store = self;
    }
    /* Last, for what the others still let pass has to be stored. */
    if (store != NULL)
        save(store);
}

static void remove_leaving(const struct swap *swap)
{
    for (size_t i = swap->before.n; i-- > 0;) {
        struct chatd_self *self = swap->before.modules[i];
        if (goes(swap, self))
            lifecycle_remove(self, set_find(&swap->next, self->name));
    }
}

static int start_coming(const struct swap *swap)
{
    int err = 0;

    for (size_t i = 0; i < swap->next.n && err == 0; i++) {
        struct chatd_self *self = swap->next.modules[i];
        if (comes(swap, self))
            err = start(self, set_find(&swap->before, self->name));
    }
    return err == 0 ? services_check(swap->plugins) : err;
}

static void take_back(const struct swap *swap)
{
    for (size_t i = swap->next.n; i-- > 0;) {
        struct chatd_self *self = swap->next.modules[i];
        if (!comes(swap, self))
            continue;
        if (self->state == MODULE_RUNNING)
            lifecycle_stop(self, NULL);
        lifecycle_remove(self, set_find(&swap->before, self->name));
    }
}

/* They ran before, so there is little that could fail; what does is left out. */
static void start_again(const struct swap *swap)
{
    for (size_t i = 0; i < swap->before.n; i++) {
        struct chatd_self *self = swap->before.modules[i];
        if (!goes(swap, self) || self->state == MODULE_BROKEN || start(self, self) == 0)
            continue;
        log_error(self->where, "module %s cannot be started again, and is left out", self->name);
        lifecycle_remove(self, NULL);
        self->state = MODULE_BROKEN;
    }
}

static void end_inheritances(const struct module_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        lifecycle_end_inheritance(set->modules[i]);
}

/* Code that was running may be on the way back from its last call: it goes in another turn. */
static void on_later(void *arg)
{
    reload_deinit(arg);
}

static void unload_later(struct plugins *plugins, const struct module_set *set,
                         const struct module_set *kept)
{
    for (size_t i = 0; i < set->n; i++) {
        struct chatd_self *self = set->modules[i];
        if (contains(kept, self))
            continue;
        forget_saved(self);
        self->next_ended = plugins->ended;
        plugins->ended = self;
    }
    timer_start(&plugins->unload, 0, 0);
}

void reload_init(struct plugins *plugins)
{
    timer_init(&plugins->unload, plugins->hub->loop, on_later, plugins);
}

void reload_deinit(struct plugins *plugins)
{
    timer_stop(&plugins->unload);
    while (plugins->ended != NULL) {
        struct chatd_self *self = plugins->ended;
        plugins->ended = self->next_ended;
        module_free(self);
    }
}

static void finish(struct swap *swap)
{
    struct plugins *plugins = swap->plugins;

    unload_later(plugins, &swap->before, &swap->next);
    set_deinit(&swap->before);
    log_info("modules", "%zu modules as in %s", swap->next.n, plugins->config->modules_file.text);
}

static void roll_back(struct swap *swap)
{
    struct plugins *plugins = swap->plugins;

    take_back(swap);
    use_set(plugins, &swap->before);
    start_again(swap);
    for (size_t i = 0; i < swap->before.n; i++)
        forget_saved(swap->before.modules[i]);
    unload_later(plugins, &swap->next, &swap->before);
    set_deinit(&swap->next);
    log_error("modules", "the modules stay as they were");
}

static void run_swap(struct swap *swap)
{
    struct plugins *plugins = swap->plugins;

    stop_leaving(swap);
    /* What happens in between is told when all are there again. */
    hub_enter(plugins->hub);
    remove_leaving(swap);
    use_set(plugins, &swap->next);
    if (start_coming(swap) == 0)
        finish(swap);
    else
        roll_back(swap);
    end_inheritances(&plugins->set);
    hub_leave(plugins->hub);
}

/* Those that were not replaced may have files to read again. */
static void tell_kept(const struct swap *swap)
{
    for (size_t i = 0; i < swap->next.n; i++)
        if (!comes(swap, swap->next.modules[i]))
            hooks_reload(swap->plugins, swap->next.modules[i]);
}

/* ---- The whole ---------------------------------------------------------------------------- */

static size_t jobs_of_leaving(const struct swap *swap)
{
    size_t jobs = 0;

    for (size_t i = 0; i < swap->before.n; i++)
        if (goes(swap, swap->before.modules[i]))
            jobs += swap->before.modules[i]->jobs;
    return jobs;
}

static int wait_for_jobs(const struct swap *swap)
{
    if (jobs_of_leaving(swap) == 0 || workers_wait(swap->plugins->workers, JOBS_SECONDS))
        return 0;
    log_error("modules", "the work of a module that is to change has not ended in %d s",
              JOBS_SECONDS);
    return -EBUSY;
}

static int plan(struct swap *swap)
{
    struct plugins *plugins = swap->plugins;
    int err = set_read(plugins, &swap->next);

    if (err != 0)
        return err;
    keep_unchanged(plugins, &swap->next);
    err = check(plugins, &swap->next);
    return err == 0 ? wait_for_jobs(swap) : err;
}

void plugins_reload(struct plugins *plugins)
{
    struct swap swap = {.plugins = plugins, .before = plugins->set};

    assert(plugins->current == NULL);
    if (plan(&swap) != 0) {
        discard(plugins, &swap.next);
        log_error("modules", "the modules stay as they were");
        return;
    }
    tell_kept(&swap);
    if (is_the_same(&swap.before, &swap.next))
        set_deinit(&swap.next);
    else
        run_swap(&swap);
}
