#include "plugin/table.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

Suite *suite(void);

/* What this server knows; LEAST is what the first version of the struct had. */
struct known {
    size_t size;
    uint64_t first;
    uint64_t second;
};

/* The same struct, as a module of another time has it. */
struct old {
    size_t size;
    uint64_t first;
};

struct future {
    size_t size;
    uint64_t first;
    uint64_t second;
    unsigned char more[9];
};

enum { LEAST = sizeof(struct old) };

static struct known copy;
static struct known before;

static void setup(void)
{
    memset(&copy, 0x5a, sizeof(copy));
    memcpy(&before, &copy, sizeof(before));
}

/* ---- table_copy() ------------------------------------------------------------------------- */

START_TEST(table_copy_of_the_same_size)
{
    const struct known from = {sizeof(from), 1, 2};

    ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), 0);
    ck_assert_mem_eq(&copy, &from, sizeof(copy));
}
END_TEST

START_TEST(table_copy_of_a_shorter_one_is_filled_up_with_zeros)
{
    const struct old from = {sizeof(from), 1};

    ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), 0);
    ck_assert_uint_eq(copy.size, sizeof(from));
    ck_assert_uint_eq(copy.first, 1);
    ck_assert_uint_eq(copy.second, 0);
}
END_TEST

START_TEST(table_copy_between_two_members_takes_the_bytes)
{
    struct known from = {LEAST + 1, 1, UINT64_MAX};
    unsigned char second[sizeof(copy.second)];

    ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), 0);
    memcpy(second, &copy.second, sizeof(second));
    ck_assert_uint_eq(second[0], 0xff);
    for (size_t i = 1; i < sizeof(second); i++)
        ck_assert_uint_eq(second[i], 0);
}
END_TEST

START_TEST(table_copy_of_less_than_the_least_is_refused)
{
    for (size_t size = 0; size < LEAST; size++) {
        const struct known from = {size, 1, 2};
        ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), -EINVAL);
        ck_assert_mem_eq(&copy, &before, sizeof(copy));
    }
}
END_TEST

START_TEST(table_copy_of_a_longer_one_with_zeros_is_cut)
{
    for (size_t more = 1; more <= sizeof(((struct future *)0)->more); more++) {
        const struct future from = {sizeof(copy) + more, 1, 2, {0}};
        ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), 0);
        ck_assert_mem_eq(&copy, &from, sizeof(copy));
    }
}
END_TEST

START_TEST(table_copy_of_a_tail_that_is_not_zero_is_refused)
{
    size_t n = sizeof(((struct future *)0)->more);

    for (size_t at = 0; at < n; at++) {
        struct future from = {sizeof(copy) + n, 1, 2, {0}};
        from.more[at] = (unsigned char)(1 << at % 8);
        ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), -E2BIG);
        ck_assert_mem_eq(&copy, &before, sizeof(copy));
        /* What is behind the struct does not count. */
        from.size = sizeof(copy) + at;
        ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, &from), 0);
        memcpy(&copy, &before, sizeof(copy));
    }
}
END_TEST

START_TEST(table_copy_from_any_address)
{
    const struct known from = {sizeof(from), 1, 2};
    unsigned char room[sizeof(from) + 1];

    memcpy(room + 1, &from, sizeof(from));
    ck_assert_int_eq(table_copy(&copy, sizeof(copy), LEAST, room + 1), 0);
    ck_assert_mem_eq(&copy, &from, sizeof(copy));
}
END_TEST

/* ---- table_entry() ------------------------------------------------------------------------ */

START_TEST(table_entry_walks_to_the_end)
{
    static const struct known table[] = {
        {sizeof(table[0]), 1, 0},
        {sizeof(table[0]), 2, 0},
        {sizeof(table[0]), 3, 0},
        {0},
    };

    for (size_t i = 0; i < 3; i++)
        ck_assert_ptr_eq(table_entry(table, i), &table[i]);
    ck_assert_ptr_null(table_entry(table, 3));
}
END_TEST

START_TEST(table_entry_steps_as_wide_as_the_module_has_them)
{
    static const struct old short_ones[] = {
        {sizeof(short_ones[0]), 1}, {sizeof(short_ones[0]), 2}, {0}};
    static const struct future long_ones[] = {
        {sizeof(long_ones[0]), 1, 0, {0}}, {sizeof(long_ones[0]), 2, 0, {0}}, {0}};

    ck_assert_ptr_eq(table_entry(short_ones, 1), &short_ones[1]);
    ck_assert_ptr_null(table_entry(short_ones, 2));
    ck_assert_ptr_eq(table_entry(long_ones, 1), &long_ones[1]);
    ck_assert_ptr_null(table_entry(long_ones, 2));
}
END_TEST

START_TEST(table_entry_of_no_table_and_of_an_empty_one_is_null)
{
    static const struct known empty[1];

    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(table_entry(NULL, i));
        ck_assert_ptr_null(table_entry(empty, i));
    }
}
END_TEST

/* The end may be shorter than an entry: only its size is there. */
START_TEST(table_entry_reads_no_more_than_the_size_of_the_end)
{
    static const struct {
        struct known entries[2];
        size_t end;
    } table = {{{sizeof(struct known), 1, 2}, {sizeof(struct known), 3, 4}}, 0};

    ck_assert_ptr_eq(table_entry(&table, 1), &table.entries[1]);
    ck_assert_ptr_null(table_entry(&table, 2));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("table");
    TCase *tc = tcase_create("table");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, table_copy_of_the_same_size);
    tcase_add_test(tc, table_copy_of_a_shorter_one_is_filled_up_with_zeros);
    tcase_add_test(tc, table_copy_between_two_members_takes_the_bytes);
    tcase_add_test(tc, table_copy_of_less_than_the_least_is_refused);
    tcase_add_test(tc, table_copy_of_a_longer_one_with_zeros_is_cut);
    tcase_add_test(tc, table_copy_of_a_tail_that_is_not_zero_is_refused);
    tcase_add_test(tc, table_copy_from_any_address);
    tcase_add_test(tc, table_entry_walks_to_the_end);
    tcase_add_test(tc, table_entry_steps_as_wide_as_the_module_has_them);
    tcase_add_test(tc, table_entry_of_no_table_and_of_an_empty_one_is_null);
    tcase_add_test(tc, table_entry_reads_no_more_than_the_size_of_the_end);
    suite_add_tcase(s, tc);
    return s;
}
