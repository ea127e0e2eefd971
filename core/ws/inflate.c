#include "ws/inflate.h"

#include <stdlib.h>

enum {
    STATE_BYTES = 8 * 1024, /* what inflate() takes beside its window (zconf.h), and ours */
    STEP_BYTES = 4096,      /* of output, at a time: it may be a bomb */
    DATA_TYPE_BITS = 63,    /* see inflate() in zlib.h: bits of the last byte not used yet, */
    DATA_TYPE_BETWEEN_BLOCKS = 128,
};

struct ws_inflater {
    struct ws_inflate_memory *memory;
    struct inflation *inflation; /* NULL: to be made when a message begins */
    uint8_t window_bits;
    bool keeps_context;
};

struct inflation {
    z_stream stream;
    bool between_blocks; /* all input so far ended with a block, and with a whole byte */
};

/* ---- Memory ------------------------------------------------------------------------------- */

static size_t cost(const struct ws_inflater *inflater)
{
    return ((size_t)1 << inflater->window_bits) + STATE_BYTES;
}

static bool reserve(struct ws_inflater *inflater)
{
    struct ws_inflate_memory *memory = inflater->memory;
    size_t bytes = cost(inflater);

    if (memory->used_bytes > memory->limit_bytes ||
        bytes > memory->limit_bytes - memory->used_bytes)
        return false;
    memory->used_bytes += bytes;
    return true;
}

static void release(struct ws_inflater *inflater)
{
    inflater->memory->used_bytes -= cost(inflater);
}

struct ws_inflater *ws_inflater_new(struct ws_inflate_memory *memory,
                                    struct ws_deflate_terms *terms)
{
    struct ws_inflater *inflater = calloc(1, sizeof(*inflater));

    if (inflater == NULL)
        return NULL;
    inflater->memory = memory;
    inflater->window_bits = terms->client_window_bits;
    inflater->keeps_context = !terms->client_no_context_takeover && reserve(inflater);
    terms->client_no_context_takeover = !inflater->keeps_context;
    return inflater;
}

static void forget(struct ws_inflater *inflater)
{
    if (inflater->inflation == NULL)
        return;
    inflateEnd(&inflater->inflation->stream);
    free(inflater->inflation);
    inflater->inflation = NULL;
    if (!inflater->keeps_context)
        release(inflater);
}

void ws_inflater_free(struct ws_inflater *inflater)
{
    if (inflater == NULL)
        return;
    forget(inflater);
    if (inflater->keeps_context)
        release(inflater);
    free(inflater);
}

static enum ws_inflate_status begin(struct ws_inflater *inflater)
{
    if (inflater->inflation != NULL)
        return WS_INFLATE_OK;
    if (!inflater->keeps_context && !reserve(inflater))
        return WS_INFLATE_NO_ROOM;
    struct inflation *inflation = calloc(1, sizeof(*inflation));
    if (inflation == NULL || inflateInit2(&inflation->stream, -inflater->window_bits) != Z_OK) {
        free(inflation);
        if (!inflater->keeps_context)
            release(inflater);
        return WS_INFLATE_NO_MEMORY;
    }
    inflation->between_blocks = true;
    inflater->inflation = inflation;
    return WS_INFLATE_OK;
}

/* ---- Inflating ---------------------------------------------------------------------------- */

static bool is_between_blocks(const z_stream *stream)
{
    return (stream->data_type & DATA_TYPE_BETWEEN_BLOCKS) != 0 &&
           (stream->data_type & DATA_TYPE_BITS) == 0;
}

/* One call of inflate(). One byte of room beyond the limit shows that there is more. */
static enum ws_inflate_status step(struct inflation *inflation, struct buf *out, size_t limit_bytes)
{
    z_stream *stream = &inflation->stream;
    size_t room = limit_bytes + 1 - out->n;

    if (room > STEP_BYTES)
        room = STEP_BYTES;
    if (buf_reserve(out, room) != 0)
        return WS_INFLATE_NO_MEMORY;
    stream->next_out = (Bytef *)out->p + out->n;
    stream->avail_out = (uInt)room;
    int result = inflate(stream, Z_SYNC_FLUSH);
    out->n += room - stream->avail_out;
    if (result == Z_MEM_ERROR)
        return WS_INFLATE_NO_MEMORY;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return WS_INFLATE_CORRUPT;
    if (out->n > limit_bytes)
        return WS_INFLATE_TOO_LARGE;
    if (result == Z_BUF_ERROR) /* nothing was held back, and nothing has changed */
        return WS_INFLATE_OK;
    inflation->between_blocks = result == Z_STREAM_END || is_between_blocks(stream);
    /* A block with BFINAL ends a stream for zlib, but neither the message nor the context (RFC 7692
     * 7.2.3.4, 7.2.3.5); this function begins the next one with the window as it is. */
    if (result == Z_STREAM_END)
        inflateResetKeep(stream);
    return WS_INFLATE_OK;
}

static enum ws_inflate_status inflate_all(struct inflation *inflation, struct slice in,
                                          struct buf *out, size_t limit_bytes)
{
    z_stream *stream = &inflation->stream;
    enum ws_inflate_status status = WS_INFLATE_OK;

    stream->next_in = (const Bytef *)in.p;
    stream->avail_in = (uInt)in.n;
    stream->avail_out = 1;
    /* Without room, there may be output that is held back. */
    while (status == WS_INFLATE_OK && (stream->avail_in > 0 || stream->avail_out == 0))
        status = step(inflation, out, limit_bytes);
    return status;
}

enum ws_inflate_status ws_inflate(struct ws_inflater *inflater, struct slice in, struct buf *out,
                                  size_t limit_bytes)
{
    enum ws_inflate_status status = begin(inflater);

    while (status == WS_INFLATE_OK && in.n > 0) {
        struct slice part = slice_of(in.p, in.n < UINT32_MAX ? in.n : UINT32_MAX);
        status = inflate_all(inflater->inflation, part, out, limit_bytes);
        in = slice_of(in.p + part.n, in.n - part.n);
    }
    return status;
}

/* The sender has cut the last four bytes of an empty block off, whose first bits it has sent (RFC
 * 7692 7.2.1): so data that ends between two blocks, as some senders' does, has lost nothing. */
enum ws_inflate_status ws_inflate_end(struct ws_inflater *inflater, struct buf *out,
                                      size_t limit_bytes)
{
    enum ws_inflate_status status = begin(inflater);

    if (status == WS_INFLATE_OK && !inflater->inflation->between_blocks)
        status = inflate_all(inflater->inflation, SLICE("\x00\x00\xff\xff"), out, limit_bytes);
    if (status == WS_INFLATE_OK && !inflater->inflation->between_blocks)
        status = WS_INFLATE_CORRUPT;
    if (!inflater->keeps_context)
        forget(inflater);
    return status;
}
