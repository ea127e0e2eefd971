/* For tests that feed a parser of requests: in one piece, byte by byte, and cut at every place. */
#ifndef CHATD_TESTS_HTTP_FEED_H
#define CHATD_TESTS_HTTP_FEED_H

#include "http/parser.h"

#include <check.h>
#include <stdlib.h>

static const struct http_limits limits = {
    .max_line_bytes = 100,
    .max_head_bytes = 400,
    .max_fields = 5,
};

static struct http_parser ps;

static inline void setup(void)
{
    http_parser_init(&ps, &limits);
}

static inline void teardown(void)
{
    http_parser_deinit(&ps);
}

/* A new parser with the same limits. */
static inline void restart(void)
{
    const struct http_limits same = ps.limits;

    http_parser_deinit(&ps);
    http_parser_init(&ps, &same);
}

static inline bool is(struct slice s, const char *expected)
{
    return slice_eq(s, slice_str(expected));
}

/* Feeds one piece from memory of exactly its size. */
static inline enum http_result feed(const char *p, size_t n, size_t *used)
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
static inline enum http_result feed_pieces(struct slice text, size_t first, size_t size,
                                           size_t *used)
{
    enum http_result result = HTTP_MORE;
    size_t at = 0;

    restart();
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
static inline void
in_all_pieces(struct slice text,
              void (*look)(enum http_result result, size_t used, const void *arg), const void *arg)
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

static inline enum http_result feed_text(const char *text)
{
    size_t used;

    return feed_pieces(slice_str(text), SIZE_MAX, SIZE_MAX, &used);
}

#define HOST_X "Host: x\r\n"
#define LINE "GET / HTTP/1.1\r\n"

#endif
