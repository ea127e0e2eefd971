#include "http/body.h"

enum state {
    CHUNK_SIZE,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    COUNTED_DATA, /* what Content-Length counts */
    /* A chunk's extensions (RFC 9112 7.1.1). */
    EXTENSION_START,
    EXTENSION_NAME,
    EXTENSION_NAME_SPACE,
    EXTENSION_VALUE_START,
    EXTENSION_VALUE,
    EXTENSION_QUOTED,
    EXTENSION_QUOTED_PAIR,
    EXTENSION_END, /* behind a quoted value */
    EXTENSION_SPACE,
    /* The trailer section (7.1.2). */
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    COMPLETE,
    FAILED,
};

enum { SIZE_DIGITS_MAX = 16 }; /* what 64 bits hold */

static const char malformed[] = "malformed chunk";

static void fail(struct http_body *body, int status, const char *reason)
{
    body->state = FAILED;
    body->status = status;
    body->reason = reason;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* ---- Sizes -------------------------------------------------------------------------------- */

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* So many bytes of content are announced. */
static void announce(struct http_body *body, uint64_t bytes, enum state next)
{
    body->left = bytes;
    body->state = (uint8_t)next;
    if (bytes > body->room)
        fail(body, 413, "request body too large");
    else
        body->room -= bytes;
}

/* Behind the size or an extension: the end of the line, or another extension. */
static void on_size_end(struct http_body *body, unsigned char c)
{
    if (c == '\r')
        announce(body, body->left, CHUNK_SIZE_LF);
    else if (c == ';')
        body->state = EXTENSION_START;
    else if (is_space(c))
        body->state = EXTENSION_SPACE;
    else
        fail(body, 400, malformed);
}

static void on_size_char(struct http_body *body, unsigned char c)
{
    int digit = hex_value(c);

    if (digit < 0 && body->size_digits > 0) {
        on_size_end(body, c);
    } else if (digit < 0) {
        fail(body, 400, malformed);
    } else if (body->size_digits == SIZE_DIGITS_MAX) {
        fail(body, 400, "chunk size too long");
    } else {
        body->left = body->left << 4 | (uint64_t)digit;
        body->size_digits++;
    }
}

/* ---- Chunk extensions --------------------------------------------------------------------- */

/* Behind the semicolon, and white space. */
static void on_extension_start(struct http_body *body, unsigned char c)
{
    if (http_is_tchar(c))
        body->state = EXTENSION_NAME;
    else if (!is_space(c))
        fail(body, 400, malformed);
}

static void on_extension_name(struct http_body *body, unsigned char c)
{
    if (c == '=')
        body->state = EXTENSION_VALUE_START;
    else if (is_space(c))
        body->state = EXTENSION_NAME_SPACE;
    else if (!http_is_tchar(c))
        on_size_end(body, c);
}

/* White space promises a semicolon; behind a name, it may also be the equals sign. */
static void on_extension_space(struct http_body *body, unsigned char c)
{
    if (c == ';')
        body->state = EXTENSION_START;
    else if (c == '=' && body->state == EXTENSION_NAME_SPACE)
        body->state = EXTENSION_VALUE_START;
    else if (!is_space(c))
        fail(body, 400, malformed);
}

static void on_extension_value_start(struct http_body *body, unsigned char c)
{
    if (c == '"')
        body->state = EXTENSION_QUOTED;
    else if (http_is_tchar(c))
        body->state = EXTENSION_VALUE;
    else if (!is_space(c))
        fail(body, 400, malformed);
}

/* RFC 9110 5.6.4. */
static void on_extension_quoted(struct http_body *body, unsigned char c)
{
    if (c == '"')
        body->state = EXTENSION_END;
    else if (c == '\\')
        body->state = EXTENSION_QUOTED_PAIR;
    else if (!http_is_value_char(c))
        fail(body, 400, malformed);
}

static void on_extension_quoted_pair(struct http_body *body, unsigned char c)
{
    body->state = EXTENSION_QUOTED;
    if (!http_is_value_char(c))
        fail(body, 400, malformed);
}

/* ---- Trailer ------------------------------------------------------------------------------ */

static void on_trailer_start(struct http_body *body, unsigned char c)
{
    if (c == '\r')
        body->state = LAST_LF;
    else if (http_is_tchar(c))
        body->state = TRAILER_NAME;
    else
        fail(body, 400, "malformed trailer field");
}

static void on_trailer_name(struct http_body *body, unsigned char c)
{
    if (c == ':')
        body->state = TRAILER_VALUE;
    else if (!http_is_tchar(c))
        fail(body, 400, "malformed trailer field");
}

static void on_trailer_value(struct http_body *body, unsigned char c)
{
    if (c == '\r')
        body->state = TRAILER_LF;
    else if (!http_is_value_char(c))
        fail(body, 400, "malformed trailer field");
}

/* ---- Decoding ----------------------------------------------------------------------------- */

static void expect(struct http_body *body, unsigned char c, char expected, enum state next)
{
    body->state = (uint8_t)next;
    if (c != (unsigned char)expected)
        fail(body, 400, malformed);
}

static void on_char(struct http_body *body, unsigned char c)
{
    switch ((enum state)body->state) {
    case CHUNK_SIZE:
        on_size_char(body, c);
        break;
    case CHUNK_SIZE_LF:
        expect(body, c, '\n', body->left > 0 ? CHUNK_DATA : TRAILER_START);
        break;
    case CHUNK_DATA_CR:
        expect(body, c, '\r', CHUNK_DATA_LF);
        break;
    case CHUNK_DATA_LF:
        body->size_digits = 0;
        expect(body, c, '\n', CHUNK_SIZE);
        break;
    case EXTENSION_START:
        on_extension_start(body, c);
        break;
    case EXTENSION_NAME:
        on_extension_name(body, c);
        break;
    case EXTENSION_NAME_SPACE:
    case EXTENSION_SPACE:
        on_extension_space(body, c);
        break;
    case EXTENSION_VALUE_START:
        on_extension_value_start(body, c);
        break;
    case EXTENSION_VALUE:
        if (!http_is_tchar(c))
            on_size_end(body, c);
        break;
    case EXTENSION_QUOTED:
        on_extension_quoted(body, c);
        break;
    case EXTENSION_QUOTED_PAIR:
        on_extension_quoted_pair(body, c);
        break;
    case EXTENSION_END:
        on_size_end(body, c);
        break;
    case TRAILER_START:
        on_trailer_start(body, c);
        break;
    case TRAILER_NAME:
        on_trailer_name(body, c);
        break;
    case TRAILER_VALUE:
        on_trailer_value(body, c);
        break;
    case TRAILER_LF:
        expect(body, c, '\n', TRAILER_START);
        break;
    case LAST_LF:
        expect(body, c, '\n', COMPLETE);
        break;
    case CHUNK_DATA:
    case COUNTED_DATA:
    case COMPLETE:
    case FAILED:
        break;
    }
}

/* Extensions and trailers are thrown away, but their length is not left to the peer (7.1.1). */
static void take_char(struct http_body *body, unsigned char c)
{
    bool extension = body->state >= EXTENSION_START && body->state <= EXTENSION_SPACE;
    bool trailer = body->state >= TRAILER_NAME && body->state <= TRAILER_LF;

    if ((extension || trailer) && body->extra_room-- == 0)
        fail(body, 431, trailer ? "trailer too large" : "chunk extensions too large");
    else
        on_char(body, c);
}

static bool in_data(const struct http_body *body)
{
    return body->state == CHUNK_DATA || body->state == COUNTED_DATA;
}

static struct slice take_data(struct http_body *body, const char *p, size_t n)
{
    size_t take = body->left < n ? (size_t)body->left : n;

    body->left -= take;
    if (body->left == 0)
        body->state = body->state == CHUNK_DATA ? CHUNK_DATA_CR : COMPLETE;
    return slice_of(p, take);
}

void http_body_init(struct http_body *body, const struct http_request *request,
                    const struct http_body_limits *limits)
{
    *body = (struct http_body){
        .reason = "",
        .room = limits->max_content_bytes,
        .extra_room = limits->max_extra_bytes,
        .state = request->chunked ? CHUNK_SIZE : COMPLETE,
    };
    if (request->content_length > 0)
        announce(body, (uint64_t)request->content_length, COUNTED_DATA);
}

enum http_body_result http_body_next(struct http_body *body, const char *p, size_t n, size_t *used,
                                     struct slice *content)
{
    size_t at = 0;

    while (at < n && body->state < COMPLETE && !in_data(body))
        take_char(body, (unsigned char)p[at++]);
    *used = at;
    if (at < n && in_data(body)) {
        *content = take_data(body, p + at, n - at);
        *used += content->n;
        return BODY_PART;
    }
    if (body->state == COMPLETE)
        return BODY_END;
    return body->state == FAILED ? BODY_FAIL : BODY_MORE;
}
