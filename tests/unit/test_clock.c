#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Suite *suite(void);

static const struct {
    int64_t ms;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {999, "1970-01-01T00:00:00.999Z"},
    {1000, "1970-01-01T00:00:01.000Z"},
    {INT64_C(951827696789), "2000-02-29T12:34:56.789Z"}, /* a leap day */
    {INT64_C(1709251199999), "2024-02-29T23:59:59.999Z"},
    {INT64_C(1795394400123), "2026-11-23T00:40:00.123Z"},
    {INT64_C(2147483648000), "2038-01-19T03:14:08.000Z"}, /* beyond 32 bits */
    {INT64_C(4102444800000), "2100-01-01T00:00:00.000Z"},
    {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
    /* A clock that was never set may stand before the epoch. */
    {-1, "1969-12-31T23:59:59.999Z"},
    {-999, "1969-12-31T23:59:59.001Z"},
    {-1000, "1969-12-31T23:59:59.000Z"},
    {-1001, "1969-12-31T23:59:58.999Z"},
};

START_TEST(clock_text_vector)
{
    char out[CLOCK_TEXT_BYTES];

    clock_text(times[_i].ms, out);
    ck_assert_str_eq(out, times[_i].text);
}
END_TEST

/* Nobody needs them, but they must not write beyond the buffer. */
START_TEST(clock_text_of_extreme_times_is_a_string)
{
    static const int64_t extremes[] = {INT64_MAX, INT64_MIN, INT64_C(253402300800000),
                                       INT64_C(-62167219200001)};

    for (size_t i = 0; i < sizeof(extremes) / sizeof(extremes[0]); i++) {
        char out[CLOCK_TEXT_BYTES];
        memset(out, 'x', sizeof(out));
        clock_text(extremes[i], out);
        ck_assert_ptr_nonnull(memchr(out, '\0', sizeof(out)));
    }
}
END_TEST

START_TEST(clock_text_ignores_the_time_zone)
{
    char out[CLOCK_TEXT_BYTES];

    ck_assert_int_eq(setenv("TZ", "XXX-9:30", 1), 0);
    tzset();
    clock_text(0, out);
    ck_assert_str_eq(out, "1970-01-01T00:00:00.000Z");
}
END_TEST

START_TEST(clock_wall_ms_is_the_time_of_day)
{
    time_t before = time(NULL);
    int64_t now = clock_wall_ms();
    time_t after = time(NULL);

    /* time() may read a clock that is a tick older. */
    ck_assert_int_ge(now, (int64_t)before * 1000);
    ck_assert_int_le(now, ((int64_t)after + 2) * 1000);
}
END_TEST

START_TEST(clock_monotonic_ms_never_goes_back_and_moves)
{
    int64_t begin = clock_monotonic_ms();
    int64_t last = begin;

    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_ms();
        ck_assert_int_ge(now, last);
        last = now;
    }
    while (clock_monotonic_ms() == begin) /* the test's own limit ends this */
        continue;
}
END_TEST

START_TEST(clock_monotonic_ms_counts_milliseconds)
{
    const struct timespec wait = {.tv_nsec = 30 * 1000000};
    struct timespec left = wait;
    int64_t begin = clock_monotonic_ms();

    while (nanosleep(&left, &left) != 0)
        continue;
    ck_assert_int_ge(clock_monotonic_ms() - begin, 29);
    ck_assert_int_lt(clock_monotonic_ms() - begin, 30 * 1000);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("clock");
    TCase *tc = tcase_create("clock");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, clock_text_vector, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_test(tc, clock_text_of_extreme_times_is_a_string);
    tcase_add_test(tc, clock_text_ignores_the_time_zone);
    tcase_add_test(tc, clock_wall_ms_is_the_time_of_day);
    tcase_add_test(tc, clock_monotonic_ms_never_goes_back_and_moves);
    tcase_add_test(tc, clock_monotonic_ms_counts_milliseconds);
    suite_add_tcase(s, tc);
    return s;
}
