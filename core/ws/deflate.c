#include "ws/deflate.h"

#include <stdio.h>

/* ---- Negotiation -------------------------------------------------------------------------- */

void ws_deflate_offer_init(struct ws_deflate_offer *offer, struct slice extension)
{
    *offer = (struct ws_deflate_offer){.valid = slice_eq(extension, SLICE("permessage-deflate"))};
}

/* A decimal number from 8 to 15 without leading zeroes (7.1.2); 0: it is none. */
static uint8_t read_bits(struct slice value)
{
    if (value.n == 1 && (value.p[0] == '8' || value.p[0] == '9'))
        return (uint8_t)(value.p[0] - '0');
    if (value.n == 2 && value.p[0] == '1' && value.p[1] >= '0' && value.p[1] <= '5')
        return (uint8_t)(10 + value.p[1] - '0');
    return 0;
}

static bool set_flag(bool *flag, struct slice value)
{
    bool valid = !*flag && value.p == NULL;

    *flag = true;
    return valid;
}

static bool set_bits(uint8_t *bits, uint8_t value)
{
    bool valid = *bits == 0 && value != 0;

    *bits = value;
    return valid;
}

static bool set_param(struct ws_deflate_offer *offer, struct slice name, struct slice value)
{
    if (slice_eq(name, SLICE("server_no_context_takeover")))
        return set_flag(&offer->server_no_context_takeover, value);
    if (slice_eq(name, SLICE("client_no_context_takeover")))
        return set_flag(&offer->client_no_context_takeover, value);
    if (slice_eq(name, SLICE("server_max_window_bits")))
        return set_bits(&offer->server_max_window_bits, read_bits(value));
    if (slice_eq(name, SLICE("client_max_window_bits")))
        return set_bits(&offer->client_max_window_bits,
                        value.p == NULL ? WS_DEFLATE_BITS_MAX : read_bits(value));
    return false;
}

void ws_deflate_offer_param(struct ws_deflate_offer *offer, struct slice name, struct slice value)
{
    if (!set_param(offer, name, value))
        offer->valid = false;
}

struct ws_deflate_terms ws_deflate_accept(const struct ws_deflate_offer *offer,
                                          unsigned window_bits)
{
    struct ws_deflate_terms terms = {
        .client_no_context_takeover = offer->client_no_context_takeover,
        .server_window_bits = WS_DEFLATE_BITS_MAX,
        .client_window_bits = WS_DEFLATE_BITS_MAX,
        .limits_server = offer->server_max_window_bits != 0,
        .limits_client = offer->client_max_window_bits != 0,
    };

    if (terms.limits_server)
        terms.server_window_bits = offer->server_max_window_bits;
    if (terms.limits_client)
        terms.client_window_bits = offer->client_max_window_bits < window_bits
                                       ? offer->client_max_window_bits
                                       : (uint8_t)window_bits;
    return terms;
}

void ws_deflate_answer(const struct ws_deflate_terms *terms, char out[WS_DEFLATE_ANSWER_MAX])
{
    char server_bits[32] = "";
    char client_bits[32] = "";

    if (terms->limits_server)
        snprintf(server_bits, sizeof(server_bits), "; server_max_window_bits=%u",
                 terms->server_window_bits);
    if (terms->limits_client)
        snprintf(client_bits, sizeof(client_bits), "; client_max_window_bits=%u",
                 terms->client_window_bits);
    snprintf(out, WS_DEFLATE_ANSWER_MAX, "permessage-deflate; server_no_context_takeover%s%s%s",
             terms->client_no_context_takeover ? "; client_no_context_takeover" : "", server_bits,
             client_bits);
}

/* ---- Compression -------------------------------------------------------------------------- */

enum {
    /* Chat messages of 1 to 4 KiB shrink to 56 % to 48 %; with zlib's default level 6 to 55 % to
     * 46 %, in up to half as much time again. */
    LEVEL = 1,
    /* zlib's default. Less makes it slower from 4 KiB up, and is not felt below. */
    MEMORY_LEVEL = 8,
    TAIL_BYTES = 4, /* 00 00 ff ff, which the receiver adds again (RFC 7692 7.2.1) */
};

void ws_deflater_deinit(struct ws_deflater *deflater)
{
    if (deflater->ready)
        deflateEnd(&deflater->stream);
    *deflater = (struct ws_deflater){0};
}

static bool begin(struct ws_deflater *deflater)
{
    if (deflater->ready)
        return deflateReset(&deflater->stream) == Z_OK;
    deflater->ready = deflateInit2(&deflater->stream, LEVEL, Z_DEFLATED, -WS_DEFLATE_BITS_MAX,
                                   MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
    return deflater->ready;
}

size_t ws_deflate(struct ws_deflater *deflater, struct slice in, char *out)
{
    z_stream *stream = &deflater->stream;

    if (in.n <= TAIL_BYTES || in.n > UINT32_MAX || !begin(deflater))
        return 0;
    stream->next_in = (const Bytef *)in.p;
    stream->avail_in = (uInt)in.n;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)in.n;
    /* With room left, the flush is complete, and its tail there. */
    if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_out == 0)
        return 0;
    return in.n - stream->avail_out - TAIL_BYTES;
}
