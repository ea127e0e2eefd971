#include "net/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    struct job *first;
    struct job **last;
};

struct workers {
    struct loop *loop;
    ev_async wake;
    pthread_mutex_t lock;
    pthread_cond_t work_there; /* for the threads */
    pthread_cond_t work_done;  /* for workers_drain() */
    struct queue waiting;
    struct queue finished;
    size_t jobs; /* submitted, and `done` not called yet; the loop's own */
    size_t max_jobs;
    size_t max_threads;
    size_t n_threads;
    bool ending;
    pthread_t threads[];
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_push(struct queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}

static struct job *queue_pop(struct queue *queue)
{
    struct job *job = queue->first;

    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    return job;
}

static void *run_thread(void *arg)
{
    struct workers *workers = arg;

    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (workers->waiting.first == NULL && !workers->ending)
            pthread_cond_wait(&workers->work_there, &workers->lock);
        if (workers->waiting.first == NULL)
            break;
        struct job *job = queue_pop(&workers->waiting);
        pthread_mutex_unlock(&workers->lock);
        job->work(job);
        pthread_mutex_lock(&workers->lock);
        queue_push(&workers->finished, job);
        pthread_cond_signal(&workers->work_done);
        ev_async_send(workers->loop->ev, &workers->wake);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static void finish_jobs(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    struct job *job = workers->finished.first;
    queue_init(&workers->finished);
    pthread_mutex_unlock(&workers->lock);

    while (job != NULL) {
        struct job *next = job->next;
        workers->jobs--;
        job->done(job);
        job = next;
    }
}

static void on_wake(struct ev_loop *ev, ev_async *watcher, int events)
{
    (void)ev;
    (void)events;
    finish_jobs(watcher->data);
}

struct workers *workers_new(struct loop *loop, size_t threads, size_t max_jobs)
{
    struct workers *workers = calloc(1, sizeof(*workers) + threads * sizeof(pthread_t));

    if (workers == NULL)
        return NULL;
    workers->loop = loop;
    workers->max_threads = threads;
    workers->max_jobs = max_jobs;
    queue_init(&workers->waiting);
    queue_init(&workers->finished);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->work_there, NULL);
    pthread_cond_init(&workers->work_done, NULL);
    ev_async_init(&workers->wake, on_wake);
    workers->wake.data = workers;
    ev_async_start(loop->ev, &workers->wake);
    return workers;
}

/* Signals are the loop's: the threads block them all. */
static void start_thread(struct workers *workers)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&workers->threads[workers->n_threads], NULL, run_thread, workers) == 0)
        workers->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int workers_submit(struct workers *workers, struct job *job)
{
    if (workers->jobs >= workers->max_jobs)
        return -EAGAIN;
    if (workers->n_threads < workers->max_threads)
        start_thread(workers);
    if (workers->n_threads == 0)
        return -EAGAIN;
    workers->jobs++;
    pthread_mutex_lock(&workers->lock);
    queue_push(&workers->waiting, job);
    pthread_cond_signal(&workers->work_there);
    pthread_mutex_unlock(&workers->lock);
    return 0;
}

/* Until a job has finished, or the time has come. */
static bool wait_for_one(struct workers *workers, const struct timespec *until)
{
    int err = 0;

    pthread_mutex_lock(&workers->lock);
    while (workers->finished.first == NULL && err == 0)
        err = until != NULL ? pthread_cond_clockwait(&workers->work_done, &workers->lock,
                                                     CLOCK_MONOTONIC, until)
                            : pthread_cond_wait(&workers->work_done, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    return err == 0;
}

void workers_drain(struct workers *workers)
{
    /* A `done` may submit again. */
    while (workers->jobs > 0) {
        (void)wait_for_one(workers, NULL);
        finish_jobs(workers);
    }
}

bool workers_wait(struct workers *workers, unsigned seconds)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (workers->jobs > 0 && wait_for_one(workers, &until))
        finish_jobs(workers);
    return workers->jobs == 0;
}

void workers_free(struct workers *workers)
{
    if (workers == NULL)
        return;
    workers_drain(workers);
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->work_there);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->n_threads; i++)
        pthread_join(workers->threads[i], NULL);
    ev_async_stop(workers->loop->ev, &workers->wake);
    pthread_cond_destroy(&workers->work_done);
    pthread_cond_destroy(&workers->work_there);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
