#include "http_feed.h"

Suite *suite(void);

/* ---- Good requests -------------------------------------------------------------------------- */

struct good {
    struct slice text;
    const char *method;
    const char *target;
    const char *path;
    const char *query; /* NULL: none */
    const char *host;  /* NULL: none */
    unsigned minor;
    size_t n_fields;
    int64_t content_length;
    bool chunked;
    bool keep_alive;
    size_t unused; /* bytes of `text` behind the head */
};

static const struct good goods[] = {
    {SLICE_INIT("GET / HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "/", "/", NULL, "x", 1, 1, -1, false,
     true, 0},
    {SLICE_INIT("GET /a/b.html?c=d?&e HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "/a/b.html?c=d?&e",
     "/a/b.html", "c=d?&e", "x", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET /? HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "/?", "/", "", "x", 1, 1, -1, false,
     true, 0},
    {SLICE_INIT("G!#$%&'*+-.^_`|~9z /!\"$%&'()*+,-.:;<=>@[\\]^_`{|}~ HTTP/1.1\r\n" HOST_X "\r\n"),
     "G!#$%&'*+-.^_`|~9z", "/!\"$%&'()*+,-.:;<=>@[\\]^_`{|}~", "/!\"$%&'()*+,-.:;<=>@[\\]^_`{|}~",
     NULL, "x", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET //a//b HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "//a//b", "//a//b", NULL, "x", 1,
     1, -1, false, true, 0},
    /* Forms of the target (RFC 9112 3.2). */
    {SLICE_INIT("OPTIONS * HTTP/1.1\r\n" HOST_X "\r\n"), "OPTIONS", "*", "*", NULL, "x", 1, 1, -1,
     false, true, 0},
    {SLICE_INIT("GET http://h.example:80/p?q HTTP/1.1\r\n" HOST_X "\r\n"), "GET",
     "http://h.example:80/p?q", "/p", "q", "h.example:80", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET HTTPS://h HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "HTTPS://h", "/", NULL, "h", 1,
     1, -1, false, true, 0},
    {SLICE_INIT("GET http://[::1]?q HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "http://[::1]?q", "/", "q",
     "[::1]", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET http://h/ HTTP/1.0\r\n\r\n"), "GET", "http://h/", "/", NULL, "h", 0, 0, -1,
     false, false, 0},
    /* Versions and connections (9.3). */
    {SLICE_INIT("GET / HTTP/1.0\r\n\r\n"), "GET", "/", "/", NULL, NULL, 0, 0, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), "GET", "/", "/", NULL, NULL, 0,
     1, -1, false, true, 0},
    {SLICE_INIT("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), "GET", "/", "/", NULL,
     NULL, 0, 1, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.9\r\n" HOST_X "\r\n"), "GET", "/", "/", NULL, "x", 9, 1, -1, false,
     true, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\n" HOST_X "Connection: CLOSE\r\n\r\n"), "GET", "/", "/", NULL,
     "x", 1, 2, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\nConnection: a\r\n" HOST_X "Connection: b ,close\r\n\r\n"), "GET",
     "/", "/", NULL, "x", 1, 3, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\n" HOST_X "Connection: closed, Upgrade\r\n\r\n"), "GET", "/", "/",
     NULL, "x", 1, 2, -1, false, true, 0},
    /* Hosts. */
    {SLICE_INIT("GET / HTTP/1.1\r\nHOST:\t127.0.0.1:8080 \r\n\r\n"), "GET", "/", "/", NULL,
     "127.0.0.1:8080", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\nhost:\r\n\r\n"), "GET", "/", "/", NULL, "", 1, 1, -1, false,
     true, 0},
    /* Bodies (6.3). */
    {SLICE_INIT("POST / HTTP/1.1\r\n" HOST_X "Content-Length: 5\r\n\r\nhello"), "POST", "/", "/",
     NULL, "x", 1, 2, 5, false, true, 5},
    {SLICE_INIT("POST / HTTP/1.1\r\n" HOST_X "content-length: 000\r\n\r\n"), "POST", "/", "/", NULL,
     "x", 1, 2, 0, false, true, 0},
    {SLICE_INIT("POST / HTTP/1.1\r\n" HOST_X "Content-Length: 9223372036854775807\r\n\r\n"), "POST",
     "/", "/", NULL, "x", 1, 2, INT64_MAX, false, true, 0},
    {SLICE_INIT("POST / HTTP/1.1\r\n" HOST_X "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"), "POST",
     "/", "/", NULL, "x", 1, 2, -1, true, true, 5},
    /* Values, and what is near the head. */
    {SLICE_INIT("GET / HTTP/1.1\r\n" HOST_X "A:\r\nB: \t \r\nC:\x80\xff \"\t:\r\n\r\n"), "GET", "/",
     "/", NULL, "x", 1, 4, -1, false, true, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\n" HOST_X "\r\nGET /next HTTP/1.1\r\n"), "GET", "/", "/", NULL,
     "x", 1, 1, -1, false, true, 20},
    {SLICE_INIT("\r\nGET / HTTP/1.1\r\n" HOST_X "\r\n\r\n"), "GET", "/", "/", NULL, "x", 1, 1, -1,
     false, true, 2},
    {SLICE_INIT("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST_X "\r\n"), "GET", "/", "/", NULL, "x", 1,
     1, -1, false, true, 0},
};

static bool is_or_null(struct slice s, const char *expected)
{
    return expected == NULL ? s.p == NULL : s.p != NULL && is(s, expected);
}

static void look_at_good(enum http_result result, size_t used, const void *arg)
{
    const struct good *good = arg;
    const struct http_request *request = &ps.request;

    ck_assert_msg(result == HTTP_HEAD, "%d %s", ps.status, ps.reason);
    ck_assert_uint_eq(used, good->text.n - good->unused);
    ck_assert(is(request->method, good->method));
    ck_assert(is(request->target, good->target));
    ck_assert(is(request->path, good->path));
    ck_assert(is_or_null(request->query, good->query));
    ck_assert(is_or_null(request->host, good->host));
    ck_assert_uint_eq(request->minor, good->minor);
    ck_assert_uint_eq(request->n_fields, good->n_fields);
    ck_assert_int_eq(request->content_length, good->content_length);
    ck_assert(request->chunked == good->chunked);
    ck_assert(request->keep_alive == good->keep_alive);
}

START_TEST(http_feed_good_request_in_any_pieces_gives_the_head)
{
    in_all_pieces(goods[_i].text, look_at_good, &goods[_i]);
}
END_TEST

/* ---- Bad requests --------------------------------------------------------------------------- */

struct bad {
    struct slice text; /* the last byte is the one that makes it wrong */
    int status;
    const char *reason;
};

#define POST LINE HOST_X

static const struct bad bads[] = {
    /* The first bytes. */
    {SLICE_INIT("\x16"), 400, "malformed request line"}, /* TLS */
    {SLICE_INIT("\0"), 400, "malformed request line"},
    {SLICE_INIT("\xff"), 400, "malformed request line"},
    {SLICE_INIT(" "), 400, "malformed request line"},
    {SLICE_INIT("\n"), 400, "malformed request line"},
    {SLICE_INIT("\r\r"), 400, "CR without LF"},
    {SLICE_INIT("\rG"), 400, "CR without LF"},
    {SLICE_INIT("\r\n\r\n\r\n\r\n\r"), 400, "too many empty lines"},
    {SLICE_INIT("\r\n "), 400, "malformed request line"},
    /* The method. */
    {SLICE_INIT("G("), 400, "malformed request line"},
    {SLICE_INIT("GET\t"), 400, "malformed request line"},
    {SLICE_INIT("GARBAGE\r"), 400, "malformed request line"},
    {SLICE_INIT("GET\n"), 400, "malformed request line"},
    {SLICE_INIT("G\0"), 400, "malformed request line"},
    {SLICE_INIT("G\xc3"), 400, "malformed request line"},
    {SLICE_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"), 501, "unknown method"},
    /* The target. */
    {SLICE_INIT("GET  "), 400, "malformed target"},
    {SLICE_INIT("GET n"), 400, "malformed target"},
    {SLICE_INIT("GET \r"), 400, "malformed target"},
    {SLICE_INIT("GET ?"), 400, "malformed target"},
    {SLICE_INIT("CONNECT e"), 400, "malformed target"},
    {SLICE_INIT("GET /\r"), 400, "invalid character in target"}, /* HTTP/0.9 */
    {SLICE_INIT("GET /\n"), 400, "invalid character in target"},
    {SLICE_INIT("GET /\t"), 400, "invalid character in target"},
    {SLICE_INIT("GET /\0"), 400, "invalid character in target"},
    {SLICE_INIT("GET /\x7f"), 400, "invalid character in target"},
    {SLICE_INIT("GET /\x80"), 400, "invalid character in target"},
    {SLICE_INIT("GET /a#"), 400, "invalid character in target"},
    {SLICE_INIT("GET * "), 400, "target * is for OPTIONS"},
    {SLICE_INIT("options * "), 400, "target * is for OPTIONS"},
    {SLICE_INIT("OPTIONS *a "), 400, "target is neither a path nor an http URI"},
    {SLICE_INIT("CONNECT host:80 "), 400, "target is neither a path nor an http URI"},
    {SLICE_INIT("GET http:/ "), 400, "target is neither a path nor an http URI"},
    {SLICE_INIT("GET http:h/ "), 400, "target is neither a path nor an http URI"},
    {SLICE_INIT("GET httpx://h/ "), 400, "target is neither a path nor an http URI"},
    {SLICE_INIT("GET http:// "), 400, "invalid host in target"},
    {SLICE_INIT("GET http:///a "), 400, "invalid host in target"},
    {SLICE_INIT("GET http://:80/ "), 400, "invalid host in target"},
    {SLICE_INIT("GET http://u@h/ "), 400, "invalid host in target"},
    {SLICE_INIT("GET http://h:8x/ "), 400, "invalid host in target"},
    {SLICE_INIT("GET http://[::1/ "), 400, "invalid host in target"},
    /* The version. */
    {SLICE_INIT("GET /  "), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / \r"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / h"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTq"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP "), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/o"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/2"), 505, "HTTP/1.1 is spoken here"},
    {SLICE_INIT("GET / HTTP/0"), 505, "HTTP/1.1 is spoken here"},
    {SLICE_INIT("GET / HTTP/1\r"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/11"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/1.\r"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/1.x"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/1.10"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/1.1 "), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/1.1\n"), 400, "malformed HTTP version"},
    {SLICE_INIT("GET / HTTP/1.1\rH"), 400, "CR without LF"},
    /* Field lines. */
    {SLICE_INIT(LINE " "), 400, "folded field line"},
    {SLICE_INIT(LINE "Host: x\r\n "), 400, "folded field line"},
    {SLICE_INIT(LINE "Host: x\r\n\t"), 400, "folded field line"},
    {SLICE_INIT(LINE ":"), 400, "malformed field name"},
    {SLICE_INIT(LINE "\n"), 400, "malformed field name"},
    {SLICE_INIT(LINE "\0"), 400, "malformed field name"},
    {SLICE_INIT(LINE "\xc3"), 400, "malformed field name"},
    {SLICE_INIT(LINE "Host "), 400, "space in field name"},
    {SLICE_INIT(LINE "Host\t"), 400, "malformed field name"},
    {SLICE_INIT(LINE "Host\r"), 400, "malformed field name"},
    {SLICE_INIT(LINE "Ho\0"), 400, "malformed field name"},
    {SLICE_INIT(LINE "("), 400, "malformed field name"},
    {SLICE_INIT(LINE "A: b\n"), 400, "invalid character in field value"},
    {SLICE_INIT(LINE "A: b\0"), 400, "invalid character in field value"},
    {SLICE_INIT(LINE "A: b\x01"), 400, "invalid character in field value"},
    {SLICE_INIT(LINE "A: b\x1f"), 400, "invalid character in field value"},
    {SLICE_INIT(LINE "A: b\x7f"), 400, "invalid character in field value"},
    {SLICE_INIT(LINE "A: b\rc"), 400, "CR without LF"},
    {SLICE_INIT(LINE "A: b\r\r"), 400, "CR without LF"},
    {SLICE_INIT(LINE "A: b\r\n\r\r"), 400, "CR without LF"},
    {SLICE_INIT(LINE "A: b\r\n\rB"), 400, "CR without LF"},
    /* Host. */
    {SLICE_INIT(LINE "\r\n"), 400, "no Host"},
    {SLICE_INIT(LINE "Hos: x\r\nHostt: x\r\n\r\n"), 400, "no Host"},
    {SLICE_INIT("GET http://h/ HTTP/1.1\r\n\r\n"), 400, "no Host"},
    {SLICE_INIT(LINE "Host: x\r\nHost: x\r\n"), 400, "repeated Host"},
    {SLICE_INIT("GET / HTTP/1.0\r\nHost: x\r\nhost: y\r\n"), 400, "repeated Host"},
    {SLICE_INIT(LINE "Host: a b\r\n"), 400, "invalid Host"},
    {SLICE_INIT(LINE "Host: a, b\r\n"), 400, "invalid Host"},
    {SLICE_INIT(LINE "Host: http://x\r\n"), 400, "invalid Host"},
    {SLICE_INIT(LINE "Host: x/y\r\n"), 400, "invalid Host"},
    {SLICE_INIT(LINE "Host: u@x\r\n"), 400, "invalid Host"},
    {SLICE_INIT(LINE "Host: x:65536\r\n"), 400, "invalid Host"},
    {SLICE_INIT("GET / HTTP/1.0\r\nHost: \xff\r\n"), 400, "invalid Host"},
    /* Content-Length. */
    {SLICE_INIT(POST "Content-Length: ten\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: -1\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: +1\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: 1 2\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: 0x1\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: 5, 5\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length:\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: 9223372036854775808\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: 18446744073709551617\r\n"), 400, "invalid Content-Length"},
    {SLICE_INIT(POST "Content-Length: 5\r\nContent-Length: 5\r\n"), 400, "repeated Content-Length"},
    {SLICE_INIT(POST "Content-Length: 0\r\nA: b\r\ncontent-length: 1\r\n"), 400,
     "repeated Content-Length"},
    /* Transfer-Encoding. */
    {SLICE_INIT(POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400,
     "both Content-Length and Transfer-Encoding"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400,
     "both Transfer-Encoding and Content-Length"},
    {SLICE_INIT("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"), 400,
     "Transfer-Encoding in HTTP/1.0"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked, chunked\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked, gzip\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: gzip\r\n\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: identity\r\n\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding:\r\n"), 400, "empty transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: , chunked\r\n"), 400, "empty transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: gzip,, chunked\r\n"), 400, "empty transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked,\r\n"), 400,
     "chunked is not the last transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: chunked;a=b\r\n"), 400, "malformed transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: chun ked\r\n"), 400, "malformed transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: \"chunked\"\r\n"), 400, "malformed transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: \x0b"), 400, "invalid character in field value"},
    {SLICE_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501, "unknown transfer coding"},
    {SLICE_INIT(POST "Transfer-Encoding: xchunked;q=1\r\nTransfer-Encoding: chunked\r\n\r\n"), 501,
     "unknown transfer coding"},
    /* Limits: 5 fields, 100 bytes in a line. */
    {SLICE_INIT(LINE "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF"), 431, "too many fields"},
};

static void look_at_bad(enum http_result result, size_t used, const void *arg)
{
    const struct bad *bad = arg;

    ck_assert_msg(result == HTTP_FAIL, "result %d", (int)result);
    ck_assert_int_eq(ps.status, bad->status);
    ck_assert_str_eq(ps.reason, bad->reason);
    ck_assert_uint_le(used, bad->text.n);
}

static void look_at_more(enum http_result result, size_t used, const void *arg)
{
    const struct bad *bad = arg;

    ck_assert_msg(result == HTTP_MORE, "%d %s", ps.status, ps.reason);
    ck_assert_uint_eq(used, bad->text.n - 1);
}

START_TEST(http_feed_bad_request_in_any_pieces_fails_with_its_last_byte)
{
    struct slice text = bads[_i].text;

    if (text.n > 1)
        in_all_pieces(slice_of(text.p, text.n - 1), look_at_more, &bads[_i]);
    in_all_pieces(text, look_at_bad, &bads[_i]);
}
END_TEST

static void look_at_used(enum http_result result, size_t used, const void *arg)
{
    const size_t *expected = arg;

    ck_assert_int_eq((int)result, HTTP_FAIL);
    ck_assert_uint_eq(used, *expected);
}

START_TEST(http_feed_bad_request_in_any_pieces_uses_nothing_behind)
{
    struct buf text;
    size_t bytewise;

    buf_init(&text, 1000);
    ck_assert_int_eq(buf_append_slice(&text, bads[_i].text), 0);
    ck_assert_int_eq(buf_append_slice(&text, SLICE("more\r\nA: b\r\n\r\n")), 0);
    feed_pieces(buf_slice(&text), 1, 1, &bytewise);
    ck_assert_uint_le(bytewise, bads[_i].text.n);
    in_all_pieces(buf_slice(&text), look_at_used, &bytewise);
    buf_deinit(&text);
}
END_TEST

START_TEST(http_feed_after_a_failure_repeats_it)
{
    size_t used;

    ck_assert(feed_text("GET /\t") == HTTP_FAIL);
    for (int i = 0; i < 2; i++) {
        ck_assert(feed(POST "\r\n", sizeof(POST), &used) == HTTP_FAIL);
        ck_assert_uint_eq(used, 0);
        ck_assert_int_eq(ps.status, 400);
    }
}
END_TEST

START_TEST(http_feed_after_a_head_uses_nothing)
{
    size_t used;

    ck_assert(feed_text("GET /a HTTP/1.1\r\n" HOST_X "\r\n") == HTTP_HEAD);
    ck_assert(feed("G", 1, &used) == HTTP_HEAD);
    ck_assert_uint_eq(used, 0);
    ck_assert(is(ps.request.path, "/a"));
    restart();
    ck_assert_ptr_null(ps.head.p);
    ck_assert(feed("G", 1, &used) == HTTP_MORE);
    ck_assert_uint_eq(used, 1);
}
END_TEST

START_TEST(http_feed_of_nothing_waits)
{
    size_t used;

    ck_assert(http_parser_feed(&ps, NULL, 0, &used) == HTTP_MORE);
    ck_assert_uint_eq(used, 0);
    ck_assert_ptr_null(ps.head.p);
}
END_TEST

START_TEST(http_feed_pipelined_requests_come_one_by_one)
{
    static const char text[] = "GET /1 HTTP/1.1\r\n" HOST_X "\r\n\r\nGET /2 HTTP/1.1\r\n" HOST_X
                               "\r\nGET /3 HTTP/1.1\r\n" HOST_X "\r\nGET /4";
    const char *at = text;

    for (int i = 1; i <= 3; i++) {
        char path[] = {'/', (char)('0' + i), '\0'};
        size_t used;
        restart();
        ck_assert(feed(at, strlen(at), &used) == HTTP_HEAD);
        ck_assert(is(ps.request.path, path));
        at += used;
    }
    ck_assert_str_eq(at, "GET /4");
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void add_feed(Suite *s)
{
    TCase *tc = tcase_create("feed");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, http_feed_good_request_in_any_pieces_gives_the_head, 0, COUNT(goods));
    tcase_add_loop_test(tc, http_feed_bad_request_in_any_pieces_fails_with_its_last_byte, 0,
                        COUNT(bads));
    tcase_add_loop_test(tc, http_feed_bad_request_in_any_pieces_uses_nothing_behind, 0,
                        COUNT(bads));
    tcase_add_test(tc, http_feed_after_a_failure_repeats_it);
    tcase_add_test(tc, http_feed_after_a_head_uses_nothing);
    tcase_add_test(tc, http_feed_of_nothing_waits);
    tcase_add_test(tc, http_feed_pipelined_requests_come_one_by_one);
    suite_add_tcase(s, tc);
}

Suite *suite(void)
{
    Suite *s = suite_create("http_parser");

    add_feed(s);
    return s;
}
