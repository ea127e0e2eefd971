#include "net/quota.h"

#include "base/counters.h"

#include <check.h>
#include <stdio.h>

Suite *suite(void);

static struct quotas quotas;
static bool counted;

static void setup(void)
{
    quotas = (struct quotas){.max_connections = 2};
}

static void teardown(void)
{
    quotas_deinit(&quotas);
}

static struct address address_of(const char *text)
{
    struct address address;

    ck_assert(address_read(slice_str(text), &address));
    return address;
}

static bool enter(const char *text, int64_t now_ms)
{
    struct address address = address_of(text);

    return quota_enter(&quotas, &address, now_ms, &counted);
}

static void leave(const char *text)
{
    struct address address = address_of(text);

    quota_leave(&quotas, &address);
}

START_TEST(quota_of_connections)
{
    ck_assert(enter("192.0.2.1", 1));
    ck_assert(counted);
    ck_assert(enter("192.0.2.1", 1));
    ck_assert(!enter("192.0.2.1", 100000)); /* time does not help */
    ck_assert(!counted);
    ck_assert_uint_eq(counter_get(COUNT_ADDRESS_CONNECTIONS), 1);
    ck_assert(enter("192.0.2.2", 1)); /* others have their own */
    leave("192.0.2.1");
    ck_assert(enter("192.0.2.1", 2));
}
END_TEST

START_TEST(quota_of_new_connections)
{
    quotas = (struct quotas){.max_rate = 2};
    ck_assert(enter("192.0.2.1", 5000));
    leave("192.0.2.1");
    ck_assert(enter("192.0.2.1", 5999));
    leave("192.0.2.1");
    ck_assert(!enter("192.0.2.1", 5999));
    ck_assert_uint_eq(counter_get(COUNT_ADDRESS_RATE), 1);
    ck_assert(enter("192.0.2.1", 6000));
}
END_TEST

START_TEST(quota_of_a_network)
{
    ck_assert(enter("2001:db8::1", 1));
    ck_assert(enter("2001:db8::ffff:1", 1));
    ck_assert(!enter("2001:db8::2", 1));
    ck_assert(enter("2001:db8:0:1::1", 1));
}
END_TEST

START_TEST(quota_unlimited)
{
    char loopback[] = "loopback";
    char *items[] = {loopback};
    const struct option_value option = {.items = items, .n_items = 1};

    ck_assert_int_eq(address_ranges_read(&option, "unlimited", "test", &quotas.unlimited), 0);
    for (int i = 0; i < 5; i++) {
        ck_assert(enter("127.0.0.9", 1));
        ck_assert(!counted);
        ck_assert(enter("::1", 1));
        ck_assert(!counted);
    }
    ck_assert_ptr_null(quotas.accounts);
}
END_TEST

START_TEST(quota_without_limits_counts_nobody)
{
    quotas = (struct quotas){0};
    for (int i = 0; i < 5; i++)
        ck_assert(enter("192.0.2.1", 1));
    ck_assert(!counted);
    ck_assert_ptr_null(quotas.accounts);
}
END_TEST

START_TEST(quota_forgets_who_has_nothing)
{
    char text[32];

    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof(text), "192.0.2.%d", i);
        ck_assert(enter(text, 5000));
        if (i != 7)
            leave(text);
    }
    ck_assert(enter("192.0.3.1", 7000)); /* sweeps */
    leave("192.0.3.1");
    ck_assert(enter("192.0.2.7", 7000));
    ck_assert(!enter("192.0.2.7", 7000)); /* its first one is still there */
    leave("192.0.2.7");
    leave("192.0.2.7");
    leave("192.0.2.7"); /* one too many is none */
    ck_assert(enter("192.0.3.2", 9000));
    leave("192.0.3.2");
    ck_assert(enter("192.0.3.3", 11000));
    ck_assert_ptr_nonnull(quotas.accounts);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("quota");
    TCase *tc = tcase_create("quota");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, quota_of_connections);
    tcase_add_test(tc, quota_of_new_connections);
    tcase_add_test(tc, quota_of_a_network);
    tcase_add_test(tc, quota_unlimited);
    tcase_add_test(tc, quota_without_limits_counts_nobody);
    tcase_add_test(tc, quota_forgets_who_has_nothing);
    suite_add_tcase(s, tc);
    return s;
}
