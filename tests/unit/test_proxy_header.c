#include "net/proxy_header.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *suite(void);

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define TEXT(text) text, sizeof(text) - 1

static const struct {
    const char *p;
    size_t n;
    const char *client; /* NULL: it names none */
} good[] = {
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n"), "192.0.2.1:5000"},
    {TEXT("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255:65535"},
    {TEXT("PROXY TCP6 2001:db8::1 2001:db8::2 0 1\r\n"), "[2001:db8::1]:0"},
    {TEXT("PROXY UNKNOWN\r\n"), NULL},
    {TEXT("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     NULL},
    {TEXT(V2 "\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\x13\x88\1\xbb"), "192.0.2.1:5000"},
    {TEXT(V2 "\x21\x11\0\x10\xc0\0\2\1\xc0\0\2\2\x13\x88\1\xbb\3\0\1x"), "192.0.2.1:5000"},
    {TEXT(V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
             "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x13\x88\1\xbb"),
     "[2001:db8::1]:5000"},
    {TEXT(V2 "\x20\0\0\0"), NULL},                                       /* LOCAL */
    {TEXT(V2 "\x20\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\x13\x88\1\xbb"), NULL}, /* LOCAL */
    {TEXT(V2 "\x21\0\0\0"), NULL},                                       /* UNSPEC */
    {TEXT(V2 "\x21\x12\0\x0c\xc0\0\2\1\xc0\0\2\2\x13\x88\1\xbb"), NULL}, /* UDP */
    {TEXT(V2 "\x21\x11\0\4\xc0\0\2\1"), NULL},                           /* too short */
};

static const struct {
    const char *p;
    size_t n;
} bad[] = {
    {TEXT("GET / HTTP/1.1\r\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\n\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\rX")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 5000\r\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 5000 443 1\r\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 05000 443\r\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.2 -1 443\r\n")},
    {TEXT("PROXY TCP4 192.0.2.1 192.0.2.256 5000 443\r\n")},
    {TEXT("PROXY TCP4 2001:db8::1 2001:db8::2 5000 443\r\n")},
    {TEXT("PROXY TCP6 192.0.2.1 192.0.2.2 5000 443\r\n")},
    {TEXT("PROXY TCP5 192.0.2.1 192.0.2.2 5000 443\r\n")},
    {TEXT("PROXY  TCP4 192.0.2.1 192.0.2.2 5000 443\r\n")},
    {TEXT("proxy TCP4 192.0.2.1 192.0.2.2 5000 443\r\n")},
    {TEXT("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655350\r\n")},
    {TEXT("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0")},
    {TEXT(V2 "\x11\x11\0\0")}, /* version 1 */
    {TEXT(V2 "\x22\x11\0\0")}, /* no such command */
    {TEXT(V2 "\x21\x11\x10\1")},
};

/* Takes exactly as much as it is told to; answers how much that was in all. */
static size_t take_all(const char *p, size_t n, int *last)
{
    size_t at = 0;
    int lacks;

    while ((lacks = proxy_header_lacks(p, at)) > 0 && at + (size_t)lacks <= n)
        at += (size_t)lacks;
    *last = lacks;
    return at;
}

START_TEST(proxy_header_is_taken_to_its_end_and_no_further)
{
    char followed[1024] = {0};
    struct address client;
    char text[ADDRESS_TEXT_BYTES];
    int last;

    memcpy(followed, good[_i].p, good[_i].n); /* what follows may look like anything */
    memset(followed + good[_i].n, '\n', 100);
    ck_assert_uint_eq(take_all(followed, sizeof(followed), &last), good[_i].n);
    ck_assert_int_eq(last, 0);
    bool named = proxy_header_client(good[_i].p, good[_i].n, &client);
    ck_assert_int_eq(named, good[_i].client != NULL);
    if (named) {
        address_text(&client, text);
        ck_assert_str_eq(text, good[_i].client);
    }
}
END_TEST

START_TEST(proxy_header_byte_by_byte_never_ends_early)
{
    for (size_t n = 0; n < good[_i].n; n++) {
        int lacks = proxy_header_lacks(good[_i].p, n);
        ck_assert_int_gt(lacks, 0);
        ck_assert_uint_le(n + (size_t)lacks, good[_i].n);
    }
}
END_TEST

START_TEST(proxy_header_that_is_none)
{
    int last;

    take_all(bad[_i].p, bad[_i].n, &last);
    ck_assert_int_eq(last, -EPROTO);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("proxy_header");
    TCase *tc = tcase_create("proxy_header");

    tcase_add_loop_test(tc, proxy_header_is_taken_to_its_end_and_no_further, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tc, proxy_header_byte_by_byte_never_ends_early, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tc, proxy_header_that_is_none, 0, sizeof(bad) / sizeof(bad[0]));
    suite_add_tcase(s, tc);
    return s;
}
