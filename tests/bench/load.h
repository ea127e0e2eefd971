/* What the scenarios of the load generator share. */
#ifndef CHATD_BENCH_LOAD_H
#define CHATD_BENCH_LOAD_H

#include "client.h"

#include <sys/types.h>

/* How long a measurement goes on. */
struct limit {
    uint64_t n; /* 0: as many as fit into `ns` */
    int64_t ns;
};

struct options {
    pid_t pid; /* of the server */
    uint32_t rooms;
    uint32_t members; /* of each room */
    struct limit limit;
};

/* So many clients connect or leave at the same time: below every listen backlog. */
enum { AT_ONCE = 64 };

extern struct options options;
extern struct client *clients;
extern uint32_t n_clients;

/* "1.5s", or a number. */
struct limit read_limit(const char *text);

int64_t wall_ns(void);
int64_t server_cpu_ns(void);

/* One turn; false when nothing came within this time. */
bool turn(int timeout_ms);
/* Waits for input and handles it; ends the program when none comes. */
void turn_or_die(const char *waiting_for);
/* Waits until the server has nothing more to say. */
void settle(void);

/* Opens all connections, and settles. */
void open_all(void);

/* A measurement: what was begun (messages, cycles), and what must arrive for it. */
struct run {
    uint64_t to_begin; /* 0: no limit but the time */
    int64_t until;
    uint64_t begun;
    uint64_t expected;
    uint64_t arrived;
};

extern struct run run;

void run_begin(struct limit limit);
/* May one more be begun? Counts it, then. */
bool run_begin_one(void);
void run_finish(const char *waiting_for);

/* The scenarios. */
void measure_talks(void);
void measure_latency(void);
void measure_cycles(void);
void measure_memory(void);
void measure_crowd(void);

#endif
