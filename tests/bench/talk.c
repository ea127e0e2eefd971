/* Members of rooms talk: how much the server can do, and how fast it is. */
#include "load.h"
#include "process.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MESSAGES_PER_SECOND = 50, /* of `latency`, */
    LATENCY_BYTES = 128,      /* and their texts */
};

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
    if (!run_begin_one())
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
    run_begin(limit);
    for (uint32_t room = 0; room < options.rooms; room++)
        start_room(room, window);
    run_finish("messages");
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

/* While it waits, pings are answered. */
static bool next_line(char *line, int n)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = crowd.epoll_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) > 0 && fds[0].revents == 0)
        (void)turn(0);
    return fgets(line, n, stdin) != NULL;
}

void measure_talks(void)
{
    char line[64];
    char limit[32];
    unsigned window;
    size_t bytes;

    open_all();
    crowd.on_message = on_talk;
    /* No line may hide in a buffer while the next one is waited for. */
    setvbuf(stdin, NULL, _IONBF, 0);
    while (next_line(line, sizeof(line)) &&
           sscanf(line, "%u %zu %31s", &window, &bytes, limit) == 3) {
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

void measure_latency(void)
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
    run_finish("messages");
    qsort(latencies, run.arrived, sizeof(*latencies), compare);
    printf("{\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p99.9\": %.3f, \"max\": %.3f}\n",
           percentile_ms(50), percentile_ms(90), percentile_ms(99), percentile_ms(99.9),
           percentile_ms(100));
}
