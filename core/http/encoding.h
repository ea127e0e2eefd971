/* How messages become WebSocket frames: plain, or compressed by permessage-deflate (RFC 7692). */
#ifndef CHATD_HTTP_ENCODING_H
#define CHATD_HTTP_ENCODING_H

#include "net/frame.h"
#include "ws/deflate.h"
#include "ws/frame.h"

/* All connections of a server whose window has the same size share one of these. Its make() is for
 * text. */
struct websocket_encoding {
    struct encoding encoding;
    struct ws_deflater *deflater; /* NULL: plain */
    size_t min_bytes;             /* shorter and longer messages go plain */
    size_t max_bytes;
};

extern const struct websocket_encoding websocket_plain;

/* Compresses messages of at least `min_bytes` for clients with a window of 2^`window_bits` bytes,
 * whatever the window of the deflater: in a message that is not longer, no distance is. */
void websocket_encoding_init(struct websocket_encoding *encoding, struct ws_deflater *deflater,
                             unsigned window_bits, size_t min_bytes);

/* One plain frame; every peer understands it. NULL without memory. */
struct frame *websocket_frame(enum ws_opcode opcode, struct slice payload);

/* One message as a frame in this encoding. A message that does not get smaller stays plain. NULL
 * without memory. */
struct frame *websocket_encode(const struct websocket_encoding *encoding, enum ws_opcode opcode,
                               struct slice payload);

#endif
