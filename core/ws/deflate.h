/* permessage-deflate (RFC 7692), the server's side: what is agreed on, and the compression of what
 * is sent. What comes in is for ws/inflate.h. Pure: no I/O. */
#ifndef CHATD_WS_DEFLATE_H
#define CHATD_WS_DEFLATE_H

#include "base/slice.h"

#include <stdint.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
    /* Windows have 2^8 to 2^15 bytes. */
    WS_DEFLATE_BITS_MIN = 8,
    WS_DEFLATE_BITS_MAX = 15,
    WS_DEFLATE_ANSWER_MAX = 160,
};

/* ---- Negotiation -------------------------------------------------------------------------- */

/* One offer of the client (7.1). */
struct ws_deflate_offer {
    bool valid; /* else it is to be declined */
    bool server_no_context_takeover;
    bool client_no_context_takeover;
    uint8_t server_max_window_bits; /* 0: not in the offer */
    uint8_t client_max_window_bits; /* 0: not in the offer; 15 when it is without a value, too */
};

/* An offer of the extension with this name, without parameters yet. */
void ws_deflate_offer_init(struct ws_deflate_offer *offer, struct slice extension);

/* Adds a parameter; `value` has p == NULL when there is none. One that is unknown, invalid, or
 * repeated makes the offer invalid (7.1). */
void ws_deflate_offer_param(struct ws_deflate_offer *offer, struct slice name, struct slice value);

/* What the two sides keep to. The server never keeps its context: so a message is compressed once
 * for all who get it. */
struct ws_deflate_terms {
    bool client_no_context_takeover;
    uint8_t server_window_bits;
    uint8_t client_window_bits;
    bool limits_server; /* the answer names server_window_bits, or client_window_bits: it may */
    bool limits_client; /* do so only when the offer does */
};

/* The terms for a valid offer, when the client's window is to have at most 2^`window_bits` bytes
 * (more, when it does not let itself be told). */
struct ws_deflate_terms ws_deflate_accept(const struct ws_deflate_offer *offer,
                                          unsigned window_bits);

/* Writes the value of Sec-WebSocket-Extensions that says so, NUL-terminated. */
void ws_deflate_answer(const struct ws_deflate_terms *terms, char out[WS_DEFLATE_ANSWER_MAX]);

/* ---- Compression -------------------------------------------------------------------------- */

/* Compresses messages, each without the context of others, so that one is enough for all
 * connections. All zero is one that owns nothing yet. */
struct ws_deflater {
    z_stream stream;
    bool ready;
};

void ws_deflater_deinit(struct ws_deflater *deflater);

/* Compresses a message into `out`, which has in.n bytes. How many it takes; 0 when it would not get
 * smaller, or without memory. */
size_t ws_deflate(struct ws_deflater *deflater, struct slice in, char *out);

#endif
