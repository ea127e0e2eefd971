#include "http/body.h"

#include "base/buf.h"

#include <check.h>
#include <stdlib.h>

Suite *suite(void);

static const struct http_body_limits limits = {.max_content_bytes = 20, .max_extra_bytes = 40};

static const struct http_request chunked = {.content_length = -1, .chunked = true};

static struct http_body body;
static struct buf content;

static void setup(void)
{
    buf_init(&content, 1000);
}

static void teardown(void)
{
    buf_deinit(&content);
}

/* ---- Feeding ------------------------------------------------------------------------------ */

/* Feeds one piece from memory of exactly its size, and keeps the content. */
static enum http_body_result feed(const char *p, size_t n, size_t *used)
{
    char *piece = malloc(n > 0 ? n : 1);
    enum http_body_result result;

    ck_assert_ptr_nonnull(piece);
    if (n > 0)
        memcpy(piece, p, n);
    *used = 0;
    do {
        size_t part;
        struct slice data;
        result = http_body_next(&body, piece + *used, n - *used, &part, &data);
        *used += part;
        if (result == BODY_PART && (data.n == 0 || buf_append_slice(&content, data) != 0))
            ck_abort_msg("a part of %zu bytes", data.n);
    } while (result == BODY_PART);
    free(piece);
    if (*used > n || (result == BODY_MORE && *used != n))
        ck_abort_msg("%zu of %zu used", *used, n);
    return result;
}

/* Feeds the text in pieces of `size` bytes, the first one of `first`, and says how much was used.
 */
static enum http_body_result feed_pieces(const struct http_request *request, struct slice text,
                                         size_t first, size_t size, size_t *used)
{
    size_t at = 0;

    buf_clear(&content);
    http_body_init(&body, request, &limits);
    enum http_body_result result = feed(NULL, 0, used);
    for (size_t n = first; result == BODY_MORE && at < text.n; n = size) {
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
static void in_all_pieces(const struct http_request *request, struct slice text,
                          void (*look)(enum http_body_result result, size_t used, const void *arg),
                          const void *arg)
{
    size_t used;
    enum http_body_result result = feed_pieces(request, text, SIZE_MAX, SIZE_MAX, &used);

    look(result, used, arg);
    result = feed_pieces(request, text, 1, 1, &used);
    look(result, used, arg);
    for (size_t cut = 1; cut < text.n; cut++) {
        result = feed_pieces(request, text, cut, SIZE_MAX, &used);
        look(result, used, arg);
    }
}

/* ---- Good bodies ---------------------------------------------------------------------------- */

struct good {
    struct slice text;
    const char *content;
    size_t unused; /* bytes of `text` behind the body */
};

static const struct good goods[] = {
    {SLICE_INIT("0\r\n\r\n"), "", 0},
    {SLICE_INIT("5\r\nhello\r\n0\r\n\r\n"), "hello", 0},
    {SLICE_INIT("5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\n"), "hello, world", 0},
    {SLICE_INIT("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), "a", 16},
    {SLICE_INIT("4\r\n\r\n\r\n\r\n0\r\n\r\n\r\n"), "\r\n\r\n", 2},
    /* Sizes. */
    {SLICE_INIT("a\r\n0123456789\r\n0\r\n\r\n"), "0123456789", 0},
    {SLICE_INIT("F\r\n0123456789abcde\r\n0\r\n\r\n"), "0123456789abcde", 0},
    {SLICE_INIT("14\r\n0123456789abcdefghij\r\n0\r\n\r\n"), "0123456789abcdefghij", 0},
    {SLICE_INIT("0000000000000001\r\na\r\n0000000000000000\r\n\r\n"), "a", 0},
    /* Extensions (RFC 9112 7.1.1). */
    {SLICE_INIT("1;a\r\nx\r\n0;b\r\n\r\n"), "x", 0},
    {SLICE_INIT("1;a=b;c;d=\"e\"\r\nx\r\n0\r\n\r\n"), "x", 0},
    {SLICE_INIT("1 ; a\t=\t b ;c\t;d\r\nx\r\n0\r\n\r\n"), "x", 0},
    {SLICE_INIT("1;!#$%&'*+-.^_`|~=0Z\r\nx\r\n0\r\n\r\n"), "x", 0},
    {SLICE_INIT("1;a=\"\"\r\nx\r\n0\r\n\r\n"), "x", 0},
    {SLICE_INIT("1;a=\";=\t \\\"\\\\\x80\xff\" ;b\r\nx\r\n0\r\n\r\n"), "x", 0},
    {SLICE_INIT("1;234567890123456789012345678901234567890\r\nx\r\n0\r\n\r\n"), "x", 0},
    /* Trailers (7.1.2): nothing of them counts. */
    {SLICE_INIT("1\r\nx\r\n0\r\nA: b\r\n\r\n"), "x", 0},
    {SLICE_INIT("0\r\nA:\r\nB: \t\x80\xff \"\r\n\r\n\r\n"), "", 2},
    {SLICE_INIT("0\r\nContent-Length: 5\r\nHost: y\r\n\r\nhello"), "", 5},
    {SLICE_INIT("0\r\nA: 345678901234567890123456789012345678\r\n\r\n"), "", 0},
};

static void look_at_good(enum http_body_result result, size_t used, const void *arg)
{
    const struct good *good = arg;

    ck_assert_msg(result == BODY_END, "%d %s", body.status, body.reason);
    ck_assert_uint_eq(used, good->text.n - good->unused);
    ck_assert(slice_eq(buf_slice(&content), slice_str(good->content)));
}

START_TEST(http_body_chunks_in_any_pieces_give_the_content)
{
    in_all_pieces(&chunked, goods[_i].text, look_at_good, &goods[_i]);
}
END_TEST

static const struct {
    int64_t length;
    struct good good;
} counted[] = {
    {-1, {SLICE_INIT("GET"), "", 3}},
    {0, {SLICE_INIT("GET"), "", 3}},
    {1, {SLICE_INIT("a"), "a", 0}},
    {5, {SLICE_INIT("helloGET"), "hello", 3}},
    {20, {SLICE_INIT("0\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "0\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0}},
};

START_TEST(http_body_of_a_length_in_any_pieces_gives_the_content)
{
    const struct http_request request = {.content_length = counted[_i].length};

    in_all_pieces(&request, counted[_i].good.text, look_at_good, &counted[_i].good);
}
END_TEST

START_TEST(http_body_after_its_end_uses_nothing)
{
    size_t used;

    feed_pieces(&chunked, SLICE("0\r\n\r\n"), SIZE_MAX, SIZE_MAX, &used);
    for (int i = 0; i < 2; i++) {
        ck_assert(feed("0", 1, &used) == BODY_END);
        ck_assert_uint_eq(used, 0);
    }
}
END_TEST

/* ---- Bad bodies ----------------------------------------------------------------------------- */

struct bad {
    struct slice text; /* the last byte is the one that makes it wrong */
    int status;
    const char *reason;
};

static const struct bad bads[] = {
    /* Sizes. */
    {SLICE_INIT("\r"), 400, "malformed chunk"},
    {SLICE_INIT("\n"), 400, "malformed chunk"},
    {SLICE_INIT(" "), 400, "malformed chunk"},
    {SLICE_INIT("\t"), 400, "malformed chunk"},
    {SLICE_INIT(";"), 400, "malformed chunk"},
    {SLICE_INIT("+"), 400, "malformed chunk"},
    {SLICE_INIT("-"), 400, "malformed chunk"},
    {SLICE_INIT("0x"), 400, "malformed chunk"},
    {SLICE_INIT("1_"), 400, "malformed chunk"},
    {SLICE_INIT("1g"), 400, "malformed chunk"},
    {SLICE_INIT("g"), 400, "malformed chunk"},
    {SLICE_INIT("@"), 400, "malformed chunk"},
    {SLICE_INIT("G"), 400, "malformed chunk"},
    {SLICE_INIT("1,"), 400, "malformed chunk"},
    {SLICE_INIT("1."), 400, "malformed chunk"},
    {SLICE_INIT("1\0"), 400, "malformed chunk"},
    {SLICE_INIT("\xb1"), 400, "malformed chunk"},
    {SLICE_INIT("00000000000000000"), 400, "chunk size too long"},
    {SLICE_INIT("10000000000000000"), 400, "chunk size too long"},
    {SLICE_INIT("fffffffffffffffff"), 400, "chunk size too long"},
    /* Line ends. */
    {SLICE_INIT("1\n"), 400, "malformed chunk"},
    {SLICE_INIT("1\rx"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\r"), 400, "malformed chunk"},
    {SLICE_INIT("1 \r"), 400, "malformed chunk"},
    {SLICE_INIT("1\t\n"), 400, "malformed chunk"},
    {SLICE_INIT("1 1"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\nxx"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\nx\n"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\nx0"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\nx\r0"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\nx\r\r"), 400, "malformed chunk"},
    {SLICE_INIT("1\r\nx\r\n\r"), 400, "malformed chunk"},
    /* Extensions. */
    {SLICE_INIT("1;\r"), 400, "malformed chunk"},
    {SLICE_INIT("1;\n"), 400, "malformed chunk"},
    {SLICE_INIT("1;;"), 400, "malformed chunk"},
    {SLICE_INIT("1;="), 400, "malformed chunk"},
    {SLICE_INIT("1; \r"), 400, "malformed chunk"},
    {SLICE_INIT("1;("), 400, "malformed chunk"},
    {SLICE_INIT("1;a\n"), 400, "malformed chunk"},
    {SLICE_INIT("1;a\0"), 400, "malformed chunk"},
    {SLICE_INIT("1;a b"), 400, "malformed chunk"},
    {SLICE_INIT("1;a \r"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\r"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=;"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=="), 400, "malformed chunk"},
    {SLICE_INIT("1;a= \n"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=b="), 400, "malformed chunk"},
    {SLICE_INIT("1;a=b\n"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=b\""), 400, "malformed chunk"},
    {SLICE_INIT("1;a=b ="), 400, "malformed chunk"},
    {SLICE_INIT("1;a=b\r "), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\r"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\n"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\x7f"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\\\r"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\\\0"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\"b"), 400, "malformed chunk"},
    {SLICE_INIT("1;a=\"\"="), 400, "malformed chunk"},
    {SLICE_INIT("1;2345678901234567890123456789012345678901\r"), 431, "chunk extensions too large"},
    {SLICE_INIT("1;2345678901234567890\r\nx\r\n1;234567890123456789012"), 431,
     "chunk extensions too large"},
    /* Trailers. */
    {SLICE_INIT("0\r\n "), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\n\n"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\n:"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\n\0"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\n\rx"), 400, "malformed chunk"},
    {SLICE_INIT("0\r\nA "), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA\r"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA\n"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA: b\n"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA: b\0"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA: b\x7f"), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA: b\rc"), 400, "malformed chunk"},
    {SLICE_INIT("0\r\nA: b\r\n "), 400, "malformed trailer field"},
    {SLICE_INIT("0\r\nA: b\r\n\r\r"), 400, "malformed chunk"},
    {SLICE_INIT("0\r\nA: 3456789012345678901234567890123456789\r\n"), 431, "trailer too large"},
    {SLICE_INIT("0;23456789012345678901\r\nA: 345678901234567890"), 431, "trailer too large"},
    /* The limit of 20 bytes. */
    {SLICE_INIT("15\r"), 413, "request body too large"},
    {SLICE_INIT("15;a\r"), 413, "request body too large"},
    {SLICE_INIT("ffffffffffffffff\r"), 413, "request body too large"},
    {SLICE_INIT("8000000000000000\r"), 413, "request body too large"},
    {SLICE_INIT("14\r\n0123456789abcdefghij\r\n1\r"), 413, "request body too large"},
    {SLICE_INIT("2\r\nxx\r\nffffffffffffffff\r"), 413, "request body too large"},
};

static void look_at_bad(enum http_body_result result, size_t used, const void *arg)
{
    const struct bad *bad = arg;

    ck_assert_msg(result == BODY_FAIL, "result %d", (int)result);
    ck_assert_int_eq(body.status, bad->status);
    ck_assert_str_eq(body.reason, bad->reason);
    ck_assert_uint_le(used, bad->text.n);
}

static void look_at_more(enum http_body_result result, size_t used, const void *arg)
{
    const struct bad *bad = arg;

    ck_assert_msg(result == BODY_MORE, "%d %s", body.status, body.reason);
    ck_assert_uint_eq(used, bad->text.n - 1);
}

START_TEST(http_body_bad_chunks_in_any_pieces_fail_with_their_last_byte)
{
    struct slice text = bads[_i].text;

    if (text.n > 1)
        in_all_pieces(&chunked, slice_of(text.p, text.n - 1), look_at_more, &bads[_i]);
    in_all_pieces(&chunked, text, look_at_bad, &bads[_i]);
}
END_TEST

START_TEST(http_body_of_a_length_above_the_limit_fails_at_once)
{
    static const int64_t lengths[] = {21, INT64_MAX};

    for (size_t i = 0; i < 2; i++) {
        const struct http_request request = {.content_length = lengths[i]};
        size_t used;
        http_body_init(&body, &request, &limits);
        ck_assert(feed(NULL, 0, &used) == BODY_FAIL);
        ck_assert_int_eq(body.status, 413);
    }
}
END_TEST

START_TEST(http_body_after_a_failure_repeats_it)
{
    size_t used;

    feed_pieces(&chunked, SLICE("x"), SIZE_MAX, SIZE_MAX, &used);
    for (int i = 0; i < 2; i++) {
        ck_assert(feed("0\r\n\r\n", 5, &used) == BODY_FAIL);
        ck_assert_uint_eq(used, 0);
        ck_assert_int_eq(body.status, 400);
    }
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *suite(void)
{
    Suite *s = suite_create("http_body");
    TCase *tc = tcase_create("body");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, http_body_chunks_in_any_pieces_give_the_content, 0, COUNT(goods));
    tcase_add_loop_test(tc, http_body_of_a_length_in_any_pieces_gives_the_content, 0,
                        COUNT(counted));
    tcase_add_test(tc, http_body_after_its_end_uses_nothing);
    tcase_add_loop_test(tc, http_body_bad_chunks_in_any_pieces_fail_with_their_last_byte, 0,
                        COUNT(bads));
    tcase_add_test(tc, http_body_of_a_length_above_the_limit_fails_at_once);
    tcase_add_test(tc, http_body_after_a_failure_repeats_it);
    suite_add_tcase(s, tc);
    return s;
}
