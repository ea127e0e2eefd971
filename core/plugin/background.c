#include "plugin/background.h"

#include "base/log.h"
#include "net/mailbox.h"
#include "net/timer.h"
#include "net/watch.h"
#include "plugin/activation.h"
#include "plugin/thread.h"

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
    SERVERS_THREAD_ONLY("timer_start", 0);
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
    SERVERS_THREAD_ONLY("timer_stop");
    struct module_timer *timer = idmap_get(&self->plugins->hub->ids, ID_TIMER, id);

    if (timer != NULL && timer->self == self)
        timer_end(timer);
}

/* ---- Watches ------------------------------------------------------------------------------ */

struct module_watch {
    struct watch watch;
    struct chatd_self *self;
    struct module_watch *prev;
    struct module_watch *next;
    uint64_t id;
    int fd;
    chatd_watch_fn *fn;
    void *arg;
};

static void watch_end(struct module_watch *watch)
{
    struct chatd_self *self = watch->self;

    watch_stop(&watch->watch);
    idmap_remove(&self->plugins->hub->ids, watch->id);
    if (watch->prev != NULL)
        watch->prev->next = watch->next;
    else
        self->watches = watch->next;
    if (watch->next != NULL)
        watch->next->prev = watch->prev;
    free(watch);
}

/* The callback may stop its own watch. */
static void on_watch(void *arg, bool readable, bool writable)
{
    struct module_watch *watch = arg;
    struct activation activation;

    activation_begin(&activation, watch->self, "watch");
    watch->fn(watch->self, watch->fd, (readable ? CHATD_READ : 0) | (writable ? CHATD_WRITE : 0),
              watch->arg);
    activation_end(&activation);
}

static void wait_for(struct module_watch *watch, unsigned events)
{
    watch_set(&watch->watch, events & CHATD_READ, events & CHATD_WRITE);
}

chatd_id background_watch_start(struct chatd_self *self, int fd, unsigned events,
                                chatd_watch_fn *fn, void *arg)
{
    SERVERS_THREAD_ONLY("watch_start", 0);
    struct plugins *plugins = self->plugins;

    if (plugins->registering || fd < 0) {
        log_error(self->name, "a watch may not be started in init(), nor without a descriptor");
        return 0;
    }
    struct module_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return 0;
    watch->id = idmap_add(&plugins->hub->ids, ID_WATCH, watch);
    if (watch->id == 0) {
        free(watch);
        return 0;
    }
    watch->self = self;
    watch->fd = fd;
    watch->fn = fn;
    watch->arg = arg;
    watch->next = self->watches;
    if (watch->next != NULL)
        watch->next->prev = watch;
    self->watches = watch;
    watch_init(&watch->watch, plugins->hub->loop, fd, on_watch, watch);
    wait_for(watch, events);
    return watch->id;
}

static struct module_watch *find_watch(struct chatd_self *self, chatd_id id)
{
    struct module_watch *watch = idmap_get(&self->plugins->hub->ids, ID_WATCH, id);

    return watch != NULL && watch->self == self ? watch : NULL;
}

int background_watch_set(struct chatd_self *self, chatd_id id, unsigned events)
{
    SERVERS_THREAD_ONLY("watch_set", -EPERM);
    struct module_watch *watch = find_watch(self, id);

    if (watch == NULL)
        return -ENOENT;
    wait_for(watch, events);
    return 0;
}

void background_watch_stop(struct chatd_self *self, chatd_id id)
{
    SERVERS_THREAD_ONLY("watch_stop");
    struct module_watch *watch = find_watch(self, id);

    if (watch != NULL)
        watch_end(watch);
}

/* ---- Posts -------------------------------------------------------------------------------- */

struct post {
    struct letter letter;
    struct chatd_self *self;
    chatd_post_fn *fn;
    void *arg;
};

static void deliver(struct letter *letter)
{
    struct post *post = (struct post *)letter;
    struct activation activation;

    activation_begin(&activation, post->self, "post");
    post->fn(post->self, post->arg);
    activation_end(&activation);
    free(post);
}

int background_post(struct chatd_self *self, chatd_post_fn *fn, void *arg)
{
    struct post *post = malloc(sizeof(*post));

    if (post == NULL)
        return -ENOMEM;
    *post = (struct post){
        .letter = {.sender = self, .deliver = deliver}, .self = self, .fn = fn, .arg = arg};
    int err = mailbox_post(self->plugins->mailbox, &post->letter);
    if (err != 0)
        free(post);
    return err;
}

void background_end(struct chatd_self *self)
{
    size_t timers = 0;
    size_t watches = 0;

    for (; self->timers != NULL; timers++)
        timer_end(self->timers);
    for (; self->watches != NULL; watches++)
        watch_end(self->watches);
    if (timers + watches > 0)
        log_info(self->name, "ended %zu timers and %zu watches that it has left", timers, watches);
    mailbox_forget(self->plugins->mailbox, self);
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
    SERVERS_THREAD_ONLY("job", -EPERM);
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
