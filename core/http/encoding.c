#include "http/encoding.h"

#include "base/counters.h"

#include <stdlib.h>

/* Longer messages go plain: this much takes some 3 ms, in which nobody else is served. */
enum { COMPRESSED_MAX = 256 * 1024 };

struct frame *websocket_frame(enum ws_opcode opcode, struct slice payload)
{
    char header[WS_HEADER_MAX];
    size_t n = ws_frame_header(header, opcode, payload.n);

    return frame_join(slice_of(header, n), payload);
}

static struct frame *compressed_frame(enum ws_opcode opcode, struct slice compressed)
{
    char header[WS_HEADER_MAX];
    size_t n = ws_frame_header(header, opcode, compressed.n);

    ws_frame_set_compressed(header);
    return frame_join(slice_of(header, n), compressed);
}

struct frame *websocket_encode(const struct websocket_encoding *encoding, enum ws_opcode opcode,
                               struct slice payload)
{
    struct frame *frame = NULL;

    if (encoding->deflater == NULL || payload.n < encoding->min_bytes ||
        payload.n > encoding->max_bytes)
        return websocket_frame(opcode, payload);
    char *compressed = malloc(payload.n);
    if (compressed == NULL)
        return NULL;
    size_t n = ws_deflate(encoding->deflater, payload, compressed);
    if (n == 0) {
        frame = websocket_frame(opcode, payload);
    } else {
        frame = compressed_frame(opcode, slice_of(compressed, n));
        counter_add(COUNT_DEFLATE_MESSAGES);
    }
    free(compressed);
    return frame;
}

static struct frame *make_text(const struct encoding *encoding, struct slice payload)
{
    return websocket_encode((const struct websocket_encoding *)encoding, WS_OP_TEXT, payload);
}

const struct websocket_encoding websocket_plain = {.encoding.make = make_text};

void websocket_encoding_init(struct websocket_encoding *encoding, struct ws_deflater *deflater,
                             unsigned window_bits, size_t min_bytes)
{
    *encoding = (struct websocket_encoding){
        .encoding.make = make_text,
        .deflater = deflater,
        .min_bytes = min_bytes > 0 ? min_bytes : 1,
        .max_bytes = window_bits < WS_DEFLATE_BITS_MAX ? (size_t)1 << window_bits : COMPRESSED_MAX,
    };
}
