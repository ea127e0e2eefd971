#include "chat/turns.h"

#include "base/counters.h"

#include <check.h>

Suite *suite(void);

/* 10 at once, and then one every 10 ms. */
enum { RATE = 100, AT_ONCE = 11, EVERY_MS = 10, MAX_MS = 1000, NOW_MS = 5000000 };

static struct loop loop;
static struct config config;
static struct hub hub;

static void setup(void)
{
    loop.now_ms = NOW_MS;
    config.max_login_rate.number = RATE;
    hub = (struct hub){.loop = &loop, .config = &config};
}

/* How long somebody who has just come has to wait. */
static int64_t come(void)
{
    int64_t turn = 0;

    return turns_wait(&hub, &turn, MAX_MS);
}

static void let_come(int n)
{
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(come(), 0);
}

START_TEST(turns_without_a_limit_are_now)
{
    config.max_login_rate.number = 0;
    let_come(100000);
}
END_TEST

START_TEST(turns_beyond_those_at_once_are_spread_evenly)
{
    let_come(AT_ONCE);
    for (int i = 1; i <= 50; i++)
        ck_assert_int_eq(come(), i * EVERY_MS);
}
END_TEST

START_TEST(turns_of_a_second_are_no_more_than_the_rate)
{
    int64_t turn[2 * RATE] = {0};
    int n[3] = {0};

    for (int i = 0; i < 2 * RATE; i++)
        n[turns_wait(&hub, &turn[i], 10 * MAX_MS) / 1000]++;
    ck_assert_int_le(n[0], RATE + AT_ONCE);
    ck_assert_int_le(n[1], RATE);
    ck_assert_int_eq(n[0] + n[1] + n[2], 2 * RATE);
}
END_TEST

START_TEST(turns_of_more_than_one_in_a_ms_are_spread_too)
{
    int n[102] = {0};

    config.max_login_rate.number = 10000;
    let_come(1001);
    for (int i = 0; i < 1000; i++)
        n[come()]++;
    for (int i = 1; i <= 100; i++)
        ck_assert_int_eq(n[i], 10);
}
END_TEST

START_TEST(turn_is_kept_until_it_comes)
{
    int64_t turn = 0;

    let_come(AT_ONCE);
    int64_t waits = come();
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), waits + EVERY_MS);
    loop.now_ms += EVERY_MS;
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), waits);
    loop.now_ms += waits - 1;
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), 1);
    loop.now_ms++;
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), 0);
}
END_TEST

START_TEST(turn_that_came_is_taken_once)
{
    int64_t turn = 0;

    let_come(AT_ONCE);
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), EVERY_MS);
    loop.now_ms += EVERY_MS;
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), 0);
    ck_assert_int_eq(turn, 0);
    /* The next login of the same one has to wait again. */
    for (int i = 0; i < AT_ONCE; i++)
        (void)come();
    ck_assert_int_gt(turns_wait(&hub, &turn, MAX_MS), 0);
}
END_TEST

/* However late he is: others have come and gone meanwhile. */
START_TEST(turn_is_kept_for_who_is_late)
{
    int64_t turn = 0;

    let_come(AT_ONCE);
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), EVERY_MS);
    loop.now_ms += 100 * EVERY_MS;
    let_come(AT_ONCE);
    ck_assert_int_gt(come(), 0);
    ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), 0);
}
END_TEST

START_TEST(turns_that_would_be_too_late_are_none)
{
    uint64_t refused = counter_get(COUNT_LOGINS_REFUSED);
    int64_t turn = 0;

    let_come(AT_ONCE);
    for (int i = 1; i <= MAX_MS / EVERY_MS; i++)
        ck_assert_int_eq(come(), i * EVERY_MS);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(turns_wait(&hub, &turn, MAX_MS), -1);
    ck_assert_int_eq(turn, 0);
    ck_assert_uint_eq(counter_get(COUNT_LOGINS_REFUSED), refused + 3);
    /* Who was refused has taken nothing. */
    loop.now_ms += EVERY_MS;
    ck_assert_int_eq(come(), MAX_MS);
}
END_TEST

START_TEST(quiet_times_do_not_add_up)
{
    loop.now_ms += 1000 * 1000;
    let_come(AT_ONCE);
    ck_assert_int_eq(come(), EVERY_MS);
}
END_TEST

START_TEST(rate_may_change)
{
    let_come(AT_ONCE);
    ck_assert_int_eq(come(), EVERY_MS);
    config.max_login_rate.number = RATE / 10;
    ck_assert_int_eq(come(), 2 * EVERY_MS);
    ck_assert_int_eq(come(), 12 * EVERY_MS);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("turns");
    TCase *tc = tcase_create("turns");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, turns_without_a_limit_are_now);
    tcase_add_test(tc, turns_beyond_those_at_once_are_spread_evenly);
    tcase_add_test(tc, turns_of_a_second_are_no_more_than_the_rate);
    tcase_add_test(tc, turns_of_more_than_one_in_a_ms_are_spread_too);
    tcase_add_test(tc, turn_is_kept_until_it_comes);
    tcase_add_test(tc, turn_that_came_is_taken_once);
    tcase_add_test(tc, turn_is_kept_for_who_is_late);
    tcase_add_test(tc, turns_that_would_be_too_late_are_none);
    tcase_add_test(tc, quiet_times_do_not_add_up);
    tcase_add_test(tc, rate_may_change);
    suite_add_tcase(s, tc);
    return s;
}
