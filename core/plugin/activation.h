/* The trampoline: around every call into a module. It knows whom to name when a module is slow or
 * crashes, and counts. */
#ifndef CHATD_PLUGIN_ACTIVATION_H
#define CHATD_PLUGIN_ACTIVATION_H

#include "plugin/module.h"

/* What is known of the calls into a module at one point. */
struct call_stats {
    struct call_stats *next; /* of the same module */
    struct chatd_stats numbers;
    char what[]; /* "message", "/roll", "timer" */
};

/* A module being called. On the caller's stack. */
struct activation {
    struct chatd_self *self;
    struct call_stats *stats;
    struct activation *outer;
    struct denial *denial;   /* where deny() writes; NULL where nothing can be denied */
    struct subject *subject; /* whose verdict may be put off; NULL for none */
    struct token *token;     /* made by defer() in this call */
    unsigned hops;           /* of what the module sends now */
    int64_t since_ns;
};

/* The numbers of the module at this point, which are made at the first question. Never
 * NULL. */
struct call_stats *stats_of(struct chatd_self *self, const char *what);
void stats_free(struct chatd_self *self);

/* Before and after a call. With stats_of() at hand, enter() saves the search. */
void activation_enter(struct activation *activation, struct chatd_self *self,
                      struct call_stats *stats);
void activation_begin(struct activation *activation, struct chatd_self *self, const char *what);
void activation_end(struct activation *activation);

/* A denial in a module's words. Without words, or words that are no text: "forbidden", "refused".
 */
void activation_deny(struct denial *denial, const char *code, const char *text);

/* On a thread of the worker pool: which module works there now; NULL for none. */
void activation_set_worker(const struct chatd_self *self);

/* Names the module in the last line of the log when the process crashes. */
void activation_watch_crashes(struct plugins *plugins);

#endif
