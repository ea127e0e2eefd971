#include "ws_feed.h"

Suite *suite(void);

/* ---- Streams ------------------------------------------------------------------------------ */

struct part {
    unsigned first;
    struct slice payload;
};

#define P(first, literal)                                                                          \
    {                                                                                              \
        (first), SLICE_INIT(literal)                                                               \
    }
#define LIMIT_10 "0123456789"

static const struct {
    struct part parts[7]; /* up to one with first == 0 and no payload pointer */
    const char *expected; /* with LIMIT 10 */
} streams[] = {
    /* Messages. */
    {{P(0x81, "Hello")}, "text(5)=Hello "},
    {{P(0x81, "")}, "text(0)= "},
    {{P(0x82, "")}, "binary(0)= "},
    {{P(0x82, "\xff\xfe")}, "binary(2)=\xff\xfe "},
    {{P(0x81, "a"), P(0x82, "b"), P(0x81, "c")}, "text(1)=a binary(1)=b text(1)=c "},
    {{P(0x81, "\xe2\x82\xac \xf0\x9f\x98\x80")}, "text(8)=\xe2\x82\xac \xf0\x9f\x98\x80 "},
    /* Fragments (RFC 6455 5.4). */
    {{P(0x01, "Hel"), P(0x80, "lo")}, "text(5)=Hello "},
    {{P(0x02, "\x80"), P(0x80, "\x81")}, "binary(2)=\x80\x81 "},
    {{P(0x01, ""), P(0x00, ""), P(0x80, "")}, "text(0)= "},
    {{P(0x01, ""), P(0x80, "all")}, "text(3)=all "},
    {{P(0x01, "all"), P(0x80, "")}, "text(3)=all "},
    {{P(0x01, "a"), P(0x00, ""), P(0x00, "b"), P(0x80, "c"), P(0x81, "d")},
     "text(3)=abc text(1)=d "},
    {{P(0x01, "\xe2"), P(0x00, "\x82"), P(0x80, "\xac")}, "text(3)=\xe2\x82\xac "},
    {{P(0x01, "\xe2"), P(0x89, "\xff"), P(0x80, "\x82\xac")}, "ping(1)=\xff text(3)=\xe2\x82\xac "},
    {{P(0x02, "a"), P(0x80, "b"), P(0x01, "c"), P(0x80, "d")}, "binary(2)=ab text(2)=cd "},
    /* Control frames, also inside a message (5.5). */
    {{P(0x89, "")}, "ping(0)= "},
    {{P(0x89, "Hello")}, "ping(5)=Hello "},
    {{P(0x8a, "Hello")}, "pong(5)=Hello "},
    {{P(0x01, "a"), P(0x89, "1"), P(0x00, "b"), P(0x8a, "2"), P(0x80, "c")},
     "ping(1)=1 pong(1)=2 text(3)=abc "},
    {{P(0x01, ""), P(0x89, "first"), P(0x80, "abc")}, "ping(5)=first text(3)=abc "},
    {{P(0x01, "abc"), P(0x89, ""), P(0x89, "xyzxyzxyzxyz"), P(0x80, "")},
     "ping(0)= ping(12)=xyzxyzxyzxyz text(3)=abc "},
    {{P(0x89, "larger than the limit of messages")}, "ping(33)=larger than the limit of messages "},
    /* Close (5.5.1, 7.1.5): nothing after it counts. */
    {{P(0x88, "")}, "1005 close(0)= "},
    {{P(0x88, "\x03\xe8")}, "1000 close(0)= "},
    {{P(0x88, "\x03\xe9going, \xe2\x82\xac")}, "1001 close(10)=going, \xe2\x82\xac "},
    {{P(0x88, "\x03\xe8"), P(0x81, "late")}, "1000 close(0)= "},
    {{P(0x81, "a"), P(0x88, "\x03\xe8"), P(0x88, "\x03\xe9")}, "text(1)=a 1000 close(0)= "},
    {{P(0x01, "a"), P(0x88, "\x0f\xa0wait"), P(0x80, "b")}, "4000 close(4)=wait "},
    {{P(0x88, "\x03")}, "fail 1002 close code cut off"},
    {{P(0x88, "\x03\xee")}, "fail 1002 invalid close code"},
    {{P(0x88, "\x03\xe8\xff")}, "fail 1007 invalid UTF-8 in the close reason"},
    {{P(0x88, "\x03\xe8\xe2\x82")}, "fail 1007 invalid UTF-8 in the close reason"},
    /* The order of frames. */
    {{P(0x80, "x")}, "fail 1002 continuation without a message"},
    {{P(0x00, "x")}, "fail 1002 continuation without a message"},
    {{P(0x81, "a"), P(0x80, "x")}, "text(1)=a fail 1002 continuation without a message"},
    {{P(0x01, "a"), P(0x80, "b"), P(0x80, "c")},
     "text(2)=ab fail 1002 continuation without a message"},
    {{P(0x01, "a"), P(0x81, "b")}, "fail 1002 new message inside a message"},
    {{P(0x01, "a"), P(0x01, "b")}, "fail 1002 new message inside a message"},
    {{P(0x02, ""), P(0x82, "")}, "fail 1002 new message inside a message"},
    {{P(0x01, "a"), P(0x89, "p"), P(0x82, "b")},
     "ping(1)=p fail 1002 new message inside a message"},
    {{P(0x89, "a"), P(0x80, "x")}, "ping(1)=a fail 1002 continuation without a message"},
    /* UTF-8 (8.1). */
    {{P(0x81, "a\xff")}, "fail 1007 invalid UTF-8"},
    {{P(0x81, "\xe2\x82")}, "fail 1007 invalid UTF-8"},
    {{P(0x01, "\xe2"), P(0x80, "(")}, "fail 1007 invalid UTF-8"},
    {{P(0x01, "\xe2\x82"), P(0x80, "")}, "fail 1007 invalid UTF-8"},
    {{P(0x01, "\xed"), P(0x00, "\xa0"), P(0x80, "\x80")}, "fail 1007 invalid UTF-8"},
    {{P(0x81, "a"), P(0x81, "\xc0")}, "text(1)=a fail 1007 invalid UTF-8"},
    {{P(0x01, "\xe2"), P(0x89, "p"), P(0x80, "x")}, "ping(1)=p fail 1007 invalid UTF-8"},
    {{P(0x82, "\xe2"), P(0x81, "ok")}, "binary(1)=\xe2 text(2)=ok "},
    {{P(0x01, "\xe2"), P(0x00, "\x82"), P(0x80, "\xac"), P(0x81, "b")},
     "text(3)=\xe2\x82\xac text(1)=b "},
    /* The limit, here 10 bytes (1009). */
    {{P(0x81, LIMIT_10)}, "text(10)=" LIMIT_10 " "},
    {{P(0x81, LIMIT_10 "x")}, "fail 1009 message too large"},
    {{P(0x82, LIMIT_10 "x")}, "fail 1009 message too large"},
    {{P(0x02, "01234"), P(0x80, "56789"), P(0x82, LIMIT_10)},
     "binary(10)=" LIMIT_10 " binary(10)=" LIMIT_10 " "},
    {{P(0x01, "01234"), P(0x80, "567890")}, "fail 1009 message too large"},
    {{P(0x01, LIMIT_10), P(0x89, LIMIT_10 "x"), P(0x80, "")},
     "ping(11)=" LIMIT_10 "x text(10)=" LIMIT_10 " "},
    {{P(0x01, LIMIT_10), P(0x00, ""), P(0x00, "x"), P(0x80, "")}, "fail 1009 message too large"},
};

static void put_parts(const struct part *parts, size_t max)
{
    for (size_t i = 0; i < max && parts[i].payload.p != NULL; i++)
        put_frame(parts[i].first, parts[i].payload);
}

START_TEST(ws_decoder_stream_in_any_pieces_gives_the_events)
{
    put_parts(streams[_i].parts, 7);
    check(10, streams[_i].expected);
}
END_TEST

/* ---- Failing fast --------------------------------------------------------------------------- */

/* The rest of the frame, and of the character, never comes. */
START_TEST(ws_decoder_impossible_utf8_fails_in_the_middle_of_a_frame)
{
    static const struct {
        struct slice text;
        size_t bad_at;
    } cases[] = {{SLICE_INIT("Hello \xff world"), 6},
                 {SLICE_INIT("\xc3\x28 and more"), 1},
                 {SLICE_INIT("\xf4\x90\x80\x80"), 1},
                 {SLICE_INIT("\xed\xa0\x80"), 1},
                 {SLICE_INIT("0123456789abcdef\xe2\x82\x28...."), 18}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int fin = 0; fin <= FIN; fin += FIN) {
            buf_clear(&wire);
            put_frame((unsigned)fin | WS_OP_TEXT, cases[i].text);
            wire.n = 6 + cases[i].bad_at;
            check(LIMIT, "");
            wire.n++;
            check(LIMIT, "fail 1007 invalid UTF-8");
        }
    }
}
END_TEST

START_TEST(ws_decoder_after_a_failure_repeats_it)
{
    struct ws_decoder d;
    struct ws_event ev;
    char bad[] = "\x91\x80";
    char good[] = "\x81\x80\0\0\0\0";
    size_t used;

    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert(ws_decoder_next(&d, bad, 2, &used, &ev) == WS_FAIL);
    ck_assert_uint_eq(ev.close_code, 1002);
    const char *reason = ev.reason;
    for (int i = 0; i < 2; i++) {
        used = 99;
        ck_assert(ws_decoder_next(&d, good, 6, &used, &ev) == WS_FAIL);
        ck_assert_uint_eq(used, 0);
        ck_assert_uint_eq(ev.close_code, 1002);
        ck_assert_str_eq(ev.reason, reason);
    }
    ck_assert(ws_decoder_next(&d, NULL, 0, &used, &ev) == WS_FAIL);
    ws_decoder_deinit(&d);
}
END_TEST

START_TEST(ws_decoder_after_a_close_refuses_everything)
{
    struct ws_decoder d;
    struct ws_event ev;
    size_t used;

    put_frame(FIN | WS_OP_CLOSE, SLICE("\x03\xe8"));
    put_frame(FIN | WS_OP_TEXT, SLICE("late"));
    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert(ws_decoder_next(&d, wire.p, wire.n, &used, &ev) == WS_CLOSE);
    ck_assert_uint_eq(used, 8);
    ck_assert_uint_eq(ev.close_code, 1000);
    for (int i = 0; i < 2; i++) {
        ck_assert(ws_decoder_next(&d, wire.p + 8, wire.n - 8, &used, &ev) == WS_FAIL);
        ck_assert_uint_eq(used, 0);
        ck_assert_uint_eq(ev.close_code, 1002);
        ck_assert_str_eq(ev.reason, "data after a Close frame");
    }
    ws_decoder_deinit(&d);
}
END_TEST

/* ---- Memory ------------------------------------------------------------------------------- */

START_TEST(ws_decoder_whole_frame_is_returned_in_place)
{
    struct ws_decoder d;
    struct ws_event ev;
    size_t used;

    put_frame(FIN | WS_OP_TEXT, SLICE("Hello"));
    put_frame(FIN | WS_OP_PING, SLICE("p"));
    put_frame(WS_OP_BINARY, SLICE(""));
    put_frame(FIN, SLICE("last"));
    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert(ws_decoder_next(&d, wire.p, wire.n, &used, &ev) == WS_MESSAGE);
    ck_assert_ptr_eq(ev.payload, wire.p + 6);
    ck_assert_uint_eq(used, 11);
    ck_assert(ws_decoder_next(&d, wire.p + 11, wire.n - 11, &used, &ev) == WS_PING);
    ck_assert_ptr_eq(ev.payload, wire.p + 17);
    ck_assert_uint_eq(used, 7);
    ck_assert(ws_decoder_next(&d, wire.p + 18, wire.n - 18, &used, &ev) == WS_MESSAGE);
    ck_assert_ptr_eq(ev.payload, wire.p + wire.n - 4);
    ck_assert_ptr_null(d.buf.p);
    ws_decoder_deinit(&d);
}
END_TEST

START_TEST(ws_decoder_one_event_per_call_leaves_the_rest_untouched)
{
    struct ws_decoder d;
    struct ws_event ev;
    size_t used;

    put_frame(FIN | WS_OP_TEXT, SLICE("a"));
    size_t first = wire.n;
    put_frame(FIN | WS_OP_TEXT, SLICE("bcd"));
    char *copy = malloc(wire.n);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, wire.p, wire.n);
    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert(ws_decoder_next(&d, wire.p, wire.n, &used, &ev) == WS_MESSAGE);
    ck_assert_uint_eq(used, first);
    ck_assert(memcmp(wire.p + first, copy + first, wire.n - first) == 0);
    free(copy);
    ws_decoder_deinit(&d);
}
END_TEST

/* An event from the decoder's memory stays until the next call, which frees it: a connection owns
 * no memory between messages. */
START_TEST(ws_decoder_owns_memory_only_inside_an_event)
{
    struct ws_decoder d;
    struct ws_event ev;
    size_t used;

    put_frame(FIN | WS_OP_TEXT, SLICE("Hello"));
    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert_ptr_null(d.buf.p);
    ck_assert(ws_decoder_next(&d, wire.p, 8, &used, &ev) == WS_MORE);
    ck_assert_ptr_nonnull(d.buf.p);
    ck_assert(ws_decoder_next(&d, wire.p + 8, wire.n - 8, &used, &ev) == WS_MESSAGE);
    ck_assert(slice_eq(slice_of(ev.payload, ev.payload_bytes), SLICE("Hello")));
    ck_assert(ws_decoder_next(&d, NULL, 0, &used, &ev) == WS_MORE);
    ck_assert_ptr_null(d.buf.p);

    buf_clear(&wire);
    put_frame(FIN | WS_OP_PING, SLICE("Hello"));
    ck_assert(ws_decoder_next(&d, wire.p, 8, &used, &ev) == WS_MORE);
    ck_assert(ws_decoder_next(&d, wire.p + 8, wire.n - 8, &used, &ev) == WS_PING);
    ck_assert(ws_decoder_next(&d, NULL, 0, &used, &ev) == WS_MORE);
    ck_assert_ptr_null(d.buf.p);
    ws_decoder_deinit(&d);
}
END_TEST

START_TEST(ws_decoder_header_alone_takes_no_memory)
{
    struct ws_decoder d;
    struct ws_event ev;
    char header[] = "\x82\xff\0\0\0\0\0\x10\0\0mask"; /* of LIMIT bytes */
    size_t used;

    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert(ws_decoder_next(&d, header, 14, &used, &ev) == WS_MORE);
    ck_assert_uint_eq(used, 14);
    ck_assert_uint_eq(d.buf.cap, 0);
    char byte = 0;
    ck_assert(ws_decoder_next(&d, &byte, 1, &used, &ev) == WS_MORE);
    ck_assert_uint_lt(d.buf.cap, 1024);
    ws_decoder_deinit(&d);
}
END_TEST

START_TEST(ws_decoder_failure_frees_the_message)
{
    struct ws_decoder d;
    struct ws_event ev;
    size_t used;

    put_frame(WS_OP_TEXT, SLICE("Hello"));
    put_frame(FIN, SLICE("\xff"));
    ws_decoder_init(&d, LIMIT, NULL);
    ck_assert(ws_decoder_next(&d, wire.p, wire.n, &used, &ev) == WS_FAIL);
    ck_assert_ptr_null(d.buf.p);
}
END_TEST

START_TEST(ws_decoder_is_small)
{
    ck_assert_uint_le(sizeof(struct ws_decoder), 80);
}
END_TEST

START_TEST(ws_decoder_without_limit_takes_messages)
{
    put_frame(FIN | WS_OP_TEXT, SLICE("Hello"));
    check(SIZE_MAX, "text(5)=Hello ");
    buf_clear(&wire);
    put_frame(FIN | WS_OP_TEXT, SLICE(""));
    put_frame(FIN | WS_OP_TEXT, SLICE("x"));
    check(0, "text(0)= fail 1009 message too large");
}
END_TEST

/* ---- Many fragments, many messages ---------------------------------------------------------- */

enum { FRAGMENTS = 65536 };

/* 0: empty fragments, 1: of a byte, 2: of a byte with a ping behind each. */
START_TEST(ws_decoder_65536_fragments_are_cheap)
{
    struct slice payload = letters(FRAGMENTS);
    size_t bytes = _i == 0 ? 0 : 1;
    struct ws_decoder d;
    struct ws_event ev;
    size_t at = 0;
    size_t pings = 0;
    enum ws_status status;

    for (size_t i = 0; i < FRAGMENTS; i++) {
        unsigned fin = i == FRAGMENTS - 1 ? FIN : 0;
        put_frame(fin | (i == 0 ? WS_OP_TEXT : 0), slice_of(payload.p + i, bytes));
        if (_i == 2 && fin == 0)
            put_frame(FIN | WS_OP_PING, slice_of(payload.p + i, 1));
    }
    ws_decoder_init(&d, LIMIT, NULL);
    do { /* in pieces of three bytes, so that control frames are split, too */
        size_t used;
        size_t n = wire.n - at < 3 ? wire.n - at : 3;
        status = ws_decoder_next(&d, wire.p + at, n, &used, &ev);
        at += used;
        if (status == WS_PING && *ev.payload == payload.p[pings])
            pings++;
    } while (status == WS_PING || (status == WS_MORE && at < wire.n));
    ck_assert(status == WS_MESSAGE);
    ck_assert_uint_eq(at, wire.n);
    ck_assert(
        slice_eq(slice_of(ev.payload, ev.payload_bytes), slice_of(payload.p, bytes * FRAGMENTS)));
    ck_assert_uint_eq(pings, _i == 2 ? FRAGMENTS - 1 : 0);
    ws_decoder_deinit(&d);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void put_random_message(uint32_t *seed)
{
    size_t fragments = 1 + next_random(seed) % 4;
    unsigned opcode = 1 + next_random(seed) % 2;

    for (size_t i = 0; i < fragments; i++) {
        size_t n = next_random(seed) % (next_random(seed) % 8 == 0 ? 70000 : 200);
        put_frame((i == 0 ? opcode : 0) | (i == fragments - 1 ? FIN : 0), letters(n));
        if (next_random(seed) % 3 == 0)
            put_frame(FIN | WS_OP_PING, letters(next_random(seed) % 126));
    }
}

START_TEST(ws_decoder_random_stream_in_random_pieces_as_in_one)
{
    uint32_t seed = (uint32_t)_i * 2654435761u + 1;

    for (int i = 0; i < 20; i++)
        put_random_message(&seed);
    char *expected = strdup(run_whole());
    ck_assert_ptr_nonnull(expected);
    ck_assert_ptr_null(strstr(expected, "fail"));
    for (int i = 0; i < 20; i++) {
        size_t first = 1 + next_random(&seed) % wire.n;
        size_t size = 1 + next_random(&seed) % (i < 5 ? 20 : 10000);
        ck_assert_str_eq(run(LIMIT, first, size), expected);
    }
    free(expected);
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

Suite *suite(void)
{
    Suite *s = suite_create("ws_message");
    TCase *tc = tcase_create("message");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ws_decoder_stream_in_any_pieces_gives_the_events, 0, COUNT(streams));
    tcase_add_test(tc, ws_decoder_impossible_utf8_fails_in_the_middle_of_a_frame);
    tcase_add_test(tc, ws_decoder_after_a_failure_repeats_it);
    tcase_add_test(tc, ws_decoder_after_a_close_refuses_everything);
    tcase_add_test(tc, ws_decoder_whole_frame_is_returned_in_place);
    tcase_add_test(tc, ws_decoder_one_event_per_call_leaves_the_rest_untouched);
    tcase_add_test(tc, ws_decoder_owns_memory_only_inside_an_event);
    tcase_add_test(tc, ws_decoder_header_alone_takes_no_memory);
    tcase_add_test(tc, ws_decoder_failure_frees_the_message);
    tcase_add_test(tc, ws_decoder_is_small);
    tcase_add_test(tc, ws_decoder_without_limit_takes_messages);
    tcase_add_loop_test(tc, ws_decoder_65536_fragments_are_cheap, 0, 3);
    tcase_add_loop_test(tc, ws_decoder_random_stream_in_random_pieces_as_in_one, 0, 10);
    suite_add_tcase(s, tc);
    return s;
}
