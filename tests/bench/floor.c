/* floor: the least that a server can do to make clients of chatd.v1 see the same bytes.
 *
 *   floor each | batched | lingering
 *
 * It looks at one letter of what it gets, and answers with what was prepared: no JSON, no users, no
 * checks. A message goes to all members of the sender's room, the sender too:
 *
 *   each       one send() per member and message: the floor
 *   batched    one send() per member and turn of the loop, with all messages of this turn
 *   lingering  as batched, but after a turn whose sending took long it waits for more messages, as
 *              long as that took and at most a millisecond
 *
 * It prints its port. It is for tests/bench/load only: frames must come unsplit and with a mask of
 * zero, as load sends them.
 */
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNS = 20480,
    ROOMS = 20480,
    EVENTS = 1024,
    BACKLOG = 4096,
    INPUT_BYTES = 128 * 1024,
    FRAME_MAX = 64 * 1024,
    LINGER_MAX_NS = 1000000,
    ROOM_DIGITS = 5,
};

struct room {
    int *fds;
    uint32_t n;
    uint32_t cap;
    /* What came in this turn. */
    char *out;
    size_t out_n;
    size_t out_cap;
    struct room *next_dirty;
};

static struct room rooms[ROOMS];
static struct room *dirty;

struct conn {
    bool open; /* the handshake is over */
    struct room *room;
    uint32_t place; /* in the room */
};

static struct conn conns[CONNS]; /* by descriptor */

static enum { EACH, BATCHED, LINGERING } mode;

static int epoll_fd;
static int listen_fd;

static void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

/* The sockets block, so a reader that is behind is waited for. */
static void send_all(int fd, const char *p, size_t n)
{
    (void)send(fd, p, n, MSG_NOSIGNAL);
}

/* ---- Frames ------------------------------------------------------------------------------- */

/* RFC 6455 5.2, for a text below 64 KiB. */
static size_t put_header(char *out, size_t payload_n)
{
    out[0] = (char)0x81;
    if (payload_n < 126) {
        out[1] = (char)payload_n;
        return 2;
    }
    out[1] = 126;
    out[2] = (char)(payload_n >> 8);
    out[3] = (char)(payload_n & 0xff);
    return 4;
}

static void send_text(int fd, const char *text)
{
    char out[1024];
    size_t n = put_header(out, strlen(text));

    memcpy(out + n, text, strlen(text));
    send_all(fd, out, n + strlen(text));
}

/* ---- Rooms -------------------------------------------------------------------------------- */

static void enter(int fd, uint32_t number)
{
    struct room *room = &rooms[number % ROOMS];

    if (room->n == room->cap) {
        room->cap = room->cap > 0 ? room->cap * 2 : 4;
        room->fds = realloc(room->fds, room->cap * sizeof(*room->fds));
        if (room->fds == NULL)
            die("realloc");
    }
    conns[fd].room = room;
    conns[fd].place = room->n;
    room->fds[room->n++] = fd;
}

static void leave(int fd)
{
    struct room *room = conns[fd].room;

    if (room == NULL)
        return;
    int last = room->fds[--room->n];
    room->fds[conns[fd].place] = last;
    conns[last].place = conns[fd].place;
    conns[fd].room = NULL;
}

static void send_to_members(struct room *room, const char *p, size_t n)
{
    for (uint32_t i = 0; i < room->n; i++)
        send_all(room->fds[i], p, n);
}

static char *reserve(struct room *room, size_t n)
{
    if (room->out_n + n > room->out_cap) {
        room->out_cap = 2 * (room->out_n + n);
        room->out = realloc(room->out, room->out_cap);
        if (room->out == NULL)
            die("realloc");
    }
    return room->out + room->out_n;
}

static void flush_all(void)
{
    while (dirty != NULL) {
        struct room *room = dirty;
        dirty = room->next_dirty;
        send_to_members(room, room->out, room->out_n);
        room->out_n = 0;
    }
}

/* ---- Requests ----------------------------------------------------------------------------- */

#define ROOM "{\"type\":\"join\",\"id\":\"j\",\"room\":\"r"
#define BEFORE "{\"type\":\"message\",\"room\":\"r00000\",\"text\":\""
#define EVENT                                                                                      \
    "{\"type\":\"message\",\"room\":\"r00000\",\"seq\":1000,\"ts\":1795392000000,\"from\":{"       \
    "\"id\":\"4be0643f1d98573b\",\"nick\":\"u00000\"},\"text\":\""

static void on_message(struct room *room, const char *payload, size_t n)
{
    size_t rest_n = n - (sizeof(BEFORE) - 1); /* the text, and what ends the object */
    char *out = reserve(room, FRAME_MAX);
    size_t at = put_header(out, sizeof(EVENT) - 1 + rest_n);

    memcpy(out + at, EVENT, sizeof(EVENT) - 1);
    at += sizeof(EVENT) - 1;
    memcpy(out + at, payload + sizeof(BEFORE) - 1, rest_n);
    at += rest_n;
    if (mode == EACH) {
        send_to_members(room, out, at);
        return;
    }
    if (room->out_n == 0) {
        room->next_dirty = dirty;
        dirty = room;
    }
    room->out_n += at;
}

static uint32_t room_number(const char *digits)
{
    uint32_t number = 0;

    for (int i = 0; i < ROOM_DIGITS; i++)
        number = number * 10 + (uint32_t)(digits[i] - '0');
    return number;
}

/* {"type":"X..., where X tells the requests apart. */
static void on_request(int fd, const char *payload, size_t n)
{
    switch (n < 11 ? 0 : payload[9] == 'l' ? payload[10] : payload[9]) {
    case 'o': /* login */
        send_text(fd, "{\"type\":\"welcome\",\"user\":{\"id\":\"4be0643f1d98573b\",\"nick\":"
                      "\"u00000\"},\"session\":\"4be0643f1d98573b4be0643f1d98573b\",\"rooms\":[]}");
        break;
    case 'j':
        enter(fd, room_number(payload + sizeof(ROOM) - 1));
        send_text(fd, "{\"type\":\"ok\",\"id\":\"j\",\"room\":\"r00000\",\"epoch\":"
                      "\"4be0643f1d98573b\",\"seq\":0,\"count\":10,\"members\":[{\"id\":"
                      "\"4be0643f1d98573b\",\"nick\":\"u00000\"}]}");
        break;
    case 'e': /* leave */
        leave(fd);
        send_text(fd, "{\"type\":\"ok\",\"id\":\"l\",\"room\":\"r00000\"}");
        break;
    case 'm':
        if (conns[fd].room != NULL)
            on_message(conns[fd].room, payload, n);
        break;
    }
}

static void end(int fd)
{
    leave(fd);
    conns[fd] = (struct conn){0};
    close(fd);
}

static void on_handshake(int fd)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                 "Sec-WebSocket-Protocol: chatd.v1\r\n\r\n";
    static const char hello[] =
        "{\"type\":\"hello\",\"server\":\"chatd/0.1.0\",\"protocol\":1,\"ping_interval\":25000,"
        "\"limits\":{\"message_bytes\":8192,\"nick_bytes\":32},\"auth\":[\"guest\"],"
        "\"features\":[\"typing\",\"presence\"]}";
    char out[1024];
    size_t n = sizeof(answer) - 1;

    memcpy(out, answer, n);
    n += put_header(out + n, sizeof(hello) - 1);
    memcpy(out + n, hello, sizeof(hello) - 1);
    send_all(fd, out, n + sizeof(hello) - 1);
    conns[fd].open = true;
}

static void on_close(int fd)
{
    static const char normal[] = {(char)0x88, 2, 0x03, (char)0xe8}; /* 1000 */

    send_all(fd, normal, sizeof(normal));
    end(fd);
}

/* One frame; the bytes used. */
static size_t take_frame(int fd, const char *p)
{
    size_t length = (size_t)p[1] & 0x7f;
    size_t at = 2;

    if (length == 126) {
        length = (size_t)(unsigned char)p[2] << 8 | (unsigned char)p[3];
        at = 4;
    }
    at += 4; /* the mask */
    if ((p[0] & 0x0f) == 8)
        on_close(fd);
    else
        on_request(fd, p + at, length);
    return at + length;
}

static void on_readable(int fd)
{
    static char input[INPUT_BYTES];
    ssize_t n = recv(fd, input, sizeof(input), 0);

    if (n <= 0) {
        end(fd);
    } else if (!conns[fd].open) {
        on_handshake(fd);
    } else {
        for (ssize_t at = 0; at < n;)
            at += (ssize_t)take_frame(fd, input + at);
    }
}

/* ---- The loop ----------------------------------------------------------------------------- */

static void on_acceptable(void)
{
    static const int on = 1;
    int fd;

    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= CONNS)
            die("too many connections");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
            die("epoll");
    }
}

/* Waits for input, at most so long (NULL: for good), and handles it. */
static void take_input(const struct timespec *timeout)
{
    static struct epoll_event events[EVENTS];
    int n = epoll_pwait2(epoll_fd, events, EVENTS, timeout, NULL);

    for (int i = 0; i < n; i++) {
        if (events[i].data.fd == listen_fd)
            on_acceptable();
        else
            on_readable(events[i].data.fd);
    }
}

static void linger(int64_t ns)
{
    int64_t until = now_ns() + ns;
    int64_t left;

    while ((left = until - now_ns()) > 0)
        take_input(&(struct timespec){.tv_nsec = left});
}

static void serve(void)
{
    int64_t sending_ns = 0; /* how long the last turn sent */

    for (;;) {
        take_input(NULL);
        if (mode == LINGERING && dirty != NULL)
            linger(sending_ns < LINGER_MAX_NS ? sending_ns : LINGER_MAX_NS);
        int64_t begin = now_ns();
        flush_all();
        sending_ns = now_ns() - begin;
    }
}

static void start_listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    struct epoll_event event = {.events = EPOLLIN};

    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    event.data.fd = listen_fd;
    if (bind(listen_fd, (struct sockaddr *)&address, n) != 0 || listen(listen_fd, BACKLOG) != 0 ||
        getsockname(listen_fd, (struct sockaddr *)&address, &n) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event) != 0)
        die("listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const char *const modes[] = {"each", "batched", "lingering"};
    int i = 0;

    while (i < 3 && (argc != 2 || strcmp(argv[1], modes[i]) != 0))
        i++;
    if (i == 3) {
        fputs("usage: floor each | batched | lingering\n", stderr);
        return EXIT_FAILURE;
    }
    mode = i;
    process_raise_descriptor_limit();
    start_listening();
    serve();
}
