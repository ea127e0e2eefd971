#include "plugin/module.h"

#include "base/log.h"

#include <time.h>

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void activation_begin(struct activation *activation, struct chatd_self *self, const char *what)
{
    struct plugins *plugins = self->plugins;

    *activation = (struct activation){
        .self = self,
        .what = what,
        .outer = plugins->current,
        .hops = 1,
        .since_us = now_us(),
    };
    plugins->current = activation;
    hub_enter(plugins->hub);
}

void activation_end(struct activation *activation)
{
    struct chatd_self *self = activation->self;
    struct plugins *plugins = self->plugins;
    int64_t us = now_us() - activation->since_us;

    plugins->current = activation->outer;
    if (us > plugins->config->slow_hook.number * 1000)
        log_warn(self->name, "%s took %lld ms, and nothing else could run meanwhile",
                 activation->what, (long long)(us / 1000));
    hub_leave(plugins->hub);
}
