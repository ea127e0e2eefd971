#include "net/workers.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

Suite *suite(void);

enum { MANY = 200, TIMEOUT_S = 60 };

static struct loop loop;
static struct workers *workers;
static pthread_t main_thread;

static void setup(void)
{
    ck_assert_int_eq(loop_init(&loop, 1000), 0);
    main_thread = pthread_self();
}

static void make(size_t threads, size_t max_jobs)
{
    workers = workers_new(&loop, threads, max_jobs);
    ck_assert_ptr_nonnull(workers);
}

static void teardown(void)
{
    workers_free(workers);
    workers = NULL;
    loop_deinit(&loop);
}

/* ---- A job that tells where it ran -------------------------------------------------------- */

struct task {
    struct job job;
    int number;
};

static sem_t gate; /* jobs with work_at_gate() wait here */
static atomic_int n_worked;
static atomic_int n_wrong_thread;
static atomic_int n_running;
static atomic_int most_running;
static int done_order[MANY];
static int n_done;
static int stop_at;

static void work(struct job *job)
{
    (void)job;
    if (pthread_equal(pthread_self(), main_thread))
        atomic_fetch_add(&n_wrong_thread, 1);
    atomic_fetch_add(&n_worked, 1);
}

static void work_at_gate(struct job *job)
{
    int running = atomic_fetch_add(&n_running, 1) + 1;
    int most = atomic_load(&most_running);

    while (running > most && !atomic_compare_exchange_weak(&most_running, &most, running))
        continue;
    while (sem_wait(&gate) != 0)
        continue;
    work(job);
    atomic_fetch_sub(&n_running, 1);
}

static void done(struct job *job)
{
    struct task *task = (struct task *)job;

    if (!pthread_equal(pthread_self(), main_thread))
        atomic_fetch_add(&n_wrong_thread, 1);
    done_order[n_done++] = task->number;
    free(task);
    if (n_done == stop_at)
        loop_stop(&loop);
}

static int submit(int number, void (*what)(struct job *))
{
    struct task *task = calloc(1, sizeof(*task));

    ck_assert_ptr_nonnull(task);
    task->job.work = what;
    task->job.done = done;
    task->number = number;
    int err = workers_submit(workers, &task->job);
    if (err != 0)
        free(task); /* it stays the caller's */
    return err;
}

static void open_gate(int n)
{
    while (n-- > 0)
        sem_post(&gate);
}

/* ---- Tests -------------------------------------------------------------------------------- */

static const size_t pool_sizes[] = {1, 2, 8};

START_TEST(workers_run_off_the_loop_and_are_done_on_it)
{
    make(pool_sizes[_i], MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(submit(i, work), 0);
    ck_assert_int_eq(n_done, 0); /* only the loop calls it */
    stop_at = MANY;
    loop_run(&loop);
    ck_assert_int_eq(n_done, MANY);
    ck_assert_int_eq(atomic_load(&n_worked), MANY);
    ck_assert_int_eq(atomic_load(&n_wrong_thread), 0);
    bool seen[MANY] = {false};
    for (int i = 0; i < MANY; i++) {
        ck_assert(!seen[done_order[i]]);
        seen[done_order[i]] = true;
    }
}
END_TEST

START_TEST(workers_one_thread_keeps_the_order)
{
    make(1, MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(submit(i, work), 0);
    workers_drain(workers);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(done_order[i], i);
}
END_TEST

START_TEST(workers_submit_at_the_limit_and_above)
{
    sem_init(&gate, 0, 0);
    make(1, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(submit(i, work_at_gate), 0);
    ck_assert_int_eq(submit(3, work_at_gate), -EAGAIN); /* one runs, two wait */
    open_gate(1);
    stop_at = 1;
    loop_run(&loop);
    ck_assert_int_eq(submit(4, work_at_gate), 0);
    ck_assert_int_eq(submit(5, work_at_gate), -EAGAIN);
    open_gate(3);
    workers_drain(workers);
    ck_assert_int_eq(n_done, 4);
    ck_assert_int_eq(done_order[3], 4);
}
END_TEST

START_TEST(workers_of_no_jobs_or_no_threads_take_none)
{
    make(2, 0);
    ck_assert_int_eq(submit(0, work), -EAGAIN);
    workers_free(workers);
    make(0, 10);
    ck_assert_int_eq(submit(0, work), -EAGAIN);
    workers_drain(workers);
    ck_assert_int_eq(n_done, 0);
}
END_TEST

/* Every thread of the pool takes part, and no further one. */
START_TEST(workers_run_as_many_at_once_as_there_are_threads)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    sem_init(&gate, 0, 0);
    make(4, MANY);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(submit(i, work_at_gate), 0);
    while (atomic_load(&n_running) < 4) /* the test's own limit ends this */
        nanosleep(&pause, NULL);
    open_gate(12);
    workers_drain(workers);
    ck_assert_int_eq(atomic_load(&most_running), 4);
    ck_assert_int_eq(n_done, 12);
}
END_TEST

START_TEST(workers_drain_waits_for_all_and_calls_done_here)
{
    make(3, MANY);
    workers_drain(workers); /* of nothing */
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 20; i++)
            ck_assert_int_eq(submit(i, work), 0);
        workers_drain(workers);
        ck_assert_int_eq(n_done, 20 * round);
        ck_assert_int_eq(atomic_load(&n_worked), 20 * round);
    }
    ck_assert_int_eq(atomic_load(&n_wrong_thread), 0);
    ev_run(loop.ev, EVRUN_NOWAIT); /* a wake-up that is late finds nothing */
    ck_assert_int_eq(n_done, 60);
}
END_TEST

START_TEST(workers_free_finishes_what_waits)
{
    make(1, MANY);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(submit(i, work), 0);
    workers_free(workers);
    workers = NULL;
    ck_assert_int_eq(n_done, 50);
}
END_TEST

START_TEST(workers_free_of_an_unused_pool_and_of_null)
{
    make(4, 4);
    workers_free(workers);
    workers = NULL;
    workers_free(NULL);
}
END_TEST

/* ---- `done` that submits again ------------------------------------------------------------ */

static void done_again(struct job *job)
{
    struct task *task = (struct task *)job;

    n_done++;
    if (task->number-- > 1) {
        /* Its own place is free, also when the pool was full. */
        ck_assert_int_eq(workers_submit(workers, job), 0);
        return;
    }
    free(task);
    loop_stop(&loop);
}

static void submit_chain(int length)
{
    struct task *task = calloc(1, sizeof(*task));

    ck_assert_ptr_nonnull(task);
    task->job.work = work;
    task->job.done = done_again;
    task->number = length;
    ck_assert_int_eq(workers_submit(workers, &task->job), 0);
}

START_TEST(workers_done_may_submit_again_in_the_loop)
{
    make(1, 1);
    submit_chain(10);
    loop_run(&loop);
    ck_assert_int_eq(n_done, 10);
    ck_assert_int_eq(atomic_load(&n_worked), 10);
}
END_TEST

START_TEST(workers_done_may_submit_again_in_drain)
{
    make(2, 2);
    submit_chain(10);
    submit_chain(5);
    workers_drain(workers);
    ck_assert_int_eq(n_done, 15);
    ck_assert_int_eq(atomic_load(&n_worked), 15);
}
END_TEST

START_TEST(workers_done_may_submit_again_in_free)
{
    make(1, 1);
    submit_chain(10);
    workers_free(workers);
    workers = NULL;
    ck_assert_int_eq(n_done, 10);
}
END_TEST

/* ---- Signals ------------------------------------------------------------------------------ */

static sigset_t mask_of_thread;

static void work_reads_mask(struct job *job)
{
    pthread_sigmask(SIG_SETMASK, NULL, &mask_of_thread);
    work(job);
}

START_TEST(workers_leave_signals_to_the_loop)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM};
    sigset_t before;
    sigset_t after;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    make(1, 1);
    ck_assert_int_eq(submit(0, work_reads_mask), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    workers_drain(workers);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        ck_assert_int_eq(sigismember(&mask_of_thread, signals[i]), 1);
        ck_assert_int_eq(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("workers");
    TCase *tc = tcase_create("workers");

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, workers_run_off_the_loop_and_are_done_on_it, 0,
                        sizeof(pool_sizes) / sizeof(pool_sizes[0]));
    tcase_add_test(tc, workers_one_thread_keeps_the_order);
    tcase_add_test(tc, workers_submit_at_the_limit_and_above);
    tcase_add_test(tc, workers_of_no_jobs_or_no_threads_take_none);
    tcase_add_test(tc, workers_run_as_many_at_once_as_there_are_threads);
    tcase_add_test(tc, workers_drain_waits_for_all_and_calls_done_here);
    tcase_add_test(tc, workers_free_finishes_what_waits);
    tcase_add_test(tc, workers_free_of_an_unused_pool_and_of_null);
    tcase_add_test(tc, workers_done_may_submit_again_in_the_loop);
    tcase_add_test(tc, workers_done_may_submit_again_in_drain);
    tcase_add_test(tc, workers_done_may_submit_again_in_free);
    tcase_add_test(tc, workers_leave_signals_to_the_loop);
    suite_add_tcase(s, tc);
    return s;
}
