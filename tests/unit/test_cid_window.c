#include "chat/cid_window.h"

#include "chat/limits.h"
#include "chat/user.h"

#include <check.h>
#include <stdio.h>

Suite *suite(void);

static const char alice[] = "0123456789abcdef";
static const char bob[] = "0123456789abcdee";

static const struct cid_keep no_longer = {INT64_MAX, SIZE_MAX};
static const struct cid_keep young = {1010, SIZE_MAX};
static const struct cid_keep no_memory = {1010, 100};

static struct cid_window *window;

static void make(size_t max)
{
    window = cid_window_new(max);
    ck_assert_ptr_nonnull(window);
}

static void teardown(void)
{
    cid_window_free(window);
    window = NULL;
}

static bool knows(const char *user, const char *cid, int64_t seq)
{
    int64_t found_seq = -7;
    int64_t found_ts = -8;
    bool found = cid_window_find(window, user, slice_str(cid), &found_seq, &found_ts);

    if (!found) { /* untouched then */
        ck_assert_int_eq(found_seq, -7);
        ck_assert_int_eq(found_ts, -8);
        return false;
    }
    ck_assert_int_eq(found_seq, seq);
    ck_assert_int_eq(found_ts, 1000 + seq);
    return true;
}

static void add(const char *user, const char *cid, int64_t seq)
{
    cid_window_add(window, user, slice_str(cid), seq, 1000 + seq, &no_longer);
}

START_TEST(cid_window_find_of_what_was_added)
{
    make(10);
    ck_assert(!knows(alice, "a", 0));
    add(alice, "a", 1);
    add(alice, "b", 2);
    ck_assert(knows(alice, "a", 1));
    ck_assert(knows(alice, "b", 2));
    ck_assert(knows(alice, "a", 1)); /* asking takes nothing away */
    ck_assert(!knows(alice, "c", 0));
    ck_assert(!knows(alice, "", 0));
    ck_assert(!knows(alice, "ab", 0));
}
END_TEST

START_TEST(cid_window_same_cid_of_another_user_is_another)
{
    make(10);
    add(alice, "a", 1);
    ck_assert(!knows(bob, "a", 0));
    add(bob, "a", 2);
    ck_assert(knows(alice, "a", 1));
    ck_assert(knows(bob, "a", 2));
}
END_TEST

START_TEST(cid_window_cid_is_bytes_of_any_length)
{
    static const char long_cid[CID_MAX] = {1, 0, 2};
    const struct slice cids[] = {SLICE_INIT(""),
                                 SLICE_INIT("\0"),
                                 SLICE_INIT("\0\0"),
                                 SLICE_INIT("a\0b"),
                                 SLICE_INIT("a\0c"),
                                 slice_of(long_cid, CID_MAX),
                                 slice_of(long_cid, CID_MAX - 1)};
    int n = sizeof(cids) / sizeof(cids[0]);
    int64_t seq;
    int64_t ts;

    make(10);
    for (int i = 0; i < n; i++) {
        ck_assert(!cid_window_find(window, alice, cids[i], &seq, &ts));
        cid_window_add(window, alice, cids[i], i, -i, &no_longer);
    }
    for (int i = 0; i < n; i++) {
        ck_assert(cid_window_find(window, alice, cids[i], &seq, &ts));
        ck_assert_int_eq(seq, i);
        ck_assert_int_eq(ts, -i);
    }
}
END_TEST

START_TEST(cid_window_copies_what_it_is_given)
{
    char user[PUBLIC_ID_DIGITS + 1];
    char cid[] = "cid";

    make(10);
    snprintf(user, sizeof(user), "%s", alice);
    add(user, cid, 1);
    memset(user, 'x', PUBLIC_ID_DIGITS);
    cid[0] = 'x';
    ck_assert(knows(alice, "cid", 1));
    ck_assert(!knows(alice, "xid", 0));
}
END_TEST

static const size_t sizes[] = {1, 2, 3, 64, 1024};

START_TEST(cid_window_forgets_the_oldest_beyond_the_maximum)
{
    size_t max = sizes[_i];
    char cid[CID_MAX];

    make(max);
    for (size_t i = 0; i < 3 * max; i++) {
        snprintf(cid, sizeof(cid), "cid-%zu", i);
        add(alice, cid, (int64_t)i);
        for (size_t k = i < 2 * max ? 0 : i - 2 * max; k <= i; k++) {
            if (max > 64 && k != i && k + max != i && k + max != i + 1)
                continue; /* the neighbours of the border tell enough */
            snprintf(cid, sizeof(cid), "cid-%zu", k);
            ck_assert(knows(alice, cid, (int64_t)k) == (k + max > i));
        }
    }
}
END_TEST

START_TEST(cid_window_asking_keeps_nothing_longer)
{
    make(2);
    add(alice, "a", 1);
    add(alice, "b", 2);
    ck_assert(knows(alice, "a", 1));
    add(alice, "c", 3);
    ck_assert(!knows(alice, "a", 0));
    ck_assert(knows(alice, "b", 2));
}
END_TEST

START_TEST(cid_window_of_none_remembers_nothing)
{
    make(0);
    add(alice, "a", 1);
    ck_assert(!knows(alice, "a", 0));
    add(alice, "a", 2);
    ck_assert(!knows(alice, "a", 0));
}
END_TEST

START_TEST(cid_window_two_windows_are_apart)
{
    make(2);
    add(alice, "a", 1);
    struct cid_window *first = window;
    make(2);
    ck_assert(!knows(alice, "a", 0));
    cid_window_free(first);
}
END_TEST

START_TEST(cid_window_free_of_null_is_legal)
{
    cid_window_free(NULL);
}
END_TEST

START_TEST(cid_window_keeps_what_is_young)
{
    char cid[16];

    make(2);
    for (int64_t seq = 1; seq <= 40; seq++) {
        snprintf(cid, sizeof(cid), "%d", (int)seq);
        cid_window_add(window, alice, slice_str(cid), seq, 1000 + seq, &young);
        ck_assert(knows(alice, cid, seq));
    }
    /* The first nine were too old; of the others there may be 32. */
    ck_assert(!knows(alice, "9", 9));
    cid_window_add(window, alice, SLICE("41"), 41, 1041, &young);
    ck_assert(knows(alice, "10", 10));
    cid_window_add(window, alice, SLICE("42"), 42, 1042, &young);
    ck_assert(!knows(alice, "10", 10));
    ck_assert(knows(alice, "11", 11));
    cid_window_add(window, alice, SLICE("43"), 43, 1043, &no_memory);
    ck_assert(!knows(alice, "41", 41));
    ck_assert(knows(alice, "42", 42));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("cid_window");
    TCase *tc = tcase_create("cid_window");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, cid_window_find_of_what_was_added);
    tcase_add_test(tc, cid_window_keeps_what_is_young);
    tcase_add_test(tc, cid_window_same_cid_of_another_user_is_another);
    tcase_add_test(tc, cid_window_cid_is_bytes_of_any_length);
    tcase_add_test(tc, cid_window_copies_what_it_is_given);
    tcase_add_loop_test(tc, cid_window_forgets_the_oldest_beyond_the_maximum, 0,
                        sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tc, cid_window_asking_keeps_nothing_longer);
    tcase_add_test(tc, cid_window_of_none_remembers_nothing);
    tcase_add_test(tc, cid_window_two_windows_are_apart);
    tcase_add_test(tc, cid_window_free_of_null_is_legal);
    suite_add_tcase(s, tc);
    return s;
}
