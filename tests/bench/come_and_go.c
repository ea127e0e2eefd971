/* Clients come, stay and go: what a connection costs. */
#include "load.h"
#include "process.h"

#include <string.h>

static int64_t memory_bytes(void)
{
    int64_t bytes = process_memory_bytes(options.pid);

    if (bytes < 0)
        die("process %d: %s", (int)options.pid, strerror((int)-bytes));
    return bytes;
}

/* ---- cycle -------------------------------------------------------------------------------- */

static void begin_cycle(struct client *client)
{
    if (!run_begin_one())
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
    run_begin(limit);
    for (uint32_t i = 0; i < n_clients; i++)
        begin_cycle(&clients[i]);
    run_finish("connections to open and close");
}

void measure_cycles(void)
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

/* ---- crowd -------------------------------------------------------------------------------- */

static void on_crowd_left(struct client *client)
{
    (void)client;
    run.arrived++;
}

static void leave_all(void)
{
    run_begin((struct limit){.n = n_clients});
    crowd.on_left = on_crowd_left;
    for (uint32_t i = 0; i < n_clients; i++) {
        while (i - run.arrived >= AT_ONCE)
            turn_or_die("clients to leave");
        client_leave(&clients[i]);
    }
    run.expected = n_clients;
    run_finish("clients to leave");
    settle();
}

void measure_crowd(void)
{
    int64_t begin = server_cpu_ns();
    open_all();
    int64_t joined = server_cpu_ns();
    leave_all();
    int64_t left = server_cpu_ns();

    printf("{\"join_us\": %.3f, \"leave_us\": %.3f}\n", (double)(joined - begin) / 1e3 / n_clients,
           (double)(left - joined) / 1e3 / n_clients);
}

/* ---- open, joined ------------------------------------------------------------------------- */

void measure_memory(void)
{
    int64_t before = memory_bytes();

    open_all();
    printf("{\"connections\": %u, \"bytes_each\": %.1f}\n", n_clients,
           (double)(memory_bytes() - before) / n_clients);
}
