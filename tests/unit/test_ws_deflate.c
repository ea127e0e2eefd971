#include "ws/deflate.h"

#include "base/buf.h"
#include "ws/inflate.h"

#include <check.h>
#include <stdlib.h>

Suite *suite(void);

/* ---- Negotiation (RFC 7692 7.1) ------------------------------------------------------------- */

#define NO_CONTEXT "permessage-deflate; server_no_context_takeover"
enum { MAX_PARAMS = 4, OUR_BITS = 12 };

static const struct {
    const char *params[MAX_PARAMS]; /* "name" or "name=value" */
    const char *answer;             /* NULL: the offer is declined */
} offers[] = {
    {{NULL}, NO_CONTEXT},
    {{"server_no_context_takeover"}, NO_CONTEXT},
    {{"client_no_context_takeover"}, NO_CONTEXT "; client_no_context_takeover"},
    {{"client_max_window_bits"}, NO_CONTEXT "; client_max_window_bits=12"},
    {{"client_max_window_bits=15"}, NO_CONTEXT "; client_max_window_bits=12"},
    {{"client_max_window_bits=12"}, NO_CONTEXT "; client_max_window_bits=12"},
    {{"client_max_window_bits=11"}, NO_CONTEXT "; client_max_window_bits=11"},
    {{"client_max_window_bits=8"}, NO_CONTEXT "; client_max_window_bits=8"},
    {{"server_max_window_bits=8"}, NO_CONTEXT "; server_max_window_bits=8"},
    {{"server_max_window_bits=9"}, NO_CONTEXT "; server_max_window_bits=9"},
    {{"server_max_window_bits=10"}, NO_CONTEXT "; server_max_window_bits=10"},
    {{"server_max_window_bits=15"}, NO_CONTEXT "; server_max_window_bits=15"},
    {{"client_max_window_bits", "server_max_window_bits=10", "client_no_context_takeover",
      "server_no_context_takeover"},
     NO_CONTEXT "; client_no_context_takeover; server_max_window_bits=10; "
                "client_max_window_bits=12"},
    /* Unknown, repeated, or with a value that is none. */
    {{"unknown"}, NULL},
    {{"Server_no_context_takeover"}, NULL},
    {{"server_no_context_takeover=1"}, NULL},
    {{"client_no_context_takeover=true"}, NULL},
    {{"server_no_context_takeover", "server_no_context_takeover"}, NULL},
    {{"client_no_context_takeover", "client_no_context_takeover"}, NULL},
    {{"server_max_window_bits=10", "server_max_window_bits=10"}, NULL},
    {{"client_max_window_bits", "client_max_window_bits"}, NULL},
    {{"client_max_window_bits=9", "client_max_window_bits"}, NULL},
    {{"server_max_window_bits"}, NULL},
    {{"server_max_window_bits="}, NULL},
    {{"server_max_window_bits=7"}, NULL},
    {{"server_max_window_bits=16"}, NULL},
    {{"server_max_window_bits=0"}, NULL},
    {{"server_max_window_bits=08"}, NULL},
    {{"server_max_window_bits=1"}, NULL},
    {{"server_max_window_bits=100"}, NULL},
    {{"server_max_window_bits=+9"}, NULL},
    {{"server_max_window_bits=a"}, NULL},
    {{"client_max_window_bits="}, NULL},
    {{"client_max_window_bits=7"}, NULL},
    {{"client_max_window_bits=16"}, NULL},
    {{"client_max_window_bits=015"}, NULL},
    {{"client_max_window_bits=1x"}, NULL},
};

static void add_param(struct ws_deflate_offer *offer, const char *param)
{
    struct slice value = slice_str(param);
    struct slice name = slice_cut(&value, '=');

    if (strchr(param, '=') == NULL)
        value = (struct slice){NULL, 0};
    else if (value.p == NULL)
        value = SLICE("");
    ws_deflate_offer_param(offer, name, value);
}

START_TEST(ws_deflate_offer_is_answered)
{
    char answer[WS_DEFLATE_ANSWER_MAX];
    struct ws_deflate_offer offer;

    ws_deflate_offer_init(&offer, SLICE("permessage-deflate"));
    for (int i = 0; i < MAX_PARAMS && offers[_i].params[i] != NULL; i++)
        add_param(&offer, offers[_i].params[i]);
    ck_assert_int_eq(offer.valid, offers[_i].answer != NULL);
    if (!offer.valid)
        return;
    struct ws_deflate_terms terms = ws_deflate_accept(&offer, OUR_BITS);
    ws_deflate_answer(&terms, answer);
    ck_assert_str_eq(answer, offers[_i].answer);
}
END_TEST

START_TEST(ws_deflate_offer_of_another_extension_is_declined)
{
    struct ws_deflate_offer offer;

    ws_deflate_offer_init(&offer, SLICE("x-webkit-deflate-frame"));
    ck_assert(!offer.valid);
    ws_deflate_offer_param(&offer, SLICE("client_max_window_bits"), (struct slice){NULL, 0});
    ck_assert(!offer.valid);
}
END_TEST

/* ---- Compression -------------------------------------------------------------------------- */

enum { LIMIT = 1 << 20 };

static struct ws_deflater deflater;
static struct ws_inflate_memory memory;
static struct buf out;

static void setup(void)
{
    memory = (struct ws_inflate_memory){.limit_bytes = LIMIT};
    buf_init(&out, LIMIT + 100);
}

static void teardown(void)
{
    ws_deflater_deinit(&deflater);
    buf_deinit(&out);
    ck_assert_uint_eq(memory.used_bytes, 0);
}

static struct ws_inflater *make_inflater(unsigned bits, bool keeps_context)
{
    struct ws_deflate_terms terms = {.client_no_context_takeover = !keeps_context,
                                     .client_window_bits = (uint8_t)bits};
    struct ws_inflater *inflater = ws_inflater_new(&memory, &terms);

    ck_assert_ptr_nonnull(inflater);
    return inflater;
}

/* Inflates a message in pieces of `size` bytes into `out`. */
static enum ws_inflate_status inflate_in(struct ws_inflater *inflater, struct slice in, size_t size,
                                         size_t limit)
{
    enum ws_inflate_status status = WS_INFLATE_OK;

    buf_clear(&out);
    for (size_t at = 0; status == WS_INFLATE_OK && at < in.n; at += size)
        status = ws_inflate(inflater, slice_of(in.p + at, size < in.n - at ? size : in.n - at),
                            &out, limit);
    return status == WS_INFLATE_OK ? ws_inflate_end(inflater, &out, limit) : status;
}

static void assert_inflates(struct ws_inflater *inflater, struct slice in, const char *expected)
{
    ck_assert_int_eq(inflate_in(inflater, in, SIZE_MAX / 2, LIMIT), WS_INFLATE_OK);
    ck_assert_str_eq(buf_cstr(&out), expected);
}

START_TEST(ws_deflate_and_inflate_give_the_message)
{
    static const size_t sizes[] = {100, 5000, 100000, LIMIT};
    size_t n = sizes[_i];
    char *text = malloc(n);
    char *packed = malloc(n);
    struct ws_inflater *inflater = make_inflater(15, true);

    ck_assert(text != NULL && packed != NULL);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + i * i % 17);
    for (int turn = 0; turn < 3; turn++) { /* the deflater keeps no context */
        size_t packed_n = ws_deflate(&deflater, slice_of(text, n), packed);
        ck_assert_uint_gt(packed_n, 0);
        ck_assert_uint_lt(packed_n, n);
        ck_assert_int_eq(inflate_in(inflater, slice_of(packed, packed_n), turn == 0 ? 1 : 1000, n),
                         WS_INFLATE_OK);
        ck_assert(slice_eq(buf_slice(&out), slice_of(text, n)));
        ck_assert_int_eq(inflate_in(inflater, slice_of(packed, packed_n), SIZE_MAX / 2, n),
                         WS_INFLATE_OK);
    }
    ws_inflater_free(inflater);
    free(packed);
    free(text);
}
END_TEST

START_TEST(ws_deflate_what_does_not_get_smaller_stays)
{
    char packed[256];
    char noise[256];

    for (int i = 0; i < 256; i++)
        noise[i] = (char)i;
    ck_assert_uint_eq(ws_deflate(&deflater, slice_of(noise, sizeof(noise)), packed), 0);
    for (size_t n = 0; n < 6; n++)
        ck_assert_uint_eq(ws_deflate(&deflater, slice_of("aaaaaa", n), packed), 0);
}
END_TEST

/* ---- Decompression ------------------------------------------------------------------------ */

/* RFC 7692 7.2.3 and what senders make of it. */
static const struct {
    struct slice in;
    const char *expected; /* NULL: corrupt */
} messages[] = {
    {SLICE_INIT("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello"},                 /* 7.2.3.1 */
    {SLICE_INIT("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"}, /* 7.2.3.3: stored */
    {SLICE_INIT("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello"},             /* 7.2.3.4: BFINAL */
    {SLICE_INIT("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"}, /* 7.2.3.5 */
    {SLICE_INIT("\x00"), ""},                                                      /* 7.2.3.6 */
    {SLICE_INIT(""), ""},
    {SLICE_INIT("\xf3\x48\xcd\xc9\xc9\x07\x00"), "Hello"}, /* without the byte behind BFINAL */
    {SLICE_INIT("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"), "Hello"}, /* tail not cut off */
    {SLICE_INIT("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "HelloHello"},
    {SLICE_INIT("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00"), "HelloHello"},
    {SLICE_INIT("\xff"), NULL},                         /* reserved type of block */
    {SLICE_INIT("\x00\x05\x00\xfa\xfe"), NULL},         /* LEN and NLEN differ */
    {SLICE_INIT("\xf2\x00\x11\x00\x00"), NULL},         /* a distance in front of the first byte */
    {SLICE_INIT("\x00\x05\x00\xfa\xff\x48\x65"), NULL}, /* cut off */
    {SLICE_INIT("\xf2\x48\xcd"), NULL},
    {SLICE_INIT("\xf3\x48\xcd\xc9\xc9\x07\x00\xff"), NULL}, /* behind BFINAL */
};

START_TEST(ws_inflate_message_in_any_pieces)
{
    for (size_t size = 1; size <= messages[_i].in.n + 1; size++) {
        for (int keeps_context = 0; keeps_context < 2; keeps_context++) {
            struct ws_inflater *inflater = make_inflater(15, keeps_context);
            enum ws_inflate_status status = inflate_in(inflater, messages[_i].in, size, LIMIT);
            if (messages[_i].expected == NULL) {
                ck_assert_int_eq(status, WS_INFLATE_CORRUPT);
            } else {
                ck_assert_int_eq(status, WS_INFLATE_OK);
                ck_assert_str_eq(buf_cstr(&out), messages[_i].expected);
            }
            ws_inflater_free(inflater);
        }
    }
}
END_TEST

/* 7.2.3.2: the second message refers to the first. */
START_TEST(ws_inflate_context_is_kept_when_agreed)
{
    const struct slice first = SLICE("\xf2\x48\xcd\xc9\xc9\x07\x00");
    const struct slice second = SLICE("\xf2\x00\x11\x00\x00");
    const struct slice final = SLICE("\xf3\x48\xcd\xc9\xc9\x07\x00\x00");
    struct ws_inflater *inflater = make_inflater(9, true);

    assert_inflates(inflater, first, "Hello");
    assert_inflates(inflater, second, "Hello");
    assert_inflates(inflater, SLICE("\x00"), "");
    assert_inflates(inflater, second, "Hello");
    assert_inflates(inflater, final, "Hello"); /* BFINAL does not end the context */
    assert_inflates(inflater, second, "Hello");
    ws_inflater_free(inflater);

    inflater = make_inflater(9, false);
    assert_inflates(inflater, first, "Hello");
    ck_assert_int_eq(inflate_in(inflater, second, 1, LIMIT), WS_INFLATE_CORRUPT);
    ws_inflater_free(inflater);
}
END_TEST

/* The output of each step is full when the stream ends; nothing is held back. */
START_TEST(ws_inflate_final_block_that_fills_the_output)
{
    struct ws_inflater *inflater = make_inflater(15, true);
    char block[5 + 4096] = "\x01\x00\x10\xff\xef"; /* stored, BFINAL */

    memset(block + 5, 'a', 4096);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(inflate_in(inflater, slice_of(block, sizeof(block)), SIZE_MAX / 2, LIMIT),
                         WS_INFLATE_OK);
        ck_assert_uint_eq(out.n, 4096);
    }
    ws_inflater_free(inflater);
}
END_TEST

START_TEST(ws_inflate_stops_at_the_limit)
{
    enum { BOMB = 10 << 20 };
    char *zeroes = calloc(1, BOMB);
    char *packed = malloc(BOMB);

    ck_assert(zeroes != NULL && packed != NULL);
    size_t n = ws_deflate(&deflater, slice_of(zeroes, BOMB), packed);
    ck_assert_uint_lt(n, 100000);
    for (size_t limit = 0; limit < 10000; limit = limit * 2 + 1) {
        struct ws_inflater *inflater = make_inflater(15, false);
        ck_assert_int_eq(inflate_in(inflater, slice_of(packed, n), SIZE_MAX / 2, limit),
                         WS_INFLATE_TOO_LARGE);
        ck_assert_uint_eq(out.n, limit + 1);
        ws_inflater_free(inflater);
    }
    size_t hundred = ws_deflate(&deflater, slice_of(zeroes, 100), packed);
    struct ws_inflater *inflater = make_inflater(15, true);
    ck_assert_int_eq(inflate_in(inflater, slice_of(packed, hundred), 1, 100), WS_INFLATE_OK);
    ck_assert_int_eq(inflate_in(inflater, slice_of(packed, hundred), 1, 99), WS_INFLATE_TOO_LARGE);
    ws_inflater_free(inflater);
    free(packed);
    free(zeroes);
}
END_TEST

/* ---- Memory ------------------------------------------------------------------------------- */

START_TEST(ws_inflater_that_keeps_context_has_its_memory_at_once)
{
    struct ws_deflate_terms terms = {.client_window_bits = 12};

    memory.limit_bytes = 2 * ((4 + 8) << 10) - 1;
    struct ws_inflater *first = ws_inflater_new(&memory, &terms);
    ck_assert(!terms.client_no_context_takeover);
    ck_assert_uint_eq(memory.used_bytes, (4 + 8) << 10);
    struct ws_inflater *second = ws_inflater_new(&memory, &terms);
    ck_assert(terms.client_no_context_takeover);
    ck_assert_uint_eq(memory.used_bytes, (4 + 8) << 10);
    ws_inflater_free(first);
    ws_inflater_free(second);
}
END_TEST

START_TEST(ws_inflater_without_context_has_memory_inside_a_message_only)
{
    struct ws_inflater *first = make_inflater(12, false);
    struct ws_inflater *second = make_inflater(12, false);

    memory.limit_bytes = 2 * ((4 + 8) << 10) - 1;
    ck_assert_uint_eq(memory.used_bytes, 0);
    ck_assert_int_eq(ws_inflate(first, SLICE("\xf2\x48"), &out, LIMIT), WS_INFLATE_OK);
    ck_assert_uint_eq(memory.used_bytes, (4 + 8) << 10);
    ck_assert_int_eq(ws_inflate(second, SLICE("\xf2\x48"), &out, LIMIT), WS_INFLATE_NO_ROOM);
    ck_assert_int_eq(ws_inflate(first, SLICE("\xcd\xc9\xc9\x07\x00"), &out, LIMIT), WS_INFLATE_OK);
    ck_assert_int_eq(ws_inflate_end(first, &out, LIMIT), WS_INFLATE_OK);
    ck_assert_uint_eq(memory.used_bytes, 0);
    assert_inflates(second, SLICE("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello");
    memory.limit_bytes = 0; /* less than is in use, after a reload */
    ck_assert_int_eq(ws_inflate(first, SLICE("\xf2\x48"), &out, LIMIT), WS_INFLATE_NO_ROOM);
    ws_inflater_free(first);
    ws_inflater_free(second);
    ws_inflater_free(NULL);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *suite(void)
{
    Suite *s = suite_create("ws_deflate");
    TCase *tc = tcase_create("deflate");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ws_deflate_offer_is_answered, 0, COUNT(offers));
    tcase_add_test(tc, ws_deflate_offer_of_another_extension_is_declined);
    tcase_add_loop_test(tc, ws_deflate_and_inflate_give_the_message, 0, 4);
    tcase_add_test(tc, ws_deflate_what_does_not_get_smaller_stays);
    tcase_add_loop_test(tc, ws_inflate_message_in_any_pieces, 0, COUNT(messages));
    tcase_add_test(tc, ws_inflate_context_is_kept_when_agreed);
    tcase_add_test(tc, ws_inflate_final_block_that_fills_the_output);
    tcase_add_test(tc, ws_inflate_stops_at_the_limit);
    tcase_add_test(tc, ws_inflater_that_keeps_context_has_its_memory_at_once);
    tcase_add_test(tc, ws_inflater_without_context_has_memory_inside_a_message_only);
    suite_add_tcase(s, tc);
    return s;
}
