#include "http/response.h"

#include "http/request.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum {
    EXTRA_MAX = 8192, /* header lines of the caller */
    HEAD_MAX = EXTRA_MAX + 4096,
};

/* The page needs nothing but its own files and its own WebSocket. */
static const struct {
    const char *name;
    const char *value;
} security_fields[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {205, "Reset Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

/* RFC 9110 5.6.7. */
static void put_date(struct buf *head, int64_t wall_ms)
{
    char text[64];
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    if (strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
        (void)buf_printf(head, "Date: %s\r\n", text);
}

static void put_field(struct buf *head, const char *name, struct slice value)
{
    if (value.n > 0)
        (void)buf_printf(head, "%s: %.*s\r\n", name, (int)value.n, value.p);
}

static bool has_field(struct slice lines, const char *name)
{
    while (lines.n > 0) {
        struct slice line = slice_cut(&lines, '\n');
        if (slice_ieq(slice_cut(&line, ':'), slice_str(name)))
            return true;
    }
    return false;
}

/* Where the caller has one of them himself, it is his. */
static void put_security_fields(struct buf *head, struct slice extra)
{
    for (size_t i = 0; i < sizeof(security_fields) / sizeof(security_fields[0]); i++)
        if (!has_field(extra, security_fields[i].name))
            put_field(head, security_fields[i].name, slice_str(security_fields[i].value));
}

static struct frame *make_head(struct conn *conn, const struct http_response *response)
{
    struct buf head;
    size_t length = response->body != NULL ? response->body->n : 0;

    buf_init(&head, HEAD_MAX);
    (void)buf_printf(&head, "HTTP/1.1 %d %s\r\n", response->status, http_reason(response->status));
    put_date(&head, loop_wall_ms(conn->loop));
    if (response->status != 101 && response->status != 204 && response->status != 304)
        (void)buf_printf(&head, "Content-Length: %zu\r\n", length);
    put_field(&head, "Content-Type", response->type);
    put_field(&head, "ETag", response->etag);
    if (response->status != 101) {
        /* 426 has an Upgrade field, which the connection option must name (RFC 9110 7.8). */
        (void)buf_printf(&head, "Connection: %s%s\r\n", response->status == 426 ? "upgrade, " : "",
                         response->keep_alive ? "keep-alive" : "close");
        put_security_fields(&head, response->extra);
    }
    (void)buf_append_slice(&head, response->extra);
    int err = buf_append_slice(&head, SLICE("\r\n"));
    struct frame *frame = err == 0 ? frame_join(buf_slice(&head), SLICE("")) : NULL;
    buf_deinit(&head);
    return frame;
}

int http_respond(struct conn *conn, const struct http_response *response)
{
    struct frame *head = make_head(conn, response);

    if (head == NULL) {
        conn_abort(conn);
        return -ENOMEM;
    }
    int err = conn_send(conn, head, SEND_ALWAYS);
    frame_unref(head);
    if (err == 0 && response->body != NULL && response->body->n > 0 && !response->head_only)
        err = conn_send(conn, response->body, SEND_ALWAYS);
    return err;
}

int http_respond_error(struct conn *conn, int status, const char *why, struct slice extra,
                       bool keep_alive, bool head_only)
{
    char text[256];
    int n = snprintf(text, sizeof(text), "%d %s: %s\n", status, http_reason(status), why);
    struct frame *body = frame_join(slice_of(text, (size_t)n), SLICE(""));

    if (body == NULL) {
        conn_abort(conn);
        return -ENOMEM;
    }
    const struct http_response response = {
        .status = status,
        .type = SLICE("text/plain; charset=utf-8"),
        .extra = extra,
        .body = body,
        .head_only = head_only,
        .keep_alive = keep_alive,
    };
    int err = http_respond(conn, &response);
    frame_unref(body);
    return err;
}

void http_respond_continue(struct conn *conn)
{
    struct frame *frame = frame_join(SLICE("HTTP/1.1 100 Continue\r\n\r\n"), SLICE(""));

    if (frame == NULL) {
        conn_abort(conn);
        return;
    }
    (void)conn_send(conn, frame, SEND_ALWAYS);
    frame_unref(frame);
}

static bool is_own_field(struct slice name)
{
    static const char *const names[] = {"Connection", "Content-Length", "Date",
                                        "Transfer-Encoding"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_ieq(name, slice_str(names[i])))
            return true;
    return false;
}

static bool is_field_value(struct slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!http_is_value_char((unsigned char)value.p[i]))
            return false;
    return true;
}

void http_fields_init(struct buf *lines)
{
    buf_init(lines, EXTRA_MAX);
}

int http_fields_add(struct buf *lines, struct slice name, struct slice value)
{
    if (!http_is_token(name) || is_own_field(name) || !is_field_value(value))
        return -EINVAL;
    int err = buf_reserve(lines, name.n + value.n + 4);
    if (err != 0)
        return err;
    (void)buf_append_slice(lines, name);
    (void)buf_append_slice(lines, SLICE(": "));
    (void)buf_append_slice(lines, value);
    return buf_append_slice(lines, SLICE("\r\n"));
}
