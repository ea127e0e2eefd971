#include "base/slice.h"

#include <check.h>

Suite *suite(void);

static bool is(struct slice s, const char *expected)
{
    return slice_eq(s, slice_str(expected));
}

START_TEST(slice_literal_keeps_embedded_nul)
{
    static const struct slice init = SLICE_INIT("a\0b");

    ck_assert_uint_eq(SLICE("a\0b").n, 3);
    ck_assert(slice_eq(init, slice_of("a\0b", 3)));
    ck_assert_uint_eq(SLICE("").n, 0);
    ck_assert_uint_eq(slice_str("a\0b").n, 1);
}
END_TEST

START_TEST(slice_eq_compares_length_and_bytes)
{
    ck_assert(slice_eq(SLICE("abc"), SLICE("abc")));
    ck_assert(!slice_eq(SLICE("abc"), SLICE("abd")));
    ck_assert(!slice_eq(SLICE("abc"), SLICE("ab")));
    ck_assert(!slice_eq(SLICE("ab"), SLICE("abc")));
    ck_assert(!slice_eq(SLICE("a\0b"), SLICE("a\0c")));
    ck_assert(!slice_eq(SLICE("abc"), SLICE("ABC")));
}
END_TEST

START_TEST(slice_eq_of_empty_ones_ignores_the_pointer)
{
    ck_assert(slice_eq(slice_of(NULL, 0), SLICE("")));
    ck_assert(slice_eq(slice_of(NULL, 0), slice_of(NULL, 0)));
    ck_assert(!slice_eq(slice_of(NULL, 0), SLICE("a")));
}
END_TEST

START_TEST(slice_ieq_ignores_the_case_of_ascii_letters_only)
{
    ck_assert(slice_ieq(SLICE("Sec-WebSocket-Key"), SLICE("sec-websocket-KEY")));
    ck_assert(slice_ieq(SLICE("AZaz"), SLICE("azAZ")));
    ck_assert(!slice_ieq(SLICE("@["), SLICE("`{"))); /* the neighbours of A and Z */
    ck_assert(!slice_ieq(SLICE("\xc4"), SLICE("\xe4")));
    ck_assert(!slice_ieq(SLICE("ab"), SLICE("abc")));
    ck_assert(slice_ieq(slice_of(NULL, 0), SLICE("")));
}
END_TEST

START_TEST(slice_has_prefix_and_suffix)
{
    ck_assert(slice_has_prefix(SLICE("/ws/x"), SLICE("/ws")));
    ck_assert(slice_has_prefix(SLICE("/ws"), SLICE("/ws")));
    ck_assert(slice_has_prefix(SLICE("/ws"), SLICE("")));
    ck_assert(!slice_has_prefix(SLICE("/w"), SLICE("/ws")));
    ck_assert(!slice_has_prefix(SLICE("x/ws"), SLICE("/ws")));
    ck_assert(slice_has_suffix(SLICE("a.js"), SLICE(".js")));
    ck_assert(slice_has_suffix(SLICE(".js"), SLICE(".js")));
    ck_assert(slice_has_suffix(SLICE(".js"), SLICE("")));
    ck_assert(!slice_has_suffix(SLICE("js"), SLICE(".js")));
    ck_assert(!slice_has_suffix(SLICE(".jsx"), SLICE(".js")));
}
END_TEST

START_TEST(slice_trim_takes_spaces_and_tabs_off_both_ends)
{
    ck_assert(is(slice_trim(SLICE(" \t a b\t ")), "a b"));
    ck_assert(is(slice_trim(SLICE("a")), "a"));
    ck_assert(is(slice_trim(SLICE(" \t ")), ""));
    ck_assert(is(slice_trim(SLICE("")), ""));
    ck_assert(is(slice_trim(SLICE("\ra\n")), "\ra\n"));
    ck_assert_uint_eq(slice_trim(slice_of(NULL, 0)).n, 0);
}
END_TEST

START_TEST(slice_cut_walks_a_list)
{
    struct slice rest = SLICE("a,,bc,");

    ck_assert(is(slice_cut(&rest, ','), "a"));
    ck_assert(is(slice_cut(&rest, ','), ""));
    ck_assert(is(slice_cut(&rest, ','), "bc"));
    ck_assert_ptr_nonnull(rest.p); /* the empty part behind the last comma */
    ck_assert(is(slice_cut(&rest, ','), ""));
    ck_assert_ptr_null(rest.p);
    ck_assert_uint_eq(rest.n, 0);
}
END_TEST

START_TEST(slice_cut_without_separator_takes_all)
{
    struct slice rest = SLICE("abc");

    ck_assert(is(slice_cut(&rest, ','), "abc"));
    ck_assert_ptr_null(rest.p);
    ck_assert(is(slice_cut(&rest, ','), ""));
    ck_assert_ptr_null(rest.p);
}
END_TEST

START_TEST(slice_is_hex_takes_lower_case_digits_only)
{
    ck_assert(slice_is_hex(SLICE("0123456789abcdef")));
    ck_assert(slice_is_hex(SLICE("")));
    ck_assert(!slice_is_hex(SLICE("A")));
    ck_assert(!slice_is_hex(SLICE("g")));
    ck_assert(!slice_is_hex(SLICE("1\0")));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("slice");
    TCase *tc = tcase_create("slice");

    tcase_add_test(tc, slice_literal_keeps_embedded_nul);
    tcase_add_test(tc, slice_eq_compares_length_and_bytes);
    tcase_add_test(tc, slice_eq_of_empty_ones_ignores_the_pointer);
    tcase_add_test(tc, slice_ieq_ignores_the_case_of_ascii_letters_only);
    tcase_add_test(tc, slice_has_prefix_and_suffix);
    tcase_add_test(tc, slice_trim_takes_spaces_and_tabs_off_both_ends);
    tcase_add_test(tc, slice_cut_walks_a_list);
    tcase_add_test(tc, slice_cut_without_separator_takes_all);
    tcase_add_test(tc, slice_is_hex_takes_lower_case_digits_only);
    suite_add_tcase(s, tc);
    return s;
}
