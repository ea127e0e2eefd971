#include "net/timer.h"

#include "base/clock.h"

#include <check.h>

Suite *suite(void);

/* Waits are generous: they end with the event. LONG_MS never passes in a test. */
enum { SHORT_MS = 20, LONG_MS = 1000000, TIMEOUT_S = 60 };

static struct loop loop;
static struct timer timer;
static struct timer other;
static int calls;
static int other_calls;
static int stop_after;

static void on_timer(void *arg)
{
    ck_assert_ptr_eq(arg, &calls);
    if (++calls >= stop_after)
        loop_stop(&loop);
}

static void on_other(void *arg)
{
    ++*(int *)arg;
}

static void setup(void)
{
    ck_assert_int_eq(loop_init(&loop, 1000), 0);
    calls = other_calls = 0;
    stop_after = 1;
    timer_init(&timer, &loop, on_timer, &calls);
    timer_init(&other, &loop, on_other, &other_calls);
}

static void teardown(void)
{
    timer_stop(&timer);
    timer_stop(&other);
    loop_deinit(&loop);
}

START_TEST(timer_calls_after_its_time_and_once)
{
    int64_t begin = clock_monotonic_ms();

    timer_start(&timer, SHORT_MS, 0);
    loop_run(&loop);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_ge(clock_monotonic_ms() - begin, SHORT_MS - 2);
    ck_assert(!ev_is_active(&timer.watcher));
}
END_TEST

START_TEST(timer_of_no_time_calls_in_the_loop_only)
{
    timer_start(&timer, 0, 0);
    ck_assert_int_eq(calls, 0);
    loop_run(&loop);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(timer_calls_again_and_again)
{
    int64_t begin = clock_monotonic_ms();

    stop_after = 4;
    timer_start(&timer, 1, SHORT_MS);
    loop_run(&loop);
    ck_assert_int_eq(calls, 4);
    ck_assert_int_ge(clock_monotonic_ms() - begin, 3 * SHORT_MS - 10);
    ck_assert(ev_is_active(&timer.watcher));
}
END_TEST

START_TEST(timer_first_call_and_period_are_apart)
{
    timer_start(&timer, 1, LONG_MS);
    loop_run(&loop);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(timer_start_of_one_that_runs_starts_anew)
{
    timer_start(&timer, LONG_MS, 0);
    timer_start(&timer, 1, 0);
    loop_run(&loop);
    ck_assert_int_eq(calls, 1);

    timer_start(&other, 1, 1);
    timer_start(&other, LONG_MS, 0);
    timer_start(&timer, SHORT_MS, 0);
    loop_run(&loop);
    ck_assert_int_eq(other_calls, 0);
}
END_TEST

START_TEST(timer_stop_ends_it)
{
    timer_start(&other, 1, 1);
    timer_stop(&other);
    timer_stop(&other);
    timer_start(&timer, SHORT_MS, 0);
    loop_run(&loop);
    ck_assert_int_eq(other_calls, 0);
}
END_TEST

START_TEST(timer_stop_of_one_that_never_ran)
{
    timer_stop(&other);
    ck_assert(!ev_is_active(&other.watcher));
}
END_TEST

static void stop_both(void *arg)
{
    (void)arg;
    timer_stop(&timer);
    timer_stop(&other);
}

/* Both are due in the same turn; whichever comes first ends the other. */
START_TEST(timer_stopped_by_another_of_the_same_turn_does_not_call)
{
    struct timer first;
    struct timer end;

    timer_init(&first, &loop, stop_both, NULL);
    timer_init(&end, &loop, on_timer, &calls);
    timer_start(&first, 1, 0);
    timer_start(&other, 2, 1);
    timer_start(&end, 2 * SHORT_MS, 0);
    int64_t begin = clock_monotonic_ms();
    while (clock_monotonic_ms() - begin < SHORT_MS)
        continue;
    loop_run(&loop);
    ck_assert_int_eq(other_calls, 0);
    ck_assert_int_eq(calls, 1);
}
END_TEST

static void stop_itself(void *arg)
{
    ++*(int *)arg;
    timer_stop(&other);
}

static void start_again(void *arg)
{
    if (++*(int *)arg < 3)
        timer_start(&other, 1, 0);
    else
        loop_stop(&loop);
}

START_TEST(timer_may_stop_itself)
{
    timer_init(&other, &loop, stop_itself, &other_calls);
    timer_start(&other, 1, 1);
    timer_start(&timer, SHORT_MS, 0);
    loop_run(&loop);
    ck_assert_int_eq(other_calls, 1);
}
END_TEST

START_TEST(timer_may_start_itself)
{
    timer_init(&other, &loop, start_again, &other_calls);
    timer_start(&other, 1, 0);
    loop_run(&loop);
    ck_assert_int_eq(other_calls, 3);
    ck_assert(!ev_is_active(&other.watcher));
}
END_TEST

START_TEST(timer_the_earlier_one_calls_first)
{
    timer_start(&timer, 3 * SHORT_MS, 0);
    timer_start(&other, 1, 0);
    loop_run(&loop);
    ck_assert_int_eq(other_calls, 1);
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* ---- The loop's own time ------------------------------------------------------------------ */

static int64_t now_at_call;

static void on_now(void *arg)
{
    (void)arg;
    now_at_call = loop_now_ms(&loop);
    loop_stop(&loop);
}

START_TEST(loop_now_ms_is_that_of_the_turn)
{
    int64_t begin = clock_monotonic_ms();

    timer_init(&other, &loop, on_now, NULL);
    timer_start(&other, SHORT_MS, 0);
    loop_run(&loop);
    ck_assert_int_ge(now_at_call, begin + SHORT_MS - 2);
    ck_assert_int_le(now_at_call, clock_monotonic_ms());
    ck_assert_int_eq(loop_now_ms(&loop), now_at_call); /* it stands still */
}
END_TEST

START_TEST(loop_wall_ms_is_the_time_of_day)
{
    /* Between two readings of the clock, with a second for its adjustments. */
    int64_t before = clock_wall_ms();

    timer_start(&timer, 1, 0);
    loop_run(&loop);
    ck_assert_int_ge(loop_wall_ms(&loop), before - 1000);
    ck_assert_int_le(loop_wall_ms(&loop), clock_wall_ms() + 1000);
}
END_TEST

START_TEST(loop_stop_ends_the_run_and_it_may_run_again)
{
    timer_start(&timer, 1, 1);
    loop_run(&loop);
    ck_assert_int_eq(calls, 1);
    stop_after = 2;
    loop_run(&loop);
    ck_assert_int_eq(calls, 2);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("timer");
    TCase *tc = tcase_create("timer");

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, timer_calls_after_its_time_and_once);
    tcase_add_test(tc, timer_of_no_time_calls_in_the_loop_only);
    tcase_add_test(tc, timer_calls_again_and_again);
    tcase_add_test(tc, timer_first_call_and_period_are_apart);
    tcase_add_test(tc, timer_start_of_one_that_runs_starts_anew);
    tcase_add_test(tc, timer_stop_ends_it);
    tcase_add_test(tc, timer_stop_of_one_that_never_ran);
    tcase_add_test(tc, timer_stopped_by_another_of_the_same_turn_does_not_call);
    tcase_add_test(tc, timer_may_stop_itself);
    tcase_add_test(tc, timer_may_start_itself);
    tcase_add_test(tc, timer_the_earlier_one_calls_first);
    tcase_add_test(tc, loop_now_ms_is_that_of_the_turn);
    tcase_add_test(tc, loop_wall_ms_is_the_time_of_day);
    tcase_add_test(tc, loop_stop_ends_the_run_and_it_may_run_again);
    suite_add_tcase(s, tc);
    return s;
}
