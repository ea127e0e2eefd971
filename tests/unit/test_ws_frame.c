#include "ws/frame.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite(void);

enum {
    LIMIT = 1 << 20,
    WIRE_MAX = 1 << 26,
    TRANSCRIPT_MAX = 1 << 20,
    FIN = 0x80,
};

/* ---- What goes in: frames as a client makes them ------------------------------------------- */

/* As ck_assert(), for what is called millions of times: that one reports each success, too. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d}; /* RFC 6455 5.7 */

static struct buf wire;

static void put(const void *p, size_t n)
{
    must(buf_append(&wire, p, n) == 0);
}

/* The second byte and the length that belongs to it; `form` is 0 for the shortest one, else its
 * number of bytes. */
static void put_length(uint64_t length, int form)
{
    unsigned char bytes[9] = {0};
    int n = form != 0 ? form : length < 126 ? 1 : length < 65536 ? 3 : 9;

    bytes[0] = (unsigned char)(0x80 | (n == 1 ? length : n == 3 ? 126 : 127));
    for (int i = n - 1; i > 0; i--, length >>= 8)
        bytes[i] = (unsigned char)length;
    put(bytes, (size_t)n);
}

static void put_masked(struct slice payload)
{
    put(mask, sizeof(mask));
    size_t start = wire.n;
    put(payload.p, payload.n);
    for (size_t i = 0; i < payload.n; i++)
        wire.p[start + i] = (char)((unsigned char)wire.p[start + i] ^ mask[i & 3]);
}

static void put_frame(unsigned first, struct slice payload)
{
    unsigned char byte = (unsigned char)first;

    put(&byte, 1);
    put_length(payload.n, 0);
    put_masked(payload);
}

/* A payload of `n` letters: ASCII, and not the same at every offset modulo a small number. */
static struct slice letters(size_t n)
{
    static char *memory;

    free(memory);
    memory = malloc(n + 1);
    must(memory != NULL);
    for (size_t i = 0; i < n; i++)
        memory[i] = (char)('a' + i % 23);
    return slice_of(memory, n);
}

/* ---- What comes out, as text: "text(5)=Hello ping(0)= fail 1002 reserved bit set" ----------- */

static struct buf transcript;

static uint64_t hash(const char *p, size_t n)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    return h;
}

static void write_payload(const char *name, const struct ws_event *ev)
{
    struct slice payload = slice_of(ev->payload, ev->payload_bytes);

    must(buf_printf(&transcript, "%s(%zu)=", name, payload.n) == 0);
    if (payload.n <= 125)
        must(buf_append_slice(&transcript, payload) == 0);
    else
        buf_printf(&transcript, "%016llx", (unsigned long long)hash(payload.p, payload.n));
    must(buf_append_char(&transcript, ' ') == 0);
    /* It is the caller's to change. */
    if (payload.n > 0)
        memset(ev->payload, 'X', ev->payload_bytes);
}

static void write_event(enum ws_status status, const struct ws_event *ev)
{
    switch (status) {
    case WS_MORE:
        break;
    case WS_MESSAGE:
        must(ev->opcode == WS_OP_TEXT || ev->opcode == WS_OP_BINARY);
        write_payload(ev->opcode == WS_OP_TEXT ? "text" : "binary", ev);
        break;
    case WS_PING:
        write_payload("ping", ev);
        break;
    case WS_PONG:
        write_payload("pong", ev);
        break;
    case WS_CLOSE:
        buf_printf(&transcript, "%u ", ev->close_code);
        write_payload("close", ev);
        break;
    case WS_FAIL:
        must(ev->reason[0] != '\0');
        buf_printf(&transcript, "fail %u %s", ev->close_code, ev->reason);
        break;
    }
    must(status == WS_FAIL || ev->reason[0] == '\0');
}

/* Feeds one piece from memory of exactly its size. False when the stream is over. */
static bool feed(struct ws_decoder *d, const char *p, size_t n)
{
    char *piece = malloc(n > 0 ? n : 1);
    size_t at = 0;
    enum ws_status status;

    must(piece != NULL);
    if (n > 0)
        memcpy(piece, p, n);
    do {
        struct ws_event ev;
        size_t used = SIZE_MAX;
        status = ws_decoder_next(d, piece + at, n - at, &used, &ev);
        must(used <= n - at);
        at += used;
        write_event(status, &ev);
    } while (status != WS_MORE && status != WS_CLOSE && status != WS_FAIL);
    must(status != WS_MORE || at == n);
    free(piece);
    return status == WS_MORE;
}

/* The transcript of `wire` in pieces of `size` bytes, the first one of `first`. */
static const char *run(size_t limit, size_t first, size_t size)
{
    struct ws_decoder d;
    size_t at = 0;
    size_t n = first;

    buf_clear(&transcript);
    ws_decoder_init(&d, limit, NULL);
    do {
        n = n < wire.n - at ? n : wire.n - at;
        if (!feed(&d, wire.p + at, n))
            break;
        at += n;
        n = size;
    } while (at < wire.n);
    ws_decoder_deinit(&d);
    return buf_cstr(&transcript);
}

static const char *run_whole(void)
{
    return run(LIMIT, SIZE_MAX, SIZE_MAX);
}

/* The same in one piece, byte by byte, and, when it is short, in two pieces at every place. */
static void check(size_t limit, const char *expected)
{
    ck_assert_str_eq(run(limit, SIZE_MAX, SIZE_MAX), expected);
    ck_assert_str_eq(run(limit, 1, 1), expected);
    for (size_t cut = 0; cut <= wire.n && wire.n <= 400; cut++)
        if (strcmp(run(limit, cut, SIZE_MAX), expected) != 0)
            ck_abort_msg("cut at %zu: %s instead of %s", cut, buf_cstr(&transcript), expected);
}

static void setup(void)
{
    buf_init(&wire, WIRE_MAX);
    buf_init(&transcript, TRANSCRIPT_MAX);
}

static void teardown(void)
{
    buf_deinit(&wire);
    buf_deinit(&transcript);
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

/* ---- Close codes ---------------------------------------------------------------------------- */

static const struct {
    unsigned from;
    unsigned to;
    bool valid;
} codes[] = {
    {0, 999, false},     {1000, 1003, true}, {1004, 1006, false},  {1007, 1014, true},
    {1015, 2999, false}, {3000, 4999, true}, {5000, 65535, false},
};

START_TEST(ws_close_code_valid_every_code)
{
    for (unsigned code = codes[_i].from; code <= codes[_i].to; code++)
        if (ws_close_code_valid(code) != codes[_i].valid)
            ck_abort_msg("%u", code);
}
END_TEST

START_TEST(ws_decoder_close_codes_at_the_borders)
{
    const unsigned borders[] = {codes[_i].from, codes[_i].to};

    for (size_t i = 0; i < 2; i++) {
        char payload[4] = {(char)(borders[i] >> 8), (char)(borders[i] & 0xff), 'h', 'i'};
        char expected[64];
        buf_clear(&wire);
        put_frame(FIN | WS_OP_CLOSE, slice_of(payload, 4));
        snprintf(expected, sizeof(expected), "%u close(2)=hi ", borders[i]);
        check(LIMIT, codes[_i].valid ? expected : "fail 1002 invalid close code");
    }
}
END_TEST

START_TEST(ws_decoder_close_reason_of_123_bytes_is_taken)
{
    char payload[125] = "\x03\xe8";

    memcpy(payload + 2, letters(123).p, 123);
    put_frame(FIN | WS_OP_CLOSE, slice_of(payload, 125));
    ck_assert_str_eq(run_whole() + sizeof("1000 close(123)=") - 1 + 123, " ");
    ck_assert_int_eq(strncmp(buf_cstr(&transcript), "1000 close(123)=abc", 19), 0);
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

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void add_decoder(TCase *tc)
{
    tcase_add_loop_test(tc, ws_decoder_stream_in_any_pieces_gives_the_events, 0, COUNT(streams));
    tcase_add_loop_test(tc, ws_decoder_bad_header_fails_with_its_last_byte, 0, COUNT(bad_headers));
    tcase_add_test(tc, ws_decoder_too_large_fails_with_the_length);
    tcase_add_loop_test(tc, ws_decoder_message_of_any_length_comes_whole, 0, COUNT(lengths));
    tcase_add_test(tc, ws_decoder_control_frame_of_125_bytes_is_taken);
    tcase_add_test(tc, ws_decoder_examples_of_the_rfc);
    tcase_add_loop_test(tc, ws_decoder_close_codes_at_the_borders, 0, COUNT(codes));
    tcase_add_test(tc, ws_decoder_close_reason_of_123_bytes_is_taken);
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
}

Suite *suite(void)
{
    Suite *s = suite_create("ws_frame");
    TCase *decoder = tcase_create("decoder");
    TCase *encoder = tcase_create("encoder");

    tcase_add_checked_fixture(decoder, setup, teardown);
    tcase_set_timeout(decoder, 60);
    add_decoder(decoder);
    suite_add_tcase(s, decoder);

    tcase_add_test(encoder, ws_frame_header_examples_of_the_rfc);
    tcase_add_loop_test(encoder, ws_frame_header_length_in_its_shortest_form, 0, COUNT(headers));
    tcase_add_test(encoder, ws_frame_header_is_final_with_its_opcode);
    tcase_add_loop_test(encoder, ws_close_code_valid_every_code, 0, COUNT(codes));
    suite_add_tcase(s, encoder);
    return s;
}
