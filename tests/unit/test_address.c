#include "net/address.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

Suite *suite(void);

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct address from_v4(const char *ip, uint16_t port)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};

    ck_assert_int_eq(inet_pton(AF_INET, ip, &in4.sin_addr), 1);
    return address_from((const struct sockaddr *)&in4);
}

static struct address from_v6(const char *ip, uint16_t port)
{
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = 3};

    ck_assert_int_eq(inet_pton(AF_INET6, ip, &in6.sin6_addr), 1);
    return address_from((const struct sockaddr *)&in6);
}

/* ---- As text ------------------------------------------------------------------------------ */

static const struct {
    const char *ip;
    uint16_t port;
    const char *text;
    const char *ip_text;
} v4[] =
    {
        {"192.0.2.1", 80, "192.0.2.1:80", "192.0.2.1"},
        {"0.0.0.0", 0, "0.0.0.0:0", "0.0.0.0"},
        {"127.0.0.1", 1, "127.0.0.1:1", "127.0.0.1"},
        {"255.255.255.255", 65535, "255.255.255.255:65535", "255.255.255.255"},
},
  v6[] = {
      {"2001:db8::1", 80, "[2001:db8::1]:80", "2001:db8::1"},
      {"::", 0, "[::]:0", "::"},
      {"::1", 8080, "[::1]:8080", "::1"},
      {"2001:DB8:0:0:1:0:0:1", 1, "[2001:db8::1:0:0:1]:1", "2001:db8::1:0:0:1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      /* the longest that inet_ntop() writes */
      {"64:ff9b::192.0.2.33", 80, "[64:ff9b::c000:221]:80", "64:ff9b::c000:221"},
      /* mapped ones are IPv4; RFC 4291 2.5.5.2 */
      {"::ffff:192.0.2.1", 80, "192.0.2.1:80", "192.0.2.1"},
      {"::ffff:0:0", 1, "0.0.0.0:1", "0.0.0.0"},
      /* and their neighbours are not */
      {"::fffe:c000:201", 1, "[::fffe:c000:201]:1", "::fffe:c000:201"},
      {"::1:ffff:c000:201", 1, "[::1:ffff:c000:201]:1", "::1:ffff:c000:201"},
};

static void assert_text(struct address address, const char *text, const char *ip_text)
{
    char out[ADDRESS_TEXT_BYTES];

    memset(out, 'x', sizeof(out));
    address_text(&address, out);
    ck_assert_str_eq(out, text);
    memset(out, 'x', sizeof(out));
    address_ip_text(&address, out);
    ck_assert_str_eq(out, ip_text);
}

START_TEST(address_text_of_ipv4)
{
    struct address address = from_v4(v4[_i].ip, v4[_i].port);

    ck_assert_uint_eq(address.port, v4[_i].port);
    assert_text(address, v4[_i].text, v4[_i].ip_text);
}
END_TEST

START_TEST(address_text_of_ipv6)
{
    struct address address = from_v6(v6[_i].ip, v6[_i].port);

    ck_assert_uint_eq(address.port, v6[_i].port);
    assert_text(address, v6[_i].text, v6[_i].ip_text);
}
END_TEST

START_TEST(address_from_ipv4_is_the_mapped_one)
{
    struct address four = from_v4("192.0.2.1", 80);
    struct address six = from_v6("::ffff:192.0.2.1", 80);

    ck_assert_mem_eq(four.ip, six.ip, sizeof(four.ip));
    ck_assert_uint_eq(four.port, six.port);
    ck_assert_mem_eq(four.ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", sizeof(four.ip));
}
END_TEST

START_TEST(address_from_another_family_is_none)
{
    static const struct address none;
    const struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/x"};
    struct address address = address_from((const struct sockaddr *)&un);

    ck_assert_mem_eq(&address.ip, &none.ip, sizeof(none.ip));
    ck_assert_uint_eq(address.port, 0);
}
END_TEST

/* ---- For listening ------------------------------------------------------------------------ */

static const struct {
    const char *text;
    const char *resolved; /* NULL: all addresses */
} good[] = {
    {"127.0.0.1:8080", "127.0.0.1:8080"},
    {"127.0.0.1:0", "127.0.0.1:0"},
    {"127.0.0.1:65535", "127.0.0.1:65535"},
    {"127.0.0.1:00080", "127.0.0.1:80"},
    {"0.0.0.0:1", "0.0.0.0:1"},
    {"[::1]:8080", "[::1]:8080"},
    {"[::]:8080", "[::]:8080"},
    {"[2001:db8::1]:80", "[2001:db8::1]:80"},
    {"[::ffff:192.0.2.1]:80", "192.0.2.1:80"},
    {":8080", NULL},
    {":0", NULL},
};

START_TEST(address_resolve_good_text)
{
    struct addrinfo *found = NULL;
    const char *why = address_resolve(good[_i].text, &found);

    ck_assert_msg(why == NULL, "%s", why);
    ck_assert_ptr_nonnull(found);
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        char out[ADDRESS_TEXT_BYTES];
        ck_assert_int_eq(at->ai_socktype, SOCK_STREAM);
        struct address address = address_from(at->ai_addr);
        address_text(&address, out);
        if (good[_i].resolved != NULL) {
            ck_assert_str_eq(out, good[_i].resolved);
            continue;
        }
        ck_assert_str_eq(strrchr(out, ':'), good[_i].text);
        address_ip_text(&address, out);
        ck_assert_msg(strcmp(out, "0.0.0.0") == 0 || strcmp(out, "::") == 0, "%s", out);
    }
    freeaddrinfo(found);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} bad[] = {
    {"", "HOST:PORT"},
    {"localhost", "HOST:PORT"},
    {"8080", "HOST:PORT"},
    {"[::1", "[IPv6]:PORT"},
    {"localhost:", "port"},
    {":", "port"},
    {"localhost:http", "port"},
    {"localhost:65536", "port"},
    {"localhost:99999", "port"},
    {"localhost:000080", "port"},
    {"localhost:4294967376", "port"},
    {"localhost:-1", "port"},
    {"localhost:+80", "port"},
    {"localhost: 80", "port"},
    {"localhost:80 ", "port"},
    {"localhost:8o", "port"},
    {"[::1]", "port"},
    {"[::1]:", "port"},
    {"::1:80", "brackets"},
    {"::80", "brackets"},
    {"::1]:80", "brackets"},
    {"2001:db8::1:80", "brackets"},
    {"http://localhost:80", "brackets"},
    {"[::1:80", "[IPv6]:PORT"},
    {"[::1]x:80", "[IPv6]:PORT"},
    {"[:80", "[IPv6]:PORT"},
    {"[]:80", ""},
    {"[localhost]:80", ""},
    {"[127.0.0.1]:80", ""},
    {"[::g]:80", ""},
    {"[[::1]]:80", ""},
};

START_TEST(address_resolve_bad_text_is_refused_and_out_untouched)
{
    struct addrinfo *const untouched = (struct addrinfo *)1;
    struct addrinfo *found = untouched;
    const char *why = address_resolve(bad[_i].text, &found);

    ck_assert_msg(why != NULL, "%s", bad[_i].text);
    ck_assert_msg(strstr(why, bad[_i].says) != NULL, "%s", why);
    ck_assert_ptr_eq(found, untouched);
}
END_TEST

START_TEST(address_resolve_host_too_long_is_refused)
{
    char text[300];
    struct addrinfo *found = NULL;

    memset(text, 'a', sizeof(text));
    memcpy(text + 256, ":80", sizeof(":80"));
    ck_assert_ptr_nonnull(strstr(address_resolve(text, &found), "too long"));
    text[0] = '['; /* of 255 bytes, with the brackets: not too long, but no address */
    memcpy(text + 256, "]:80", sizeof("]:80"));
    ck_assert_ptr_null(strstr(address_resolve(text, &found), "too long"));
    ck_assert_ptr_null(found);
}
END_TEST

/* ---- Ranges ------------------------------------------------------------------------------- */

static const struct {
    const char *range;
    const char *inside; /* NULL: no range */
    const char *outside;
} ranges[] = {
    {"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
    {"192.0.2.1", "192.0.2.1", "192.0.2.0"},
    {"192.0.2.128/25", "192.0.2.128", "192.0.2.127"},
    {"192.0.2.1/32", "192.0.2.1", "192.0.2.3"},
    {"0.0.0.0/0", "255.255.255.255", "::1"},
    {"::/0", "192.0.2.1", NULL},
    {"::1", "::1", "::2"},
    {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
    {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"},
    {"192.0.2.1/24", NULL, NULL},
    {"2001:db8::1/64", NULL, NULL},
    {"192.0.2.0/33", NULL, NULL},
    {"::/129", NULL, NULL},
    {"192.0.2.0/", NULL, NULL},
    {"192.0.2.0/x", NULL, NULL},
    {"192.0.2.0/24/1", NULL, NULL},
    {"192.0.2", NULL, NULL},
    {"localhost", NULL, NULL},
    {"", NULL, NULL},
};

START_TEST(address_range_case)
{
    char text[64];
    char *items[] = {text};
    const struct option_value option = {.items = items, .n_items = 1};
    struct address_ranges list;
    struct address address;

    snprintf(text, sizeof(text), "%s", ranges[_i].range);
    int err = address_ranges_read(&option, "trusted_proxies", "test", &list);
    if (ranges[_i].inside == NULL) {
        ck_assert_int_eq(err, -EINVAL);
        return;
    }
    ck_assert_int_eq(err, 0);
    ck_assert(address_read(slice_str(ranges[_i].inside), &address));
    ck_assert(address_is_in(&address, &list));
    if (ranges[_i].outside != NULL) {
        ck_assert(address_read(slice_str(ranges[_i].outside), &address));
        ck_assert(!address_is_in(&address, &list));
    }
    address_ranges_deinit(&list);
    ck_assert(!address_is_in(&address, &list)); /* an empty one */
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("address");
    TCase *tc = tcase_create("address");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, address_text_of_ipv4, 0, N(v4));
    tcase_add_loop_test(tc, address_text_of_ipv6, 0, N(v6));
    tcase_add_test(tc, address_from_ipv4_is_the_mapped_one);
    tcase_add_test(tc, address_from_another_family_is_none);
    tcase_add_loop_test(tc, address_resolve_good_text, 0, N(good));
    tcase_add_loop_test(tc, address_resolve_bad_text_is_refused_and_out_untouched, 0, N(bad));
    tcase_add_test(tc, address_resolve_host_too_long_is_refused);
    tcase_add_loop_test(tc, address_range_case, 0, sizeof(ranges) / sizeof(ranges[0]));
    suite_add_tcase(s, tc);
    return s;
}
