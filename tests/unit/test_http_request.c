#include "http_feed.h"

Suite *suite(void);

/* ---- Fields ------------------------------------------------------------------------------- */

static const char many[] = "GET / HTTP/1.1\r\nhost: x\r\nList: a, B\t,,c d\r\nOther:\r\n"
                           "LIST:\r\nlist:\te,\r\n\r\n";

START_TEST(http_field_find_walks_those_of_a_name_in_order)
{
    ck_assert(feed_text(many) == HTTP_HEAD);
    const struct http_field *field = http_field_find(&ps.request, "lisT", NULL);
    ck_assert(is(field->name, "List"));
    ck_assert(is(field->value, "a, B\t,,c d"));
    field = http_field_find(&ps.request, "lisT", field);
    ck_assert(is(field->name, "LIST"));
    ck_assert(is(field->value, ""));
    field = http_field_find(&ps.request, "lisT", field);
    ck_assert(is(field->value, "e,"));
    ck_assert_ptr_null(http_field_find(&ps.request, "lisT", field));
    ck_assert_ptr_null(http_field_find(&ps.request, "Lis", NULL));
}
END_TEST

START_TEST(http_request_field_is_the_first_or_null)
{
    ck_assert(feed_text(many) == HTTP_HEAD);
    ck_assert(is(http_request_field(&ps.request, "list"), "a, B\t,,c d"));
    ck_assert_ptr_nonnull(http_request_field(&ps.request, "Other").p);
    ck_assert_uint_eq(http_request_field(&ps.request, "Other").n, 0);
    ck_assert_ptr_null(http_request_field(&ps.request, "Absent").p);
    ck_assert_uint_eq(http_field_count(&ps.request, "LIST"), 3);
    ck_assert_uint_eq(http_field_count(&ps.request, "Host"), 1);
    ck_assert_uint_eq(http_field_count(&ps.request, "Absent"), 0);
}
END_TEST

START_TEST(http_list_walks_all_items_of_all_fields)
{
    static const char *const expected[] = {"a", "B", "", "c d", "", "e", ""};
    struct http_list list;
    struct slice item;

    ck_assert(feed_text(many) == HTTP_HEAD);
    http_list_init(&list, &ps.request, "list");
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        ck_assert(http_list_next(&list, &item));
        ck_assert(is(item, expected[i]));
    }
    ck_assert(!http_list_next(&list, &item));
    ck_assert(!http_list_next(&list, &item));
    http_list_init(&list, &ps.request, "Absent");
    ck_assert(!http_list_next(&list, &item));
}
END_TEST

START_TEST(http_field_has_token_is_a_whole_item_of_any_case)
{
    static const char *const present[] = {"a", "A", "b", "c d", "E"};
    static const char *const absent[] = {"c", "d", "a, B", "ab", "f"};

    ck_assert(feed_text(many) == HTTP_HEAD);
    for (size_t i = 0; i < 5; i++) {
        ck_assert(http_field_has_token(&ps.request, "List", present[i]));
        ck_assert(!http_field_has_token(&ps.request, "List", absent[i]));
        ck_assert(!http_field_has_token(&ps.request, "Lis", present[i]));
    }
}
END_TEST

START_TEST(http_is_token_knows_its_characters)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool expected = c != 0 && strchr(allowed, c) != NULL;
        ck_assert(http_is_token(slice_of(&byte, 1)) == expected);
        ck_assert(http_is_tchar((unsigned char)c) == expected);
    }
    ck_assert(http_is_token(slice_str(allowed)));
    ck_assert(!http_is_token(SLICE("")));
    ck_assert(!http_is_token(SLICE("a b")));
    ck_assert(!http_is_token(SLICE("ab,")));
}
END_TEST

/* ---- Authorities ---------------------------------------------------------------------------- */

static const struct {
    struct slice text;
    const char *host; /* NULL: invalid */
    int port;
} authorities[] = {
    {SLICE_INIT("example.org"), "example.org", -1},
    {SLICE_INIT("Example.ORG:80"), "Example.ORG", 80},
    {SLICE_INIT("127.0.0.1:0"), "127.0.0.1", 0},
    {SLICE_INIT("h:65535"), "h", 65535},
    {SLICE_INIT("h:00080"), "h", 80},
    {SLICE_INIT("h:"), "h", -1},
    {SLICE_INIT(""), "", -1},
    {SLICE_INIT(":80"), "", 80},
    {SLICE_INIT("a_b-c.~d!$&'()*+,;="), "a_b-c.~d!$&'()*+,;=", -1},
    {SLICE_INIT("%e2%82%AC"), "%e2%82%AC", -1},
    {SLICE_INIT("%fF%09"), "%fF%09", -1},
    {SLICE_INIT("[::1]"), "[::1]", -1},
    {SLICE_INIT("[::1]:8080"), "[::1]", 8080},
    {SLICE_INIT("[2001:db8::ffff:192.0.2.1]:1"), "[2001:db8::ffff:192.0.2.1]", 1},
    {SLICE_INIT("[0000:0000:0000:0000:0000:0000:255.255.255.255]"),
     "[0000:0000:0000:0000:0000:0000:255.255.255.255]", -1}, /* the longest */
    {SLICE_INIT("[0000:0000:0000:0000:0000:0000:255.255.255.2555]"), NULL, 0},
    {SLICE_INIT("h:65536"), NULL, 0},
    {SLICE_INIT("h:99999999999999999999"), NULL, 0},
    {SLICE_INIT("h:-1"), NULL, 0},
    {SLICE_INIT("h:8a"), NULL, 0},
    {SLICE_INIT("h: 80"), NULL, 0},
    {SLICE_INIT("h:80:80"), NULL, 0},
    {SLICE_INIT("::1"), NULL, 0},
    {SLICE_INIT("[::1"), NULL, 0},
    {SLICE_INIT("::1]"), NULL, 0},
    {SLICE_INIT("[]"), NULL, 0},
    {SLICE_INIT("["), NULL, 0},
    {SLICE_INIT("[::1]x"), NULL, 0},
    {SLICE_INIT("[::1]8080"), NULL, 0},
    {SLICE_INIT("[::1]]"), NULL, 0},
    {SLICE_INIT("[[::1]]"), NULL, 0},
    {SLICE_INIT("[::g]"), NULL, 0},
    {SLICE_INIT("[1::2::3]"), NULL, 0},
    {SLICE_INIT("[127.0.0.1]"), NULL, 0},
    {SLICE_INIT("[::1%eth0]"), NULL, 0},
    {SLICE_INIT("[::1\0]"), NULL, 0},
    {SLICE_INIT("[v1.x]"), NULL, 0},
    {SLICE_INIT("[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]"), NULL, 0},
    {SLICE_INIT("a b"), NULL, 0},
    {SLICE_INIT("a/b"), NULL, 0},
    {SLICE_INIT("a?b"), NULL, 0},
    {SLICE_INIT("a#b"), NULL, 0},
    {SLICE_INIT("a\\b"), NULL, 0},
    {SLICE_INIT("u@h"), NULL, 0},
    {SLICE_INIT("a\0b"), NULL, 0},
    {SLICE_INIT("a%"), NULL, 0},
    {SLICE_INIT("a%2"), NULL, 0},
    {SLICE_INIT("a%2g"), NULL, 0},
    {SLICE_INIT("a%g2"), NULL, 0},
    {SLICE_INIT("\xc3\xa9"), NULL, 0},
};

START_TEST(http_authority_split_as_expected)
{
    struct slice host = SLICE("untouched");
    int port = -99;
    size_t n = authorities[_i].text.n;
    char *exact = malloc(n > 0 ? n : 1); /* reading past it is noticed */

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, authorities[_i].text.p, n);
    bool ok = http_authority_split(slice_of(exact, n), &host, &port);
    ck_assert(ok == (authorities[_i].host != NULL));
    ck_assert(is(host, ok ? authorities[_i].host : "untouched"));
    ck_assert_int_eq(port, ok ? authorities[_i].port : -99);
    free(exact);
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void add_request(Suite *s)
{
    TCase *tc = tcase_create("request");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, http_field_find_walks_those_of_a_name_in_order);
    tcase_add_test(tc, http_request_field_is_the_first_or_null);
    tcase_add_test(tc, http_list_walks_all_items_of_all_fields);
    tcase_add_test(tc, http_field_has_token_is_a_whole_item_of_any_case);
    tcase_add_test(tc, http_is_token_knows_its_characters);
    tcase_add_loop_test(tc, http_authority_split_as_expected, 0, COUNT(authorities));
    suite_add_tcase(s, tc);
}

Suite *suite(void)
{
    Suite *s = suite_create("http_request");

    add_request(s);
    return s;
}
