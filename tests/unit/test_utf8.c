#include "ws/utf8.h"

#include <check.h>
#include <stdlib.h>

Suite *suite(void);

enum { CODE_POINTS = 0x110000, TIMEOUT_S = 120 };

/* ---- The definition, in another way: what RFC 3629 3 makes of each code point -------------- */

static size_t encode(unsigned c, unsigned char out[4])
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3f));
    out[0] = (unsigned char)((0xf00 >> n & 0xff) | c);
    return n;
}

static bool is_surrogate(unsigned c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

/* Which strings of 1 to 3 bytes begin a character or are one; bit 0: begin, bit 1: are. */
struct known {
    unsigned char one[1 << 8];
    unsigned char two[1 << 16];
    unsigned char three[1 << 24];
};

static struct known *make_known(void)
{
    struct known *known = calloc(1, sizeof(*known));

    ck_assert_ptr_nonnull(known);
    for (unsigned c = 0; c < CODE_POINTS; c++) {
        unsigned char s[4] = {0};
        if (is_surrogate(c))
            continue;
        size_t n = encode(c, s);
        known->one[s[0]] |= n == 1 ? 2 : 1;
        if (n >= 2)
            known->two[s[0] << 8 | s[1]] |= n == 2 ? 2 : 1;
        if (n >= 3)
            known->three[s[0] << 16 | s[1] << 8 | s[2]] |= n == 3 ? 2 : 1;
    }
    return known;
}

/* Feeds one byte and compares the answer with what is known of the string up to it. */
static bool feed_one(struct utf8 *u, unsigned char c, unsigned char known)
{
    const char byte = (char)c;
    bool ok = utf8_feed(u, &byte, 1);

    /* ck_assert() on each of millions would take a minute. */
    if (ok != (known != 0) || (ok && utf8_done(u) != (known == 2)))
        ck_abort_msg("byte %02x, expected %u", c, known);
    return ok && known == 1;
}

/* Continues a character of which `n` bytes are known to be good. */
static void try_all_next(const struct known *known, const struct utf8 *before, unsigned prefix,
                         int n)
{
    for (unsigned c = 0; c < 256; c++) {
        struct utf8 u = *before;
        unsigned s = prefix << 8 | c;
        const unsigned char *table = n == 0 ? known->one : n == 1 ? known->two : known->three;
        if (feed_one(&u, (unsigned char)c, table[s]) && n < 2)
            try_all_next(known, &u, s, n + 1);
        else if (n == 2 && table[s] == 1)
            for (unsigned last = 0; last < 256; last++) {
                struct utf8 end = u;
                feed_one(&end, (unsigned char)last, last >= 0x80 && last <= 0xbf ? 2 : 0);
            }
    }
}

START_TEST(utf8_feed_every_byte_after_every_prefix_fails_at_the_first_impossible_one)
{
    struct known *known = make_known();
    struct utf8 u;

    utf8_init(&u);
    try_all_next(known, &u, 0, 0);
    free(known);
}
END_TEST

START_TEST(utf8_valid_every_code_point)
{
    for (unsigned c = 0; c < CODE_POINTS; c++) {
        unsigned char s[4];
        size_t n = encode(c, s);
        bool valid = utf8_valid(slice_of((char *)s, n));
        if (valid == is_surrogate(c))
            ck_abort_msg("U+%04X", c);
        if (n > 1 && utf8_valid(slice_of((char *)s, n - 1)))
            ck_abort_msg("U+%04X cut off", c);
    }
}
END_TEST

/* ---- Named cases -------------------------------------------------------------------------- */

/* `bad_at` is the first impossible byte; -1: none, but the text is cut off; -2: valid. */
static const struct {
    struct slice text;
    int bad_at;
} vectors[] = {
    {SLICE_INIT(""), -2},
    {SLICE_INIT("plain"), -2},
    {SLICE_INIT("nul \0 inside"), -2},
    {SLICE_INIT("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"), -2}, /* Greek "kosme" */
    {SLICE_INIT("\xf0\x9f\x98\x80 \xe2\x82\xac \xc3\xa9"), -2},
    {SLICE_INIT("\xef\xbf\xbf\xef\xb7\x90"), -2}, /* non-characters are characters here */
    {SLICE_INIT("\xef\xbb\xbf"), -2},             /* a byte order mark */
    {SLICE_INIT("\xc2\x80"), -2},
    {SLICE_INIT("\xdf\xbf"), -2},
    {SLICE_INIT("\xe0\xa0\x80"), -2},
    {SLICE_INIT("\xed\x9f\xbf"), -2},
    {SLICE_INIT("\xee\x80\x80"), -2},
    {SLICE_INIT("\xf0\x90\x80\x80"), -2},
    {SLICE_INIT("\xf4\x8f\xbf\xbf"), -2},
    {SLICE_INIT("\x80"), 0},
    {SLICE_INIT("\xbf"), 0},
    {SLICE_INIT("\xc0\xaf"), 0},             /* overlong '/' */
    {SLICE_INIT("\xc1\xbf"), 0},             /* overlong DEL */
    {SLICE_INIT("\xe0\x80\xaf"), 1},         /* overlong '/' */
    {SLICE_INIT("\xe0\x9f\xbf"), 1},         /* overlong U+07FF */
    {SLICE_INIT("\xf0\x80\x80\xaf"), 1},     /* overlong '/' */
    {SLICE_INIT("\xf0\x8f\xbf\xbf"), 1},     /* overlong U+FFFF */
    {SLICE_INIT("\xed\xa0\x80"), 1},         /* U+D800 */
    {SLICE_INIT("\xed\xbf\xbf"), 1},         /* U+DFFF */
    {SLICE_INIT("\xf4\x90\x80\x80"), 1},     /* U+110000 */
    {SLICE_INIT("\xf5\x80\x80\x80"), 0},     /* U+140000 */
    {SLICE_INIT("\xf8\x88\x80\x80\x80"), 0}, /* five bytes */
    {SLICE_INIT("\xfc\x84\x80\x80\x80\x80"), 0},
    {SLICE_INIT("\xfe"), 0},
    {SLICE_INIT("\xff"), 0},
    {SLICE_INIT("\xc3("), 1},
    {SLICE_INIT("\xe2\x82("), 2},
    {SLICE_INIT("\xf0\x9f\x98("), 3},
    {SLICE_INIT("\xc3\xc3\xa9"), 1},
    {SLICE_INIT("abcdefgh\xff"), 8},
    {SLICE_INIT("abcdefghijk\x80lmnopqrstuvwxyz"), 11},
    {SLICE_INIT("\xe2\x82\xac\x80"), 3},
    {SLICE_INIT("\xc3"), -1},
    {SLICE_INIT("\xe2"), -1},
    {SLICE_INIT("\xe2\x82"), -1},
    {SLICE_INIT("\xf0\x9f\x98"), -1},
    {SLICE_INIT("abcdefgh\xf4\x8f"), -1},
};

START_TEST(utf8_valid_vector_as_expected)
{
    ck_assert(utf8_valid(vectors[_i].text) == (vectors[_i].bad_at == -2));
}
END_TEST

START_TEST(utf8_feed_vector_byte_by_byte_fails_at_the_first_impossible_byte)
{
    struct slice text = vectors[_i].text;
    struct utf8 u;
    int at = 0;

    utf8_init(&u);
    while (at < (int)text.n && utf8_feed(&u, text.p + at, 1))
        at++;
    ck_assert_int_eq(at, vectors[_i].bad_at >= 0 ? vectors[_i].bad_at : (int)text.n);
    if (vectors[_i].bad_at < 0)
        ck_assert(utf8_done(&u) == (vectors[_i].bad_at == -2));
}
END_TEST

START_TEST(utf8_feed_vector_at_every_split_as_in_one)
{
    struct slice text = vectors[_i].text;

    for (size_t cut = 0; cut <= text.n; cut++) {
        struct utf8 u;
        utf8_init(&u);
        bool ok = utf8_feed(&u, text.p, cut) && utf8_feed(&u, text.p + cut, text.n - cut);
        ck_assert(ok == (vectors[_i].bad_at < 0));
        ck_assert((ok && utf8_done(&u)) == (vectors[_i].bad_at == -2));
    }
}
END_TEST

/* The run over ASCII takes eight bytes at a time: a byte that is none must be seen wherever it
 * stands, in a text of any length and alignment. */
START_TEST(utf8_valid_bad_byte_anywhere_in_ascii_is_seen)
{
    static const char good[] = "0123456789abcdefghijklmnopqrstuv0123456789";

    for (size_t n = 1; n < sizeof(good); n++)
        for (size_t bad = 0; bad < n; bad++) {
            char *text = malloc(n); /* exactly: reading past it is noticed */
            ck_assert_ptr_nonnull(text);
            memcpy(text, good, n);
            ck_assert(utf8_valid(slice_of(text, n)));
            text[bad] = '\x80';
            ck_assert(!utf8_valid(slice_of(text, n)));
            ck_assert(utf8_valid(slice_of(text, bad)));
            ck_assert(utf8_valid(slice_of(text + bad + 1, n - bad - 1)));
            free(text);
        }
}
END_TEST

START_TEST(utf8_feed_of_nothing_changes_nothing)
{
    struct utf8 u;

    utf8_init(&u);
    ck_assert(utf8_feed(&u, NULL, 0));
    ck_assert(utf8_done(&u));
    ck_assert(utf8_feed(&u, "\xe2", 1));
    ck_assert(utf8_feed(&u, NULL, 0));
    ck_assert(!utf8_done(&u));
    ck_assert(utf8_feed(&u, "\x82\xac", 2));
    ck_assert(utf8_done(&u));
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("utf8");
    TCase *tc = tcase_create("utf8");
    int n = sizeof(vectors) / sizeof(vectors[0]);

    tcase_set_timeout(tc, TIMEOUT_S);
    tcase_add_test(tc, utf8_feed_every_byte_after_every_prefix_fails_at_the_first_impossible_one);
    tcase_add_test(tc, utf8_valid_every_code_point);
    tcase_add_loop_test(tc, utf8_valid_vector_as_expected, 0, n);
    tcase_add_loop_test(tc, utf8_feed_vector_byte_by_byte_fails_at_the_first_impossible_byte, 0, n);
    tcase_add_loop_test(tc, utf8_feed_vector_at_every_split_as_in_one, 0, n);
    tcase_add_test(tc, utf8_valid_bad_byte_anywhere_in_ascii_is_seen);
    tcase_add_test(tc, utf8_feed_of_nothing_changes_nothing);
    suite_add_tcase(s, tc);
    return s;
}
