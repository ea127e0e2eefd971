#include "plugin/module.h"

#include "base/clock.h"
#include "base/log.h"

void activation_begin(struct activation *activation, struct chatd_self *self, const char *what)
{
    struct plugins *plugins = self->plugins;

    *activation = (struct activation){
        .self = self,
        .what = what,
        .outer = plugins->current,
        .hops = 1,
        .since_us = clock_monotonic_us(),
    };
    plugins->current = activation;
    hub_enter(plugins->hub);
}

void activation_end(struct activation *activation)
{
    struct chatd_self *self = activation->self;
    struct plugins *plugins = self->plugins;
    int64_t us = clock_monotonic_us() - activation->since_us;

    plugins->current = activation->outer;
    if (us > plugins->config->slow_hook.number * 1000)
        log_warn(self->name, "%s took %lld ms, and nothing else could run meanwhile",
                 activation->what, (long long)(us / 1000));
    hub_leave(plugins->hub);
}
