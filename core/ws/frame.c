#include "ws/frame.h"

#include <assert.h>

_Static_assert(sizeof(struct ws_decoder) <= 80, "each idle connection holds one");

enum failure {
    FAIL_NONE,
    FAIL_RSV,
    FAIL_OPCODE,
    FAIL_CONTROL_SPLIT,
    FAIL_CONTROL_LENGTH,
    FAIL_NO_MESSAGE,
    FAIL_IN_MESSAGE,
    FAIL_UNMASKED,
    FAIL_LENGTH_63_BIT,
    FAIL_LENGTH_FORM,
    FAIL_TOO_LARGE,
    FAIL_UTF8,
    FAIL_CORRUPT,
    FAIL_NO_ROOM,
    FAIL_CLOSE_LENGTH,
    FAIL_CLOSE_CODE,
    FAIL_CLOSE_UTF8,
    FAIL_CLOSED,
    FAIL_NO_MEMORY,
};

static const struct {
    unsigned code;
    const char *reason;
} failures[] = {
    [FAIL_NONE] = {0, ""},
    [FAIL_RSV] = {1002, "reserved bit set"},
    [FAIL_OPCODE] = {1002, "reserved opcode"},
    [FAIL_CONTROL_SPLIT] = {1002, "fragmented control frame"},
    [FAIL_CONTROL_LENGTH] = {1002, "control frame above 125 bytes"},
    [FAIL_NO_MESSAGE] = {1002, "continuation without a message"},
    [FAIL_IN_MESSAGE] = {1002, "new message inside a message"},
    [FAIL_UNMASKED] = {1002, "frame without mask"},
    [FAIL_LENGTH_63_BIT] = {1002, "length above 63 bits"},
    [FAIL_LENGTH_FORM] = {1002, "length not in its shortest form"},
    [FAIL_TOO_LARGE] = {1009, "message too large"},
    [FAIL_UTF8] = {1007, "invalid UTF-8"},
    [FAIL_CORRUPT] = {1007, "corrupt compressed data"},
    [FAIL_NO_ROOM] = {1013, "too many compressed messages at a time"},
    [FAIL_CLOSE_LENGTH] = {1002, "close code cut off"},
    [FAIL_CLOSE_CODE] = {1002, "invalid close code"},
    [FAIL_CLOSE_UTF8] = {1007, "invalid UTF-8 in the close reason"},
    [FAIL_CLOSED] = {1002, "data after a Close frame"},
    [FAIL_NO_MEMORY] = {1011, "out of memory"},
};

enum { RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10, MASK_BYTES = 4 };

/* Far above any real limit, and keeps the sums below from overflowing. */
static const size_t max_message_ceiling = SIZE_MAX / 4;

void ws_decoder_init(struct ws_decoder *d, size_t max_message_bytes, struct ws_inflater *inflater)
{
    if (max_message_bytes > max_message_ceiling)
        max_message_bytes = max_message_ceiling;
    *d = (struct ws_decoder){.inflater = inflater};
    buf_init(&d->buf, max_message_bytes + WS_CONTROL_MAX);
}

static size_t message_limit(const struct ws_decoder *d)
{
    return d->buf.max - WS_CONTROL_MAX;
}

void ws_decoder_deinit(struct ws_decoder *d)
{
    buf_deinit(&d->buf);
    d->message_bytes = 0;
    ws_inflater_free(d->inflater);
    d->inflater = NULL;
}

/* ---- Header (RFC 6455 5.2) ---------------------------------------------------------------- */

static unsigned frame_opcode(const struct ws_decoder *d)
{
    return d->header[0] & 0x0f;
}

static bool frame_is_final(const struct ws_decoder *d)
{
    return (d->header[0] & 0x80) != 0;
}

static bool frame_is_compressed(const struct ws_decoder *d)
{
    return (d->header[0] & RSV1) != 0;
}

static bool frame_is_control(const struct ws_decoder *d)
{
    return (d->header[0] & 0x08) != 0;
}

/* Bytes of the header in front of the mask. */
static size_t mask_at(const struct ws_decoder *d)
{
    unsigned length = d->header[1] & 0x7f;

    return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static uint64_t frame_length(const struct ws_decoder *d)
{
    size_t end = mask_at(d);
    uint64_t length = 0;

    if (end == 2)
        return d->header[1] & 0x7f;
    for (size_t i = 2; i < end; i++)
        length = length << 8 | d->header[i];
    return length;
}

/* RSV1 marks the first frame of a compressed message, and has no meaning anywhere else (RFC 7692
 * 6). */
static bool may_have_rsv1(const struct ws_decoder *d)
{
    return d->inflater != NULL &&
           (frame_opcode(d) == WS_OP_TEXT || frame_opcode(d) == WS_OP_BINARY);
}

static enum failure check_first_byte(const struct ws_decoder *d)
{
    if ((d->header[0] & (RSV2 | RSV3)) != 0 || (frame_is_compressed(d) && !may_have_rsv1(d)))
        return FAIL_RSV;
    switch (frame_opcode(d)) {
    case WS_OP_CONTINUATION:
        return d->message_opcode == 0 ? FAIL_NO_MESSAGE : FAIL_NONE;
    case WS_OP_TEXT:
    case WS_OP_BINARY:
        return d->message_opcode != 0 ? FAIL_IN_MESSAGE : FAIL_NONE;
    case WS_OP_CLOSE:
    case WS_OP_PING:
    case WS_OP_PONG:
        return frame_is_final(d) ? FAIL_NONE : FAIL_CONTROL_SPLIT;
    default: /* a number from the wire, not the enum */
        return FAIL_OPCODE;
    }
}

static enum failure check_second_byte(const struct ws_decoder *d)
{
    if ((d->header[1] & 0x80) == 0)
        return FAIL_UNMASKED;
    if (frame_is_control(d) && (d->header[1] & 0x7f) > WS_CONTROL_MAX)
        return FAIL_CONTROL_LENGTH;
    return FAIL_NONE;
}

static bool message_is_compressed(const struct ws_decoder *d)
{
    return d->message_opcode != 0 ? d->compressed : frame_is_compressed(d);
}

/* What a data frame may have: the rest of the message. Compressed, it may be anything, but not
 * longer than what no compression makes of the largest one. */
static size_t frame_room(const struct ws_decoder *d)
{
    size_t limit = message_limit(d);

    return message_is_compressed(d) ? limit + limit / 64 + 1024 : limit - d->message_bytes;
}

static enum failure check_length(const struct ws_decoder *d)
{
    uint64_t length = frame_length(d);
    size_t end = mask_at(d);

    if ((end == 4 && length < 126) || (end == 10 && length <= UINT16_MAX))
        return FAIL_LENGTH_FORM;
    if (frame_is_control(d))
        return FAIL_NONE;
    return length > frame_room(d) ? FAIL_TOO_LARGE : FAIL_NONE;
}

/* Looks at the header after each of its bytes, to fail as early as can be. */
static enum failure check_header(const struct ws_decoder *d)
{
    enum failure failure = FAIL_NONE;

    if (d->header_n == 1)
        return check_first_byte(d);
    if (d->header_n == 2)
        failure = check_second_byte(d);
    else if (d->header_n == 3 && mask_at(d) == 10 && d->header[2] >= 0x80)
        failure = FAIL_LENGTH_63_BIT;
    if (failure == FAIL_NONE && d->header_n == mask_at(d))
        failure = check_length(d);
    return failure;
}

static void begin_payload(struct ws_decoder *d)
{
    d->left = frame_length(d);
    d->in_payload = true;
    if (!frame_is_control(d) && d->message_opcode == 0) {
        d->message_opcode = (uint8_t)frame_opcode(d);
        d->compressed = frame_is_compressed(d);
        utf8_init(&d->text);
    }
}

/* Returns how many bytes it took: up to the header's end, or to the one that is wrong. */
static size_t take_header(struct ws_decoder *d, const char *p, size_t n)
{
    size_t at = 0;

    while (at < n) {
        d->header[d->header_n++] = (unsigned char)p[at++];
        enum failure failure = check_header(d);
        if (failure != FAIL_NONE) {
            d->failure = (uint8_t)failure;
            break;
        }
        if (d->header_n == mask_at(d) + MASK_BYTES) {
            begin_payload(d);
            break;
        }
    }
    return at;
}

/* ---- Payload ------------------------------------------------------------------------------ */

/* RFC 6455 5.3, eight bytes at a time. */
static void unmask(struct ws_decoder *d, char *p, size_t n)
{
    unsigned char *rotated = d->header + mask_at(d);
    unsigned char mask[2 * MASK_BYTES];
    uint64_t wide_mask;
    uint64_t word;
    size_t at = 0;

    memcpy(mask, rotated, MASK_BYTES);
    memcpy(mask + MASK_BYTES, rotated, MASK_BYTES);
    memcpy(&wide_mask, mask, sizeof(wide_mask));
    for (; n - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, p + at, sizeof(word));
        word ^= wide_mask;
        memcpy(p + at, &word, sizeof(word));
    }
    for (size_t i = 0; at < n; i++, at++)
        p[at] = (char)((unsigned char)p[at] ^ mask[i]);
    memcpy(rotated, mask + n % MASK_BYTES, MASK_BYTES);
}

static enum ws_status fail(struct ws_decoder *d, enum failure failure, struct ws_event *ev)
{
    ws_decoder_deinit(d);
    d->failure = (uint8_t)failure;
    ev->close_code = failures[failure].code;
    ev->reason = failures[failure].reason;
    return WS_FAIL;
}

/* RFC 6455 5.5.1: an empty payload, or a code and a reason. */
static enum ws_status end_close(struct ws_decoder *d, char *p, size_t n, struct ws_event *ev)
{
    unsigned code = 1005;

    if (n == 1)
        return fail(d, FAIL_CLOSE_LENGTH, ev);
    if (n >= 2) {
        code = (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
        if (!ws_close_code_valid(code))
            return fail(d, FAIL_CLOSE_CODE, ev);
        p += 2;
        n -= 2;
        if (!utf8_valid(slice_of(p, n)))
            return fail(d, FAIL_CLOSE_UTF8, ev);
    }
    d->failure = FAIL_CLOSED;
    ev->close_code = code;
    ev->payload = p;
    ev->payload_bytes = n;
    return WS_CLOSE;
}

/* The frame is complete, and with it the event whose payload this is. */
static enum ws_status end_event(struct ws_decoder *d, char *p, size_t n, struct ws_event *ev)
{
    ev->opcode = (enum ws_opcode)frame_opcode(d);
    ev->payload = p;
    ev->payload_bytes = n;
    if (ev->opcode == WS_OP_CLOSE)
        return end_close(d, p, n, ev);
    if (ev->opcode == WS_OP_PING)
        return WS_PING;
    if (ev->opcode == WS_OP_PONG)
        return WS_PONG;
    if (d->message_opcode == WS_OP_TEXT && !utf8_done(&d->text))
        return fail(d, FAIL_UTF8, ev);
    ev->opcode = (enum ws_opcode)d->message_opcode;
    d->message_opcode = 0;
    return WS_MESSAGE;
}

static enum failure failure_of(enum ws_inflate_status status)
{
    switch (status) {
    case WS_INFLATE_OK:
        return FAIL_NONE;
    case WS_INFLATE_TOO_LARGE:
        return FAIL_TOO_LARGE;
    case WS_INFLATE_CORRUPT:
        return FAIL_CORRUPT;
    case WS_INFLATE_NO_ROOM:
        return FAIL_NO_ROOM;
    case WS_INFLATE_NO_MEMORY:
        return FAIL_NO_MEMORY;
    }
    return FAIL_NO_MEMORY;
}

/* Inflates the `n` bytes; when the message ends with them, to its end. */
static enum ws_status take_compressed(struct ws_decoder *d, char *p, size_t n, bool ends,
                                      struct ws_event *ev)
{
    size_t before = d->buf.n;
    size_t limit = message_limit(d);
    enum ws_inflate_status status = ws_inflate(d->inflater, slice_of(p, n), &d->buf, limit);

    if (status == WS_INFLATE_OK && ends)
        status = ws_inflate_end(d->inflater, &d->buf, limit);
    if (status != WS_INFLATE_OK)
        return fail(d, failure_of(status), ev);
    if (d->message_opcode == WS_OP_TEXT && d->buf.n > before &&
        !utf8_feed(&d->text, d->buf.p + before, d->buf.n - before))
        return fail(d, FAIL_UTF8, ev);
    d->message_bytes = d->buf.n;
    if (!ends)
        return WS_MORE;
    return end_event(d, d->buf.n > 0 ? d->buf.p : p, d->buf.n, ev);
}

/* Takes `n` payload bytes, at most those that the frame lacks. */
static enum ws_status take_payload(struct ws_decoder *d, char *p, size_t n, struct ws_event *ev)
{
    bool control = frame_is_control(d);
    bool ends_event = d->left == n && (control || frame_is_final(d));
    size_t start = control ? d->message_bytes : 0; /* of the event's payload in `buf` */

    unmask(d, p, n);
    d->left -= n;
    if (d->left == 0) {
        d->in_payload = false;
        d->header_n = 0;
    }
    if (!control && d->compressed)
        return take_compressed(d, p, n, ends_event, ev);
    if (!control && d->message_opcode == WS_OP_TEXT && !utf8_feed(&d->text, p, n))
        return fail(d, FAIL_UTF8, ev);
    if (ends_event && d->buf.n == start)
        return end_event(d, p, n, ev);
    if (n > 0 && buf_append(&d->buf, p, n) != 0)
        return fail(d, FAIL_NO_MEMORY, ev);
    if (!control)
        d->message_bytes = d->buf.n;
    if (ends_event)
        return end_event(d, d->buf.p + start, d->buf.n - start, ev);
    return WS_MORE;
}

/* Between two frames, what stands in `buf` behind the message was part of the last event; without
 * a message, all of it was. */
static void drop_last_event(struct ws_decoder *d)
{
    if (d->in_payload || d->header_n > 0)
        return;
    if (d->message_opcode == 0)
        d->message_bytes = 0;
    d->buf.n = d->message_bytes;
    if (d->buf.n == 0)
        buf_deinit(&d->buf);
}

enum ws_status ws_decoder_next(struct ws_decoder *d, char *p, size_t n, size_t *used,
                               struct ws_event *ev)
{
    enum ws_status status = WS_MORE;
    size_t at = 0;

    *used = 0;
    *ev = (struct ws_event){.reason = ""};
    if (d->failure != FAIL_NONE)
        return fail(d, (enum failure)d->failure, ev);
    drop_last_event(d);
    while (status == WS_MORE && at < n) {
        if (!d->in_payload)
            at += take_header(d, p + at, n - at);
        if (d->failure != FAIL_NONE)
            status = fail(d, (enum failure)d->failure, ev);
        if (status != WS_MORE || !d->in_payload)
            break;
        size_t part = d->left < n - at ? (size_t)d->left : n - at;
        char *payload = p + at;
        at += part;
        status = take_payload(d, payload, part, ev);
    }
    *used = at;
    return status;
}

bool ws_decoder_has_begun(const struct ws_decoder *d)
{
    return d->header_n > 0 || d->message_opcode != 0;
}

bool ws_decoder_at_control(const struct ws_decoder *d, const char *p)
{
    unsigned char first = d->header_n > 0 ? d->header[0] : (unsigned char)*p;

    return (first & WS_OP_CLOSE) != 0;
}

/* ---- Encoder ------------------------------------------------------------------------------ */

size_t ws_frame_header(char out[WS_HEADER_MAX], enum ws_opcode opcode, size_t payload_bytes)
{
    uint64_t length = payload_bytes;
    size_t n = length > UINT16_MAX ? 10 : length > 125 ? 4 : 2;

    assert(length <= INT64_MAX);
    out[0] = (char)(0x80 | opcode);
    out[1] = (char)(n == 10 ? 127 : n == 4 ? 126 : length);
    for (size_t i = n; i > 2; i--, length >>= 8)
        out[i - 1] = (char)(length & 0xff);
    return n;
}

size_t ws_frame_read(struct slice frames, enum ws_opcode *opcode, struct slice *payload)
{
    const unsigned char *p = (const unsigned char *)frames.p;
    size_t length_bytes = p[1] < 126 ? 0 : p[1] == 126 ? 2 : 8;
    size_t n = length_bytes == 0 ? p[1] : 0;

    for (size_t i = 0; i < length_bytes; i++)
        n = n << 8 | p[2 + i];
    *opcode = (enum ws_opcode)(p[0] & 0x0f);
    *payload = slice_of(frames.p + 2 + length_bytes, n);
    return 2 + length_bytes + n;
}

void ws_frame_set_compressed(char header[WS_HEADER_MAX])
{
    header[0] = (char)(header[0] | RSV1);
}

bool ws_close_code_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}
