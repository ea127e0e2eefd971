#include "http/path.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

Suite *suite(void);

static const struct {
    struct slice raw;
    const char *expected; /* NULL: -EINVAL */
} paths[] = {
    {SLICE_INIT("/"), "/"},
    {SLICE_INIT("/index.html"), "/index.html"},
    {SLICE_INIT("/a/b/c.js"), "/a/b/c.js"},
    {SLICE_INIT("/a/"), "/a/"},
    /* Escapes. */
    {SLICE_INIT("/%61pp.js"), "/app.js"},
    {SLICE_INIT("/%6A%6a"), "/jj"},
    {SLICE_INIT("/%39%30%4F%4f%9a%Aa%fA%Ff"), "/90OO\x9a\xaa\xfa\xff"},
    {SLICE_INIT("/with%20space"), "/with space"},
    {SLICE_INIT("/%e2%82%ac"), "/\xe2\x82\xac"},
    {SLICE_INIT("/%ff%80"), "/\xff\x80"},
    {SLICE_INIT("/%25"), "/%"},
    {SLICE_INIT("/%252e%252e/x"), "/%2e%2e/x"}, /* decoded once */
    {SLICE_INIT("/%3fa%23b"), "/?a#b"},
    {SLICE_INIT("/a+b"), "/a+b"},
    {SLICE_INIT("/~%7e"), "/~~"},
    {SLICE_INIT("/%"), NULL},
    {SLICE_INIT("/%4"), NULL},
    {SLICE_INIT("/a%2"), NULL},
    {SLICE_INIT("/%zz"), NULL},
    {SLICE_INIT("/%4g"), NULL},
    {SLICE_INIT("/%g4"), NULL},
    {SLICE_INIT("/%/4a"), NULL}, /* an escape does not reach over a '/' */
    {SLICE_INIT("/%4/a"), NULL},
    {SLICE_INIT("/%u002e"), NULL},
    {SLICE_INIT("/%+41"), NULL},
    /* Bytes that may not be, in both forms. */
    {SLICE_INIT("/a%00b"), NULL},
    {SLICE_INIT("/a\0b"), NULL},
    {SLICE_INIT("/a%0d%0ab"), NULL},
    {SLICE_INIT("/%01"), NULL},
    {SLICE_INIT("/%1f"), NULL},
    {SLICE_INIT("/%7f"), NULL},
    {SLICE_INIT("/\x7f"), NULL},
    {SLICE_INIT("/\t"), NULL},
    {SLICE_INIT("/a%2fb"), NULL},
    {SLICE_INIT("/a%2Fb"), NULL},
    {SLICE_INIT("/a\\b"), NULL},
    {SLICE_INIT("/a%5cb"), NULL},
    {SLICE_INIT("/..%5Csecret"), NULL},
    {SLICE_INIT("/..%2fsecret"), NULL},
    {SLICE_INIT("/%20"), "/ "}, /* next to the control characters */
    {SLICE_INIT("/%7e%80"), "/~\x80"},
    /* Dot segments (RFC 3986 5.2.4). */
    {SLICE_INIT("/."), "/"},
    {SLICE_INIT("/./"), "/"},
    {SLICE_INIT("/a/."), "/a/"},
    {SLICE_INIT("/a/./b"), "/a/b"},
    {SLICE_INIT("/./a"), "/a"},
    {SLICE_INIT("/a/.."), "/"},
    {SLICE_INIT("/a/../"), "/"},
    {SLICE_INIT("/a/../b"), "/b"},
    {SLICE_INIT("/a/b/.."), "/a/"},
    {SLICE_INIT("/a/b/../c"), "/a/c"},
    {SLICE_INIT("/a/b/../../c"), "/c"},
    {SLICE_INIT("/a/b/c/./../../g"), "/a/g"}, /* the RFC's own */
    {SLICE_INIT("/%2e"), "/"},
    {SLICE_INIT("/a/%2E%2e/b"), "/b"},
    {SLICE_INIT("/a/.%2e/b"), "/b"},
    {SLICE_INIT("/..."), "/..."},
    {SLICE_INIT("/a/..b/.c/d../e."), "/a/..b/.c/d../e."},
    {SLICE_INIT("/.%20"), "/. "},
    /* Above the root. */
    {SLICE_INIT("/.."), NULL},
    {SLICE_INIT("/../"), NULL},
    {SLICE_INIT("/../a"), NULL},
    {SLICE_INIT("/./../a"), NULL},
    {SLICE_INIT("/a/../../b"), NULL},
    {SLICE_INIT("/a/../../a"), NULL},
    {SLICE_INIT("/%2e%2e/a"), NULL},
    {SLICE_INIT("/a/%2e./.%2e/b"), NULL},
    /* Empty segments are segments. */
    {SLICE_INIT("//"), "//"},
    {SLICE_INIT("//a"), "//a"},
    {SLICE_INIT("/a//b"), "/a//b"},
    {SLICE_INIT("//a/.."), "//"},
    {SLICE_INIT("//../a"), "/a"},
    {SLICE_INIT("/a//../b"), "/a/b"},
    {SLICE_INIT("//../../a"), NULL},
    /* No absolute path. */
    {SLICE_INIT(""), NULL},
    {SLICE_INIT("*"), NULL},
    {SLICE_INIT("a"), NULL},
    {SLICE_INIT("a/b"), NULL},
    {SLICE_INIT("../a"), NULL},
    {SLICE_INIT("%2fa"), NULL},
};

START_TEST(http_path_decode_as_expected)
{
    const char *expected = paths[_i].expected;
    size_t n = paths[_i].raw.n;
    char *raw = malloc(n > 0 ? n : 1); /* exactly: reading past it is noticed */
    struct buf out;

    ck_assert_ptr_nonnull(raw);
    memcpy(raw, paths[_i].raw.p, n);
    buf_init(&out, n); /* the result is never longer */
    ck_assert_int_eq(http_path_decode(slice_of(raw, n), &out), expected != NULL ? 0 : -EINVAL);
    free(raw);
    ck_assert_str_eq(buf_cstr(&out), expected != NULL ? expected : "");
    ck_assert_uint_eq(out.n, strlen(buf_cstr(&out)));
    buf_deinit(&out);
}
END_TEST

/* What the buffer held is no part of the path, neither for "..", nor after a failure. */
START_TEST(http_path_decode_appends)
{
    const char *expected = paths[_i].expected;
    struct buf out;

    buf_init(&out, 1024);
    ck_assert_int_eq(buf_append(&out, "/root", 5), 0);
    int err = http_path_decode(paths[_i].raw, &out);
    ck_assert_int_eq(err, expected != NULL ? 0 : -EINVAL);
    ck_assert_int_eq(strncmp(buf_cstr(&out), "/root", 5), 0);
    ck_assert_str_eq(buf_cstr(&out) + 5, expected != NULL ? expected : "");
    buf_deinit(&out);
}
END_TEST

/* A '?' or '#' can only come as an escape. */
START_TEST(http_path_is_plain_what_decoding_leaves_as_it_is)
{
    struct slice raw = paths[_i].raw;
    bool same = paths[_i].expected != NULL && slice_eq(raw, slice_str(paths[_i].expected));

    ck_assert_int_eq(http_path_is_plain(raw), same);
}
END_TEST

START_TEST(http_path_is_plain_no_query)
{
    ck_assert(http_path_is_plain(SLICE("/a b")));
    ck_assert(!http_path_is_plain(SLICE("/a?b")));
    ck_assert(!http_path_is_plain(SLICE("/a#b")));
}
END_TEST

START_TEST(http_path_decode_without_room_fails_and_leaves_the_buffer)
{
    struct buf out;

    buf_init(&out, 6);
    ck_assert_int_eq(buf_append(&out, "ab", 2), 0);
    ck_assert_int_eq(http_path_decode(SLICE("/%61bc"), &out), 0);
    ck_assert_str_eq(buf_cstr(&out), "ab/abc");
    out.n = 2;
    ck_assert_int_eq(http_path_decode(SLICE("/abcd"), &out), -EMSGSIZE);
    ck_assert_str_eq(buf_cstr(&out), "ab");
    buf_deinit(&out);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("http_path");
    TCase *tc = tcase_create("decode");
    int n = sizeof(paths) / sizeof(paths[0]);

    tcase_add_loop_test(tc, http_path_decode_as_expected, 0, n);
    tcase_add_loop_test(tc, http_path_is_plain_what_decoding_leaves_as_it_is, 0, n);
    tcase_add_test(tc, http_path_is_plain_no_query);
    tcase_add_loop_test(tc, http_path_decode_appends, 0, n);
    tcase_add_test(tc, http_path_decode_without_room_fails_and_leaves_the_buffer);
    suite_add_tcase(s, tc);
    return s;
}
