/* load: makes clients of a chat server and measures what the server needs for them.
 *
 *   load -P PORT -p PID [-d DIALECT] [-r ROOMS] [-m MEMBERS] SCENARIO [LIMIT]
 *
 * LIMIT is a time, as in 1.5s, or a number of what the scenario counts.
 *
 * talk: reads lines of "WINDOW BYTES LIMIT". So many messages of each room are under way, with a
 * text of so many bytes; a member that gets its own message back sends the next one at once.
 * (Lines, so that servers can be measured in turn.)
 *
 * latency: 50 messages a second; how long until each member has each.
 *
 * cycle: clients connect, log in, join, leave, close, and begin again.
 *
 * crowd: all join, and then all leave.
 *
 * open, joined: the memory of connections that do nothing more.
 *
 * It prints a JSON object for each measurement. What it counts as delivered has arrived whole, with
 * the text that was sent, and at every member in the same order; anything else ends it with an
 * error.
 */
#include "load.h"
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 1024,
    QUIET_MS = 700, /* of silence tell that the server has nothing more to say about joins */
    STUCK_MS = 60000,
    BOOKED_US = 2000,
};

struct options options = {.rooms = 1, .members = 10, .limit = {.ns = 1000000000}};

struct client *clients;
uint32_t n_clients;
static uint32_t n_ready;

/* ---- Numbers ------------------------------------------------------------------------------ */

static uint64_t read_number(const char *text)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);

    if (end == text || *end != '\0')
        die("%s is no number", text);
    return number;
}

struct limit read_limit(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (strcmp(end, "s") == 0)
        return (struct limit){.ns = (int64_t)(seconds * 1e9)};
    return (struct limit){.n = read_number(text)};
}

/* ---- What is measured --------------------------------------------------------------------- */

int64_t wall_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

/* The kernel books the time of another process when that stops running: it gets the time to finish
 * its turn and to fall asleep. */
int64_t server_cpu_ns(void)
{
    (void)usleep(BOOKED_US);
    int64_t ns = process_cpu_ns(options.pid);
    if (ns < 0)
        die("process %d: %s", (int)options.pid, strerror((int)-ns));
    return ns;
}

/* ---- The loop ----------------------------------------------------------------------------- */

bool turn(int timeout_ms)
{
    static struct epoll_event events[EVENTS];
    int n = epoll_wait(crowd.epoll_fd, events, EVENTS, timeout_ms);

    if (n < 0 && errno != EINTR)
        die("epoll: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        client_input(events[i].data.ptr);
    return n > 0;
}

void turn_or_die(const char *waiting_for)
{
    if (!turn(STUCK_MS))
        die("nothing comes any more, waiting for %s", waiting_for);
}

/* ---- Opening ------------------------------------------------------------------------------ */

static void on_ready(struct client *client)
{
    (void)client;
    n_ready++;
}

static void on_unexpected_end(struct client *client)
{
    die("client %u: the server closed the connection", client->index);
}

static void on_unexpected_message(struct client *client, const char *text)
{
    die("client %u: nobody sent this: %.*s", client->index, (int)text_bytes(), text);
}

static void make_clients(void)
{
    n_clients = options.rooms * options.members;
    clients = calloc(n_clients, sizeof(*clients));
    if (clients == NULL)
        die("out of memory");
    for (uint32_t i = 0; i < n_clients; i++) {
        clients[i].index = i;
        clients[i].room = i / options.members;
    }
}

void settle(void)
{
    while (turn(QUIET_MS))
        continue;
}

void open_all(void)
{
    crowd.on_ready = on_ready;
    crowd.on_message = on_unexpected_message;
    crowd.on_closed = on_unexpected_end;
    for (uint32_t i = 0; i < n_clients; i++) {
        while (i - n_ready >= AT_ONCE)
            turn_or_die("connections to open");
        client_open(&clients[i]);
    }
    while (n_ready < n_clients)
        turn_or_die("connections to open");
    settle();
}

/* ---- A measurement ------------------------------------------------------------------------ */

struct run run;

void run_begin(struct limit limit)
{
    memset(&run, 0, sizeof(run));
    run.to_begin = limit.n;
    run.until = wall_ns() + limit.ns;
}

bool run_begin_one(void)
{
    if (run.to_begin > 0 ? run.begun >= run.to_begin : wall_ns() >= run.until)
        return false;
    run.begun++;
    return true;
}

void run_finish(const char *what)
{
    while (run.arrived < run.expected)
        turn_or_die(what);
}

/* ---- Start -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool enter;
    void (*measure)(void);
} scenarios[] = {
    {"talk", true, measure_talks},   {"latency", true, measure_latency},
    {"cycle", true, measure_cycles}, {"crowd", true, measure_crowd},
    {"open", false, measure_memory}, {"joined", true, measure_memory},
};

static _Noreturn void usage(void)
{
    die("usage: load -P PORT -p PID [-d DIALECT] [-r ROOMS] [-m MEMBERS] "
        "talk | latency [LIMIT] | cycle [LIMIT] | crowd | open | joined");
}

static void read_options(int argc, char **argv)
{
    const char *dialect = "chatd";
    int option;

    while ((option = getopt(argc, argv, "P:p:d:r:m:")) != -1) {
        switch (option) {
        case 'P':
            crowd.server.sin_port = htons((uint16_t)read_number(optarg));
            break;
        case 'p':
            options.pid = (pid_t)read_number(optarg);
            break;
        case 'd':
            dialect = optarg;
            break;
        case 'r':
            options.rooms = (uint32_t)read_number(optarg);
            break;
        case 'm':
            options.members = (uint32_t)read_number(optarg);
            break;
        default:
            usage();
        }
    }
    crowd.dialect = dialect_find(dialect);
    if (crowd.dialect == NULL || options.pid == 0 || optind == argc)
        usage();
    if (optind + 1 < argc)
        options.limit = read_limit(argv[optind + 1]);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    process_raise_descriptor_limit();
    crowd.server.sin_family = AF_INET;
    crowd.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    crowd.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    make_clients();
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(scenarios[i].name, argv[optind]) != 0)
            continue;
        crowd.enter = scenarios[i].enter;
        scenarios[i].measure();
        return EXIT_SUCCESS;
    }
    usage();
}
