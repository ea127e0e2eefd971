/* The frame decoder, with permessage-deflate when the first byte's highest bit is set. Its other
 * bits say into pieces of how many bytes the rest is cut (0: not at all); the events must be those
 * that come byte by byte. */
#include "fuzz.h"
#include "ws/frame.h"
#include "ws/inflate.h"

#include <string.h>

enum {
    LIMIT = 4096, /* small, so that inputs reach it */
    DEFLATE = 0x80,
    EVENTS_MAX = 1 << 28,
};

static void must_be_lawful(enum ws_status status, const struct ws_event *ev)
{
    const struct slice payload = slice_of(ev->payload, ev->payload_bytes);

    if (status == WS_MESSAGE) {
        must(ev->opcode == WS_OP_TEXT || ev->opcode == WS_OP_BINARY);
        must(payload.n <= LIMIT);
        must(ev->opcode != WS_OP_TEXT || utf8_valid(payload));
    } else if (status == WS_FAIL) {
        must(ws_close_code_valid(ev->close_code) && *ev->reason != '\0');
    } else {
        must(payload.n <= WS_CONTROL_MAX);
    }
    if (status == WS_CLOSE)
        must(utf8_valid(payload));
}

static void note(struct buf *events, enum ws_status status, const struct ws_event *ev)
{
    char line[64];
    const bool fails = status == WS_FAIL;
    const bool ends = fails || status == WS_CLOSE;
    int n = snprintf(line, sizeof(line), "%d %d %u %zu\n", (int)status,
                     status == WS_MESSAGE ? (int)ev->opcode : 0, ends ? ev->close_code : 0,
                     fails ? 0 : ev->payload_bytes);

    must(buf_append(events, line, (size_t)n) == 0);
    if (!fails && ev->payload_bytes > 0)
        must(buf_append(events, ev->payload, ev->payload_bytes) == 0);
}

/* Decodes one piece from memory of exactly its size. False when the connection is over. */
static bool decode_piece(struct ws_decoder *d, const uint8_t *p, size_t n, struct buf *events)
{
    char *piece = malloc(n);
    enum ws_status status;

    must(piece != NULL);
    memcpy(piece, p, n);
    for (size_t at = 0;;) {
        struct ws_event ev;
        size_t used;
        status = ws_decoder_next(d, piece + at, n - at, &used, &ev);
        must(used <= n - at);
        at += used;
        if (status == WS_MORE) {
            must(at == n);
            break;
        }
        must_be_lawful(status, &ev);
        note(events, status, &ev);
        if (status == WS_FAIL || status == WS_CLOSE)
            break;
    }
    free(piece);
    return status == WS_MORE;
}

static void decode(const uint8_t *p, size_t n, size_t size, bool deflate, struct buf *events)
{
    struct ws_inflate_memory memory = {.limit_bytes = 1 << 20};
    struct ws_deflate_terms terms = {.server_window_bits = 15, .client_window_bits = 15};
    struct ws_inflater *inflater = deflate ? ws_inflater_new(&memory, &terms) : NULL;
    struct ws_decoder d;

    must(!deflate || inflater != NULL);
    ws_decoder_init(&d, LIMIT, inflater);
    for (size_t at = 0; at < n; at += size) {
        if (!decode_piece(&d, p + at, size < n - at ? size : n - at, events))
            break;
    }
    ws_decoder_deinit(&d);
    must(memory.used_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf cut, bytewise;

    if (n < 2)
        return 0;
    buf_init(&cut, EVENTS_MAX);
    buf_init(&bytewise, EVENTS_MAX);
    const bool deflate = (data[0] & DEFLATE) != 0;
    const size_t size = data[0] & ~DEFLATE & 0xff;
    decode(data + 1, n - 1, size > 0 ? size : n, deflate, &cut);
    decode(data + 1, n - 1, 1, deflate, &bytewise);
    must(slice_eq(slice_of(cut.p, cut.n), slice_of(bytewise.p, bytewise.n)));
    buf_deinit(&cut);
    buf_deinit(&bytewise);
    return 0;
}
