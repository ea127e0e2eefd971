#include "http_feed.h"

Suite *suite(void);

/* ---- Limits ------------------------------------------------------------------------------- */

struct limit {
    size_t bytes;
    int status; /* 0: it fits */
    const char *reason;
};

static void look_at_limit(enum http_result result, size_t used, const void *arg)
{
    const struct limit *limit = arg;

    (void)used;
    if (limit->status == 0) {
        ck_assert_msg(result != HTTP_FAIL, "%d %s", ps.status, ps.reason);
        return;
    }
    ck_assert(result == HTTP_FAIL);
    ck_assert_int_eq(ps.status, limit->status);
    ck_assert_str_eq(ps.reason, limit->reason);
}

static struct buf text;

static void setup_limits(void)
{
    setup();
    buf_init(&text, 1 << 20);
}

static void teardown_limits(void)
{
    buf_deinit(&text);
    teardown();
}

static void put(const char *s)
{
    ck_assert_int_eq(buf_append_slice(&text, slice_str(s)), 0);
}

static void put_many(char c, size_t n)
{
    while (n-- > 0)
        if (buf_append_char(&text, c) != 0)
            ck_abort_msg("out of memory");
}

static void check_limit(const struct limit *limit)
{
    in_all_pieces(buf_slice(&text), look_at_limit, limit);
}

static const struct limit request_lines[] = {
    {99, 0, NULL},
    {100, 0, NULL},
    {101, 414, "request line too long"},
    {5000, 414, "request line too long"},
};

START_TEST(http_limit_of_the_request_line)
{
    put("GET /");
    put_many('a', request_lines[_i].bytes - sizeof("GET / HTTP/1.1") + 1);
    put(" HTTP/1.1\r\n" HOST_X "\r\n");
    check_limit(&request_lines[_i]);
}
END_TEST

/* The first byte too many decides, also when it is wrong in itself. */
START_TEST(http_limit_of_the_request_line_fails_before_its_end)
{
    static const struct limit more = {0, 0, NULL};
    static const struct limit too_long = {0, 414, "request line too long"};

    put("GET /");
    put_many('a', 95);
    check_limit(&more);
    put("\t");
    check_limit(&too_long);
    text.n--;
    put("a");
    check_limit(&too_long);
}
END_TEST

static const struct limit field_lines[] = {
    {99, 0, NULL},
    {100, 0, NULL},
    {101, 431, "head too large"},
    {300, 431, "head too large"},
};

START_TEST(http_limit_of_a_field_line)
{
    put(LINE HOST_X "A:");
    put_many('a', field_lines[_i].bytes - 2);
    put("\r\n\r\n");
    check_limit(&field_lines[_i]);
}
END_TEST

START_TEST(http_limit_of_a_field_name)
{
    put(LINE HOST_X);
    put_many('a', field_lines[_i].bytes);
    if (field_lines[_i].status == 0) {
        text.n--; /* the colon counts, too */
        put(":\r\n\r\n");
    }
    check_limit(&field_lines[_i]);
}
END_TEST

static const struct limit heads[] = {
    {399, 0, NULL},
    {400, 0, NULL},
    {401, 431, "head too large"},
    {402, 431, "head too large"},
};

/* With the line ends, and without the empty lines in front and what follows. */
START_TEST(http_limit_of_the_head)
{
    put("\r\n\r\n" LINE HOST_X);
    for (int i = 0; i < 3; i++) {
        put("A:");
        put_many('a', 96);
        put("\r\n");
    }
    put("B:");
    put_many('b', heads[_i].bytes - (text.n - 4) - 4);
    put("\r\n\r\n");
    ck_assert_uint_eq(text.n - 4, heads[_i].bytes);
    put("GET /next");
    check_limit(&heads[_i]);
}
END_TEST

START_TEST(http_limit_of_a_head_smaller_than_its_line_is_414)
{
    static const struct limit too_long = {0, 414, "request line too long"};
    static const struct http_limits small = {
        .max_line_bytes = 100, .max_head_bytes = 50, .max_fields = 5};

    http_parser_init(&ps, &small);
    put("GET /");
    put_many('a', 60);
    check_limit(&too_long);
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void add_limits(Suite *s)
{
    TCase *tc = tcase_create("limits");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup_limits, teardown_limits);
    tcase_add_loop_test(tc, http_limit_of_the_request_line, 0, COUNT(request_lines));
    tcase_add_test(tc, http_limit_of_the_request_line_fails_before_its_end);
    tcase_add_loop_test(tc, http_limit_of_a_field_line, 0, COUNT(field_lines));
    tcase_add_loop_test(tc, http_limit_of_a_field_name, 0, COUNT(field_lines));
    tcase_add_loop_test(tc, http_limit_of_the_head, 0, COUNT(heads));
    tcase_add_test(tc, http_limit_of_a_head_smaller_than_its_line_is_414);
    suite_add_tcase(s, tc);
}

Suite *suite(void)
{
    Suite *s = suite_create("http_limits");

    add_limits(s);
    return s;
}
