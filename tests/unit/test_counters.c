#include "base/counters.h"

#include "base/log.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *suite(void);

static char written[4096];

static void log_and_capture(void)
{
    FILE *file = tmpfile();
    int real_stderr = dup(STDERR_FILENO);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    counters_log();
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t n = pread(fileno(file), written, sizeof(written) - 1, 0);
    ck_assert_int_ge(n, 0);
    written[n] = '\0';
    fclose(file);
}

START_TEST(counter_name_is_there_and_plain)
{
    const char *name = counter_name((enum counter)_i);

    ck_assert_ptr_nonnull(name);
    ck_assert_uint_gt(strlen(name), 0);
    ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
}
END_TEST

START_TEST(counter_name_is_unique)
{
    for (int i = 0; i < COUNTERS; i++)
        if (i != _i)
            ck_assert_str_ne(counter_name((enum counter)i), counter_name((enum counter)_i));
}
END_TEST

START_TEST(counter_add_counts_only_this_one)
{
    counter_add((enum counter)_i);
    counter_add((enum counter)_i);
    for (int i = 0; i < COUNTERS; i++)
        ck_assert_uint_eq(counter_get((enum counter)i), i == _i ? 2 : 0);
}
END_TEST

START_TEST(counters_log_names_what_is_not_zero)
{
    log_and_capture();
    ck_assert_str_eq(written, "counters: none\n");
    counter_add(COUNT_DENIED);
    for (int i = 0; i < 12; i++)
        counter_add(COUNT_ACCEPTED);
    log_and_capture();
    ck_assert_str_eq(written, "counters: accepted=12 denied=1\n");
}
END_TEST

START_TEST(counters_log_has_room_for_all_of_them)
{
    char expected[4096] = "counters:";

    for (int i = 0; i < COUNTERS; i++) {
        for (int times = 0; times < 1000; times++)
            counter_add((enum counter)i);
        size_t n = strlen(expected);
        snprintf(expected + n, sizeof(expected) - n, " %s=1000", counter_name((enum counter)i));
    }
    log_and_capture();
    ck_assert_uint_eq(strlen(written), strlen(expected) + 1);
    ck_assert_int_eq(strncmp(written, expected, strlen(expected)), 0);
}
END_TEST

/* With the largest numbers the line would still fit in its buffer and in a line of the log. */
START_TEST(counters_log_line_has_room_for_the_largest_numbers)
{
    size_t n = 0;

    for (int i = 0; i < COUNTERS; i++)
        n += strlen(counter_name((enum counter)i)) + strlen(" =18446744073709551615");
    ck_assert_uint_le(n, 1900);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("counters");
    TCase *tc = tcase_create("counters");

    tcase_add_loop_test(tc, counter_name_is_there_and_plain, 0, COUNTERS);
    tcase_add_loop_test(tc, counter_name_is_unique, 0, COUNTERS);
    tcase_add_loop_test(tc, counter_add_counts_only_this_one, 0, COUNTERS);
    tcase_add_test(tc, counters_log_names_what_is_not_zero);
    tcase_add_test(tc, counters_log_has_room_for_all_of_them);
    tcase_add_test(tc, counters_log_line_has_room_for_the_largest_numbers);
    suite_add_tcase(s, tc);
    return s;
}
