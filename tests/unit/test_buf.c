#include "base/buf.h"

#include <check.h>
#include <errno.h>

Suite *suite(void);

static struct buf b;

static void setup_8(void)
{
    buf_init(&b, 8);
}

static void teardown(void)
{
    buf_deinit(&b);
}

static bool holds(const char *expected)
{
    return slice_eq(buf_slice(&b), slice_str(expected));
}

START_TEST(buf_init_owns_no_memory)
{
    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.n, 0);
    ck_assert_uint_eq(b.cap, 0);
    ck_assert_uint_eq(b.max, 8);
    ck_assert(holds(""));
}
END_TEST

START_TEST(buf_append_joins)
{
    ck_assert_int_eq(buf_append(&b, "ab", 2), 0);
    ck_assert_int_eq(buf_append_slice(&b, SLICE("c\0d")), 0);
    ck_assert_int_eq(buf_append_char(&b, 'e'), 0);
    ck_assert(slice_eq(buf_slice(&b), slice_of("abc\0de", 6)));
}
END_TEST

START_TEST(buf_append_of_nothing_is_nothing)
{
    ck_assert_int_eq(buf_append(&b, NULL, 0), 0);
    ck_assert_int_eq(buf_append_slice(&b, slice_of(NULL, 0)), 0);
    ck_assert(holds(""));
}
END_TEST

START_TEST(buf_append_at_the_maximum_fits_above_fails)
{
    ck_assert_int_eq(buf_append(&b, "12345678", 8), 0);
    ck_assert_int_eq(buf_append(&b, "", 0), 0);
    ck_assert_int_eq(buf_append_char(&b, '9'), -EMSGSIZE);
    ck_assert(holds("12345678"));
    buf_clear(&b);
    ck_assert_int_eq(buf_append(&b, "123456789", 9), -EMSGSIZE);
    ck_assert_int_eq(buf_append(&b, "", SIZE_MAX), -EMSGSIZE);
    ck_assert(holds(""));
}
END_TEST

START_TEST(buf_reserve_makes_room_without_content)
{
    ck_assert_int_eq(buf_append_char(&b, 'a'), 0);
    ck_assert_int_eq(buf_reserve(&b, 7), 0);
    ck_assert_uint_ge(b.cap, 8);
    ck_assert(holds("a"));
    ck_assert_int_eq(buf_reserve(&b, 8), -EMSGSIZE);
}
END_TEST

START_TEST(buf_printf_appends_and_knows_the_maximum)
{
    ck_assert_int_eq(buf_append_char(&b, '#'), 0);
    ck_assert_int_eq(buf_printf(&b, "%d-%s", 42, "abcd"), 0);
    ck_assert(holds("#42-abcd"));
    ck_assert_int_eq(buf_printf(&b, "%s", ""), 0);
    ck_assert_int_eq(buf_printf(&b, "%c", 'x'), -EMSGSIZE);
    ck_assert(holds("#42-abcd"));
}
END_TEST

START_TEST(buf_clear_keeps_the_memory_deinit_frees_it)
{
    ck_assert_int_eq(buf_append(&b, "abc", 3), 0);
    buf_clear(&b);
    ck_assert(holds(""));
    ck_assert_ptr_nonnull(b.p);
    buf_deinit(&b);
    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.cap, 0);
    ck_assert_int_eq(buf_append(&b, "12345678", 8), 0);
    ck_assert_int_eq(buf_append_char(&b, '9'), -EMSGSIZE);
}
END_TEST

START_TEST(buf_cstr_ends_with_nul_even_when_full)
{
    ck_assert_str_eq(buf_cstr(&b), "");
    ck_assert_int_eq(buf_append(&b, "12345678", 8), 0);
    ck_assert_str_eq(buf_cstr(&b), "12345678");
    ck_assert_uint_eq(b.n, 8);
}
END_TEST

START_TEST(buf_append_of_many_bytes_grows_in_few_steps)
{
    enum { BYTES = 1 << 20 };
    struct buf big;
    size_t cap = 0;
    int steps = 0;

    buf_init(&big, BYTES);
    for (int i = 0; i < BYTES; i++) {
        if (buf_append_char(&big, (char)i) != 0)
            ck_abort_msg("byte %d", i);
        steps += big.cap != cap;
        cap = big.cap;
    }
    ck_assert_int_lt(steps, 32);
    ck_assert_uint_le(big.cap, BYTES + 1);
    for (int i = 0; i < BYTES; i++)
        if (big.p[i] != (char)i)
            ck_abort_msg("byte %d", i);
    ck_assert_int_eq(buf_append_char(&big, 'x'), -EMSGSIZE);
    buf_deinit(&big);
}
END_TEST

START_TEST(buf_without_a_maximum_grows_and_knows_what_is_possible)
{
    struct buf any;

    buf_init(&any, SIZE_MAX);
    ck_assert_int_eq(buf_append(&any, "abc", 3), 0);
    ck_assert_uint_gt(any.cap, 3);
    ck_assert_int_eq(buf_reserve(&any, SIZE_MAX - 3), -EMSGSIZE);
    ck_assert_int_eq(buf_reserve(&any, SIZE_MAX / 2 + 1), -EMSGSIZE);
    ck_assert_str_eq(buf_cstr(&any), "abc");
    buf_deinit(&any);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("buf");
    TCase *tc = tcase_create("buf");

    tcase_add_checked_fixture(tc, setup_8, teardown);
    tcase_add_test(tc, buf_init_owns_no_memory);
    tcase_add_test(tc, buf_append_joins);
    tcase_add_test(tc, buf_append_of_nothing_is_nothing);
    tcase_add_test(tc, buf_append_at_the_maximum_fits_above_fails);
    tcase_add_test(tc, buf_reserve_makes_room_without_content);
    tcase_add_test(tc, buf_printf_appends_and_knows_the_maximum);
    tcase_add_test(tc, buf_clear_keeps_the_memory_deinit_frees_it);
    tcase_add_test(tc, buf_cstr_ends_with_nul_even_when_full);
    tcase_add_test(tc, buf_append_of_many_bytes_grows_in_few_steps);
    tcase_add_test(tc, buf_without_a_maximum_grows_and_knows_what_is_possible);
    suite_add_tcase(s, tc);
    return s;
}
