#include "http/forwarded.h"

#include "http/parser.h"

#include <check.h>
#include <stdio.h>

Suite *suite(void);

/* The peer is 10.0.0.1, and 10.0.0.0/8 and 2001:db8:ffff::/48 are trusted. */
static const struct {
    const char *fields;
    const char *client;
    bool https;
} cases[] = {
    {"", "10.0.0.1", false},
    /* X-Forwarded-For */
    {"X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1", false},
    {"X-Forwarded-For: 192.0.2.1:5000\r\n", "192.0.2.1", false},
    {"X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1", false},
    {"X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1", false},
    {"X-Forwarded-For: [2001:db8::1]:5000\r\n", "2001:db8::1", false},
    {"X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n", "192.0.2.1", false},
    {"X-Forwarded-For: 198.51.100.1, 192.0.2.1, 10.9.9.9\r\n", "192.0.2.1", false},
    {"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.1, 2001:db8:ffff::1\r\n",
     "192.0.2.1", false},
    {"X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "10.0.0.3", false},
    {"X-Forwarded-For: unknown\r\n", "10.0.0.1", false},
    {"X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.2\r\n", "10.0.0.2", false},
    {"X-Forwarded-For: 192.0.2.1,\r\n", "10.0.0.1", false},
    {"X-Forwarded-For: 192.0.2.1:\r\n", "10.0.0.1", false},
    {"X-Forwarded-For: 192.0.2.1:x\r\n", "10.0.0.1", false},
    {"X-Forwarded-For: 192.0.2.256\r\n", "10.0.0.1", false},
    {"X-Forwarded-For: [192.0.2.1]\r\n", "10.0.0.1", false},
    {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1", true},
    {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n", "192.0.2.1", false},
    {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https, http\r\n", "192.0.2.1", false},
    {"X-Forwarded-Proto: HTTPS\r\n", "10.0.0.1", true},
    {"X-Forwarded-For: 192.0.2.1\r\nForwarded: for=198.51.100.1;proto=https\r\n", "192.0.2.1",
     false},
    {"X-Real-IP: 192.0.2.1\r\nForwarded: for=198.51.100.1;proto=https\r\n", "10.0.0.1", false},
    /* Forwarded: RFC 7239 4 and 6 */
    {"Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\n",
     "192.0.2.1", false},
    {"Forwarded: for=192.0.2.1\r\n", "192.0.2.1", false},
    {"Forwarded: For=\"192.0.2.1:5000\"; Proto=https ;by=_x\r\n", "192.0.2.1", true},
    {"Forwarded: for=\"[2001:db8:cafe::17]:4711\"\r\n", "2001:db8:cafe::17", false},
    {"Forwarded: for=198.51.100.1, for=192.0.2.1;proto=https, for=10.0.0.2;proto=http\r\n",
     "192.0.2.1", true},
    {"Forwarded: for=198.51.100.1\r\nForwarded: for=192.0.2.1\r\n", "192.0.2.1", false},
    {"Forwarded: for=_hidden, for=10.0.0.2\r\n", "10.0.0.2", false},
    {"Forwarded: for=192.0.2.1, for=unknown\r\n", "10.0.0.1", false},
    {"Forwarded: proto=https\r\n", "10.0.0.1", false},
    {"Forwarded: for=\"192.0.2.1\r\n", "10.0.0.1", false},
    {"Forwarded: for=\"192.0.2.\\1\"\r\n", "10.0.0.1", false},
    {"Forwarded: for\r\n", "10.0.0.1", false},
    {"Forwarded: for=192.0.2.1 x\r\n", "10.0.0.1", false},
    {"Forwarded: for=\"a,b\", for=192.0.2.1\r\n", "192.0.2.1", false},
    {"Forwarded: x, for=192.0.2.1\r\n", "10.0.0.1", false},
};

START_TEST(forwarded_read_case)
{
    static const struct http_limits limits = {4096, 8192, 20};
    char ranges[][32] = {"10.0.0.0/8", "2001:db8:ffff::/48"};
    char *items[] = {ranges[0], ranges[1]};
    const struct option_value option = {.items = items, .n_items = 2};
    struct address_ranges trusted;
    struct address peer;
    struct address client;
    struct http_parser parser;
    char text[4096];
    size_t used;
    bool https;

    ck_assert_int_eq(address_ranges_read(&option, "trusted_proxies", "test", &trusted), 0);
    ck_assert(address_read(SLICE("10.0.0.1"), &peer));
    int n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", cases[_i].fields);
    http_parser_init(&parser, &limits);
    ck_assert_int_eq(http_parser_feed(&parser, text, (size_t)n, &used), HTTP_HEAD);
    enum forwarded_by by =
        cases[_i].fields[0] == 'F' ? FORWARDED_BY_FORWARDED : FORWARDED_BY_X_FORWARDED_FOR;
    forwarded_read(&parser.request, by, &peer, &trusted, &client, &https);
    address_ip_text(&client, text);
    ck_assert_str_eq(text, cases[_i].client);
    ck_assert_int_eq(https, cases[_i].https);
    http_parser_deinit(&parser);
    address_ranges_deinit(&trusted);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("forwarded");
    TCase *tc = tcase_create("forwarded");

    tcase_add_loop_test(tc, forwarded_read_case, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(s, tc);
    return s;
}
