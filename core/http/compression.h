/* permessage-deflate (RFC 7692) for all WebSockets of a server: what it agrees to, and what they
 * share. */
#ifndef CHATD_HTTP_COMPRESSION_H
#define CHATD_HTTP_COMPRESSION_H

#include "base/config.h"
#include "http/encoding.h"

struct compression {
    bool on;
    unsigned window_bits; /* what clients are told to be content with */
    struct ws_inflate_memory memory;
    struct ws_deflater deflater;
    struct websocket_encoding encodings[WS_DEFLATE_BITS_MAX + 1]; /* by the client's window */
};

/* All zero is one that is off. What changes holds for connections to come; the threshold for all.
 */
void compression_configure(struct compression *compression, const struct config *config);
void compression_deinit(struct compression *compression);

/* How a connection compresses. */
struct websocket_compression {
    struct ws_inflater *inflater; /* owned; NULL: not at all */
    const struct websocket_encoding *encoding;
};

/* Accepts an offer, or declines it (it is invalid, compression is off, there is no memory). Writes
 * the value of Sec-WebSocket-Extensions into `answer`, which is empty for none. */
struct websocket_compression compression_accept(struct compression *compression,
                                                const struct ws_deflate_offer *offer,
                                                char answer[WS_DEFLATE_ANSWER_MAX]);

#endif
