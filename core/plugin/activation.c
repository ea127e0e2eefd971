#include "plugin/activation.h"

#include "base/clock.h"
#include "base/log.h"
#include "ws/utf8.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BUCKETS = sizeof((struct chatd_stats *)NULL)->histogram / sizeof(uint64_t) };

/* ---- Numbers ------------------------------------------------------------------------------ */

struct call_stats *stats_of(struct chatd_self *self, const char *what)
{
    /* Without memory the numbers of all who miss them mix: they are not worth a failure. */
    static struct call_stats nowhere = {.what = "?"};
    struct call_stats **at = &self->stats;

    while (*at != NULL && strcmp((*at)->what, what) != 0)
        at = &(*at)->next;
    if (*at != NULL)
        return *at;
    size_t n = strlen(what) + 1;
    *at = calloc(1, sizeof(**at) + n);
    if (*at == NULL)
        return &nowhere;
    (*at)->numbers.size = sizeof(struct chatd_stats);
    memcpy((*at)->what, what, n);
    return *at;
}

void stats_free(struct chatd_self *self)
{
    while (self->stats != NULL) {
        struct call_stats *stats = self->stats;
        self->stats = stats->next;
        free(stats);
    }
}

static unsigned bucket_of(uint64_t ns)
{
    uint64_t us = ns / 1000;
    unsigned bucket = us == 0 ? 0 : 64 - (unsigned)__builtin_clzll(us);

    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static void count(struct activation *activation, uint64_t ns)
{
    struct chatd_stats *numbers = &activation->stats->numbers;
    struct chatd_self *self = activation->self;

    numbers->calls++;
    numbers->total_ns += ns;
    numbers->histogram[bucket_of(ns)]++;
    if (ns > numbers->max_ns)
        numbers->max_ns = ns;
    if (ns <= (uint64_t)self->plugins->config->slow_hook.number * 1000000)
        return;
    numbers->slow++;
    log_warn(self->name, "%s took %llu ms, and nothing else could run meanwhile",
             activation->stats->what, (unsigned long long)(ns / 1000000));
}

/* ---- Calls -------------------------------------------------------------------------------- */

void activation_enter(struct activation *activation, struct chatd_self *self,
                      struct call_stats *stats)
{
    struct plugins *plugins = self->plugins;

    *activation = (struct activation){
        .self = self,
        .stats = stats,
        .outer = plugins->current,
        .hops = plugins->hub->hops + 1,
        .since_ns = clock_monotonic_ns(),
    };
    plugins->current = activation;
    hub_enter(plugins->hub);
}

void activation_begin(struct activation *activation, struct chatd_self *self, const char *what)
{
    activation_enter(activation, self, stats_of(self, what));
}

void activation_end(struct activation *activation)
{
    struct plugins *plugins = activation->self->plugins;
    int64_t ns = clock_monotonic_ns() - activation->since_ns;

    plugins->current = activation->outer;
    count(activation, (uint64_t)ns);
    hub_leave(plugins->hub);
}

/* ---- Crashes ------------------------------------------------------------------------------ */

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

enum {
    CRASH_SIGNALS = sizeof(crash_signals) / sizeof(crash_signals[0]),
    STACK_BYTES = 64 * 1024,
};

static struct plugins *watched;
static struct sigaction former[CRASH_SIGNALS];
static _Thread_local const struct chatd_self *worker;

void activation_deny(struct denial *denial, const char *code, const char *text)
{
    bool has_code = code != NULL && code[0] != '\0' && utf8_valid(slice_str(code));
    bool has_text = text != NULL && text[0] != '\0' && utf8_valid(slice_str(text));

    deny(denial, has_code ? code : "forbidden", "%s", has_text ? text : "refused");
}

void activation_set_worker(const struct chatd_self *self)
{
    worker = self;
}

static struct iovec text(const char *s)
{
    return (struct iovec){(char *)(uintptr_t)s, strlen(s)};
}

/* Only what a signal handler may call (POSIX 2.4.3). */
static void write_culprit(const char *signal_name)
{
    const struct activation *current = watched->current;
    const char *module = "the core";
    const char *what = NULL;

    if (worker != NULL) {
        module = worker->name;
        what = "its job's work";
    } else if (current != NULL) {
        module = current->self->name;
        what = current->stats->what;
    }
    const struct iovec line[] = {
        text(module),
        text(": crashed ("),
        text(signal_name),
        text(what != NULL ? ") in " : ")"),
        text(what != NULL ? what : ""),
        text("\n"),
    };
    (void)!writev(STDERR_FILENO, line, sizeof(line) / sizeof(line[0]));
}

static const char *name_of(int signum)
{
    switch (signum) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    default:
        return "SIGABRT";
    }
}

/* Whoever handled it before has it again: the instruction that failed is repeated on return. */
static void on_crash(int signum, siginfo_t *info, void *context)
{
    (void)context;
    write_culprit(name_of(signum));
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        if (crash_signals[i] == signum)
            sigaction(signum, &former[i], NULL);
    if (info->si_code <= 0)
        raise(signum);
}

void activation_watch_crashes(struct plugins *plugins)
{
    static char stack[STACK_BYTES];
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    watched = plugins;
    /* An overflow of the stack is a crash, too. */
    (void)sigaltstack(&alternative, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        (void)sigaction(crash_signals[i], &action, &former[i]);
}
