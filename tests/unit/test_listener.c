#include "net/listener.h"

#include <check.h>
#include <string.h>

Suite *suite(void);

static const struct {
    const char *text;
    struct listen_entry entry;
} good[] = {
    {"localhost:8080", {"localhost:8080", false, false}},
    {"[::1]:8443 tls", {"[::1]:8443", true, false}},
    {":80 proxy", {":80", false, true}},
    {":443 proxy tls", {":443", true, true}},
    {"a:1  tls   proxy ", {"a:1", true, true}},
    {"", {"", false, false}}, /* what an address is, address_resolve() knows */
};

START_TEST(listen_entry_is_an_address_and_words)
{
    struct listen_entry entry;

    ck_assert_ptr_null(listen_entry_read(good[_i].text, &entry));
    ck_assert_str_eq(entry.address, good[_i].entry.address);
    ck_assert_int_eq(entry.tls, good[_i].entry.tls);
    ck_assert_int_eq(entry.proxy, good[_i].entry.proxy);
}
END_TEST

static const struct {
    const char *text;
    const char *why;
} bad[] = {
    {":80 ssl", "only"},          {":80 TLS", "only"},      {":80 tl", "only"},
    {":80 tls,proxy", "only"},    {":80 tls tls", "twice"}, {":80 proxy tls proxy", "twice"},
    {":80 tls nonsense", "only"},
};

START_TEST(listen_entry_with_other_words_is_refused)
{
    struct listen_entry entry = {.address = "untouched"};
    const char *why = listen_entry_read(bad[_i].text, &entry);

    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_nonnull(strstr(why, bad[_i].why));
    ck_assert_str_eq(entry.address, "untouched");
    ck_assert(!entry.tls && !entry.proxy);
}
END_TEST

START_TEST(listen_entry_address_is_bounded)
{
    struct listen_entry entry;
    char text[LISTEN_ADDRESS_BYTES + 1];

    memset(text, 'a', sizeof(text));
    text[LISTEN_ADDRESS_BYTES - 1] = '\0';
    ck_assert_ptr_null(listen_entry_read(text, &entry));
    ck_assert_str_eq(entry.address, text);
    text[LISTEN_ADDRESS_BYTES - 1] = 'a';
    text[LISTEN_ADDRESS_BYTES] = '\0';
    ck_assert_str_eq(listen_entry_read(text, &entry), "the address is too long");
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("listener");
    TCase *tc = tcase_create("listener");

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, listen_entry_is_an_address_and_words, 0, sizeof(good) / sizeof(*good));
    tcase_add_loop_test(tc, listen_entry_with_other_words_is_refused, 0,
                        sizeof(bad) / sizeof(*bad));
    tcase_add_test(tc, listen_entry_address_is_bounded);
    return s;
}
