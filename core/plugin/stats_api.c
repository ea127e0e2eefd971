#include "plugin/stats_api.h"

#include "base/counters.h"
#include "plugin/activation.h"
#include "plugin/thread.h"

static void each(struct chatd_self *self, chatd_stats_each_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("stats.each");
    const struct plugins *plugins = self->plugins;

    for (size_t i = 0; i < plugins->set.n; i++) {
        const struct chatd_self *of = plugins->set.modules[i];
        for (const struct call_stats *stats = of->stats; stats != NULL; stats = stats->next)
            if (stats->numbers.calls > 0)
                fn(self, of->name, stats->what, &stats->numbers, arg);
    }
}

static void counters_each(struct chatd_self *self, chatd_counter_each_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("stats.counters_each");
    for (int i = 0; i < COUNTERS; i++)
        fn(self, counter_name((enum counter)i), counter_get((enum counter)i), arg);
}

const struct chatd_stats_api stats_api = {
    .size = sizeof(struct chatd_stats_api),
    .each = each,
    .counters_each = counters_each,
};
