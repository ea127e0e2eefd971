#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 1024 * 1024,
    OUTPUT_BYTES = TEXT_MAX + 1024,
    HEADER_MAX = 8, /* of a client's frame below 64 KiB: RFC 6455 5.2 */
    OP_TEXT = 1,
    OP_CLOSE = 8,
    OP_PING = 9,
    OP_PONG = 10,
};

/* RFC 6455 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct crowd crowd;

static char input[INPUT_BYTES];

_Noreturn void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

/* ---- Output ------------------------------------------------------------------------------- */

/* No client has more under way than its socket takes: a short write is a server that does not
 * read. */
static void write_all(struct client *client, const char *p, size_t n)
{
    if (send(client->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
        die("client %u: cannot send: %s", client->index, strerror(errno));
}

/* The mask is zero, which is as much work for the server as any other, and lets the floor read
 * without unmasking. */
static void send_frame(struct client *client, unsigned opcode, const char *payload, size_t n)
{
    char out[HEADER_MAX + OUTPUT_BYTES] = {(char)(0x80 | opcode)};
    size_t at = 2;

    if (n < 126) {
        out[1] = (char)(0x80 | n);
    } else {
        out[1] = (char)(0x80 | 126);
        out[at++] = (char)(n >> 8);
        out[at++] = (char)(n & 0xff);
    }
    memset(out + at, 0, 4);
    memcpy(out + at + 4, payload, n);
    write_all(client, out, at + 4 + n);
}

static void send_template(struct client *client, const char *template, const char *text)
{
    char payload[OUTPUT_BYTES];
    size_t n = dialect_expand(payload, template, client->index, client->room, text, text_bytes());

    send_frame(client, OP_TEXT, payload, n);
}

void client_say(struct client *client, const char *text)
{
    send_template(client, crowd.dialect->message, text);
}

void client_leave(struct client *client)
{
    client->state = CLIENT_LEAVING;
    send_template(client, crowd.dialect->leave.send, "");
}

void client_close(struct client *client)
{
    static const char normal[] = {0x03, (char)0xe8}; /* 1000 */

    send_frame(client, OP_CLOSE, normal, sizeof(normal));
}

/* ---- Opening ------------------------------------------------------------------------------ */

static void send_handshake(struct client *client)
{
    const char *subprotocol = crowd.dialect->subprotocol;
    char target[256];
    char out[1024];

    target[dialect_expand(target, crowd.dialect->target, client->index, client->room, "", 0)] = 0;
    int n = snprintf(out, sizeof(out),
                     "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                     "Sec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                     target, subprotocol != NULL ? "Sec-WebSocket-Protocol: " : "",
                     subprotocol != NULL ? subprotocol : "", subprotocol != NULL ? "\r\n" : "");
    write_all(client, out, (size_t)n);
}

void client_open(struct client *client)
{
    static const int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 ||
        connect(client->fd, (struct sockaddr *)&crowd.server, sizeof(crowd.server)) != 0)
        die("client %u: cannot connect: %s", client->index, strerror(errno));
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (epoll_ctl(crowd.epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0)
        die("client %u: epoll: %s", client->index, strerror(errno));
    client->state = CLIENT_UPGRADING;
    client->step = 0;
    send_handshake(client);
}

static void on_end(struct client *client)
{
    close(client->fd);
    free(client->rest);
    client->rest = NULL;
    client->rest_n = 0;
    client->state = CLIENT_CLOSED;
    crowd.on_closed(client);
}

/* ---- Input -------------------------------------------------------------------------------- */

static bool begins(const char *p, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(p, with, strlen(with)) == 0;
}

static bool ends(const char *p, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(p + n - strlen(with), with, strlen(with)) == 0;
}

static void on_opened(struct client *client)
{
    client->state = CLIENT_ENTERING;
    if (!crowd.enter) {
        crowd.on_ready(client);
    } else if (crowd.dialect->steps[0].expect == NULL) {
        client->state = CLIENT_JOINED;
        crowd.on_ready(client);
    }
}

static void on_step(struct client *client, const char *p, size_t n)
{
    const struct step *step = &crowd.dialect->steps[client->step];

    if (!crowd.enter || !begins(p, n, step->expect))
        return;
    client->step++;
    if (step->send != NULL) {
        send_template(client, step->send, "");
    } else {
        client->state = CLIENT_JOINED;
        crowd.on_ready(client);
    }
}

/* A text in a room; other events (who came, who types) are none of its business. */
static void on_event(struct client *client, const char *p, size_t n)
{
    const struct dialect *dialect = crowd.dialect;

    if (!begins(p, n, dialect->event_begin))
        return;
    if (!ends(p, n, dialect->event_end) ||
        n < strlen(dialect->event_begin) + text_bytes() + strlen(dialect->event_end))
        die("client %u: an event is cut off: %.*s", client->index, (int)n, p);
    client->received++;
    crowd.on_message(client, p + n - strlen(dialect->event_end) - text_bytes());
}

static void on_text(struct client *client, const char *p, size_t n)
{
    const struct dialect *dialect = crowd.dialect;

    if (dialect->error != NULL && begins(p, n, dialect->error))
        die("client %u: %.*s", client->index, (int)n, p);
    if (dialect->heartbeat.expect != NULL && n == strlen(dialect->heartbeat.expect) &&
        begins(p, n, dialect->heartbeat.expect)) {
        send_template(client, dialect->heartbeat.send, "");
        return;
    }
    switch (client->state) {
    case CLIENT_ENTERING:
        on_step(client, p, n);
        break;
    case CLIENT_JOINED:
        on_event(client, p, n);
        break;
    case CLIENT_LEAVING:
        if (begins(p, n, dialect->leave.expect))
            crowd.on_left(client);
        break;
    case CLIENT_UPGRADING:
    case CLIENT_CLOSED:
        break;
    }
}

static void on_frame(struct client *client, unsigned opcode, const char *p, size_t n)
{
    switch (opcode) {
    case OP_TEXT:
        on_text(client, p, n);
        break;
    case OP_PING:
        send_frame(client, OP_PONG, p, n);
        break;
    case OP_CLOSE:
        if (n >= 2 && !begins(p, n, "\x03\xe8"))
            die("client %u: closed with %u", client->index,
                (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1]);
        break;
    default:
        die("client %u: a frame of type %u", client->index, opcode);
    }
}

/* A whole frame of a server, RFC 6455 5.2; the bytes used, 0 when it is not whole. */
static size_t take_frame(struct client *client, const char *p, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)p;
    size_t header = 2;
    uint64_t length = n < 2 ? 0 : bytes[1];
    size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;

    if (n < header + more)
        return 0;
    if (more > 0)
        length = 0;
    for (size_t i = 0; i < more; i++)
        length = length << 8 | bytes[header++];
    if (length > INPUT_BYTES / 2 || (bytes[0] & 0xf0) != 0x80)
        die("client %u: not a frame", client->index);
    if (n - header < length)
        return 0;
    on_frame(client, bytes[0] & 0x0f, p + header, (size_t)length);
    return header + (size_t)length;
}

static size_t take_handshake(struct client *client, const char *p, size_t n)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4);

    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - p) + 4;
    if (!begins(p, head, "HTTP/1.1 101 ") || memmem(p, head, ACCEPT, strlen(ACCEPT)) == NULL)
        die("client %u: no WebSocket: %.*s", client->index, (int)head, p);
    on_opened(client);
    return head;
}

static void keep_rest(struct client *client, const char *p, size_t n)
{
    free(client->rest);
    client->rest = NULL;
    client->rest_n = n;
    if (n == 0)
        return;
    client->rest = malloc(n);
    if (client->rest == NULL)
        die("out of memory");
    memcpy(client->rest, p, n);
}

void client_input(struct client *client)
{
    size_t kept = client->rest_n;
    size_t at = 0;
    size_t used;

    if (kept > 0)
        memcpy(input, client->rest, kept);
    ssize_t n = recv(client->fd, input + kept, INPUT_BYTES - kept, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        on_end(client);
        return;
    }
    size_t all = kept + (size_t)n;
    do {
        used = client->state == CLIENT_UPGRADING ? take_handshake(client, input + at, all - at)
                                                 : take_frame(client, input + at, all - at);
        at += used;
    } while (used > 0 && at < all);
    keep_rest(client, input + at, all - at);
}
