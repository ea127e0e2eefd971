/* One WebSocket client of the load generator. It checks what it gets only as far as a server that
 * does less than it should would be found out: its cost is not measured, but it has to keep up. */
#ifndef CHATD_BENCH_CLIENT_H
#define CHATD_BENCH_CLIENT_H

#include "dialect.h"
#include "text.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum client_state {
    CLIENT_CLOSED,
    CLIENT_UPGRADING,
    CLIENT_ENTERING,
    CLIENT_JOINED,
    CLIENT_LEAVING
};

struct client {
    int fd;
    uint32_t index;
    uint32_t room;
    enum client_state state;
    unsigned step; /* of the dialect */
    /* The beginning of a frame, or of the answer to the handshake, whose end has not come. */
    char *rest;
    size_t rest_n;
    uint64_t received; /* messages */
    uint64_t digest;   /* of all messages, in their order */
};

/* Whom all clients speak to, and who is told. */
struct crowd {
    const struct dialect *dialect;
    struct sockaddr_in server;
    int epoll_fd;
    bool enter; /* log in and join, not only open */
    /* Opened or joined, as `enter` says. */
    void (*on_ready)(struct client *client);
    /* A message of the room came; `text` has text_bytes(). */
    void (*on_message)(struct client *client, const char *text);
    void (*on_left)(struct client *client);
    void (*on_closed)(struct client *client);
};

extern struct crowd crowd;

/* Prints what is wrong, and ends the program. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

void client_open(struct client *client);
/* Reads what has come. */
void client_input(struct client *client);
void client_say(struct client *client, const char *text);
void client_leave(struct client *client);
/* Begins the close handshake; on_closed() tells when it is over. */
void client_close(struct client *client);

#endif
