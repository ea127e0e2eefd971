/* load: makes clients of a chat server and measures what the server needs for them.
 *
 *   load -P PORT -p PID [-d DIALECT] [-r ROOMS] [-m MEMBERS] SCENARIO [LIMIT]
 *
 * LIMIT is a time, as in 1.5s, or a number of what the scenario counts.
 *
 *   talk      reads lines of "WINDOW BYTES LIMIT": so many messages of each room are under way,
 * with a text of so many bytes. A member that gets its own message back sends the next one at once.
 * (Lines, so that servers can be measured in turn.) latency   50 messages a second: how long until
 * each member has each cycle     clients connect, log in, join, leave, close, and begin again open
 * opens connections and does nothing more joined    logs in and joins, and does nothing more
 *
 * It prints a JSON object for each measurement. What it counts as delivered has arrived whole, with
 * the text that was sent, and at every member in the same order; anything else ends it with an
 * error.
 */
#include "client.h"
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
    AT_ONCE = 64,   /* connections that are being opened */
    QUIET_MS = 700, /* of silence tell that the server has nothing more to say about joins */
    STUCK_MS = 60000,
    BOOKED_US = 2000,
    MESSAGES_PER_SECOND = 50, /* of `latency`, */
    LATENCY_BYTES = 128,      /* and their texts */
};

/* How long a measurement goes on. */
struct limit {
    uint64_t n; /* 0: as many as fit into `ns` */
    int64_t ns;
};

static struct {
    pid_t pid;
    uint32_t rooms;
    uint32_t members; /* of each room */
    struct limit limit;
} options = {.rooms = 1, .members = 10, .limit = {.ns = 1000000000}};

static struct client *clients;
static uint32_t n_clients;
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

/* "1.5s", or a number. */
static struct limit read_limit(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (strcmp(end, "s") == 0)
        return (struct limit){.ns = (int64_t)(seconds * 1e9)};
    return (struct limit){.n = read_number(text)};
}

/* ---- What is measured --------------------------------------------------------------------- */

static int64_t wall_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

/* The kernel books the time of another process when that stops running: it gets the time to finish
 * its turn and to fall asleep. */
static int64_t server_cpu_ns(void)
{
    (void)usleep(BOOKED_US);
    int64_t ns = process_cpu_ns(options.pid);
    if (ns < 0)
        die("process %d: %s", (int)options.pid, strerror((int)-ns));
    return ns;
}

static int64_t memory_bytes(void)
{
    int64_t bytes = process_memory_bytes(options.pid);

    if (bytes < 0)
        die("process %d: %s", (int)options.pid, strerror((int)-bytes));
    return bytes;
}

/* ---- The loop ----------------------------------------------------------------------------- */

/* One turn; false when nothing came within this time. */
static bool turn(int timeout_ms)
{
    static struct epoll_event events[EVENTS];
    int n = epoll_wait(crowd.epoll_fd, events, EVENTS, timeout_ms);

    if (n < 0 && errno != EINTR)
        die("epoll: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        client_input(events[i].data.ptr);
    return n > 0;
}

static void turn_or_die(const char *waiting_for)
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

static void settle(void)
{
    while (turn(QUIET_MS))
        continue;
}

static void open_all(void)
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

static struct {
    uint64_t to_begin; /* messages or cycles; 0: no limit but the time */
    int64_t until;
    uint64_t begun;
    uint64_t expected; /* deliveries, or ends of cycles */
    uint64_t arrived;
} run;

static void begin_run(struct limit limit)
{
    memset(&run, 0, sizeof(run));
    run.to_begin = limit.n;
    run.until = wall_ns() + limit.ns;
}

static bool may_begin_one(void)
{
    if (run.to_begin > 0 ? run.begun >= run.to_begin : wall_ns() >= run.until)
        return false;
    run.begun++;
    return true;
}

static void finish_run(const char *what)
{
    while (run.arrived < run.expected)
        turn_or_die(what);
}

static void say(struct client *client)
{
    client_say(client, text_make(client->index, wall_ns()));
}

static struct client *sender_of(const struct client *to, const char *text, int64_t *sent_at)
{
    uint64_t index;

    if (!text_read(text, &index, sent_at) || index >= n_clients || clients[index].room != to->room)
        die("client %u: nobody sent this: %.*s", to->index, (int)text_bytes(), text);
    return &clients[index];
}

/* ---- talk --------------------------------------------------------------------------------- */

/* FNV-1a, over the tag: the rest is the same in all messages. */
static uint64_t digest(uint64_t h, const char *text)
{
    for (int i = 0; i < TAG_BYTES; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3;
    return h;
}

static void say_next(struct client *client)
{
    if (!may_begin_one())
        return;
    run.expected += options.members;
    say(client);
}

static void on_talk(struct client *client, const char *text)
{
    int64_t sent_at;

    run.arrived++;
    client->digest = digest(client->digest, text);
    if (sender_of(client, text, &sent_at) == client)
        say_next(client);
}

/* The messages under way are spread over the members: the place of a sender in the server's list
 * decides when it has its message back. */
static void start_room(uint32_t room, uint32_t window)
{
    uint32_t senders = window < options.members ? window : options.members;

    for (uint32_t i = 0; i < window; i++) {
        uint64_t place = (2 * (uint64_t)(i % senders) + 1) * options.members / (2 * senders);
        say_next(&clients[room * options.members + place]);
    }
}

static void talk(uint32_t window, struct limit limit)
{
    begin_run(limit);
    for (uint32_t room = 0; room < options.rooms; room++)
        start_room(room, window);
    finish_run("messages");
}

static void check_rooms(void)
{
    for (uint32_t i = 0; i < n_clients; i++) {
        const struct client *first = &clients[clients[i].room * options.members];
        if (clients[i].received != first->received || clients[i].digest != first->digest)
            die("clients %u and %u got different messages", first->index, i);
    }
}

static void measure_talk(uint32_t window, struct limit limit)
{
    /* The first messages make the server's memory and the sockets' buffers grow. */
    talk(window, (struct limit){.n = (uint64_t)options.rooms * window});
    int64_t cpu = server_cpu_ns();
    int64_t own = process_cpu_ns(getpid());
    int64_t wall = wall_ns();
    talk(window, limit);
    wall = wall_ns() - wall;
    own = process_cpu_ns(getpid()) - own;
    cpu = server_cpu_ns() - cpu;
    check_rooms();
    printf("{\"messages\": %llu, \"deliveries\": %llu, \"server_cpu\": %.9f, \"load_cpu\": %.9f, "
           "\"wall\": %.9f}\n",
           (unsigned long long)run.begun, (unsigned long long)run.arrived, (double)cpu / 1e9,
           (double)own / 1e9, (double)wall / 1e9);
    fflush(stdout);
}

static void measure_talks(void)
{
    char limit[32];
    unsigned window;
    size_t bytes;

    open_all();
    crowd.on_message = on_talk;
    while (scanf("%u %zu %31s", &window, &bytes, limit) == 3) {
        if (bytes < TAG_BYTES || bytes > TEXT_MAX)
            die("a text has %d to %d bytes", TAG_BYTES, TEXT_MAX);
        text_set_bytes(bytes);
        measure_talk(window, read_limit(limit));
    }
}

/* ---- latency ------------------------------------------------------------------------------ */

static int64_t *latencies;

static void on_timed_message(struct client *client, const char *text)
{
    int64_t sent_at;

    (void)sender_of(client, text, &sent_at);
    latencies[run.arrived++] = wall_ns() - sent_at;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double percentile_ms(double percent)
{
    return (double)latencies[(uint64_t)((double)(run.arrived - 1) * percent / 100)] / 1e6;
}

static void wait_until(int64_t at)
{
    int64_t left;

    while ((left = at - wall_ns()) > 0)
        (void)turn((int)(left / 1000000));
}

static void measure_latency(void)
{
    static const int64_t every = 1000000000 / MESSAGES_PER_SECOND;
    uint64_t messages =
        options.limit.n > 0 ? options.limit.n : (uint64_t)(options.limit.ns / every);

    latencies = calloc(messages * n_clients, sizeof(*latencies));
    if (latencies == NULL)
        die("out of memory");
    open_all();
    text_set_bytes(LATENCY_BYTES);
    crowd.on_message = on_timed_message;
    int64_t begin = wall_ns();
    for (uint64_t i = 0; i < messages; i++) {
        wait_until(begin + (int64_t)i * every);
        run.expected += options.members;
        say(&clients[i * 7919 % n_clients]); /* another one each time */
    }
    finish_run("messages");
    qsort(latencies, run.arrived, sizeof(*latencies), compare);
    printf("{\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p99.9\": %.3f, \"max\": %.3f}\n",
           percentile_ms(50), percentile_ms(90), percentile_ms(99), percentile_ms(99.9),
           percentile_ms(100));
}

/* ---- cycle -------------------------------------------------------------------------------- */

static void begin_cycle(struct client *client)
{
    if (!may_begin_one())
        return;
    run.expected++;
    client_open(client);
}

static void on_cycle_joined(struct client *client)
{
    if (crowd.dialect->leave.send != NULL)
        client_leave(client);
    else
        client_close(client);
}

static void on_cycle_closed(struct client *client)
{
    run.arrived++;
    begin_cycle(client);
}

static void run_cycles(struct limit limit)
{
    begin_run(limit);
    for (uint32_t i = 0; i < n_clients; i++)
        begin_cycle(&clients[i]);
    finish_run("connections to open and close");
}

static void measure_cycles(void)
{
    crowd.on_ready = on_cycle_joined;
    crowd.on_left = client_close;
    crowd.on_closed = on_cycle_closed;
    run_cycles((struct limit){.n = n_clients});
    int64_t cpu = server_cpu_ns();
    run_cycles(options.limit);
    cpu = server_cpu_ns() - cpu;
    printf("{\"cycles\": %llu, \"server_cpu\": %.9f}\n", (unsigned long long)run.arrived,
           (double)cpu / 1e9);
}

/* ---- open, joined ------------------------------------------------------------------------- */

static void measure_memory(void)
{
    int64_t before = memory_bytes();

    open_all();
    printf("{\"connections\": %u, \"bytes_each\": %.1f}\n", n_clients,
           (double)(memory_bytes() - before) / n_clients);
}

/* ---- Start -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool enter;
    void (*measure)(void);
} scenarios[] = {
    {"talk", true, measure_talks},    {"latency", true, measure_latency},
    {"cycle", true, measure_cycles},  {"open", false, measure_memory},
    {"joined", true, measure_memory},
};

static _Noreturn void usage(void)
{
    die("usage: load -P PORT -p PID [-d DIALECT] [-r ROOMS] [-m MEMBERS] "
        "talk | latency [LIMIT] | cycle [LIMIT] | open | joined");
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
