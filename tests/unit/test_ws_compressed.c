#include "ws_feed.h"

Suite *suite(void);

enum { RSV1 = 0x40 };

#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00" /* RFC 7692 7.2.3.1 */
#define AGAIN "\xf2\x00\x11\x00\x00"         /* 7.2.3.2: refers to the message before */

static struct ws_inflate_memory memory = {.limit_bytes = LIMIT};
static bool keeps_context;

static struct ws_inflater *make(void)
{
    struct ws_deflate_terms terms = {.client_no_context_takeover = !keeps_context,
                                     .client_window_bits = 15};

    return ws_inflater_new(&memory, &terms);
}

static void setup_compressed(void)
{
    setup();
    make_inflater = make;
    keeps_context = true;
}

static void teardown_compressed(void)
{
    ck_assert_uint_eq(memory.used_bytes, 0);
    teardown();
}

/* ---- Streams ------------------------------------------------------------------------------ */

struct part {
    unsigned first;
    struct slice payload;
};

#define P(first, literal)                                                                          \
    {                                                                                              \
        (first), SLICE_INIT(literal)                                                               \
    }

static const struct {
    struct part parts[5]; /* up to one with first == 0 and no payload pointer */
    const char *expected; /* with LIMIT 10 */
} streams[] = {
    {{P(0xc1, HELLO)}, "text(5)=Hello "},
    {{P(0xc2, HELLO)}, "binary(5)=Hello "},
    {{P(0xc1, HELLO), P(0xc1, AGAIN)}, "text(5)=Hello text(5)=Hello "},
    {{P(0xc1, HELLO), P(0x82, "plain"), P(0xc1, AGAIN)},
     "text(5)=Hello binary(5)=plain text(5)=Hello "},
    {{P(0x41, "\xf2\x48\xcd"), P(0x80, "\xc9\xc9\x07\x00")}, "text(5)=Hello "},
    {{P(0x41, ""), P(0x00, HELLO), P(0x80, "")}, "text(5)=Hello "},
    {{P(0x41, "\xf2\x48\xcd"), P(0x89, "ping"), P(0x00, "\xc9"), P(0x8a, ""),
      P(0x80, "\xc9\x07\x00")},
     "ping(4)=ping pong(0)= text(5)=Hello "},
    {{P(0xc1, "\x00")}, "text(0)= "},
    {{P(0xc1, "")}, "text(0)= "},
    {{P(0x41, ""), P(0x80, "")}, "text(0)= "},
    {{P(0x41, "\xf2\x48\xcd"), P(0x88, "\x03\xe8")}, "1000 close(0)= "},
    /* RSV1 (RFC 7692 6). */
    {{P(0x41, "\xf2"), P(0xc0, "\x48")}, "fail 1002 reserved bit set"},
    {{P(0x01, "a"), P(0xc0, "b")}, "fail 1002 reserved bit set"},
    {{P(0xc9, "")}, "fail 1002 reserved bit set"},
    {{P(0xca, "")}, "fail 1002 reserved bit set"},
    {{P(0xc8, "")}, "fail 1002 reserved bit set"},
    {{P(0xe1, HELLO)}, "fail 1002 reserved bit set"},
    {{P(0x91, HELLO)}, "fail 1002 reserved bit set"},
    {{P(0xc3, HELLO)}, "fail 1002 reserved bit set"},
    {{P(0x41, "\xf2"), P(0xc1, HELLO)}, "fail 1002 new message inside a message"},
    /* Corrupt, or no text. */
    {{P(0xc1, "\xff")}, "fail 1007 corrupt compressed data"},
    {{P(0x41, "\xff")}, "fail 1007 corrupt compressed data"},
    {{P(0xc1, "\xf2\x48")}, "fail 1007 corrupt compressed data"},
    {{P(0xc1, HELLO), P(0xc1, "\xff")}, "text(5)=Hello fail 1007 corrupt compressed data"},
    {{P(0xc1, AGAIN)}, "fail 1007 corrupt compressed data"},
    {{P(0x41, "\x00\x02\x00\xfd\xff\xc3\x28")}, "fail 1007 invalid UTF-8"},
    {{P(0xc1, "\x00\x01\x00\xfe\xff\xc3\x00")}, "fail 1007 invalid UTF-8"},
    {{P(0xc2, "\x00\x01\x00\xfe\xff\xc3\x00")}, "binary(1)=\xc3 "},
    {{P(0x41, "\x00\x01\x00\xfe\xff\xc3"), P(0x80, "\x00\x01\x00\xfe\xff\xa9\x00")},
     "text(2)=\xc3\xa9 "},
    /* The limit, here 10 bytes of the message. */
    {{P(0xc1, "\x00\x0a\x00\xf5\xff"
              "0123456789\x00")},
     "text(10)=0123456789 "},
    {{P(0xc1, "\x00\x0b\x00\xf4\xff"
              "0123456789a\x00")},
     "fail 1009 message too large"},
    {{P(0x41, "\x00\x0b\x00\xf4\xff"
              "0123456789a")},
     "fail 1009 message too large"},
};

static void put_stream(const struct part *parts)
{
    for (size_t i = 0; i < 5 && parts[i].payload.p != NULL; i++)
        put_frame(parts[i].first, parts[i].payload);
}

START_TEST(ws_decoder_compressed_stream_in_any_pieces_gives_the_events)
{
    put_stream(streams[_i].parts);
    check(10, streams[_i].expected);
}
END_TEST

START_TEST(ws_decoder_without_context_forgets_it)
{
    keeps_context = false;
    put_frame(0xc1, SLICE(HELLO));
    put_frame(0xc1, SLICE(HELLO));
    put_frame(0xc1, SLICE(AGAIN));
    check(10, "text(5)=Hello text(5)=Hello fail 1007 corrupt compressed data");
}
END_TEST

START_TEST(ws_decoder_without_room_for_another_inflater_fails)
{
    keeps_context = false;
    memory.limit_bytes = 1000;
    put_frame(0x81, SLICE("plain"));
    put_frame(0xc1, SLICE(HELLO));
    check(10, "text(5)=plain fail 1013 too many compressed messages at a time");
    memory.limit_bytes = LIMIT;
}
END_TEST

/* A frame of LIMIT + LIMIT / 64 + 1024 bytes could be a message without compression. */
START_TEST(ws_decoder_compressed_frame_too_large_fails_with_the_length)
{
    put("\xc2\xff\0\0\0\0\0\x10\x44\0", 10);
    check(LIMIT, "");
    buf_clear(&wire);
    put("\xc2\xff\0\0\0\0\0\x10\x44\x01", 10);
    check(LIMIT, "fail 1009 message too large");
    buf_clear(&wire);
    put_frame(0x42, SLICE(""));
    put("\x80\xff\0\0\0\0\0\x10\x44\x01", 10);
    check(LIMIT, "fail 1009 message too large");
}
END_TEST

START_TEST(ws_decoder_is_good_after_a_compressed_message_of_many_fragments)
{
    put_frame(RSV1 | WS_OP_TEXT, SLICE(""));
    for (int i = 0; i < 1000; i++) {
        put_frame(0, SLICE("\x00\x01\x00\xfe\xff"
                           "a"));
        put_frame(0, SLICE(""));
    }
    put_frame(FIN, SLICE("\x00"));
    put_frame(FIN | WS_OP_TEXT, SLICE("plain"));
    char *expected = strdup(run_whole());
    ck_assert_ptr_nonnull(expected);
    ck_assert_int_eq(strncmp(expected, "text(1000)=", 11), 0);
    ck_assert_ptr_nonnull(strstr(expected, " text(5)=plain "));
    ck_assert_str_eq(run(LIMIT, 1, 1), expected);
    free(expected);
}
END_TEST

Suite *suite(void)
{
    Suite *s = suite_create("ws_compressed");
    TCase *tc = tcase_create("compressed");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup_compressed, teardown_compressed);
    tcase_add_loop_test(tc, ws_decoder_compressed_stream_in_any_pieces_gives_the_events, 0,
                        COUNT(streams));
    tcase_add_test(tc, ws_decoder_without_context_forgets_it);
    tcase_add_test(tc, ws_decoder_without_room_for_another_inflater_fails);
    tcase_add_test(tc, ws_decoder_compressed_frame_too_large_fails_with_the_length);
    tcase_add_test(tc, ws_decoder_is_good_after_a_compressed_message_of_many_fragments);
    suite_add_tcase(s, tc);
    return s;
}
