/* chatd.v1: what three clients say, to the real hub over real sockets, without modules. Each line
 * of the input is a message: its first byte chooses the client. Whatever it is, the answers are
 * frames of JSON objects with a type, and in the end nothing is left. */
#include "fuzz.h"

#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "chat/hub.h"
#include "chat/native.h"
#include "http/websocket.h"
#include "net/timeout.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 3, MESSAGE_MAX = 4096, OUTPUT_MAX = 1 << 20 };

static struct loop loop;
static struct config config;
static struct hub hub;
static struct native_endpoint native;
static struct websocket_timeouts timeouts;
static struct websocket_compression plain = {.encoding = &websocket_plain};
static struct conn *conns[CLIENTS]; /* NULL when they have ended */
static int peers[CLIENTS];

/* ---- The server's side -------------------------------------------------------------------- */

static void read_defaults(void)
{
    static const struct config_paths paths = {"/web", "/data", "/modules"};
    char path[64];
    int fd = memfd_create("chatd.conf", 0);

    must(fd >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    must(config_read(path, &paths, &config) == 0);
    close(fd);
}

/* websocket_new() puts its own in its place. */
static const struct conn_ops nobody = {0};

static void connect_client(int i)
{
    static const struct address address;
    int fds[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    peers[i] = fds[1];
    must(conn_new(&loop, fds[0], &address, &nobody, NULL, &conns[i]) == 0);
    must(websocket_new(conns[i], &native.ws, &timeouts, &plain, NULL) == 0);
}

static void setup(void)
{
    log_set_level((enum log_level) - 1);
    read_defaults();
    must(loop_init(&loop, 1000) == 0);
    loop.outbox_limit = (size_t)config.outbox_bytes.number;
    loop.outbox_memory_limit = (size_t)config.outbox_memory.number;
    timeouts.ping = timeout_new(&loop, 100000);
    timeouts.pong = timeout_new(&loop, 100000);
    timeouts.message_ms = config.message_timeout.number;
    must(timeouts.ping != NULL && timeouts.pong != NULL);
    must(hub_init(&hub, &loop, &config) == 0);
    must(native_init(&native, &hub) == 0);
    for (int i = 0; i < CLIENTS; i++)
        connect_client(i);
}

static void teardown(void)
{
    loop_end_conns(&loop);
    native_deinit(&native);
    hub_deinit(&hub);
    loop_deinit(&loop);
    config_deinit(&config);
    for (int i = 0; i < CLIENTS; i++)
        close(peers[i]);
}

/* ---- The clients' side -------------------------------------------------------------------- */

static void check_message(const char *p, size_t n)
{
    struct json *json = json_parse(slice_of(p, n));

    must(json_is_object(json));
    must(json_str(json_get(json, "type")) != NULL);
    json_free(json);
}

/* One frame of the server's (RFC 6455 5.2); answers its length. */
static size_t check_frame(const char *p, size_t n)
{
    must(n >= 2);
    size_t length = (unsigned char)p[1];
    size_t at = 2;
    if (length == 126) {
        must(n >= 4);
        length = (size_t)(unsigned char)p[2] << 8 | (unsigned char)p[3];
        at = 4;
    }
    must(length <= UINT16_MAX && n - at >= length);
    must((unsigned char)p[0] == 0x81 || (unsigned char)p[0] == 0x88);
    if ((unsigned char)p[0] == 0x81)
        check_message(p + at, length);
    return at + length;
}

static void receive(int i)
{
    static char output[OUTPUT_MAX];
    ssize_t n = recv(peers[i], output, sizeof(output), 0);

    for (size_t at = 0; n > 0 && at < (size_t)n;)
        at += check_frame(output + at, (size_t)n - at);
}

static void settle(void)
{
    ev_run(loop.ev, EVRUN_NOWAIT);
    for (int i = 0; i < CLIENTS; i++)
        receive(i);
    ev_run(loop.ev, EVRUN_NOWAIT);
}

/* A frame with a mask of zeroes. It is read when the loop runs, and not at all once closed. */
static void say(int i, const uint8_t *text, size_t n)
{
    char frame[8 + MESSAGE_MAX] = {(char)0x81, (char)(0x80 | 126), (char)(n >> 8), (char)n};
    size_t header = 8;

    if (n < 126) {
        frame[1] = (char)(0x80 | n);
        memset(frame + 2, 0, 2);
        header = 6;
    }
    if (n > 0)
        memcpy(frame + header, text, n);
    (void)!send(peers[i], frame, header + n, MSG_NOSIGNAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    setup();
    settle();
    while (n > 0) {
        const uint8_t *end = memchr(data, '\n', n);
        size_t line = end != NULL ? (size_t)(end - data) : n;
        if (line > 0 && line <= MESSAGE_MAX) {
            say(data[0] % CLIENTS, data + 1, line - 1);
            settle();
        }
        line += end != NULL;
        data += line;
        n -= line;
    }
    teardown();
    return 0;
}
