/* The worker pool: threads for what would block the loop. */
#ifndef CHATD_NET_WORKERS_H
#define CHATD_NET_WORKERS_H

#include "net/loop.h"

struct job {
    struct job *next;
    void (*work)(struct job *job); /* on a thread of the pool */
    void (*done)(struct job *job); /* on the loop, afterwards; frees the job */
};

struct workers;

/* `threads` are started with the first job; at most `max_jobs` wait or run. NULL without memory. */
struct workers *workers_new(struct loop *loop, size_t threads, size_t max_jobs);

/* Runs the jobs that wait, calls their `done`, and ends the threads. */
void workers_free(struct workers *workers);

/* -EAGAIN when `max_jobs` wait or run, or no thread can be started. */
int workers_submit(struct workers *workers, struct job *job);

/* Blocks until all jobs submitted so far have run, and calls their `done`. */
void workers_drain(struct workers *workers);

/* The same, but for no longer than so many seconds: false when there are jobs left. */
bool workers_wait(struct workers *workers, unsigned seconds);

#endif
