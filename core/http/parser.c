#include "http/parser.h"

#include <assert.h>
#include <stdlib.h>

enum state {
    REQUEST_START,
    EMPTY_LINE_LF,
    METHOD,
    TARGET,
    VERSION,
    REQUEST_LF,
    LINE_START,
    NAME,
    VALUE,
    FIELD_LF,
    HEAD_LF,
    COMPLETE,
    FAILED,
};

enum {
    METHOD_MAX = 32,
    EMPTY_LINES_MAX = 4, /* in front of a request line; RFC 9112 2.2 asks for one */
    VERSION_BYTES = sizeof("HTTP/1.1") - 1,
};

static void fail(struct http_parser *ps, int status, const char *reason)
{
    ps->state = FAILED;
    ps->status = status;
    ps->reason = reason;
}

/* ---- Character classes -------------------------------------------------------------------- */

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* A target has no fragment (RFC 9112 3.2). */
static bool is_target_char(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '#';
}

/* ---- Request line ------------------------------------------------------------------------- */

static void on_method_char(struct http_parser *ps, unsigned char c)
{
    if (c == ' ') {
        ps->method_n = ps->at - ps->line_at;
        ps->target_at = ps->at + 1;
        ps->state = TARGET;
    } else if (!http_is_tchar(c)) {
        fail(ps, 400, "malformed request line");
    } else if (ps->at - ps->line_at >= METHOD_MAX) {
        fail(ps, 501, "unknown method");
    }
}

static struct slice part(const struct http_parser *ps, size_t at, size_t n)
{
    return slice_of(ps->head.p + at, n);
}

static void on_target_char(struct http_parser *ps, unsigned char c)
{
    bool first = ps->at == ps->target_at;

    if (first && c != '/' && c != '*' && (c | 0x20) != 'h') {
        fail(ps, 400, "malformed target");
    } else if (c == ' ') {
        struct http_request request = {0};
        ps->target_n = ps->at - ps->target_at;
        request.method = part(ps, 0, ps->method_n);
        request.target = part(ps, ps->target_at, ps->target_n);
        const char *wrong = http_request_split_target(&request);
        ps->mark = ps->at + 1;
        ps->state = VERSION;
        if (wrong != NULL)
            fail(ps, 400, wrong);
    } else if (!is_target_char(c)) {
        fail(ps, 400, "invalid character in target");
    }
}

static void on_version_char(struct http_parser *ps, unsigned char c)
{
    static const char expected[] = "HTTP/1.";
    size_t i = ps->at - ps->mark;

    if (i == VERSION_BYTES) {
        ps->state = REQUEST_LF;
        if (c != '\r')
            fail(ps, 400, "malformed HTTP version");
    } else if (i == VERSION_BYTES - 1 && is_digit(c)) {
        ps->request.minor = (unsigned)(c - '0');
    } else if (i == sizeof("HTTP/") - 1 && is_digit(c) && c != '1') {
        fail(ps, 505, "HTTP/1.1 is spoken here");
    } else if (i == VERSION_BYTES - 1 || c != (unsigned char)expected[i]) {
        fail(ps, 400, "malformed HTTP version");
    }
}

/* ---- Field lines -------------------------------------------------------------------------- */

static void on_host(struct http_parser *ps, struct slice value)
{
    struct slice host;
    int port;

    if (ps->has_host)
        fail(ps, 400, "repeated Host");
    else if (!http_authority_split(value, &host, &port))
        fail(ps, 400, "invalid Host");
    ps->has_host = true;
}

/* RFC 9112 6.3. A repeated field is refused even when the values agree. */
static void on_content_length(struct http_parser *ps, struct slice value)
{
    int64_t length = 0;
    size_t i = 0;

    if (ps->request.content_length >= 0) {
        fail(ps, 400, "repeated Content-Length");
        return;
    }
    for (; i < value.n && is_digit((unsigned char)value.p[i]); i++) {
        int digit = value.p[i] - '0';
        if (length > (INT64_MAX - digit) / 10)
            break;
        length = length * 10 + digit;
    }
    ps->request.content_length = length;
    if (i < value.n || value.n == 0)
        fail(ps, 400, "invalid Content-Length");
    else if (ps->has_transfer_encoding)
        fail(ps, 400, "both Transfer-Encoding and Content-Length");
}

/* One transfer coding. Only chunked is known; it must be the last one, and once (RFC 9112 6.1). */
static void on_coding(struct http_parser *ps, struct slice coding)
{
    struct slice parameters = coding;
    struct slice name = slice_trim(slice_cut(&parameters, ';'));

    if (ps->request.chunked)
        fail(ps, 400, "chunked is not the last transfer coding");
    else if (coding.n == 0)
        fail(ps, 400, "empty transfer coding");
    else if (slice_ieq(coding, SLICE("chunked")))
        ps->request.chunked = true;
    else if (!http_is_token(name) || slice_ieq(name, SLICE("chunked")))
        fail(ps, 400, "malformed transfer coding");
    else
        ps->unknown_coding = true;
}

static void on_transfer_encoding(struct http_parser *ps, struct slice value)
{
    ps->has_transfer_encoding = true;
    if (ps->request.minor == 0)
        fail(ps, 400, "Transfer-Encoding in HTTP/1.0");
    else if (ps->request.content_length >= 0)
        fail(ps, 400, "both Content-Length and Transfer-Encoding");
    while (value.p != NULL && ps->state != FAILED)
        on_coding(ps, slice_trim(slice_cut(&value, ',')));
}

/* The fields that decide where the message ends and whom it is for. */
static void on_field(struct http_parser *ps, struct slice name, struct slice value)
{
    ps->state = LINE_START;
    if (slice_ieq(name, SLICE("Host")))
        on_host(ps, value);
    else if (slice_ieq(name, SLICE("Content-Length")))
        on_content_length(ps, value);
    else if (slice_ieq(name, SLICE("Transfer-Encoding")))
        on_transfer_encoding(ps, value);
}

static void on_line_start(struct http_parser *ps, unsigned char c)
{
    ps->line_at = ps->at;
    if (c == '\r')
        ps->state = HEAD_LF;
    else if (c == ' ' || c == '\t')
        fail(ps, 400, "folded field line");
    else if (!http_is_tchar(c))
        fail(ps, 400, "malformed field name");
    else if (++ps->n_fields > ps->limits.max_fields)
        fail(ps, 431, "too many fields");
    else
        ps->state = NAME;
}

static void on_name_char(struct http_parser *ps, unsigned char c)
{
    if (c == ':') {
        ps->mark = ps->at + 1;
        ps->state = VALUE;
    } else if (!http_is_tchar(c)) {
        fail(ps, 400, c == ' ' ? "space in field name" : "malformed field name");
    }
}

static void on_value_char(struct http_parser *ps, unsigned char c)
{
    if (c == '\r')
        ps->state = FIELD_LF;
    else if (!http_is_value_char(c))
        fail(ps, 400, "invalid character in field value");
}

static void on_field_lf(struct http_parser *ps)
{
    struct slice name = part(ps, ps->line_at, ps->mark - 1 - ps->line_at);
    struct slice value = part(ps, ps->mark, ps->at - 1 - ps->mark);

    on_field(ps, name, slice_trim(value));
}

/* ---- End of the head ---------------------------------------------------------------------- */

/* The field lines are known to be well-formed; `rest` begins with the first of them. */
static bool split_fields(struct http_parser *ps, struct slice rest)
{
    ps->fields = calloc(ps->n_fields, sizeof(*ps->fields));
    if (ps->fields == NULL && ps->n_fields > 0)
        return false;
    for (size_t i = 0; i < ps->n_fields; i++) {
        struct slice line = slice_cut(&rest, '\n');
        line.n--; /* the CR */
        ps->fields[i].name = slice_cut(&line, ':');
        ps->fields[i].value = slice_trim(line);
    }
    ps->request.fields = ps->fields;
    ps->request.n_fields = ps->n_fields;
    return true;
}

static void on_end(struct http_parser *ps)
{
    struct http_request *request = &ps->request;
    size_t fields_at = ps->target_at + ps->target_n + sizeof(" HTTP/1.1\r\n") - 1;

    ps->state = COMPLETE;
    request->method = part(ps, 0, ps->method_n);
    request->target = part(ps, ps->target_at, ps->target_n);
    if (!split_fields(ps, part(ps, fields_at, ps->head.n - fields_at))) {
        fail(ps, 503, "out of memory");
        return;
    }
    request->host = http_request_field(request, "Host");
    const char *wrong = http_request_split_target(request);
    assert(wrong == NULL); /* it was checked when it came */
    (void)wrong;
    request->keep_alive =
        !http_field_has_token(request, "Connection", "close") &&
        (request->minor > 0 || http_field_has_token(request, "Connection", "keep-alive"));
    if (!ps->has_host && request->minor > 0)
        fail(ps, 400, "no Host");
    else if (ps->has_transfer_encoding && !request->chunked)
        fail(ps, 400, "chunked is not the last transfer coding");
    else if (ps->unknown_coding)
        fail(ps, 501, "unknown transfer coding");
}

/* ---- Feeding ------------------------------------------------------------------------------ */

static bool expect_lf(struct http_parser *ps, unsigned char c)
{
    if (c != '\n')
        fail(ps, 400, "CR without LF");
    return c == '\n';
}

static void on_char(struct http_parser *ps, unsigned char c)
{
    switch ((enum state)ps->state) {
    case METHOD:
        on_method_char(ps, c);
        break;
    case TARGET:
        on_target_char(ps, c);
        break;
    case VERSION:
        on_version_char(ps, c);
        break;
    case REQUEST_LF:
        if (expect_lf(ps, c))
            ps->state = LINE_START;
        break;
    case LINE_START:
        on_line_start(ps, c);
        break;
    case NAME:
        on_name_char(ps, c);
        break;
    case VALUE:
        on_value_char(ps, c);
        break;
    case FIELD_LF:
        if (expect_lf(ps, c))
            on_field_lf(ps);
        break;
    case HEAD_LF:
        if (expect_lf(ps, c))
            on_end(ps);
        break;
    case REQUEST_START:
    case EMPTY_LINE_LF:
    case COMPLETE:
    case FAILED:
        break;
    }
}

/* Is the byte at `at` one too many for its line? */
static bool is_line_full(const struct http_parser *ps, unsigned char c)
{
    bool in_line = ps->state == METHOD || ps->state == TARGET || ps->state == VERSION ||
                   ps->state == NAME || ps->state == VALUE;

    return in_line && c != '\r' && ps->at - ps->line_at >= ps->limits.max_line_bytes;
}

static void fail_too_long(struct http_parser *ps)
{
    if (ps->state <= REQUEST_LF)
        fail(ps, 414, "request line too long");
    else
        fail(ps, 431, "head too large");
}

/* Most of a head is field values: jumps over what on_value_char() would only look at. */
static void skip_value(struct http_parser *ps)
{
    size_t end = ps->head.n;

    if (end - ps->line_at > ps->limits.max_line_bytes)
        end = ps->line_at + ps->limits.max_line_bytes;
    while (ps->at < end && http_is_value_char((unsigned char)ps->head.p[ps->at]))
        ps->at++;
}

/* Parses what was appended to `head`. */
static void scan(struct http_parser *ps)
{
    while (ps->at < ps->head.n && ps->state < COMPLETE) {
        if (ps->state == VALUE)
            skip_value(ps);
        if (ps->at == ps->head.n)
            break;
        unsigned char c = (unsigned char)ps->head.p[ps->at];
        if (is_line_full(ps, c))
            fail_too_long(ps);
        else
            on_char(ps, c);
        ps->at++;
    }
}

/* The empty lines that may stand before a request line (RFC 9112 2.2), which are not kept, and its
 * first byte, which is. */
static bool take_start(struct http_parser *ps, unsigned char c)
{
    if (ps->state == EMPTY_LINE_LF) {
        if (expect_lf(ps, c))
            ps->state = REQUEST_START;
        return true;
    }
    if (c == '\r' && ps->empty_lines++ < EMPTY_LINES_MAX) {
        ps->state = EMPTY_LINE_LF;
        return true;
    }
    ps->state = METHOD;
    if (!http_is_tchar(c))
        fail(ps, 400, c == '\r' ? "too many empty lines" : "malformed request line");
    return false;
}

/* Takes the rest of the line, or of the input, but no byte behind one that is wrong. */
static size_t take_line(struct http_parser *ps, const char *p, size_t n)
{
    const char *lf = memchr(p, '\n', n);
    size_t room = ps->limits.max_head_bytes - ps->head.n;
    size_t take = lf != NULL ? (size_t)(lf - p) + 1 : n;
    size_t before = ps->at;

    if (take > room)
        take = room;
    if (take == 0)
        fail_too_long(ps);
    else if (buf_append(&ps->head, p, take) != 0)
        fail(ps, 503, "out of memory");
    scan(ps);
    return ps->at - before;
}

enum http_result http_parser_feed(struct http_parser *ps, const char *p, size_t n, size_t *used)
{
    size_t at = 0;

    while (at < n && ps->state < COMPLETE) {
        if (ps->state > EMPTY_LINE_LF)
            at += take_line(ps, p + at, n - at);
        else if (take_start(ps, (unsigned char)p[at]))
            at++;
    }
    *used = at;
    return ps->state == COMPLETE ? HTTP_HEAD : ps->state == FAILED ? HTTP_FAIL : HTTP_MORE;
}

/* ---- Life --------------------------------------------------------------------------------- */

void http_parser_init(struct http_parser *ps, const struct http_limits *limits)
{
    *ps = (struct http_parser){.limits = *limits, .reason = ""};
    ps->request.content_length = -1;
    buf_init(&ps->head, limits->max_head_bytes);
}

void http_parser_deinit(struct http_parser *ps)
{
    buf_deinit(&ps->head);
    free(ps->fields);
    ps->fields = NULL;
}
