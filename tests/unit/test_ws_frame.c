#include "ws_feed.h"

Suite *suite(void);

/* ---- Headers: where exactly they fail ------------------------------------------------------- */

static const struct {
    struct slice bytes; /* the last one is the one that is wrong */
    const char *expected;
} bad_headers[] = {
    {SLICE_INIT("\xc1"), "fail 1002 reserved bit set"},
    {SLICE_INIT("\xa1"), "fail 1002 reserved bit set"},
    {SLICE_INIT("\x91"), "fail 1002 reserved bit set"},
    {SLICE_INIT("\xf1"), "fail 1002 reserved bit set"},
    {SLICE_INIT("\xc9"), "fail 1002 reserved bit set"},
    {SLICE_INIT("\x83"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x84"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x85"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x86"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x87"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x03"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x8b"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x8c"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x8d"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x8e"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x8f"), "fail 1002 reserved opcode"},
    {SLICE_INIT("\x08"), "fail 1002 fragmented control frame"},
    {SLICE_INIT("\x09"), "fail 1002 fragmented control frame"},
    {SLICE_INIT("\x0a"), "fail 1002 fragmented control frame"},
    {SLICE_INIT("\x80"), "fail 1002 continuation without a message"},
    {SLICE_INIT("\x81\x05"), "fail 1002 frame without mask"},
    {SLICE_INIT("\x82\x7e"), "fail 1002 frame without mask"},
    {SLICE_INIT("\x89\x00"), "fail 1002 frame without mask"},
    {SLICE_INIT("\x89\xfe"), "fail 1002 control frame above 125 bytes"},
    {SLICE_INIT("\x8a\xff"), "fail 1002 control frame above 125 bytes"},
    {SLICE_INIT("\x88\xfe"), "fail 1002 control frame above 125 bytes"},
    {SLICE_INIT("\x81\xfe\x00\x00"), "fail 1002 length not in its shortest form"},
    {SLICE_INIT("\x81\xfe\x00\x7d"), "fail 1002 length not in its shortest form"},
    {SLICE_INIT("\x82\xff\0\0\0\0\0\0\0\x01"), "fail 1002 length not in its shortest form"},
    {SLICE_INIT("\x82\xff\0\0\0\0\0\0\xff\xff"), "fail 1002 length not in its shortest form"},
    {SLICE_INIT("\x82\xff\x80"), "fail 1002 length above 63 bits"},
    {SLICE_INIT("\x82\xff\xff"), "fail 1002 length above 63 bits"},
    {SLICE_INIT("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"), "fail 1009 message too large"},
    {SLICE_INIT("\x82\xff\0\0\0\0\0\x10\0\x01"), "fail 1009 message too large"}, /* LIMIT + 1 */
    {SLICE_INIT("\x01\xff\0\0\0\x01\0\0\0\0"), "fail 1009 message too large"},
};

START_TEST(ws_decoder_bad_header_fails_with_its_last_byte)
{
    struct slice bytes = bad_headers[_i].bytes;

    put(bytes.p, bytes.n - 1);
    ck_assert_str_eq(run(LIMIT, 1, 1), "");
    put(bytes.p + bytes.n - 1, 1);
    check(LIMIT, bad_headers[_i].expected);
    put("whatever follows", 16);
    check(LIMIT, bad_headers[_i].expected);
}
END_TEST

/* 1009 comes with the length of a small frame, too, and of a continuation. */
START_TEST(ws_decoder_too_large_fails_with_the_length)
{
    put("\x81\x8b", 2);
    check(10, "fail 1009 message too large");
    buf_clear(&wire);
    put("\x81\x8a", 2);
    check(10, "");

    buf_clear(&wire);
    put_frame(0x01, SLICE("0123456"));
    put("\x80\x84", 2);
    check(10, "fail 1009 message too large");

    buf_clear(&wire);
    put("\x82\xfe\x00\x7e", 4);
    check(126, "");
    check(125, "fail 1009 message too large");
}
END_TEST

/* ---- Lengths ------------------------------------------------------------------------------ */

static const size_t lengths[] = {0,     1,     2,     3,     4,     5,      7,     8,    9,
                                 15,    16,    17,    124,   125,   126,    127,   128,  1000,
                                 65534, 65535, 65536, 65537, 99999, 131072, LIMIT, 4093, 4099};

/* The length forms of 5.2, and the unmasking of whatever is left over from whole words. */
START_TEST(ws_decoder_message_of_any_length_comes_whole)
{
    struct slice payload = letters(lengths[_i]);
    struct buf expected;

    buf_init(&expected, 1024);
    if (payload.n <= 125)
        buf_printf(&expected, "text(%zu)=%.*s ", payload.n, (int)payload.n, payload.p);
    else
        buf_printf(&expected, "text(%zu)=%016llx ", payload.n,
                   (unsigned long long)hash(payload.p, payload.n));
    put_frame(FIN | WS_OP_TEXT, payload);
    ck_assert_uint_eq(wire.n, payload.n + 6 + (payload.n < 126 ? 0 : payload.n < 65536 ? 2 : 8));

    ck_assert_str_eq(run_whole(), buf_cstr(&expected));
    for (size_t size = 1; size < 20; size++)
        ck_assert_str_eq(run(LIMIT, size, wire.n > 9999 ? 9999 + size : size), buf_cstr(&expected));
    ck_assert_str_eq(run(payload.n, SIZE_MAX, SIZE_MAX), buf_cstr(&expected));
    if (payload.n > 0)
        ck_assert_str_eq(run(payload.n - 1, SIZE_MAX, SIZE_MAX), "fail 1009 message too large");
    buf_deinit(&expected);
}
END_TEST

START_TEST(ws_decoder_control_frame_of_125_bytes_is_taken)
{
    struct slice payload = letters(125);
    struct buf expected;

    buf_init(&expected, 1024);
    buf_printf(&expected, "ping(125)=%.*s text(2)=ok ", 125, payload.p);
    put_frame(0x01, SLICE("o"));
    put_frame(FIN | WS_OP_PING, payload);
    put_frame(FIN, SLICE("k"));
    check(2, buf_cstr(&expected));
    buf_deinit(&expected);
}
END_TEST

/* ---- RFC 6455 5.7 --------------------------------------------------------------------------- */

START_TEST(ws_decoder_examples_of_the_rfc)
{
    static const char text[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    static const char pong[] = "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

    put(text, sizeof(text) - 1);
    put(pong, sizeof(pong) - 1);
    check(LIMIT, "text(5)=Hello pong(5)=Hello ");
}
END_TEST

START_TEST(ws_frame_header_examples_of_the_rfc)
{
    char out[WS_HEADER_MAX];

    ck_assert_uint_eq(ws_frame_header(out, WS_OP_TEXT, 5), 2);
    ck_assert(memcmp(out, "\x81\x05", 2) == 0);
    ck_assert_uint_eq(ws_frame_header(out, WS_OP_PING, 5), 2);
    ck_assert(memcmp(out, "\x89\x05", 2) == 0);
    ck_assert_uint_eq(ws_frame_header(out, WS_OP_BINARY, 256), 4);
    ck_assert(memcmp(out, "\x82\x7e\x01\x00", 4) == 0);
    ck_assert_uint_eq(ws_frame_header(out, WS_OP_BINARY, 65536), 10);
    ck_assert(memcmp(out, "\x82\x7f\0\0\0\0\0\x01\0\0", 10) == 0);
}
END_TEST

static const struct {
    size_t payload_bytes;
    struct slice header;
} headers[] = {
    {0, SLICE_INIT("\x81\x00")},
    {1, SLICE_INIT("\x81\x01")},
    {125, SLICE_INIT("\x81\x7d")},
    {126, SLICE_INIT("\x81\x7e\x00\x7e")},
    {127, SLICE_INIT("\x81\x7e\x00\x7f")},
    {65535, SLICE_INIT("\x81\x7e\xff\xff")},
    {65536, SLICE_INIT("\x81\x7f\0\0\0\0\0\x01\0\0")},
    {0x123456789abcdef0, SLICE_INIT("\x81\x7f\x12\x34\x56\x78\x9a\xbc\xde\xf0")},
    {INT64_MAX, SLICE_INIT("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff")},
};

START_TEST(ws_frame_header_length_in_its_shortest_form)
{
    char out[WS_HEADER_MAX];
    size_t n = ws_frame_header(out, WS_OP_TEXT, headers[_i].payload_bytes);

    ck_assert(slice_eq(slice_of(out, n), headers[_i].header));
}
END_TEST

START_TEST(ws_frame_header_is_final_with_its_opcode)
{
    static const enum ws_opcode opcodes[] = {WS_OP_TEXT, WS_OP_BINARY, WS_OP_CLOSE, WS_OP_PING,
                                             WS_OP_PONG};
    static const unsigned char first[] = {0x81, 0x82, 0x88, 0x89, 0x8a};
    char out[WS_HEADER_MAX];

    for (size_t i = 0; i < sizeof(first); i++) {
        ck_assert_uint_eq(ws_frame_header(out, opcodes[i], 0), 2);
        ck_assert_uint_eq((unsigned char)out[0], first[i]);
    }
}
END_TEST

/* ---- Suite -------------------------------------------------------------------------------- */

Suite *suite(void)
{
    Suite *s = suite_create("ws_frame");
    TCase *tc = tcase_create("frame");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, ws_decoder_bad_header_fails_with_its_last_byte, 0, COUNT(bad_headers));
    tcase_add_test(tc, ws_decoder_too_large_fails_with_the_length);
    tcase_add_loop_test(tc, ws_decoder_message_of_any_length_comes_whole, 0, COUNT(lengths));
    tcase_add_test(tc, ws_decoder_control_frame_of_125_bytes_is_taken);
    tcase_add_test(tc, ws_decoder_examples_of_the_rfc);
    tcase_add_test(tc, ws_frame_header_examples_of_the_rfc);
    tcase_add_loop_test(tc, ws_frame_header_length_in_its_shortest_form, 0, COUNT(headers));
    tcase_add_test(tc, ws_frame_header_is_final_with_its_opcode);
    suite_add_tcase(s, tc);
    return s;
}
