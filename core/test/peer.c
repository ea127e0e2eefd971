#include "test/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_MAX = 64 << 20, READ_BYTES = 65536, HEADER_MAX = 14, MASK_BYTES = 4 };

/* The websocket puts its own in its place. */
static const struct conn_ops nobody = {0};

int peer_init(struct peer *peer, struct http_server *http, const struct ws_endpoint *endpoint)
{
    static const struct address address;
    const struct websocket_compression plain = {.encoding = &websocket_plain};
    struct conn *conn;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
        return -errno;
    int err = conn_new(http->loop, fds[0], &address, &nobody, NULL, &conn);
    if (err != 0) {
        close(fds[0]);
        close(fds[1]);
        return err;
    }
    err = websocket_new(conn, endpoint, &http->websocket, &plain, NULL);
    if (err != 0) {
        conn_abort(conn);
        close(fds[1]);
        return err;
    }
    *peer = (struct peer){.fd = fds[1]};
    buf_init(&peer->input, INPUT_MAX);
    return 0;
}

void peer_deinit(struct peer *peer)
{
    close(peer->fd);
    buf_deinit(&peer->input);
}

/* Masked with zeros (RFC 6455 5.3): the server unmasks it to the same. */
static size_t write_header(char out[HEADER_MAX], size_t n)
{
    size_t at = ws_frame_header(out, WS_OP_TEXT, n);

    out[1] = (char)(out[1] | 0x80);
    memset(out + at, 0, MASK_BYTES);
    return at + MASK_BYTES;
}

int peer_send(struct peer *peer, struct slice text)
{
    char header[HEADER_MAX];
    size_t header_n = write_header(header, text.n);
    char *frame = malloc(header_n + text.n);

    if (frame == NULL)
        return -ENOMEM;
    memcpy(frame, header, header_n);
    memcpy(frame + header_n, text.p, text.n);
    ssize_t sent = send(peer->fd, frame, header_n + text.n, MSG_NOSIGNAL);
    free(frame);
    return sent == (ssize_t)(header_n + text.n) ? 0 : -EAGAIN;
}

/* The server's frames are whole messages, not masked. Answers the length of the first one in the
 * input, 0 when it is not there yet. */
static size_t frame_at(struct slice in, struct slice *payload)
{
    const unsigned char *p = (const unsigned char *)in.p;
    size_t header = 2;
    size_t n;

    if (in.n < 2)
        return 0;
    n = p[1];
    if (n >= 126) {
        header = n == 126 ? 4 : 10;
        if (in.n < header)
            return 0;
        n = 0;
        for (size_t i = 2; i < header; i++)
            n = n << 8 | p[i];
    }
    if (in.n - header < n)
        return 0;
    *payload = slice_of(in.p + header, n);
    return header + n;
}

static void take_frame(struct peer *peer, struct slice frame, struct slice payload,
                       peer_message_fn *fn, void *arg)
{
    const unsigned char *code = (const unsigned char *)payload.p;

    switch (frame.p[0] & 0x0f) {
    case WS_OP_TEXT:
        fn(arg, payload);
        break;
    case WS_OP_CLOSE:
        peer->closed = payload.n >= 2 ? (unsigned)code[0] << 8 | code[1] : 1005;
        break;
    default:
        break; /* pings are not answered: no test takes that long */
    }
}

bool peer_receive(struct peer *peer, peer_message_fn *fn, void *arg)
{
    char bytes[READ_BYTES];
    ssize_t n = recv(peer->fd, bytes, sizeof(bytes), 0);
    struct slice payload;
    size_t at = 0;
    size_t used;

    if (n == 0 && peer->closed == 0)
        peer->closed = 1006;
    if (n <= 0 || buf_append(&peer->input, bytes, (size_t)n) != 0)
        return false;
    struct slice in = buf_slice(&peer->input);
    while ((used = frame_at(slice_of(in.p + at, in.n - at), &payload)) > 0) {
        take_frame(peer, slice_of(in.p + at, used), payload, fn, arg);
        at += used;
    }
    peer->input.n -= at;
    memmove(peer->input.p, peer->input.p + at, peer->input.n);
    return true;
}
