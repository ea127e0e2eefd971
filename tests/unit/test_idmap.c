#include "base/idmap.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

Suite *suite(void);

enum { KIND = 7, OTHER_KIND = 8, MANY = 1000 };

static struct idmap map;
static int a;
static int b;

static void setup(void)
{
    idmap_init(&map);
}

static void teardown(void)
{
    idmap_deinit(&map);
}

START_TEST(idmap_get_of_what_was_added)
{
    uint64_t id_a = idmap_add(&map, KIND, &a);
    uint64_t id_b = idmap_add(&map, OTHER_KIND, &b);

    ck_assert_uint_ne(id_a, 0);
    ck_assert_uint_ne(id_b, 0);
    ck_assert_uint_ne(id_a, id_b);
    ck_assert_ptr_eq(idmap_get(&map, KIND, id_a), &a);
    ck_assert_ptr_eq(idmap_get(&map, OTHER_KIND, id_b), &b);
}
END_TEST

START_TEST(idmap_get_of_another_kind_is_nothing)
{
    uint64_t id = idmap_add(&map, KIND, &a);

    ck_assert_ptr_null(idmap_get(&map, OTHER_KIND, id));
    ck_assert_ptr_null(idmap_get(&map, 0, id));
    ck_assert_ptr_null(idmap_get(&map, UINT32_MAX, id));
    ck_assert_ptr_eq(idmap_get(&map, KIND, id), &a);
}
END_TEST

START_TEST(idmap_kinds_0_and_the_largest_are_kinds)
{
    uint64_t zero = idmap_add(&map, 0, &a);
    uint64_t largest = idmap_add(&map, UINT32_MAX, &b);

    ck_assert_ptr_eq(idmap_get(&map, 0, zero), &a);
    ck_assert_ptr_eq(idmap_get(&map, UINT32_MAX, largest), &b);
}
END_TEST

START_TEST(idmap_get_of_an_id_never_given_is_nothing)
{
    ck_assert_ptr_null(idmap_get(&map, KIND, 0)); /* in an empty map */
    ck_assert_ptr_null(idmap_get(&map, KIND, UINT64_C(1) << 32 | 1));
    uint64_t id = idmap_add(&map, KIND, &a);
    for (int bit = 0; bit < 64; bit++)
        ck_assert_ptr_null(idmap_get(&map, KIND, id ^ UINT64_C(1) << bit));
    ck_assert_ptr_null(idmap_get(&map, KIND, 0));
    ck_assert_ptr_null(idmap_get(&map, KIND, id + 1));
    ck_assert_ptr_null(idmap_get(&map, KIND, id - 1));
    ck_assert_ptr_null(idmap_get(&map, KIND, UINT64_MAX));
    ck_assert_ptr_null(idmap_get(&map, KIND, UINT64_MAX << 32));
}
END_TEST

START_TEST(idmap_get_of_a_removed_id_is_nothing_and_its_slot_gets_another)
{
    uint64_t first = idmap_add(&map, KIND, &a);

    idmap_remove(&map, first);
    ck_assert_ptr_null(idmap_get(&map, KIND, first));
    uint64_t second = idmap_add(&map, KIND, &b);
    ck_assert_uint_ne(first, second);
    ck_assert_uint_eq(map.n, 1); /* the same slot */
    ck_assert_ptr_null(idmap_get(&map, KIND, first));
    ck_assert_ptr_eq(idmap_get(&map, KIND, second), &b);
}
END_TEST

START_TEST(idmap_remove_of_what_is_gone_is_ignored)
{
    uint64_t first = idmap_add(&map, KIND, &a);

    idmap_remove(&map, 0);
    idmap_remove(&map, first + 1);
    idmap_remove(&map, UINT64_MAX);
    ck_assert_ptr_eq(idmap_get(&map, KIND, first), &a);
    idmap_remove(&map, first);
    idmap_remove(&map, first);
    uint64_t second = idmap_add(&map, KIND, &a);
    idmap_remove(&map, first); /* its slot is in use again */
    ck_assert_ptr_eq(idmap_get(&map, KIND, second), &a);
    /* Had it been freed twice, two ids would share a slot. */
    uint64_t third = idmap_add(&map, KIND, &b);
    ck_assert_ptr_eq(idmap_get(&map, KIND, second), &a);
    ck_assert_ptr_eq(idmap_get(&map, KIND, third), &b);
}
END_TEST

START_TEST(idmap_one_object_may_have_several_ids)
{
    uint64_t one = idmap_add(&map, KIND, &a);
    uint64_t two = idmap_add(&map, KIND, &a);

    ck_assert_uint_ne(one, two);
    idmap_remove(&map, one);
    ck_assert_ptr_eq(idmap_get(&map, KIND, two), &a);
}
END_TEST

START_TEST(idmap_many_come_and_go_and_stay_apart)
{
    static int objects[MANY];
    static uint64_t ids[MANY];

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++)
            if (ids[i] == 0)
                ids[i] = idmap_add(&map, (uint32_t)i, &objects[i]);
        ck_assert_uint_eq(map.n, MANY); /* no slot is wasted */
        for (int i = 0; i < MANY; i++)
            ck_assert_ptr_eq(idmap_get(&map, (uint32_t)i, ids[i]), &objects[i]);
        for (int i = round; i < MANY; i += 2 + round) {
            uint64_t gone = ids[i];
            idmap_remove(&map, gone);
            ids[i] = 0;
            ck_assert_ptr_null(idmap_get(&map, (uint32_t)i, gone));
        }
    }
}
END_TEST

static int compare(const void *x, const void *y)
{
    uint64_t left = *(const uint64_t *)x;
    uint64_t right = *(const uint64_t *)y;

    return (left > right) - (left < right);
}

START_TEST(idmap_no_id_is_given_twice)
{
    static uint64_t ids[MANY];

    for (int i = 0; i < MANY; i++) {
        ids[i] = idmap_add(&map, KIND, &a);
        if (i % 3 != 0)
            idmap_remove(&map, ids[i]);
    }
    qsort(ids, MANY, sizeof(ids[0]), compare);
    for (int i = 1; i < MANY; i++)
        ck_assert_uint_ne(ids[i - 1], ids[i]);
}
END_TEST

/* 2^32 additions would take too long: the counter is set forward. */
START_TEST(idmap_slot_is_retired_when_its_generations_are_used_up)
{
    idmap_remove(&map, idmap_add(&map, KIND, &a));
    map.slots[0].generation = UINT32_MAX;
    uint64_t last = idmap_add(&map, KIND, &a);
    ck_assert_uint_eq(map.n, 1);
    ck_assert_ptr_eq(idmap_get(&map, KIND, last), &a);
    idmap_remove(&map, last);
    ck_assert_ptr_null(idmap_get(&map, KIND, last));
    uint64_t next = idmap_add(&map, KIND, &b);
    ck_assert_uint_eq(map.n, 2); /* another slot */
    ck_assert_ptr_eq(idmap_get(&map, KIND, next), &b);
    for (uint64_t generation = 0; generation < 3; generation++)
        ck_assert_ptr_null(idmap_get(&map, KIND, generation << 32 | 1));
}
END_TEST

START_TEST(idmap_deinit_leaves_an_empty_map)
{
    uint64_t id = idmap_add(&map, KIND, &a);

    idmap_deinit(&map);
    ck_assert_ptr_null(idmap_get(&map, KIND, id));
    idmap_remove(&map, id);
    id = idmap_add(&map, KIND, &b);
    ck_assert_ptr_eq(idmap_get(&map, KIND, id), &b);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("idmap");
    TCase *tc = tcase_create("idmap");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, idmap_get_of_what_was_added);
    tcase_add_test(tc, idmap_get_of_another_kind_is_nothing);
    tcase_add_test(tc, idmap_kinds_0_and_the_largest_are_kinds);
    tcase_add_test(tc, idmap_get_of_an_id_never_given_is_nothing);
    tcase_add_test(tc, idmap_get_of_a_removed_id_is_nothing_and_its_slot_gets_another);
    tcase_add_test(tc, idmap_remove_of_what_is_gone_is_ignored);
    tcase_add_test(tc, idmap_one_object_may_have_several_ids);
    tcase_add_test(tc, idmap_many_come_and_go_and_stay_apart);
    tcase_add_test(tc, idmap_no_id_is_given_twice);
    tcase_add_test(tc, idmap_slot_is_retired_when_its_generations_are_used_up);
    tcase_add_test(tc, idmap_deinit_leaves_an_empty_map);
    suite_add_tcase(s, tc);
    return s;
}
