#include "http/parser.h"

#include <check.h>
#include <stdlib.h>

Suite *suite(void);

static const struct http_limits limits = {
    .max_line_bytes = 100,
    .max_head_bytes = 400,
    .max_fields = 5,
};

static struct http_parser ps;

static void setup(void)
{
    http_parser_init(&ps, &limits);
}

static void teardown(void)
{
    http_parser_deinit(&ps);
}

static bool is(struct slice s, const char *expected)
{
    return slice_eq(s, slice_str(expected));
}

/* ---- Feeding ------------------------------------------------------------------------------ */

/* Feeds one piece from memory of exactly its size. */
static enum http_result feed(const char *p, size_t n, size_t *used)
{
    char *piece = malloc(n > 0 ? n : 1);

    ck_assert_ptr_nonnull(piece);
    if (n > 0)
        memcpy(piece, p, n);
    enum http_result result = http_parser_feed(&ps, piece, n, used);
    free(piece);
    if (*used > n || (result == HTTP_MORE && *used != n))
        ck_abort_msg("%zu of %zu used", *used, n);
    return result;
}

/* Feeds the text in pieces of `size` bytes, the first one of `first`, and says how much was used.
 */
static enum http_result feed_pieces(struct slice text, size_t first, size_t size, size_t *used)
{
    enum http_result result = HTTP_MORE;
    size_t at = 0;

    http_parser_reset(&ps);
    for (size_t n = first; result == HTTP_MORE && at < text.n; n = size) {
        n = n < text.n - at ? n : text.n - at;
        size_t part;
        result = feed(text.p + at, n, &part);
        at += part;
    }
    *used = at;
    return result;
}

/* Calls `look` with the result of the text in one piece, byte by byte, and in two pieces at every
 * place. */
static void in_all_pieces(struct slice text,
                          void (*look)(enum http_result result, size_t used, const void *arg),
                          const void *arg)
{
    size_t used;
    enum http_result result = feed_pieces(text, SIZE_MAX, SIZE_MAX, &used);

    look(result, used, arg);
    result = feed_pieces(text, 1, 1, &used);
    look(result, used, arg);
    for (size_t cut = 1; cut < text.n && text.n < 1000; cut++) {
        result = feed_pieces(text, cut, SIZE_MAX, &used);
        look(result, used, arg);
    }
}

static enum http_result feed_text(const char *text)
{
    size_t used;

    return feed_pieces(slice_str(text), SIZE_MAX, SIZE_MAX, &used);
}

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

#define H "Host: x\r\n"

static const struct good goods[] = {
    {SLICE_INIT("GET / HTTP/1.1\r\n" H "\r\n"), "GET", "/", "/", NULL, "x", 1, 1, -1, false, true,
     0},
    {SLICE_INIT("GET /a/b.html?c=d?&e HTTP/1.1\r\n" H "\r\n"), "GET", "/a/b.html?c=d?&e",
     "/a/b.html", "c=d?&e", "x", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET /? HTTP/1.1\r\n" H "\r\n"), "GET", "/?", "/", "", "x", 1, 1, -1, false, true,
     0},
    {SLICE_INIT("G!#$%&'*+-.^_`|~9z /!\"$%&'()*+,-.:;<=>@[\\]^_`{|}~ HTTP/1.1\r\n" H "\r\n"),
     "G!#$%&'*+-.^_`|~9z", "/!\"$%&'()*+,-.:;<=>@[\\]^_`{|}~", "/!\"$%&'()*+,-.:;<=>@[\\]^_`{|}~",
     NULL, "x", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET //a//b HTTP/1.1\r\n" H "\r\n"), "GET", "//a//b", "//a//b", NULL, "x", 1, 1, -1,
     false, true, 0},
    /* Forms of the target (RFC 9112 3.2). */
    {SLICE_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), "OPTIONS", "*", "*", NULL, "x", 1, 1, -1, false,
     true, 0},
    {SLICE_INIT("GET http://h.example:80/p?q HTTP/1.1\r\n" H "\r\n"), "GET",
     "http://h.example:80/p?q", "/p", "q", "h.example:80", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET HTTPS://h HTTP/1.1\r\n" H "\r\n"), "GET", "HTTPS://h", "/", NULL, "h", 1, 1,
     -1, false, true, 0},
    {SLICE_INIT("GET http://[::1]?q HTTP/1.1\r\n" H "\r\n"), "GET", "http://[::1]?q", "/", "q",
     "[::1]", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET http://h/ HTTP/1.0\r\n\r\n"), "GET", "http://h/", "/", NULL, "h", 0, 0, -1,
     false, false, 0},
    /* Versions and connections (9.3). */
    {SLICE_INIT("GET / HTTP/1.0\r\n\r\n"), "GET", "/", "/", NULL, NULL, 0, 0, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), "GET", "/", "/", NULL, NULL, 0,
     1, -1, false, true, 0},
    {SLICE_INIT("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), "GET", "/", "/", NULL,
     NULL, 0, 1, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.9\r\n" H "\r\n"), "GET", "/", "/", NULL, "x", 9, 1, -1, false, true,
     0},
    {SLICE_INIT("GET / HTTP/1.1\r\n" H "Connection: CLOSE\r\n\r\n"), "GET", "/", "/", NULL, "x", 1,
     2, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\nConnection: a\r\n" H "Connection: b ,close\r\n\r\n"), "GET", "/",
     "/", NULL, "x", 1, 3, -1, false, false, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\n" H "Connection: closed, Upgrade\r\n\r\n"), "GET", "/", "/",
     NULL, "x", 1, 2, -1, false, true, 0},
    /* Hosts. */
    {SLICE_INIT("GET / HTTP/1.1\r\nHOST:\t127.0.0.1:8080 \r\n\r\n"), "GET", "/", "/", NULL,
     "127.0.0.1:8080", 1, 1, -1, false, true, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\nhost:\r\n\r\n"), "GET", "/", "/", NULL, "", 1, 1, -1, false,
     true, 0},
    /* Bodies (6.3). */
    {SLICE_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"), "POST", "/", "/", NULL,
     "x", 1, 2, 5, false, true, 5},
    {SLICE_INIT("POST / HTTP/1.1\r\n" H "content-length: 000\r\n\r\n"), "POST", "/", "/", NULL, "x",
     1, 2, 0, false, true, 0},
    {SLICE_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775807\r\n\r\n"), "POST", "/",
     "/", NULL, "x", 1, 2, INT64_MAX, false, true, 0},
    {SLICE_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"), "POST", "/",
     "/", NULL, "x", 1, 2, -1, true, true, 5},
    /* Values, and what is near the head. */
    {SLICE_INIT("GET / HTTP/1.1\r\n" H "A:\r\nB: \t \r\nC:\x80\xff \"\t:\r\n\r\n"), "GET", "/", "/",
     NULL, "x", 1, 4, -1, false, true, 0},
    {SLICE_INIT("GET / HTTP/1.1\r\n" H "\r\nGET /next HTTP/1.1\r\n"), "GET", "/", "/", NULL, "x", 1,
     1, -1, false, true, 20},
    {SLICE_INIT("\r\nGET / HTTP/1.1\r\n" H "\r\n\r\n"), "GET", "/", "/", NULL, "x", 1, 1, -1, false,
     true, 2},
    {SLICE_INIT("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"), "GET", "/", "/", NULL, "x", 1, 1,
     -1, false, true, 0},
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

#define LINE "GET / HTTP/1.1\r\n"
#define POST LINE "Host: x\r\n"

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

START_TEST(http_feed_after_a_head_uses_nothing_until_reset)
{
    size_t used;

    ck_assert(feed_text("GET /a HTTP/1.1\r\n" H "\r\n") == HTTP_HEAD);
    ck_assert(feed("G", 1, &used) == HTTP_HEAD);
    ck_assert_uint_eq(used, 0);
    ck_assert(is(ps.request.path, "/a"));
    http_parser_reset(&ps);
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

/* Nothing of one request shows in the next: not its lengths, hosts, codings, empty lines. */
START_TEST(http_reset_forgets_the_last_request)
{
    static const char first[] =
        "\r\n\r\n\r\n\r\nPOST http://a/?q HTTP/1.0\r\nHost: a\r\nContent-Length: 7\r\n\r\n";
    static const char second[] = "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char third[] = "\r\n\r\n\r\n\r\nGET / HTTP/1.0\r\nA: b\r\n\r\n";

    ck_assert(feed_text(first) == HTTP_HEAD);
    ck_assert_int_eq(ps.request.content_length, 7);
    ck_assert(feed_text(second) == HTTP_HEAD);
    ck_assert_int_eq(ps.request.content_length, -1);
    ck_assert(is(ps.request.host, "b"));
    ck_assert_ptr_null(ps.request.query.p);
    ck_assert(ps.request.chunked);
    ck_assert(feed_text(third) == HTTP_HEAD);
    ck_assert(!ps.request.chunked);
    ck_assert_ptr_null(ps.request.host.p);
    ck_assert_uint_eq(ps.request.n_fields, 1);
    ck_assert(feed_text("GET /\t") == HTTP_FAIL);
    ck_assert(feed_text(third) == HTTP_HEAD);
    ck_assert_int_eq(ps.status, 0);
}
END_TEST

START_TEST(http_feed_pipelined_requests_come_one_by_one)
{
    static const char text[] = "GET /1 HTTP/1.1\r\n" H "\r\n\r\nGET /2 HTTP/1.1\r\n" H
                               "\r\nGET /3 HTTP/1.1\r\n" H "\r\nGET /4";
    const char *at = text;

    for (int i = 1; i <= 3; i++) {
        char path[] = {'/', (char)('0' + i), '\0'};
        size_t used;
        http_parser_reset(&ps);
        ck_assert(feed(at, strlen(at), &used) == HTTP_HEAD);
        ck_assert(is(ps.request.path, path));
        at += used;
    }
    ck_assert_str_eq(at, "GET /4");
}
END_TEST

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
    put(" HTTP/1.1\r\n" H "\r\n");
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
    put(LINE H "A:");
    put_many('a', field_lines[_i].bytes - 2);
    put("\r\n\r\n");
    check_limit(&field_lines[_i]);
}
END_TEST

START_TEST(http_limit_of_a_field_name)
{
    put(LINE H);
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
    put("\r\n\r\n" LINE H);
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

static void add_feed(Suite *s)
{
    TCase *tc = tcase_create("feed");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, http_feed_good_request_in_any_pieces_gives_the_head, 0, COUNT(goods));
    tcase_add_loop_test(tc, http_feed_bad_request_in_any_pieces_fails_with_its_last_byte, 0,
                        COUNT(bads));
    tcase_add_test(tc, http_feed_after_a_failure_repeats_it);
    tcase_add_test(tc, http_feed_after_a_head_uses_nothing_until_reset);
    tcase_add_test(tc, http_feed_of_nothing_waits);
    tcase_add_test(tc, http_reset_forgets_the_last_request);
    tcase_add_test(tc, http_feed_pipelined_requests_come_one_by_one);
    suite_add_tcase(s, tc);
}

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
    Suite *s = suite_create("http_parser");

    add_feed(s);
    add_limits(s);
    add_request(s);
    return s;
}
