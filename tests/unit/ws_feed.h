/* For tests of the decoder: frames go in, in one piece, byte by byte, and cut at every place; the
 * events come out as text. */
#ifndef CHATD_TESTS_WS_FEED_H
#define CHATD_TESTS_WS_FEED_H

#include "ws/frame.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LIMIT = 1 << 20,
    WIRE_MAX = 1 << 26,
    TRANSCRIPT_MAX = 1 << 20,
    FIN = 0x80,
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ---- What goes in: frames as a client makes them ------------------------------------------- */

/* As ck_assert(), for what is called millions of times: that one reports each success, too. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d}; /* RFC 6455 5.7 */

static struct buf wire;

static inline void put(const void *p, size_t n)
{
    must(buf_append(&wire, p, n) == 0);
}

/* The second byte and the length that belongs to it; `form` is 0 for the shortest one, else its
 * number of bytes. */
static inline void put_length(uint64_t length, int form)
{
    unsigned char bytes[9] = {0};
    int n = form != 0 ? form : length < 126 ? 1 : length < 65536 ? 3 : 9;

    bytes[0] = (unsigned char)(0x80 | (n == 1 ? length : n == 3 ? 126 : 127));
    for (int i = n - 1; i > 0; i--, length >>= 8)
        bytes[i] = (unsigned char)length;
    put(bytes, (size_t)n);
}

static inline void put_masked(struct slice payload)
{
    put(mask, sizeof(mask));
    size_t start = wire.n;
    put(payload.p, payload.n);
    for (size_t i = 0; i < payload.n; i++)
        wire.p[start + i] = (char)((unsigned char)wire.p[start + i] ^ mask[i & 3]);
}

static inline void put_frame(unsigned first, struct slice payload)
{
    unsigned char byte = (unsigned char)first;

    put(&byte, 1);
    put_length(payload.n, 0);
    put_masked(payload);
}

/* A payload of `n` letters: ASCII, and not the same at every offset modulo a small number. */
static inline struct slice letters(size_t n)
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

/* For the decoders of run() and check(); NULL: without permessage-deflate. */
static struct ws_inflater *(*make_inflater)(void);

static inline uint64_t hash(const char *p, size_t n)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    return h;
}

static inline void write_payload(const char *name, const struct ws_event *ev)
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

static inline void write_event(enum ws_status status, const struct ws_event *ev)
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
static inline bool feed(struct ws_decoder *d, const char *p, size_t n)
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
static inline const char *run(size_t limit, size_t first, size_t size)
{
    struct ws_decoder d;
    size_t at = 0;
    size_t n = first;

    buf_clear(&transcript);
    ws_decoder_init(&d, limit, make_inflater != NULL ? make_inflater() : NULL);
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

static inline const char *run_whole(void)
{
    return run(LIMIT, SIZE_MAX, SIZE_MAX);
}

/* The same in one piece, byte by byte, and, when it is short, in two pieces at every place. */
static inline void check(size_t limit, const char *expected)
{
    ck_assert_str_eq(run(limit, SIZE_MAX, SIZE_MAX), expected);
    ck_assert_str_eq(run(limit, 1, 1), expected);
    for (size_t cut = 0; cut <= wire.n && wire.n <= 400; cut++)
        if (strcmp(run(limit, cut, SIZE_MAX), expected) != 0)
            ck_abort_msg("cut at %zu: %s instead of %s", cut, buf_cstr(&transcript), expected);
}

static inline void setup(void)
{
    buf_init(&wire, WIRE_MAX);
    buf_init(&transcript, TRANSCRIPT_MAX);
}

static inline void teardown(void)
{
    buf_deinit(&wire);
    buf_deinit(&transcript);
}

#endif
