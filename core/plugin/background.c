#include "plugin/background.h"

#include "base/log.h"
#include "net/timer.h"
#include "plugin/activation.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Timers ------------------------------------------------------------------------------- */

struct module_timer {
    struct timer timer;
    struct chatd_self *self;
    struct module_timer *prev;
    struct module_timer *next;
    uint64_t id;
    bool once;
    chatd_timer_fn *fn;
    void *arg;
};

static void timer_end(struct module_timer *timer)
{
    struct chatd_self *self = timer->self;

    timer_stop(&timer->timer);
    idmap_remove(&self->plugins->hub->ids, timer->id);
    if (timer->prev != NULL)
        timer->prev->next = timer->next;
    else
        self->timers = timer->next;
    if (timer->next != NULL)
        timer->next->prev = timer->prev;
    free(timer);
}

/* The callback may stop its own timer, so nothing of it is used afterwards. */
static void on_timer(void *arg)
{
    struct module_timer *timer = arg;
    struct chatd_self *self = timer->self;
    chatd_timer_fn *fn = timer->fn;
    void *fn_arg = timer->arg;
    struct activation activation;

    if (timer->once)
        timer_end(timer);
    activation_begin(&activation, self, "timer");
    fn(self, fn_arg);
    activation_end(&activation);
}

chatd_id background_timer_start(struct chatd_self *self, int64_t after_ms, int64_t every_ms,
                                chatd_timer_fn *fn, void *arg)
{
    struct plugins *plugins = self->plugins;

    if (plugins->registering || after_ms < 0 || every_ms < 0) {
        log_error(self->name, "a timer may not be started in init(), nor with a negative time");
        return 0;
    }
    struct module_timer *timer = calloc(1, sizeof(*timer));
    if (timer == NULL)
        return 0;
    timer->id = idmap_add(&plugins->hub->ids, ID_TIMER, timer);
    if (timer->id == 0) {
        free(timer);
        return 0;
    }
    timer->self = self;
    timer->once = every_ms == 0;
    timer->fn = fn;
    timer->arg = arg;
    timer->next = self->timers;
    if (timer->next != NULL)
        timer->next->prev = timer;
    self->timers = timer;
    timer_init(&timer->timer, plugins->hub->loop, on_timer, timer);
    timer_start(&timer->timer, after_ms, every_ms);
    return timer->id;
}

void background_timer_stop(struct chatd_self *self, chatd_id id)
{
    struct module_timer *timer = idmap_get(&self->plugins->hub->ids, ID_TIMER, id);

    if (timer != NULL && timer->self == self)
        timer_end(timer);
}

void background_stop_timers(struct chatd_self *self)
{
    while (self->timers != NULL)
        timer_end(self->timers);
}

/* ---- Jobs --------------------------------------------------------------------------------- */

struct module_job {
    struct job job;
    struct chatd_self *self;
    chatd_work_fn *work;
    chatd_done_fn *done;
    void *arg;
};

static void run_work(struct job *job)
{
    struct module_job *module_job = (struct module_job *)job;

    activation_set_worker(module_job->self);
    module_job->work(module_job->arg);
    activation_set_worker(NULL);
}

static void run_done(struct job *job)
{
    struct module_job *module_job = (struct module_job *)job;
    struct chatd_self *self = module_job->self;
    struct activation activation;

    self->jobs--;
    if (module_job->done != NULL) {
        activation_begin(&activation, self, "job's done");
        module_job->done(self, module_job->arg);
        activation_end(&activation);
    }
    free(module_job);
}

int background_job(struct chatd_self *self, chatd_work_fn *work, chatd_done_fn *done, void *arg)
{
    struct module_job *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return -ENOMEM;
    *job = (struct module_job){
        .job = {.work = run_work, .done = run_done},
        .self = self,
        .work = work,
        .done = done,
        .arg = arg,
    };
    int err = workers_submit(self->plugins->workers, &job->job);
    if (err != 0) {
        free(job);
        return err;
    }
    self->jobs++;
    return 0;
}
